"""`promoter action`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from promoter.cli.exits import Exit
from promoter.cli.shell import Shell, command
from promoter.errors import ConfigInvalid

if TYPE_CHECKING:
    from promoter.action.runner import Runner
    from promoter.ci.request import Request
    from promoter.run.run import Outcome
    from promoter.run.workspace import Workspace


@command("action")
def action(shell: Shell) -> int:
    """Do what the event asks for."""
    from promoter.action.event import read_event
    from promoter.action.runner import Note
    from promoter.ci.request import NAMED, read_inputs, read_payload
    from promoter.cli.woken import verbs

    runner = _runner(os.environ)
    try:
        ws = shell.open(writes=True)
        # inputs of the step that name a release are handed on as PROMOTER_ACTION_APP and so on
        asked = read_inputs({key: os.environ.get(f"PROMOTER_ACTION_{key.upper()}", "") for key in NAMED})
        name, payload = os.environ.get("GITHUB_EVENT_NAME", ""), os.environ.get("GITHUB_EVENT_PATH")
        request = asked or read_event(name, read_payload(payload), verbs(), ws.forge.short_verbs)
        if not request.run:
            runner.summary(f"Nothing to do: {request.why}.\n")
            return Exit.DONE
        return _act(shell, ws, runner, request)
    except ConfigInvalid as invalid:
        runner.annotate("error", [Note(one.message, one.file, one.line, one.key) for one in invalid.problems])
        raise


def _act(shell: Shell, ws: Workspace, runner: Runner, request: Request) -> int:
    from promoter.action.runner import Note
    from promoter.ci.report import outputs, summary
    from promoter.cli.actions import show_waiting
    from promoter.cli.woken import work

    with runner.group(f"promoter run, woken by {request.why}"):
        done = work(shell, ws, request)
        outcome = done.outcome
        show_waiting(shell.screen, ws.config, outcome.snapshot, outcome.plan, ws.now())
    runner.annotate("warning", [Note(problem, title="promoter") for problem in outcome.plan.problems])
    runner.annotate("error", [Note(f"{one.comment.user}: {one.line}: {one.answer.trouble}") for one in done.troubled])
    runner.annotate("error", [Note(f"{one.app} {one.environment}: {one.text}") for one in outcome.refused])
    runner.output({**outputs(outcome), "plan": _saved(ws, outcome)})
    runner.summary(summary(ws.config, outcome, done.attended, request.why, ws.now()))
    return done.code


def _saved(ws: Workspace, outcome: Outcome) -> str:
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
