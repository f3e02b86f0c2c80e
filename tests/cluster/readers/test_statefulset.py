from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.cluster.readers.statefulset import READER
from tests.cluster.objects_made import IMAGE, at, look
from tests.cluster.workloads_made import stateful_set

ON_DELETE = {"spec__updateStrategy": {"type": "OnDelete"}}
OLD_POD = {"status__updatedReplicas": 2, "status__currentReplicas": 1, "status__updateRevision": "db-8f00"}

# In the order in which the rules are asked: each row fails exactly one of them.
ROWS = [
    ("ready", stateful_set(), "Healthy", "is ready"),
    ("deleting", stateful_set(metadata__deletionTimestamp=at(1)), "Unknown", "deleted"),
    ("no status", stateful_set(status=None), "Pending", "not been seen"),
    ("spec not seen", stateful_set(metadata__generation=5), "Progressing", "generation 5 has not been seen"),
    ("too few", stateful_set(status__replicas=2), "Progressing", "2 of 3 replicas exist"),
    ("not ready", stateful_set(status__readyReplicas=2), "Progressing", "2 of 3 replicas are ready"),
    ("too many", stateful_set(status__replicas=4), "Progressing", "1 replicas too many"),
    (
        "not ready for long enough",
        stateful_set(spec__minReadySeconds=30, status__availableReplicas=2),
        "Progressing",
        "2 of 3 replicas are available",
    ),
    ("old server without availability", stateful_set(status__availableReplicas=None), "Healthy", ""),
    ("no revision", stateful_set(status__updateRevision=None), "Progressing", "which revision"),
    ("rolling", stateful_set(**OLD_POD), "Progressing", "2 of 3 replicas are updated"),
    (
        "rolling up to its partition",
        stateful_set(spec__updateStrategy__rollingUpdate__partition=1, **{**OLD_POD, "status__updatedReplicas": 1}),
        "Progressing",
        "1 of 3 replicas are updated",
    ),
    (
        "held by its partition",
        stateful_set(spec__updateStrategy__rollingUpdate__partition=1, **OLD_POD),
        "Suspended",
        "the others wait behind its partition",
    ),
    (
        "held whole by its partition",
        stateful_set(spec__updateStrategy__rollingUpdate__partition=3, **{**OLD_POD, "status__updatedReplicas": 0}),
        "Suspended",
        "0 of 3 replicas are updated",
    ),
    (
        "a partition with nothing behind it",
        stateful_set(spec__updateStrategy__rollingUpdate__partition=1),
        "Healthy",
        "",
    ),
    ("no strategy said", stateful_set(spec__updateStrategy=None, **OLD_POD), "Progressing", "2 of 3"),
    ("update not complete", stateful_set(status__updateRevision="db-8f00"), "Progressing", "not complete"),
    ("pods wait to be deleted", stateful_set(**ON_DELETE, **OLD_POD), "Suspended", "(OnDelete)"),
    (
        "all deleted; the controller never moves currentRevision",
        stateful_set(**ON_DELETE, status__updateRevision="db-8f00"),
        "Healthy",
        "",
    ),
    (
        "one replica is the default",
        stateful_set(spec__replicas=None, status__replicas=1, status__readyReplicas=1, status__updatedReplicas=1),
        "Healthy",
        "",
    ),
    (
        "scaled to none",
        stateful_set(
            spec__replicas=0,
            status={"observedGeneration": 4, "currentRevision": "db-7c5d", "updateRevision": "db-7c5d"},
        ),
        "Healthy",
        "",
    ),
]


@pytest.mark.parametrize(("obj", "health", "reason"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_rule(obj: dict[str, Any], health: str, reason: str) -> None:
    report = READER.read(obj, look())
    assert report.health.value == health
    assert reason in report.reason


def test_report_names_its_images_and_delivers_nothing() -> None:
    report = READER.read(stateful_set(), look())
    assert (str(report.key), report.images) == ("StatefulSet/shop/db", (IMAGE,))
    assert READER.sources(stateful_set(), look().related) == ()


COUNTS = ("replicas", "readyReplicas", "updatedReplicas", "currentReplicas", "availableReplicas")
REVISIONS = st.sampled_from([None, "db-7c5d", "db-8f00"])


@given(
    counts=st.fixed_dictionaries({f"status__{name}": st.sampled_from([None, 2, 3, 3, 3, 4]) for name in COUNTS}),
    generation=st.integers(3, 5),
    observed=st.sampled_from([None, 3, 4, 5]),
    partition=st.sampled_from([None, 0, 1, 3]),
    strategy=st.sampled_from([None, "RollingUpdate", "OnDelete"]),
    revisions=st.tuples(REVISIONS, REVISIONS),
)
def test_healthy_only_when_every_pod_is_of_the_newest_spec(
    counts: dict[str, int | None],
    generation: int,
    observed: int | None,
    partition: int | None,
    strategy: str | None,
    revisions: tuple[str | None, str | None],
) -> None:
    obj = stateful_set(
        **counts,
        metadata__generation=generation,
        status__observedGeneration=observed,
        spec__updateStrategy={"type": strategy, "rollingUpdate": {"partition": partition}},
        status__currentRevision=revisions[0],
        status__updateRevision=revisions[1],
    )
    if READER.read(obj, look()).health.value == "Healthy":
        assert observed == generation
        assert counts["status__readyReplicas"] in (3, 4)
        assert counts["status__updatedReplicas"] in (3, 4)
        assert revisions[1] is not None
        assert strategy == "OnDelete" or revisions[0] == revisions[1]
