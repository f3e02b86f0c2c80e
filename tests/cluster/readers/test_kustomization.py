from __future__ import annotations

from typing import Any

import pytest

from promoter.cluster.health import Health
from promoter.cluster.objects import Key
from promoter.cluster.reader import Source
from promoter.cluster.readers.kustomization import READER
from tests.cluster.objects_made import (
    GONE,
    HEALTHY,
    KUSTOMIZATION,
    LATER,
    NOW,
    OLD,
    READY,
    REPOSITORY,
    condition,
    flux,
    git_repository,
    kustomization,
    look,
)

RUNNING = condition("Ready", "Unknown", "Progressing", "Reconciliation in progress")
DEPLOYMENT = Key("apps", "Deployment", "shop", "shop")
SERVICE = Key("", "Service", "shop", "shop")


def failed(reason: str, message: str = "it went wrong", **more: Any) -> dict[str, Any]:
    return condition("Ready", "False", reason, message, **more)


def working(commit: str) -> dict[str, Any]:
    message = f"Running health checks for revision {flux(commit)} with a timeout of 5m0s"
    return condition("Reconciling", "True", "ProgressingWithRetry", message)


def at_revision(commit: str, **changes: Any) -> dict[str, Any]:
    """A Kustomization at rest on `commit`."""
    both = {"status__lastAppliedRevision": flux(commit), "status__lastAttemptedRevision": flux(commit)}
    return kustomization(**{**both, **changes})


def with_conditions(*found: dict[str, Any], applied: str = OLD, attempted: str = NOW, **changes: Any) -> dict[str, Any]:
    fields = {
        "status__conditions": list(found),
        "status__lastAppliedRevision": flux(applied),
        "status__lastAttemptedRevision": flux(attempted),
    }
    return kustomization(**{**fields, **changes})


