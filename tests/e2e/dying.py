"""A process that starts the program many times over, each time in a process of its own that has bad luck at a moment.

It is killed, or finds its disk full. Started as `python -m tests.e2e.dying`. It takes one JSON list a line,
[repository, now, moment, words...], and answers with the exit code, -9 for killed, and how many times refs were
written. Starting from here costs no imports.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import import_module
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

from pygit2 import Repository
from pygit2.transaction import ReferenceTransaction

from promoter.cli.main import main
from promoter.cli.shell import Shell
from tests.e2e.processes import environment

BEFORE, LOCKED = "before", "locked"
"""Right before refs are written; while a ref is locked."""
FULL = "full"
"""From the start on, no file may grow beyond so many bytes: what a full disk is like, wherever tests run."""
NEVER = (BEFORE, 0)
_LOADED = (
    "run.open",
    "run.release",
    "cli.actions",
    "cli.released",
    "cli.say",
    "cli.run",
    "cli.release",
    "cli.rollback",
)
"""What the processes would load one by one."""


class _Watch:
    """Counts the writes of refs, at the border to the libraries that make them, and kills its own process at one."""

    def __init__(self, moment: tuple[str, int]) -> None:
        self.moment = moment
        self.seen = {BEFORE: 0, LOCKED: 0}
        self._before(Repository, "transaction", BEFORE)
        self._before(ReferenceTransaction, "set_target", LOCKED)
        sys.addaudithook(self._audit)

    def _before(self, owner: type, name: str, kind: str) -> None:
        original = getattr(owner, name)

        def watched(*given: Any) -> Any:
            self._tick(kind)
            return original(*given)

        setattr(owner, name, watched)

    def _audit(self, event: str, given: tuple[Any, ...]) -> None:
        if event == "subprocess.Popen" and "update-ref" in given[1]:
            self._tick(BEFORE)

    def _tick(self, kind: str) -> None:
        self.seen[kind] += 1
        if (kind, self.seen[kind]) == self.moment:
            os.kill(os.getpid(), signal.SIGKILL)


def _child(repo: str, now: datetime, moment: tuple[str, int], words: list[str], tell: int) -> int:
    watch = _Watch(moment)
    kind, size = moment
    if kind == FULL:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    code = main(words, Shell(repo=repo, user="kim", clock=lambda: now, color=False))
    os.write(tell, str(watch.seen[BEFORE]).encode())
    return code


def serve() -> None:
    """Answer until the input ends."""
    for name in _LOADED:
        import_module(f"promoter.{name}")
    for line in sys.stdin:
        repo, now, kind, number, *words = json.loads(line)
        out, tell = os.pipe()
        child = os.fork()
        if child == 0:
            nothing = os.open(os.devnull, os.O_RDWR)
            os.dup2(nothing, 1)
            os.dup2(nothing, 2)
            os._exit(_child(repo, datetime.fromisoformat(now), (kind, number), words, tell))
        os.close(tell)
        writes = os.read(out, 100).decode()
        os.close(out)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(json.dumps([status, int(writes or 0)]), flush=True)  # noqa: T201 (the answer)


class Starter:
    """Starts the program in processes of its own."""

    def __init__(self, process: Popen[str]) -> None:
        self._process = process

    def __call__(self, repo: str, now: datetime, moment: tuple[str, int], *words: str) -> tuple[int, int]:
        """Run the program, killed at `moment`; give its exit code (-9: killed) and how often it wrote refs."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([repo, now.isoformat(), *moment, *words]) + "\n")
        self._process.stdin.flush()
        answer: list[Any] = json.loads(self._process.stdout.readline())
        return int(answer[0]), int(answer[1])


@contextmanager
def starter(home: Path) -> Iterator[Starter]:
    """Give a starter for the time of the block."""
    here = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-m", "tests.e2e.dying"]
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True, cwd=here, env=environment(home)) as process:
        try:
            yield Starter(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()


if __name__ == "__main__":
    serve()
