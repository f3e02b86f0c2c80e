"""What is active, and how it came there: the ledger's word, checked by content.

While the slot holds the current stay's content the stay holds. When it does not, in this order: our proposal was
merged; a person went back to what was active before; a person brought a release by hand; else it is drift.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from promoter.model.forge import PullRequest, PullState
from promoter.model.ledger import Drift, Hold, How, Kind, Outcome, Place, Result, Skip, Stay, Target
from promoter.model.names import Oid
from promoter.plan.filing import begin
from promoter.plan.sight import BOT, Sight
from promoter.policy.freeze import freeze_for
from promoter.policy.rules import Newer

PAST = 20
"""How many earlier stays the tip keeps; older ones stand in the ledger's history."""


def arrivals(sight: Sight, environment: str) -> None:
    """Take note of what the slot holds."""
    place, slot = sight.places[environment], sight.slot(environment)
    merged = _merged(sight, environment)
    if place.stay is not None and slot.holds(place.stay.content):
        if place.drift is not None:
            sight.change(environment, "the hand edit is gone", drift=None)
        if merged:
            _merged_without_trace(sight, environment, merged)
        return
    if slot.content is None and place.stay is None:
        if place.drift is not None:
            sight.change(environment, "the hand edit is gone", drift=None)
        return
    known = {n: r.content[environment] for n, r in sight.seen.ledger.releases.items() if environment in r.content}
    if merged and merged[-1][1] in known and slot.holds(known[merged[-1][1]]):
        pull, release = merged[-1]
        how = How.ROLLED_BACK if _kind(place, release) is Kind.ROLLBACK else How.MERGED
        arrive(sight, environment, release, how, f"merged by pull request {pull.number}")
    elif slot.arrived in known and slot.holds(known[slot.arrived]) and _proposed(place, slot.arrived):
        how = How.ROLLED_BACK if slot.arrived_kind is Kind.ROLLBACK else How.MERGED
        arrive(sight, environment, slot.arrived, how, "its proposal is on the active branch")
    elif (back := _was_here(place, sight, environment)) is not None:
        _taken_back(sight, environment, back)
    elif same := sorted(number for number, content in known.items() if slot.holds(content)):
        cleared = [number for number in same if sight.cleared(number, environment)]
        arrive(sight, environment, cleared[-1] if cleared else same[0], How.BY_HAND, "moved by hand")
    elif merged:
        _mixed(sight, environment, merged[-1][1])
    else:
        _drift(sight, environment)


def arrive(sight: Sight, environment: str, release: int, how: How, why: str) -> None:
    """Begin a new stay of `release`; what it replaces becomes past, and loses its pass when it is gone back from.

    It begins now, when it was seen: forges estimate when a push merged something, and deadlines need a sure start.
    """
    place, slot = sight.places[environment], sight.slot(environment)
    content = slot.content if how is How.MIXED else sight.release(release).content[environment]
    brought = _merged(sight, environment)
    by = next((pull.closed_by or "" for pull, number in reversed(brought) if number == release), "")
    stay = Stay(release, content, slot.tip or Oid(""), sight.now, how, by=by)
    past = ((place.stay, *place.past) if place.stay else place.past)[:PAST]
    outcomes = {number: word for number, word in place.outcomes.items() if number != release}
    for left in _above(sight, past, release):
        outcomes[left] = Outcome(Result.LEFT, sight.now, f"left for {sight.label(release)}")
    merged = [pull.number for pull, _ in brought]
    proposal = None if merged or place.proposal is None or place.proposal.release == release else place.proposal
    if proposal is None and place.proposal is not None and place.proposal.group:
        merged += [pull.number for pull in slot.pulls]  # the next look is not at the group's branch any more
    sight.change(
        environment, f"{sight.label(release)} is active: {why}", stay=stay, past=past, outcomes=outcomes,
        mark=_mark(sight, place, release), drift=None, merging=None, **dealt_with(place, merged),
        proposal=proposal, target=_still_meant(place, release),
        asked=None if place.asked is None or place.asked.release == release else place.asked,
        **begin(sight, environment, stay, _url(sight, environment)),
    )  # fmt: skip


