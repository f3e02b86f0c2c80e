"""Success only for a chart that was released and a version that its source has, whatever else the fields say.

The fields of a HelmRelease, its HelmChart and its GitRepository are drawn apart from each other, so that every mix of
old and new ones turns up.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from promoter.cluster.health import Health
from promoter.cluster.judge import judge
from promoter.cluster.objects import key_of
from promoter.cluster.owners import Cluster
from promoter.cluster.reader import Relation
from promoter.cluster.readers import READERS
from promoter.cluster.revision import git_commit
from promoter.model.names import Oid
from promoter.model.snapshot import ClusterLive
from promoter.model.verdict import Answer
from tests.cluster.flux_made import (
    DIGEST,
    ORIGIN,
    OTHER_DIGEST,
    RELEASE_READY,
    VALUES,
    by_reference,
    external_artifact,
    from_index,
    helm_chart,
    helm_release,
    indexed_chart,
    legacy_release,
    oci_repository,
    packaged,
)
from tests.cluster.objects_made import (
    CONTENT,
    GONE,
    LATER,
    LOOKED,
    NOW,
    OLD,
    REPOSITORY,
    WANTED,
    at,
    condition,
    content_at,
    deployment,
    flux,
    git_repository,
    look,
    wanted,
)

Made = dict[str, Any]
Drawn = st.SearchStrategy[Any]

ALL = (OLD, NOW, LATER, GONE)
OTHERS = (OLD, GONE)
TIMES = st.none() | st.integers(0, 29).map(at)
FLAGS = st.sampled_from([None, False, True])
GENERATIONS = st.sampled_from([None, -1, 2, 3, 4])

REASONS = {
    "Ready": [
        "UpgradeSucceeded",
        "Progressing",
        "UpgradeFailed",
        "RollbackSucceeded",
        "DependencyNotReady",
        "ValuesError",
    ],
    "Released": ["UpgradeSucceeded", "UpgradeFailed"],
    "Remediated": ["RollbackSucceeded"],
    "TestSuccess": ["TestFailed"],
    "Reconciling": ["Progressing", "ProgressingWithRetry"],
    "Stalled": ["RetriesExceeded", "AccessDenied"],
    "FetchFailed": ["AuthenticationFailed"],
    "SourceVerified": ["InvalidCommitSignature"],
}


def conditions(ready: Made) -> Drawn:
    """Any conditions, most often beside that of a healthy object."""
    pairs = [(kind, reason) for kind, reasons in REASONS.items() for reason in reasons]
    drawn = st.sampled_from(pairs).flatmap(
        lambda pair: st.builds(
            condition,
            st.just(pair[0]),
            st.sampled_from(["True", "False", "Unknown"]),
            st.just(pair[1]),
            observedGeneration=st.integers(2, 4),
            lastTransitionTime=TIMES,
        )
    )
    return st.lists(drawn, max_size=2).map(lambda more: [ready, *more]) | st.lists(drawn, max_size=3)


def some_changed(draw: st.DrawFn, fields: dict[str, Drawn]) -> Made:
    """Draw at most three of `fields`: many worlds are then near to a healthy one, where a wrong rule shows."""
    names = draw(st.lists(st.sampled_from(sorted(fields)), max_size=3, unique=True))
    return {name: draw(fields[name]) for name in names}


def versions(commits: tuple[Oid, ...]) -> Drawn:
    return st.sampled_from([None, "6.0.3", "6.0.3+3", *map(packaged, commits)])


@st.composite
def releases(draw: st.DrawFn, commits: tuple[Oid, ...]) -> Made:
    here = packaged(draw(st.sampled_from(commits)))
    digests = st.sampled_from([None, VALUES, DIGEST])
    fields = {
        "metadata__generation": st.integers(2, 4),
        "spec__suspend": FLAGS,
        "spec__test": st.sampled_from([None, {"enable": True}]),
        "spec__upgrade": st.sampled_from([None, {"disableWait": True}]),
        "status__conditions": conditions(RELEASE_READY),
        "status__observedGeneration": GENERATIONS,
        "status__lastAttemptedGeneration": GENERATIONS,
        "status__lastAttemptedRevision": versions(commits),
        "status__lastAttemptedRevisionDigest": digests,
        "status__lastAttemptedConfigDigest": digests,
        "status__helmChart": st.sampled_from([None, "flux-system/other"]),
        "status__inventory": st.none(),
        "first__chartVersion": versions(commits),
        "first__configDigest": digests,
        "first__ociDigest": digests,
        "first__status": st.sampled_from([None, "failed", "superseded", "pending-upgrade"]),
        "first__lastDeployed": TIMES,
    }
    at_rest = {"status__lastAttemptedRevision": here, "first__chartVersion": here}
    return helm_release(**{**at_rest, **some_changed(draw, fields)})


@st.composite
def from_git(draw: st.DrawFn, commits: tuple[Oid, ...]) -> list[Made]:
    """A release with the source of its chart: the commits that they name are all drawn from `commits`."""
    seen = st.sampled_from([None, *map(flux, commits)])
    commit = draw(st.sampled_from(commits))
    at_rest = {
        "status__artifact": {"revision": packaged(commit)},
        "status__observedSourceArtifactRevision": flux(commit),
    }
    ready = condition("Ready", "True", "Succeeded")
    fields = {
        "metadata__generation": st.integers(2, 4),
        "spec__suspend": FLAGS,
        "status__artifact": st.none() | st.fixed_dictionaries({"revision": versions(commits)}),
        "status__observedSourceArtifactRevision": seen,
        "status__conditions": conditions(ready),
    }
    chart = helm_chart(**{**at_rest, **some_changed(draw, fields)})
    fields = {
        "spec__suspend": FLAGS,
        "status__artifact": st.none() | st.fixed_dictionaries({"revision": seen}),
        "status__conditions": conditions(ready),
    }
    repository = git_repository(**{"status__artifact": {"revision": flux(commit)}, **some_changed(draw, fields)})
    others = [each for each in (repository, deployment()) if draw(st.booleans())]
    return [draw(releases(commits)), *([chart] if draw(st.integers(0, 5)) else []), *others]


@st.composite
def operated(draw: st.DrawFn, commits: tuple[Oid, ...]) -> list[Made]:
    revisions = st.sampled_from([None, "6.0.3", *commits])
    here = draw(st.sampled_from(commits))
    released = {"type": "Released", "reason": "x", "lastUpdateTime": at(5)}
    fields = {
        "metadata__generation": st.integers(2, 4),
        "spec__wait": FLAGS,
        "status__conditions": st.sampled_from(["True", "False", "Unknown"]).map(
            lambda word: [{**released, "status": word}]
        ),
        "status__lastAttemptedRevision": revisions,
        "status__observedGeneration": GENERATIONS,
        "status__phase": st.sampled_from([None, "Upgrading", "RolledBack", "Failed", "Deployed", "ChartFetchFailed"]),
        "status__releaseStatus": st.sampled_from(["deployed", "failed"]),
        "status__revision": revisions,
    }
    at_rest = {"status__lastAttemptedRevision": here, "status__revision": here}
    return [legacy_release(**{**at_rest, **some_changed(draw, fields)})]


@st.composite
def sources(draw: st.DrawFn, commits: tuple[Oid, ...]) -> Made:
    """One source of any kind."""
    commit = draw(st.sampled_from(commits))
    named: dict[str, Drawn] = {
        "status__artifact__metadata": st.sampled_from([None, {}, *({ORIGIN: flux(each)} for each in commits)]),
    }
    fields = {
        "metadata__generation": st.integers(1, 4),
        "spec__suspend": FLAGS,
        "status__conditions": conditions(condition("Ready", "True", "Succeeded")),
        "status__observedGeneration": GENERATIONS,
        **named,
    }
    origin = {"status__artifact__metadata": {ORIGIN: flux(commit)}}
    chart = {
        "status__artifact__revision": packaged(commit),
        "status__observedSourceArtifactRevision": flux(draw(st.sampled_from(commits))),
    }
    kinds = [
        (git_repository, {"status__artifact__revision": flux(commit)}, flux),
        (oci_repository, origin, lambda each: f"6.0.3@sha256:{each}{each[:24]}"),
        (external_artifact, origin, lambda each: f"latest@sha256:{each}{each[:24]}"),
        (helm_chart, chart, packaged),
    ]
    make, at_rest, name = draw(st.sampled_from(kinds))
    fields["status__artifact__revision"] = st.sampled_from([None, "6.0.3", *map(name, commits)])
    made: Made = make(**{**at_rest, **some_changed(draw, fields)})
    return made


def answer(objects: list[Made], **asked: Any) -> ClusterLive:
    return judge(wanted(**asked), Cluster(objects, REPOSITORY), content_at, LOOKED)


def of_kind(objects: list[Made], kind: str) -> Made:
    return next(obj for obj in objects if obj["kind"] == kind)


@settings(max_examples=300)
@given(from_git(OTHERS) | operated(OTHERS))
def test_no_success_for_content_that_was_never_released(objects: list[Made]) -> None:
    assert answer(objects).answer is not Answer.SUCCESS


@settings(max_examples=500)
@given(from_git(ALL))
def test_success_of_a_release_rests_on_what_helm_deployed(objects: list[Made]) -> None:
    seen = answer(objects)
    if seen.answer is Answer.SUCCESS:
        release = of_kind(objects, "HelmRelease")
        status, first = release["status"], release["status"]["history"][0]
        commit = Oid(seen.revision)
        assert CONTENT[commit] == WANTED
        assert first["chartVersion"] == status["lastAttemptedRevision"] == packaged(commit)
        assert of_kind(objects, "HelmChart")["status"]["artifact"]["revision"] == packaged(commit)
        assert first["status"] == "deployed"
        assert first.get("configDigest") == status.get("lastAttemptedConfigDigest")
        assert status["observedGeneration"] == release["metadata"]["generation"]
        assert not release["spec"].get("suspend")
        for obj in objects[1:]:
            if obj["kind"] == "GitRepository":
                held = git_commit(obj["status"]["artifact"]["revision"])
                assert held is not None
                assert CONTENT.get(held) == WANTED


@settings(max_examples=300)
@given(operated(ALL))
def test_success_of_the_operators_release_rests_on_its_phase(objects: list[Made]) -> None:
    seen = answer(objects)
    if seen.answer is Answer.SUCCESS:
        status = objects[0]["status"]
        assert CONTENT[status["revision"]] == WANTED
        assert (status["phase"], status["lastAttemptedRevision"]) == ("Succeeded", status["revision"])
        assert status["observedGeneration"] == objects[0]["metadata"]["generation"]
        assert objects[0]["spec"]["wait"] is True


@settings(max_examples=300)
@given(sources(ALL))
def test_a_healthy_source_has_what_is_asked_for_of_its_newest_spec(obj: Made) -> None:
    key = key_of(obj)
    assert key is not None
    report = READERS[key.group_kind].read(obj, look())
    if report.health is Health.HEALTHY:
        commit = git_commit(report.revision)
        assert commit is not None
        assert CONTENT[commit] == WANTED
        artifact = obj["status"]["artifact"]
        if key.kind == "HelmChart":
            assert artifact["revision"] == packaged(commit)
        else:
            assert commit in (artifact["revision"] if key.kind == "GitRepository" else artifact["metadata"][ORIGIN])
        if key.kind != "ExternalArtifact":
            assert obj["status"]["observedGeneration"] == obj["metadata"]["generation"]


@settings(max_examples=300)
@given(
    st.sampled_from(["6.0.3", "6.0.4"]),
    st.sampled_from(["6.0.3", "6.0.4"]),
    st.sampled_from(["6.x", "6.0.4", "*"]),
    st.booleans(),
    st.sampled_from([DIGEST, OTHER_DIGEST]),
)
def test_an_applied_release_is_healthy_only_with_the_chart_that_its_source_has(
    released: str, has: str, asked: str, seen: bool, digest: str
) -> None:
    chart = indexed_chart(status__artifact={"revision": has})
    inside = replace(look(*([chart] if seen else [])), relation=lambda _: Relation.SAME)
    release = from_index(asked, released)
    right = (released == has if seen else asked == released) and asked in ("6.x", "*", released)
    assert (READERS["helm.toolkit.fluxcd.io", "HelmRelease"].read(release, inside).health is Health.HEALTHY) is right
    inside = replace(look(oci_repository()), relation=lambda _: Relation.SAME)
    found = READERS["helm.toolkit.fluxcd.io", "HelmRelease"].read(by_reference(digest=digest), inside)
    assert (found.health is Health.HEALTHY) is (digest == DIGEST)


@settings(max_examples=150)
@given(from_git(ALL))
def test_judging_does_not_depend_on_the_order(objects: list[Made]) -> None:
    assert answer(objects) == answer(list(reversed(objects)))


@pytest.mark.parametrize("expected", list(Answer))
@pytest.mark.parametrize("worlds", [from_git(ALL), operated(ALL)], ids=["flux", "operator"])
def test_the_worlds_above_reach_every_answer(worlds: st.SearchStrategy[list[Made]], expected: Answer) -> None:
    """The laws say nothing about worlds in which nothing ever succeeds."""
    assert find(
        worlds,
        lambda objects: answer(objects).answer is expected,
        settings=settings(max_examples=2000, derandomize=True, database=None, phases=[Phase.generate]),
    )


@pytest.mark.parametrize("kind", ["GitRepository", "OCIRepository", "ExternalArtifact", "HelmChart"])
def test_the_sources_above_are_healthy_too(kind: str) -> None:
    assert find(
        sources(ALL),
        lambda obj: (
            obj["kind"] == kind and READERS["source.toolkit.fluxcd.io", kind].read(obj, look()).health is Health.HEALTHY
        ),
        settings=settings(max_examples=2000, derandomize=True, database=None, phases=[Phase.generate]),
    )
