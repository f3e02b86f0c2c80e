"""What a slot says while drafts wait for more versions."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from promoter.model.plan import SlotPlan, State
from promoter.model.verdict import Answer, Verdict
from promoter.plan.draft import drafts, lacks, overdue_at, settled_at
from promoter.plan.sight import Sight


def gathering(sight: Sight, plan: SlotPlan) -> SlotPlan:
    """Give `plan` with the drafts that will come to this slot first: what they wait for, and the look then."""
    ledger, place = sight.seen.ledger, sight.places[plan.environment]
    before = [sight.places[name] for name in sight.rules(plan.environment).after.names if name in sight.places]
    waiting = [
        number
        for number in drafts(sight.app, ledger)
        if not ledger.gone_by(place, number) and all(ledger.gone_by(earlier, number) for earlier in before)
    ]  # in place a person may have brought a draft to the first environments
    if not waiting:
        return plan
    verdicts = [_verdict(sight, number) for number in waiting]
    since = ledger.releases[waiting[-1]].at
    stuck = any(verdict.answer is Answer.FAILURE for verdict in verdicts)
    looks: list[datetime | None] = [plan.next_look, *(verdict.until for verdict in verdicts)]
    return replace(
        plan,
        state=(State.BLOCKED if stuck else State.WAITING) if plan.state is State.CURRENT else plan.state,
        since=since if plan.state is State.CURRENT else plan.since,
        waiting_for=plan.waiting_for if plan.target is not None else (*plan.waiting_for, *verdicts),
        passed_over=tuple(one for one in plan.passed_over if one[0] not in waiting),
        next_look=min((look for look in looks if look is not None), default=None),
        draft=waiting[-1],
    )


def _verdict(sight: Sight, number: int) -> Verdict:
    ledger, app, label = sight.seen.ledger, sight.app, sight.label(number)
    at, missing = ledger.releases[number].at, lacks(sight.app, ledger.releases[number])
    if not missing:
        until = settled_at(app, ledger, number)
        why = f"{label} is a draft until {sight.show(until)}: versions that arrive by then go with it"
        return Verdict("settle", Answer.PENDING, why, at, until)
    late = overdue_at(app, ledger, number)
    if sight.now < late:
        return Verdict("admit", Answer.PENDING, f"{label} waits for a complete set: {missing}", at, late)
    why = f"{label} was to be a complete set by {sight.show(late)}, and waits: {missing}"
    return Verdict("admit", Answer.FAILURE, why, at)
