"""Going back: what a rollback leaves behind, and how far it reaches.

Invariants: what was active here above the release that comes back, and every ordinary release between the two, is
skipped here, so that nothing brings it back by itself, whoever resumes; what is newer than all that was ever here, and
a hotfix that was never here, may come when somebody resumes. Nothing here goes forward.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from promoter.errors import UsageError
from promoter.model.ledger import Hold, Kind, Ledger, Outcome, Place, Result, Skip, Target
from promoter.plan.outcome import last_verified
from promoter.plan.sight import BOT
from promoter.policy.rules import AppRules


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who wants to go back, when, and why."""

    by: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a word reaches, where its words alone do not say it."""

    and_after: bool = False
    """All environments after the named ones as well."""
    to: str = ""
    """A commit of the active branch, as much of its id as makes it the only one; empty: a release."""
    everything: bool = False
    """All apps in all environments."""

    def check(self, verb: str) -> None:
        """Refuse what `verb` does not take. Raises UsageError."""
        if (self.to or self.and_after) and verb != "rollback":
            raise UsageError(f"{verb} has no {'--to' if self.to else '--and-after'}", "That belongs to rollback.")
        if self.everything and verb not in ("hold", "resume"):
            raise UsageError(f"{verb} has no --all", "That belongs to hold and resume.")
        if self.to and self.and_after:
            raise UsageError("a commit is of one app in one environment", "leave out --to or --and-after")


def of_policy(target: Target | None) -> bool:
    """Tell whether it is promoter that takes something back by itself, because it failed (`on_failure: rollback`)."""
    return target is not None and target.kind is Kind.ROLLBACK and target.by == BOT


def rollback(ledger: Ledger, environment: str, number: int, wanted: Wanted) -> dict[str, Any]:
    """Give the changes of the place that take `environment` back to `number`: what is left is skipped, and it holds."""
    place, order = ledger.place(environment), ledger.order
    here = {stay.release for stay in (place.stay, *place.past) if stay is not None}
    left = {release for release in here if order(release) > order(number)}
    return taken_back(ledger, environment, number, wanted, left)


def taken_back(ledger: Ledger, environment: str, number: int, wanted: Wanted, left: set[int]) -> dict[str, Any]:
    """Give the changes of the place where `number` is to come back and `left`, which were here, are rejected."""
    place = ledger.place(environment)
    why = wanted.reason or f"rolled back to r{number}"
    skips = {release: Skip(wanted.by, wanted.at, why) for release in left | _between(ledger, environment, number)}
    hold = place.hold if place.hold is not None and place.hold.by != BOT else Hold(wanted.by, wanted.at, why)
    return {
        "target": Target(number, Kind.ROLLBACK, wanted.by, wanted.at, wanted.reason),
        "skips": {**skips, **place.skips},
        "hold": hold,
        "asked": None,
        "outcomes": {
            **place.outcomes,
            **{release: Outcome(Result.LEFT, wanted.at, f"rolled back by {wanted.by}: {why}") for release in left},
        },
    }


def _between(ledger: Ledger, environment: str, number: int) -> set[int]:
    """Give the ordinary releases for `environment` above `number`, up to the furthest that was ever there."""
    top = ledger.order(ledger.place(environment).mark)
    return {
        other
        for other, release in ledger.releases.items()
        if not release.aside and environment in release.content and ledger.order(number) < release.order <= top
    }


def spread(app: AppRules, ledger: Ledger, environments: Sequence[str], release: int | None) -> dict[str, int]:
    """Give where to go back to in `environments` and in those after them, which run something that is left behind.

    In those named: `release`, or what was verified there last. After them: what was verified there last and is not
    newer than that. Raises UsageError when there is no such release somewhere.
    """
    found: dict[str, int] = {}
    for name in environments:
        stay = ledger.place(name).stay
        number = (
            release if release is not None or stay is None else last_verified(ledger, ledger.place(name), stay.release)
        )
        if number is None:
            raise UsageError(f"no earlier verified release of {app.name} in {name}; name one: rollback ... r3")
        found[name] = number
    bound = min(found.values(), key=ledger.order)
    for name in after(app, environments):
        number = _not_above(ledger, ledger.place(name), bound)
        if number is None:
            raise UsageError(
                f"nothing that was verified in {name} is as old as r{bound}, so there is nothing to go back to",
                f"name the environments that you mean: promoter rollback {app.name} {' '.join(environments)}",
            )
        stay = ledger.place(name).stay
        if stay is not None and stay.release != number:
            found[name] = number
    return found


def after(app: AppRules, environments: Sequence[str]) -> list[str]:
    """Give the environments that come after `environments`, however far, in the pipeline's order."""
    reached = set(environments)
    for name, rules in app.environments.items():  # each stands after those it comes after
        if not reached.isdisjoint(rules.after.names):
            reached.add(name)
    return [name for name in app.environments if name in reached and name not in environments]


def _not_above(ledger: Ledger, place: Place, bound: int) -> int | None:
    """Give the active release when it is not above `bound`, else the last verified that is not; None: there is none."""
    if place.stay is None:
        return bound
    if ledger.order(place.stay.release) <= ledger.order(bound):
        return place.stay.release
    return bound if _was_verified(place, bound) else last_verified(ledger, place, bound)


def _was_verified(place: Place, number: int) -> bool:
    outcome = place.outcomes.get(number)
    verified = outcome is not None and outcome.result is Result.VERIFIED and number not in place.skips
    return verified and any(stay.release == number for stay in place.past)
