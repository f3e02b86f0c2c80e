from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.cluster.readers.rollout import READER
from tests.cluster.objects_made import IMAGE, at, condition, deployment, look
from tests.cluster.workloads_made import NEW, TEMPLATE, rollout

INVALID = condition("InvalidSpec", "True", "InvalidSpec", "missing strategy")
PAUSE = [{"reason": "CanaryPauseStep", "startTime": at(4)}]
ACTIVE = {"spec__strategy": {"blueGreen": {"activeService": "shop"}}}


def phase(name: str, **changes: Any) -> dict[str, Any]:
    return rollout(status__phase=name, **changes)


# The rows of the decision table, in its order.
ROWS = [
    ("promoted", rollout(), "Healthy", "is promoted and healthy"),
    ("deleting", rollout(metadata__deletionTimestamp=at(1)), "Unknown", "deleted"),
    ("no status", rollout(status=None), "Pending", "not been seen"),
    ("no phase", phase("", status__observedGeneration="8"), "Pending", "not been seen"),
    ("spec not seen", rollout(metadata__generation=9), "Progressing", "generation 9 has not been seen"),
    ("generation as a number", rollout(status__observedGeneration=8), "Healthy", ""),
    ("no generation seen", rollout(status__observedGeneration=None), "Progressing", "generation 8"),
    (
        "a hash of the spec",
        rollout(status__observedGeneration="58b949649c"),
        "Progressing",
        "generation 8 has not been seen",
    ),
    ("a hash of digits", rollout(status__observedGeneration="5864949649"), "Progressing", "generation 8"),
    ("not invalid", rollout(status__conditions=[{**INVALID, "status": "False"}]), "Healthy", ""),
    ("invalid", rollout(status__conditions=[INVALID]), "Failed", "InvalidSpec: missing strategy"),
    (
        "at a pause",
        phase("Paused", status__pauseConditions=PAUSE, status__message="CanaryPauseStep"),
        "Suspended",
        "is paused: Ca",
    ),
    ("paused by hand", phase("Paused", spec__paused=True), "Suspended", "is paused"),
    ("paused by both", phase("Paused", status__controllerPause=True, status__pauseConditions=PAUSE), "Suspended", ""),
    ("goes on", phase("Paused", status__controllerPause=True), "Progressing", "goes on after a pause"),
    (
        "aborted",
        phase("Degraded", status__abort=True, status__message="RolloutAborted: error"),
        "Failed",
        "is aborted: the pods of before serve: RolloutAborted",
    ),
    ("aborted, though it looks well", rollout(status__abort=True), "Failed", "is aborted"),
    ("degraded", phase("Degraded", status__message="ProgressDeadlineExceeded"), "Failed", "is degraded: ProgressDead"),
    ("progressing", phase("Progressing", status__message="more replicas"), "Progressing", "more replicas"),
    ("a phase of tomorrow", phase("Resting"), "Unknown", "Resting, which is not known"),
    ("not the stable pods", rollout(status__stableRS="58d4"), "Progressing", "not the stable ones"),
    (
        "no pods named",
        rollout(status__stableRS=None, status__currentPodHash=None),
        "Progressing",
        "not the stable ones",
    ),
    ("active", rollout(**ACTIVE, status__blueGreen={"activeSelector": "6f8b9c"}), "Healthy", ""),
    ("not active", rollout(**ACTIVE, status__blueGreen={"activeSelector": "58d4"}), "Progressing", "not the active"),
    ("nothing active", rollout(**ACTIVE), "Progressing", "not the active"),
    ("too few updated", rollout(status__updatedReplicas=2), "Progressing", "2 of 3 replicas are updated"),
    ("too few available", rollout(status__availableReplicas=2), "Progressing", "2 of 3 replicas are available"),
    ("one is the default", rollout(spec__replicas=None, status__updatedReplicas=1), "Healthy", ""),
    (
        "none wanted",
        rollout(spec__replicas=0, status__updatedReplicas=None, status__availableReplicas=None),
        "Healthy",
        "",
    ),
]


