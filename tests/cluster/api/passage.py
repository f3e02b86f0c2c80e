"""A way to a server that does something when so much has come through: to stop a server in the middle of an answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Passage:
    """Passes bytes on; calls `deed` once, when `size` bytes came from the server, and then goes on."""

    server: str
    size: int
    deed: Callable[[], object]
    passed: int = 0
    done: threading.Event = field(default_factory=threading.Event)
    url: str = ""
    open: list[socket.socket] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def serve(self, listening: socket.socket) -> None:
        """Take connections until `listening` is closed."""
        at = urlsplit(self.server)
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            try:
                beyond = socket.create_connection((at.hostname or "", at.port or 0), 5)
            except OSError:
                client.close()
                continue
            self.open += [client, beyond]
            threading.Thread(target=self._pump, args=(client, beyond, False), daemon=True).start()
            threading.Thread(target=self._pump, args=(beyond, client, True), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, counted: bool) -> None:
        with suppress(OSError):
            while data := source.recv(4096):
                if counted:
                    self._count(len(data))
                sink.sendall(data)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        source.close()  # the other way closes the sink

    def _count(self, size: int) -> None:
        with self._lock:
            self.passed += size
            if self.passed >= self.size and not self.done.is_set():
                self.deed()
                self.done.set()


@contextmanager
def passage(server: str, size: int, deed: Callable[[], object]) -> Iterator[Passage]:
    """Open a way to `server`."""
    made = Passage(server, size, deed)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        made.url = f"https://127.0.0.1:{listening.getsockname()[1]}"
        threading.Thread(target=made.serve, args=(listening,), daemon=True).start()
        try:
            yield made
        finally:
            for each in (listening, *made.open):
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
