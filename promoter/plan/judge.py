"""Every verdict on a release on its way into an environment: the order, people's words, then the configured gates.

Invariants: the order is always judged, whatever is configured; a rollback needs the right and nothing else, so nothing
but the proposal itself can stop it; what is judged is one exact head.
"""

from __future__ import annotations

from promoter.model.forge import PullRequest, PullState
from promoter.model.ledger import Kind
from promoter.model.snapshot import ProposalSeen
from promoter.model.verdict import Answer, Verdict
from promoter.plan.back import of_policy
from promoter.plan.fixes import hotfix_words
from promoter.plan.outcome import health, verify_deadline
from promoter.plan.override import overridden
from promoter.plan.sight import BOT, Sight
from promoter.policy.freeze import freeze_for, freeze_over
from promoter.policy.gate import Subject
from promoter.policy.rules import Promote

STATUS = "promoter"
"""The name of the one commit status that promoter posts."""
OF_THE_SLOT = frozenset({"drift", "head"})
"""Verdicts that speak of the slot and its branches: they would fail any release."""
HOLD_LABELS = frozenset({"held", "promoter/hold"})


def open_pull(sight: Sight, environment: str) -> PullRequest | None:
    """Give the open pull request from this slot's proposal branch, if it can be into the slot's branch."""
    slot = sight.slot(environment)
    found = [pull for pull in reversed(slot.pulls) if pull.state is PullState.OPEN]
    return next((pull for pull in found if pull.base_branch == slot.slot.branch), found[0] if found else None)


def on_offer(sight: Sight, environment: str, release: int, kind: Kind) -> ProposalSeen | None:
    """Give the proposal branch's head when it is exactly `release` on top of what is active now."""
    slot = sight.slot(environment)
    seen = slot.proposal
    if seen is None or not seen.ours or seen.merged or seen.release != release or seen.kind is not kind:
        return None
    return seen if slot.holds(seen.before) else None


def judge(sight: Sight, environment: str, release: int, kind: Kind) -> tuple[Verdict, ...]:
    """Give all verdicts on `release` for `environment`, in the order in which people should read them."""
    own = tuple(_own(sight, environment, release, kind))
    if kind is Kind.ROLLBACK:
        return own
    subject = subject_of(sight, environment, release, kind)
    place = sight.places[environment]
    gates = (v for gate in sight.rules(environment).gates for v in gate.evaluate(subject, sight.now))
    return own + tuple(overridden(place, release, verdict, sight.show) for verdict in gates)


def subject_of(sight: Sight, environment: str, release: int, kind: Kind) -> Subject:
    """Give what the configured gates judge: `release` at the head that is exactly it, if it is proposed."""
    record = sight.release(release)
    pull, offer = open_pull(sight, environment), on_offer(sight, environment, release, kind)
    authors = {commit.author for commit in record.commits} | {record.by}
    head = offer.head if offer is not None else None
    current = pull if pull is not None and pull.head == head else None
    return Subject(
        sight.app.name, environment, record, head, current, current.checks if current else (), frozenset(authors),
        sight.config.timezone, sight.places, sight.seen.ledger.releases,
        sight.seen.replies,
    )  # fmt: skip


def merge_word(sight: Sight, environment: str, release: int, kind: Kind) -> Verdict | None:
    """Say who has to merge when everything else has passed; None when promoter does."""
    rules, place = sight.rules(environment), sight.places[environment]
    how = rules.rollback if kind is Kind.ROLLBACK else rules.promote
    if how in (Promote.AUTO, Promote.COMMIT):
        return None
    offer = on_offer(sight, environment, release, kind)
    asked = place.asked
    if asked is not None and offer is not None and (asked.release, asked.head) == (release, offer.head):
        return None
    return Verdict("merge", Answer.PENDING, "a person merges it, or says promoter promote", who=("write",))


def _own(sight: Sight, environment: str, release: int, kind: Kind) -> list[Verdict]:
    rollback = kind is Kind.ROLLBACK
    found = [_order(sight, environment, release, kind)]
    if not rollback:
        alone = kind is Kind.RESTORE or sight.is_hotfix(release, environment)
        waits = None if alone else _settled(sight, environment)
        found += [v for v in (waits, held(sight, environment), frozen(sight, environment)) if v]
    if kind is not Kind.RESTORE and (drift := _drifted(sight, environment, rollback)) is not None:
        found.append(drift)
    seen = sight.slot(environment).proposal
    if seen is not None and not seen.ours and not seen.merged:
        reason = f"{sight.slot(environment).slot.proposal_branch} holds commits that are not promoter's"
        found.append(Verdict("head", Answer.FAILURE, f"{reason}; delete the branch to have it made again"))
    pull = open_pull(sight, environment)
    if pull is not None and pull.base_branch != (branch := sight.slot(environment).slot.branch):
        reason = f"pull request {pull.number} goes into {pull.base_branch} now; let it go into {branch}, or close it"
        found.append(Verdict("base", Answer.FAILURE, reason))
    if pull is not None and pull.draft:
        found.append(Verdict("draft", Answer.PENDING, "the pull request is a draft"))
    held_too = not rollback or of_policy(sight.places[environment].target)
    if pull is not None and held_too and (labels := HOLD_LABELS & set(pull.labels)):
        found.append(Verdict("hold", Answer.PENDING, f"label {min(labels)} on pull request {pull.number}"))
    if pull is not None:
        found += _forge(sight, environment, pull)
    return found


