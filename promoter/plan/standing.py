"""How one slot stands, for people: its state, what it waits for, and when to look again."""

from __future__ import annotations

from datetime import datetime

from promoter.model.ledger import How, Kind, Place, Result
from promoter.model.plan import SlotPlan, State
from promoter.model.verdict import Answer, Verdict
from promoter.plan.judge import frozen, held
from promoter.plan.outcome import health, knowable_until, verify_deadline
from promoter.plan.sight import Sight

_MAY_BE_VERIFIED = frozenset({Result.UNVERIFIED, Result.UNHEALTHY})
"""What a healthy soak turns into `verified`."""


def standing(
    sight: Sight, environment: str, chosen: tuple[int, Kind] | None, verdicts: tuple[Verdict, ...]
) -> SlotPlan:
    """Describe the slot; `chosen` is what should come next and `verdicts` everything said about it."""
    place = sight.places[environment]
    answer, _ = health(sight, environment) if place.stay is not None else (Answer.UNKNOWN, "")
    state, since = _state(sight, environment, chosen, verdicts, answer)
    release, kind = chosen if chosen is not None else (None, Kind.PROMOTION)
    newer = sight.newer(environment)
    passed_over = () if not newer else tuple(
        (number, why) for number in newer if number != release and (why := sight.refused(number, environment))
    )  # fmt: skip
    if chosen is None and newer:
        coming = [number for number in newer if not _barred(sight, number, environment)]
        verdicts = _upstream(sight, environment, coming[-1]) if coming else ()
        if verdicts and state is State.CURRENT:
            state, since = State.WAITING, sight.release(coming[-1]).at
    return SlotPlan(
        sight.app.name, environment, state, since, release, kind, verdicts, answer, passed_over,
        _next_look(sight, environment, verdicts), _behind(sight, environment),
    )  # fmt: skip


def _state(
    sight: Sight, environment: str, chosen: tuple[int, Kind] | None, verdicts: tuple[Verdict, ...], answer: Answer
) -> tuple[State, datetime | None]:
    place = sight.places[environment]
    stay = place.stay
    if stay is None and sight.slot(environment).content is not None:
        return State.UNKNOWN, None
    word = place.outcomes.get(stay.release) if stay is not None else None
    since = place.proposal.since if place.proposal is not None else None
    if word is not None and word.result in (Result.FAILED, Result.UNHEALTHY) and answer is not Answer.SUCCESS:
        return State.FAILED, word.at
    if (hold := sight.hold(environment)) is not None:
        return State.HELD, hold.at
    if word is not None and word.result is Result.FAILED:
        return State.FAILED, word.at
    if place.drift is not None and (chosen is None or chosen[1] is not Kind.RESTORE):
        return State.BLOCKED, place.drift.since
    if stay is not None and answer is Answer.UNKNOWN:
        return State.UNKNOWN, stay.since
    if any(verdict.answer is Answer.FAILURE for verdict in verdicts):
        return State.BLOCKED, since
    if stay is not None and word is None and stay.how is not How.MIXED:
        return (State.SOAKING, stay.healthy_since) if stay.healthy_since else (State.DEPLOYING, stay.since)
    if chosen is not None:
        return State.WAITING, since
    return State.CURRENT, stay.since if stay is not None else None


def _upstream(sight: Sight, environment: str, coming: int) -> tuple[Verdict, ...]:
    """What the newest release that could come here still has to pass before it is proposed."""
    if sight.cleared(coming, environment):
        stopped = tuple(verdict for verdict in (held(sight, environment), frozen(sight, environment)) if verdict)
        request = Verdict("request", Answer.PENDING, "nothing moves here until somebody says promoter promote")
        return stopped or (request,)
    names = [n for n in sight.rules(environment).after.names if not sight.passed(coming, n)]
    return (Verdict("order", Answer.PENDING, f"{sight.label(coming)} is not verified in {' or '.join(names)}"),)


def _barred(sight: Sight, number: int, environment: str) -> bool:
    """Tell whether a release cannot come here by itself: it is refused here, or where it would have to pass first."""
    if sight.refused(number, environment):
        return True
    after = sight.rules(environment).after
    judge = all if after.any else any
    return bool(after.names) and judge(
        not sight.passed(number, name) and (_gone_by(sight, number, name) or _barred(sight, number, name))
        for name in after.names
    )


def _gone_by(sight: Sight, number: int, environment: str) -> bool:
    """Tell whether a newer release has been here, and this one is not what is being verified."""
    place = sight.places[environment]
    gone = sight.seen.ledger.gone_by(place, number)
    return gone and (place.stay is None or place.stay.release != number) and place.target is None


def _next_look(sight: Sight, environment: str, verdicts: tuple[Verdict, ...]) -> datetime | None:
    place, verify = sight.places[environment], sight.rules(environment).verify
    moments = [verdict.until for verdict in verdicts if verdict.until is not None and not verdict.passed]
    stay = place.stay
    word = place.outcomes.get(stay.release) if stay is not None else None
    if stay is not None and stay.how is not How.MIXED and (word is None or word.result in _MAY_BE_VERIFIED):
        if stay.healthy_since is not None:
            moments.append(stay.healthy_since + verify.soak)
        if word is None:
            moments.append(knowable_until(stay, verify))
        if word is None and stay.healthy_since is None:
            moments.append(verify_deadline(stay, verify))
    if place.hold is not None and place.hold.until is not None:
        moments.append(place.hold.until)
    return min((moment for moment in moments if moment > sight.now), default=None)


def _behind(sight: Sight, environment: str) -> int:
    """How many releases the furthest first environment is ahead."""
    firsts: list[Place] = [sight.places[n] for n, rules in sight.app.environments.items() if not rules.after.names]
    ahead = max((place.stay.release for place in firsts if place.stay is not None), default=0)
    stay = sight.places[environment].stay
    here = stay.release if stay is not None else 0
    ledger = sight.seen.ledger
    low, high = ledger.order(here), ledger.order(ahead)
    if low >= high:
        return 0
    return sum(not release.aside and low < (number,) <= high for number, release in ledger.releases.items())
