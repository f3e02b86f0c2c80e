"""What a delivering object applied, judged beside it: its workloads, and the images that they run.

A controller's word covers less than it seems: Flux without `wait` looks at nothing, a check passed once is not
repeated before the next interval, a revision may advance over a stale cache. Invariant: workloads only take away
from a verdict, except that they settle `APPLIED_UNASSESSED`, which is never success without one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from promoter.cluster.health import Health, Report
from promoter.cluster.images import stale_image
from promoter.cluster.objects import Key
from promoter.cluster.reader import Look, Relation
from promoter.cluster.readers import READERS

_WORST_FIRST = (Health.FAILED, Health.UNKNOWN, Health.SUSPENDED, Health.PENDING, Health.PROGRESSING)


def with_workloads(report: Report, look: Look, wanted_images: Iterable[str]) -> Report:
    """Give the verdict of `report` and of what it applied together; `images` are then those of the workloads.

    Only a report that the content is applied is worth looking behind; any other stays as it is.
    """
    if report.health not in (Health.HEALTHY, Health.APPLIED_UNASSESSED):
        return report
    if report.health is Health.APPLIED_UNASSESSED and not report.uncovered:
        reason = f"{report.reason}, and applied nothing that has a health of its own; set wait: true on it"
        if report.inventory is None:
            reason = f"{report.reason}, and does not say what it applied"
        return replace(report, health=Health.UNKNOWN, reason=reason)
    missing = _unreadable(report, look)
    if missing:
        return replace(report, health=Health.UNKNOWN, reason=f"{report.reason}; {missing}")
    seen = [] if report.remote else _reports(report.inventory or (), look)
    images = tuple(sorted({image for entry in seen for image in entry.images})) or report.images
    report = replace(report, images=images)
    for health in _WORST_FIRST:
        for entry in seen:
            if entry.health is health:
                return replace(report, health=health, reason=f"{report.reason}; {entry.key} {entry.reason}")
    stale = stale_image(wanted_images, images)
    if stale:
        return replace(report, health=Health.PENDING, reason=f"{report.reason}, but {stale[1]} runs, not {stale[0]}")
    if report.health is Health.APPLIED_UNASSESSED:
        number = len(report.uncovered)
        reason = f"{report.reason}; {number} workload{'s are' if number > 1 else ' is'} healthy"
        return replace(report, health=Health.HEALTHY, reason=reason)
    return report


def _unreadable(report: Report, look: Look) -> str:
    """Say which object must be read and cannot be; nothing when all can."""
    if not report.uncovered:
        return ""
    if report.remote:
        return f"{report.uncovered[0]} runs in another cluster and cannot be read from here"
    for key in report.uncovered:
        if key.group_kind not in READERS:
            return f"this version cannot read {key}"
        if look.related(key) is None:
            return f"{key} is not among the objects that were read"
    return ""


def _reports(keys: Iterable[Key], look: Look) -> list[Report]:
    """Read what is there of `keys`. Its content is proven by what delivered it: only its health is asked for."""
    inside = replace(look, relation=lambda _: Relation.SAME)
    found = ((READERS.get(key.group_kind), look.related(key)) for key in keys)
    return [reader.read(obj, inside) for reader, obj in found if reader is not None and obj is not None]
