"""A GitHub of the tests' own: REST, GraphQL and Git over HTTP, with state, and with the faults that we ask for.

Every request that we send and every answer is held against what GitHub publishes of its API; what does not fit stands
in `GitHub.strayed`, which must be empty at the end.
"""

from __future__ import annotations

import base64
import json
import ssl
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import RLock, Thread
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt

from tests.git.servers import backend
from tests.github import graph, rest
from tests.github.hub import Hub, Refused
from tests.github.nodes import Root
from tests.github.openapi import NotDescribed, description

REST, GRAPHQL = "/api/v3", "/api/graphql"
TOKEN = "ghp_0123456789abcdefghij"
"""The bot's token."""


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
        return self.method not in ("GET", "HEAD") and not (self.path == GRAPHQL and "mutation" not in self.body)


class GitHub(ThreadingHTTPServer):
    """One server with one repository, `acme/fleet`, whose bare repository is `root`/acme/fleet.git."""

    daemon_threads = True

    def __init__(self, root: Path, certificate: tuple[Path, Path] | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.root = root
        self.scheme = "http" if certificate is None else "https"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.hub = Hub(root / "acme" / "fleet.git")
        self.tokens = {TOKEN: self.hub.people.bot}
        self.app_key: str | None = None
        """The public key of the app with id 41."""
        self.headers: dict[str, str] = {}
        """What every answer of the REST API carries."""
        self.lifetime = 3600
        """How many seconds a minted token holds."""
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
        return f"{self.scheme}://127.0.0.1:{self.server_address[1]}"

    @property
    def url(self) -> str:
        """The repository's."""
        return f"{self.home}/acme/fleet.git"

    def api(self) -> list[Seen]:
        """Give the requests to the API."""
        return [one for one in self.seen if one.path.startswith("/api/")]

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


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # else every header is a packet of its own, and an answer takes 40 ms

    @property
    def github(self) -> GitHub:
        return cast("GitHub", self.server)

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - as http.server calls them

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that http.server gives it
        """Say nothing: `GitHub.seen` has it."""

    def _serve(self) -> None:
        if self.path.startswith("http://"):  # as to a proxy
            self.github.proxied.append(urlsplit(self.path).netloc)
            self.path = urlsplit(self.path)._replace(scheme="", netloc="").geturl()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        is_api = path.startswith("/api/")
        text = f"{self.command} {self.path} {body.decode() if is_api else ''}"
        for start in [start for start in self.github.before if text.startswith(start)]:
            self.github.before.pop(start)()
        fault = self.github.fault(text)
        if fault is not None and not fault.after:
            return self._go_wrong(fault, path, body)
        # git asks the server again while it is served, and takes its time
        with self.github.lock if is_api else nullcontext():
            status, headers, answer, points = self._answer(path, body)
            self.github.seen.append(Seen(self.command, path, body.decode() if is_api else "", status, points))
        if fault is not None:
            return self._go_wrong(fault, path, body, answer)
        return self._say(status, headers, answer)

    def _answer(self, path: str, body: bytes) -> tuple[int, dict[str, str], bytes, int]:
        try:
            if not path.startswith("/api/"):
                return (*self._git(body), 0)
            if path == GRAPHQL:
                answer, points = self._graphql(json.loads(body))
                return 200, {}, json.dumps(answer).encode(), points
            status, headers, value = self._rest(path.removeprefix(REST), json.loads(body) if body else None)
        except Refused as no:
            status, headers, value = no.status, {}, {"message": no.message, "documentation_url": "", "status": "x"}
        except NotDescribed as error:
            self.github.strayed.append(str(error))
            status, headers, value = 422, {}, {"message": str(error)}
        except Exception:  # noqa: BLE001 - whatever it is, the test must fail with it
            self.github.strayed.append(traceback.format_exc())
            status, headers, value = 500, {}, {"message": "the test server has a fault"}
        return status, headers, b"" if value is None else json.dumps(value).encode(), 0

    def _user(self) -> str:
        kind, _, secret = self.headers.get("Authorization", "").partition(" ")
        if kind.lower() == "basic":
            secret = base64.b64decode(secret).decode().partition(":")[2]
        self.github.logins.append(secret)
        if secret not in self.github.tokens:
            raise Refused(401, "Bad credentials")
        return self.github.tokens[secret]

    def _git(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        try:
            self._user()
        except Refused:
            return 401, {"WWW-Authenticate": 'Basic realm="GitHub"'}, b""
        answer = backend(self.github.root, self.command, self.path, self.headers, body)
        with self.github.lock:
            self.github.hub.settle()
        return answer

    def _graphql(self, asked: Any) -> tuple[Any, int]:
        user = self._user()
        document = graph.parsed(asked["query"])
        variables = asked.get("variables") or {}
        points = graph.cost(document, variables).points
        self.github.hub.settle()
        return graph.execute(document, Root(self.github.hub, user, self.github.home), variables), points

    def _rest(self, path: str, body: Any) -> tuple[int, dict[str, str], Any]:
        described = description()
        operation, found = described.find(self.command, path)
        query = dict(parse_qsl(self.path.partition("?")[2], keep_blank_values=True))
        described.check_request(operation, found, query, body)
        if operation.id not in rest.HANDLERS:
            raise NotDescribed(f"the test server has no {operation.id}")
        if operation.id.startswith("apps/"):
            self._app()
            if operation.id == "apps/create-installation-access-token":
                return 201, {}, described.answer(operation, 201, self._mint())
            user = ""
        else:
            user = self._user()
        if "owner" in found and (found["owner"], found["repo"]) != ("acme", "fleet"):
            raise Refused(404, "Not Found")
        self.github.hub.settle()
        asked = rest.Asked(self.github.hub, user, self.github.home, found, query, body)
        status, value = rest.HANDLERS[operation.id](asked)
        paged, headers = self._page(value, query)
        return status, {**headers, **self.github.headers}, described.answer(operation, status, paged)

    def _app(self) -> None:
        secret = self.headers.get("Authorization", "").partition(" ")[2]
        try:
            claims = jwt.decode(secret, self.github.app_key or "", algorithms=["RS256"])
        except jwt.PyJWTError as error:
            raise Refused(401, "A JSON web token could not be decoded") from error
        if claims["iss"] != "41":
            raise Refused(401, "Integration must generate a public key")

    def _mint(self) -> dict[str, Any]:
        token = f"ghs_minted{len(self.github.tokens):020}"
        self.github.tokens[token] = "promoter[bot]"
        until = datetime.now(UTC) + timedelta(seconds=self.github.lifetime)
        return {"token": token, "expires_at": rest.iso(until)}

    def _page(self, value: Any, query: dict[str, str]) -> tuple[Any, dict[str, str]]:
        if self.command != "GET" or not isinstance(value, list):
            return value, {}
        size, page = int(query.get("per_page", 30)), int(query.get("page", 1))
        headers = {}
        if page * size < len(value):
            path = self.path.partition("?")[0]
            following = urlencode({**query, "page": page + 1})
            headers = {"Link": f'<{self.github.home}{path}?{following}>; rel="next"'}
        return value[(page - 1) * size : page * size], headers

    def _go_wrong(self, fault: Fault, path: str, body: bytes, answer: bytes = b"") -> None:
        if not fault.after:
            self.github.seen.append(Seen(self.command, path, body.decode(), fault.status))
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


@contextmanager
def serve(root: Path, certificate: tuple[Path, Path] | None = None) -> Iterator[GitHub]:
    """Serve for the time of the block. Fails when anything was sent that GitHub does not describe.

    `certificate`: the files of the certificate and its key, to serve over TLS.
    """
    server = GitHub(root, certificate)
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
