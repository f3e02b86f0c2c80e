"""What test servers of forges have in common: HTTP with faults, and everything that was asked and answered."""

from __future__ import annotations

import json
import ssl
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import RLock, Thread
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit


class Refused(Exception):
    """The forge says no: a status code, and its words."""

    def __init__(self, status: int, message: Any) -> None:
        super().__init__(str(message))
        self.status = status
        self.message = message


class Stray(AssertionError):
    """Something was sent that the forge's description does not allow."""


@dataclass
class Fault:
    """What goes wrong with requests whose `METHOD PATH BODY` holds `where`."""

    where: str
    status: int = 0
    """The answer; 0: none, the connection breaks."""
    message: str = "Server Error"
    headers: dict[str, str] = field(default_factory=dict)
    after: bool = False
    """It is done all the same."""
    half: bool = False
    """The answer breaks off in the middle; only with status 0 and `after`."""
    times: int = 1
    skip: int = 0
    """How many such requests go well first."""
    raw: str = ""
    """The answer's body, in place of one that says `message`."""


@dataclass(frozen=True)
class Seen:
    """A request that was answered."""

    method: str
    path: str
    body: str
    status: int
    points: int = 0
    """Of GraphQL's budget."""

    @property
    def is_write(self) -> bool:
        """Tell whether it asked for a change."""
        is_question = self.path.endswith("/api/graphql") and "mutation" not in self.body
        return self.method not in ("GET", "HEAD") and not is_question


@dataclass(frozen=True)
class Said:
    """An answer."""

    status: int
    headers: dict[str, str]
    body: bytes
    points: int = 0


class WireServer(ThreadingHTTPServer):
    """A server on this machine; a forge's own says what its answers are."""

    daemon_threads = True

    def __init__(self, root: Path, certificate: tuple[Path, Path] | None = None) -> None:
        super().__init__(("127.0.0.1", 0), WireHandler)
        self.root = root
        self.scheme = "http" if certificate is None else "https"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.headers: dict[str, str] = {}
        """What every answer of the API carries."""
        self.faults: list[Fault] = []
        self.before: dict[str, Callable[[], object]] = {}
        """What somebody else does, once, just before a request whose text begins so is answered."""
        self.seen: list[Seen] = []
        self.strayed: list[str] = []
        self.logins: list[str] = []
        self.proxied: list[str] = []
        """Hosts that were asked for through this server."""
        self.lock = RLock()

    @property
    def home(self) -> str:
        """The server's address."""
        return f"{self.scheme}://127.0.0.1:{self.server_address[1]}"

    def api(self) -> list[Seen]:
        """Give the requests to the API."""
        return [one for one in self.seen if self.is_api(one.path)]

    def is_api(self, path: str) -> bool:
        """Tell whether a path is the API's, and not Git's."""
        return path.startswith("/api/")

    def answer(self, handler: WireHandler, path: str, body: bytes) -> Said:
        """Answer a request. May raise Refused and Stray."""
        raise NotImplementedError

    def fault(self, text: str) -> Fault | None:
        """Give what goes wrong with a request, and count it."""
        for one in self.faults:
            if one.times > 0 and one.where in text:
                if one.skip > 0:
                    one.skip -= 1
                    continue
                one.times -= 1
                return one
        return None


class WireHandler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # else every header is a packet of its own, and an answer takes 40 ms

    @property
    def wire(self) -> WireServer:
        """The server."""
        return cast("WireServer", self.server)

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - as http.server calls them

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that http.server gives it
        """Say nothing: `WireServer.seen` has it."""

    def _serve(self) -> None:
        wire = self.wire
        if self.path.startswith("http://"):  # as to a proxy
            wire.proxied.append(urlsplit(self.path).netloc)
            self.path = urlsplit(self.path)._replace(scheme="", netloc="").geturl()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        is_api = wire.is_api(path)
        text = f"{self.command} {self.path} {body.decode() if is_api else ''}"
        for start in [start for start in wire.before if text.startswith(start)]:
            wire.before.pop(start)()
        fault = wire.fault(text)
        if fault is not None and not fault.after:
            return self._go_wrong(fault, path, body)
        # git asks the server again while it is served, and takes its time
        with wire.lock if is_api else nullcontext():
            said = self._answer(path, body)
            seen = Seen(self.command, path, body.decode() if is_api else "", said.status, said.points)
            wire.seen.append(seen)
        if fault is not None:
            return self._go_wrong(fault, path, body, said.body)
        return self._say(said.status, said.headers, said.body)

    def _answer(self, path: str, body: bytes) -> Said:
        try:
            return self.wire.answer(self, path, body)
        except Refused as no:
            return Said(no.status, {}, json.dumps({"message": no.message}).encode())
        except Stray as error:
            self.wire.strayed.append(str(error))
            return Said(422, {}, json.dumps({"message": str(error)}).encode())
        except Exception:  # noqa: BLE001 - whatever it is, the test must fail with it
            self.wire.strayed.append(traceback.format_exc())
            return Said(500, {}, b'{"message": "the test server has a fault"}')

    def _go_wrong(self, fault: Fault, path: str, body: bytes, answer: bytes = b"") -> None:
        if not fault.after:
            self.wire.seen.append(Seen(self.command, path, body.decode(), fault.status))
        if fault.status:
            self._say(fault.status, fault.headers, (fault.raw or json.dumps({"message": fault.message})).encode())
            return
        if fault.half:
            self._say(200, {}, answer, len(answer) // 2)
        self.close_connection = True
        self.connection.close()

    def _say(self, status: int, headers: dict[str, str], body: bytes, only: int | None = None) -> None:
        self.send_response_only(status)
        if "Date" not in headers:
            self.send_header("Date", self.date_time_string())
        kind = {} if "Content-Type" in headers else {"Content-Type": "application/json; charset=utf-8"}
        for name, value in {**kind, **headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[:only])
        self.wfile.flush()


S = TypeVar("S", bound=WireServer)


@contextmanager
def serving(server: S) -> Iterator[S]:
    """Serve for the time of the block. Fails when anything was sent that the forge does not describe."""
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    if server.strayed:
        raise AssertionError("\n".join(server.strayed))
