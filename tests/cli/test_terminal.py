"""The same program on a real (pseudo) terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

from tests.cli.fleet import Fleet


def on_terminal(fleet: Fleet, *argv: str, columns: int = 100) -> str:
    """Run the program on a terminal of `columns`, and give what it showed."""
    near, far = pty.openpty()
    env = {**os.environ, "COLUMNS": str(columns), "LINES": "40", "TERM": "xterm-256color"}
    env.pop("NO_COLOR", None)
    program = [sys.executable, "-m", "promoter", "--repo", fleet.repo.url, *argv]
    with subprocess.Popen(program, stdout=far, stderr=far, stdin=far, env=env) as process:
        os.close(far)
        shown = b""
        try:
            while chunk := os.read(near, 65536):
                shown += chunk
        except OSError:  # a terminal that is closed on the other side ends like this on Linux
            pass
    os.close(near)
    assert process.returncode == 0, shown
    return shown.decode()


def test_colours_on_a_terminal_and_none_when_asked(running: Fleet) -> None:
    assert "\x1b[33m" in on_terminal(running, "status", "shop")
    plain = on_terminal(running, "status", "shop", "--no-color")
    assert "\x1b[3" not in plain
    assert "1.4.2 ok" in plain


def test_a_narrow_terminal_folds_cells_and_loses_nothing(running: Fleet) -> None:
    shown = on_terminal(running, "history", "shop", "--no-color", columns=70)
    assert max(len(line) for line in shown.splitlines()) <= 70
    assert [shown.count(word) for word in ("RELEASE", "staging", "verified", "15:05")] == [1, 1, 2, 3]
