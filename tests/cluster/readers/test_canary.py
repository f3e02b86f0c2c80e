from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.cluster.readers.canary import READER
from tests.cluster.objects_made import IMAGE, at, condition, look
from tests.cluster.workloads_made import BY_CANARY, NEW, canary, daemon_set, primary, target


def phase(name: str, **changes: Any) -> dict[str, Any]:
    return canary(status__phase=name, **changes)


OTHER_SPEC = {"status__lastAppliedSpec": "6f5d"}
SAID = condition("Promoted", "False", "Failed", "Canary analysis failed, Deployment scaled to zero.")
AT_REST = [target(), primary()]
CHANGED = [target(NEW), primary()]
ROLLING = [target(), primary(IMAGE, status__updatedReplicas=1)]
SERVICE = {"apiVersion": "v1", "kind": "Service", "name": "shop"}

# The rows of the decision table, in its order: (Canary, what stands beside it, ...).
ROWS = [
    ("promoted", canary(), AT_REST, "Healthy", "promoted; Deployment/shop/shop-primary is available"),
    ("deleting", canary(metadata__deletionTimestamp=at(1)), AT_REST, "Unknown", "deleted"),
    ("suspended", canary(spec__suspend=True), AT_REST, "Suspended", "spec.suspend"),
    ("suspended, whatever it was", phase("Failed", spec__suspend=True), AT_REST, "Suspended", "spec.suspend"),
    ("no status", canary(status=None), AT_REST, "Pending", "not been seen by Flagger"),
    ("no phase", phase(""), AT_REST, "Pending", "not been seen by Flagger"),
    ("begins", phase("Initializing"), AT_REST, "Progressing", "makes its primary"),
    ("failed", phase("Failed", **OTHER_SPEC), CHANGED, "Failed", "failed; what was before serves"),
    ("failed, and says why", phase("Failed", status__conditions=[SAID]), CHANGED, "Failed", "serves: Canary analysis"),
    ("failed, and the rest not known", phase("Failed", **OTHER_SPEC), [], "Failed", "failed"),
    ("failed while promoted", phase("Failed", status__canaryWeight=100), CHANGED, "Failed", "the canary still serves"),
    ("failed by a ConfigMap alone", phase("Failed"), AT_REST, "Failed", "failed"),
    ("failed, and taken back", phase("Failed", **OTHER_SPEC), AT_REST, "Healthy", "promoted; "),
    ("failed, taken back, rolls", phase("Failed", **OTHER_SPEC), ROLLING, "Progressing", "1 of 3 replicas"),
    ("waits to begin", phase("Waiting"), CHANGED, "Progressing", "waits for a person or a webhook"),
    ("waits to be promoted", phase("WaitingPromotion"), CHANGED, "Progressing", "waits for a person or a webhook"),
    ("analysed", phase("Progressing"), CHANGED, "Progressing", "is being analysed"),
    ("promoting", phase("Promoting"), CHANGED, "Progressing", "is being promoted"),
    ("finalising", phase("Finalising"), AT_REST, "Progressing", "is being promoted"),
    ("goes", phase("Terminating"), AT_REST, "Unknown", "taken down"),
    ("gone", phase("Terminated"), AT_REST, "Unknown", "taken down"),
    ("a phase of tomorrow", phase("Mirroring"), AT_REST, "Unknown", "Mirroring, which is not known"),
    ("saw another spec", canary(**OTHER_SPEC), AT_REST, "Progressing", "not promoted what it saw last"),
    ("first rollout", phase("Initialized", status__lastPromotedSpec=None), AT_REST, "Healthy", "promoted"),
    ("nothing seen yet", canary(status__lastAppliedSpec=None), AT_REST, "Healthy", "promoted"),
    ("first rollout, changed since", phase("Initialized"), CHANGED, "Pending", "not noticed yet"),
    ("of before, not noticed yet", canary(), CHANGED, "Pending", "not noticed yet that Deployment/shop/shop"),
    ("without analysis", canary(spec__skipAnalysis=True), CHANGED, "Pending", "not noticed yet"),
    ("primary rolls", canary(), ROLLING, "Progressing", "shop-primary 1 of 3 replicas are updated"),
    ("no target", canary(), [primary()], "Unknown", "without Deployment/shop/shop, which"),
    ("no primary", canary(), [target()], "Unknown", "without Deployment/shop/shop-primary, which"),
    ("targets a Service", canary(spec__targetRef=SERVICE), AT_REST, "Unknown", "targets Service"),
    ("targets nothing", canary(spec__targetRef=None), AT_REST, "Unknown", "targets nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("obj", "others", "health", "reason"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_row(obj: dict[str, Any], others: list[dict[str, Any]], health: str, reason: str) -> None:
    report = READER.read(obj, look(*others))
    assert report.health.value == health
    assert reason in report.reason


def test_images_are_those_that_serve() -> None:
    assert READER.read(phase("Progressing"), look(target(NEW), primary())).images == (IMAGE,)
    assert READER.read(canary(), look(target(NEW))).images == ()
    report = READER.read(canary(), look(*AT_REST))
    assert report.updated is not None
    assert report.updated.isoformat() == "2026-03-02T10:05:00+00:00"
    assert READER.sources(canary(), look().related) == ()


def test_daemon_set() -> None:
    obj = canary(spec__targetRef={"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent"})
    made = daemon_set(metadata__name="agent-primary", metadata__ownerReferences=BY_CANARY)
    assert READER.read(obj, look(daemon_set(), made)).health.value == "Healthy"
    assert READER.read(obj, look(daemon_set(spec__template__spec__hostPID=True), made)).health.value == "Pending"


PHASES = ["", "Initialized", "Initializing", "Failed", "Waiting", "Progressing", "Promoting", "Succeeded", "Terminated"]
SPECS = st.sampled_from([None, "5978589476", "6f5d"])
BESIDE = st.builds(
    lambda held, serves, rolls: [target(held), primary(serves, status__updatedReplicas=rolls)],
    st.sampled_from([IMAGE, NEW]),
    st.sampled_from([IMAGE, NEW]),
    st.sampled_from([3, 3, 1]),
)


@given(st.sampled_from(PHASES), SPECS, SPECS, BESIDE | st.just([target()]) | st.just([primary()]))
def test_healthy_only_when_the_primary_runs_what_the_target_holds(
    name: str, applied: str | None, last: str | None, others: list[dict[str, Any]]
) -> None:
    obj = phase(name, status__lastAppliedSpec=applied, status__lastPromotedSpec=last)
    if READER.read(obj, look(*others)).health.value == "Healthy":
        held, serves = others
        images = [one["spec"]["template"]["spec"]["containers"][0]["image"] for one in (held, serves)]
        assert images[0] == images[1]
        assert serves["status"]["updatedReplicas"] == 3
        assert name in ("Initialized", "Succeeded", "Failed")
        assert (name == "Failed") is (None not in (applied, last) and applied != last)
