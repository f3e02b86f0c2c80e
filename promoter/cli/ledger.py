"""`promoter ledger`: what promoter remembers of an app, as it stands in Git."""

from __future__ import annotations

from typing import cast

import click

from promoter.cli.shell import Shell, shared_options

_shell = click.make_pass_decorator(Shell, ensure=True)


@click.group(params=shared_options())
def ledger() -> None:
    """Show an app's ledger, shorten its chain of commits, or vouch for it."""


@ledger.command("show", params=shared_options())
@click.argument("app")
@click.option("--at", metavar="COMMIT", help="A commit of the ledger, or of an archive of it. Default: its tip.")
@_shell
def show(shell: Shell, app: str, at: str | None) -> None:
    """Print state.yaml: releases, stays, holds, skips, evidence."""
    from promoter.model.state import SCHEMA, dump, plain
    from promoter.plan.report.foreign import source
    from promoter.run.remembered import ledger_at

    state = ledger_at(shell.open(writes=False), app, at)
    if shell.json:
        shell.screen.json({"schema": SCHEMA, **cast("dict[str, object]", plain(state))})
        return
    for line in dump(state).decode().splitlines():
        shell.screen.line(source(line))


@ledger.command("compact", params=shared_options())
@click.argument("app")
@_shell
def shorten(shell: Shell, app: str) -> None:
    """Start the chain anew from the state as it is; the old chain is kept in refs/promoter/archive."""
    from promoter.run.compact import compact

    done = compact(shell.open(writes=True), app)
    if shell.json:
        said = {"app": done.app, "tip": done.tip, "archive": done.archive or None, "commits": done.commits}
        shell.screen.json({"schema": "promoter.compacted/v1", **said})
    elif done.archive:
        shell.screen.line(f"{done.app}: {done.commits} commits are kept in {done.archive}")
    else:
        shell.screen.line(f"{done.app}: nothing to compact")


@ledger.command("accept", params=shared_options())
@click.argument("app")
@_shell
def vouch(shell: Shell, app: str) -> None:
    """Vouch for a ledger that is not signed by one of ledger.signers; PROMOTER_SIGNING_KEY names your key."""
    from promoter.run.accept import accept

    made = accept(shell.open(writes=True), app)
    if shell.json:
        shell.screen.json({"schema": "promoter.accepted/v1", "app": app, "tip": made, "changed": made is not None})
    else:
        said = f"{made[:10]} vouches for it" if made is not None else "is believed already"
        shell.screen.line(f"{app}: {said}")