def _url(sight: Sight, environment: str) -> str:
    """Give the address of the pull request that what is proposed was, or is still shown to be, in."""
    proposal, pulls = sight.places[environment].proposal, sight.slot(environment).pulls
    number = proposal.pull if proposal is not None else None
    return next((pull.url for pull in pulls if pull.number == number), "")


def dealt_with(place: Place, pulls: Sequence[int]) -> dict[str, Any]:
    """Give the changes that say that these pull requests are dealt with."""
    reopened = tuple(number for number in place.reopened if number not in pulls)
    return {"pulls_done": max([place.pulls_done, *pulls]), "reopened": reopened}


def _still_meant(place: Place, release: int) -> Target | None:
    """What somebody named stays named when another release arrives only as a person's rollback.

    A retry was of what stood here then, and a rollback by policy from what failed.
    """
    target = place.target
    if target is None or target.release == release or target.kind is not Kind.ROLLBACK or target.by == BOT:
        return None
    return target


def arrive_unchanged(sight: Sight, environment: str) -> None:
    """Let a release that changes nothing here arrive: it joins the stay and its clock, never its verdict."""
    place = sight.places[environment]
    if place.stay is None or place.drift is not None:
        return
    target = place.target
    if target is not None and target.kind is Kind.ROLLBACK and target.release != place.stay.release:
        if _holds(sight, environment, target.release):
            arrive(
                sight, environment, target.release, How.ROLLED_BACK, f"rolled back by {target.by}, nothing to change"
            )
        return
    if sight.hold(environment) is not None or freeze_for(sight.config, environment, sight.now) is not None:
        return
    if target is not None and sight.comes_back(environment) and _holds(sight, environment, target.release):
        arrive(sight, environment, target.release, How.UNCHANGED, f"asked for by {target.by}, nothing to change")
        return
    release = _joins(sight, environment)
    if release is None:
        return
    if place.stay.how is How.MIXED:
        arrive(sight, environment, release, How.UNCHANGED, "it is what the slot holds")
        return
    stay, content = place.stay, sight.release(release).content[environment]
    joined = replace(stay, release=release, content=content, how=How.UNCHANGED, since=stay.since)
    sight.change(
        environment, f"{sight.label(release)} is active: it changes nothing here", stay=joined,
        past=(stay, *place.past)[:PAST], mark=_mark(sight, place, release),
        asked=None if place.asked is None or place.asked.release == release else place.asked,
    )  # fmt: skip


def _holds(sight: Sight, environment: str, number: int) -> bool:
    release = sight.seen.ledger.releases.get(number)
    content = release.content.get(environment) if release is not None else None
    return content is not None and sight.slot(environment).holds(content)


def _joins(sight: Sight, environment: str) -> int | None:
    """The release that may join the stay: the newest eligible with equal content that overtakes nobody who waits."""
    place = sight.places[environment]
    same = [number for number in sight.newer(environment) if _holds(sight, environment, number)]
    if not same:  # almost always, and cheaper to tell than who is eligible
        return None
    eligible = sight.eligible(environment)
    same = [number for number in same if number in eligible]
    if not same:
        return None
    newer = sight.rules(environment).newer
    waiting = place.proposal.release if place.proposal is not None else None
    if newer is Newer.QUEUE:
        return same[0] if same[0] == eligible[0] else None
    if newer is Newer.WAIT and waiting in eligible:
        same = [number for number in same if eligible.index(number) < eligible.index(waiting)]
    return same[-1] if same else None


def _merged(sight: Sight, environment: str) -> list[tuple[PullRequest, int]]:
    slot, place = sight.slot(environment), sight.places[environment]
    return [
        (pull, slot.pull_releases[pull.number])
        for pull in slot.pulls
        if pull.state is PullState.MERGED and place.awaits(pull.number)
        and slot.pull_releases.get(pull.number) in sight.seen.ledger.releases
    ]  # fmt: skip


