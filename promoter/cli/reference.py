"""The reference pages, made from the verbs, the schemas and the exit codes: `python -m promoter.cli.reference`.

Invariant: the same code gives the same pages; a test fails when the pages in `docs/` are others.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from promoter.cli.exits import MEANINGS
from promoter.cli.main import program
from promoter.cli.reference_config import config_page
from promoter.cli.reference_inventory import inventory_page
from promoter.cli.reference_json import json_page
from promoter.cli.shell import shared_options
from promoter.plan.verbs import VERBS, Group, Verb

_NOTE = "<!-- Made by `python -m promoter.cli.reference`; edit the code instead. -->"


def pages() -> dict[str, str]:
    """Give file name -> content of the reference pages."""
    return {
        "commands.md": _commands(),
        "config.md": config_page(_NOTE),
        "exit-codes.md": _exit_codes(),
        "inventory.md": inventory_page(_NOTE),
        "json.md": json_page(_NOTE),
    }


def write(folder: Path) -> None:
    """Write the pages into `folder`."""
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


def _commands() -> str:
    lines = [_NOTE, "", "# Commands", ""]
    lines += [
        "`promoter VERB [words] [options]`. Words are known by what they are: an app, an environment, a release",
        "(`r41`), a version, a reason in quotes; their order does not matter unless a verb says so. Results go to",
        "standard output, everything else to standard error.",
        "",
        "Every verb takes these options, before its name or after it:",
        "",
        *_options(shared_options()),
    ]
    with click.Context(program, info_name="promoter") as context:
        known = set(program.list_commands(context))
        for group in Group:
            entries = [entry for entry in VERBS if entry.group is group and entry.name in known]
            if entries:
                lines += ["", f"## {group.value}"]
            for entry in entries:
                found = program.get_command(context, entry.name)
                if found is not None:
                    lines += ["", *_verb(entry, found)]
    return "\n".join(lines) + "\n"


def _verb(entry: Verb, command: click.Command) -> Iterator[str]:
    yield f"### `promoter {f'{entry.name} {entry.arguments}'.strip()}`"
    yield ""
    yield entry.summary + (f" {entry.details}" if entry.details else "")
    if entry.comment:
        yield ""
        yield f"In a [comment](comments.md): `/promoter {entry.name}`."
    if isinstance(command, click.Group):
        yield ""
        for name, below in sorted(command.commands.items()):
            arguments = "".join(f" {each.make_metavar(_CONTEXT)}" for each in below.params if _is_argument(each))
            yield f"- `promoter {entry.name} {name}{arguments}`: {below.get_short_help_str(200)}"
            yield from (f"  {line}" for line in _options(_own(below)))
        return
    own = _own(command)
    if own:
        yield ""
        yield from _options(own)
    if entry.examples:
        yield ""
        yield "```sh"
        yield from (f"promoter {line}" for line in entry.examples)
        yield "```"


def _exit_codes() -> str:
    rows = [f"| {code.value} | {meaning} |" for code, meaning in MEANINGS.items()]
    lines = [_NOTE, "", "# Exit codes", "", "| code | meaning |", "|---|---|", *rows, ""]
    lines += [
        "Waiting is not failing: without `--exit-code` a run that waits exits 0. With it the first that fits counts:",
        "12, then 10, then 11. Nothing else is ever given.",
    ]
    return "\n".join(lines) + "\n"


def _own(command: click.Command) -> list[click.Parameter]:
    shared = {option.name for option in shared_options()}
    return [each for each in command.params if isinstance(each, click.Option) and each.name not in shared]


def _options(options: list[click.Parameter]) -> list[str]:
    lines = []
    for option in options:
        if not isinstance(option, click.Option) or option.hidden:
            continue
        value = "" if option.is_flag else f" {option.make_metavar(_CONTEXT)}"
        default = f" Default: `{option.default}`." if option.show_default else ""
        said = f"{option.help.rstrip('.')}.{default}" if option.help else default.strip()
        lines.append(f"- `{', '.join(option.opts)}{value}`" + (f": {said}" if said else ""))
    return lines


def _is_argument(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Argument)


_CONTEXT = click.Context(program, info_name="promoter")

if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("docs"))