# Rows 1-5 and 9-17 of the decision table: no source object beside it.
ALONE = [
    ("1 deleting", kustomization(metadata__deletionTimestamp="2026-03-02T10:00:00Z"), "Unknown", "is being deleted"),
    ("2 suspended", kustomization(spec__suspend=True), "Suspended", "spec.suspend"),
    ("3 never observed", kustomization(status__observedGeneration=-1), "Pending", "not been reconciled"),
    ("3 no observed generation", kustomization(status__observedGeneration=None), "Pending", "not been reconciled"),
    ("3 no conditions", kustomization(status__conditions=None), "Pending", "not been reconciled"),
    ("3 no status", kustomization(status=None), "Pending", "not been reconciled"),
    (
        "3 the first attempt failed",
        with_conditions(failed("HealthCheckFailed"), status__observedGeneration=-1, status__lastAppliedRevision=None),
        "Failed",
        "HealthCheckFailed: it went wrong",
    ),
    (
        "4 stalled",
        kustomization(status__conditions=[condition("Stalled", "True", "InvalidCELExpression", "no such key"), READY]),
        "Failed",
        "stalled until its spec changes: InvalidCELExpression: no such key",
    ),
    (
        "4 stalled on the first attempt",
        kustomization(
            status__conditions=[condition("Stalled", "True", "AccessDenied", "cross-namespace")],
            status__observedGeneration=-1,
        ),
        "Failed",
        "AccessDenied",
    ),
    (
        "4 stalled before the spec was changed",
        kustomization(
            metadata__generation=4,
            status__conditions=[condition("Stalled", "True", "AccessDenied", "cross-namespace"), READY],
        ),
        "Progressing",
        "newest spec",
    ),
    ("5 spec not reconciled", kustomization(metadata__generation=4), "Progressing", "newest spec"),
    (
        "5 spec reconciled with a failure",
        with_conditions(failed("BuildFailed", observedGeneration=4), metadata__generation=4),
        "Failed",
        "BuildFailed",
    ),
    (
        "5 the failure is of the spec before",
        with_conditions(failed("BuildFailed", observedGeneration=3), metadata__generation=4),
        "Progressing",
        "newest spec",
    ),
    (
        "5 spec failed, but at other content",
        with_conditions(failed("BuildFailed", observedGeneration=4), metadata__generation=4, attempted=OLD),
        "Pending",
        "holds other content",
    ),
    ("9 dependency", with_conditions(failed("DependencyNotReady")), "Progressing", "DependencyNotReady"),
    ("9 canceled", with_conditions(failed("HealthCheckCanceled")), "Progressing", "HealthCheckCanceled"),
    (
        "9 artifact not there yet",
        with_conditions(failed("ArtifactFailed", "Source artifact not found, retrying in 30s")),
        "Progressing",
        "Source artifact not found",
    ),
    (
        "10 artifact broken",
        with_conditions(failed("ArtifactFailed", "kustomization path not found: shop")),
        "Failed",
        "path not found",
    ),
    ("10 failed here", with_conditions(failed("ReconciliationFailed")), "Failed", "ReconciliationFailed"),
    (
        "10 failed here by the message",
        with_conditions(failed("ArtifactFailed", "checksum differs"), working(NOW), attempted=OLD),
        "Failed",
        "checksum differs",
    ),
    (
        "10 failed on a later commit with this content",
        with_conditions(failed("HealthCheckFailed"), working(LATER), attempted=LATER),
        "Failed",
        "HealthCheckFailed",
    ),
    (
        "10 was good, is no longer",
        with_conditions(failed("HealthCheckFailed"), working(NOW), applied=NOW),
        "Failed",
        "HealthCheckFailed",
    ),
    (
        "11 failed before",
        with_conditions(failed("HealthCheckFailed"), working(OLD), attempted=OLD),
        "Pending",
        "failed at environment/dev@sha1:11111111, which holds other content",
    ),
    (
        "11 the message is newer than the attempt",
        with_conditions(failed("BuildFailed"), working(OLD), attempted=NOW),
        "Pending",
        "holds other content",
    ),
    (
        "10-11 failed somewhere unknown",
        with_conditions(failed("BuildFailed"), attempted=GONE),
        "Unknown",
        "99999999, which is not a commit known here",
    ),
    (
        "10-11 failed without a revision",
        with_conditions(failed("BuildFailed"), status__lastAttemptedRevision=None),
        "Unknown",
        "does not name",
    ),
    ("12 re-check", with_conditions(RUNNING, HEALTHY, applied=NOW), "Progressing", "re-checking"),
    (
        "12 re-check by Reconciling",
        with_conditions(READY, HEALTHY, working(NOW), applied=NOW),
        "Progressing",
        "re-checking",
    ),
    ("12 re-check of a later commit", with_conditions(RUNNING, applied=LATER, attempted=LATER), "Progressing", "re-ch"),
    ("13 first time", with_conditions(RUNNING), "Progressing", "in progress"),
    ("13 something else is under way", with_conditions(RUNNING, applied=NOW, attempted=OLD), "Progressing", "in prog"),
    ("13 no Ready yet", with_conditions(condition("Healthy", "True"), applied=OLD), "Progressing", "in progress"),
    ("14 stale Ready", at_revision(OLD), "Pending", "applied environment/dev@sha1:11111111, which holds other"),
    ("15 healthy", kustomization(), "Healthy", "found healthy"),
    ("15 healthy at a later commit", at_revision(LATER), "Healthy", "found healthy"),
    (
        "15 healthChecks instead of wait",
        kustomization(spec__wait=None, spec__healthChecks=[{"kind": "X"}]),
        "Healthy",
        "",
    ),
    (
        "15 not healthy",
        with_conditions(READY, condition("Healthy", "False"), applied=NOW),
        "Progressing",
        "not healthy",
    ),
    (
        "15 ready, another attempt on record",
        with_conditions(READY, HEALTHY, applied=NOW, attempted=LATER),
        "Progressing",
        "works on environment/dev@sha1:33333333",
    ),
    ("16 nobody looked", kustomization(spec__wait=False, status__conditions=[READY]), "AppliedUnassessed", "without"),
    ("16 nothing to look at", with_conditions(READY, applied=NOW), "AppliedUnassessed", "without a health check"),
    ("16 Healthy left from before", kustomization(spec__wait=False), "AppliedUnassessed", "without a health check"),
    ("17 unknown commit", at_revision(GONE), "Unknown", "99999999, which is not a commit known here"),
    ("17 no revision", kustomization(status__lastAppliedRevision=None), "Unknown", "a revision that it does not name"),
    ("17 a digest", kustomization(status__lastAppliedRevision="latest@sha256:" + "2" * 64), "Unknown", "not a commit"),
]


