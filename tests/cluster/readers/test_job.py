from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.cluster.readers.job import READER
from tests.cluster.objects_made import IMAGE, at, condition, look
from tests.cluster.workloads_made import job

RUNNING = {"startTime": at(4), "active": 1, "ready": 1}
BACKOFF = condition("Failed", "True", "BackoffLimitExceeded", "Job has reached the specified backoff limit")
ENDING = condition("FailureTarget", "True", "DeadlineExceeded", "Job was active longer than specified deadline")
SUCCEEDS = condition("SuccessCriteriaMet", "True", "CompletionsReached")

ROWS = [
    ("completed", job(), "Healthy", "has completed"),
    ("deleting", job(metadata__deletionTimestamp=at(1)), "Unknown", "deleted"),
    ("failed", job(status__conditions=[BACKOFF]), "Failed", "failed: BackoffLimitExceeded: Job has reached"),
    ("failing", job(status={**RUNNING, "conditions": [ENDING]}), "Failed", "DeadlineExceeded"),
    ("not started", job(status=None), "Pending", "not been started"),
    ("started is not done", job(status=RUNNING), "Progressing", "1 pod of it runs"),
    ("two at once", job(status={**RUNNING, "active": 2}), "Progressing", "2 pods of it run"),
    ("between two tries", job(status={"startTime": at(4), "failed": 1}), "Progressing", "0 pods of it run"),
    ("succeeds, pods still end", job(status={**RUNNING, "conditions": [SUCCEEDS]}), "Progressing", ""),
    ("suspended", job(spec__suspend=True, status=None), "Suspended", "spec.suspend"),
    ("suspended after it was done", job(spec__suspend=True), "Healthy", ""),
    ("not complete", job(status__conditions=[condition("Complete", "False")]), "Progressing", ""),
]


@pytest.mark.parametrize(("obj", "health", "reason"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_rule(obj: dict[str, Any], health: str, reason: str) -> None:
    report = READER.read(obj, look())
    assert report.health.value == health
    assert reason in report.reason


def test_report() -> None:
    report = READER.read(job(), look())
    assert report.images == (IMAGE,)
    assert report.updated is not None
    assert report.updated.isoformat() == "2026-03-02T10:05:00+00:00"
    assert READER.sources(job(), look().related) == ()


KINDS = ["Complete", "Failed", "FailureTarget", "SuccessCriteriaMet", "Suspended"]
CONDITIONS = st.builds(condition, st.sampled_from(KINDS), st.sampled_from(["True", "False", "Unknown"]))


@given(
    st.lists(CONDITIONS, max_size=3, unique_by=lambda entry: entry["type"]),
    st.none() | st.integers(0, 2),
    st.none() | st.integers(0, 2),
)
def test_healthy_only_when_it_completed(
    conditions: list[dict[str, Any]], active: int | None, succeeded: int | None
) -> None:
    obj = job(status__conditions=conditions, status__active=active, status__succeeded=succeeded)
    said = {entry["type"]: entry["status"] for entry in conditions}
    healthy = READER.read(obj, look()).health.value == "Healthy"
    assert healthy is (said.get("Complete") == "True" and "True" not in (said.get("Failed"), said.get("FailureTarget")))
