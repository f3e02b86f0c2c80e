"""Asking a program of the config repository.

It runs in a copy of the dry branch's tip, whose config judges, so that no change brings its own judge. Invariants: it
sees no variable of ours that its config does not name; their values are shown nowhere; it ends when its time is over.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from promoter.errors import PromoterError, RenderFailed
from promoter.model.ask import Ask, Reply
from promoter.model.names import release_name
from promoter.model.snapshot import Snapshot
from promoter.model.verdict import Answer
from promoter.policy.gates.commands import Program
from promoter.render.port import Unable
from promoter.run.scratch import Scratch, scratch
from promoter.run.workspace import Workspace

_HIDDEN = "***"
_KEYS = {"answer", "reason", "until"}


class NotAsked(PromoterError):
    """The program cannot be run, or did not say what it should."""


def prepare(ws: Workspace, seen: Snapshot, ask: Ask) -> Callable[[], Reply]:
    """Copy what the program needs. Raises NotAsked, NotRunnable, EdgeFailed, RenderFailed."""
    program = ask.settings
    assert isinstance(program, Program)  # noqa: S101 (the gate's own)
    missing = [name for name in program.variables if name not in os.environ]
    if missing:
        raise NotAsked(f"the variable {missing[0]} is not set", "Give it to the job that runs promoter.")
    slot = seen.apps[ask.app].slots[ask.environment].slot
    copy = scratch(ws.repository.store, seen.commit, ws.branch, program.run[0], ask.head, slot.path)
    return _Finding(ask, program, copy, ws.path)


@dataclass(frozen=True, slots=True)
class _Finding:
    """One program, ready to run."""

    ask: Ask
    program: Program
    copy: Scratch
    path: str | None

    def __call__(self) -> Reply:
        """Run it. Raises NotAsked."""
        secrets = {name: os.environ[name] for name in self.program.variables}
        try:
            said = self.copy.run(self.program.run[1:], self.program.within, {**self._facts(), **secrets}, self.path)
        except (RenderFailed, Unable) as error:
            raise NotAsked(_without(str(error.message), secrets)) from None
        return read_reply(said, secrets)

    def _facts(self) -> Mapping[str, str]:
        ask = self.ask
        return {
            "PROMOTER_APP": ask.app,
            "PROMOTER_ENVIRONMENT": ask.environment,
            "PROMOTER_RELEASE": release_name(ask.release),
            "PROMOTER_VERSION": ask.version,
            "PROMOTER_DRY_COMMIT": ask.dry,
            "PROMOTER_HEAD": ask.head,
            "PROMOTER_CONTENT": str(self.copy.content),
        }


def read_reply(said: bytes, secrets: Mapping[str, str]) -> Reply:
    """Read what a program printed. Raises NotAsked for anything but the one object that it should print."""
    try:
        data = json.loads(said)
    except (ValueError, RecursionError):
        raise NotAsked('printed no JSON; it should print {"answer": "success", "reason": "..."}') from None
    if not isinstance(data, dict) or not data.keys() <= _KEYS or "answer" not in data:
        raise NotAsked("printed something else than an object of answer, reason and until")
    answer, reason = data["answer"], data.get("reason", "")
    if answer not in (Answer.SUCCESS, Answer.PENDING, Answer.FAILURE) or not isinstance(reason, str):
        raise NotAsked("answers something else than success, pending or failure with a reason")
    words = " ".join(_without(reason, secrets).split())[:300]
    return Reply(Answer(answer), words or f"says {answer}", _moment(data.get("until")))


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise NotAsked("says until something that is no moment, such as 2026-11-20T14:05:00Z") from None
    if at.tzinfo is None:
        raise NotAsked("says until a moment without a time zone")
    return at.astimezone(UTC)


def _without(text: str, secrets: Mapping[str, str]) -> str:
    for value in sorted(filter(None, secrets.values()), key=len, reverse=True):
        text = text.replace(value, _HIDDEN)
    return text
