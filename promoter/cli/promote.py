"""`promoter promote`."""

from __future__ import annotations

from promoter.cli.shell import Shell, command, reason_option, words_argument


@command("promote", words_argument(), reason_option())
def promote(shell: Shell, words: tuple[str, ...], reason: str) -> None:
    """Write it down."""
    from promoter.cli.say import say

    say(shell, "promote", words, reason)
