from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from promoter.cluster.health import Health
from promoter.cluster.objects import Object
from promoter.cluster.reader import Look, Relation, Source
from promoter.cluster.readers.helmrelease import READER
from tests.cluster.flux_made import (
    OTHER_DIGEST,
    RELEASE_READY,
    RELEASED,
    by_reference,
    external_artifact,
    from_index,
    helm_chart,
    helm_release,
    indexed_chart,
    oci_repository,
    packaged,
)
from tests.cluster.objects_made import (
    GONE,
    LATER,
    NOW,
    OLD,
    REPOSITORY,
    at,
    condition,
    flux,
    git_repository,
    look,
)

Made = dict[str, Any]


def failed(reason: str, message: str = "it went wrong", **more: Any) -> Made:
    return condition("Ready", "False", reason, message, **more)


def stalled(reason: str, **more: Any) -> list[Made]:
    return [condition("Stalled", "True", reason, "no more", **more), failed("UpgradeFailed", **more)]


def with_conditions(*found: Made, **changes: Any) -> Made:
    return helm_release(status__conditions=list(found), **changes)


def at_commit(commit: str, **changes: Any) -> Made:
    """A HelmRelease that released the chart of `commit`."""
    both = {"status__lastAttemptedRevision": packaged(commit), "first__chartVersion": packaged(commit)}
    return helm_release(**{**both, **changes})


def chart_at(commit: str, **changes: Any) -> Made:
    fields = {
        "status__artifact": {"revision": packaged(commit)},
        "status__observedSourceArtifactRevision": flux(commit),
    }
    return helm_chart(**{**fields, **changes})


def repository_at(commit: str, **changes: Any) -> Made:
    return git_repository(**{"status__artifact": {"revision": flux(commit)}, **changes})


UNREADY = condition("Ready", "Unknown", "Progressing", "Running 'upgrade' action with timeout of 5m0s")
BEGINS = condition("Reconciling", "True", "Progressing", "Fulfilling prerequisites")
RETRIES = condition("Reconciling", "True", "ProgressingWithRetry", "it went wrong")
REMEDIATED = condition("Remediated", "True", "RollbackSucceeded", "Helm rollback to release shop/shop.v3 succeeded")
TESTED = condition("TestSuccess", "True", "TestSucceeded")
UNTESTED = condition("TestSuccess", "False", "TestFailed", "1 of 2 tests failed")
DRIFTED = condition("Drifted", "True", "DriftDetected", "Deployment/shop/shop changed")
TESTS = {"spec__test": {"enable": True}}
NEWER: Made = {"metadata__generation": 4}

