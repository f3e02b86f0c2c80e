"""The rows by name, each measured in a process of its own, so that its memory is its own."""

from __future__ import annotations

import importlib
import multiprocessing
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.measure import Row

NAMES = ("write_tag", "decide", "idle_run", "hydrate", "inventory")


def measure(name: str, quick: bool = False) -> Row:
    """Measure one row in this process."""
    with tempfile.TemporaryDirectory(prefix="promoter-bench-") as folder:
        found: Row = importlib.import_module(f"benchmarks.{name}").measure(Path(folder), quick)
    return found


def apart(name: str, quick: bool) -> Row:
    """Measure one row in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(measure, name, quick).result()