def _drifted(sight: Sight, environment: str, rollback: bool) -> Verdict | None:
    """What a person changed by hand is overwritten only on the word of somebody who could see it."""
    place = sight.places[environment]
    drift, target = place.drift, place.target
    if drift is None or (rollback and target is not None and target.by != BOT and target.at > drift.since):
        return None
    reason = "the slot was changed by hand; adopt it, take it back, or merge by hand"
    if rollback:
        reason = "the slot was changed by hand since; adopt it, take it back, or say promoter rollback again"
    return Verdict("drift", Answer.FAILURE, reason, drift.since)


def _forge(sight: Sight, environment: str, pull: PullRequest) -> list[Verdict]:
    """What the forge itself asks of a merge: read, so that nothing is tried that it would refuse."""
    asks = sight.slot(environment).protection
    good = {check.name for check in pull.checks if check.state == "success"}
    found = [
        Verdict("forge", Answer.PENDING, f"the forge requires the check {name}")
        for name in asks.required_checks
        if name not in good and name != STATUS
    ]
    approvals = len({r.user for r in pull.reviews if r.state == "approved" and r.head == pull.head})
    if approvals < asks.required_approvals:
        wanted = f"{asks.required_approvals} approval{'s' if asks.required_approvals > 1 else ''}"
        reason = f"the forge requires {wanted}, has {approvals}"
        found.append(Verdict("forge", Answer.PENDING, reason))
    return found


def _order(sight: Sight, environment: str, release: int, kind: Kind) -> Verdict:
    rules, place = sight.rules(environment), sight.places[environment]
    if kind is Kind.ROLLBACK:
        who = place.target.by if place.target is not None else "somebody"
        return Verdict("order", Answer.SUCCESS, f"rolled back by {who}")
    if kind is Kind.RESTORE:
        return Verdict("order", Answer.SUCCESS, f"puts back {sight.label(release)}, which was changed by hand")
    if sight.is_hotfix(release, environment):
        return Verdict("order", Answer.SUCCESS, hotfix_words(sight.release(release)))
    if not rules.after.names:
        return Verdict("order", Answer.SUCCESS, "comes first")
    names = rules.after.names
    if sight.cleared(release, environment):
        seen = [(name, sight.places[name].outcomes[release].at) for name in names if sight.passed(release, name)]
        return Verdict("order", Answer.SUCCESS, ", ".join(f"verified in {n}, {sight.show(at)}" for n, at in seen))
    missing = [name for name in names if name not in sight.places or not sight.passed(release, name)]
    return Verdict("order", Answer.PENDING, f"not verified in {' or '.join(missing)}")


def _settled(sight: Sight, environment: str) -> Verdict | None:
    """What is active stays until its outcome is known, or it would never get one."""
    place, rules = sight.places[environment], sight.rules(environment)
    if sight.settled(environment) or place.stay is None:
        return None
    stay, label = place.stay, sight.label(place.stay.release)
    if stay.healthy_since is not None and sight.now < stay.healthy_since + rules.verify.soak:
        until = stay.healthy_since + rules.verify.soak
        return Verdict("settled", Answer.PENDING, f"{label} soaks here until {sight.show(until)}", stay.since, until)
    _, reason = health(sight, environment)
    until = verify_deadline(stay, rules.verify)
    return Verdict("settled", Answer.PENDING, f"{label} is being verified here: {reason}", stay.since, until)


def held(sight: Sight, environment: str) -> Verdict | None:
    """Say who holds the environment, until when and why; None when nobody does."""
    hold = sight.hold(environment)
    if hold is None:
        return None
    end = f" until {sight.show(hold.until)}" if hold.until else ""
    why = f": {hold.reason}" if hold.reason else ""
    return Verdict("hold", Answer.PENDING, f"held by {hold.by}{end}{why}", hold.at, hold.until, ("resume",))


def frozen(sight: Sight, environment: str) -> Verdict | None:
    """Say until when the calendar stops everything here; None when it does not."""
    freeze = freeze_for(sight.config, environment, sight.now)
    if freeze is None:
        return None
    until = freeze_over(sight.config, freeze, sight.now)
    end = f" until {sight.show(until)}" if until is not None else ""
    why = f": {freeze.reason}" if freeze.reason else ""
    return Verdict("freeze", Answer.PENDING, f"frozen{end}{why}", None, until)
