"""What a slot says while a draft waits for more versions."""

from __future__ import annotations

from dataclasses import replace

from promoter.model.plan import SlotPlan, State
from promoter.model.verdict import Answer, Verdict
from promoter.plan.draft import draft, settled_at
from promoter.plan.sight import Sight


def gathering(sight: Sight, plan: SlotPlan) -> SlotPlan:
    """Give `plan` with the draft that will come to this slot first: until when it waits, and the look then."""
    ledger = sight.seen.ledger
    number = draft(ledger)
    rules = sight.rules(plan.environment)
    if number is None or rules.after.names or ledger.gone_by(sight.places[plan.environment], number):
        return plan
    release, until = ledger.releases[number], settled_at(sight.app, ledger, number)
    why = f"{sight.label(number)} is a draft until {sight.show(until)}: versions that arrive by then go with it"
    verdict = Verdict("settle", Answer.PENDING, why, release.at, until)
    return replace(
        plan,
        state=State.WAITING if plan.state is State.CURRENT else plan.state,
        since=release.at if plan.state is State.CURRENT else plan.since,
        waiting_for=plan.waiting_for if plan.target is not None else (*plan.waiting_for, verdict),
        passed_over=tuple(one for one in plan.passed_over if one[0] != number),
        next_look=min(filter(None, (plan.next_look, until))),
    )
