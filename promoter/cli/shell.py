"""What every verb shares: the options that may stand before or after it, the clock, and the workspace."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from promoter.plan.verbs import verb as verb_of

if TYPE_CHECKING:
    from promoter.cli.screen import Screen
    from promoter.run.workspace import Workspace


def system_clock() -> datetime:
    """Give the time of this machine, whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(slots=True)
class Shell:
    """The terminal's side of one command."""

    repo: str = "."
    """URL or folder."""
    branch: str | None = None
    """The branch that people edit; None: the repository's default branch."""
    json: bool = False
    color: bool | None = None
    """None: as the terminal can."""
    user: str | None = None
    clock: Callable[[], datetime] = system_clock
    sleep: Callable[[float], None] = time.sleep
    _screen: Screen | None = None

    @property
    def screen(self) -> Screen:
        """Where results go."""
        if self._screen is None:
            from promoter.cli.screen import Screen

            self._screen = Screen(self.color)
        return self._screen

    @property
    def who(self) -> str:
        """Who is asking: `--as`, else whom the CI job or the machine names."""
        named = (self.user, *(os.environ.get(name) for name in ("PROMOTER_USER", "GITHUB_ACTOR", "GITLAB_USER_LOGIN")))
        return next((name for name in (*named, os.environ.get("USER")) if name), "somebody")

    def open(self, *, writes: bool) -> Workspace:
        """Open the repository; `writes` False: nothing is written, whatever is found. Raises EdgeFailed."""
        from promoter.run.open import open_workspace

        return open_workspace(self.repo, user=self.who, branch=self.branch, now=self.clock, writes=writes)


def command(name: str, *parameters: click.Parameter) -> Callable[[Callable[..., int | None]], click.Command]:
    """Make a function the verb `name`: called with the shell and `parameters`, it gives the exit code (None: 0)."""
    entry = verb_of(name)

    def wrap(function: Callable[..., int | None]) -> click.Command:
        def call(**given: Any) -> int:
            return function(click.get_current_context().ensure_object(Shell), **given) or 0

        examples = "\n".join(f"  promoter {line}" for line in entry.examples)
        return _VerbCommand(
            name,
            callback=call,
            params=[*parameters, *shared_options()],
            short_help=entry.summary,
            help="\n\n".join(filter(None, (entry.summary, entry.details))),
            epilog=f"\b\nExamples:\n{examples}" if examples else None,
            options_metavar="[OPTIONS]",
        )

    return wrap


class _VerbCommand(click.Command):
    """A command whose usage line is the verb table's."""

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        arguments = verb_of(self.name or "").arguments
        return [piece for piece in (arguments, self.options_metavar) if piece]


def words_argument() -> click.Argument:
    """Give the argument that takes all words of a verb."""
    return click.Argument(["words"], nargs=-1)


def reason_option() -> click.Option:
    """Give the option that says why; a quoted word says it as well."""
    return click.Option(["--reason"], default="", metavar="TEXT", help="Why; the same as a word in quotes.")


def shared_options() -> list[click.Parameter]:
    """Give the options that every verb takes, before its name and after it."""
    return [
        click.Option(
            ["--repo"],
            metavar="PATH|URL",
            help="The config repository. Default: the one of the current folder.",
            envvar="PROMOTER_REPO",
            expose_value=False,
            callback=_keep("repo"),
        ),
        click.Option(
            ["--branch"],
            metavar="NAME",
            help="The branch that people edit. Default: the repository's default branch.",
            envvar="PROMOTER_BRANCH",
            expose_value=False,
            callback=_keep("branch"),
        ),
        click.Option(["--json"], is_flag=True, help="Print JSON.", expose_value=False, callback=_keep("json")),
        click.Option(["--no-color"], is_flag=True, help="Print no colours.", expose_value=False, callback=_no_color),
        click.Option(["--as", "as_user"], metavar="USER", help="Who asks.", expose_value=False, callback=_keep("user")),
        click.Option(["--now"], hidden=True, expose_value=False, callback=_now, help="Take this for the present time."),
    ]


def _keep(field: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def keep(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
        below = ctx.parent is not None  # there the process's variables were read already, and an option may stand above
        if value and not (below and ctx.get_parameter_source(parameter.name or "") is ParameterSource.ENVIRONMENT):
            setattr(ctx.ensure_object(Shell), field, value)

    return keep


def _no_color(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        ctx.ensure_object(Shell).color = False


def _now(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is None:
        return
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(f"{value} is not a time, such as 2026-11-20T14:05:00+00:00") from error
    fixed = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    ctx.ensure_object(Shell).clock = lambda: fixed
