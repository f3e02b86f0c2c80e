"""A real Git server on this machine: `git http-backend` behind Python's web server, with the faults that we ask for."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import cast

from promoter.git.program import Program
from promoter.git.repository import Repository
from promoter.git.store import Store
from tests.git.programs import CLEAN


@dataclass
class Faults:
    """What goes wrong, and what was asked."""

    login: str = ""
    """`user:password` that every request must carry; empty: none."""
    deny_push: bool = False
    """Answer 403 to pushes, as for a token that may only read."""
    unavailable: int = 0
    """How many requests are answered with 503 first."""
    lose_push: str = ""
    """`before`: break the connection instead of doing the push, `for good`: and stay away from then on;
    `after`: do the push but do not answer, `silent`: nor hang up before `woken`."""
    woken: Event = field(default_factory=Event)
    old_protocol: bool = False
    """Speak version 0, as servers did before 2018."""
    redirect: str = ""
    """Send everybody on to this server."""
    requests: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)


class GitServer(ThreadingHTTPServer):
    """Serves all repositories below `root`."""

    def __init__(self, root: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.root = root
        self.faults = Faults()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that http.server gives it
        """Say nothing: `Faults.requests` has it."""

    def _serve(self) -> None:
        server = cast("GitServer", self.server)
        faults = server.faults
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        login = self.headers.get("Authorization", "")
        faults.logins.append(base64.b64decode(login.removeprefix("Basic ")).decode() if login else "")
        faults.requests.append(f"{self.command} {self.path}")
        is_push = self.path.endswith("/git-receive-pack")
        if faults.redirect:
            self._say(302, ("Location", faults.redirect + self.path))
        elif faults.unavailable > 0:
            faults.unavailable -= 1
            self._say(503)
        elif faults.login and faults.logins[-1] != faults.login:
            self._say(401, ("WWW-Authenticate", 'Basic realm="git"'))
        elif faults.deny_push and "receive-pack" in self.path:
            self._say(403)
        elif is_push and faults.lose_push in ("before", "for good"):
            faults.unavailable = 100 if faults.lose_push == "for good" else 0
            self.connection.close()
        else:
            self._run(server, body, answer=not (is_push and faults.lose_push in ("after", "silent")))

    def _say(self, status: int, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", "0")):
            self.send_header(name, value)
        self.end_headers()

    def _run(self, server: GitServer, body: bytes, answer: bool) -> None:
        done = backend(
            server.root, self.command, self.path, self.headers, body, "" if server.faults.old_protocol else None
        )
        if not answer:
            if server.faults.lose_push == "silent":
                server.faults.woken.wait(30)
            self.connection.close()
            return
        status, headers, content = done
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def backend(
    root: Path, method: str, target: str, headers: Message, body: bytes, protocol: str | None = None
) -> tuple[int, dict[str, str], bytes]:
    """Let git answer a request for a repository below `root`; `protocol`: what to say in place of the asker's."""
    path, _, query = target.partition("?")
    env = {
        **CLEAN,
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REQUEST_METHOD": method,
        "CONTENT_TYPE": headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_CONTENT_ENCODING": headers.get("Content-Encoding", ""),
        "GIT_PROTOCOL": headers.get("Git-Protocol", "") if protocol is None else protocol,
        "REMOTE_USER": "kim",
        "REMOTE_ADDR": "127.0.0.1",
    }
    done = subprocess.run(["git", "http-backend"], input=body, capture_output=True, env=env, check=True)
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    said = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
    return int(said.pop("Status", "200").split(" ")[0]), said, content


def elsewhere(url: str, cache: Path) -> Repository:
    """Give the repository at `url` as a person without any config reaches it; `cache` is the folder of its objects."""
    store = Store.create(cache)
    return Repository(store, Program(store, url, CLEAN, pauses=(0.01,)), url)


@contextmanager
def serve(root: Path) -> Iterator[GitServer]:
    """Serve the repositories below `root` for the time of the block."""
    server = GitServer(root)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
