"""`promoter status`."""

from __future__ import annotations

import click

from promoter.cli.exits import standing_code
from promoter.cli.shell import Shell, command, words_argument


@command(
    "status",
    words_argument(),
    click.Option(["--all", "everything"], is_flag=True, help="Show all slots, however many there are."),
    click.Option(["--exit-code", "exit_code"], is_flag=True, help="Exit 10, 11 or 12 when not all is as it should be."),
)
def status(shell: Shell, words: tuple[str, ...], everything: bool, exit_code: bool) -> int:
    """Show what is where."""
    from promoter.cli.overview import Overview, show_overview
    from promoter.cli.wanted import look_at
    from promoter.plan.report.status import status_json

    ws = shell.open(writes=False)
    now = ws.now()
    seen, plan = look_at(ws, words)
    if shell.json:
        shell.screen.json(status_json(ws.config, seen, plan, now))
    else:
        show_overview(shell.screen, Overview(ws.config, seen, plan, now, ws.branch, everything))
    return standing_code(plan) if exit_code else 0
