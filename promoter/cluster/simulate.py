"""A cluster that is not there: what Flux would show of a slot, as time goes by, for demos and tests.

`objects_for` gives the objects of one moment. `step` gives the next ones from those shown before: nothing else is
remembered, so a process may stop at any point and another go on from the saved files.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from promoter.cluster.objects import NO_CONDITION, Object, conditions, key_of, text
from promoter.cluster.pods import pod_images
from promoter.cluster.revision import git_commit
from promoter.cluster.shown import FolderShown, Shown
from promoter.cluster.simulated_objects import Phase, deployment, git_repository, kustomization
from promoter.model.names import Oid
from promoter.model.snapshot import Slot

_INTERVAL = timedelta(minutes=1)
"""How often what is at rest is checked again, and says so anew."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the simulated cluster is, and what it cannot run."""

    healthy_after: timedelta = timedelta(seconds=20)
    """From the look at which a commit is first seen until its health check passes or gives up."""
    crashing: frozenset[str] = frozenset()
    """Images whose pods crash."""


def objects_for(
    slot: Slot,
    repo_url: str,
    commit: Oid,
    manifests: Sequence[Object],
    phase: Phase,
    now: datetime,
    before: Sequence[Object] = (),
    crashing: frozenset[str] = frozenset(),
) -> list[dict[str, Any]]:
    """Give what the cluster shows at `now` (aware) of `slot`, whose branch is at `commit` and holds `manifests`.

    `before` is what it showed last: it tells which revision was applied until now, and which Deployments change.
    When it fails, Deployments with one of the images in `crashing` do; all of them where that is empty.
    """
    earlier = {key: obj for obj in before if (key := key_of(obj)) is not None}
    revision = f"{slot.branch}@sha1:{commit}"
    source = git_repository(slot, repo_url, revision, now)
    owner = kustomization(slot, revision, manifests, phase, now, _owner(before))
    if phase is Phase.FETCHED:
        workloads = [obj for obj in before if obj.get("kind") == "Deployment"]
        return [source, owner, *(copy.deepcopy(dict(obj)) for obj in workloads)]
    shown = []
    for manifest in manifests:
        key = key_of(manifest)
        if key is not None and key.group_kind == ("apps", "Deployment"):
            broken = phase is Phase.FAILED and (not crashing or not crashing.isdisjoint(pod_images(manifest)))
            calm = Phase.HEALTHY if phase is Phase.FAILED and not broken else phase
            shown.append(deployment(manifest, calm, now, earlier.get(key)))
    return [source, owner, *shown]


def step(
    before: Sequence[Object],
    slot: Slot,
    repo_url: str,
    commit: Oid,
    manifests: Sequence[Object],
    now: datetime,
    pace: Pace = Pace(),
) -> list[dict[str, Any]]:
    """Give what the cluster shows at `now`, when `commit` is the branch's tip and `before` is what it showed last.

    A commit that was never attempted starts to progress; `pace.healthy_after` later it is healthy, or has failed
    where an image crashes. What is at rest says the same again once a minute.
    """
    owner = _owner(before)
    ready = conditions(owner or {}).get("Ready", NO_CONDITION)
    attempted = git_commit(text(owner, "status", "lastAttemptedRevision"))
    images = {image for manifest in manifests for image in pod_images(manifest)}
    end = Phase.FAILED if images & pace.crashing else Phase.HEALTHY
    if attempted != commit or ready.since is None:
        phase = Phase.PROGRESSING if pace.healthy_after else end
    elif ready.status == "Unknown":
        phase = end if now - ready.since >= pace.healthy_after else Phase.PROGRESSING
    else:
        phase = end
    same = attempted == commit and _shown(ready.status) is phase
    if same and ready.since is not None and (phase is Phase.PROGRESSING or now - ready.since < _INTERVAL):
        return [copy.deepcopy(dict(obj)) for obj in before]
    return objects_for(slot, repo_url, commit, manifests, phase, now, before, pace.crashing)


def _shown(ready: str) -> Phase:
    return {"True": Phase.HEALTHY, "False": Phase.FAILED}.get(ready, Phase.PROGRESSING)


def _owner(objects: Sequence[Object]) -> Object | None:
    return next((obj for obj in objects if obj.get("kind") == "Kustomization"), None)


class SimulatedCluster:
    """Status objects that follow the slots that they are shown for."""

    def __init__(self, shown: Path | Shown, repo_url: str, pace: Pace = Pace(), namespace: str = "") -> None:
        """Keep the objects in `shown`, a folder or another place; `repo_url` is where the cluster says it syncs from.

        With `namespace` everything is in that one, as with Flux' `targetNamespace`; else where the manifests say.
        """
        self.shown: Shown = FolderShown(shown) if isinstance(shown, Path) else shown
        self.repo_url = repo_url
        self.pace = pace
        self.namespace = namespace

    def see(self, slot: Slot, commit: Oid, manifests: Sequence[Object], now: datetime) -> None:
        """Let the cluster look at the slot's branch at `now`, and keep what it then shows."""
        name = f"{slot.environment}.{slot.app}"
        before = self.shown.read(name)
        after = self._placed(step(before, slot, self.repo_url, commit, self._placed(manifests), now, self.pace))
        if after != before:
            self.shown.write(name, after)

    def _placed(self, objects: Sequence[Object]) -> list[dict[str, Any]]:
        inside = {"namespace": self.namespace} if self.namespace else {}
        return [{**obj, "metadata": {**obj["metadata"], **inside}} for obj in objects]
