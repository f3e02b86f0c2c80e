"""What people say, as changes of a ledger: pure, so that every face (terminal, comment, job) says the same.

Invariants: a word that makes no sense changes nothing and says why; nothing here merges or pushes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from promoter.errors import UsageError
from promoter.model.ledger import Asked, Hold, Kind, Ledger, Override, Place, Result, Skip, Target
from promoter.model.names import Oid
from promoter.model.release import ReleaseState
from promoter.plan.back import Wanted, of_policy, rollback
from promoter.plan.job_again import job_failed, started_again
from promoter.plan.outcome import last_verified
from promoter.plan.override import added, check_gate, stands_on
from promoter.plan.restore import kept, restoring
from promoter.policy.rules import AppRules


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody said about one app in one environment."""

    verb: str
    """`promote`, `rollback`, `hold`, `resume`, `skip`, `retry` or `override`."""
    environment: str
    by: str
    at: datetime
    release: int | None = None
    reason: str = ""
    until: datetime | None = None
    head: Oid | None = None
    """What is proposed there now, for `promote`: the word is for that and nothing else."""
    gate: str = ""
    """For `override`."""


def say(app: AppRules, ledger: Ledger, word: Word) -> tuple[Ledger, str]:
    """Give the ledger after `word`, and the sentence for its commit. Raises UsageError."""
    if word.environment not in app.environments:
        raise UsageError(f"{app.name} has no environment {word.environment}", f"It has {', '.join(app.environments)}.")
    place = ledger.place(word.environment)
    changes, said = _VERBS[word.verb](app, ledger, place, word)
    if word.verb != "override" and of_policy(changes.get("target", place.target)):
        changes = {**changes, "target": None}  # somebody looks after it: promoter takes nothing back by itself any more
    places: Mapping[str, Place] = {**ledger.places, word.environment: replace(place, **changes)}
    why = f' "{word.reason}"' if word.reason else ""
    return replace(ledger, places=places), f"{word.by}: {said}{why}"


def _number(ledger: Ledger, word: Word, fallback: int | None, missing: str) -> int:
    number = word.release if word.release is not None else fallback
    if number is None:
        raise UsageError(missing)
    if number not in ledger.releases:
        known = ", ".join(f"r{n}" for n in sorted(ledger.releases)[-5:]) or "none"
        raise UsageError(f"{ledger.app} has no release r{number}", f"Its newest releases: {known}.")
    return number


def _newest(ledger: Ledger, environment: str) -> int | None:
    """Give the newest release that may be meant here: a hotfix of other environments is not."""
    fixes = {
        n for n, release in ledger.releases.items() if release.hotfix is not None and environment in release.content
    }
    meant = (n for n, release in ledger.releases.items() if not release.aside or n in fixes)
    return max(meant, default=None)


def _promote(app: AppRules, ledger: Ledger, place: Place, word: Word) -> tuple[dict[str, Any], str]:
    waiting = place.proposal.release if place.proposal is not None else _newest(ledger, word.environment)
    number = _number(ledger, word, waiting, f"{app.name} has no release yet; make one: promoter release {app.name}")
    release = ledger.releases[number]
    if word.environment not in release.content:
        raise UsageError(f"r{number} was not made for {word.environment}")
    if release.state is ReleaseState.FAILED:
        raise UsageError(f"r{number} did not render, and goes nowhere", f"Make another: promoter release {app.name}")
    if release.adopted:
        raise UsageError(f"r{number} was adopted where it stood, and goes nowhere else")
    if restoring(place) and place.stay is not None and place.stay.release == number:
        return {"asked": Asked(number, word.by, word.at, word.head)}, f"put r{number} back in {word.environment}"
    if place.stay is not None and place.stay.release == number:
        raise UsageError(f"r{number} is active in {word.environment} already")
    if ledger.gone_by(place, number):
        raise UsageError(
            f"{word.environment} has had r{place.mark}, which is newer than r{number}",
            f"To go back: promoter rollback {app.name} {word.environment} r{number}",
        )
    if number in place.skips:
        raise UsageError(f"r{number} is skipped in {word.environment}", "promoter retry takes that back.")
    asked = Asked(number, word.by, word.at, word.head)
    return {"asked": asked}, f"promote r{number} to {word.environment}"


def _rollback(app: AppRules, ledger: Ledger, place: Place, word: Word) -> tuple[dict[str, Any], str]:
    if place.stay is None:
        raise UsageError(f"{app.name} has never been in {word.environment}")
    current = place.stay.release
    nowhere = f"no earlier verified release of {app.name} in {word.environment}; name one: rollback ... r3"
    number = _number(ledger, word, last_verified(ledger, place, current), nowhere)
    here = {stay.release for stay in place.past}
    if number == current:
        raise UsageError(f"r{number} is what {word.environment} runs")
    if ledger.order(number) > ledger.order(current):
        raise UsageError(f"r{number} is newer than r{current}", "To go forward: promoter promote")
    if number not in here:
        raise UsageError(f"r{number} was never active in {word.environment}, so there is nothing to go back to")
    changes = rollback(ledger, word.environment, number, Wanted(word.by, word.at, word.reason))
    return changes, f"roll back {word.environment} from r{current} to r{number}"


