"""Are the checks that gates wait for ever reported, and by whom they may be?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Final

from promoter.model.forge import Check, PullRequest
from promoter.model.names import Branch, Oid
from promoter.policy.gates.checks import OURS, Checks, Wanted
from promoter.run.finding import Finding, Ground, Probe, Seat, Severity

SLOW: Final = timedelta(hours=1)
"""A check that has not even begun by then does not come."""
LOOKED_AT: Final = 5
"""So many of the newest proposals, or commits of a branch, are looked at for each environment and check."""
_SHOWN = 4


@dataclass(slots=True)
class _Book:
    """What was reported; each commit is asked about once."""

    ground: Ground
    _checks: dict[Oid, Sequence[Check]] = field(default_factory=dict)

    def on(self, commits: Sequence[Oid]) -> list[Check]:
        for commit in commits:
            if commit not in self._checks:
                self._checks[commit] = self.ground.ws.forge.checks(commit)
        return [check for commit in commits for check in self._checks[commit] if check.name != OURS]


def probe(ground: Ground) -> Iterator[Finding]:
    """Look for each check on the newest proposals to an environment, and for those after the merge on its branch."""
    before = _asking(ground, merged=False)
    after = _asking(ground, merged=True)
    book = _Book(ground)
    pulls = _pulls(ground, [seat for seats in before.values() for seat in seats])
    for (environment, wanted), seats in before.items():
        heads = [seat.app.slots[seat.environment].proposal_branch for seat in seats]
        mine = sorted((pull for head in heads for pull in pulls.get(head, ())), key=lambda pull: pull.number)
        ripe = [pull.head for pull in mine if ground.ws.now() - pull.opened_at > SLOW][-LOOKED_AT:]
        where = "the newest proposal" if len(ripe) == 1 else f"the newest {len(ripe)} proposals"
        yield from _of(environment, wanted, book.on(ripe), where if ripe else "")
    for (environment, wanted), seats in after.items():
        commits = [commit for seat in seats[:LOOKED_AT] for commit in _active(ground, seat)]
        where = f"the newest commits of {seats[0].app.slots[environment].branch}" if commits else ""
        yield from _of(environment, wanted, book.on(commits), where)


def _asking(ground: Ground, *, merged: bool) -> dict[tuple[str, Wanted], list[Seat]]:
    """Give (environment, check) -> who waits for it."""
    found: dict[tuple[str, Wanted], list[Seat]] = {}
    for seat in ground.seats:
        for gate in seat.rules.verify.gates if merged else seat.rules.gates:
            for wanted in gate.wanted if isinstance(gate, Checks) else ():
                found.setdefault((seat.environment, wanted), []).append(seat)
    return found


def _pulls(ground: Ground, seats: Sequence[Seat]) -> dict[Branch, Sequence[PullRequest]]:
    branches = sorted({seat.app.slots[seat.environment].proposal_branch for seat in seats})
    return dict(ground.ws.forge.pulls(branches)) if branches else {}


def _active(ground: Ground, seat: Seat) -> list[Oid]:
    tip, repository = ground.tip(seat), ground.ws.repository
    if tip is None:
        return []
    if not repository.store.has(tip):
        repository.fetch([tip])
    return [commit.id for commit in repository.store.history(tip, limit=LOOKED_AT, first_parent=True)]


def _of(environment: str, wanted: Wanted, checks: list[Check], where: str) -> Iterator[Finding]:
    named = [check for check in checks if fnmatchcase(check.name, wanted.name)]
    counted = [check for check in named if not wanted.reporters or check.reporter in wanted.reporters]
    if counted or not where:
        return
    if named:
        others = sorted({check.reporter or "nobody" for check in named})
        text = f"{wanted.name} is reported by {', '.join(others)} on {where}, not by {' or '.join(wanted.reporters)}"
        fix = "correct from under checks"
    else:
        names = sorted({check.name for check in checks})
        there = f"; there is {', '.join(names[:_SHOWN])}{' and more' if len(names) > _SHOWN else ''}" if names else ""
        text = f"{wanted.name} is not reported on {where}{there}"
        fix = "see that something reports it there, or correct its name under checks"
    yield Finding(Severity.WARNING, environment, text, "what waits for it waits for ever", fix)


PROBE: Final[Probe] = probe
