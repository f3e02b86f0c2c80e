"""Objects as the controllers write them, at rest and healthy at `NOW`; a test changes the fields that it is about."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from promoter.cluster.objects import Key, Object, key_of
from promoter.cluster.port import Wanted
from promoter.cluster.reader import Look, Relation
from promoter.cluster.revision import git_commit
from promoter.model.names import Branch, ContentId, Oid
from promoter.model.snapshot import Slot

OLD = Oid("1" * 40)
"""Holds other content."""
NOW = Oid("2" * 40)
"""Holds what is wanted: the commit that is asked about."""
LATER = Oid("3" * 40)
"""Holds what is wanted too."""
GONE = Oid("9" * 40)
"""Not in the store."""

WANTED = ContentId("c" * 40)
CONTENT = {OLD: ContentId("b" * 40), NOW: WANTED, LATER: WANTED}

REPOSITORY = "https://git.example/acme/config.git"
SLOT = Slot("shop", "dev", Branch("environment/dev"), "shop", Branch("environment/dev-next/shop"), in_place=False)
CAME = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
"""When the wanted content became active."""
LOOKED = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
KUSTOMIZATION = Key("kustomize.toolkit.fluxcd.io", "Kustomization", "flux-system", "shop")
IMAGE = "ghcr.io/acme/shop:1.4.2"


def content_at(slot: Slot, commit: str) -> ContentId | None:
    """What the store says."""
    del slot
    return CONTENT.get(Oid(commit))


def relation(revision: str) -> Relation:
    """The relation of a reported revision to `WANTED`."""
    commit = git_commit(revision)
    content = None if commit is None else CONTENT.get(commit)
    if content is None:
        return Relation.UNKNOWN
    return Relation.SAME if content == WANTED else Relation.OTHER


def look(*others: Object) -> Look:
    """What a reader may ask, with `others` beside the object."""
    by_key: dict[Key | None, Object] = {key_of(other): other for other in others}
    return Look(
        relation=relation,
        of_slot=lambda source: (source.path, source.branch) == (SLOT.path, SLOT.branch),
        related=by_key.get,
        cluster="dev-1",
        now=LOOKED,
    )


def wanted(**changes: Any) -> Wanted:
    """The question of most tests."""
    asked: dict[str, Any] = {
        "slot": SLOT, "cluster": "dev-1", "content": WANTED, "commit": NOW, "since": CAME, **changes
    }  # fmt: skip
    return Wanted(**asked)


def at(minute: int, second: int = 0) -> str:
    """A time of that hour, as the API writes it; the content came at minute 0."""
    return f"2026-03-02T10:{minute:02}:{second:02}Z"


def flux(commit: str, branch: str = "environment/dev") -> str:
    """A revision as Flux writes it."""
    return f"{branch}@sha1:{commit}"


def changed(obj: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Give `obj` with values set by dotted path; None removes a key."""
    result = copy.deepcopy(dict(obj))
    for path, value in changes.items():
        *parents, last = path.split(".")
        place = result
        for name in parents:
            place = place.setdefault(name, {})
        if value is None:
            place.pop(last, None)
        else:
            place[last] = copy.deepcopy(value)
    return result


def condition(kind: str, status: str, reason: str = "", message: str = "", **more: Any) -> dict[str, Any]:
    """An entry of `status.conditions`."""
    fields = {"observedGeneration": 3, "lastTransitionTime": at(5), **more}
    return {"type": kind, "status": status, "reason": reason, "message": message, **fields}


READY = condition("Ready", "True", "ReconciliationSucceeded", f"Applied revision: {flux(NOW)}")
HEALTHY = condition("Healthy", "True", "Succeeded", "Health check passed in 2.04s")


def kustomization(**changes: Any) -> dict[str, Any]:
    """A Flux Kustomization; `changes` by path, dots as `__`."""
    made = {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": "shop", "namespace": "flux-system", "generation": 3},
        "spec": {
            "interval": "1m0s",
            "path": "./shop",
            "prune": True,
            "sourceRef": {"kind": "GitRepository", "name": "config"},
            "wait": True,
        },
        "status": {
            "conditions": [READY, HEALTHY],
            "inventory": {"entries": [{"id": "shop_shop_apps_Deployment", "v": "v1"}, {"id": "shop_shop__Service"}]},
            "lastAppliedRevision": flux(NOW),
            "lastAttemptedRevision": flux(NOW),
            "observedGeneration": 3,
        },
    }
    return changed(made, _paths(changes))


def git_repository(**changes: Any) -> dict[str, Any]:
    """The Kustomization's GitRepository."""
    made = {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"name": "config", "namespace": "flux-system", "generation": 1},
        "spec": {"interval": "1m0s", "url": REPOSITORY, "ref": {"branch": "environment/dev"}},
        "status": {
            "artifact": {"revision": flux(NOW), "lastUpdateTime": at(4)},
            "conditions": [condition("Ready", "True", "Succeeded")],
            "observedGeneration": 1,
        },
    }
    return changed(made, _paths(changes))


def deployment(**changes: Any) -> dict[str, Any]:
    """The Deployment that both controllers apply."""
    times = {"lastUpdateTime": at(4), "lastTransitionTime": at(4)}
    made = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "shop", "namespace": "shop", "generation": 7},
        "spec": {
            "replicas": 3,
            "progressDeadlineSeconds": 600,
            "template": {"spec": {"containers": [{"name": "shop", "image": IMAGE}]}},
        },
        "status": {
            "observedGeneration": 7,
            "replicas": 3,
            "updatedReplicas": 3,
            "readyReplicas": 3,
            "availableReplicas": 3,
            "conditions": [
                {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable", **times},
                {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable", **times},
            ],
        },
    }
    return changed(made, _paths(changes))


SOURCE = {"repoURL": REPOSITORY, "path": "shop", "targetRevision": "environment/dev"}
DESTINATION = {"server": "https://kubernetes.default.svc", "namespace": "shop"}


def application(**changes: Any) -> dict[str, Any]:
    """An Argo CD Application."""
    made = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "shop", "namespace": "argocd", "generation": 212},
        "spec": {"project": "default", "source": SOURCE, "destination": DESTINATION, "syncPolicy": {"automated": {}}},
        "status": {
            "sync": {
                "status": "Synced",
                "revision": NOW,
                "comparedTo": {"source": {**SOURCE}, "destination": {**DESTINATION}},
            },
            "health": {"status": "Healthy", "lastTransitionTime": at(5)},
            "operationState": {
                "phase": "Succeeded",
                "startedAt": at(4),
                "finishedAt": at(4, 30),
                "syncResult": {"revision": NOW},
            },
            "reconciledAt": at(6),
            "resources": [
                {"group": "apps", "version": "v1", "kind": "Deployment", "namespace": "shop", "name": "shop"},
                {"version": "v1", "kind": "Service", "namespace": "shop", "name": "shop"},
            ],
            "summary": {"images": [IMAGE]},
        },
    }
    return changed(made, _paths(changes))


def _paths(changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name.replace("__", "."): value for name, value in changes.items()}
