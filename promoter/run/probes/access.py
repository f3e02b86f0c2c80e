"""Can every cluster be asked, for all that is needed, and does it have the same time?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from promoter.cluster.access import Access, AccessSource
from promoter.cluster.api.kinds import KINDS, Role, of_role
from promoter.cluster.objects import GroupKind
from promoter.cluster.place import place_of
from promoter.cluster.port import Listed
from promoter.run.finding import Finding, Ground, Probe, Seat, Severity

SKEW: Final = timedelta(seconds=30)
"""Clocks that differ by less are the same."""
DELIVERY: Final = of_role(Role.OWNER, Role.SOURCE)
"""Without these nobody can tell what a cluster should have, and has."""

_BLIND = "what runs there cannot be known, so nothing passes the environments that it belongs to"


def probe(ground: Ground) -> Iterator[Finding]:
    """Try every cluster, and say what is in the way."""
    for live, seats in ground.by_live():
        source = ground.ws.live(live)
        if isinstance(source, AccessSource):
            places = {place_of(question) for seat in seats for question in ground.questions(seat)}
            for access in source.access(places, KINDS.keys(), ground.ws.clock):
                yield from _findings(
                    access, [seat for seat in seats if set(seat.rules.clusters) & set(access.clusters)]
                )
        else:
            for listed in ground.listed(live, seats, DELIVERY).values():
                yield from _saved(listed)


def _saved(listed: Listed) -> Iterator[Finding]:
    if listed.trouble:
        fix = "see that the job which saves the objects runs before promoter, and that live.files names its folder"
        yield Finding(Severity.PROBLEM, listed.cluster, listed.trouble, _BLIND, fix)


def _findings(access: Access, seats: list[Seat]) -> Iterator[Finding]:
    where = access.where
    if access.trouble:
        yield Finding(Severity.PROBLEM, where, access.trouble, _BLIND, access.fix.rstrip(".") or "see what it says")
        return
    yield from _absent(access, seats)
    delivery = [kind for kind in access.forbidden if kind in DELIVERY]
    if access.forbidden:
        yield Finding(
            Severity.PROBLEM if delivery else Severity.WARNING,
            where,
            f"to list {', '.join(_name(kind) for kind in access.forbidden)} is forbidden",
            _BLIND if delivery else "health that a controller does not check itself cannot be read",
            f"what is missing is {access.missing}; promoter rbac prints all of it, to apply",
        )
    for sentence in access.broken:
        yield Finding(Severity.PROBLEM, where, sentence.rstrip("."), _BLIND, "see what it says, and try again")
    if access.skew is not None and abs(access.skew) > SKEW:
        direction = "ahead of" if access.skew > timedelta() else "behind"
        yield Finding(
            Severity.WARNING,
            where,
            f"its clock is {round(abs(access.skew).total_seconds())} s {direction} this machine's",
            "soaks and deadlines are counted from times that both write",
            "set both clocks by NTP",
        )


def _absent(access: Access, seats: list[Seat]) -> Iterator[Finding]:
    """Say that nothing there can deliver, or not what the config names."""
    owners = of_role(Role.OWNER)
    if owners <= access.absent:
        yield Finding(
            Severity.PROBLEM,
            access.where,
            "it serves no kind that delivers from Git, neither Flux' nor Argo CD's",
            _BLIND,
            "see that it is the right cluster (where Argo CD delivers from afar, that is Argo CD's own), and that "
            "the controllers' definitions are installed",
        )
        return
    served = {kind for _, kind in owners - access.absent}
    for seat in seats:
        named = seat.app.object.partition("/")[0]
        if named and named not in served:
            yield Finding(
                Severity.PROBLEM,
                access.where,
                f"it serves no {named}, which delivers {seat}",
                _BLIND,
                f"install its definition there, or correct object of {seat.app.name}",
            )


def _name(kind: GroupKind) -> str:
    return KINDS[kind].resource


PROBE: Final[Probe] = probe
