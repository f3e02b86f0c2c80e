"""Objects that were judged by themselves: as a table with a sentence each, as JSON, as an exit code."""

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
}
_STUCK = frozenset({Health.FAILED, Health.SUSPENDED})


def appraised_json(judged: Sequence[Appraised], left: Sequence[Key]) -> dict[str, object]:
    """Give `promoter.health/v1`."""
    return {
        "schema": "promoter.health/v1",
        "objects": [_object(each.report) for each in judged],
        "not_judged": [_key(key) for key in left],
    }


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


def show_appraised(screen: Screen, judged: Sequence[Appraised], left: Sequence[Key]) -> None:
    """Print a table, then a sentence for each object."""
    rows: list[list[Cell]] = [
        [
            (HEALTH_STYLES[report.health], report.health.value),
            ("", plain(str(report.key))),
            ("dim", plain(brief(report.revision))),
            ("", plain(", ".join(report.images))),
        ]
        for report in (each.report for each in judged)
    ]
    screen.table(rows, ["VERDICT", "OBJECT", "REVISION", "IMAGES"])
    if rows:
        screen.line()
    for each in judged:
        screen.line(f"{plain(str(each.report.key))} {plain(each.report.reason, 500)}")
    if left:
        kinds = ", ".join(sorted({plain(key.kind) for key in left}))
        screen.line(f"{len(left)} without a health that is known: {kinds}", "dim")
    if not judged:
        screen.line("nothing here has a health")


def appraised_code(judged: Sequence[Appraised]) -> Exit:
    """Give what stands first: somebody is needed, something is not known to be healthy, all is well."""
    found = {each.report.health for each in judged}
    if found & _STUCK:
        return Exit.STUCK
    return Exit.DONE if found == {Health.HEALTHY} else Exit.WAITING