@pytest.mark.parametrize(("obj", "health", "reason"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_row(obj: dict[str, Any], health: str, reason: str) -> None:
    report = READER.read(obj, look())
    assert report.health.value == health
    assert reason in report.reason


def referring(**changes: Any) -> dict[str, Any]:
    """A Rollout that takes its pods from a Deployment."""
    fields = {
        "spec__template": None,
        "spec__workloadRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "shop"},
        "metadata__annotations": {"rollout.argoproj.io/workload-generation": "7"},
        "status__workloadObservedGeneration": "7",
    }
    return rollout(**{**fields, **changes})


MARKED_OLD = {"rollout.argoproj.io/workload-generation": "6"}

# Of a Rollout that refers to a Deployment, that one's generation counts too.
REFERRING = [
    ("seen", referring(), [deployment()], "Healthy", "promoted"),
    ("changed since", referring(), [deployment(metadata__generation=8)], "Progressing", "generation 8 of Deployment/"),
    ("not seen", referring(status__workloadObservedGeneration="6"), [deployment()], "Progressing", "generation 7 of"),
    ("nothing seen", referring(status__workloadObservedGeneration=None), [deployment()], "Progressing", "generation 7"),
    ("not marked", referring(metadata__annotations=MARKED_OLD), [deployment()], "Progressing", "generation 7 of"),
    ("not there", referring(), [], "Unknown", "takes its pods from Deployment/shop/shop, which is not among"),
]


@pytest.mark.parametrize(
    ("obj", "others", "health", "reason"), [row[1:] for row in REFERRING], ids=[row[0] for row in REFERRING]
)
def test_workload_of_another(obj: dict[str, Any], others: list[dict[str, Any]], health: str, reason: str) -> None:
    report = READER.read(obj, look(*others))
    assert report.health.value == health
    assert reason in report.reason


def replica_set(name: str, image: str) -> dict[str, Any]:
    spec = {"template": {"spec": {"containers": [{"image": image}]}}}
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": spec,
    }


def test_images_are_those_of_the_stable_pods() -> None:
    half = phase("Paused", status__stableRS="58d4")
    assert READER.read(rollout(), look()).images == (IMAGE,)
    assert READER.read(referring(), look(deployment())).images == (IMAGE,)
    assert READER.read(referring(), look()).images == ()
    assert READER.read(half, look()).images == ()
    assert READER.read(half, look(replica_set("shop-58d4", NEW))).images == (NEW,)
    assert TEMPLATE["spec"] == half["spec"]["template"]["spec"]


def test_report() -> None:
    report = READER.read(rollout(), look())
    assert report.updated is not None
    assert report.updated.isoformat() == "2026-03-02T10:05:00+00:00"
    assert READER.sources(rollout(), look().related) == ()


HASHES = st.sampled_from([None, "6f8b9c", "58d4"])


@given(
    generation=st.integers(7, 9),
    observed=st.sampled_from([None, "7", "8", "9", 8, "58b949649c"]),
    name=st.sampled_from([None, "Healthy", "Healthy", "Paused", "Degraded", "Progressing"]),
    hashes=st.tuples(HASHES, HASHES, HASHES),
    updated=st.sampled_from([None, 2, 3]),
    flags=st.tuples(st.sampled_from([None, False, True]), st.booleans()),
)
def test_healthy_only_when_the_newest_pods_are_the_stable_ones(
    generation: int,
    observed: str | int | None,
    name: str | None,
    hashes: tuple[str | None, str | None, str | None],
    updated: int | None,
    flags: tuple[bool | None, bool],
) -> None:
    obj = rollout(
        metadata__generation=generation,
        status__observedGeneration=observed,
        status__phase=name,
        status__currentPodHash=hashes[0],
        status__stableRS=hashes[1],
        status__blueGreen={"activeSelector": hashes[2]},
        status__updatedReplicas=updated,
        status__abort=flags[0],
        **(ACTIVE if flags[1] else {}),
    )
    if READER.read(obj, look()).health.value == "Healthy":
        assert str(observed) == str(generation)
        assert (name, updated, bool(flags[0])) == ("Healthy", 3, False)
        assert hashes[0] is not None
        assert hashes[0] == hashes[1]
        assert not flags[1] or hashes[2] == hashes[0]
