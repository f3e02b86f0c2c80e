"""Which release should come to an environment next."""

from __future__ import annotations

from promoter.model.ledger import Kind, Result
from promoter.model.verdict import Answer, worst
from promoter.plan.judge import OF_THE_SLOT, judge, open_pull
from promoter.plan.restore import restores
from promoter.plan.sight import Sight
from promoter.policy.freeze import freeze_for
from promoter.policy.rules import Newer, Promote


def choose(sight: Sight, environment: str) -> tuple[int, Kind] | None:
    """Give the release that should come here next, and whether it is a promotion or a rollback; None: nothing."""
    place, rules = sight.places[environment], sight.rules(environment)
    target = place.target
    if target is not None and sight.comes_back(environment):
        return target.release, target.kind
    back = restores(sight, environment)
    if back is not None:
        return back, Kind.RESTORE
    eligible = sight.eligible(environment)
    if not eligible:
        return None
    waiting = place.proposal.release if place.proposal is not None else None
    if sight.hold(environment) is not None or freeze_for(sight.config, environment, sight.now) is not None:
        return (waiting, Kind.PROMOTION) if waiting in eligible else None
    fixes = [number for number in eligible if sight.is_hotfix(number, environment)]
    if fixes:  # somebody with the right said that this is what comes here next
        return fixes[-1], Kind.PROMOTION
    if rules.promote is Promote.REQUEST:
        asked = place.asked.release if place.asked is not None else None
        return (asked, Kind.PROMOTION) if asked in eligible else None
    if place.asked is not None and place.asked.release in eligible:
        return place.asked.release, Kind.PROMOTION
    if waiting in eligible and _keeps(sight, environment, waiting, eligible):
        return waiting, Kind.PROMOTION
    if rules.newer is Newer.QUEUE:
        later = [n for n in eligible if waiting is None or _after(sight, n, waiting)]
        return (later or eligible)[0], Kind.PROMOTION
    met = _sibling(sight, environment, eligible)
    return met if met is not None else eligible[-1], Kind.PROMOTION


def _after(sight: Sight, number: int, other: int) -> bool:
    return sight.seen.ledger.order(number) > sight.seen.ledger.order(other)


def _keeps(sight: Sight, environment: str, waiting: int, eligible: list[int]) -> bool:
    """Tell whether the release that waits keeps its place although newer ones may come."""
    if waiting == eligible[-1]:
        return True
    verdicts = judge(sight, environment, waiting, Kind.PROMOTION)
    if worst(verdict for verdict in verdicts if verdict.gate not in OF_THE_SLOT) is Answer.FAILURE:
        return False  # what failed never holds the place
    if sight.rules(environment).newer is not Newer.REPLACE:
        return True
    pull = open_pull(sight, environment)
    return pull is not None and any(review.state == "approved" and review.head == pull.head for review in pull.reviews)


def _sibling(sight: Sight, environment: str, eligible: list[int]) -> int | None:
    """Give the newest eligible release that a sibling holds or verified, or join environments would never meet."""
    met: set[int] = set()
    for rules in sight.app.environments.values():
        names = rules.after.names
        if rules.after.any or len(names) < 2 or environment not in names:
            continue
        for name in names:
            place = sight.places.get(name)
            if name == environment or place is None:
                continue
            if place.stay is not None:
                met.add(place.stay.release)
            met |= {number for number, word in place.outcomes.items() if word.result is Result.VERIFIED}
    return max(met & set(eligible), default=None)
