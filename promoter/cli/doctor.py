"""`promoter doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from promoter.cli.exits import Exit
from promoter.cli.shell import Shell, command

if TYPE_CHECKING:
    from promoter.run.doctor import Examined


@command(
    "doctor",
    click.Option(["--exit-code", "exit_code"], is_flag=True, help="Exit 12 when there is a problem."),
)
def doctor(shell: Shell, exit_code: bool) -> int:
    """Look at access and wiring."""
    from promoter.run.doctor import examine, problems

    examined = examine(shell.open(writes=False))
    if shell.json:
        shell.screen.json(_json(examined))
    else:
        _show(shell, examined)
    return Exit.STUCK if exit_code and problems(examined) else Exit.DONE


def _json(examined: Examined) -> dict[str, object]:
    return {
        "schema": "promoter.doctor/v1",
        "slots": examined.slots,
        "clusters": examined.clusters,
        "findings": [
            {
                "probe": probe,
                "severity": finding.severity.value,
                "subject": finding.subject,
                "text": finding.text,
                "why": finding.why,
                "fix": finding.fix,
            }
            for probe, finding in examined.findings
        ],
    }


_STYLES = {"problem": "failed", "warning": "wait", "note": "dim"}
_LONG = 2_000
_ALIKE = 5
"""How many findings that matter for the same reason are shown whole."""


def _show(shell: Shell, examined: Examined) -> None:
    from promoter.plan.report.foreign import plain

    screen = shell.screen
    alike: dict[tuple[str, str], list[str]] = {}
    for probe, finding in examined.findings:
        subjects = alike.setdefault((probe, finding.why), [])
        subjects.append(finding.subject)
        if len(subjects) > _ALIKE:
            continue
        level = finding.severity.value
        screen.cells((_STYLES[level], level), ("", "  "), ("head", plain(finding.subject, _LONG)))
        for opening, text in (("", finding.text), ("Why it matters: ", finding.why), ("What to do: ", finding.fix)):
            screen.line(f"  {opening}{plain(text, _LONG).rstrip('.')}.")
        screen.line()
    for (probe, why), subjects in alike.items():
        more = subjects[_ALIKE:]
        if more:
            screen.line(f"{len(more)} more from {probe}, since {plain(why, _LONG)}: {plain(', '.join(more), 500)}")
            screen.line("  promoter doctor --json shows them whole.")
            screen.line()
    screen.line(_summary(examined))


def _summary(examined: Examined) -> str:
    counts: dict[str, int] = {}
    for _, finding in examined.findings:
        counts[finding.severity.value] = counts.get(finding.severity.value, 0) + 1
    looked = f"{_some(examined.slots, 'slot')} and {_some(examined.clusters, 'cluster')} were looked at"
    found = ", ".join(_some(count, level) for level, count in counts.items())
    return f"{found}; {looked}." if found else f"All is well: {looked}."


def _some(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
