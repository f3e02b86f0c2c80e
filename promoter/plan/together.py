"""The steps of one group: who is in its proposal now, and bringing that to the environment (law: `grouping`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from promoter.model.forge import PullRequest, PullText
from promoter.model.ledger import Kind, Merging
from promoter.model.plan import Action, Member, MergePullRequest, Propose, SetCommitStatus, UpsertPullRequest
from promoter.model.snapshot import ProposalSeen, SlotSeen
from promoter.model.verdict import Answer, Verdict, worst
from promoter.model.wording import spoken
from promoter.plan.judge import held, merge_word, on_offer, open_pull
from promoter.plan.report.pull import with_people
from promoter.plan.report.pull_group import Part, group_text, shared, some
from promoter.plan.sight import Sight
from promoter.plan.steps import Room, is_stale, says, status_text


@dataclass(frozen=True, slots=True)
class Bound:
    """A slot whose release belongs to a group, as the look saw it there."""

    sight: Sight
    environment: str
    release: int
    verdicts: tuple[Verdict, ...]

    @property
    def app(self) -> str:
        """The app's name."""
        return self.sight.app.name

    @property
    def seen(self) -> SlotSeen:
        """The slot as it was found."""
        return self.sight.slot(self.environment)

    @property
    def word(self) -> Verdict | None:
        """Who has to merge it, when promoter does not."""
        return merge_word(self.sight, self.environment, self.release, Kind.PROMOTION)

    @property
    def open_verdicts(self) -> tuple[Verdict, ...]:
        """What it waits for itself."""
        word = self.word
        return tuple(verdict for verdict in (*self.verdicts, *((word,) if word else ())) if not verdict.passed)

    @property
    def offer(self) -> ProposalSeen | None:
        """The group's head when it brings exactly this release to what the slot holds now."""
        return on_offer(self.sight, self.environment, self.release, Kind.PROMOTION)

    @property
    def free(self) -> bool:
        """Tell whether it can go: nobody holds it, and nobody changed its slot by hand."""
        return held(self.sight, self.environment) is None and self.sight.places[self.environment].drift is None


def crew(bound: Sequence[Bound]) -> list[Bound]:
    """Give who is in the proposal now, by the app's name: see the law."""
    bound = sorted(bound, key=lambda one: one.app)
    free = [one for one in bound if one.free] or bound
    seen, pull = bound[0].seen.proposal, open_pull(bound[0].sight, bound[0].environment)
    if seen is None or pull is None or not seen.ours or seen.merged or pull.head != seen.head:
        return free
    if not any(review.state == "approved" and review.head == seen.head for review in pull.reviews):
        return free
    aboard = [one for one in free if seen.members.get(one.app) == one.release]
    failing = any(verdict.answer is Answer.FAILURE for one in aboard for verdict in one.verdicts)
    return aboard if len(aboard) == len(seen.members) and not failing else free


def advance_group(members: Sequence[Bound], room: Room) -> list[Action]:
    """Give the steps that bring the members closer to the environment, as far as there is room."""
    lead = members[0]
    sight, environment, seen = lead.sight, lead.environment, lead.seen.proposal
    if seen is not None and not seen.ours and not seen.merged:
        return []
    pull = open_pull(sight, environment)
    if pull is None and not room.take():
        return []
    whole = {one.app: one.release for one in members}
    exact = seen is not None and dict(seen.members) == whole and all(one.offer is not None for one in members)
    passed = all(worst(one.verdicts) is Answer.SUCCESS for one in members)
    if seen is None or not exact or (pull is not None and is_stale(sight, environment, (seen, pull), passed, room)):
        return [_propose(members)]
    return _converse(members, seen, pull)


def _propose(members: Sequence[Bound]) -> Propose:
    lead, slot = members[0], members[0].seen
    expect = slot.proposal.head if slot.proposal is not None else None
    return Propose(
        lead.app, f"{_counted(members)} proposed to {lead.environment} together", slot.slot, lead.release,
        Kind.PROMOTION, slot.tip, slot.content, expect, _others(members),
    )  # fmt: skip