def _merged_without_trace(sight: Sight, environment: str, merged: list[tuple[PullRequest, int]]) -> None:
    """A merge was seen, yet the slot holds what it held: it is what was merged, or it was taken back at once."""
    place, release = sight.places[environment], merged[-1][1]
    done = dealt_with(place, [pull.number for pull, _ in merged])
    if place.stay is not None and release == place.stay.release:
        by = place.stay.by or merged[-1][0].closed_by or ""  # the forge was slower than the branch
        sight.change(environment, "", stay=replace(place.stay, by=by), proposal=None, merging=None, **done)
        return
    skip = Skip("somebody", sight.now, "merged and taken back by hand")
    outcomes = {**place.outcomes, release: Outcome(Result.LEFT, sight.now, "merged and taken back by hand")}
    sight.change(
        environment, f"{sight.label(release)} was merged and taken back by hand", proposal=None, **done,
        mark=_mark(sight, place, release), skips={**place.skips, release: skip}, outcomes=outcomes, merging=None,
        hold=place.hold or Hold(BOT, sight.now, f"{sight.label(release)} was taken back by hand"),
        target=None if place.target is None or place.target.release == release else place.target,
        asked=None if place.asked is None or place.asked.release == release else place.asked,
    )  # fmt: skip


def _was_here(place: Place, sight: Sight, environment: str) -> int | None:
    """The newest release that was active here before with exactly what the slot holds now."""
    slot = sight.slot(environment)
    back = [stay.release for stay in place.past if stay.content is not None and slot.holds(stay.content)]
    back = [number for number in back if number in sight.seen.ledger.releases]
    return max(back, default=None)


def _taken_back(sight: Sight, environment: str, release: int) -> None:
    place = sight.places[environment]
    left = _above(sight, ((place.stay,) if place.stay else ()) + place.past, release)
    arrive(sight, environment, release, How.BY_HAND, "a person took it back")
    skips = {number: Skip("somebody", sight.now, "taken back by hand") for number in left}
    place = sight.places[environment]
    reason = f"taken back to {sight.label(release)} by hand"
    sight.change(
        environment, "held: " + reason, skips={**skips, **place.skips}, target=None,
        hold=place.hold or Hold(BOT, sight.now, reason),
    )  # fmt: skip


def _mixed(sight: Sight, environment: str, release: int) -> None:
    reason = f"{sight.label(release)} was merged, but the slot holds something else as well"
    arrive(sight, environment, release, How.MIXED, "merged together with other changes")
    place = sight.places[environment]
    sight.change(environment, "held: " + reason, hold=place.hold or Hold(BOT, sight.now, reason))


def _drift(sight: Sight, environment: str) -> None:
    place, slot = sight.places[environment], sight.slot(environment)
    if place.drift is not None and place.drift.content == slot.content:
        return
    drift = Drift(slot.content, slot.tip or Oid(""), sight.now)
    # a soak needs a slot that holds what is soaking
    stay = replace(place.stay, healthy_since=None) if place.stay is not None else None
    sight.change(environment, "the slot was changed by hand to something no release explains", drift=drift, stay=stay)


def _above(sight: Sight, stays: tuple[Stay, ...], release: int) -> list[int]:
    order = sight.seen.ledger.order
    return sorted({stay.release for stay in stays if order(stay.release) > order(release)})


def _mark(sight: Sight, place: Place, release: int) -> int:
    return max(place.mark, release, key=sight.seen.ledger.order)


def _kind(place: Place, release: int) -> Kind:
    if place.target is not None and place.target.release == release:
        return place.target.kind
    if place.proposal is not None and place.proposal.release == release:
        return place.proposal.kind
    return Kind.PROMOTION


def _proposed(place: Place, release: int) -> bool:
    return any(word is not None and word.release == release for word in (place.proposal, place.target))
