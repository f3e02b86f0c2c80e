"""The steps that bring one slot to its target: close, propose, open, say, merge.

Invariants: at most one proposal a slot; a pull request is closed only after the ledger has announced it; nothing is
made while somebody else's commits stand on the proposal branch; a merge names head and base.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from promoter.model.forge import Check, PullRequest, PullText
from promoter.model.ledger import Kind, Merging, Proposal
from promoter.model.plan import (
    Action,
    ClosePullRequest,
    Commit,
    MergePullRequest,
    Propose,
    SetCommitStatus,
    UpsertPullRequest,
)
from promoter.model.snapshot import ProposalSeen
from promoter.model.verdict import Answer, Verdict, worst
from promoter.model.wording import PULL, spoken
from promoter.plan.judge import STATUS, merge_word, on_offer, open_pull
from promoter.plan.report.pull import pull_text, with_people
from promoter.plan.sight import Sight
from promoter.policy.rules import Promote

DESCRIPTION = 140
"""Characters of a commit status' description that every forge takes."""


@dataclass(slots=True)
class Room:
    """What one plan may still do: pull requests to open, and one rebuild a branch that demands up-to-date heads."""

    left: int
    taken: set[str] = field(default_factory=set)

    def take(self) -> bool:
        """Take the place of one more open pull request, if there is one."""
        self.left -= 1
        return self.left >= 0

    def turn(self, branch: str) -> bool:
        """Take the one turn of `branch` in this plan."""
        free = branch not in self.taken
        self.taken.add(branch)
        return free


def withdraw(sight: Sight, environment: str) -> list[Action]:
    """Close what is open for a slot that has no target, after announcing it; a person's commits are left alone."""
    place, slot = sight.places[environment], sight.slot(environment)
    pull = open_pull(sight, environment)
    if pull is None:
        if place.proposal is not None and not any(place.awaits(p.number) for p in slot.pulls):
            sight.change(environment, f"r{place.proposal.release} is no longer proposed", proposal=None, merging=None)
        return []
    if slot.pull_releases.get(pull.number) is None or (slot.proposal is not None and not slot.proposal.ours):
        return []
    number = slot.pull_releases[pull.number]
    reason = _why_gone(sight, environment, number)
    if pull.number not in place.announced:
        announced = (*place.announced, pull.number)
        why = f"will close pull request {pull.number}: {reason}"
        sight.change(environment, why, announced=announced, asked=None, merging=None)
    return [ClosePullRequest(sight.app.name, reason, slot.slot, pull.number)]


def advance(
    sight: Sight, environment: str, release: int, kind: Kind, verdicts: tuple[Verdict, ...], room: Room
) -> list[Action]:
    """Give the steps that bring `release` closer to `environment`, as far as there is room."""
    rules, place, slot = sight.rules(environment), sight.places[environment], sight.slot(environment)
    how = rules.rollback if kind is Kind.ROLLBACK else rules.promote
    passed = worst(verdicts) is Answer.SUCCESS
    if how is Promote.COMMIT:
        return _straight(sight, environment, release, kind, passed)
    pull, offer = open_pull(sight, environment), on_offer(sight, environment, release, kind)
    seen = slot.proposal
    if seen is not None and not seen.ours and not seen.merged:
        return []
    if pull is None and not room.take() and kind is not Kind.ROLLBACK:
        return []
    if pull is not None and pull.number in place.announced:
        announced = tuple(number for number in place.announced if number != pull.number)
        sight.change(environment, f"pull request {pull.number} stays open after all", announced=announced)
    if offer is None or (pull is not None and is_stale(sight, environment, (offer, pull), passed, room)):
        return _propose(sight, environment, release, kind)
    if place.proposal is None or place.proposal.release != release or place.proposal.kind is not kind:
        _note(sight, environment, release, kind)
    return _converse(sight, environment, release, kind, verdicts, (offer, pull))


def is_stale(
    sight: Sight, environment: str, offered: tuple[ProposalSeen, PullRequest], passed: bool, room: Room
) -> bool:
    """Tell whether the proposal has to be made again because the forge will not merge it on this base.

    Where the base demands up-to-date branches only the one that is next to merge is, or every merge would cost a
    rebuild of all that wait.
    """
    offer, pull = offered
    slot = sight.slot(environment)
    if pull.mergeable is not False or offer.parent == slot.tip:
        return False
    return not slot.protection.up_to_date or (passed and room.turn(slot.slot.branch))


def _note(sight: Sight, environment: str, release: int, kind: Kind) -> None:
    place = sight.places[environment]
    number = place.proposal.pull if place.proposal is not None else None
    proposal = Proposal(release, kind, sight.now, number)
    sight.change(environment, f"{sight.label(release)} is proposed ({kind})", proposal=proposal, merging=None)


def _straight(sight: Sight, environment: str, release: int, kind: Kind, passed: bool) -> list[Action]:
    place, slot = sight.places[environment], sight.slot(environment)
    if not passed:
        return []
    if place.proposal is None or place.proposal.release != release or place.proposal.kind is not kind:
        _note(sight, environment, release, kind)
    reason = f"{sight.label(release)} goes straight to {environment}"
    return [Commit(sight.app.name, reason, slot.slot, release, kind, slot.tip, slot.content)]


