"""`promoter action`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promoter.cli.exits import Exit
from promoter.cli.shell import Shell, command
from promoter.errors import ConfigInvalid, UsageError

if TYPE_CHECKING:
    from promoter.action.event import Request
    from promoter.action.runner import Runner
    from promoter.comments.attend import Attended
    from promoter.run.run import Outcome
    from promoter.run.workspace import Workspace


INPUTS = ("app", "version", "images")
"""Inputs of the step that name a release, handed on as PROMOTER_ACTION_APP and so on."""


@command("action")
def action(shell: Shell) -> int:
    """Do what the event asks for."""
    from promoter.action.event import read_event, read_inputs
    from promoter.action.runner import Note
    from promoter.comments.answer import KNOWN

    runner = _runner(os.environ)
    verbs = [entry.name for entry in KNOWN]
    try:
        ws = shell.open(writes=True)
        short = ws.forge.short_verbs
        asked = read_inputs({key: os.environ.get(f"PROMOTER_ACTION_{key.upper()}", "") for key in INPUTS})
        name = os.environ.get("GITHUB_EVENT_NAME", "")
        request = asked or read_event(name, _payload(os.environ), verbs, short)
        if not request.run:
            runner.summary(f"Nothing to do: {request.why}.\n")
            return Exit.DONE
        return _act(shell, ws, runner, request)
    except ConfigInvalid as invalid:
        runner.annotate("error", [Note(one.message, one.file, one.line, one.key) for one in invalid.problems])
        raise


def _act(shell: Shell, ws: Workspace, runner: Runner, request: Request) -> int:
    from promoter.action.report import outputs, summary
    from promoter.action.runner import Note
    from promoter.cli.actions import attended_cells, event_cells, show_waiting
    from promoter.comments.attend import attend
    from promoter.run.act import Event
    from promoter.run.foretell import foretell
    from promoter.run.run import run

    def tell(event: Event) -> None:
        for line in event.text.splitlines() or [""]:
            shell.screen.cells(*event_cells(event, line))

    def heard(one: Attended) -> None:
        shell.screen.cells(*attended_cells(one))

    with runner.group(f"promoter run, woken by {request.why}"):
        if request.releases:
            _release(shell, ws, request)
        attended = attend(ws, heard)
        if request.pull and foretell(ws, request.pull):
            shell.screen.line(f"told on pull request {request.pull} what merging it would reach")
        outcome = run(ws, on_event=tell)
        show_waiting(shell.screen, ws.config, outcome.snapshot, outcome.plan, ws.now())
    runner.annotate("warning", [Note(problem, title="promoter") for problem in outcome.plan.problems])
    troubled = [one for one in attended if one.answer.trouble]
    runner.annotate("error", [Note(f"{one.comment.user}: {one.line}: {one.answer.trouble}") for one in troubled])
    runner.annotate("error", [Note(f"{one.app} {one.environment}: {one.text}") for one in outcome.refused])
    runner.output({**outputs(outcome), "plan": _saved(shell, ws, outcome)})
    runner.summary(summary(ws.config, outcome, attended, request.why, ws.now()))
    return Exit.EDGE if outcome.refused or troubled else Exit.DONE


def _release(shell: Shell, ws: Workspace, request: Request) -> None:
    from dataclasses import replace

    from promoter.plan.report.foreign import plain
    from promoter.run.release import Wish, release

    wish = Wish(request.version, dict(request.images) or None)
    made = release(replace(ws, user=shell.who), ws.app(request.app).name, wish)
    shell.screen.line(plain(f"released {request.app} {getattr(made, 'version', '')}".rstrip()))


def _saved(shell: Shell, ws: Workspace, outcome: Outcome) -> str:
    """Keep the plan as JSON where later steps can read it, and give the file's name; empty at a terminal."""
    from promoter.cli.actions import run_json

    folder = os.environ.get("RUNNER_TEMP")
    if not folder:
        return ""
    file = Path(folder) / "promoter-plan.json"
    text = json.dumps(run_json(ws.config, outcome, ws.now()), indent=2, ensure_ascii=False)
    file.write_text(text + "\n", encoding="utf-8")
    return str(file)


def _runner(env: Mapping[str, str]) -> Runner:
    from promoter.action.runner import Runner

    output, summary = (Path(env[name]) if env.get(name) else None for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"))
    return Runner(sys.stdout, output, summary)


def _payload(env: Mapping[str, str]) -> Mapping[str, Any]:
    """Read the event's file. Raises UsageError for one that is no JSON object."""
    name = env.get("GITHUB_EVENT_PATH")
    if not name or not Path(name).is_file():
        return {}
    try:
        payload = json.loads(Path(name).read_text(encoding="utf-8"))
    except ValueError as error:
        raise UsageError(f"{name} is not JSON: {error}") from error
    if not isinstance(payload, dict):
        raise UsageError(f"{name} holds no event")
    return payload
