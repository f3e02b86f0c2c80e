"""What a person says to promoter, from a terminal or in a comment: whom the words mean, taken down app by app."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from promoter.errors import UsageError
from promoter.model.ledger import Ledger
from promoter.plan.override import OTHERWISE
from promoter.plan.words import Words
from promoter.policy.gates import GATES
from promoter.run.command import command, may
from promoter.run.heard import Said
from promoter.run.ledgers import ledger_ref, read_ledger
from promoter.run.workspace import Workspace

VERBS = ("promote", "rollback", "hold", "resume", "skip", "retry", "override")
"""What can be said."""
OVERRIDE = "override"
_WHOLE = frozenset({"hold", "resume"})
"""Verbs that an app or an environment alone is enough for."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """What was taken down for one app in one environment."""

    app: str
    environment: str
    text: str


def take_down(
    ws: Workspace, verb: str, found: Words, reason: str = "", until: datetime | None = None, said: Said | None = None
) -> list[Sentence]:
    """Take down `verb`, said by the workspace's user about what the words mean; give a sentence for each place.

    `said` names a place that a word may come from twice: what was taken down from there before gives no sentence.
    Raises UsageError, NotAllowed, LostRace, EdgeFailed.
    """
    if verb in _WHOLE and found.version is not None and not found.reason:
        # a shell takes the quotes off "INC-412"; no version means anything to these verbs, so it is the reason
        found = replace(found, version=None, reason=found.version)
    sentences: list[Sentence] = []
    places = _places(ws, verb, found)
    for app, environments in places if len(places) > 1 else ():  # the right to all of it, or nothing changes
        for environment in environments:
            may(ws, ws.config.apps[app].environments[environment], verb, environment)
    for app, environments in places:
        release = found.number(ledger_of(ws, app)) if found.version is not None else found.release
        why = reason or found.reason
        texts = command(ws, verb, app, environments, release, why, until, said, _gate(verb, found))
        if texts:
            pairs = zip(environments, texts, strict=True)
            sentences += [Sentence(app, environment, f"{app}: {text}") for environment, text in pairs]
    return sentences


def gates_for(verb: str) -> frozenset[str]:
    """Give the words that mean a gate after `verb`, what is none included: that is refused with the way past it."""
    return frozenset({*GATES, *OTHERWISE}) if verb == OVERRIDE else frozenset()


def _gate(verb: str, found: Words) -> str:
    """Give the gate that is meant; only an override means one. Raises UsageError."""
    if verb == OVERRIDE and not found.gate:
        raise UsageError("override which gate?", f"promoter explain {' '.join(found.apps)} says what it waits for")
    return found.gate


def ledger_of(ws: Workspace, app: str) -> Ledger:
    """Give the app's ledger as it stands. Raises UsageError when there is none, EdgeFailed."""
    ref = ledger_ref(ws.config, app)
    tip = ws.repository.refs([ref]).get(ref)
    if tip is None:
        raise UsageError(f"{app} has no releases yet", f"make one: promoter release {app} VERSION")
    if not ws.repository.store.has(tip):
        ws.repository.fetch([ref])
    return read_ledger(ws.repository, tip, app)


def recorded(ws: Workspace) -> list[str]:
    """Give the apps that have a ledger, in the config's order."""
    refs = ws.repository.refs([ledger_ref(ws.config, app) for app in ws.config.apps])
    return [app for app in ws.config.apps if ledger_ref(ws.config, app) in refs]


def _places(ws: Workspace, verb: str, found: Words) -> list[tuple[str, list[str]]]:
    """Give which environments of which app are meant."""
    if verb in _WHOLE and not (found.apps and found.environments):
        return _whole(ws, verb, found)
    app = found.one_app(ws.config.apps)
    known = ws.config.apps[app].environments
    if not found.environments:
        raise UsageError(f"{verb} where?", f"name one of {', '.join(known)}")
    for environment in found.environments:
        if environment not in known:
            raise UsageError(f"{app} does not go to {environment}", f"it goes to {', '.join(known)}")
    return [(app, list(found.environments))]


def _whole(ws: Workspace, verb: str, found: Words) -> list[tuple[str, list[str]]]:
    """All of an app, or all that goes to an environment; to resume, what is held there."""
    if not found.apps and not found.environments:
        raise UsageError(f"{verb} what?", "name an app, an environment, or both")
    places = []
    for app in found.apps or recorded(ws):
        known = [
            name for name in ws.config.apps[app].environments if not found.environments or name in found.environments
        ]
        if verb == "resume":
            ledger = ledger_of(ws, app)
            known = [name for name in known if ledger.place(name).hold is not None]
        if known:
            places.append((app, known))
    if not places:
        what = ", ".join(found.apps or found.environments)
        raise UsageError(
            f"nothing of {what} is held" if verb == "resume" else f"nothing has been released to {what} yet"
        )
    return places
