"""What a delivering object applied, judged beside it: its workloads, and the images that they run.

A controller's word covers less than it seems: Flux without `wait` looks at nothing, a check passed once is not
repeated before the next interval, a revision may advance over a stale cache. What was applied may itself apply more
(a HelmRelease, another Kustomization, an Application): that is judged in the same way, each object once.

Invariant: workloads only take away from a verdict, except that they settle `APPLIED_UNASSESSED`, which is never
success without one that is healthy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from promoter.cluster.health import Health, Report
from promoter.cluster.images import stale_image
from promoter.cluster.kstatus_kinds import WITHOUT_HEALTH
from promoter.cluster.objects import GroupKind, Key, latest
from promoter.cluster.reader import Look, Relation
from promoter.cluster.readers import READERS, reader_of

_WORST_FIRST = (Health.FAILED, Health.UNKNOWN, Health.SUSPENDED, Health.PENDING, Health.PROGRESSING)
_APPLIED = (Health.HEALTHY, Health.APPLIED_UNASSESSED)
_INDEXES: Final[frozenset[GroupKind]] = frozenset({("app.k8s.io", "Application")})
"""Kinds that only list what others apply, often where their controller does not run: that they know nothing is no
sign of trouble."""

_Met = dict[Key, Report | None]
"""What was judged on the way; None while it is, or when it is not there."""


def with_workloads(report: Report, look: Look, wanted_images: Iterable[str]) -> Report:
    """Give the verdict of `report` and of what it applied together; `images` are then those of the workloads.

    Only a report that the content is applied is worth looking behind; any other stays as it is.
    """
    inside = replace(look, relation=lambda _: Relation.SAME, of_slot=lambda _: True)
    report = _settled(report, inside, {report.key: None})
    stale = stale_image(wanted_images, report.images) if report.health is Health.HEALTHY else None
    if stale:
        return replace(report, health=Health.PENDING, reason=f"{report.reason}, but {stale[1]} runs, not {stale[0]}")
    return report


def _settled(report: Report, inside: Look, met: _Met) -> Report:
    """Look behind `report`. Content is proven by what delivered it: of what is inside, only health is asked."""
    if report.health not in _APPLIED:
        return report
    unassessed = report.health is Health.APPLIED_UNASSESSED
    if unassessed and report.inventory is None:
        return replace(report, health=Health.UNKNOWN, reason=f"{report.reason}, and does not say what it applied")
    missing = _unreadable(report, inside)
    if missing:
        return replace(report, health=Health.UNKNOWN, reason=f"{report.reason}; {missing}")
    seen = [] if report.remote else _reports(report, inside, met)
    images = tuple(sorted({image for entry in seen for image in entry.images})) or report.images
    report = replace(report, images=images, well_since=latest(report.well_since, *(one.well_since for one in seen)))
    for health in _WORST_FIRST:
        for entry in seen:
            if entry.health is health:
                again = all(other.was_healthy for other in seen if other.health is health)
                reason = f"{report.reason}; {entry.key} {entry.reason}"
                return replace(report, health=health, reason=reason, was_healthy=again)
    if not unassessed:
        return report
    number = sum(entry.health is Health.HEALTHY for entry in seen)
    if not number:
        hint = "; set wait: true on it" if report.key.kind == "Kustomization" else ""
        reason = f"{report.reason}, and applied nothing that has a health of its own{hint}"
        return replace(report, health=Health.UNKNOWN, reason=reason)
    reason = f"{report.reason}; {number} workload{'s are' if number > 1 else ' is'} healthy"
    return replace(report, health=Health.HEALTHY, reason=reason)


def _unreadable(report: Report, look: Look) -> str:
    """Say which object must be read and cannot be; nothing when all can."""
    if report.uncovered and report.remote:
        return f"{report.uncovered[0]} runs in another cluster and cannot be read from here"
    missing = (key for key in report.uncovered if look.related(key) is None)
    return next((f"{key} is not among the objects that were read" for key in missing), "")


def _reports(report: Report, inside: Look, met: _Met) -> list[Report]:
    """Read what is there of what was applied; what is met on the way to itself is left out there."""
    found = []
    for key in _worth_reading(report):
        if key not in met:
            met[key] = None
            met[key] = _read(key, inside, met)
        seen = met[key]
        if seen is not None:
            found.append(seen)
    return found


def _worth_reading(report: Report) -> Iterator[Key]:
    """Give what was applied and has a health; kinds without a reader of their own only where nobody assessed them.

    The rules for those are the ones that the controllers' own checks have: a second look would tell nothing new.
    """
    every = report.health is Health.APPLIED_UNASSESSED
    for key in dict.fromkeys((*report.uncovered, *(report.inventory or ()))):
        if key.group_kind in READERS or key in report.uncovered or (every and key.group_kind not in WITHOUT_HEALTH):
            yield key


def _read(key: Key, inside: Look, met: _Met) -> Report | None:
    obj = inside.related(key)
    if obj is None:
        return None
    seen = _settled(reader_of(key.group_kind).read(obj, inside), inside, met)
    knows_nothing = key.group_kind in _INDEXES and seen.health in (Health.PENDING, Health.UNKNOWN)
    return None if knows_nothing else seen