# Rows 1-9, 11, 13 and 14 of the decision table: the chart's source has what was released.
ROWS = [
    ("1 deleting", helm_release(metadata__deletionTimestamp=at(1)), "Unknown", "is being deleted"),
    ("2 suspended", helm_release(spec__suspend=True), "Suspended", "spec.suspend"),
    ("3 never observed", helm_release(status__observedGeneration=-1), "Pending", "not been reconciled"),
    ("3 no observed generation", helm_release(status__observedGeneration=None), "Pending", "not been reconciled"),
    ("3 no conditions", helm_release(status__conditions=None), "Pending", "not been reconciled"),
    ("3 no status", helm_release(status=None), "Pending", "not been reconciled"),
    (
        "3 the first install failed",
        with_conditions(failed("InstallFailed"), RETRIES, status__observedGeneration=-1),
        "Failed",
        "InstallFailed: it went wrong",
    ),
    (
        "3 the first install waits",
        with_conditions(failed("SourceNotReady"), status__observedGeneration=-1),
        "Progressing",
        "waits: SourceNotReady",
    ),
    ("4 stalled by its spec", with_conditions(*stalled("AccessDenied")), "Failed", "until its spec changes: AccessD"),
    ("4 out of retries", with_conditions(*stalled("RetriesExceeded")), "Failed", "RetriesExceeded: no more"),
    ("4 nothing to go back to", with_conditions(*stalled("MissingRollbackTarget")), "Failed", "MissingRollbackTarget"),
    ("4 stalled before the spec changed", with_conditions(*stalled("AccessDenied"), **NEWER), "Progressing", "newest"),
    ("4 out of retries before", with_conditions(*stalled("RetriesExceeded"), **NEWER), "Progressing", "newest spec"),
    ("5 dependency", with_conditions(failed("DependencyNotReady")), "Progressing", "waits: DependencyNotReady"),
    (
        "5 canceled: the newest release is then a failed one",
        with_conditions(failed("HealthCheckCanceled"), first__status="failed"),
        "Progressing",
        "waits: HealthCheckCanceled",
    ),
    ("6 upgrade failed", with_conditions(failed("UpgradeFailed"), RETRIES), "Failed", "UpgradeFailed: it went wrong"),
    ("6 tests failed", with_conditions(failed("TestFailed"), UNTESTED), "Failed", "TestFailed"),
    (
        "6 rolled back: the newest release is a deployed one, of the chart before",
        with_conditions(failed("RollbackSucceeded"), REMEDIATED, first__chartVersion=packaged(OLD)),
        "Failed",
        "RollbackSucceeded",
    ),
    ("6 uninstalled", with_conditions(failed("UninstallSucceeded"), REMEDIATED), "Failed", "UninstallSucceeded"),
    ("6 values", with_conditions(failed("ValuesError", "no ConfigMap")), "Failed", "ValuesError: no ConfigMap"),
    ("6 newest spec failed", with_conditions(failed("ValuesError", observedGeneration=4), **NEWER), "Failed", "Value"),
    (
        "6 newest spec failed in Helm",
        with_conditions(failed("UpgradeFailed", observedGeneration=4), status__lastAttemptedGeneration=4, **NEWER),
        "Failed",
        "UpgradeFailed",
    ),
    (
        "6 the stamp is of the newest spec, the attempt is not",
        with_conditions(failed("UpgradeFailed", observedGeneration=4), **NEWER),
        "Progressing",
        "newest spec",
    ),
    ("7 the spec before failed", with_conditions(failed("UpgradeFailed"), **NEWER), "Progressing", "newest spec"),
    ("7 spec not observed, ready stays", helm_release(**NEWER), "Progressing", "newest spec has not been reconciled"),
    ("7 begins with a new spec", with_conditions(RELEASE_READY, BEGINS, **NEWER), "Progressing", "newest spec"),
    ("7 upgrading", with_conditions(UNREADY, BEGINS), "Progressing", "in progress"),
    ("7 no Ready", with_conditions(RELEASED), "Progressing", "in progress"),
    ("7 a failure of before", with_conditions(failed("UpgradeFailed", observedGeneration=2)), "Progressing", "in prog"),
    ("7 checks again", with_conditions(RELEASE_READY, BEGINS), "Progressing", "re-checking"),
    (
        "7 checks again what nobody looked at",
        with_conditions(RELEASE_READY, BEGINS, spec__upgrade={"disableWait": True}),
        "Progressing",
        "re-checking",
    ),
    (
        "7 begins with other values",
        with_conditions(RELEASE_READY, BEGINS, first__configDigest="x"),
        "Progressing",
        "in ",
    ),
    ("8 failed release", helm_release(first__status="failed"), "Failed", "222222222222 is failed"),
    ("8 taken away", helm_release(first__status="uninstalled"), "Failed", "is uninstalled"),
    ("8 locked", helm_release(first__status="pending-upgrade"), "Failed", "is pending-upgrade"),
    ("8 no word", helm_release(first__status=None), "Failed", "is not deployed"),
    ("8 remediated", with_conditions(RELEASE_READY, REMEDIATED), "Failed", "is what is left: RollbackSucceeded"),
    ("8 not released", with_conditions(RELEASE_READY, RELEASED | {"status": "False"}), "Failed", "is what is left"),
    ("9 another chart", helm_release(first__chartVersion="5.0.0"), "Progressing", "not with the chart attempted last"),
    ("9 other values", helm_release(first__configDigest="sha256:0"), "Progressing", "not with the values attempted"),
    ("9 no release", helm_release(status__history=None), "Unknown", "does not say what it released"),
    ("9 no attempt", helm_release(status__lastAttemptedRevision=None), "Unknown", "does not say what it released"),
    (
        "11 tests failed",
        with_conditions(RELEASE_READY, UNTESTED, **TESTS),
        "Failed",
        "did not pass: TestFailed: 1 of 2",
    ),
    ("11 not tested yet", with_conditions(RELEASE_READY, **TESTS), "Failed", "its tests did not pass"),
    ("11 tested", with_conditions(RELEASE_READY, TESTED, **TESTS), "Healthy", ""),
    (
        "11 failures do not matter",
        with_conditions(RELEASE_READY, UNTESTED, spec__test={"enable": True, "ignoreFailures": True}),
        "Healthy",
        "",
    ),
    (
        "11 failures do not matter in an upgrade",
        with_conditions(RELEASE_READY, UNTESTED, spec__upgrade={"remediation": {"ignoreTestFailures": True}}, **TESTS),
        "Healthy",
        "",
    ),
    (
        "11 failures do not matter in an install, which this was not",
        with_conditions(RELEASE_READY, UNTESTED, spec__install={"remediation": {"ignoreTestFailures": True}}, **TESTS),
        "Failed",
        "did not pass",
    ),
    (
        "11 failures matter in an upgrade",
        with_conditions(
            RELEASE_READY,
            UNTESTED,
            spec__test={"enable": True, "ignoreFailures": True},
            spec__upgrade={"remediation": {"ignoreTestFailures": False}},
        ),
        "Failed",
        "did not pass",
    ),
    (
        "11 failures do not matter in an install, which this may not have been",
        with_conditions(
            RELEASE_READY,
            UNTESTED,
            spec__install={"remediation": {"ignoreTestFailures": True}},
            first__action=None,
            status__lastAttemptedReleaseAction=None,
            **TESTS,
        ),
        "Failed",
        "did not pass",
    ),
    ("11 tests are off", with_conditions(RELEASE_READY, UNTESTED), "Healthy", ""),
    (
        "drift, warned of",
        with_conditions(RELEASE_READY, DRIFTED, spec__driftDetection={"mode": "warn"}),
        "Unknown",
        "changed since: DriftDetected: Deployment/shop/shop changed",
    ),
    (
        "drift, not corrected",
        with_conditions(RELEASE_READY, DRIFTED, spec__driftDetection={"mode": "enabled"}),
        "Unknown",
        "changed since",
    ),
    (
        "drift, not looked for",
        with_conditions(RELEASE_READY, DRIFTED, spec__driftDetection={"mode": "disabled"}),
        "Healthy",
        "",
    ),
    ("drift, left from before", with_conditions(RELEASE_READY, DRIFTED), "Healthy", ""),
    ("13 nobody waited", helm_release(spec__upgrade={"disableWait": True}), "AppliedUnassessed", "disableWait"),
    ("13 an install that nobody waited for", helm_release(spec__install={"disableWait": True}), "Healthy", ""),
    (
        "13 which action is not known",
        helm_release(spec__install={"disableWait": True}, first__action=None, status__lastAttemptedReleaseAction=None),
        "AppliedUnassessed",
        "disableWait",
    ),
    (
        "13 the action by the status",
        helm_release(spec__install={"disableWait": True}, first__action=None),
        "Healthy",
        "",
    ),
    (
        "14 a version in the spec says nothing of a chart in Git",
        helm_release(spec__chart__spec__version="1.0.0"),
        "Healthy",
        "",
    ),
    ("14 healthy", helm_release(), "Healthy", "released, and found healthy"),
    ("14 healthy with tests that passed unasked", with_conditions(RELEASE_READY, RELEASED, TESTED), "Healthy", ""),
]