def _hold(app: AppRules, ledger: Ledger, place: Place, word: Word) -> tuple[dict[str, Any], str]:
    if word.until is not None and word.until <= word.at:
        raise UsageError(
            "the hold would be over already", "Give a time that is still to come: --until 2026-12-24T18:00"
        )
    hold = Hold(word.by, word.at, word.reason, word.until)
    return {"hold": hold, "asked": None}, f"hold {word.environment}"


def _resume(app: AppRules, ledger: Ledger, place: Place, word: Word) -> tuple[dict[str, Any], str]:
    if place.hold is None:
        raise UsageError(f"{app.name} is not held in {word.environment}")
    return {"hold": None}, f"resume {word.environment}"


def _skip(app: AppRules, ledger: Ledger, place: Place, word: Word) -> tuple[dict[str, Any], str]:
    waiting = place.proposal.release if place.proposal is not None else _newest(ledger, word.environment)
    number = _number(ledger, word, waiting, f"nothing of {app.name} is on its way to {word.environment}")
    if place.drift is not None and restoring(place) and place.stay is not None and place.stay.release == number:
        stays = kept(place.drift, word.by)
        return {"drift": stays, "asked": None}, f"keep what was changed by hand in {word.environment}"
    if place.stay is not None and place.stay.release == number:
        raise UsageError(f"r{number} is active in {word.environment}", "To take it back: promoter rollback")
    skip = Skip(word.by, word.at, word.reason)
    target = None if place.target is not None and place.target.release == number else place.target
    asked = None if place.asked is not None and place.asked.release == number else place.asked
    return {
        "skips": {**place.skips, number: skip},
        "target": target,
        "asked": asked,
    }, f"skip r{number} in {word.environment}"


def _retry(app: AppRules, ledger: Ledger, place: Place, word: Word) -> tuple[dict[str, Any], str]:
    """Undo a skip, or let a release that failed here be judged (and, if it was taken away, come) again."""
    if word.release is None and place.drift is not None and place.drift.kept_by:
        return {"drift": kept(place.drift, "")}, f"put back what was changed by hand in {word.environment}"
    no = {n for n, o in place.outcomes.items() if o.result in (Result.FAILED, Result.UNHEALTHY, Result.LEFT)}
    waiting = place.proposal.release if place.proposal is not None and job_failed(place) else None
    fallback = waiting if waiting is not None else max(no | set(place.skips), default=None)
    number = _number(ledger, word, fallback, f"nothing of {app.name} was skipped or failed in {word.environment}")
    if number not in place.skips and number not in no and number != waiting:
        raise UsageError(f"r{number} was neither skipped nor failed in {word.environment}")
    changes: dict[str, Any] = {
        "skips": {n: skip for n, skip in place.skips.items() if n != number},
        "outcomes": {n: outcome for n, outcome in place.outcomes.items() if n != number},
        "jobs": started_again(place, number),
    }
    if place.stay is not None and place.stay.release == number:
        changes["stay"] = replace(place.stay, since=word.at, healthy_since=None, unhealthy_since=None)
        if place.target is not None and place.target.kind is Kind.ROLLBACK:
            changes["target"] = None
    elif ledger.gone_by(place, number):
        changes["target"] = Target(number, Kind.PROMOTION, word.by, word.at, word.reason)
    return changes, f"retry r{number} in {word.environment}"


def _override(app: AppRules, ledger: Ledger, place: Place, word: Word) -> tuple[dict[str, Any], str]:
    """Let one gate pass for what is proposed, or for a named release."""
    check_gate(app.environments[word.environment], word.environment, word.gate)
    if not word.reason:
        raise UsageError("an override needs a reason", f'promoter override ... {word.gate} "INC-412: the fix for it"')
    waiting = place.proposal.release if place.proposal is not None else None
    number = _number(ledger, word, waiting, f"nothing of {app.name} is proposed for {word.environment}; name a release")
    if word.environment not in ledger.releases[number].content:
        raise UsageError(f"r{number} was not made for {word.environment}")
    if place.stay is not None and place.stay.release == number:
        raise UsageError(f"r{number} is active in {word.environment} already")
    said = Override(number, word.gate, word.by, word.at, word.reason, stands_on(place))
    return {"overrides": added(place, said)}, f"override {word.gate} for r{number} in {word.environment}"


_VERBS = {
    "promote": _promote,
    "rollback": _rollback,
    "hold": _hold,
    "resume": _resume,
    "skip": _skip,
    "retry": _retry,
    "override": _override,
}
