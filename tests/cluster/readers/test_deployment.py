from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.cluster.readers.deployment import READER
from tests.cluster.objects_made import IMAGE, at, deployment, look
from tests.cluster.workloads_made import NEW, primary, target

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


UP = {"replicas": 3, "updatedReplicas": 3, "readyReplicas": 3, "availableReplicas": 3}
ALL_UP = {"spec__replicas": 3, "status": {"observedGeneration": 7, "conditions": [AVAILABLE, DONE], **UP}}
OTHER_ENV = primary(
    spec__template__spec__containers=[{"name": "shop", "image": IMAGE, "env": [{"name": "LEVEL", "value": "debug"}]}]
)
NOT_OURS = primary(NEW, metadata__ownerReferences=[{"apiVersion": "apps/v1", "kind": "Canary", "name": "shop"}])
ROLLS: dict[str, Any] = {"status__updatedReplicas": 1}

# A Canary's target has no pods at rest, and no traffic while it has some: what its primary runs decides.
TARGETS = [
    ("promoted", target(), [primary()], "Healthy", "is available, as shop-primary", IMAGE),
    ("not promoted, at rest", target(NEW), [primary()], "Progressing", "is not promoted: shop-primary serves", IMAGE),
    ("not promoted, pods up", target(NEW, **ALL_UP), [primary()], "Progressing", "is not promoted", IMAGE),
    (
        "being analysed",
        target(NEW, **ALL_UP, **ROLLS),
        [primary()],
        "Progressing",
        "1 of 3 replicas are updated",
        IMAGE,
    ),
    ("other environment variables", target(), [OTHER_ENV], "Progressing", "is not promoted", IMAGE),
    (
        "primary rolls",
        target(),
        [primary(IMAGE, **ROLLS)],
        "Progressing",
        "1 of 3 replicas are updated, as shop-pr",
        IMAGE,
    ),
    ("primary late", target(), [primary(status__conditions=[AVAILABLE, LATE])], "Failed", "as shop-primary", IMAGE),
    ("its own deadline is over, at rest", target(status__conditions=[LATE]), [primary()], "Healthy", "", IMAGE),
    ("spec not seen", target(metadata__generation=8), [primary()], "Progressing", "generation 8", IMAGE),
    ("no pods and no primary", target(), [], "Healthy", "is available", IMAGE),
    ("one of that name that no Canary made", target(), [NOT_OURS], "Healthy", "is available", IMAGE),
]


@pytest.mark.parametrize(
    ("obj", "others", "health", "reason", "image"), [row[1:] for row in TARGETS], ids=[row[0] for row in TARGETS]
)
def test_target_of_a_canary(
    obj: dict[str, Any], others: list[dict[str, Any]], health: str, reason: str, image: str
) -> None:
    report = READER.read(obj, look(*others))
    assert report.health.value == health
    assert reason in report.reason
    assert report.images == (image,)


@given(
    counts=st.fixed_dictionaries(
        {
            f"status__{name}": st.sampled_from([None, 2, 3, 3, 3])
            for name in ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
        }
    ),
    generation=st.integers(6, 8),
    observed=st.sampled_from([None, 6, 7, 8]),
    said=st.lists(st.sampled_from([AVAILABLE, DONE, LATE, ROLLING]), max_size=3),
)
def test_healthy_only_when_every_pod_is_of_the_newest_spec(
    counts: dict[str, int | None], generation: int, observed: int | None, said: list[dict[str, str]]
) -> None:
    obj = deployment(
        **counts, metadata__generation=generation, status__observedGeneration=observed, status__conditions=said
    )
    if READER.read(obj, look()).health.value == "Healthy":
        assert observed == generation
        assert set(counts.values()) == {3}
        assert AVAILABLE in said
        assert DONE in said


def test_since_when_it_is_available_is_told_while_it_is() -> None:
    assert READER.read(deployment(), look()).well_since == datetime(2026, 3, 2, 10, 4, tzinfo=UTC)
    gone = [{"type": "Available", "status": "False", "lastTransitionTime": at(4)}]
    assert READER.read(deployment(status__conditions=gone), look()).well_since is None
