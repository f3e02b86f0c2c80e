"""`promoter run`."""

from __future__ import annotations

import click

from promoter.cli.exits import Exit, standing_code
from promoter.cli.shell import Shell, command, words_argument


@command(
    "run",
    words_argument(),
    click.Option(["--exit-code", "exit_code"], is_flag=True, help="Exit 10, 11 or 12 when not all is as it should be."),
)
def run(shell: Shell, words: tuple[str, ...], exit_code: bool) -> int:
    """Observe, decide, act."""
    from promoter.cli.actions import attended_cells, event_cells, run_json, show_waiting
    from promoter.cli.wanted import places_only
    from promoter.comments.attend import Attended, attend
    from promoter.run.act import Event
    from promoter.run.run import run as act

    ws = shell.open(writes=True)
    found = places_only(ws, words)

    def tell(event: Event) -> None:
        if not shell.json:
            for line in event.text.splitlines() or [""]:
                shell.screen.cells(*event_cells(event, line))

    def heard(one: Attended) -> None:
        if not shell.json:
            shell.screen.cells(*attended_cells(one))

    attended = attend(ws, heard)
    outcome = act(ws, found.apps or None, tell)
    if shell.json:
        shell.screen.json(run_json(ws.config, outcome, ws.now()))
    else:
        show_waiting(shell.screen, ws.config, outcome.snapshot, outcome.plan, ws.now())
    if outcome.refused or any(one.answer.trouble for one in attended):
        return Exit.EDGE
    if outcome.lost and outcome.plan.actions:
        return Exit.RACE
    return standing_code(outcome.plan) if exit_code else Exit.DONE
