"""Deployment (apps): the rules of kstatus, with three that it lacks.

Rules in order as in cli-utils `pkg/kstatus/status/core.go`, `deploymentConditions`. Added: a paused Deployment is
suspended, one whose status was never written is pending, and one that a Flagger Canary targets is what its primary
is: its own pods have no traffic, and none are there at rest. A Deployment names no Git revision: it answers for its
own spec, so it must be read after the object that delivers it has reported the content.

Invariant: healthy only when the newest spec was seen, all its pods are available, and they are the ones that serve.
"""

from __future__ import annotations

from typing import ClassVar, Final

from promoter.cluster.flagger import primary_of, promoted
from promoter.cluster.health import Health, Report
from promoter.cluster.objects import (
    NO_CONDITION,
    GroupKind,
    Key,
    Object,
    conditions,
    entries,
    flag,
    integer,
    key_of,
    latest,
    moment,
    text,
)
from promoter.cluster.observed import Finding, count, not_current, wanted_replicas
from promoter.cluster.pods import pod_images
from promoter.cluster.reader import DeliversNothing, Look, Reader
from promoter.cluster.wording import one_line

_UNNAMED = Key("apps", "Deployment", "", "")


class DeploymentReader(DeliversNothing):
    """Reads Deployments."""

    kinds: ClassVar[frozenset[GroupKind]] = frozenset({("apps", "Deployment")})

    def read(self, obj: Object, look: Look) -> Report:
        """Judge one Deployment; with a primary, what that runs."""
        primary = primary_of(obj, look.related)
        health, reason = _decide(obj) if primary is None else _behind(obj, primary)
        serving = obj if primary is None else primary
        times = [moment(entry, "lastUpdateTime") for entry in entries(serving, "status", "conditions")]
        available = conditions(serving).get("Available", NO_CONDITION)
        return Report(
            key_of(obj) or _UNNAMED,
            health,
            reason,
            updated=latest(*times),
            well_since=available.since if available.status == "True" else None,
            images=pod_images(serving),
        )


def _behind(obj: Object, primary: Object) -> Finding:
    """Judge a Canary's target: at rest it has no pods, and whether it has any says nothing."""
    found = not_current(obj)
    if found is None and wanted_replicas(obj):
        found = _decide(obj)
    if found is not None and found[0] is not Health.HEALTHY:
        return found
    name = text(primary, "metadata", "name")
    if not promoted(obj, primary):
        return Health.PROGRESSING, f"is not promoted: {name} serves, and its pods are other ones"
    health, reason = _decide(primary)
    return health, f"{reason}, as {name}"


def _decide(obj: Object) -> Finding:
    found = not_current(obj)
    if found is not None:
        return found
    if flag(obj, "spec", "paused"):
        return Health.SUSPENDED, "is paused"
    progressing = conditions(obj).get("Progressing", NO_CONDITION)
    if progressing.reason == "ProgressDeadlineExceeded":
        return Health.FAILED, f"did not come up in time: {one_line(progressing.message)}"
    waits = _waits_for(obj)
    if waits:
        return Health.PROGRESSING, waits
    if integer(obj, "spec", "progressDeadlineSeconds") is not None and not (
        progressing.status == "True" and progressing.reason == "NewReplicaSetAvailable"
    ):
        return Health.PROGRESSING, "its new replica set is not available yet"
    if conditions(obj).get("Available", NO_CONDITION).status != "True":
        return Health.PROGRESSING, "is not available"
    return Health.HEALTHY, "is available"


def _waits_for(obj: Object) -> str:
    """Say which pods are still missing or left over; nothing when the counts agree."""
    wanted = wanted_replicas(obj)
    have, updated, ready, available = (
        count(obj, name) for name in ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
    )
    if have < wanted:
        return f"{have} of {wanted} replicas exist"
    if updated < wanted:
        return f"{updated} of {wanted} replicas are updated"
    if have > wanted:
        return f"{have - wanted} old replicas are still there"
    if available < updated:
        return f"{available} of {wanted} replicas are available"
    if ready < wanted:
        return f"{ready} of {wanted} replicas are ready"
    return ""


READER: Final[Reader] = DeploymentReader()
