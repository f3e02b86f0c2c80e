"""What was applied, and what that applies in turn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.cluster.health import Health, Report
from promoter.cluster.judge import judge
from promoter.cluster.objects import Key, Object, key_of
from promoter.cluster.owners import Cluster
from promoter.cluster.workloads import with_workloads
from promoter.model.snapshot import ClusterLive
from tests.cluster.objects_made import (
    HEALTHY,
    IMAGE,
    LOOKED,
    OLD,
    READY,
    REPOSITORY,
    condition,
    content_at,
    deployment,
    flux,
    git_repository,
    kustomization,
    look,
    wanted,
)
from tests.cluster.workloads_made import NEW, canary, daemon_set, job, primary, rollout, stateful_set, target

UNASSESSED: dict[str, Any] = {"spec__wait": False, "status__conditions": [READY]}


def applied(*objects: dict[str, Any]) -> dict[str, Any]:
    """An inventory that names the objects, as `status.inventory`."""
    keys = [key for obj in objects if (key := key_of(obj)) is not None]
    return {"entries": [{"id": f"{key.namespace}_{key.name}_{key.group}_{key.kind}"} for key in keys]}


def answer(*objects: dict[str, Any], assessed: bool = False, absent: tuple[dict[str, Any], ...] = ()) -> ClusterLive:
    """Ask about a Kustomization that applied `objects`, all of which are there but those that are `absent`."""
    changes = {} if assessed else UNASSESSED
    owner = kustomization(status__inventory=applied(*objects, *absent), **changes)
    return judge(wanted(), Cluster([owner, git_repository(), *objects], REPOSITORY), content_at, LOOKED)


def custom(kind: str, *conditions: dict[str, Any]) -> dict[str, Any]:
    named = {"name": "shop", "namespace": "shop", "generation": 3}
    return {"apiVersion": "example.com/v1", "kind": kind, "metadata": named, "status": {"conditions": list(conditions)}}


DATABASE = custom("Database", condition("Ready", "True"))
FAILING = custom("Database", condition("Ready", "False", "Failing", "no space left"))
SILENT = custom("Topic")
SETTINGS = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shop", "namespace": "shop"}}
CLAIM = {**SETTINGS, "kind": "PersistentVolumeClaim", "status": {"phase": "Bound"}}
POD = {**SETTINGS, "kind": "Pod", "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}
AT_REST = (target(), primary())
ALL = (deployment(metadata__name="web"), stateful_set(), daemon_set(), job(), rollout())

# A Kustomization that looked at nothing: all that has a health must be healthy, and something must have one.
UNASSESSED_ROWS = [
    ("every kind of workload", ALL, (), "success", "5 workloads are healthy"),
    (
        "one of them not",
        (*ALL[1:], deployment(status__updatedReplicas=1)),
        (),
        "pending",
        "1 of 3 replicas are updated",
    ),
    ("one of them absent", ALL[1:], ALL[:1], "unknown", "Deployment/shop/web is not among the objects"),
    ("a pod, absent", (), (POD,), "unknown", "Pod/shop/shop is not among the objects"),
    ("a pod", (POD,), (), "success", "1 workload is healthy"),
    ("an operator's object", (DATABASE,), (), "success", "1 workload is healthy"),
    ("an operator's object, not ready", (deployment(), FAILING), (), "pending", "Database/shop/shop Ready is False"),
    ("an operator's object, absent", (deployment(),), (FAILING,), "success", "1 workload is healthy"),
    ("silence beside health", (deployment(), SILENT, SETTINGS, CLAIM), (), "success", "1 workload is healthy"),
    ("silence alone", (SILENT, SETTINGS, CLAIM), (), "unknown", "nothing that has a health of its own; set wait: true"),
    ("nothing", (), (), "unknown", "nothing that has a health of its own"),
    ("a canary", (target(), primary(), canary()), (), "success", "healthy"),
    ("a canary that failed", (*AT_REST, canary(status__phase="Failed")), (), "failure", "Canary/shop/shop failed"),
    ("a canary of before", (target(NEW), primary(), canary()), (), "pending", "Canary/shop/shop has not noticed"),
    ("a canary, absent", (target(NEW), primary()), (canary(),), "unknown", "Canary/shop/shop is not among"),
    ("a target without its canary", (target(NEW), primary()), (), "pending", "is not promoted: shop-primary serves"),
]


@pytest.mark.parametrize(
    ("objects", "absent", "expected", "reason"),
    [row[1:] for row in UNASSESSED_ROWS],
    ids=[row[0] for row in UNASSESSED_ROWS],
)
def test_unassessed(
    objects: tuple[dict[str, Any], ...], absent: tuple[dict[str, Any], ...], expected: str, reason: str
) -> None:
    seen = answer(*objects, absent=absent)
    assert seen.answer.value == expected
    assert reason in seen.reason


# One that looked, by the same rules as the ones for kinds without a reader: a second look there tells nothing.
ASSESSED_ROWS = [
    ("healthy", ALL, (), "success"),
    ("an operator's object, not ready", (deployment(), FAILING), (), "success"),
    ("a set that is being updated", (stateful_set(status__updatedReplicas=1),), (), "pending"),
    ("a canary that failed", (*AT_REST, canary(status__phase="Failed")), (), "failure"),
    ("a job that was only started", (job(status__conditions=[]),), (), "pending"),
    ("a rollout at a pause", (rollout(status__phase="Paused"),), (), "unknown"),
    ("nothing there", (), ALL, "success"),
]


@pytest.mark.parametrize(
    ("objects", "absent", "expected"), [row[1:] for row in ASSESSED_ROWS], ids=[row[0] for row in ASSESSED_ROWS]
)
def test_assessed(objects: tuple[dict[str, Any], ...], absent: tuple[dict[str, Any], ...], expected: str) -> None:
    assert answer(*objects, absent=absent, assessed=True).answer.value == expected


def child(name: str, *objects: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A Kustomization that another one applied; it is at a commit of another repository."""
    fields = {
        "metadata__name": name,
        "spec__sourceRef": {"kind": "GitRepository", "name": "elsewhere"},
        "spec__path": "./elsewhere",
        "status__lastAppliedRevision": flux(OLD, "main"),
        "status__lastAttemptedRevision": flux(OLD, "main"),
        "status__inventory": applied(*objects),
    }
    return kustomization(**{**fields, **changes})


