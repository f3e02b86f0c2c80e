"""`promoter drift`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from promoter.cli.exits import Exit
from promoter.cli.shell import Shell, command, words_argument
from promoter.errors import UsageError

if TYPE_CHECKING:
    from promoter.cli.drift_report import Drifted


@command(
    "drift",
    words_argument(),
    click.Option(["--render"], is_flag=True, help="Also render what stands in the slots again, and compare."),
    click.Option(["--live"], is_flag=True, help="Also compare with what the clusters report."),
    click.Option(
        ["--between"],
        nargs=2,
        metavar="ENVIRONMENT ENVIRONMENT",
        help="Compare two environments instead: versions, and what differs in what they hold.",
    ),
    click.Option(
        ["--exit-code", "exit_code"],
        is_flag=True,
        help="Exit 12 when something drifted, 11 when that cannot be told; with --between 10 when something differs.",
    ),
)
def drift(
    shell: Shell, words: tuple[str, ...], render: bool, live: bool, between: tuple[str, str] | None, exit_code: bool
) -> int:
    """Show what is not as a release left it."""
    if between:
        if render or live:
            raise UsageError("--between compares two environments with each other", "leave out --render and --live")
        return _between(shell, words, between, exit_code)
    from promoter.cli.drift_json import drift_json
    from promoter.cli.drift_report import Drifted, drift_code
    from promoter.cli.drift_text import show_drift
    from promoter.cli.progress import counter
    from promoter.cli.wanted import look_at
    from promoter.run.drift.edits import hand_edits
    from promoter.run.drift.live import compared
    from promoter.run.drift.rendered import rendered_again
    from promoter.run.drift.unclaimed import unclaimed

    ws = shell.open(writes=False)
    seen, plan = look_at(ws, words)
    found: Drifted = Drifted(
        ws.config,
        ws.now(),
        plan,
        {name: app.ledger for name, app in seen.apps.items()} | {ledger.app: ledger for ledger in plan.ledgers},
        tuple(hand_edits(ws, seen, plan)),
        tuple(rendered_again(ws, seen, plan, counter("rendered"))) if render else None,
        tuple(compared(ws, seen, plan)) if live else None,
        tuple(unclaimed(ws, seen)) if not words else (),
    )
    if shell.json:
        shell.screen.json(drift_json(found, seen))
    else:
        show_drift(shell.screen, found)
    return drift_code(found) if exit_code else Exit.DONE


def _between(shell: Shell, words: tuple[str, ...], names: tuple[str, str], exit_code: bool) -> int:
    from promoter.cli.drift_json import between_json
    from promoter.cli.drift_text import show_between
    from promoter.cli.wanted import look_at, meaning
    from promoter.run.drift.between import pairs

    ws = shell.open(writes=False)
    for name in names:
        if name not in ws.config.environments:
            raise UsageError(f"there is no environment {name}", f"there are {', '.join(ws.config.environments)}")
    if names[0] == names[1]:
        raise UsageError("two environments are compared", f"{names[0]} was named twice")
    found = meaning(ws, words)
    if found.environments:
        raise UsageError("--between names the environments already", "name apps, or none for all")
    seen, plan = look_at(ws, words)
    both = pairs(ws, seen, plan, *names)
    if shell.json:
        shell.screen.json(between_json(plan, seen, names, both, ws.now()))
    else:
        show_between(shell.screen, names, both, whole=len(found.apps) == 1)
    return Exit.TODO if exit_code and any(not pair.same for pair in both) else Exit.DONE
