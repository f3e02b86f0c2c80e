"""The program: finds the verb, runs it, and turns what went wrong into words and an exit code.

Invariant: nothing heavy is imported before a verb needs it, so that help is quick.
"""

from __future__ import annotations

import errno
import io
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module, metadata
from importlib.util import find_spec
from typing import TextIO

import click

from promoter.cli.shell import Shell, shared_options
from promoter.errors import EdgeFailed, PromoterError, UsageError
from promoter.plan.verbs import VERBS, Group

_BUG = 70
_INTERRUPTED = 130
_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO})
"""What a disk says that takes nothing more: no bug, wherever it is said."""
_MODULES = {entry.name: f"promoter.cli.{entry.name.replace('-', '_')}" for entry in VERBS}


class _Verbs(click.Group):
    """The verbs, each imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, module in _MODULES.items() if find_spec(module) is not None]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = getattr(import_module(_MODULES[cmd_name]), cmd_name.replace("-", "_"))
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            near = get_close_matches(args[0], known, n=1)
            guess = f"; did you mean {near[0]}?" if near else ""
            raise UsageError(f"there is no verb {args[0]}{guess}", "promoter --help shows them")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        known = set(self.list_commands(ctx))
        for group in Group:
            rows = [(entry.name, entry.summary) for entry in VERBS if entry.group is group and entry.name in known]
            if rows:
                with formatter.section(group.value):
                    formatter.write_dl(rows)


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted:
        return
    try:
        number = metadata.version("promoter")
    except metadata.PackageNotFoundError:
        number = "(not installed)"
    click.echo(f"promoter {number}")
    ctx.exit()


@click.group(
    cls=_Verbs,
    params=shared_options(),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    invoke_without_command=True,
)
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version.")
@click.pass_context
def program(ctx: click.Context) -> None:
    """Promote changes through environments with Git commits and pull requests.

    Words are known by what they are: an app, an environment, a release (r41), a version, a reason in quotes. Their
    order does not matter.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main(argv: Sequence[str] | None = None, shell: Shell | None = None) -> int:
    """Run the program with `argv` (None: the process's own) and give its exit code; nothing is raised.

    `shell` replaces the clock and the repository of the process.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        code = program.main(arguments, prog_name="promoter", standalone_mode=False, obj=shell or Shell())
        sys.stdout.flush()
    except PromoterError as error:
        _complain(f"promoter: {error}")
        return error.exit_code
    except click.ClickException as error:
        said = io.StringIO()
        error.show(said)
        _complain(said.getvalue().rstrip("\n"))
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        _complain("promoter: interrupted")
        return _INTERRUPTED
    except SystemExit as leaving:  # click leaves this way when nobody reads its output any more
        return leaving.code if isinstance(leaving.code, int) else 1
    except Exception as error:  # noqa: BLE001 (the boundary: whatever gets here is a bug, or a full disk)
        return _full(error) if isinstance(error, OSError) and error.errno in _DISK else _bug(error, arguments)
    return code if isinstance(code, int) else 0


def _bug(error: Exception, arguments: Sequence[str]) -> int:
    try:
        descriptor, path = tempfile.mkstemp(prefix="promoter-", suffix=".log")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"promoter {' '.join(arguments[:1])}\n")
            traceback.print_exception(error, file=file)
        where = f"The details are in {path}"
    except OSError as unwritten:
        where = f"The details could not be written: {unwritten}"
    _complain(f"promoter: this is a bug: {type(error).__name__}: {error}\n  {where}")
    return _BUG


def _full(error: OSError) -> int:
    """Say that a disk takes nothing more, be it the one that the output goes to."""
    where = error.filename or "the output"
    _complain(f"promoter: cannot write {where}: {error.strerror}\n  Make room, and run again: what was done is found.")
    if error.filename is None:
        _let_go(sys.stdout, sys.__stdout__)
    return EdgeFailed.exit_code


def _complain(text: str) -> None:
    """Write to standard error what failed, and nothing that steers a terminal or a runner: others wrote some of it."""
    from promoter.plan.report.foreign import source

    try:
        click.echo("\n".join(source(line) for line in text.split("\n")), err=True)
    except OSError:  # the exit code is all that can still be said
        _let_go(sys.stderr, sys.__stderr__)


def _let_go(stream: TextIO, own: TextIO | None) -> None:
    """Write no more to the process's own `stream`: Python tries once more at its end, and changes the exit code."""
    if own is not None and stream is own:
        os.dup2(os.open(os.devnull, os.O_WRONLY), own.fileno())


if __name__ == "__main__":
    sys.exit(main())
