"""Can the approvals that gates ask for be given at all, as far as the forge tells?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from promoter.policy.gates.approvals import Approvals, Rule
from promoter.run.electors import Book, Electors, electors
from promoter.run.finding import Finding, Ground, Probe, Seat, Severity


def probe(ground: Ground) -> Iterator[Finding]:
    """Look up everybody whom a rule names."""
    book = Book(ground)
    for seat in ground.seats:
        for gate in seat.rules.gates:
            for rule in gate.rules if isinstance(gate, Approvals) else ():
                found = electors(seat, rule.by, book)
                found.people.discard(ground.ws.forge.identity.casefold())  # it opens the pull requests
                yield from _of(seat, rule, found)


def _of(seat: Seat, rule: Rule, found: Electors) -> Iterator[Finding]:
    fix = "correct from under approvals, or give these people their place on the forge"
    why = "; ".join(found.empty)
    if not found.open and len(found.people) < rule.count:
        there = f"; there is only {', '.join(sorted(found.people))}" if found.people else ""
        text = f"its gate asks for {rule}, which nobody can give{there}" + (f": {why}" if why else "")
        yield Finding(Severity.PROBLEM, str(seat), text, "its pull requests wait for ever", fix)
    elif why:
        text = f"its gate names people who cannot approve: {why}"
        yield Finding(Severity.WARNING, str(seat), text, "fewer can approve than it seems", fix)
    elif not found.open and len(found.people) == rule.count and not rule.authors:
        text = f"its gate asks for {rule}, which is all that there are: {', '.join(sorted(found.people))}"
        means = "authors do not approve their own change, so what one of them made waits for ever"
        yield Finding(Severity.WARNING, str(seat), text, means, fix)


PROBE: Final[Probe] = probe
