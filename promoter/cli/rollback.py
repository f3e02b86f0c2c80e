"""`promoter rollback`."""

from __future__ import annotations

import click

from promoter.cli.shell import Shell, command, reason_option, words_argument


@command(
    "rollback",
    words_argument(),
    reason_option(),
    click.Option(["--and-after"], is_flag=True, help="All environments after the named ones as well."),
    click.Option(
        ["--to"],
        default="",
        metavar="COMMIT",
        help="Back to what the slot held in this commit of its active branch, whatever the ledger knows.",
    ),
)
def rollback(shell: Shell, words: tuple[str, ...], reason: str, and_after: bool, to: str) -> None:
    """Write it down."""
    from promoter.cli.say import say
    from promoter.plan.back import Reach

    say(shell, "rollback", words, reason, reach=Reach(and_after, to))
