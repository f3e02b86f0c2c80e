"""`promoter resume`."""

from __future__ import annotations

import click

from promoter.cli.shell import Shell, command, reason_option, words_argument


@command(
    "resume",
    words_argument(),
    reason_option(),
    click.Option(["--all", "everything"], is_flag=True, help="All apps in all environments."),
)
def resume(shell: Shell, words: tuple[str, ...], reason: str, everything: bool) -> None:
    """Write it down."""
    from promoter.cli.say import say
    from promoter.plan.back import Reach

    say(shell, "resume", words, reason, reach=Reach(everything=everything))
