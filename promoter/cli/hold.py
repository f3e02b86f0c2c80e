"""`promoter hold`."""

from __future__ import annotations

import click

from promoter.cli.shell import Shell, command, reason_option, words_argument


@command(
    "hold",
    words_argument(),
    reason_option(),
    click.Option(["--until"], metavar="TIME", help="Until then: 2026-12-24T18:00, 2026-12-24, or 4h from now."),
    click.Option(["--all", "everything"], is_flag=True, help="All apps in all environments."),
)
def hold(shell: Shell, words: tuple[str, ...], reason: str, until: str | None, everything: bool) -> None:
    """Write it down."""
    from promoter.cli.say import say
    from promoter.plan.back import Reach

    say(shell, "hold", words, reason, until, Reach(everything=everything))
