"""Job (batch): done, or not.

kstatus takes a Job for current as soon as it was started; here it must have completed, as Flux and Argo CD ask too.
Conditions as the Job controller writes them (`pkg/apis/batch/types.go`): `Complete` and `Failed` are final, a failure
is announced by `FailureTarget` while pods still end. A Job's pods cannot change, so no generation is compared.

Invariant: healthy only when it completed.
"""

from __future__ import annotations

from typing import ClassVar, Final

from promoter.cluster.health import Health, Report
from promoter.cluster.objects import (
    NO_CONDITION,
    GroupKind,
    Key,
    Object,
    conditions,
    deleting,
    dig,
    flag,
    key_of,
    latest,
    moment,
)
from promoter.cluster.observed import Finding, count, why
from promoter.cluster.pods import pod_images
from promoter.cluster.reader import DeliversNothing, Look, Reader

_UNNAMED = Key("batch", "Job", "", "")


class JobReader(DeliversNothing):
    """Reads Jobs."""

    kinds: ClassVar[frozenset[GroupKind]] = frozenset({("batch", "Job")})

    def read(self, obj: Object, look: Look) -> Report:
        """Judge one Job."""
        del look
        health, reason = _decide(obj)
        times = [condition.since for condition in conditions(obj).values()]
        updated = latest(moment(obj, "status", "completionTime"), moment(obj, "status", "startTime"), *times)
        return Report(key_of(obj) or _UNNAMED, health, reason, updated=updated, images=pod_images(obj))


def _decide(obj: Object) -> Finding:
    if deleting(obj):
        return Health.UNKNOWN, "is being deleted"
    found = conditions(obj)
    for kind in ("Failed", "FailureTarget"):
        if found.get(kind, NO_CONDITION).status == "True":
            return Health.FAILED, f"failed: {why(found[kind])}"
    if found.get("Complete", NO_CONDITION).status == "True":
        return Health.HEALTHY, "has completed"
    if flag(obj, "spec", "suspend"):
        return Health.SUSPENDED, "is suspended (spec.suspend)"
    if dig(obj, "status", "startTime") is None:
        return Health.PENDING, "has not been started yet"
    active = count(obj, "active")
    return Health.PROGRESSING, f"{active} pod{'' if active == 1 else 's'} of it run{'s' if active == 1 else ''}"


READER: Final[Reader] = JobReader()
