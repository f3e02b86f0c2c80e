"""What a person says to promoter: who and where is found in the words, the ledger takes it down."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from promoter.cli.shell import Shell
from promoter.cli.until import parse_until
from promoter.cli.wanted import ledger_of, meaning, recorded
from promoter.errors import UsageError
from promoter.plan.report.foreign import plain
from promoter.plan.words import Words
from promoter.run.command import command
from promoter.run.workspace import Workspace

_WHOLE = frozenset({"hold", "resume"})
"""Verbs that an app or an environment alone is enough for."""


def say(shell: Shell, verb: str, words: tuple[str, ...], reason: str = "", until: str | None = None) -> None:
    """Carry out `verb`. Raises UsageError, NotAllowed, LostRace, EdgeFailed."""
    ws = shell.open(writes=True)
    found = meaning(ws, words)
    if verb in _WHOLE and found.version is not None and not found.reason:
        # a shell takes the quotes off "INC-412"; no version means anything to these verbs, so it is the reason
        found = replace(found, version=None, reason=found.version)
    why = reason or found.reason
    end = parse_until(until, ws.config.timezone, ws.now()) if until is not None else None
    said: list[dict[str, object]] = []
    for app, environments in _places(ws, verb, found):
        said += _said(ws, verb, app, environments, found, why, end)
    if shell.json:
        shell.screen.json({"schema": "promoter.said/v1", "said": said})
        return
    for entry in said:
        shell.screen.line(plain(str(entry["text"]), 500))


def _said(
    ws: Workspace, verb: str, app: str, environments: list[str], found: Words, reason: str, until: datetime | None
) -> list[dict[str, object]]:
    release = found.number(ledger_of(ws, app)) if found.version is not None else found.release
    sentences = command(ws, verb, app, environments, release, reason, until)
    return [
        {"app": app, "environment": environment, "text": f"{app}: {sentence}"}
        for environment, sentence in zip(environments, sentences, strict=True)
    ]


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
