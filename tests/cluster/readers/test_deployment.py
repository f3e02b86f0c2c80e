from __future__ import annotations

from typing import Any

import pytest

from promoter.cluster.readers.deployment import READER
from tests.cluster.objects_made import IMAGE, at, deployment, look

AVAILABLE = {"type": "Available", "status": "True"}
DONE = {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}
LATE = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "timed out"}
ROLLING = {"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated"}

# In the order in which the rules are asked: each row fails exactly one of them.
ROWS = [
    ("available", deployment(), "Healthy", "is available"),
    ("deleting", deployment(metadata__deletionTimestamp=at(1)), "Unknown", "deleted"),
    ("paused", deployment(spec__paused=True), "Suspended", "paused"),
    ("no status", deployment(status=None), "Pending", "not been seen"),
    ("spec not seen", deployment(metadata__generation=8), "Progressing", "generation 8 has not been seen"),
    ("too late, though available", deployment(status__conditions=[AVAILABLE, LATE]), "Failed", "in time: timed out"),
    ("too few", deployment(status__replicas=2), "Progressing", "2 of 3 replicas exist"),
    ("old pods answer", deployment(status__updatedReplicas=1), "Progressing", "1 of 3 replicas are updated"),
    ("old pods left", deployment(status__replicas=4), "Progressing", "1 old replicas are still there"),
    ("not available yet", deployment(status__availableReplicas=2), "Progressing", "2 of 3 replicas are available"),
    ("not ready", deployment(status__readyReplicas=2), "Progressing", "2 of 3 replicas are ready"),
    ("no counts", deployment(status__replicas=None), "Progressing", "0 of 3 replicas exist"),
    ("still rolling", deployment(status__conditions=[AVAILABLE, ROLLING]), "Progressing", "new replica set"),
    ("no word on progress", deployment(status__conditions=[AVAILABLE]), "Progressing", "new replica set"),
    (
        "no deadline, no word on progress",
        deployment(spec__progressDeadlineSeconds=None, status__conditions=[AVAILABLE]),
        "Healthy",
        "",
    ),
    ("not available", deployment(status__conditions=[DONE]), "Progressing", "is not available"),
    (
        "one replica is the default",
        deployment(spec__replicas=None, status__replicas=1, status__updatedReplicas=1, status__availableReplicas=1),
        "Healthy",
        "",
    ),
    (
        "scaled to none",
        deployment(
            spec__replicas=0,
            status={"observedGeneration": 7, "conditions": [AVAILABLE, DONE]},
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


def test_report_names_its_images() -> None:
    pod = {"initContainers": [{"image": "ghcr.io/acme/migrate:2"}], "containers": [{"image": IMAGE}, {"name": "odd"}]}
    report = READER.read(deployment(spec__template__spec=pod), look())
    assert report.images == ("ghcr.io/acme/migrate:2", IMAGE)
    assert report.updated is not None
    assert report.updated.isoformat() == "2026-03-02T10:04:00+00:00"


def test_delivers_nothing() -> None:
    assert READER.sources(deployment(), look().related) == ()