OLDER = deployment(status__updatedReplicas=1)
NESTED = [
    ("assessed", (child("a"),), "success"),
    ("unassessed, of nothing", (child("a", **UNASSESSED),), "unknown"),
    ("unassessed, silent about it", (child("a", **UNASSESSED, status__inventory=None),), "unknown"),
    ("unassessed, healthy", (child("a", deployment(), **UNASSESSED), deployment()), "success"),
    ("unassessed, rolling", (child("a", OLDER, **UNASSESSED), OLDER), "pending"),
    ("two deep", (child("a", child("b"), **UNASSESSED), child("b", OLDER, **UNASSESSED), OLDER), "pending"),
    ("two that share", (child("a", OLDER, **UNASSESSED), child("b", OLDER, **UNASSESSED), deployment()), "success"),
    ("in another cluster", (child("a", deployment(), **UNASSESSED, spec__kubeConfig={}), deployment()), "unknown"),
    ("each other", (child("a", child("b"), **UNASSESSED), child("b", child("a"), **UNASSESSED)), "unknown"),
    ("itself", (child("a", child("a"), deployment(), **UNASSESSED), deployment()), "success"),
    ("not there", (child("a", child("b"), **UNASSESSED),), "unknown"),
]


@pytest.mark.parametrize(("objects", "expected"), [row[1:] for row in NESTED], ids=[row[0] for row in NESTED])
@pytest.mark.parametrize("assessed", [True, False])
def test_what_was_applied_applies_in_turn(objects: tuple[dict[str, Any], ...], expected: str, assessed: bool) -> None:
    owner = kustomization(status__inventory=applied(objects[0]), **({} if assessed else UNASSESSED))
    cluster = Cluster([owner, git_repository(), *objects], REPOSITORY)
    assert judge(wanted(), cluster, content_at, LOOKED).answer.value == expected