def _converse(members: Sequence[Bound], head: ProposalSeen, pull: PullRequest | None) -> list[Action]:
    lead = members[0]
    slot, environment = lead.seen.slot, lead.environment
    text = _text(members, head, pull)
    if pull is None:
        why = f"open a pull request into {environment} for {_counted(members)}"
        return [UpsertPullRequest(lead.app, why, slot, head.head, text, None)]
    if pull.head != head.head:
        return []  # the forge has not seen the push yet
    actions: list[Action] = []
    if (pull.title, pull.body) != (text.title, text.body) or not set(text.labels) <= set(pull.labels):
        why = f"pull request {pull.number} says what it waits for"
        actions.append(UpsertPullRequest(lead.app, why, slot, head.head, text, pull.number))
    verdicts = shared([(one.app, one.verdicts) for one in members])
    state, said = status_text(verdicts, lead.sight.seen.called)
    if not says(pull.checks, state, said):
        actions.append(SetCommitStatus(lead.app, f"{state}: {said}", slot, head.head, state, said))
    if not any(one.open_verdicts for one in members) and pull.mergeable is not False:
        actions.append(_merge(members, head, pull))
    return actions


def _text(members: Sequence[Bound], head: ProposalSeen, pull: PullRequest | None) -> PullText:
    parts = []
    for one in members:
        offer, word = one.offer, one.word
        assert offer is not None  # noqa: S101 (only an exact head is spoken of)
        verdicts = (*one.verdicts, word) if word else one.verdicts
        parts.append(Part(one.sight.app, one.sight.ledger(), one.release, verdicts, offer.difference))
    lead = members[0]
    text = group_text(lead.sight.config, lead.environment, parts, head=head.head, changes=head.changes)
    text = replace(text, body=spoken(text.body, lead.sight.seen.called))
    return replace(text, body=with_people(pull.body, text.body)) if pull is not None else text


def _merge(members: Sequence[Bound], head: ProposalSeen, pull: PullRequest) -> MergePullRequest:
    for one in members:
        place = one.sight.places[one.environment]
        if place.merging is None or place.merging.head != head.head:
            evidence = tuple(f"{verdict.gate}: {verdict.reason}" for verdict in one.verdicts)
            merging = Merging(one.release, head.head, one.sight.now, evidence)
            why = f"merge pull request {pull.number} at {head.head[:8]} with {_counted(members)}"
            one.sight.change(one.environment, why, merging=merging)
    lead, slot = members[0], members[0].seen
    method = slot.protection.methods[0] if slot.protection.methods else "merge"
    forward = slot.protection.may_push and head.parent == slot.tip
    return MergePullRequest(
        lead.app, f"every gate of {lead.environment} passed for {_counted(members)}", slot.slot, pull.number,
        lead.release, Kind.PROMOTION, head.head, slot.content, method, forward, slot.tip, _others(members),
    )  # fmt: skip


def _others(members: Sequence[Bound]) -> tuple[Member, ...]:
    return tuple(Member(one.seen.slot, one.release, one.seen.content) for one in members[1:])


def _counted(members: Sequence[Bound]) -> str:
    return f"{len(members)} apps" if len(members) > 1 else members[0].app


def company(one: Bound, members: Sequence[Bound]) -> Verdict | None:
    """Say with whom a slot of the group goes, and for whom it waits; None when that is nobody."""
    if all(other.app != one.app for other in members):
        if not one.free:
            return None
        pull = open_pull(one.sight, one.environment)
        number = f"pull request {pull.number}" if pull is not None else "the group's pull request"
        return Verdict("group", Answer.PENDING, f"{number} is approved as it is; what comes later goes in the next")
    others = [other for other in members if other.app != one.app]
    if not others:
        return None
    waits = [other for other in others if other.open_verdicts]
    names = some([other.app for other in others])
    if not waits or one.open_verdicts:
        return Verdict("group", Answer.SUCCESS, f"goes together with {names}")
    first = waits[0].open_verdicts[0]
    reason = f"goes together with {names}; {waits[0].app} waits for {first.gate}: {first.reason}"
    return Verdict("group", Answer.PENDING, reason, first.since, first.until, first.who)
