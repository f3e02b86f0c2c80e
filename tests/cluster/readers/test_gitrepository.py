from __future__ import annotations

from typing import Any

import pytest

from promoter.cluster.health import Health
from promoter.cluster.readers.gitrepository import READER
from tests.cluster.objects_made import GONE, LATER, NOW, OLD, at, condition, flux, git_repository, look

READY = condition("Ready", "True", "Succeeded", observedGeneration=1)


def source(*found: dict[str, Any], commit: str = NOW, **changes: Any) -> dict[str, Any]:
    artifact = {"revision": flux(commit), "lastUpdateTime": at(4)}
    return git_repository(**{"status__artifact": artifact, "status__conditions": [*found] or [READY], **changes})


def failed(generation: int = 1, message: str = "bad deploy key") -> tuple[dict[str, Any], ...]:
    more = {"observedGeneration": generation}
    return (
        condition("Ready", "False", "AuthenticationFailed", message, **more),
        condition("FetchFailed", "True", "AuthenticationFailed", message, **more),
        condition("Reconciling", "True", "ProgressingWithRetry", message, **more),
    )


STALLED = condition("Stalled", "True", "URLInvalid", "no such scheme", observedGeneration=1)
REJECTED = condition("SourceVerified", "False", "InvalidCommitSignature", "signed by nobody we know")
FETCHING = condition("Reconciling", "True", "Progressing", f"building artifact: new upstream revision '{flux(LATER)}'")

ROWS = [
    ("deleting", source(metadata__deletionTimestamp=at(1)), "Unknown", "is being deleted"),
    ("suspended", source(spec__suspend=True), "Suspended", "spec.suspend"),
    ("stalled", source(STALLED, READY), "Failed", "stalled until its spec changes: no such scheme"),
    ("stalled before the spec changed", source(STALLED, READY, metadata__generation=2), "Progressing", "newest spec"),
    ("spec not seen", source(metadata__generation=2), "Progressing", "newest spec has not been fetched"),
    ("spec fails", source(*failed(2), metadata__generation=2), "Failed", "cannot fetch what its spec asks for: bad"),
    ("the spec before failed", source(*failed(1), metadata__generation=2), "Progressing", "newest spec"),
    ("fetching", source(READY, FETCHING), "Progressing", "is fetching: building artifact"),
    ("nothing said", source(status__conditions=None), "Pending", "fetched nothing"),
    ("no status", source(status=None), "Pending", "fetched nothing"),
    ("no artifact", source(status__artifact=None), "Pending", "fetched nothing"),
    ("no artifact, fetching", source(READY, FETCHING, status__artifact=None), "Progressing", "is fetching"),
    ("no artifact, fails", source(*failed(), status__artifact=None), "Failed", "bad deploy key"),
    (
        "never fetched, fails",
        source(*failed(), status__artifact=None, status__observedGeneration=-1),
        "Failed",
        "bad deploy key",
    ),
    ("has it", source(), "Healthy", "has environment/dev@sha1:22222222"),
    ("has it at a later commit", source(commit=LATER), "Healthy", ""),
    ("has it, the fetch after it failed", source(*failed()), "Progressing", "but nothing newer: bad deploy key"),
    ("has it, not ready", source(condition("Ready", "False", "x", "no disk")), "Progressing", "no disk"),
    ("has it, ready not said", source(FETCHING | {"status": "False"}), "Progressing", "does not say why"),
    ("behind", source(commit=OLD), "Pending", "11111111, which holds other content"),
    ("behind and stuck", source(*failed(), commit=OLD), "Pending", "it is stuck: bad deploy key"),
    (
        "behind, signature",
        source(READY, REJECTED, commit=OLD),
        "Failed",
        "what is newer; it is stuck: signed by nobody",
    ),
    ("has it, the signature after it", source(READY, REJECTED), "Progressing", "nothing newer: signed by nobody"),
    ("unknown commit", source(commit=GONE), "Unknown", "99999999, which is not a commit known here"),
    # SHA-256 repositories: the algorithm is not written, and nothing names a commit that is known.
    ("no commit", source(status__artifact={"revision": "main@<unknown>:" + "2" * 64}), "Unknown", "not a commit"),
]


@pytest.mark.parametrize(("obj", "health", "reason"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_row(obj: dict[str, Any], health: str, reason: str) -> None:
    report = READER.read(obj, look())
    assert report.health.value == health
    assert reason in report.reason


@pytest.mark.parametrize("kind", ["FetchFailed", "BuildFailed", "IncludeUnavailable", "StorageOperationFailed"])
def test_every_way_to_fail_is_told(kind: str) -> None:
    trouble = condition(kind, "True", "Reason", "the disk is full", observedGeneration=2)
    obj = source(READY, trouble, metadata__generation=2)
    assert READER.read(obj, look()).health is Health.FAILED
    assert "the disk is full" in READER.read(obj, look()).reason
    assert READER.read(source(READY, trouble | {"status": "False"}), look()).health is Health.HEALTHY


def test_a_source_delivers_nothing_itself() -> None:
    assert READER.sources(source(), look().related) == ()


def test_report_says_what_it_is_about() -> None:
    report = READER.read(source(), look())
    assert (report.revision, str(report.key)) == (flux(NOW), "GitRepository/flux-system/config")
    assert report.updated is not None
    assert report.updated.minute == 5
    assert report.inventory is None
