"""StatefulSet (apps): the rules of kstatus, where it is content with less made stricter.

Rules in order as in cli-utils `pkg/kstatus/status/core.go`, `stsConditions`. It takes a StatefulSet for done when its
partition lets no more pods be updated, and one with `OnDelete` always. Here every pod must be of the newest revision;
where only a person can go on, it is suspended. With `OnDelete` the controller never moves `currentRevision`
(`stateful_set_control.go`, `completeRollingUpdate`), so there the number of updated pods alone counts.

Invariant: healthy only when the newest spec was seen, and all its pods are ready and of its newest revision.
"""

from __future__ import annotations

from typing import ClassVar, Final

from promoter.cluster.health import Health, Report
from promoter.cluster.objects import GroupKind, Key, Object, integer, key_of, text
from promoter.cluster.observed import Finding, count, not_current, wanted_replicas
from promoter.cluster.pods import pod_images
from promoter.cluster.reader import DeliversNothing, Look, Reader

_UNNAMED = Key("apps", "StatefulSet", "", "")


class StatefulSetReader(DeliversNothing):
    """Reads StatefulSets."""

    kinds: ClassVar[frozenset[GroupKind]] = frozenset({("apps", "StatefulSet")})

    def read(self, obj: Object, look: Look) -> Report:
        """Judge one StatefulSet. It has no conditions, and tells no time."""
        del look
        health, reason = _decide(obj)
        return Report(key_of(obj) or _UNNAMED, health, reason, images=pod_images(obj))


def _decide(obj: Object) -> Finding:
    return not_current(obj) or _pods(obj) or _update(obj) or (Health.HEALTHY, "is ready")


def _pods(obj: Object) -> Finding | None:
    """Say which pods are missing or left over."""
    wanted, have, ready = wanted_replicas(obj), count(obj, "replicas"), count(obj, "readyReplicas")
    if have < wanted:
        return Health.PROGRESSING, f"{have} of {wanted} replicas exist"
    if ready < wanted:
        return Health.PROGRESSING, f"{ready} of {wanted} replicas are ready"
    if have > wanted:
        return Health.PROGRESSING, f"{have - wanted} replicas too many are still there"
    available = count(obj, "availableReplicas")
    if integer(obj, "spec", "minReadySeconds") and available < wanted:
        return Health.PROGRESSING, f"{available} of {wanted} replicas are available"
    return None


def _update(obj: Object) -> Finding | None:
    """Say which pods are of an older revision, and whether that ends by itself."""
    wanted, updated = wanted_replicas(obj), count(obj, "updatedReplicas")
    strategy = text(obj, "spec", "updateStrategy", "type")
    partition = integer(obj, "spec", "updateStrategy", "rollingUpdate", "partition") or 0
    some = f"{updated} of {wanted} replicas are updated"
    if not text(obj, "status", "updateRevision"):
        return Health.PROGRESSING, "does not say which revision its pods are of"
    if strategy == "OnDelete":
        return (Health.SUSPENDED, f"{some}; the others wait to be deleted (OnDelete)") if updated < wanted else None
    if updated >= wanted - partition and updated < wanted:
        return Health.SUSPENDED, f"{some}; the others wait behind its partition"
    if updated < wanted:
        return Health.PROGRESSING, some
    if text(obj, "status", "currentRevision") != text(obj, "status", "updateRevision"):
        return Health.PROGRESSING, "its update is not complete"
    return None


READER: Final[Reader] = StatefulSetReader()