@pytest.mark.parametrize(("obj", "health", "reason"), [row[1:] for row in ALONE], ids=[row[0] for row in ALONE])
def test_row(obj: dict[str, Any], health: str, reason: str) -> None:
    report = READER.read(obj, look())
    assert report.health.value == health
    assert reason in report.reason
    assert report.was_healthy is ("re-checking" in report.reason)


def source(commit: str, **changes: Any) -> dict[str, Any]:
    return git_repository(**{"status__artifact": {"revision": flux(commit)}, **changes})


STUCK = {"status__conditions": [condition("FetchFailed", "True", "AuthenticationFailed", "bad deploy key")]}

# Rows 6-8, and what the source leaves to later rows.
WITH_SOURCE = [
    ("6 suspended without it", kustomization(), source(OLD, spec__suspend=True), "Suspended", "is suspended and does"),
    ("6 suspended, unknown", kustomization(), source(GONE, spec__suspend=True), "Suspended", "is suspended and does"),
    ("6 suspended with it", kustomization(), source(NOW, spec__suspend=True), "Healthy", ""),
    ("7 behind, though applied says the same", kustomization(), source(OLD), "Pending", "holds other content"),
    ("7 behind and stuck", at_revision(OLD), source(OLD, **STUCK), "Pending", "it is stuck: bad deploy key"),
    (
        "7 nothing fetched",
        kustomization(),
        git_repository(status__artifact=None, **STUCK),
        "Pending",
        "fetched nothing",
    ),
    ("7 before a failure", with_conditions(failed("BuildFailed")), source(OLD), "Pending", "holds other content"),
    ("8 unknown commit", kustomization(), source(GONE), "Unknown", "not a commit known here"),
    ("8 same content elsewhere", kustomization(), source(LATER), "Healthy", ""),
    ("fetched, later fetch failed", kustomization(), source(NOW, **STUCK), "Healthy", ""),
    ("14 fetched, not applied", at_revision(OLD), source(NOW), "Pending", "applied environment/dev@sha1:11111111"),
    ("2 before the source", kustomization(spec__suspend=True), source(OLD), "Suspended", "spec.suspend"),
]


@pytest.mark.parametrize(
    ("obj", "repository", "health", "reason"), [row[1:] for row in WITH_SOURCE], ids=[row[0] for row in WITH_SOURCE]
)
def test_row_with_source(obj: dict[str, Any], repository: dict[str, Any], health: str, reason: str) -> None:
    report = READER.read(obj, look(repository))
    assert report.health.value == health
    assert reason in report.reason


DIGEST, OTHER_DIGEST = "latest@sha256:" + "a" * 64, "latest@sha256:" + "b" * 64


def artifact(kind: str, digest: str, origin: str) -> dict[str, Any]:
    metadata = {"org.opencontainers.image.revision": origin} if origin else {}
    return {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": kind,
        "metadata": {"name": "config", "namespace": "flux-system"},
        "status": {"artifact": {"revision": digest, "metadata": metadata}},
    }


def from_artifact(kind: str, **changes: Any) -> dict[str, Any]:
    fields = {
        "spec__sourceRef": {"kind": kind, "name": "config"},
        "status__lastAppliedRevision": DIGEST,
        "status__lastAttemptedRevision": DIGEST,
        "status__lastAppliedOriginRevision": flux(NOW, "main"),
    }
    return kustomization(**{**fields, **changes})


