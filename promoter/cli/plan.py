"""`promoter plan`."""

from __future__ import annotations

import click

from promoter.cli.exits import standing_code
from promoter.cli.shell import Shell, command, words_argument


@command(
    "plan",
    words_argument(),
    click.Option(["--exit-code", "exit_code"], is_flag=True, help="Exit 10, 11 or 12 when not all is as it should be."),
)
def plan(shell: Shell, words: tuple[str, ...], exit_code: bool) -> int:
    """Show what a run would do."""
    from promoter.cli.actions import show_actions, show_waiting
    from promoter.cli.wanted import look_at
    from promoter.plan.report.status import plan_json

    ws = shell.open(writes=False)
    now = ws.now()
    seen, found = look_at(ws, words)
    if shell.json:
        shell.screen.json(plan_json(ws.config, seen, found, now))
    else:
        show_actions(shell.screen, found)
        show_waiting(shell.screen, ws.config, seen, found, now)
    return standing_code(found) if exit_code else 0
