"""`python -m benchmarks [NAME ...] [--json FILE] [--quick]`: measure, and print a table with goals."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.measure import Figure, Row
from benchmarks.rows import NAMES, apart


def machine() -> str:
    """Say what this was measured on."""
    return f"{os.cpu_count()} CPUs, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def show(row: Row, console: Console) -> None:
    """Print one row."""
    table = Table(title=row.work, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    table.add_column("figure")
    for column in ("median", "spread", "goal"):
        table.add_column(column, justify="right")
    table.add_column("")
    for figure in row.figures:
        said = {None: "", True: "[green]hit[/]", False: "[red]miss[/]"}[figure.hit]
        table.add_row(figure.what, _number(figure.value, figure.unit), _spread(figure), _goal(figure), said)
    console.print(table)
    for note in row.notes:
        console.print(f"  {note}", style="dim")
    console.print()


def _goal(figure: Figure) -> str:
    if figure.goal is None:
        return ""
    return ("≥ " if figure.at_least else "≤ ") + _number(figure.goal, figure.unit)


def _spread(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return ""
    return f"{_number(figure.low, '')} - {_number(figure.high, '')}".replace(" -", " –")


def _number(value: float, unit: str) -> str:
    text = f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
    return f"{text} {unit}".strip()


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was named, or all."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; default: all")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the figures there, too")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, to see that it works")
    given = parser.parse_args(arguments)
    unknown = sorted(set(given.names) - set(NAMES))
    if unknown:
        parser.error(f"there is no {', '.join(unknown)}; there is {', '.join(NAMES)}")
    console = Console()
    console.print(f"{machine()}\n", style="dim")
    rows = []
    for name in given.names or NAMES:
        rows.append(apart(name, given.quick))
        show(rows[-1], console)
    if given.json is not None:
        data = {"schema": "promoter.benchmarks/v1", "machine": machine(), "quick": given.quick}
        data["rows"] = [asdict(row) for row in rows]
        given.json.write_text(json.dumps(data, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