def read(obj: Object, *others: Object) -> tuple[str, str, bool]:
    report = READER.read(obj, look(*others))
    return report.health.value, report.reason, report.was_healthy


@pytest.mark.parametrize(("obj", "health", "reason"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_row(obj: Made, health: str, reason: str) -> None:
    seen, why, was_healthy = read(obj, helm_chart(), git_repository())
    assert seen == health
    assert reason in why
    assert was_healthy is ("re-checking" in why)


STUCK = {"status__conditions": [condition("FetchFailed", "True", "AuthenticationFailed", "bad deploy key")]}
BY_VERSION = {"status__lastAttemptedRevision": "6.0.3", "first__chartVersion": "6.0.3"}
FAILED_NOW: Made = {"status__conditions": [failed("UpgradeFailed")]}
NO_VALUES = {"status__conditions": [failed("ValuesError")]}
OUT_OF_RETRIES = {"status__conditions": stalled("RetriesExceeded")}

# Row 10, and which content the chart holds: GitRepository, HelmChart, HelmRelease.
CHAIN = [
    ("all have it", [helm_release(), chart_at(NOW), repository_at(NOW)], "Healthy", ""),
    ("all have a later commit of it", [at_commit(LATER), chart_at(LATER), repository_at(LATER)], "Healthy", ""),
    ("repository not there", [helm_release(), chart_at(NOW)], "Healthy", ""),
    (
        "nothing fetched",
        [helm_release(), chart_at(NOW), repository_at(OLD)],
        "Pending",
        "has environment/dev@sha1:1111",
    ),
    (
        "fetch is stuck",
        [helm_release(), chart_at(NOW), repository_at(OLD, **STUCK)],
        "Pending",
        "stuck: bad deploy key",
    ),
    ("repository suspended", [helm_release(), chart_at(OLD), repository_at(OLD, spec__suspend=True)], "Suspended", ""),
    ("repository unknown", [helm_release(), chart_at(NOW), repository_at(GONE)], "Unknown", "99999999"),
    ("not packaged", [at_commit(OLD), chart_at(OLD), repository_at(NOW)], "Pending", "released chart 6.0.3+1111111111"),
    ("packaged, not released", [at_commit(OLD), chart_at(NOW), repository_at(NOW)], "Pending", "HelmChart/flux-system"),
    ("chart stuck", [at_commit(OLD), chart_at(NOW, **STUCK)], "Pending", "moved on; it is stuck: bad deploy key"),
    ("chart's spec moved", [helm_release(), chart_at(NOW, **NEWER)], "Pending", "moved on"),
    (
        "chart not there",
        [helm_release(), repository_at(NOW)],
        "Unknown",
        "HelmChart/flux-system/shop-shop is not among",
    ),
    ("chart not named", [helm_release(status__helmChart=None)], "Unknown", "names no chart source"),
    ("chart of an unknown commit", [at_commit(GONE), chart_at(GONE)], "Unknown", "names no commit known here"),
    (
        "by version: the repository has it, the package need not",
        [
            helm_release(**BY_VERSION),
            helm_chart(status__artifact={"revision": "6.0.3"}),
            repository_at(NOW),
        ],
        "Unknown",
        "with reconcileStrategy: Revision a chart from Git names its commit",
    ),
    (
        "failed at what was before",
        [at_commit(OLD, **FAILED_NOW), chart_at(NOW)],
        "Pending",
        "failed at chart 6.0.3+111",
    ),
    ("out of retries before", [at_commit(OLD, **OUT_OF_RETRIES), chart_at(NOW)], "Pending", "RetriesExceeded: no more"),
    ("failed at other content", [at_commit(OLD, **FAILED_NOW), chart_at(OLD)], "Pending", "holds other content"),
    ("failed at a later commit", [at_commit(LATER, **FAILED_NOW), chart_at(LATER)], "Failed", "UpgradeFailed"),
    ("failed at what is not known", [at_commit(NOW, **FAILED_NOW)], "Unknown", "not a commit known here"),
    ("cannot begin with it", [at_commit(OLD, **NO_VALUES), chart_at(NOW)], "Failed", "ValuesError"),
    ("cannot begin with other content", [at_commit(NOW, **NO_VALUES), chart_at(OLD)], "Pending", "holds other content"),
    ("cannot begin, nothing is known", [helm_release(**NO_VALUES)], "Unknown", "failed at 6.0.3+222222222222, which"),
    (
        "cannot begin, nothing was attempted",
        [helm_release(status__lastAttemptedRevision=None, **NO_VALUES)],
        "Unknown",
        "failed at a revision that it does not name",
    ),
    ("failure before the source", [helm_release(**FAILED_NOW), chart_at(NOW), repository_at(OLD)], "Pending", "other"),
]


@pytest.mark.parametrize(("objects", "health", "reason"), [row[1:] for row in CHAIN], ids=[row[0] for row in CHAIN])
def test_chart_from_git(objects: list[Made], health: str, reason: str) -> None:
    seen, why, _ = read(*objects)
    assert seen == health
    assert reason in why


def inside(*others: Object) -> Look:
    """What a HelmRelease may ask when it was applied by something that proved its content."""
    return replace(look(*others), relation=lambda _: Relation.SAME)


OTHER_OCI = oci_repository(status__artifact__revision=f"6.0.4@{OTHER_DIGEST}")
FULFILLING: Made = {"status__conditions": [RELEASE_READY, BEGINS]}

# As something that was applied: a chart version or a value moved in its manifest, or in that of its source.
APPLIED = [
    ("range, the index has it", [from_index(), indexed_chart()], "Healthy", ""),
    (
        "range, the index has a newer one",
        [from_index(), indexed_chart(status__artifact__revision="6.0.4")],
        "Pending",
        "moved",
    ),
    ("range, chart not there", [from_index()], "Unknown", "HelmChart/flux-system/shop-shop is not among the objects"),
    ("one version", [from_index("6.0.3")], "Healthy", ""),
    ("one version, with v", [from_index("v6.0.3")], "Healthy", ""),
    ("one version, with values files", [from_index("6.0.3", "6.0.3+2")], "Healthy", ""),
    (
        "one version, another is released",
        [from_index("6.0.4")],
        "Progressing",
        "asks for chart 6.0.4, and 6.0.3 is rel",
    ),
    ("one version, its chart is not", [from_index("6.0.3"), indexed_chart(**NEWER)], "Pending", "moved on"),
    ("not one version: a short one", [from_index("6.0")], "Unknown", "not among the objects"),
    ("version moved, not observed", [from_index("6.0.4", **NEWER), indexed_chart()], "Progressing", "newest spec"),
    (
        "version moved, ready stays while it begins",
        [from_index("6.0.4", **NEWER, **FULFILLING), indexed_chart()],
        "Progressing",
        "newest spec",
    ),
    ("version moved, fails", [from_index("6.0.4", **FAILED_NOW)], "Failed", "UpgradeFailed"),
    ("digest", [by_reference(), oci_repository()], "Healthy", ""),
    ("digest moved under the tag", [by_reference(), OTHER_OCI], "Pending", "OCIRepository/shop/shop moved on"),
    ("digest, source not there", [by_reference()], "Unknown", "OCIRepository/shop/shop is not among"),
    ("digest, source has nothing", [by_reference(), oci_repository(status__artifact=None)], "Pending", "moved on"),
    ("digest, tag moved", [by_reference(), oci_repository(**NEWER)], "Pending", "moved on"),
    (
        "digest, another is released",
        [by_reference(first__ociDigest=OTHER_DIGEST), oci_repository()],
        "Progressing",
        "not with the artifact attempted last",
    ),
    ("digest, not told", [by_reference(status__lastAttemptedRevisionDigest=None), oci_repository()], "Progressing", ""),
    ("external", [by_reference("ExternalArtifact"), external_artifact()], "Healthy", ""),
    (
        "external, another",
        [by_reference("ExternalArtifact"), external_artifact(status__artifact__revision=f"latest@{OTHER_DIGEST}")],
        "Pending",
        "ExternalArtifact/shop/shop moved on",
    ),
    (
        "by chartRef",
        [
            helm_release(
                spec__chart=None, spec__chartRef={"kind": "HelmChart", "name": "shop-shop", "namespace": "flux-system"}
            ),
            helm_chart(),
        ],
        "Healthy",
        "",
    ),
    (
        "chart from Git by version",
        [helm_release(**BY_VERSION), helm_chart(status__artifact={"revision": "6.0.3"})],
        "Healthy",
        "",
    ),
]


@pytest.mark.parametrize(("objects", "health", "reason"), [row[1:] for row in APPLIED], ids=[row[0] for row in APPLIED])
def test_as_something_applied(objects: list[Made], health: str, reason: str) -> None:
    report = READER.read(objects[0], inside(*objects[1:]))
    assert report.health.value == health
    assert reason in report.reason


def test_a_commit_is_known_where_the_artifact_names_it() -> None:
    assert READER.read(by_reference(), look(oci_repository())).health is Health.HEALTHY
    assert READER.read(by_reference(), look(oci_repository())).revision == flux(NOW, "main")
    assert READER.read(by_reference(), look(oci_repository(status__artifact__metadata={}))).health is Health.UNKNOWN


VALUES_FILES = ["./shop/values.yaml", "values/dev.yaml"]
HERE = (REPOSITORY, "environment/dev")
FROM_GIT = [
    ("template", helm_release(), [git_repository()], [Source(*HERE, "shop")]),
    ("without its repository", helm_release(), [helm_chart()], [Source("", "environment/dev", "shop")]),
    ("alone", helm_release(), [], [Source("", "", "shop")]),
    ("tag", helm_release(), [git_repository(spec__ref={"tag": "v1"})], [Source("", "", "shop")]),
    (
        "values files",
        helm_release(spec__chart__spec__valuesFiles=VALUES_FILES),
        [git_repository()],
        [Source(*HERE, path) for path in ("shop", "shop/values.yaml", "values/dev.yaml", "values")],
    ),
    ("the chart's own root", helm_release(spec__chart__spec__chart="./"), [git_repository()], [Source(*HERE, "")]),
    (
        "by chartRef",
        by_reference(
            "HelmChart", spec__chartRef={"kind": "HelmChart", "name": "shop-shop", "namespace": "flux-system"}
        ),
        [helm_chart(), git_repository()],
        [Source(*HERE, "shop")],
    ),
    ("by chartRef, not there", by_reference("HelmChart"), [git_repository()], []),
    ("index", from_index(), [indexed_chart()], []),
    ("oci", by_reference(), [oci_repository()], []),
    ("external", by_reference("ExternalArtifact"), [external_artifact()], []),
]


@pytest.mark.parametrize(("obj", "others", "expected"), [row[1:] for row in FROM_GIT], ids=[row[0] for row in FROM_GIT])
def test_delivers_from(obj: Made, others: list[Made], expected: list[Source]) -> None:
    assert READER.sources(obj, look(*others).related) == tuple(expected)


INVENTORY = [
    {"id": f"shop_shop_{name}"}
    for name in ("apps_Deployment", "apps_StatefulSet", "apps_DaemonSet", "batch_Job", "flagger.app_Canary", "_Service")
]
LEFT_OUT = [
    ("waited", {}, ["Canary"]),
    ("poller", {"spec__waitStrategy": {"name": "poller"}}, ["Canary"]),
    ("as Helm waits", {"spec__waitStrategy": {"name": "legacy"}}, ["StatefulSet", "DaemonSet", "Canary"]),
    ("not for jobs", {"spec__upgrade": {"disableWaitForJobs": True}}, ["Job", "Canary"]),
    ("not for jobs of an install", {"spec__install": {"disableWaitForJobs": True}}, ["Canary"]),
    (
        "not at all",
        {"spec__upgrade": {"disableWait": True}},
        ["Deployment", "StatefulSet", "DaemonSet", "Job", "Canary"],
    ),
]


@pytest.mark.parametrize(("changes", "expected"), [row[1:] for row in LEFT_OUT], ids=[row[0] for row in LEFT_OUT])
def test_workloads_that_nobody_waited_for_must_be_read(changes: Made, expected: list[str]) -> None:
    report = READER.read(helm_release(status__inventory={"entries": INVENTORY}, **changes), look(helm_chart()))
    assert [key.kind for key in report.uncovered] == expected
    assert report.inventory is not None
    assert len(report.inventory) == len(INVENTORY)


def test_report_says_what_it_is_about() -> None:
    report = READER.read(helm_release(first__lastDeployed=at(9)), look(helm_chart()))
    assert str(report.key) == "HelmRelease/shop/shop"
    assert report.revision == flux(NOW)
    assert str(report.updated) == "2026-03-02 10:09:00+00:00"
    assert not report.remote
    assert READER.read(helm_release(), look()).revision == packaged(NOW)
    # What the source has meanwhile was never released.
    assert READER.read(at_commit(OLD), look(chart_at(NOW))).revision == packaged(OLD)
    assert READER.read(helm_release(spec__kubeConfig={"secretRef": {"name": "eu"}}), look()).remote
    assert READER.read(helm_release(status__inventory=None), look(helm_chart())).inventory is None


def test_values_that_are_not_told_are_not_the_released_ones() -> None:
    silent = helm_release(status__lastAttemptedConfigDigest=None)
    assert READER.read(silent, look(helm_chart())).health is Health.PROGRESSING
