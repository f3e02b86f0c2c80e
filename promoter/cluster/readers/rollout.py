"""Argo Rollout (argoproj.io): whether the newest pods are the stable ones.

Fields as Argo Rollouts 1.8 writes them (`pkg/apis/rollouts/v1alpha1/types.go`). `phase` counts only for the generation
in `observedGeneration`, which is text (and was a hash of the spec in very old versions: no generation, so never the
present one). With `workloadRef` the pods are another object's, whose own generation counts too. `currentPodHash` is
the newest pod template's, `stableRS` the promoted one's: an aborted rollout has all pods ready, of the old template.

Invariant: healthy only when the newest spec was seen, its pods are the stable (and active) ones, and all are there.
"""

from __future__ import annotations

from typing import ClassVar, Final

from promoter.cluster.health import Health, Report
from promoter.cluster.objects import (
    GroupKind,
    Key,
    Object,
    conditions,
    deleting,
    dig,
    entries,
    flag,
    group_of,
    integer,
    key_of,
    latest,
    moment,
    text,
)
from promoter.cluster.observed import Finding, count, wanted_replicas, why
from promoter.cluster.pods import pod_images
from promoter.cluster.reader import DeliversNothing, Look, Reader, Related
from promoter.cluster.wording import one_line

_UNNAMED = Key("argoproj.io", "Rollout", "", "")
_SEEN_OF_WORKLOAD = "rollout.argoproj.io/workload-generation"


class RolloutReader(DeliversNothing):
    """Reads Argo Rollouts."""

    kinds: ClassVar[frozenset[GroupKind]] = frozenset({("argoproj.io", "Rollout")})

    def read(self, obj: Object, look: Look) -> Report:
        """Judge one Rollout; its images are those of the stable pods, where they can be known."""
        health, reason = _seen(obj, look.related) or _phase(obj) or _promoted(obj)
        times = [moment(entry, "lastUpdateTime") for entry in entries(obj, "status", "conditions")]
        return Report(key_of(obj) or _UNNAMED, health, reason, updated=latest(*times), images=_images(obj, look))


def _workload(obj: Object) -> Key | None:
    """Give the object whose pod template it takes; None when the template is its own."""
    reference = dig(obj, "spec", "workloadRef")
    if not text(reference, "name"):
        return None
    namespace = text(obj, "metadata", "namespace")
    return Key(group_of(text(reference, "apiVersion")), text(reference, "kind"), namespace, text(reference, "name"))


def _images(obj: Object, look: Look) -> tuple[str, ...]:
    """Give the images of the stable pods: the template's once all is promoted, until then those of their ReplicaSet."""
    key, stable = key_of(obj), text(obj, "status", "stableRS")
    if key is None or not stable:
        return ()
    if stable != text(obj, "status", "currentPodHash"):
        found = look.related(Key("apps", "ReplicaSet", key.namespace, f"{key.name}-{stable}"))
    else:
        workload = _workload(obj)
        found = obj if workload is None else look.related(workload)
    return () if found is None else pod_images(found)


def _seen(obj: Object, related: Related) -> Finding | None:
    """Say that its status is about an older spec, or about older pods of what it refers to."""
    if deleting(obj):
        return Health.UNKNOWN, "is being deleted"
    if not text(obj, "status", "phase"):
        return Health.PENDING, "has not been seen by its controller yet"
    generation, seen = text(obj, "metadata", "generation"), text(obj, "status", "observedGeneration")
    if not seen or seen != generation:
        return Health.PROGRESSING, f"generation {generation} has not been seen by its controller yet"
    key = _workload(obj)
    return None if key is None else _workload_seen(obj, key, related(key))


def _workload_seen(obj: Object, key: Key, workload: Object | None) -> Finding | None:
    if workload is None:
        return Health.UNKNOWN, f"takes its pods from {key}, which is not among the objects that were read"
    seen = integer(obj, "status", "workloadObservedGeneration")
    marked = integer(dig(obj, "metadata", "annotations"), _SEEN_OF_WORKLOAD)
    generation = integer(workload, "metadata", "generation")
    if seen is None or {seen, marked} != {generation}:
        return Health.PROGRESSING, f"generation {generation} of {key} has not been seen by its controller yet"
    return None


def _phase(obj: Object) -> Finding | None:
    """Say what the phase decides; nothing for a healthy one."""
    phase, message = text(obj, "status", "phase"), one_line(text(obj, "status", "message"))
    said = f": {message}" if message else ""
    for kind, condition in conditions(obj).items():
        if kind == "InvalidSpec" and condition.status == "True":
            return Health.FAILED, f"has an invalid spec: {why(condition)}"
    if flag(obj, "status", "abort") or phase == "Degraded":
        aborted = "is aborted: the pods of before serve" if flag(obj, "status", "abort") else "is degraded"
        return Health.FAILED, f"{aborted}{said}"
    if phase == "Paused":
        if flag(obj, "status", "controllerPause") and not entries(obj, "status", "pauseConditions"):
            return Health.PROGRESSING, "goes on after a pause"
        return Health.SUSPENDED, f"is paused{said}"
    if phase == "Progressing":
        return Health.PROGRESSING, f"is progressing{said}"
    return None if phase == "Healthy" else (Health.UNKNOWN, f"is in phase {one_line(phase)}, which is not known here")


def _promoted(obj: Object) -> Finding:
    """Judge a Rollout whose phase is healthy."""
    status, current = dig(obj, "status"), text(obj, "status", "currentPodHash")
    if not current or text(status, "stableRS") != current:
        return Health.PROGRESSING, "is not promoted: its newest pods are not the stable ones"
    if dig(obj, "spec", "strategy", "blueGreen") is not None and text(status, "blueGreen", "activeSelector") != current:
        return Health.PROGRESSING, "is not promoted: its newest pods are not the active ones"
    wanted = wanted_replicas(obj)
    for name, word in (("updatedReplicas", "are updated"), ("availableReplicas", "are available")):
        if count(obj, name) < wanted:
            return Health.PROGRESSING, f"{count(obj, name)} of {wanted} replicas {word}"
    return Health.HEALTHY, "is promoted and healthy"


READER: Final[Reader] = RolloutReader()
