"""`promoter simulate`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from promoter.cli.exits import Exit
from promoter.cli.shell import Shell, command

if TYPE_CHECKING:
    from promoter.cli.screen import Cell
    from promoter.model.moment import Times
    from promoter.simulation.play import Played
    from promoter.simulation.scratch import Original
    from promoter.simulation.stage import Happening

_STYLES = {
    "refused": "fail",
    "lost": "wait",
    "unmet": "fail",
    "waits": "wait",
    "held": "wait",
    "failed": "fail",
    "unhealthy": "fail",
    "recorded": "dim",
}


@command(
    "simulate",
    click.Argument(["script"]),
    click.Option(["--here"], is_flag=True, help="On what is checked out here, with its config committed or not."),
    click.Option(["--quiet"], is_flag=True, help="Print only what is not as expected, and the end."),
)
def simulate(shell: Shell, script: str, here: bool, quiet: bool) -> int:
    """Play a script on a scratch copy."""
    from promoter.errors import EdgeFailed
    from promoter.run.open import cache_folder
    from promoter.simulation.open import simulate as play
    from promoter.simulation.report import simulation_json
    from promoter.simulation.scratch import checked_out, original
    from promoter.simulation.script import read_script

    try:
        data = Path(script).read_bytes()
    except OSError as error:
        raise EdgeFailed(f"cannot read {script}: {error.strerror}") from error

    def source() -> Original:
        if here:
            return checked_out(Path(shell.repo), shell.branch)
        return original(shell.repo, shell.branch, cache_folder(os.environ), os.environ)

    played = play(read_script(script, data), source)
    if shell.json:
        shell.screen.json(simulation_json(script, played))
    else:
        _show(shell, played, quiet)
    return Exit.DONE if played.met else Exit.STUCK


def _show(shell: Shell, played: Played, quiet: bool) -> None:
    """Print the timeline, and whether all is as expected."""
    from promoter.model.moment import times

    screen, at = shell.screen, times(played.timezone, played.began)
    shown = [one for one in played.happenings if not quiet or one.what == "unmet"]
    screen.table(_rows(shown, at))
    if shown:
        screen.line()
    met = sum(one.met for one in played.expectations)
    whole = f"{met} of {len(played.expectations)} expectations met" if played.expectations else "nothing was expected"
    said = f"{whole}; {at.weekday(played.began)} to {at.weekday(played.ended)} {played.timezone}, {played.runs} runs"
    screen.line(said, "ok" if played.met else "fail")


def _rows(happenings: list[Happening], at: Times) -> Iterator[list[Cell]]:
    from promoter.plan.report.foreign import plain

    before = None
    for one in happenings:
        when, before = ("" if one.at == before else at.weekday(one.at)), one.at
        text = f"{one.text} ({one.by})" if one.by else one.text
        yield [
            ("dim", when),
            ("", plain(one.app)),
            ("", plain(one.environment)),
            (_STYLES.get(one.what, "head" if one.by else "ok"), one.what),
            ("", plain(text, 500)),
        ]
