"""`promoter adopt`."""

from __future__ import annotations

import click

from promoter.cli.shell import Shell, command, words_argument


@command(
    "adopt",
    words_argument(),
    click.Option(["--all", "everything"], is_flag=True, help="Every app that has something to adopt."),
    click.Option(
        ["--lost-ledger"], is_flag=True, help="Start again, although a ledger was there: holds and skips end."
    ),
)
def adopt(shell: Shell, words: tuple[str, ...], everything: bool, lost_ledger: bool) -> None:
    """Take what runs."""
    from promoter.cli.released import made_json, show_release
    from promoter.cli.wanted import adoptable, places_only
    from promoter.errors import UsageError
    from promoter.run.adopt import adopt as take

    ws = shell.open(writes=True)
    found = places_only(ws, words)
    if found.environments:
        raise UsageError("an app is adopted in all its environments at once", "promoter adopt APP")
    if everything and found.apps:
        raise UsageError("name apps, or say --all, not both")
    apps = adoptable(ws) if everything else found.apps or (found.one_app(ws.config.apps),)
    made = [(app, take(ws, app, lost_ledger)) for app in apps]
    if shell.json:
        shell.screen.json([made_json(app, release) for app, release in made])
        return
    for app, release in made:
        show_release(shell.screen, app, release)
    if not made:
        shell.screen.line("Nothing to adopt.")
