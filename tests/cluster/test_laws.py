"""Success only for content that the object itself reported, whatever else its fields say.

The fields are drawn apart from each other, so that every mix of old and new ones turns up, also those that no
controller would write.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from promoter.cluster.judge import judge
from promoter.cluster.owners import Cluster
from promoter.cluster.revision import git_commit
from promoter.model.names import Oid
from promoter.model.snapshot import ClusterLive
from promoter.model.verdict import Answer
from tests.cluster.objects_made import (
    CONTENT,
    DESTINATION,
    GONE,
    HEALTHY,
    LATER,
    LOOKED,
    NOW,
    OLD,
    READY,
    REPOSITORY,
    SOURCE,
    WANTED,
    application,
    at,
    condition,
    content_at,
    deployment,
    flux,
    git_repository,
    kustomization,
    wanted,
)

OTHERS = (OLD, GONE)
ALL = (OLD, NOW, LATER, GONE)


FLUX_CONDITIONS = {
    "Ready": ["ReconciliationSucceeded", "Progressing", "HealthCheckFailed", "DependencyNotReady", "ArtifactFailed"],
    "Healthy": ["Succeeded", "HealthCheckFailed"],
    "Reconciling": ["Progressing", "ProgressingWithRetry"],
    "Stalled": ["AccessDenied"],
}

Drawn = st.SearchStrategy[Any]

TIMES = st.none() | st.integers(0, 29).map(at)
FLAGS = st.sampled_from([None, False, True])


def flux_conditions(revisions: Drawn) -> Drawn:
    """Any conditions, with any of their reasons; most often the two that a healthy object has."""
    said = st.sampled_from(["", "Reconciliation in progress"]) | revisions.map(
        lambda name: f"checks for revision {name}"
    )
    drawn = st.sampled_from(
        [(kind, reason) for kind, reasons in FLUX_CONDITIONS.items() for reason in reasons]
    ).flatmap(
        lambda pair: st.builds(
            condition,
            st.just(pair[0]),
            st.sampled_from(["True", "False", "Unknown"]),
            st.just(pair[1]),
            said,
            observedGeneration=st.integers(2, 4),
            lastTransitionTime=TIMES,
        )
    )
    failed = st.just([condition("Ready", "False", "HealthCheckFailed")])
    return st.lists(drawn, max_size=2).map(lambda more: [READY, HEALTHY, *more]) | st.lists(drawn, max_size=3) | failed


def some_changed(draw: st.DrawFn, fields: dict[str, Drawn]) -> dict[str, Any]:
    """Draw at most four of `fields`: so that many worlds are near to a healthy one, where a wrong rule shows."""
    names = draw(st.lists(st.sampled_from(sorted(fields)), max_size=4, unique=True))
    return {name: draw(fields[name]) for name in names}


@st.composite
def deployments(draw: st.DrawFn) -> dict[str, Any]:
    counts = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
    fields: dict[str, Drawn] = {f"status__{name}": st.integers(2, 4) for name in counts}
    return deployment(
        **some_changed(draw, {**fields, "metadata__generation": st.integers(6, 8), "spec__paused": FLAGS})
    )


@st.composite
def flux_clusters(draw: st.DrawFn, commits: tuple[Oid, ...]) -> list[dict[str, Any]]:
    revisions = st.sampled_from([None, *map(flux, commits), *commits, "latest@sha256:" + "2" * 64])
    here = flux(draw(st.sampled_from(commits)))
    fields = {
        "metadata__generation": st.integers(2, 4),
        "spec__wait": FLAGS,
        "spec__suspend": FLAGS,
        "status__conditions": flux_conditions(revisions),
        "status__lastAppliedRevision": revisions,
        "status__lastAppliedOriginRevision": revisions,
        "status__lastAttemptedRevision": revisions,
        "status__observedGeneration": st.sampled_from([None, -1, 2, 3, 4]),
        "status__history": st.fixed_dictionaries({"lastReconciled": TIMES}).map(lambda entry: [entry]),
    }
    at_rest = {"status__lastAppliedRevision": here, "status__lastAttemptedRevision": here}
    obj = kustomization(**{**at_rest, **some_changed(draw, fields)})
    artifacts = st.none() | st.fixed_dictionaries({"revision": revisions})
    fields = {"spec__suspend": FLAGS, "status__artifact": artifacts, "status__conditions": flux_conditions(revisions)}
    source = git_repository(**{"status__artifact": {"revision": here}, **some_changed(draw, fields)})
    return [obj, *([source] if draw(st.booleans()) else []), *([draw(deployments())] if draw(st.booleans()) else [])]


@st.composite
def argo_clusters(draw: st.DrawFn, commits: tuple[Oid, ...]) -> list[dict[str, Any]]:
    revisions = st.sampled_from([None, *commits, "environment/dev", ""])
    compared: Drawn = st.sampled_from([{"source": SOURCE, "destination": DESTINATION}, {"source": {}}, None])
    fields: dict[str, Drawn] = {
        "operation": st.sampled_from([None, {"sync": {}}]),
        "spec__source__helm": st.sampled_from([None, {"releaseName": "x"}]),
        "status__sync__status": st.sampled_from(["OutOfSync", "Unknown", None]),
        "status__sync__revision": revisions,
        "status__sync__revisions": st.lists(revisions, max_size=2),
        "status__sync__comparedTo": compared,
        "status__health__status": st.sampled_from(["Progressing", "Degraded", "Missing", None]),
        "status__health__lastTransitionTime": TIMES,
        "status__operationState__phase": st.sampled_from(["Running", "Failed", "Error", None]),
        "status__operationState__finishedAt": TIMES,
        "status__operationState__syncResult": st.fixed_dictionaries({"revision": revisions}),
        "status__history": st.fixed_dictionaries({"revision": revisions}).map(lambda entry: [entry]),
        "status__reconciledAt": TIMES,
        "status__sourceHydrator": st.fixed_dictionaries({"lastSuccessfulOperation": st.just({"drySHA": NOW})}),
        "status__conditions": revisions.map(lambda name: [{"type": "SyncError", "message": f"[{name}]: no"}]),
    }
    at_rest = {"status__sync__revision": draw(st.sampled_from(commits))}
    obj = application(**{**at_rest, **some_changed(draw, fields)})
    return [obj, *([draw(deployments())] if draw(st.booleans()) else [])]


def answer(objects: list[dict[str, Any]], **asked: Any) -> ClusterLive:
    return judge(wanted(**asked), Cluster(objects, REPOSITORY), content_at, LOOKED)


def holds(revision: str) -> bool:
    commit = git_commit(revision)
    return commit is not None and CONTENT.get(commit) == WANTED


@settings(max_examples=300)
@given(flux_clusters(OTHERS) | argo_clusters(OTHERS))
def test_no_success_for_content_that_was_never_reported(objects: list[dict[str, Any]]) -> None:
    assert answer(objects).answer is not Answer.SUCCESS


@settings(max_examples=300)
@given(flux_clusters(ALL))
def test_flux_success_rests_on_what_was_applied(objects: list[dict[str, Any]]) -> None:
    seen = answer(objects)
    if seen.answer is Answer.SUCCESS:
        status = objects[0]["status"]
        artifacts = [obj["status"]["artifact"]["revision"] for obj in objects if obj["kind"] == "GitRepository"]
        applied = status.get("lastAppliedOriginRevision") or status["lastAppliedRevision"]
        assert holds(applied) or status["lastAppliedRevision"] in artifacts  # what the artifact holds, is told below
        assert status["observedGeneration"] == objects[0]["metadata"]["generation"]
        assert not objects[0]["spec"].get("suspend")
        for obj in objects[1:]:
            if obj["kind"] == "GitRepository":
                assert holds(obj["status"]["artifact"]["revision"])


@settings(max_examples=300)
@given(argo_clusters(ALL))
def test_argo_success_rests_on_what_was_compared(objects: list[dict[str, Any]]) -> None:
    seen = answer(objects)
    if seen.answer is Answer.SUCCESS:
        status = objects[0]["status"]
        assert holds(status["sync"]["revision"])
        assert status["sync"]["comparedTo"]["source"] == objects[0]["spec"]["source"]
        assert status.get("reconciledAt", "") >= status["operationState"].get("finishedAt", "")
        assert "operation" not in objects[0]


@settings(max_examples=150)
@given(flux_clusters(ALL) | argo_clusters(ALL))
def test_success_names_a_commit_with_the_content_and_an_age(objects: list[dict[str, Any]]) -> None:
    seen = answer(objects)
    if seen.answer is Answer.SUCCESS:
        assert CONTENT[Oid(seen.revision)] == WANTED
        late = answer(objects, since=LOOKED)
        assert (late.answer is Answer.SUCCESS) is (seen.revision == NOW)


@settings(max_examples=150)
@given(flux_clusters(ALL) | argo_clusters(ALL))
def test_judging_is_a_function_of_what_is_seen(objects: list[dict[str, Any]]) -> None:
    assert answer(objects) == answer(list(reversed(objects)))


@settings(max_examples=150)
@given(flux_clusters(ALL) | argo_clusters(ALL), deployments())
def test_workloads_never_make_what_was_assessed_better(objects: list[dict[str, Any]], more: dict[str, Any]) -> None:
    without = [obj for obj in objects if obj["kind"] != "Deployment"]
    if answer(without).answer is not Answer.SUCCESS and answer([*without, more]).answer is Answer.SUCCESS:
        assert "without a health check" in answer(without).reason


@pytest.mark.parametrize("worlds", [flux_clusters(ALL), argo_clusters(ALL)], ids=["flux", "argo"])
@pytest.mark.parametrize("expected", list(Answer))
def test_the_worlds_above_reach_every_answer(worlds: st.SearchStrategy[list[dict[str, Any]]], expected: Answer) -> None:
    """The laws say nothing about worlds in which nothing ever succeeds."""
    assert find(
        worlds,
        lambda objects: answer(objects).answer is expected,
        settings=settings(max_examples=2000, derandomize=True, database=None, phases=[Phase.generate]),
    )
