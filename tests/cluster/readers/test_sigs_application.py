from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.cluster.judge import judge
from promoter.cluster.objects import Key
from promoter.cluster.owners import Cluster
from promoter.cluster.readers.sigs_application import READER
from promoter.cluster.workloads import with_workloads
from promoter.model.verdict import Answer
from tests.cluster.objects_made import (
    LOOKED,
    READY,
    REPOSITORY,
    at,
    condition,
    content_at,
    deployment,
    git_repository,
    kustomization,
    look,
    wanted,
)
from tests.cluster.workloads_made import index

NOT_READY = [condition("Ready", "False", "ComponentsNotReady", "some components not ready")]
ERROR = [condition("Ready", "True"), condition("Error", "True", "ErrorSeen", "jobs.batch is forbidden")]
ONE = [{"name": "shop", "kind": "Deployment", "group": "apps", "status": "Ready"}]
LATE = [{**ONE[0], "name": f"shop-{number}", "status": "InProgress"} for number in range(4)]

# The rows of the decision table, in its order.
ROWS = [
    ("ready", index(), "AppliedUnassessed", "were ready when its controller last looked"),
    ("deleting", index(metadata__deletionTimestamp=at(1)), "Unknown", "deleted"),
    ("assembly failed", index(spec__assemblyPhase="Failed"), "Failed", "its assembly failed"),
    ("being assembled", index(spec__assemblyPhase="Pending"), "Pending", "being assembled"),
    ("assembled", index(spec__assemblyPhase="Succeeded"), "AppliedUnassessed", ""),
    ("no status", index(status=None), "Pending", "its controller, which may not run"),
    ("no conditions", index(status__conditions=[]), "Pending", "its controller, which may not run"),
    ("spec not seen", index(metadata__generation=3), "Progressing", "generation 3"),
    ("no generation seen", index(status__observedGeneration=None), "Progressing", "not been seen"),
    ("nothing found", index(status__components=[]), "Unknown", "has found no components"),
    ("none of none", index(status__componentsReady="0/0"), "Unknown", "has found no components"),
    ("another number", index(status__componentsReady="1/1"), "Progressing", "counts 1 components and lists 2"),
    ("no number", index(status__componentsReady=None), "AppliedUnassessed", ""),
    ("not looked at whole", index(status__conditions=ERROR), "Unknown", "ErrorSeen: jobs.batch is forbidden"),
    ("not ready", index(status__conditions=NOT_READY), "Progressing", "its components are not ready"),
    (
        "ready, says its condition",
        index(status__components=LATE, status__componentsReady="4/4"),
        "Progressing",
        ": shop-0, shop-1, shop-2 and more",
    ),
    (
        "one component not known",
        index(status__components=[*ONE, {**ONE[0], "status": "Unknown"}]),
        "Progressing",
        ": shop",
    ),
    ("no word on being ready", index(status__conditions=[condition("Error", "False")]), "Progressing", "not ready"),
]


@pytest.mark.parametrize(("obj", "health", "reason"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_row(obj: dict[str, Any], health: str, reason: str) -> None:
    report = READER.read(obj, look())
    assert report.health.value == health
    assert reason in report.reason


def test_components_are_its_inventory() -> None:
    report = READER.read(index(), look())
    assert report.inventory == (Key("apps", "Deployment", "shop", "shop"), Key("", "Service", "shop", "shop"))
    assert report.uncovered == (Key("apps", "Deployment", "shop", "shop"),)
    assert report.updated is not None
    assert report.updated.isoformat() == "2026-03-02T10:05:00+00:00"
    assert READER.sources(index(), look().related) == ()


CRASHED = deployment(
    status__conditions=[{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]
)

# What it says is as old as two minutes: its components decide.
SETTLED = [
    ("components healthy", index(), [deployment()], "Healthy", "1 workload is healthy"),
    ("old pods counted as ready", index(), [deployment(status__updatedReplicas=1)], "Progressing", "are updated"),
    ("crashed since", index(), [CRASHED], "Failed", "did not come up in time"),
    ("components not read", index(), [], "Unknown", "Deployment/shop/shop is not among the objects"),
    ("not ready, says it", index(status__conditions=NOT_READY), [deployment()], "Progressing", "not ready"),
]


@pytest.mark.parametrize(
    ("obj", "others", "health", "reason"), [row[1:] for row in SETTLED], ids=[row[0] for row in SETTLED]
)
def test_settled_by_its_components(obj: dict[str, Any], others: list[dict[str, Any]], health: str, reason: str) -> None:
    asked = look(*others)
    report = with_workloads(READER.read(obj, asked), asked, ())
    assert report.health.value == health
    assert reason in report.reason


ENTRIES = [{"id": "shop_shop_apps_Deployment"}, {"id": "shop_shop_app.k8s.io_Application"}]

# As part of what a Kustomization applied: it takes away only what it knows.
INSIDE = [
    ("ready", index(), Answer.SUCCESS),
    ("no controller", index(status=None), Answer.SUCCESS),
    ("has found nothing", index(status__components=[]), Answer.SUCCESS),
    (
        "lists what runs nothing",
        index(status__components=[{**ONE[0], "kind": "Service", "group": ""}], status__componentsReady="1/1"),
        Answer.SUCCESS,
    ),
    ("not ready", index(status__conditions=NOT_READY), Answer.PENDING),
    ("assembly failed", index(spec__assemblyPhase="Failed"), Answer.FAILURE),
]


@pytest.mark.parametrize(("obj", "expected"), [row[1:] for row in INSIDE], ids=[row[0] for row in INSIDE])
@pytest.mark.parametrize("assessed", [True, False])
def test_inside_a_kustomization(obj: dict[str, Any], expected: Answer, assessed: bool) -> None:
    changes = {} if assessed else {"spec__wait": False, "status__conditions": [READY]}
    owner = kustomization(status__inventory={"entries": ENTRIES}, **changes)
    cluster = Cluster([owner, git_repository(), deployment(), obj], REPOSITORY)
    assert judge(wanted(), cluster, content_at, LOOKED).answer is expected


@given(
    ready=st.sampled_from(["True", "False", "Unknown"]),
    observed=st.sampled_from([None, 1, 2, 3]),
    number=st.integers(0, 2),
    counted=st.sampled_from([None, "0/0", "1/1", "2/2"]),
)
def test_its_own_word_is_never_health(ready: str, observed: int | None, number: int, counted: str | None) -> None:
    obj = index(
        status__conditions=[condition("Ready", ready)],
        status__observedGeneration=observed,
        status__components=index()["status"]["components"][:number],
        status__componentsReady=counted,
    )
    health = READER.read(obj, look()).health.value
    assert health != "Healthy"
    if health == "AppliedUnassessed":
        assert (ready, observed) == ("True", 2)
        assert number > 0
