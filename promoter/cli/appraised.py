"""Objects that were judged by themselves: as a table with a sentence each, as JSON, as an exit code.

What has no health of its own (a ConfigMap) is only named: it proves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from promoter.cli.exits import Exit
from promoter.cli.screen import Cell, Screen
from promoter.cluster.appraise import Appraised
from promoter.cluster.health import Health, Report
from promoter.cluster.objects import Key
from promoter.cluster.revision import brief
from promoter.plan.report.foreign import plain
from promoter.plan.report.moment import stamp_or_none

HEALTH_STYLES = {
    Health.HEALTHY: "ok",
    Health.PENDING: "wait",
    Health.PROGRESSING: "deploying",
    Health.APPLIED_UNASSESSED: "unknown",
    Health.FAILED: "failed",
    Health.SUSPENDED: "held",
    Health.UNKNOWN: "unknown",
    Health.NONE: "dim",
}
_STUCK = frozenset({Health.FAILED, Health.SUSPENDED})


def appraised_json(judged: Sequence[Appraised]) -> dict[str, object]:
    """Give `promoter.health/v1`."""
    told, silent = _told(judged)
    return {
        "schema": "promoter.health/v1",
        "objects": [_object(report) for report in told],
        "without_health": [_key(key) for key in silent],
    }


def _told(judged: Sequence[Appraised]) -> tuple[list[Report], list[Key]]:
    reports = [each.report for each in judged]
    silent = [report.key for report in reports if report.health is Health.NONE]
    return [report for report in reports if report.health is not Health.NONE], silent


def _object(report: Report) -> dict[str, object]:
    return {
        **_key(report.key),
        "verdict": report.health.value,
        "reason": report.reason,
        "revision": report.revision,
        "images": list(report.images),
        "updated": stamp_or_none(report.updated),
    }


def _key(key: Key) -> dict[str, object]:
    return {"group": key.group, "kind": key.kind, "namespace": key.namespace, "name": key.name}


def show_appraised(screen: Screen, judged: Sequence[Appraised]) -> None:
    """Print a table, then a sentence for each object."""
    told, silent = _told(judged)
    rows: list[list[Cell]] = [
        [
            (HEALTH_STYLES[report.health], report.health.value),
            ("", plain(str(report.key))),
            ("dim", plain(brief(report.revision))),
            ("", plain(", ".join(report.images))),
        ]
        for report in told
    ]
    screen.table(rows, ["VERDICT", "OBJECT", "REVISION", "IMAGES"])
    if rows:
        screen.line()
    for report in told:
        screen.line(f"{plain(str(report.key))} {plain(report.reason, 500)}")
    if silent:
        kinds = ", ".join(sorted({plain(key.kind) for key in silent}))
        screen.line(f"{len(silent)} without a health of its own: {kinds}", "dim")
    if not told:
        screen.line("nothing here has a health")


def appraised_code(judged: Sequence[Appraised]) -> Exit:
    """Give what stands first: somebody is needed, something is not known to be healthy, all is well."""
    found = {report.health for report in _told(judged)[0]}
    if found & _STUCK:
        return Exit.STUCK
    return Exit.DONE if found == {Health.HEALTHY} else Exit.WAITING
