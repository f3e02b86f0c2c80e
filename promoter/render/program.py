"""Running the programs that render: found on one search path, in a clean environment, within limits.

Invariants: a program sees no variable of ours but PATH and what it is handed (so no token), its own empty HOME and
TMPDIR, and ends, with all it started, when its time is over. Messages hold no temporary path, so the same failure reads
the same twice.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from promoter.errors import RenderFailed
from promoter.render.port import Unable

_LAST_LINES = 12
_LAST_CHARACTERS = 2000
_CHUNK = 1 << 16
_OFFLINE: Final[Mapping[str, str]] = {
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "ALL_PROXY": "http://127.0.0.1:9",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_TERMINAL_PROMPT": "0",
}
"""Makes Go programs and git fail at once instead of reaching the network (port 9 discards)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long one program may run, in seconds, and how much it may print, in bytes."""

    seconds: float = 120.0
    output: int = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Room:
    """The folders of one rendering: what is rendered, and where the program may write."""

    source: Path
    scratch: Path


class Programs:
    """Finds and runs programs; may be shared by threads."""

    def __init__(self, search: str | None = None, limits: Limits | None = None) -> None:
        self._search = os.environ.get("PATH", os.defpath) if search is None else search
        self.limits = limits or Limits()
        self._stopped = threading.Event()

    def which(self, name: str) -> str | None:
        """Give the full path of a program, or None when the search path has none."""
        found = shutil.which(name, path=self._search)
        return str(Path(found).absolute()) if found else None

    def stop(self) -> None:
        """End what runs; what is started later ends at once."""
        self._stopped.set()

    def run(
        self,
        argv: Sequence[str],
        room: Room,
        folder: str = "",
        *,
        offline: bool = True,
        variables: Mapping[str, str] | None = None,
    ) -> bytes:
        """Run `argv` in `folder` of the room, with `variables` beside its own, and give what it printed.

        Raises RenderFailed with the last lines of its stderr when it fails or prints too much, Unable when it cannot
        start, is too slow, or was stopped.
        """
        name = Path(argv[0]).name
        for place in ("home", "tmp"):
            (room.scratch / place).mkdir(exist_ok=True, parents=True)
        environment = {
            "PATH": self._search,
            "HOME": str(room.scratch / "home"),
            "TMPDIR": str(room.scratch / "tmp"),
            "LANG": "C.UTF-8",
            **(_OFFLINE if offline else {}),
            **(variables or {}),
        }
        try:
            process = subprocess.Popen(
                list(argv),
                cwd=room.source / folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise Unable(f"{name} could not be started: {error.strerror}") from error
        with process:
            try:
                out, err, limit = self._read(process)
            finally:
                # While it is not waited for, its id cannot belong to another group.
                if process.returncode is None:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)
        if limit:
            kind = RenderFailed if limit.startswith("printed") else Unable
            raise kind(f"{name} {limit}{_last_lines(err, room)}")
        if process.returncode:
            raise RenderFailed(f"{name} failed (exit {process.returncode}){_last_lines(err, room)}")
        return out

    def _read(self, process: subprocess.Popen[bytes]) -> tuple[bytes, bytes, str]:
        """Read both streams to their end and wait; the third value says which limit was passed, if one was."""
        end = time.monotonic() + self.limits.seconds
        streams: dict[int, bytearray] = {}
        with selectors.DefaultSelector() as selector:
            for stream in (process.stdout, process.stderr):
                if stream is not None:
                    selector.register(stream, selectors.EVENT_READ)
                    streams[stream.fileno()] = bytearray()
            out, err = streams.values()
            while selector.get_map():
                for key, _ in selector.select(timeout=0.2):
                    chunk = os.read(key.fd, _CHUNK)
                    streams[key.fd] += chunk
                    if not chunk:
                        selector.unregister(key.fileobj)
                if len(out) + len(err) > self.limits.output:
                    return b"", bytes(err[-_LAST_CHARACTERS:]), f"printed more than {self.limits.output} bytes"
                if self._stopped.is_set():
                    return b"", b"", "was stopped"
                if time.monotonic() > end:
                    return b"", bytes(err), f"did not end within {self.limits.seconds:g} seconds"
        try:
            process.wait(timeout=max(end - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            return b"", bytes(err), f"did not end within {self.limits.seconds:g} seconds"
        return bytes(out), bytes(err), ""


def _last_lines(stderr: bytes, room: Room) -> str:
    text = stderr.decode("utf-8", "replace")
    for folder in (room.source, room.scratch):
        for path in {str(folder.resolve()), str(folder)}:
            text = text.replace(f"{path}/", "").replace(path, ".")
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    shown = "\n".join(lines[-_LAST_LINES:])[-_LAST_CHARACTERS:]
    return f":\n{shown}" if shown else ""
