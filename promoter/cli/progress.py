"""How far something is, on a terminal: one line of standard error that is overwritten, and nothing anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TextIO


def counter(what: str, to: TextIO | None = None) -> Callable[[int, int], None] | None:
    """Give what shows (done, of how many) `what` on `to` (None: standard error); None where that is no terminal."""
    stream = sys.stderr if to is None else to
    if not stream.isatty():
        return None

    def show(done: int, total: int) -> None:
        text = f"{done} of {total} {what}"
        stream.write(f"\r{text}" if done < total else f"\r{' ' * len(text)}\r")
        stream.flush()

    return show
