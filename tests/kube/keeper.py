"""Keeps the server that all processes of a test run share, and ends it when the last of them is gone.

Who uses the server holds a shared lock on the file `users` in the run's folder. The kernel drops the lock when the
holder ends, however it ends, so nothing is left behind by tests that are killed. The keeper, a process of its own,
waits until it gets the lock alone. `python -m tests.kube.keeper FOLDER [PLURAL.GROUP ...]` is the keeper.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.kube import definitions
from tests.kube.api import Api
from tests.kube.pair import NotReady, Pair
from tests.kube.programs import find

ROOT = Path(__file__).parents[2]
SECONDS = 120.0


@contextmanager
def joined(folder: Path, *crds: str) -> Iterator[dict[str, object]]:
    """Use the server of `folder`, which is started when nobody has; give what `server.json` says.

    It has the definitions `crds`, all when none is named.
    Raises `Missing` when a program is not there and `NotReady` when the server does not come up.
    """
    find()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "users").open("a") as users:
        with (folder / "starting").open("a") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            fcntl.flock(users, fcntl.LOCK_SH)  # waits for a keeper that is ending its server
            if not (folder / "server.json").exists():
                _start(folder, crds)
        yield json.loads((folder / "server.json").read_text(encoding="utf-8"))


def _start(folder: Path, crds: tuple[str, ...]) -> None:
    with (folder / "keeper.log").open("ab") as log:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.kube.keeper", str(folder), *crds],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=ROOT, start_new_session=True,
        )  # fmt: skip
    end = time.monotonic() + SECONDS
    while not (folder / "server.json").exists():
        if keeper.poll() is not None or time.monotonic() > end:
            keeper.kill()
            keeper.wait()
            said = (folder / "keeper.log").read_text(encoding="utf-8", errors="replace")
            raise NotReady(f"the Kubernetes API for the tests did not come up:\n{said[-4000:]}")
        time.sleep(0.05)
    keeper.returncode = 0  # it outlives this process; nobody waits for it


def keep(folder: Path, *crds: str) -> None:
    """Run a server until nobody uses it."""
    pair = Pair(find(), folder / "server")
    with (folder / "users").open("a") as users:
        try:
            pair.start()
            api = Api(pair.url, pair.ca_file, pair.tokens["admin"])
            definitions.install(api, pair.programs.crds, crds)
            api.close()
            said = {"url": pair.url, "folder": str(pair.folder), "tokens": pair.tokens, "keeper": os.getpid()}
            _publish(folder / "server.json", {**said, "processes": pair.pids()})
            while not _alone(users.fileno()):
                pair.check()
                time.sleep(0.1)
        finally:
            (folder / "server.json").unlink(missing_ok=True)
            pair.stop()


def _alone(users: int) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _publish(path: Path, said: object) -> None:
    new = path.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_text(json.dumps(said), encoding="utf-8")
    new.replace(path)


def _end(*_: object) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    keep(Path(sys.argv[1]), *sys.argv[2:])
