"""Printing: tables and lines on a terminal with colours, the same as plain text anywhere else.

Invariant: text that comes from others is made plain (`promoter.plan.report.foreign.plain`) before it gets here, and
nothing is read as markup.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

STYLES = {
    "ok": "green",
    "current": "green",
    "wait": "yellow",
    "waiting": "yellow",
    "held": "yellow",
    "deploying": "cyan",
    "soaking": "cyan",
    "unknown": "magenta",
    "fail": "red",
    "blocked": "red",
    "failed": "bold red",
    "head": "bold",
    "dim": "dim",
    "": "",
}
"""Word -> how it looks where there are colours; the words carry the meaning."""
_WIDE = 100_000
"""Columns where nothing is a terminal: lines are never broken."""
_WORD = 16
"""A word of this length is kept whole where the terminal allows it."""

Cell = tuple[str, str]
"""(style, text)."""


class Screen:
    """Standard output."""

    def __init__(self, color: bool | None = None) -> None:
        terminal = sys.stdout.isatty()
        self._console = Console(
            file=sys.stdout,
            color_system="auto" if color is not False else None,
            width=None if terminal else _WIDE,
            highlight=False,
            markup=False,
            emoji=False,
            soft_wrap=not terminal,
        )
        self.rows = self._console.height if terminal else 60
        """How many lines are worth showing at once."""

    def line(self, text: str = "", style: str = "") -> None:
        """Print one line."""
        self._print(Text(text, STYLES[style]))

    def cells(self, *cells: Cell) -> None:
        """Print one line of differently styled pieces."""
        self._print(Text.assemble(*((text, STYLES[style]) for style, text in cells)))

    def table(self, rows: Iterable[Sequence[Cell]], header: Sequence[str] = (), indent: int = 0) -> None:
        """Print rows in columns, with two spaces between them."""
        table = Table(
            box=None, show_header=bool(header), header_style="bold", pad_edge=False, padding=(0, 2, 0, 0), expand=False
        )
        filled = [list(row) for row in rows]
        if not filled:
            return
        columns = max([len(header), *(len(row) for row in filled)], default=0)
        for index in range(columns):
            title = header[index] if index < len(header) else ""
            texts = [title, *(row[index][1] for row in filled if index < len(row))]
            longest = max((len(word) for text in texts for word in text.split()), default=0)
            table.add_column(title, overflow="fold", min_width=min(longest, _WORD))
        for row in filled:
            row += [("", "")] * (columns - len(row))
            table.add_row(*(Text(text, STYLES[style]) for style, text in row))
        with self._console.capture() as capture:
            self._console.print(table)
        for line in capture.get().splitlines():
            sys.stdout.write(f"{' ' * indent}{line.rstrip()}\n")

    def json(self, value: object) -> None:
        """Print `value` as JSON."""
        # A job's log is read by its runner, which takes `##[` for a command wherever it stands.
        text = json.dumps(value, indent=2, ensure_ascii=False).replace("##[", "##\\u005b")
        sys.stdout.write(f"{text}\n")

    def text(self, text: str) -> None:
        """Print `text` as it is."""
        sys.stdout.write(text if text.endswith("\n") or not text else f"{text}\n")

    def _print(self, text: Text) -> None:
        self._console.print(text, soft_wrap=True)
