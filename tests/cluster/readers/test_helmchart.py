from __future__ import annotations

from typing import Any

import pytest

from promoter.cluster.readers.helmchart import READER
from tests.cluster.flux_made import SUCCEEDED, helm_chart, indexed_chart, packaged
from tests.cluster.objects_made import GONE, LATER, NOW, OLD, condition, flux, look


def chart(version: str, observed: str = NOW, **changes: Any) -> dict[str, Any]:
    fields = {"status__artifact": {"revision": version}, "status__observedSourceArtifactRevision": flux(observed)}
    return helm_chart(**{**fields, **changes})


BROKEN = condition("BuildFailed", "True", "ChartPackageError", "Chart.yaml has no version", observedGeneration=3)
UNREADY = condition("Ready", "False", "ChartPackageError", "Chart.yaml has no version", observedGeneration=3)

ROWS = [
    ("Revision", chart(packaged(NOW)), "Healthy", "has environment/dev@sha1:22222222"),
    ("Revision, with values files", chart(packaged(NOW) + ".3"), "Healthy", ""),
    ("Revision, a version with metadata", chart(f"6.0.3+build.{NOW[:12]}"), "Healthy", ""),
    ("Revision, a later commit", chart(packaged(LATER), LATER), "Healthy", ""),
    ("Revision, behind", chart(packaged(OLD), OLD), "Pending", "holds other content"),
    ("Revision, unknown commit", chart(packaged(GONE), GONE), "Unknown", "99999999, which is not a commit"),
    # The source was seen at the wanted commit, the package is of another one.
    ("Revision, not packaged again", chart(packaged(OLD), NOW), "Unknown", "6.0.3+111111111111, which is not a commit"),
    ("Revision, more digits than there are", chart(f"6.0.3+{NOW[:13]}"), "Unknown", "not a commit"),
    # The default: a template that changed without Chart.yaml is never packaged, the source says nothing of it.
    ("ChartVersion", chart("6.0.3"), "Unknown", "with reconcileStrategy: Revision a chart from Git names its commit"),
    ("ChartVersion, with values files", chart("6.0.3+3"), "Unknown", "not a commit known here"),
    ("from an index", indexed_chart(), "Unknown", "6.0.3, which is not a commit"),
    ("spec not seen", chart(packaged(NOW), metadata__generation=4), "Progressing", "newest spec"),
    ("cannot be packaged", chart(packaged(NOW), status__conditions=[UNREADY, BROKEN]), "Progressing", "has no version"),
    (
        "cannot be packaged at all",
        helm_chart(status__artifact=None, status__conditions=[UNREADY, BROKEN]),
        "Failed",
        "Chart.yaml has no version",
    ),
    ("suspended", chart(packaged(NOW), spec__suspend=True), "Suspended", "spec.suspend"),
    ("nothing yet", helm_chart(status__artifact=None, status__conditions=[SUCCEEDED]), "Pending", "fetched nothing"),
]


@pytest.mark.parametrize(("obj", "health", "reason"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_row(obj: dict[str, Any], health: str, reason: str) -> None:
    report = READER.read(obj, look())
    assert report.health.value == health
    assert reason in report.reason
    assert READER.sources(obj, look().related) == ()
