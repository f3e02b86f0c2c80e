"""The objects that a simulated Flux shows, shaped as source-controller, kustomize-controller and Kubernetes write them.

A Kustomization with `wait: true`: it gets `Ready` only after its health check; a failed attempt leaves
`lastAppliedRevision` and `observedGeneration` where they were. A Deployment's old pods go on running while new ones
do not come up.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from promoter.cluster.objects import Key, Object, dig, entries, integer, key_of, text
from promoter.model.snapshot import Slot

NAMESPACE = "flux-system"
_TIMEOUT = "30s"


class Phase(StrEnum):
    """How far the simulated controllers are with a commit."""

    FETCHED = "fetched"
    """The source has it; the Kustomization still shows the one before."""
    PROGRESSING = "progressing"
    HEALTHY = "healthy"
    FAILED = "failed"
    """Applied; its pods crash, and the health check has given up."""


def slot_name(slot: Slot) -> str:
    """Give the name of the slot's Kustomization and GitRepository."""
    return f"{slot.app}-{slot.environment}"


def git_repository(slot: Slot, url: str, revision: str, now: datetime) -> dict[str, Any]:
    """Give the source, which has fetched `revision`."""
    message = f"stored artifact for revision '{revision}'"
    path = f"gitrepository/{NAMESPACE}/{slot_name(slot)}/{revision.rpartition(':')[2]}.tar.gz"
    return {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"name": slot_name(slot), "namespace": NAMESPACE, "generation": 1},
        "spec": {"interval": "1m0s", "ref": {"branch": slot.branch}, "timeout": "60s", "url": url},
        "status": {
            "artifact": {
                "digest": f"sha256:{hashlib.sha256(revision.encode()).hexdigest()}",
                "lastUpdateTime": _time(now),
                "path": path,
                "revision": revision,
                "url": f"http://source-controller.{NAMESPACE}.svc.cluster.local./{path}",
            },
            "conditions": [
                _condition("Ready", "True", "Succeeded", message, now),
                _condition("ArtifactInStorage", "True", "Succeeded", message, now),
            ],
            "observedGeneration": 1,
        },
    }


def kustomization(
    slot: Slot, revision: str, manifests: Sequence[Object], phase: Phase, now: datetime, before: Object | None
) -> dict[str, Any]:
    """Give the Kustomization that applies `manifests` at `revision`; `before` is what it showed last."""
    shown: dict[str, Any] = {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": slot_name(slot), "namespace": NAMESPACE, "generation": 1},
        "spec": {
            "interval": "1m0s",
            "path": f"./{_folder(slot)}",
            "prune": True,
            "sourceRef": {"kind": "GitRepository", "name": slot_name(slot)},
            "timeout": _TIMEOUT,
            "wait": True,
        },
    }
    status: dict[str, Any] = copy.deepcopy(dig(before, "status")) or {"observedGeneration": -1}
    if phase is not Phase.FETCHED:
        status["conditions"] = _conditions(phase, revision, now)
        status["inventory"] = {
            "entries": [_entry(manifest, key) for manifest in manifests if (key := key_of(manifest)) is not None]
        }
        status["lastAttemptedRevision"] = revision
    if phase is Phase.HEALTHY:
        status["lastAppliedRevision"] = revision
        status["observedGeneration"] = 1
        status["history"] = [_history(revision, manifests, now)]
    return {**shown, "status": status}


def _folder(slot: Slot) -> str:
    folder, _, name = slot.path.rpartition("/")
    return folder if slot.in_place and name.endswith((".yaml", ".yml")) else slot.path


