"""What a script expects, held against how things stand. Invariant: what cannot be told is not met."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from promoter.model.ledger import Result
from promoter.model.names import parse_release, release_name
from promoter.model.plan import State
from promoter.plan.report.view import View, view_of
from promoter.simulation.script import Claim
from promoter.simulation.stage import Stage

NOTHING = "nothing"
_STATES = {state.value for state in State}
_FAILED = frozenset({Result.FAILED, Result.UNHEALTHY})


@dataclass(frozen=True, slots=True)
class Expectation:
    """One thing that a script expects, and what came of it."""

    line: int
    """In the script."""
    text: str
    """`shop prod: r2`."""
    met: bool
    at: datetime
    """When that was known."""
    found: str
    """How it was then."""


def judge(stage: Stage, claims: Sequence[Claim], waiting: Sequence[Claim]) -> Iterator[Expectation]:
    """Judge what is expected now. Raises UsageError for what is not there."""
    for claim in claims:
        view = _view(stage, claim)
        met = all(is_there(view, word) for word in claim.words)
        yield _said(stage, claim, view, "", met)
    for claim in waiting:
        view = _view(stage, claim)
        open_ = _waits(view)
        yield _said(stage, claim, view, "waiting for ", all(word in open_ for word in claim.words))


def broken(stage: Stage, never: Sequence[Claim]) -> Iterator[tuple[Claim, Expectation]]:
    """Give what is there now and must never be."""
    for claim in never:
        view = _view(stage, claim)
        if any(was_there(view, word) for word in claim.words):
            yield claim, _said(stage, claim, view, "never ", False)


def kept(stage: Stage, claim: Claim) -> Expectation:
    """Say of something that it never was there, at the end."""
    return _said(stage, claim, _view(stage, claim), "never ", True)


def is_there(view: View, word: str) -> bool:
    """Tell whether a slot holds the release or version `word`, or is in that state.

    What failed and is held for it counts as both.
    """
    stay, place = view.place.stay, view.place
    if word in _STATES:
        known = place.outcomes.get(stay.release) if stay is not None else None
        failed = known is not None and known.result in _FAILED
        held = place.hold is not None
        return view.plan.state == word or (word == State.FAILED and failed) or (word == State.HELD and held)
    return stay is None if word == NOTHING else stay is not None and _is(view, stay.release, word)


def was_there(view: View, word: str) -> bool:
    """Tell the same of now and of all that this slot remembers: a run may bring something and take it back."""
    failed = any(known.result in _FAILED for known in view.place.outcomes.values())
    past = any(_is(view, stay.release, word) for stay in view.place.past)
    return is_there(view, word) or past or (word == State.FAILED and failed)


def _is(view: View, number: int, word: str) -> bool:
    release = view.ledger.releases.get(number)
    return parse_release(word) == number or (release is not None and release.version == word)


def _waits(view: View) -> frozenset[str]:
    """Give the words for all that a slot waits for: gates, their kinds, and its state."""
    if view.plan.state is State.CURRENT:
        return frozenset()
    gates = {verdict.gate for verdict in view.open_verdicts}
    return frozenset({*gates, *(gate.partition("/")[0] for gate in gates), view.plan.state.value})


def _view(stage: Stage, claim: Claim) -> View:
    app = stage.app(claim.app)
    stage.slot(app, claim.environment)
    assert stage.outcome is not None  # noqa: S101 (a run goes before)
    return view_of(stage.ws.config, stage.outcome.snapshot, stage.outcome.plan, app, claim.environment)


def _said(stage: Stage, claim: Claim, view: View, how: str, met: bool) -> Expectation:
    text = f"{view.app} {view.environment}: {how}{' and '.join(claim.words)}"
    return Expectation(claim.node.line, text, met, stage.now, _found(view))


def _found(view: View) -> str:
    stay = view.place.stay
    gates = ", ".join(dict.fromkeys(verdict.gate for verdict in view.open_verdicts))
    release = view.ledger.releases.get(stay.release) if stay is not None else None
    version = f" ({release.version})" if release is not None and release.version else ""
    here = f"{release_name(stay.release)}{version}" if stay is not None else NOTHING
    return f"{here}, {view.plan.state.value}" + (f", waits for {gates}" if gates else "")