def test_what_must_be_read_is_judged_whatever_its_kind() -> None:
    failed = {**POD, "status": {"phase": "Failed"}}
    key = key_of(POD)
    assert key is not None
    report = Report(Key("", "Owner", "", "shop"), Health.HEALTHY, "says so", inventory=(key,), uncovered=(key,))
    assert with_workloads(report, look(failed), ()).health is Health.FAILED
    assert with_workloads(replace(report, uncovered=()), look(failed), ()).health is Health.HEALTHY


def test_what_has_no_health_is_not_asked_for() -> None:
    asked: list[str] = []
    objects = look(deployment(), SETTINGS)

    def related(key: Key) -> Object | None:
        asked.append(key.kind)
        return objects.related(key)

    keys = tuple(key for obj in (SETTINGS, deployment()) if (key := key_of(obj)) is not None)
    report = Report(Key("", "Owner", "", "shop"), Health.APPLIED_UNASSESSED, "applied", inventory=keys)
    assert with_workloads(report, replace(objects, related=related), ()).health is Health.HEALTHY
    assert "ConfigMap" not in asked


def test_images_are_those_at_the_end_of_the_chain() -> None:
    inner = child("a", deployment(), **UNASSESSED)
    owner = kustomization(status__inventory=applied(inner))
    cluster = Cluster([owner, git_repository(), inner, deployment()], REPOSITORY)
    assert judge(wanted(images=(IMAGE,)), cluster, content_at, LOOKED).images == (IMAGE,)
    stale = judge(wanted(images=(NEW,)), cluster, content_at, LOOKED)
    assert (stale.answer.value, stale.reason) == ("pending", f"applied, and found healthy, but {IMAGE} runs, not {NEW}")


def test_live_image_of_a_canary_is_that_of_its_primary() -> None:
    held = kustomization(status__inventory=applied(target(NEW)), status__conditions=[READY, HEALTHY])
    cluster = Cluster([held, git_repository(), target(NEW), primary(NEW)], REPOSITORY)
    assert judge(wanted(images=(NEW,)), cluster, content_at, LOOKED).answer.value == "success"
    assert judge(wanted(images=(IMAGE,)), cluster, content_at, LOOKED).answer.value == "pending"


WORKLOADS = st.sampled_from(
    [
        deployment(),
        OLDER,
        stateful_set(),
        stateful_set(metadata__generation=5),
        daemon_set(status__numberReady=1),
        job(status__conditions=[condition("Failed", "True")]),
        rollout(status__stableRS="58d4"),
        canary(),
        child("a", deployment(), **UNASSESSED),
        child("b", OLDER, **UNASSESSED),
        DATABASE,
        FAILING,
        SILENT,
    ]
)


@given(st.lists(WORKLOADS, max_size=4), st.sampled_from(Health), st.booleans())
def test_only_unassessed_ever_becomes_healthy(objects: list[dict[str, Any]], health: Health, remote: bool) -> None:
    keys = tuple(key for obj in objects if (key := key_of(obj)) is not None)
    report = Report(Key("", "Owner", "", "shop"), health, "says so", inventory=keys, remote=remote)
    asked = look(*objects)
    settled = with_workloads(report, asked, ())
    if settled.health is Health.HEALTHY:
        assert health in (Health.HEALTHY, Health.APPLIED_UNASSESSED)
    if health is Health.APPLIED_UNASSESSED:
        assert settled.health is not Health.APPLIED_UNASSESSED
    elif health is not Health.HEALTHY:
        assert settled == report
