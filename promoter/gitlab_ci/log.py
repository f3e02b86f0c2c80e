"""Sections of a job's log that fold.

Source: "Configure job logs: create custom collapsible sections". A section begins and ends with a line that holds an
escape and a carriage return.

Invariant: text of others that is printed here holds neither (`promoter.plan.report.foreign.plain`), so that it opens
and closes no section and steers no terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TextIO

from promoter.plan.report.foreign import plain

CLEAR: Final = "\x1b[0K"


@dataclass(frozen=True, slots=True)
class JobLog:
    """The log of the job; at a terminal nothing folds."""

    out: TextIO
    clock: Callable[[], datetime]
    folds: bool = True

    @contextmanager
    def section(self, name: str, title: str) -> Iterator[None]:
        """Fold what is printed inside under `title`; `name`: letters, digits, `_`, once in a job."""
        mark = f"{CLEAR}section_start:{self._now()}:{name}[collapsed=true]\r{CLEAR}" if self.folds else ""
        self.out.write(f"{mark}{plain(title)}\n")
        self.out.flush()
        try:
            yield
        finally:
            if self.folds:
                self.out.write(f"{CLEAR}section_end:{self._now()}:{name}\r{CLEAR}\n")
                self.out.flush()

    def line(self, text: str) -> None:
        """Print `text`, line by line, each made plain."""
        for line in text.splitlines() or [""]:
            self.out.write(f"{plain(line, 1000)}\n")
        self.out.flush()

    def _now(self) -> int:
        return int(self.clock().timestamp())
