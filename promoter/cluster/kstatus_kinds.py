"""The rules of Kubernetes' own kinds that are too small for a reader of their own.

As in cli-utils `pkg/kstatus/status/core.go`, with what it lets pass corrected: a failed Pod has failed, a
LoadBalancer waits for its address. Invariant: only what runs something can be healthy here. Storage, network and
definitions that are well prove nothing of what uses them: they have no health, and only take away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from promoter.cluster.health import Health
from promoter.cluster.objects import (
    NO_CONDITION,
    GroupKind,
    Object,
    conditions,
    entries,
    integer,
    moment,
    text,
)
from promoter.cluster.observed import Finding, count, wanted_replicas, why

Rule = Callable[[Object, datetime], Finding]
"""(object, now) -> its verdict; deletion and generation were asked before."""

_SCHEDULED_WITHIN = timedelta(seconds=15)
_SILENT: Final[Finding] = (Health.NONE, "has no health of its own")
_STUCK = frozenset({"CrashLoopBackOff", "ImagePullBackOff", "InvalidImageName"})
"""Reasons why a container waits that time alone seldom mends."""


def _pod(obj: Object, now: datetime) -> Finding:
    phase, found = text(obj, "status", "phase"), conditions(obj)
    if phase == "Succeeded":
        return Health.HEALTHY, "has completed"
    if phase == "Failed":
        return Health.FAILED, f"failed: {text(obj, 'status', 'reason') or 'a container ended with an error'}"
    if phase == "Running" and found.get("Ready", NO_CONDITION).status == "True":
        return Health.HEALTHY, "is ready"
    waiting = _stuck(obj)
    if waiting:
        return Health.FAILED, waiting
    if phase == "Running":
        return Health.PROGRESSING, "runs, but is not ready"
    scheduled = found.get("PodScheduled", NO_CONDITION)
    if scheduled.status == "False" and scheduled.reason == "Unschedulable":
        made = moment(obj, "metadata", "creationTimestamp")
        late = made is not None and now - made > _SCHEDULED_WITHIN
        return Health.FAILED if late else Health.PROGRESSING, f"no node takes it: {why(scheduled)}"
    return Health.PROGRESSING if phase else Health.PENDING, "has not been started yet"


def _stuck(obj: Object) -> str:
    for kind in ("initContainerStatuses", "containerStatuses"):
        for container in entries(obj, "status", kind):
            reason = text(container, "state", "waiting", "reason")
            if reason in _STUCK:
                return f"container {text(container, 'name')} does not come up: {reason}"
    return ""


def _replicas(obj: Object, now: datetime) -> Finding:
    """Judge a ReplicaSet or a ReplicationController."""
    del now
    if integer(obj, "status", "observedGeneration") is None:
        return Health.PENDING, "has not been seen by its controller yet"
    failure = conditions(obj).get("ReplicaFailure", NO_CONDITION)
    if failure.status == "True":
        return Health.PROGRESSING, f"cannot make its pods: {why(failure)}"
    wanted = wanted_replicas(obj)
    for name, word in (
        ("fullyLabeledReplicas", "are labelled"),
        ("availableReplicas", "are available"),
        ("readyReplicas", "are ready"),
    ):
        if count(obj, name) < wanted:
            return Health.PROGRESSING, f"{count(obj, name)} of {wanted} replicas {word}"
    if count(obj, "replicas") > wanted:
        return Health.PROGRESSING, f"{count(obj, 'replicas') - wanted} replicas too many are still there"
    return Health.HEALTHY, "is available"


def _claim(obj: Object, now: datetime) -> Finding:
    del now
    phase = text(obj, "status", "phase")
    if phase == "Bound":
        return Health.NONE, "is bound"
    if phase == "Lost":
        return Health.FAILED, "has lost its volume"
    return Health.PROGRESSING, "is not bound yet"


def _service(obj: Object, now: datetime) -> Finding:
    del now
    if text(obj, "spec", "type") != "LoadBalancer":
        return _SILENT
    if entries(obj, "status", "loadBalancer", "ingress"):
        return Health.NONE, "has an address"
    return Health.PROGRESSING, "waits for the address of its load balancer"


def _definition(obj: Object, now: datetime) -> Finding:
    """Judge a CustomResourceDefinition: `Installing` is how `Established` says not yet."""
    del now
    found = conditions(obj)
    if found.get("NamesAccepted", NO_CONDITION).status == "False":
        return Health.FAILED, f"its names are not accepted: {why(found['NamesAccepted'])}"
    established = found.get("Established", NO_CONDITION)
    if established.status == "True":
        return Health.NONE, "is established"
    if established.status == "False" and established.reason != "Installing":
        return Health.FAILED, f"is not established: {why(established)}"
    return Health.PROGRESSING, "is not established yet"


def _silent(obj: Object, now: datetime) -> Finding:
    del obj, now
    return _SILENT


WITHOUT_HEALTH: Final[frozenset[GroupKind]] = frozenset(
    {
        ("", "ConfigMap"),
        ("", "Endpoints"),
        ("", "LimitRange"),
        ("", "Namespace"),
        ("", "ResourceQuota"),
        ("", "Secret"),
        ("", "ServiceAccount"),
        ("batch", "CronJob"),
        ("discovery.k8s.io", "EndpointSlice"),
        ("networking.k8s.io", "Ingress"),
        ("networking.k8s.io", "IngressClass"),
        ("networking.k8s.io", "NetworkPolicy"),
        ("policy", "PodDisruptionBudget"),
        ("rbac.authorization.k8s.io", "ClusterRole"),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        ("rbac.authorization.k8s.io", "Role"),
        ("rbac.authorization.k8s.io", "RoleBinding"),
        ("scheduling.k8s.io", "PriorityClass"),
        ("storage.k8s.io", "StorageClass"),
    }
)
"""Kinds that can be neither healthy nor unhealthy: nobody has to read them."""

RULES: Final[Mapping[GroupKind, Rule]] = MappingProxyType(
    {
        ("", "PersistentVolumeClaim"): _claim,
        ("", "Pod"): _pod,
        ("", "ReplicationController"): _replicas,
        ("", "Service"): _service,
        ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
        ("apps", "ReplicaSet"): _replicas,
        **dict.fromkeys(WITHOUT_HEALTH, _silent),
    }
)
"""(group, kind) -> its rule."""