def _propose(sight: Sight, environment: str, release: int, kind: Kind) -> list[Action]:
    place, slot = sight.places[environment], sight.slot(environment)
    if place.proposal is None or place.proposal.release != release or place.proposal.kind is not kind:
        _note(sight, environment, release, kind)
    old = slot.proposal.head if slot.proposal is not None else None
    verb = {Kind.ROLLBACK: "goes back to", Kind.RESTORE: "is put back in"}.get(kind, "is proposed to")
    reason = f"{sight.label(release)} {verb} {environment}"
    return [Propose(sight.app.name, reason, slot.slot, release, kind, slot.tip, slot.content, old)]


def _converse(
    sight: Sight, environment: str, release: int, kind: Kind, verdicts: tuple[Verdict, ...],
    offered: tuple[ProposalSeen, PullRequest | None],
) -> list[Action]:  # fmt: skip
    offer, pull = offered
    slot, app = sight.slot(environment), sight.app.name
    word = merge_word(sight, environment, release, kind)
    text = _text(sight, environment, release, kind, verdicts + ((word,) if word else ()), offered)
    if pull is None:
        return [UpsertPullRequest(app, f"open a pull request into {environment}", slot.slot, offer.head, text, None)]
    if pull.head != offer.head:
        return []  # the forge has not seen the push yet
    actions: list[Action] = []
    if (pull.title, pull.body) != (text.title, text.body) or not set(text.labels) <= set(pull.labels):
        why = f"pull request {pull.number} says what it waits for"
        actions.append(UpsertPullRequest(app, why, slot.slot, offer.head, text, pull.number))
    state, said = status_text(verdicts, sight.seen.called)
    if not says(pull.checks, state, said):
        actions.append(SetCommitStatus(app, f"{state}: {said}", slot.slot, offer.head, state, said))
    if worst(verdicts) is Answer.SUCCESS and word is None and pull.mergeable is not False:
        actions.append(_merge(sight, environment, release, kind, verdicts, (offer, pull)))
    return actions


def _text(
    sight: Sight, environment: str, release: int, kind: Kind, verdicts: tuple[Verdict, ...],
    offered: tuple[ProposalSeen, PullRequest | None],
) -> PullText:  # fmt: skip
    offer, pull = offered
    text = pull_text(
        sight.config, sight.app, sight.ledger(), environment, release, kind, verdicts,
        head=offer.head, difference=offer.difference, edits=sight.slot(environment).edits,
    )  # fmt: skip
    text = replace(text, body=spoken(text.body, sight.seen.called))
    return replace(text, body=with_people(pull.body, text.body)) if pull is not None else text


def status_text(verdicts: tuple[Verdict, ...], called: str = PULL) -> tuple[str, str]:
    """Give state and description of the commit status: what is missing first, at most 140 characters.

    `called`: what the forge's people call a pull request.
    """
    answer = worst(verdicts)
    if answer is Answer.SUCCESS:
        return "success", "every gate passed"
    said = spoken("; ".join(f"{v.gate}: {v.reason}" for v in verdicts if v.answer is answer), called)
    state = "failure" if answer is Answer.FAILURE else "pending"
    return state, said if len(said) <= DESCRIPTION else said[: DESCRIPTION - 1] + "…"


def _merge(
    sight: Sight, environment: str, release: int, kind: Kind, verdicts: tuple[Verdict, ...],
    offered: tuple[ProposalSeen, PullRequest],
) -> MergePullRequest:  # fmt: skip
    offer, pull = offered
    place, slot = sight.places[environment], sight.slot(environment)
    if place.merging is None or place.merging.head != offer.head:
        evidence = tuple(f"{verdict.gate}: {verdict.reason}" for verdict in verdicts)
        merging = Merging(release, offer.head, sight.now, evidence)
        sight.change(environment, f"merge pull request {pull.number} at {offer.head[:8]}", merging=merging)
    method = slot.protection.methods[0] if slot.protection.methods else "merge"
    forward = slot.protection.may_push and offer.parent == slot.tip
    return MergePullRequest(
        sight.app.name, f"every gate of {environment} passed", slot.slot, pull.number, release, kind, offer.head,
        slot.content, method, forward, slot.tip,
    )  # fmt: skip


def says(checks: tuple[Check, ...], state: str, description: str) -> bool:
    """Tell whether our commit status says so already."""
    mine = [check for check in checks if check.name == STATUS]
    return any(check.state == state and check.description == description for check in mine)


def _why_gone(sight: Sight, environment: str, number: int) -> str:
    place, label = sight.places[environment], sight.label(number)
    seen = sight.slot(environment).proposal
    if seen is not None and seen.kind is Kind.RESTORE:
        stays = place.drift is not None and place.drift.kept_by
        return (
            f"what was changed by hand stays, says {stays}" if stays else f"nothing is to be put back in {environment}"
        )
    if seen is not None and seen.kind is Kind.ROLLBACK:
        return f"nobody wants {environment} back at {label} any more"
    if place.stay is not None and place.stay.release == number:
        return f"{label} is active in {environment}"
    if number in place.skips:
        return f"{label} is skipped in {environment}: {place.skips[number].reason}"
    if number in sight.seen.ledger.releases and sight.is_hotfix(number, environment):
        return f"{environment} does not run what {label} was made from any more"
    if sight.seen.ledger.gone_by(place, number):
        return f"{environment} has had r{place.mark}, which is newer than {label}"
    if number in sight.seen.ledger.releases and not sight.cleared(number, environment):
        names = " and ".join(sight.rules(environment).after.names)
        return f"{label} is not verified in {names} any more"
    if number in sight.seen.ledger.releases and (refused := sight.refused(number, environment)):
        return f"{label} is not for {environment} any more: {refused}"
    return f"{label} cannot come to {environment}"
