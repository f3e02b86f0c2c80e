"""Real processes of the program, each as a terminal or a CI job starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from tests.cli.fleet import NOW

SECONDS = 120
"""After this long a process hangs."""


def environment(home: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give an environment without anybody's settings."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PROMOTER_CACHE": str(home / "cache"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "NO_COLOR": "1",
        "COLUMNS": "400",
        **(more or {}),
    }


def start(
    repo: str, home: Path, *argv: str, now: datetime = NOW, more: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """Start the program at `repo` as Kim."""
    return subprocess.Popen(
        [sys.executable, "-m", "promoter", "--repo", repo, "--as", "kim", "--now", now.isoformat(), *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(home, more),
        cwd=home,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Wait for the end; give the exit code, what was printed, and what was complained about."""
    out, err = process.communicate(timeout=SECONDS)
    return process.returncode, out, err


def ran(repo: str, home: Path, *argv: str, now: datetime = NOW) -> tuple[int, str, str]:
    """Run the program to its end."""
    return finish(start(repo, home, *argv, now=now))
