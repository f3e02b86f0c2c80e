"""Closing the facts: what the look means for the ledger, to a fixpoint over the graph.

Invariants: facts follow from (ledger, look) alone, so a second pass over the same look changes nothing; evidence is
written when it changes and never otherwise; nobody's word (skip, hold, close) is undone here.
"""

from __future__ import annotations

from dataclasses import replace

from promoter.model.forge import PullRequest, PullState
from promoter.model.ledger import Asked, Hold, Kind, Skip
from promoter.plan.arrival import arrivals, arrive_unchanged, dealt_with
from promoter.plan.filing import follow
from promoter.plan.outcome import outcome
from promoter.plan.restore import kept, restoring
from promoter.plan.sight import BOT, Sight


def close_facts(sight: Sight) -> None:
    """Bring the sight's places up to what was seen.

    Environments come in pipeline order, so one pass settles almost everything; the bound is the depth of the graph.
    """
    for _ in range(2 * len(sight.places) + 2):
        before = dict(sight.places)
        for environment in sight.app.environments:
            _hold_over(sight, environment)
            _graph(sight, environment)
            _pulls(sight, environment)
            arrivals(sight, environment)
            arrive_unchanged(sight, environment)
            outcome(sight, environment)
            follow(sight, environment)
            _stale(sight, environment)
        if before == sight.places:
            return


def _hold_over(sight: Sight, environment: str) -> None:
    hold = sight.places[environment].hold
    if hold is not None and hold.until is not None and hold.until <= sight.now:
        sight.change(environment, f"the hold by {hold.by} is over", hold=None)


def _graph(sight: Sight, environment: str) -> None:
    """Hold an environment whose predecessors were removed or replaced: its order is not the one that was agreed."""
    place, after = sight.places[environment], sight.rules(environment).after.names
    if place.after == after:
        return
    known = environment in sight.seen.ledger.places
    lost = [name for name in place.after if name not in after]
    if known and lost:
        reason = f"the pipeline changed: came after {', '.join(place.after)}, now after {', '.join(after) or 'nothing'}"
        hold = place.hold or Hold(BOT, sight.now, reason)
        sight.change(environment, reason, after=after, hold=hold)
    else:
        sight.change(environment, f"comes after {', '.join(after) or 'nothing'}", after=after)


def _pulls(sight: Sight, environment: str) -> None:
    """Learn from pull requests: bind the open one, take a close as a skip and a reopening as a retry."""
    for pull in sight.slot(environment).pulls:
        place = sight.places[environment]
        if pull.state is PullState.OPEN:
            _open(sight, environment, pull)
        elif pull.state is PullState.CLOSED and place.awaits(pull.number):
            _closed(sight, environment, pull)


def _open(sight: Sight, environment: str, pull: PullRequest) -> None:
    if not sight.places[environment].awaits(pull.number):
        reopened = (*sight.places[environment].reopened, pull.number)
        sight.change(environment, f"pull request {pull.number} is open again", reopened=reopened)
    place = sight.places[environment]
    release = sight.slot(environment).pull_releases.get(pull.number)
    skip = place.skips.get(release) if release is not None else None
    if skip is not None and skip.pull == pull.number:
        skips = {number: word for number, word in place.skips.items() if number != release}
        sight.change(environment, f"r{release} may come again", skips=skips)
    elif place.drift is not None and place.drift.pull == pull.number:
        sight.change(environment, "what was changed by hand may be put back", drift=kept(place.drift, ""))
    elif place.proposal is not None and place.proposal.pull is None:
        proposal = replace(place.proposal, pull=pull.number)
        sight.change(environment, f"r{proposal.release} is proposed in pull request {pull.number}", proposal=proposal)


def _closed(sight: Sight, environment: str, pull: PullRequest) -> None:
    place = sight.places[environment]
    ours = place.proposal is not None and place.proposal.pull in (None, pull.number)
    proposal = None if ours else place.proposal
    done = dealt_with(place, [pull.number])
    group = place.proposal is not None and place.proposal.group
    release = sight.slot(environment).pull_releases.get(pull.number)
    announced = pull.number in place.announced and pull.closed_by in (None, pull.author)
    if announced or (group and (release is None or pull.closed_by == pull.author)):
        # a group's is closed by us only when nobody is in it, which each ledger says before
        left = tuple(number for number in place.announced if number != pull.number)
        why = f"pull request {pull.number} is closed"
        if place.proposal is not None and group:
            proposal = replace(place.proposal, pull=None)
        sight.change(environment, why, announced=left, proposal=proposal, **done)
        return
    if release is None and ours and place.proposal is not None:
        release = place.proposal.release
    who = pull.closed_by or "somebody"
    if release is None or release not in sight.seen.ledger.releases:
        why = f"pull request {pull.number} was closed"
        sight.change(environment, why, proposal=proposal, **done)
        return
    drift = place.drift
    if restoring(place) and ours and place.stay is not None and release == place.stay.release:
        why = f"what was changed by hand stays: {who} closed pull request {pull.number}"
        stays = kept(drift, who, pull.number) if drift is not None else None
        sight.change(environment, why, drift=stays, proposal=None, asked=None, merging=None, **done)
        return
    skip = Skip(who, min(pull.closed_at or sight.now, sight.now), f"closed pull request {pull.number}", pull.number)
    target = place.target if place.target is None or place.target.release != release else None
    asked = place.asked if place.asked is None or place.asked.release != release else None
    sight.change(
        environment, f"r{release} is skipped: {who} closed pull request {pull.number}", proposal=proposal, **done,
        skips={**place.skips, release: skip}, target=target, asked=asked, merging=None,
    )  # fmt: skip


def _stale(sight: Sight, environment: str) -> None:
    """Drop words that no longer have a subject: asked for another head, a target that is already here."""
    place = sight.places[environment]
    if place.target is not None and place.stay is not None and place.target.release == place.stay.release:
        sight.change(environment, "", target=None)
    asked, seen = place.asked, sight.slot(environment).proposal
    if asked is None:
        return
    here = place.stay is not None and place.stay.release == asked.release and not restoring(place)
    if here or asked.release not in sight.seen.ledger.releases or asked.release in place.skips:
        sight.change(environment, f"the word of {asked.by} for r{asked.release} has no subject now", asked=None)
    elif seen is not None and seen.ours and not seen.merged and seen.kind is not Kind.ROLLBACK:
        alone = place.proposal is None or not place.proposal.group
        if asked.head is None and seen.release == asked.release and alone:  # else it is about to leave its group
            bound = Asked(asked.release, asked.by, asked.at, seen.head)
            sight.change(environment, f"the word of {asked.by} is for {seen.head[:8]}", asked=bound)
        elif asked.head is not None and asked.head != seen.head:
            why = f"the word of {asked.by} was for {asked.head[:8]}, which is not proposed any more"
            sight.change(environment, why, asked=None)
