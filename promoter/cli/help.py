"""`promoter help`."""

from __future__ import annotations

import click

from promoter.cli.shell import Shell, command


@command("help", click.Argument(["verb"], required=False))
def help(shell: Shell, verb: str | None) -> None:  # noqa: A001 (a verb is found by its name)
    """Print the verbs, or how one is used."""
    from promoter.errors import UsageError

    above = click.get_current_context().find_root()
    group = above.command
    assert isinstance(group, click.Group)  # noqa: S101 (verbs are commands of the program)
    if verb is None:
        shell.screen.text(group.get_help(above))
        return
    found = group.get_command(above, verb)
    if found is None:
        raise UsageError(f"{verb} is no verb", "promoter help lists them")
    with click.Context(found, info_name=verb, parent=above) as below:
        shell.screen.text(found.get_help(below))
