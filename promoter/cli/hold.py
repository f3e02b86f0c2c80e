"""`promoter hold`."""

from __future__ import annotations

import click

from promoter.cli.shell import Shell, command, reason_option, words_argument


@command(
    "hold",
    words_argument(),
    reason_option(),
    click.Option(["--until"], metavar="TIME", help="Until then: 2026-12-24T18:00, 2026-12-24, or 4h from now."),
)
def hold(shell: Shell, words: tuple[str, ...], reason: str, until: str | None) -> None:
    """Write it down."""
    from promoter.cli.say import say

    say(shell, "hold", words, reason, until)
