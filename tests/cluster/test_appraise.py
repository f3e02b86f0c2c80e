from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.cluster.appraise import Appraised, Measure, appraise
from promoter.cluster.health import Health
from promoter.cluster.objects import Key
from promoter.cluster.reader import Relation
from promoter.cluster.revision import git_commit
from tests.cluster.objects_made import (
    CONTENT,
    GONE,
    IMAGE,
    LATER,
    LOOKED,
    NOW,
    OLD,
    READY,
    WANTED,
    application,
    changed,
    condition,
    deployment,
    flux,
    git_repository,
    kustomization,
)

UNASSESSED = {"spec__wait": None, "status__conditions": [READY]}
CHART = {"repoURL": "https://charts.example", "chart": "shop", "targetRevision": "6.5.0"}
STOPPED: dict[str, Any] = {"status": {"observedGeneration": 7, "replicas": 3, "updatedReplicas": 1}}


def judged(*objects: dict[str, Any], measure: Measure | None = None) -> dict[str, tuple[str, str]]:
    """Kind -> (verdict, reason)."""
    found = appraise(objects, LOOKED, "dev-1", measure)
    return {each.report.key.kind: (each.report.health.value, each.report.reason) for each in found}


def chart_application() -> dict[str, Any]:
    compared = {"source": CHART, "destination": {"server": "https://kubernetes.default.svc", "namespace": "shop"}}
    sync = {"status": "Synced", "revision": "6.5.0", "comparedTo": compared}
    return application(spec__source=CHART, status__sync=sync)


TABLE = [
    ("its source has what it applied", [kustomization(), git_repository(), deployment()], "Healthy", "found healthy"),
    ("no source given: what it reports", [kustomization(), deployment()], "Healthy", "found healthy"),
    (
        "the source is ahead",
        [kustomization(), git_repository(status__artifact={"revision": flux(LATER)}), deployment()],
        "Pending", "applied main",
    ),
    ("no health check, workloads given", [kustomization(**UNASSESSED), git_repository(), deployment()],
     "Healthy", "1 workload is healthy"),
    ("no health check, workloads not given", [kustomization(**UNASSESSED), git_repository()],
     "AppliedUnassessed", "Deployment/shop/shop is not among the objects that were read"),
    ("no health check, nothing applied", [kustomization(**UNASSESSED, status__inventory=None)],
     "AppliedUnassessed", "does not say what it applied"),
    ("no health check, a workload that is not up", [kustomization(**UNASSESSED), changed(deployment(), STOPPED)],
     "Progressing", "Deployment/shop/shop"),
    ("suspended", [kustomization(spec__suspend=True)], "Suspended", "suspended"),
    ("failed", [kustomization(status__conditions=[condition("Ready", "False", "BuildFailed", "no such file")])],
     "Failed", "no such file"),
    ("being deleted", [kustomization(metadata__deletionTimestamp="2026-03-02T10:00:00Z")], "Unknown", "deleted"),
    ("nothing reported yet", [kustomization(status=None)], "Pending", "not been reconciled"),
]  # fmt: skip


@pytest.mark.parametrize(("objects", "verdict", "reason"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_kustomizations(objects: list[dict[str, Any]], verdict: str, reason: str) -> None:
    found = judged(*objects)["Kustomization"]
    assert found[0] == verdict, found
    assert reason.replace("main", "environment/dev@sha1") in found[1]


ARGO = [
    ("synced and healthy", application(), "Healthy"),
    ("out of sync", application(status__sync__status="OutOfSync"), "Progressing"),
    ("degraded", application(status__health__status="Degraded"), "Failed"),
    ("a chart alone", chart_application(), "Healthy"),
    ("never compared", application(status=None), "Pending"),
]


@pytest.mark.parametrize(("obj", "verdict"), [row[1:] for row in ARGO], ids=[row[0] for row in ARGO])
def test_applications(obj: dict[str, Any], verdict: str) -> None:
    assert judged(obj)["Application"][0] == verdict


def test_what_has_no_health_says_so() -> None:
    (found,) = appraise([{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}}], LOOKED)
    assert (found.report.key, found.report.health) == (Key("", "Secret", "", "x"), Health.NONE)


def test_an_object_that_is_there_twice_is_unknown() -> None:
    old = kustomization(status__lastAppliedRevision=flux(OLD))
    assert judged(kustomization(), old)["Kustomization"] == ("Unknown", "is there twice, with different content")
    assert judged(kustomization(), kustomization(), deployment())["Kustomization"][0] == "Healthy"


def test_images_are_those_of_the_workloads() -> None:
    found = appraise([kustomization(), git_repository(), deployment()], LOOKED)
    assert {each.report.key.kind: each.report.images for each in found}["Kustomization"] == (IMAGE,)


def by_content(path: str, revision: str) -> Relation:
    commit = git_commit(revision)
    if path != "shop" or commit not in CONTENT:
        return Relation.UNKNOWN
    return Relation.SAME if CONTENT[commit] == WANTED else Relation.OTHER


@pytest.mark.parametrize(
    ("commit", "path", "verdict"),
    [
        (NOW, None, "Healthy"), (LATER, "shop", "Healthy"), (OLD, None, "Pending"), (GONE, "shop", "Unknown"),
        (NOW, "cart", "Unknown"),
    ],
)  # fmt: skip
def test_by_the_content_of_a_commit(commit: str, path: str | None, verdict: str) -> None:
    objects = [
        kustomization(status__lastAppliedRevision=flux(commit), status__lastAttemptedRevision=flux(commit)),
        git_repository(status__artifact={"revision": flux(commit)}),
        deployment(),
    ]
    found = judged(*objects, measure=Measure(by_content, path))
    assert found["Kustomization"][0] == verdict, found
    assert found["Deployment"][0] == "Healthy"
    if path == "cart":
        assert found["Kustomization"][1] == "delivers shop, not cart"


REVISIONS = st.sampled_from([flux(OLD), flux(NOW), flux(LATER), "", "main", "6.5.0", OLD])


@given(artifact=REVISIONS, applied=REVISIONS, attempted=REVISIONS)
def test_law_nothing_is_healthy_that_its_source_has_left_behind(artifact: str, applied: str, attempted: str) -> None:
    objects = [
        kustomization(status__lastAppliedRevision=applied, status__lastAttemptedRevision=attempted),
        git_repository(status__artifact={"revision": artifact}),
        deployment(),
    ]
    found = {each.report.key.kind: each for each in appraise(objects, LOOKED)}
    if healthy(found["Kustomization"]):
        assert artifact
        assert (git_commit(artifact) or artifact) == (git_commit(applied) or applied)


def healthy(each: Appraised) -> bool:
    return each.report.health is Health.HEALTHY
