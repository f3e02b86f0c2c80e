"""The verbs that tell promoter something, at a terminal: the ledger takes it down."""

from __future__ import annotations

from typing import Final

from promoter.cli.shell import Shell
from promoter.cli.wanted import meaning
from promoter.plan.back import Reach
from promoter.plan.report.foreign import plain
from promoter.plan.until import parse_until
from promoter.run.said import gates_for, take_down

_HERE: Final = Reach()


def say(
    shell: Shell, verb: str, words: tuple[str, ...], reason: str = "", until: str | None = None, reach: Reach = _HERE
) -> None:
    """Carry out `verb`. Raises UsageError, NotAllowed, LostRace, EdgeFailed."""
    ws = shell.open(writes=True)
    found = meaning(ws, words, gates_for(verb))
    end = parse_until(until, ws.config.timezone, ws.now()) if until is not None else None
    said = take_down(ws, verb, found, reason, end, reach=reach)
    if shell.json:
        entries = [{"app": one.app, "environment": one.environment, "text": one.text} for one in said]
        shell.screen.json({"schema": "promoter.said/v1", "said": entries})
        return
    for one in said:
        shell.screen.line(plain(one.text, 500))
