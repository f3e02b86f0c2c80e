from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.cluster.readers.daemonset import READER
from tests.cluster.objects_made import IMAGE, at, look
from tests.cluster.workloads_made import BY_CANARY, NEW, TEMPLATE, daemon_set

# In the order in which the rules are asked: each row fails exactly one of them.
ROWS = [
    ("ready", daemon_set(), "Healthy", "is ready on every node"),
    ("deleting", daemon_set(metadata__deletionTimestamp=at(1)), "Unknown", "deleted"),
    ("no status", daemon_set(status=None), "Pending", "not been seen"),
    ("no observed generation", daemon_set(status__observedGeneration=None), "Pending", "not been seen"),
    ("no generation", daemon_set(metadata__generation=None), "Progressing", "not been seen"),
    ("spec not seen", daemon_set(metadata__generation=5), "Progressing", "generation 5 has not been seen"),
    ("no number wanted", daemon_set(status__desiredNumberScheduled=None), "Progressing", "how many nodes"),
    ("too few", daemon_set(status__currentNumberScheduled=2), "Progressing", "2 of 3 pods exist"),
    ("rolling", daemon_set(status__updatedNumberScheduled=1), "Progressing", "1 of 3 pods are updated"),
    (
        "old pods wait to be deleted",
        daemon_set(status__updatedNumberScheduled=1, spec__updateStrategy={"type": "OnDelete"}),
        "Suspended",
        "1 of 3 pods are updated; the others wait to be deleted",
    ),
    ("all deleted", daemon_set(spec__updateStrategy={"type": "OnDelete"}), "Healthy", ""),
    ("not available", daemon_set(status__numberAvailable=None), "Progressing", "0 of 3 pods are available"),
    ("not ready", daemon_set(status__numberReady=2), "Progressing", "2 of 3 pods are ready"),
    ("no node", daemon_set(status={"observedGeneration": 4, "desiredNumberScheduled": 0}), "Healthy", "for no node"),
]


@pytest.mark.parametrize(("obj", "health", "reason"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_rule(obj: dict[str, Any], health: str, reason: str) -> None:
    report = READER.read(obj, look())
    assert report.health.value == health
    assert reason in report.reason


AT_REST = daemon_set(
    spec__template__spec__nodeSelector={"flagger.app/scale-to-zero": "true"},
    status={"observedGeneration": 4, "desiredNumberScheduled": 0},
)


def primary(image: str = IMAGE, **changes: Any) -> dict[str, Any]:
    pod = {"metadata": {"labels": {"app": "db-primary"}}, "spec": {"containers": [{"name": "db", "image": image}]}}
    fields = {"metadata__name": "agent-primary", "metadata__ownerReferences": BY_CANARY, "spec__template": pod}
    return daemon_set(**{**fields, **changes})


# A Canary's target has no pods at rest: what its primary runs decides.
TARGETS = [
    ("promoted", [primary()], "Healthy", "is ready on every node that it is for, as agent-primary", IMAGE),
    ("not promoted", [primary(NEW)], "Progressing", "is not promoted: agent-primary serves", NEW),
    ("primary not ready", [primary(status__numberReady=1)], "Progressing", "1 of 3 pods are ready, as", IMAGE),
    ("of that name only", [primary(NEW, metadata__ownerReferences=None)], "Healthy", "for no node", IMAGE),
    ("none", [], "Healthy", "for no node", IMAGE),
]


@pytest.mark.parametrize(
    ("others", "health", "reason", "image"), [row[1:] for row in TARGETS], ids=[row[0] for row in TARGETS]
)
def test_target_of_a_canary(others: list[dict[str, Any]], health: str, reason: str, image: str) -> None:
    report = READER.read(AT_REST, look(*others))
    assert report.health.value == health
    assert reason in report.reason
    assert report.images == (image,)


def test_delivers_nothing() -> None:
    assert READER.sources(daemon_set(), look().related) == ()
    assert TEMPLATE["spec"] == daemon_set()["spec"]["template"]["spec"]


COUNTS = ("currentNumberScheduled", "updatedNumberScheduled", "numberAvailable", "numberReady")


@given(
    counts=st.fixed_dictionaries({f"status__{name}": st.sampled_from([None, 2, 3, 3, 3]) for name in COUNTS}),
    wanted=st.sampled_from([None, 3, 3]),
    generation=st.integers(3, 5),
    observed=st.sampled_from([None, 3, 4, 5]),
)
def test_healthy_only_when_every_node_runs_the_newest_spec(
    counts: dict[str, int | None], wanted: int | None, generation: int, observed: int | None
) -> None:
    obj = daemon_set(
        **counts,
        status__desiredNumberScheduled=wanted,
        metadata__generation=generation,
        status__observedGeneration=observed,
    )
    healthy = READER.read(obj, look()).health.value == "Healthy"
    assert healthy is (observed == generation and wanted == 3 and set(counts.values()) == {3})
