"""`promoter history`."""

from __future__ import annotations

import click

from promoter.cli.shell import Shell, command, words_argument


@command(
    "history",
    words_argument(),
    click.Option(["--limit"], type=click.IntRange(1), default=20, show_default=True, help="How many releases."),
)
def history(shell: Shell, words: tuple[str, ...], limit: int) -> None:
    """Show an app's releases."""
    from promoter.cli.chronicle import show_history, show_release_history
    from promoter.cli.wanted import meaning
    from promoter.plan.report.history import history_json, ordered
    from promoter.plan.report.moment import times
    from promoter.run.said import ledger_of

    ws = shell.open(writes=False)
    found = meaning(ws, words)
    app = found.one_app(ws.config.apps)
    ledger = ledger_of(ws, app)
    number = found.number(ledger)
    environments = found.environments or tuple(ordered(ledger, list(ws.config.apps[app].environments)))
    at = times(ws.config.timezone, ws.now())
    if shell.json:
        shell.screen.json(history_json(ledger, environments, limit, number))
    elif number is not None:
        show_release_history(shell.screen, ledger, environments, number, at)
    else:
        show_history(shell.screen, ledger, environments, limit, at)
