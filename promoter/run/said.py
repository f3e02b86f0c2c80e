"""What a person says to promoter, from a terminal or in a comment: whom the words mean, taken down app by app."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from promoter.errors import UsageError
from promoter.model.ledger import Ledger
from promoter.plan.back import Reach, after, spread
from promoter.plan.command import Word, say
from promoter.plan.override import OTHERWISE
from promoter.plan.words import Words
from promoter.policy.gates import GATES
from promoter.run.back_to import back_to
from promoter.run.command import command, may
from promoter.run.heard import Said, was_heard
from promoter.run.ledgers import ledger_ref, read_ledger
from promoter.run.workspace import Workspace

VERBS = ("promote", "rollback", "hold", "resume", "skip", "retry", "override")
"""What can be said."""
OVERRIDE = "override"
ROLLBACK: Final = "rollback"
_HERE: Final = Reach()
_WHOLE = frozenset({"hold", "resume"})
"""Verbs that an app or an environment alone is enough for."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """What was taken down for one app in one environment."""

    app: str
    environment: str
    text: str


def take_down(
    ws: Workspace,
    verb: str,
    found: Words,
    reason: str = "",
    until: datetime | None = None,
    said: Said | None = None,
    reach: Reach = _HERE,
) -> list[Sentence]:
    """Take down `verb`, said by the workspace's user about what the words mean; give a sentence for each place.

    `said` names a place that a word may come from twice: what was taken down from there before gives no sentence.
    Raises UsageError, NotAllowed, LostRace, EdgeFailed.
    """
    if verb in _WHOLE and found.version is not None and not found.reason:
        # a shell takes the quotes off "INC-412"; no version means anything to these verbs, so it is the reason
        found = replace(found, version=None, reason=found.version)
    reach.check(verb)
    if reach.everything and (found.apps or found.environments):
        raise UsageError("name apps and environments, or say --all, not both")
    places = _whole(ws, verb, found) if reach.everything else _places(ws, verb, found)
    for app, environments in places if len(places) > 1 else ():  # the right to all of it, or nothing changes
        for environment in environments:
            may(ws, ws.config.apps[app], verb, environment)
    why = reason or found.reason
    if reach.to:
        return _back_to(ws, places, found, why, reach.to, said)
    places = [place for place in places if said is None or not _was_taken_down(ws, place[0], said)]
    releases = {app: _release(ws, found, app, environments, reach) for app, environments in places}
    for app, environments in places if verb == ROLLBACK and len(places) > 1 else ():
        _make_sense(ws, app, environments, releases[app])
    sentences: list[Sentence] = []
    for app, environments in places:
        named = releases[app]
        where = list(named) if isinstance(named, Mapping) else environments
        texts = command(ws, verb, app, where, named, why, until, said, _gate(verb, found))
        if texts:
            pairs = zip(where, texts, strict=True)
            sentences += [Sentence(app, environment, f"{app}: {text}") for environment, text in pairs]
    return sentences


def _release(
    ws: Workspace, found: Words, app: str, environments: Sequence[str], reach: Reach
) -> int | Mapping[str, int] | None:
    """Give the release that is meant; with `--and-after` the one of each environment that has to go back."""
    number = found.number(ledger_of(ws, app)) if found.version is not None else found.release
    if not reach.and_after:
        return number
    rules = ws.config.apps[app]
    for name in after(rules, environments):
        may(ws, rules, ROLLBACK, name)
    return spread(rules, ledger_of(ws, app), environments, number)


def _make_sense(ws: Workspace, app: str, environments: Sequence[str], releases: int | Mapping[str, int] | None) -> None:
    """Refuse what makes no sense for one of several apps before anything is written for another. Raises UsageError."""
    ledger = ledger_of(ws, app)
    for environment in releases if isinstance(releases, Mapping) else environments:
        number = releases[environment] if isinstance(releases, Mapping) else releases
        ledger, _ = say(ws.config.apps[app], ledger, Word(ROLLBACK, environment, ws.user, ws.now(), number))


def _was_taken_down(ws: Workspace, app: str, said: Said) -> bool:
    """Tell whether the app's ledger has the word already."""
    ref = ledger_ref(ws.config, app)
    tip = ws.repository.refs([ref]).get(ref)
    if tip is not None and not ws.repository.store.has(tip):
        ws.repository.fetch([ref])
    return tip is not None and was_heard(ws.repository.store, tip, said)


def _back_to(
    ws: Workspace, places: Sequence[tuple[str, list[str]]], found: Words, why: str, to: str, said: Said | None
) -> list[Sentence]:
    """Go back to a commit of an active branch, which is one app's in one environment."""
    if found.release is not None or found.version is not None:
        raise UsageError("a release or a commit, not both", f"leave out --to {to}, or the release")
    if len(places) > 1 or len(places[0][1]) > 1:
        raise UsageError("a commit is of one app in one environment", "name one of each")
    app, (environment,) = places[0]
    text = back_to(ws, app, environment, to, why, said)
    return [Sentence(app, environment, f"{app}: {text}")] if text else []


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
        if not found.apps and not found.environments:
            raise UsageError(f"{verb} what?", "name an app, an environment, or both; everything: --all")
        return _whole(ws, verb, found)
    apps = found.apps if verb == ROLLBACK and len(found.apps) > 1 else (found.one_app(ws.config.apps),)
    if len(apps) > 1 and found.release is not None:
        raise UsageError(
            f"r{found.release} of which app? Each numbers its own releases", "name a version, or say it for each app"
        )
    for app in apps:
        known = ws.config.apps[app].environments
        if not found.environments:
            raise UsageError(f"{verb} where?", f"name one of {', '.join(known)}")
        for environment in found.environments:
            if environment not in known:
                raise UsageError(f"{app} does not go to {environment}", f"it goes to {', '.join(known)}")
    return [(app, list(found.environments)) for app in apps]


def _whole(ws: Workspace, verb: str, found: Words) -> list[tuple[str, list[str]]]:
    """All of an app, all that goes to an environment, or everything; to resume, what is held there."""
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
        held, sent = (f" of {what}", f" to {what}") if what else ("", "")
        raise UsageError(f"nothing{held} is held" if verb == "resume" else f"nothing has been released{sent} yet")
    return places
