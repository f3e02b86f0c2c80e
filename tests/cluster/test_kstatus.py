from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.cluster.kstatus import KSTATUS
from promoter.cluster.kstatus_kinds import RULES, WITHOUT_HEALTH
from promoter.cluster.readers import READERS, reader_of
from tests.cluster.objects_made import IMAGE, at, changed, condition, look
from tests.cluster.workloads_made import by_path


def certificate(**changes: Any) -> dict[str, Any]:
    """An object of a kind that has no reader, and says that it is ready."""
    made = {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": {"name": "shop", "namespace": "shop", "generation": 3},
        "status": {"conditions": [condition("Ready", "True", "Ready")]},
    }
    return changed(made, by_path(changes))


def said(*conditions: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return certificate(status__conditions=list(conditions), **changes)


def bare(kind: str, status: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "status": status, **more}


STALLED = condition("Stalled", "True", "Broken", "no such issuer")
NO_GENERATION = said(bare("Ready", "True"))

# In the order in which the rules are asked.
ROWS = [
    ("ready", certificate(), "Healthy", "Ready is True"),
    ("deleting", certificate(metadata__deletionTimestamp=at(1)), "Unknown", "deleted"),
    ("spec not seen", certificate(status__observedGeneration=2), "Progressing", "generation 3 has not been seen"),
    ("seen later than it is", certificate(status__observedGeneration=4), "Progressing", "generation 3"),
    ("generation as text", certificate(status__observedGeneration="3"), "Healthy", ""),
    ("reconciling", said(condition("Reconciling", "True", "Busy")), "Progressing", "Reconciling: Busy"),
    ("stalled", said(STALLED), "Failed", "Stalled: Broken: no such issuer"),
    ("reconciling before stalled", said(STALLED, condition("Reconciling", "True")), "Progressing", "Reconciling"),
    ("stalled before ready", said(condition("Ready", "True"), STALLED), "Failed", "Stalled"),
    ("not stalled", said(condition("Stalled", "False"), condition("Ready", "True")), "Healthy", ""),
    ("not ready", said(condition("Ready", "False", "Pending", "waits")), "Progressing", "Ready is False: Pending"),
    ("perhaps ready", said(condition("Ready", "Unknown")), "Progressing", "Ready is Unknown: it does not say why"),
    ("ready at an older spec", said(condition("Ready", "True", observedGeneration=2)), "Progressing", "2, not 3"),
    (
        "ready at an older spec, though the new one was seen",
        said(condition("Ready", "True", observedGeneration=2), status__observedGeneration=3),
        "Progressing",
        "Ready is of generation 2",
    ),
    ("ready at no spec", NO_GENERATION, "NoHealth", "does not say for which generation"),
    ("ready at the only spec", said(bare("Ready", "True"), metadata__generation=1), "Healthy", ""),
    ("no generations", said(bare("Ready", "True"), metadata__generation=None), "Healthy", ""),
    ("ready at the spec that was seen", {**NO_GENERATION, "status": {
        "observedGeneration": 3, "conditions": [bare("Ready", "True")]}}, "Healthy", ""),
    ("available", said(condition("Available", "True")), "Healthy", "Available is True"),
    ("not available", said(condition("Available", "False", "Down")), "Progressing", "Available is False: Down"),
    ("ready wins", said(condition("Available", "True"), condition("Ready", "False")), "Progressing", "Ready is False"),
    ("other conditions", said(condition("Synced", "True")), "NoHealth", "no health of its own"),
    ("no conditions", certificate(status={}), "NoHealth", "no health of its own"),
    ("no status", certificate(status=None), "NoHealth", "no health of its own"),
]  # fmt: skip


@pytest.mark.parametrize(("obj", "health", "reason"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_rule(obj: dict[str, Any], health: str, reason: str) -> None:
    report = KSTATUS.read(obj, look())
    assert report.health.value == health
    assert reason in report.reason


def of(kind: str, status: dict[str, Any] | None = None, group: str = "v1", **changes: Any) -> dict[str, Any]:
    made = {"apiVersion": group, "kind": kind, "metadata": {"name": "shop", "namespace": "shop"}, "status": status}
    return changed(made, by_path(changes))


def pod(phase: str, *conditions: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return of("Pod", {"phase": phase, "conditions": list(conditions)}, **changes)


def waiting(reason: str, kind: str = "containerStatuses") -> dict[str, Any]:
    return {f"status__{kind}": [{"name": "shop", "state": {"waiting": {"reason": reason}}}]}


UNSCHEDULED = bare("PodScheduled", "False", reason="Unschedulable", message="0/3 nodes are available")
REPLICAS = {"replicas": 2, "fullyLabeledReplicas": 2, "readyReplicas": 2, "availableReplicas": 2}
REPLICA_SET = of("ReplicaSet", {"observedGeneration": 1, **REPLICAS}, "apps/v1", spec__replicas=2)
FAILURE = [bare("ReplicaFailure", "True", reason="FailedCreate", message="exceeded quota")]


def replica_set(**changes: Any) -> dict[str, Any]:
    return changed(REPLICA_SET, by_path(changes))


def definition(*conditions: dict[str, Any]) -> dict[str, Any]:
    return of("CustomResourceDefinition", {"conditions": list(conditions)}, "apiextensions.k8s.io/v1")


ADDRESS = {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}

# Kubernetes' own small kinds.
KINDS = [
    ("pod, ready", pod("Running", bare("Ready", "True")), "Healthy", "is ready"),
    ("pod, done", pod("Succeeded"), "Healthy", "has completed"),
    ("pod, failed", pod("Failed", status__reason="Evicted"), "Failed", "failed: Evicted"),
    ("pod, failed for no reason", pod("Failed"), "Failed", "ended with an error"),
    ("pod, not ready", pod("Running", bare("Ready", "False")), "Progressing", "not ready"),
    ("pod, crashes", pod("Running", **waiting("CrashLoopBackOff")), "Failed", "container shop does not come up: Crash"),
    (
        "pod, crashes before it begins",
        pod("Pending", **waiting("CrashLoopBackOff", "initContainerStatuses")),
        "Failed",
        "does not come up",
    ),
    ("pod, no image", pod("Pending", **waiting("ImagePullBackOff")), "Failed", "ImagePullBackOff"),
    ("pod, comes up", pod("Pending", **waiting("ContainerCreating")), "Progressing", "not been started"),
    ("pod, not seen", pod(""), "Pending", "not been started"),
    ("pod, no node", pod("Pending", UNSCHEDULED, metadata__creationTimestamp=at(29, 40)), "Failed", "no node takes it"),
    ("pod, no node yet", pod("Pending", UNSCHEDULED, metadata__creationTimestamp=at(29, 50)), "Progressing", "no node"),
    ("pod, unknown", pod("Unknown"), "Progressing", ""),
    ("replicas, up", REPLICA_SET, "Healthy", "is available"),
    ("replicas, not seen", replica_set(status=None), "Pending", "not been seen"),
    ("replicas, refused", replica_set(status__conditions=FAILURE), "Progressing", "exceeded quota"),
    ("replicas, not labelled", replica_set(status__fullyLabeledReplicas=1), "Progressing", "1 of 2 replicas are lab"),
    ("replicas, not available", replica_set(status__availableReplicas=1), "Progressing", "1 of 2 replicas are avail"),
    ("replicas, not ready", replica_set(status__readyReplicas=1), "Progressing", "1 of 2 replicas are ready"),
    ("replicas, too many", replica_set(status__replicas=3), "Progressing", "1 replicas too many"),
    ("controller, up", {**REPLICA_SET, "apiVersion": "v1", "kind": "ReplicationController"}, "Healthy", ""),
    ("claim, bound", of("PersistentVolumeClaim", {"phase": "Bound"}), "NoHealth", "is bound"),
    ("claim, open", of("PersistentVolumeClaim", {"phase": "Pending"}), "Progressing", "not bound"),
    ("claim, lost", of("PersistentVolumeClaim", {"phase": "Lost"}), "Failed", "lost its volume"),
    ("service", of("Service", {"loadBalancer": {}}, spec__type="ClusterIP"), "NoHealth", "no health"),
    ("balancer, open", of("Service", {"loadBalancer": {}}, spec__type="LoadBalancer"), "Progressing", "address"),
    ("balancer", of("Service", ADDRESS, spec__type="LoadBalancer"), "NoHealth", "has an address"),
    ("definition", definition(bare("Established", "True")), "NoHealth", "is established"),
    ("definition, new", definition(), "Progressing", "not established yet"),
    ("definition, next", definition(bare("Established", "False", reason="Installing")), "Progressing", ""),
    ("definition, broken", definition(bare("Established", "False", reason="NotAccepted")), "Failed", "NotAccepted"),
    (
        "definition, name taken",
        definition(bare("NamesAccepted", "False", reason="ListKindConflict"), bare("Established", "True")),
        "Failed",
        "ListKindConflict",
    ),
    ("settings", of("ConfigMap"), "NoHealth", "no health"),
    ("schedule, whatever it says", of("CronJob", {"conditions": [bare("Ready", "False")]}, "batch/v1"), "NoHealth", ""),
]


@pytest.mark.parametrize(("obj", "health", "reason"), [row[1:] for row in KINDS], ids=[row[0] for row in KINDS])
def test_rule_of_the_kind(obj: dict[str, Any], health: str, reason: str) -> None:
    report = KSTATUS.read(obj, look())
    assert report.health.value == health
    assert reason in report.reason


def test_report() -> None:
    report = KSTATUS.read(certificate(), look())
    assert str(report.key) == "Certificate/shop/shop"
    assert report.updated is not None
    assert report.updated.isoformat() == "2026-03-02T10:05:00+00:00"
    assert KSTATUS.sources(certificate(), look().related) == ()
    assert KSTATUS.read(pod("Running", spec__containers=[{"image": IMAGE}]), look()).images == (IMAGE,)
    template = {"spec": {"containers": [{"image": IMAGE}]}}
    assert KSTATUS.read(replica_set(spec__template=template), look()).images == (IMAGE,)
    assert KSTATUS.read({}, look()).health.value == "NoHealth"


def test_kinds_have_one_rule() -> None:
    assert READERS.keys().isdisjoint(RULES)
    assert RULES.keys() >= WITHOUT_HEALTH
    assert reader_of(("cert-manager.io", "Certificate")) is KSTATUS
    assert reader_of(("apps", "Deployment")) is not KSTATUS


CONDITIONS = st.builds(
    lambda kind, status, observed: bare(kind, status, observedGeneration=observed),
    st.sampled_from(["Ready", "Available", "Stalled", "Reconciling", "Synced"]),
    st.sampled_from(["True", "True", "False", "Unknown"]),
    st.sampled_from([None, 1, 2, 3]),
)


@given(
    st.lists(CONDITIONS, max_size=3, unique_by=lambda entry: str(entry["type"])),
    st.sampled_from([None, 1, 2, 3]),
    st.sampled_from([None, 1, 2, 3]),
)
def test_healthy_only_when_the_newest_spec_was_reported(
    conditions: list[dict[str, Any]], generation: int | None, observed: int | None
) -> None:
    obj = said(*conditions, metadata__generation=generation, status__observedGeneration=observed)
    if KSTATUS.read(obj, look()).health.value == "Healthy":
        by_type = {entry["type"]: entry for entry in conditions}
        entry = by_type.get("Ready") or by_type["Available"]
        told = {observed, entry["observedGeneration"]} - {None}
        assert entry["status"] == "True"
        assert told == {generation} or generation is None or (generation == 1 and not told)
