"""`promoter resume`."""

from __future__ import annotations

from promoter.cli.shell import Shell, command, reason_option, words_argument


@command("resume", words_argument(), reason_option())
def resume(shell: Shell, words: tuple[str, ...], reason: str) -> None:
    """Write it down."""
    from promoter.cli.say import say

    say(shell, "resume", words, reason)
