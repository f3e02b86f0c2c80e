from __future__ import annotations

from typing import Any

import pytest

from promoter.cluster.readers.ocirepository import READER
from tests.cluster.flux_made import DIGEST, ORIGIN, SUCCEEDED, oci_repository
from tests.cluster.objects_made import GONE, LATER, NOW, OLD, at, condition, flux, look


def source(origin: str = flux(NOW, "main"), **changes: Any) -> dict[str, Any]:
    artifact = {"revision": f"6.0.3@{DIGEST}", "metadata": {ORIGIN: origin} if origin else {}}
    return oci_repository(**{"status__artifact": artifact, **changes})


PULL = condition("FetchFailed", "True", "OCIArtifactPullFailed", "no tag 6.0.4", observedGeneration=4)
NOT_READY = condition("Ready", "False", "OCIArtifactPullFailed", "no tag 6.0.4", observedGeneration=4)

ROWS = [
    ("has it", source(), "Healthy", "has main@sha1:22222222"),
    ("has it at a later commit", source(flux(LATER, "main")), "Healthy", ""),
    ("an old form of the origin", source(f"6.0.3/{NOW}"), "Healthy", ""),
    ("behind", source(flux(OLD, "main")), "Pending", "holds other content"),
    ("unknown origin", source(flux(GONE, "main")), "Unknown", "99999999, which is not a commit known here"),
    ("no origin", source(""), "Unknown", "6.0.3@sha256:aaaaaaaa, which is not a commit known here; its metadata names"),
    ("suspended", source(spec__suspend=True), "Suspended", "spec.suspend"),
    # A tag moved in the spec: what it has is of the tag before, whatever it says of itself.
    ("tag moved", source(spec__ref={"tag": "6.0.4"}, metadata__generation=4), "Progressing", "newest spec"),
    (
        "tag moved to one that is not there",
        source(metadata__generation=4, status__conditions=[NOT_READY, PULL]),
        "Failed",
        "no tag 6.0.4",
    ),
    (
        "tag that is not there, observed",
        source(metadata__generation=4, status__observedGeneration=4, status__conditions=[NOT_READY, PULL]),
        "Progressing",
        "but nothing newer: no tag 6.0.4",
    ),
    ("no generation seen yet", source(status__observedGeneration=-1), "Progressing", "newest spec"),
    ("no artifact", source(status__artifact=None), "Pending", "fetched nothing"),
]


@pytest.mark.parametrize(("obj", "health", "reason"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_row(obj: dict[str, Any], health: str, reason: str) -> None:
    report = READER.read(obj, look())
    assert report.health.value == health
    assert reason in report.reason


def test_report_is_about_the_commit_where_it_is_known() -> None:
    assert READER.read(source(), look()).revision == flux(NOW, "main")
    assert READER.read(source(""), look()).revision == f"6.0.3@{DIGEST}"
    assert READER.sources(source(), look().related) == ()


def test_age_is_that_of_the_artifact_or_of_its_word() -> None:
    newer = oci_repository(
        status__artifact={"revision": f"6.0.3@{DIGEST}", "lastUpdateTime": at(9)}, status__conditions=[SUCCEEDED]
    )
    assert str(READER.read(newer, look()).updated) == "2026-03-02 10:09:00+00:00"
