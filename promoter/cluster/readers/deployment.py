"""Deployment (apps): the rules of kstatus, with two that it lacks.

Rules in order as in cli-utils `pkg/kstatus/status/core.go`, `deploymentConditions`. Added: a paused Deployment is
suspended, and one whose status was never written is pending. A Deployment names no Git revision: it answers for its
own spec, so it must be read after the object that delivers it has reported the content.
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
    entries,
    flag,
    integer,
    key_of,
    latest,
    moment,
    text,
)
from promoter.cluster.reader import Look, Reader, Related, Source
from promoter.cluster.wording import one_line

_UNNAMED = Key("apps", "Deployment", "", "")


class DeploymentReader:
    """Reads Deployments."""

    kinds: ClassVar[frozenset[GroupKind]] = frozenset({("apps", "Deployment")})

    def sources(self, obj: Object, related: Related) -> tuple[Source, ...]:
        """Give nothing: a Deployment delivers nothing."""
        del obj, related
        return ()

    def read(self, obj: Object, look: Look) -> Report:
        """Judge one Deployment."""
        del look
        health, reason = _decide(obj)
        times = [moment(entry, "lastUpdateTime") for entry in entries(obj, "status", "conditions")]
        return Report(key_of(obj) or _UNNAMED, health, reason, updated=latest(*times), images=pod_images(obj))


def pod_images(workload: Object) -> tuple[str, ...]:
    """Give the images in a workload's pod template, init containers included, in their order."""
    pod = dig(workload, "spec", "template", "spec")
    containers = (*entries(pod, "initContainers"), *entries(pod, "containers"))
    return tuple(image for image in (text(container, "image") for container in containers) if image)


def _decide(obj: Object) -> tuple[Health, str]:
    if deleting(obj):
        return Health.UNKNOWN, "is being deleted"
    if flag(obj, "spec", "paused"):
        return Health.SUSPENDED, "is paused"
    generation, observed = integer(obj, "metadata", "generation"), integer(obj, "status", "observedGeneration")
    if observed is None:
        return Health.PENDING, "has not been seen by its controller yet"
    if observed != generation:
        return Health.PROGRESSING, f"generation {generation} has not been seen by its controller yet"
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
    stated = integer(obj, "spec", "replicas")
    wanted = 1 if stated is None else stated
    have, updated, ready, available = (
        integer(obj, "status", name) or 0
        for name in ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
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
