"""`promoter diff`."""

from __future__ import annotations

import click

from promoter.cli.shell import Shell, command, words_argument


@command(
    "diff",
    words_argument(),
    click.Option(["--exit-code", "exit_code"], is_flag=True, help="Exit 10 when there is a difference."),
)
def diff(shell: Shell, words: tuple[str, ...], exit_code: bool) -> int:
    """Show the difference between two contents."""
    from promoter.cli.compare import compared, difference_text, show_difference
    from promoter.cli.exits import Exit

    ws = shell.open(writes=False)
    old, new = compared(ws, words)
    text = difference_text(ws, old, new)
    if shell.json:
        shell.screen.json({
            "schema": "promoter.diff/v1",
            "from": old.json(),
            "to": new.json(),
            "same": not text,
            "difference": text,
        })  # fmt: skip
    else:
        show_difference(shell.screen, old, new, text)
    return Exit.TODO if exit_code and text else Exit.DONE
