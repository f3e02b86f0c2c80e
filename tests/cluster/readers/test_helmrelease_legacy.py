from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from promoter.cluster.health import Health
from promoter.cluster.objects import Object
from promoter.cluster.reader import Look, Relation, Source
from promoter.cluster.readers.helmrelease_legacy import READER
from tests.cluster.flux_made import legacy_release
from tests.cluster.objects_made import GONE, LATER, NOW, OLD, at, look

Made = dict[str, Any]


def released(kind: str, status: str, message: str = "") -> list[Made]:
    return [{"type": kind, "status": status, "reason": "x", "message": message, "lastUpdateTime": at(6)}]


def phase(name: str, attempted: str = NOW, revision: str = OLD, **changes: Any) -> Made:
    fields = {"status__phase": name, "status__lastAttemptedRevision": attempted, "status__revision": revision}
    return legacy_release(**{**fields, **changes})


FAILURES = ["ChartFetchFailed", "DeployFailed", "TestFailed", "Failed", "RollingBack", "RolledBack", "RollbackFailed"]
UNDER_WAY = ["ChartFetched", "Installing", "Upgrading", "Migrating", "Deployed", "Testing", "Tested"]

ROWS = [
    ("deleting", legacy_release(metadata__deletionTimestamp=at(1)), "Unknown", "deleted"),
    ("no phase", legacy_release(status__phase=None), "Pending", "not been reconciled"),
    ("no status", legacy_release(status=None), "Pending", "not been reconciled"),
    ("spec not seen", legacy_release(metadata__generation=4), "Progressing", "newest spec"),
    ("spec not seen, failed before", phase("Failed", metadata__generation=4), "Progressing", "newest spec"),
    *((f"{name} here", phase(name), "Failed", "") for name in FAILURES),
    *((f"{name} elsewhere", phase(name, OLD), "Pending", "11111111, which holds other content") for name in FAILURES),
    ("failed at a later commit", phase("Failed", LATER), "Failed", "its release failed"),
    ("failed somewhere unknown", phase("Failed", GONE), "Unknown", "99999999, which is not a commit known here"),
    ("failed nowhere", phase("Failed", ""), "Unknown", "a revision that it does not name"),
    (
        "the chart cannot be fetched",
        phase("ChartFetchFailed", status__conditions=released("ChartFetched", "False", "no such\nbranch")),
        "Failed",
        "its chart cannot be fetched: no such branch",
    ),
    *((f"{name}", phase(name, revision=NOW), "Progressing", f"in phase {name}") for name in UNDER_WAY),
    (
        "succeeded, not released",
        legacy_release(status__conditions=released("Released", "False")),
        "Progressing",
        "in phase Succeeded",
    ),
    # Helm says so again after a rollback, and the operator when it is done with a failure.
    ("deployed again after a rollback", phase("RolledBack", status__releaseStatus="deployed"), "Failed", "rolled back"),
    ("succeeded", legacy_release(), "Healthy", "found healthy"),
    ("succeeded at a later commit", phase("Succeeded", LATER, LATER), "Healthy", ""),
    ("succeeded, nobody waited", legacy_release(spec__wait=None), "AppliedUnassessed", "spec.wait"),
    ("behind", phase("Succeeded", OLD, OLD), "Pending", "11111111, which holds other content"),
    ("the revision of before", phase("Succeeded", LATER, NOW), "Progressing", "works on 33333333"),
    ("no attempt", phase("Succeeded", "", NOW), "Progressing", "works on another one"),
    ("no revision", phase("Succeeded", NOW, ""), "Unknown", "does not say what it released"),
    ("unknown commit", phase("Succeeded", GONE, GONE), "Unknown", "99999999, which is not a commit known here"),
    ("a chart version", phase("Succeeded", "6.0.3", "6.0.3"), "Unknown", "6.0.3, which is not a commit known here"),
]


@pytest.mark.parametrize(("obj", "health", "reason"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_row(obj: Made, health: str, reason: str) -> None:
    report = READER.read(obj, look())
    assert report.health.value == health
    assert reason in report.reason


def inside() -> Look:
    return replace(look(), relation=lambda _: Relation.SAME)


def from_index(version: str, revision: str = "6.0.3", **changes: Any) -> Made:
    chart = {"repository": "https://charts.example", "name": "shop", "version": version}
    return phase("Succeeded", revision, revision, **{"spec__chart": chart, **changes})


# A chart version names no commit: what applied the object proves its content.
APPLIED: list[tuple[str, Object, str]] = [
    ("as asked", from_index("6.0.3"), "Healthy"),
    ("with v", from_index("v6.0.3"), "Healthy"),
    ("another", from_index("6.0.4"), "Progressing"),
    ("not said", from_index(""), "Healthy"),
    ("failed", from_index("6.0.3", status__phase="DeployFailed"), "Failed"),
]


@pytest.mark.parametrize(("obj", "health"), [row[1:] for row in APPLIED], ids=[row[0] for row in APPLIED])
def test_as_something_applied(obj: Object, health: str) -> None:
    assert READER.read(obj, inside()).health.value == health


def test_delivers_from() -> None:
    related = look().related
    here = "ssh://git@git.example/acme/config"
    assert READER.sources(legacy_release(), related) == (Source(here, "environment/dev", "shop"),)
    assert READER.sources(legacy_release(spec__chart__ref=None), related) == (Source(here, "", "shop"),)
    assert READER.sources(from_index("6.0.3"), related) == ()


def test_report_says_what_it_is_about() -> None:
    report = READER.read(legacy_release(), look())
    assert (str(report.key), report.revision, report.health) == ("HelmRelease/shop/shop", NOW, Health.HEALTHY)
    assert str(report.updated) == "2026-03-02 10:05:00+00:00"
    assert (report.inventory, report.uncovered) == (None, ())
    assert READER.read(phase("Failed"), look()).revision == NOW