def _conditions(phase: Phase, revision: str, now: datetime) -> list[dict[str, Any]]:
    checking = f"Running health checks for revision {revision} with a timeout of {_TIMEOUT}"
    if phase is Phase.HEALTHY:
        return [
            _condition("Ready", "True", "ReconciliationSucceeded", f"Applied revision: {revision}", now),
            _condition("Healthy", "True", "Succeeded", "Health check passed in 2.041s", now),
        ]
    if phase is Phase.FAILED:
        message = f"health check failed after {_TIMEOUT}: timeout waiting for the Deployments to become available"
        return [
            _condition("Reconciling", "True", "ProgressingWithRetry", checking, now),
            _condition("Ready", "False", "HealthCheckFailed", message, now),
            _condition("Healthy", "False", "HealthCheckFailed", message, now),
        ]
    return [
        _condition("Reconciling", "True", "Progressing", checking, now),
        _condition("Ready", "Unknown", "Progressing", "Reconciliation in progress", now),
        _condition("Healthy", "Unknown", "Progressing", checking, now),
    ]


def _entry(manifest: Object, key: Key) -> dict[str, str]:
    version = text(manifest, "apiVersion").rpartition("/")[2]
    return {"id": f"{key.namespace}_{key.name.replace(':', '__')}_{key.group}_{key.kind}", "v": version}


def _history(revision: str, manifests: Sequence[Object], now: datetime) -> dict[str, Any]:
    rendered = json.dumps(list(manifests), sort_keys=True, default=str)
    return {
        "digest": f"sha256:{hashlib.sha256(rendered.encode()).hexdigest()}",
        "firstReconciled": _time(now),
        "lastReconciled": _time(now),
        "lastReconciledDuration": "2.041s",
        "lastReconciledStatus": "ReconciliationSucceeded",
        "metadata": {"revision": revision},
        "totalReconciliations": 1,
    }


def deployment(manifest: Object, phase: Phase, now: datetime, before: Object | None) -> dict[str, Any]:
    """Give a Deployment that was applied as `manifest`; `before` is how it stood until then."""
    shown: dict[str, Any] = copy.deepcopy(dict(manifest))
    spec = {"replicas": 1, "progressDeadlineSeconds": 600, **shown.get("spec", {})}
    generation = integer(before, "metadata", "generation") or 0
    changed = before is None or dig(before, "spec") != spec
    if changed:
        generation += 1
    elif phase is Phase.PROGRESSING:
        return copy.deepcopy(dict(before or {}))
    shown["metadata"] = {**shown["metadata"], "generation": generation}
    shown["spec"] = spec
    running = integer(before, "status", "availableReplicas") or 0
    shown["status"] = {"observedGeneration": generation, **_pods(spec["replicas"], running, phase, now)}
    stood = {(text(one, "type"), text(one, "status")): one for one in entries(before, "status", "conditions")}
    for condition in shown["status"]["conditions"]:  # what stays true keeps the time at which it became so
        same = stood.get((condition["type"], condition["status"]), condition)
        condition["lastTransitionTime"] = same["lastTransitionTime"]
    return shown


def _pods(wanted: int, running: int, phase: Phase, now: datetime) -> dict[str, Any]:
    """Give counts and conditions; `running` pods of before are there until new ones come up."""
    if phase is Phase.HEALTHY:
        names = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
        up = _pod_condition("Available", "True", "MinimumReplicasAvailable", now)
        done = _pod_condition("Progressing", "True", "NewReplicaSetAvailable", now)
        return {**dict.fromkeys(names, wanted), "conditions": [up, done]}
    late = phase is Phase.FAILED
    up = _pod_condition(
        "Available",
        "True" if running else "False",
        "MinimumReplicasAvailable" if running else "MinimumReplicasUnavailable",
        now,
    )
    slow = _pod_condition(
        "Progressing", "False" if late else "True", "ProgressDeadlineExceeded" if late else "ReplicaSetUpdated", now
    )
    return {
        "replicas": running + 1,
        "updatedReplicas": 1,
        "readyReplicas": running,
        "availableReplicas": running,
        "unavailableReplicas": 1,
        "conditions": [up, slow],
    }


def _condition(kind: str, status: str, reason: str, message: str, now: datetime) -> dict[str, Any]:
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "observedGeneration": 1,
        "lastTransitionTime": _time(now),
    }


def _pod_condition(kind: str, status: str, reason: str, now: datetime) -> dict[str, Any]:
    time = _time(now)
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": reason,
        "lastUpdateTime": time,
        "lastTransitionTime": time,
    }


def _time(now: datetime) -> str:
    return now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
