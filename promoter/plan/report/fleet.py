"""The fleet at a glance: one short cell for each slot, and a line of counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from promoter.model.ledger import How, Kind
from promoter.model.plan import State
from promoter.plan.report.advice import people
from promoter.plan.report.foreign import plain
from promoter.plan.report.moment import Times
from promoter.plan.report.upstream import Siblings, coming
from promoter.plan.report.view import View
from promoter.plan.sight import BOT

_SAID = {
    State.FAILED: "failed",
    State.BLOCKED: "blocked",
    State.UNKNOWN: "unknown",
    State.HELD: "held",
    State.DEPLOYING: "on the way",
    State.SOAKING: "soaking",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One slot in the table of apps and environments."""

    text: str
    """`1.3.9 ok   1.4.2 waits`."""
    state: State
    note: str = ""
    """What stands below it: who holds it, what it was rolled back from."""


def cell(view: View, siblings: Siblings, at: Times, now: datetime) -> Cell:
    """Give the cell of `view`; `siblings` are the same app's other environments."""
    here, following = _here(view, at, now), _following(view, siblings, at, now)
    return Cell("   ".join(filter(None, (here, following))), view.plan.state, _note(view))


def counts(slots: Sequence[View]) -> str:
    """Give how many slots are not as they should be: `1 waits for people, 1 soaking, 1 held`; empty when none."""
    total = Counter(view.plan.state for view in slots)
    asked = sum(view.plan.state is State.WAITING and bool(people(view)) for view in slots)
    others = total[State.WAITING] - asked
    said = [
        *((total[state], _SAID[state]) for state in (State.FAILED, State.BLOCKED, State.UNKNOWN)),
        (asked, "waits for people" if asked == 1 else "wait for people"),
        (others, "waits for something else" if others == 1 else "wait for something else"),
        *((total[state], _SAID[state]) for state in (State.DEPLOYING, State.SOAKING, State.HELD)),
    ]
    return ", ".join(f"{number} {word}" for number, word in said if number)


def waits(view: View, at: Times) -> str:
    """Give all that a slot waits for in one line: `approvals: 1 of 2 from team:sre · window until Mon 23 Nov 09:00`."""
    said = [
        f"{verdict.gate} until {at.weekday(verdict.until)}" if verdict.until else f"{verdict.gate}: {verdict.reason}"
        for verdict in view.open_verdicts
    ]
    if not said and view.plan.state in {State.FAILED, State.UNKNOWN, State.DEPLOYING}:
        live = view.seen.live if view.seen is not None else ()
        said = [f"{look.cluster}: {look.reason}" for look in live if look.answer is not view.plan.live or look.reason][
            :3
        ]
    if not said and view.plan.state is State.BLOCKED and view.place.drift is not None:
        said = ["drift: the slot was changed by hand"]
    if view.place.hold is not None and not any(verdict.gate == "hold" for verdict in view.open_verdicts):
        said.insert(0, f"held by {view.place.hold.by}: {view.place.hold.reason}".rstrip(": "))
    return plain(" · ".join(said), 300)


def short_repository(url: str) -> str:
    """Give a repository's address as people say it: `acme/fleet` on github.com, else without scheme and `.git`."""
    bare = url.partition("://")[2] or url
    return bare.removesuffix("/").removesuffix(".git").removeprefix("github.com/")


def _here(view: View, at: Times, now: datetime) -> str:
    stay, state = view.place.stay, view.plan.state
    if stay is None and state not in {State.HELD, State.UNKNOWN}:
        return "-"
    label = plain(view.label(stay.release), 40) if stay is not None else "-"
    if state is State.SOAKING and stay is not None and stay.healthy_since is not None:
        return f"{label} soaks to {at.near(stay.healthy_since + view.rules.verify.soak, now)}"
    if state is State.HELD:
        return f"{label} HELD" + (f" since {at.day(view.plan.since)}" if view.plan.since is not None else "")
    if state is State.BLOCKED and view.place.drift is not None:
        return f"{label} CHANGED BY HAND"
    word = {State.FAILED: "FAILED", State.UNKNOWN: "unknown", State.DEPLOYING: "deploying"}.get(state, "ok")
    return f"{label} {word}"


def _following(view: View, siblings: Siblings, at: Times, now: datetime) -> str:
    stay, target = view.place.stay, view.plan.target
    if target is not None and view.plan.kind is Kind.RESTORE:
        return "edited by hand, to be put back"
    if target is not None and (stay is None or stay.release != target):
        label = plain(view.label(target), 40)
        if view.plan.kind is Kind.ROLLBACK:
            return f"back to {label}"
        word = {State.BLOCKED: "BLOCKED", State.HELD: "stays out"}.get(view.plan.state, "waits")
        return f"{label} {word}"
    number, gathered = view.plan.draft, next((v for v in view.open_verdicts if v.gate in ("settle", "admit")), None)
    if number is not None and gathered is not None:
        label = plain(view.label(number), 40)
        settles = next((v.until for v in view.open_verdicts if v.gate == "settle"), None)
        return f"{label} draft to {at.near(settles, now)}" if settles is not None else f"{label} incomplete"
    nearest = coming(view, siblings) if view.plan.state is State.WAITING else None
    if nearest is None:
        return ""
    label, before = plain(view.label(nearest[0]), 40), nearest[1]
    return f"{label} after {before}" if any(v.gate == "order" for v in view.open_verdicts) else f"{label} on request"


def _note(view: View) -> str:
    stay, hold = view.place.stay, view.place.hold
    if stay is not None and stay.how is How.ROLLED_BACK and view.place.past:
        left = view.place.past[0].release
        skip = view.place.skips.get(left)
        by, why = (skip.by, skip.reason) if skip is not None else ("", "")
        if skip is None and hold is not None and hold.by == BOT:
            by, why = hold.by, hold.reason
        said = f': "{why}"' if why else ""
        return plain(f"rolled back from {view.label(left)}{said}" + (f" ({by})" if by else ""))
    if hold is not None:
        return plain(f'"{hold.reason}" ({hold.by})' if hold.reason else f"by {hold.by}")
    for number in (view.plan.target, stay.release if stay is not None else None):
        release = view.ledger.releases.get(number) if number is not None else None
        if release is not None and release.hotfix is not None:
            return plain(f'{release.label} is a hotfix: "{release.hotfix.reason}" ({release.by})')
    return ""
