"""`promoter override`."""

from __future__ import annotations

from promoter.cli.shell import Shell, command, reason_option, words_argument


@command("override", words_argument(), reason_option())
def override(shell: Shell, words: tuple[str, ...], reason: str) -> None:
    """Write it down."""
    from promoter.cli.say import say

    say(shell, "override", words, reason)