# Sources whose revision is a digest: the commit stands in metadata, and lags where the content did not change.
ORIGINS = [
    ("oci", from_artifact("OCIRepository"), artifact("OCIRepository", DIGEST, flux(NOW, "main")), "Healthy"),
    ("oci, no source seen", from_artifact("OCIRepository"), None, "Healthy"),
    ("oci, behind", from_artifact("OCIRepository"), artifact("OCIRepository", DIGEST, flux(OLD, "main")), "Pending"),
    ("oci, no origin", from_artifact("OCIRepository"), artifact("OCIRepository", DIGEST, ""), "Unknown"),
    (
        "external, origin of the object lags",
        from_artifact("ExternalArtifact", status__lastAppliedOriginRevision=flux(OLD, "main")),
        artifact("ExternalArtifact", DIGEST, flux(NOW, "main")),
        "Healthy",
    ),
    (
        "external, another artifact is applied",
        from_artifact("ExternalArtifact", status__lastAppliedOriginRevision=flux(OLD, "main")),
        artifact("ExternalArtifact", OTHER_DIGEST, flux(NOW, "main")),
        "Pending",
    ),
    (
        "external, failed at this artifact",
        from_artifact("ExternalArtifact", status__conditions=[failed("BuildFailed")]),
        artifact("ExternalArtifact", DIGEST, flux(NOW, "main")),
        "Failed",
    ),
    (
        "external, failed at another artifact",
        from_artifact("ExternalArtifact", status__conditions=[failed("BuildFailed")]),
        artifact("ExternalArtifact", OTHER_DIGEST, flux(NOW, "main")),
        "Unknown",
    ),
]


@pytest.mark.parametrize(("obj", "origin", "health"), [row[1:] for row in ORIGINS], ids=[row[0] for row in ORIGINS])
def test_origin_of_an_artifact(obj: dict[str, Any], origin: dict[str, Any] | None, health: str) -> None:
    assert READER.read(obj, look(*([origin] if origin else []))).health.value == health


def test_report_says_what_it_is_about() -> None:
    obj = kustomization(status__history=[{"lastReconciled": "2026-03-02T10:20:00Z"}])
    report = READER.read(obj, look())
    assert report.key == KUSTOMIZATION
    assert report.revision == flux(NOW)
    assert report.updated is not None
    assert report.updated.isoformat() == "2026-03-02T10:20:00+00:00"
    assert report.inventory == (DEPLOYMENT, SERVICE)
    assert report.uncovered == ()
    assert not report.remote


def test_workloads_that_nobody_assessed_must_be_read() -> None:
    canary = {"id": "shop_shop_flagger.app_Canary", "v": "v1beta1"}
    entries = [*kustomization()["status"]["inventory"]["entries"], canary]
    waits = READER.read(kustomization(status__inventory__entries=entries), look())
    lax = READER.read(kustomization(status__inventory__entries=entries, spec__wait=False), look())
    assert waits.health is Health.HEALTHY
    assert [key.kind for key in waits.uncovered] == ["Canary"]
    assert [key.kind for key in lax.uncovered] == ["Deployment", "Canary"]


def test_another_clusters_workloads_are_not_here() -> None:
    assert READER.read(kustomization(spec__kubeConfig={"secretRef": {"name": "eu-1"}}), look()).remote


SOURCES = [
    ("branch", {"branch": "environment/dev"}, Source(REPOSITORY, "environment/dev", "shop")),
    ("name", {"name": "refs/heads/environment/dev"}, Source(REPOSITORY, "environment/dev", "shop")),
    ("none is master", {}, Source(REPOSITORY, "master", "shop")),
    # A tag names no branch: what the object reports is all there is.
    ("tag", {"tag": "v1"}, Source("", "environment/dev", "shop")),
    ("pull request", {"name": "refs/pull/4/head"}, Source("", "environment/dev", "shop")),
]


@pytest.mark.parametrize(("ref", "expected"), [row[1:] for row in SOURCES], ids=[row[0] for row in SOURCES])
def test_delivers_from(ref: dict[str, str], expected: Source) -> None:
    repository = git_repository(spec__ref=ref)
    assert READER.sources(kustomization(), look(repository).related) == (expected,)


def test_delivers_from_without_its_source() -> None:
    assert READER.sources(kustomization(spec__path="./"), look().related) == (Source("", "environment/dev", ""),)
    assert READER.sources(kustomization(status=None), look().related) == (Source("", "", "shop"),)
