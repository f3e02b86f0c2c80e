"""A GitHub of the tests' own: REST, GraphQL and Git over HTTP, with state, and with the faults that we ask for.

Every request that we send and every answer is held against what GitHub publishes of its API; what does not fit stands
in `GitHub.strayed`, which must be empty at the end.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import jwt

from tests.forge.wire import Fault, Refused, Said, Seen, WireHandler, WireServer, serving
from tests.git.servers import backend
from tests.github import graph, rest
from tests.github.hub import Hub
from tests.github.nodes import Root
from tests.github.openapi import NotDescribed, description

__all__ = ["TOKEN", "Fault", "GitHub", "Seen", "serve"]

REST, GRAPHQL = "/api/v3", "/api/graphql"
TOKEN = "ghp_0123456789abcdefghij"
"""The bot's token."""


class GitHub(WireServer):
    """One server with one repository, `acme/fleet`, whose bare repository is `root`/acme/fleet.git."""

    def __init__(self, root: Path, certificate: tuple[Path, Path] | None = None) -> None:
        super().__init__(root, certificate)
        self.hub = Hub(root / "acme" / "fleet.git")
        self.tokens = {TOKEN: self.hub.people.bot}
        self.app_key: str | None = None
        """The public key of the app with id 41."""
        self.lifetime = 3600
        """How many seconds a minted token holds."""

    @property
    def url(self) -> str:
        """The repository's."""
        return f"{self.home}/acme/fleet.git"

    def answer(self, handler: WireHandler, path: str, body: bytes) -> Said:
        """Answer a request."""
        if not self.is_api(path):
            return self._git(handler, body)
        if path == GRAPHQL:
            return self._graphql(handler, json.loads(body))
        status, headers, value = self._rest(handler, path.removeprefix(REST), json.loads(body) if body else None)
        return Said(status, headers, b"" if value is None else json.dumps(value).encode())

    def _user(self, handler: WireHandler) -> str:
        kind, _, secret = handler.headers.get("Authorization", "").partition(" ")
        if kind.lower() == "basic":
            secret = base64.b64decode(secret).decode().partition(":")[2]
        self.logins.append(secret)
        if secret not in self.tokens:
            raise Refused(401, "Bad credentials")
        return self.tokens[secret]

    def _git(self, handler: WireHandler, body: bytes) -> Said:
        try:
            self._user(handler)
        except Refused:
            return Said(401, {"WWW-Authenticate": 'Basic realm="GitHub"'}, b"")
        status, headers, answer = backend(self.root, handler.command, handler.path, handler.headers, body)
        with self.lock:
            self.hub.settle()
        return Said(status, headers, answer)

    def _graphql(self, handler: WireHandler, asked: Any) -> Said:
        user = self._user(handler)
        document = graph.parsed(asked["query"])
        variables = asked.get("variables") or {}
        points = graph.cost(document, variables).points
        self.hub.settle()
        answer = graph.execute(document, Root(self.hub, user, self.home), variables)
        return Said(200, {}, json.dumps(answer).encode(), points)

    def _rest(self, handler: WireHandler, path: str, body: Any) -> tuple[int, dict[str, str], Any]:
        described = description()
        operation, found = described.find(handler.command, path)
        query = dict(parse_qsl(handler.path.partition("?")[2], keep_blank_values=True))
        described.check_request(operation, found, query, body)
        if operation.id not in rest.HANDLERS:
            raise NotDescribed(f"the test server has no {operation.id}")
        if operation.id.startswith("apps/"):
            self._app(handler)
            if operation.id == "apps/create-installation-access-token":
                return 201, {}, described.answer(operation, 201, self._mint())
            user = ""
        else:
            user = self._user(handler)
        if "owner" in found and (found["owner"], found["repo"]) != ("acme", "fleet"):
            raise Refused(404, "Not Found")
        self.hub.settle()
        asked = rest.Asked(self.hub, user, self.home, found, query, body)
        status, value = rest.HANDLERS[operation.id](asked)
        paged, headers = self._page(handler, value, query)
        return status, {**headers, **self.headers}, described.answer(operation, status, paged)

    def _app(self, handler: WireHandler) -> None:
        secret = handler.headers.get("Authorization", "").partition(" ")[2]
        try:
            claims = jwt.decode(secret, self.app_key or "", algorithms=["RS256"])
        except jwt.PyJWTError as error:
            raise Refused(401, "A JSON web token could not be decoded") from error
        if claims["iss"] != "41":
            raise Refused(401, "Integration must generate a public key")

    def _mint(self) -> dict[str, Any]:
        token = f"ghs_minted{len(self.tokens):020}"
        self.tokens[token] = "promoter[bot]"
        until = datetime.now(UTC) + timedelta(seconds=self.lifetime)
        return {"token": token, "expires_at": rest.iso(until)}

    def _page(self, handler: WireHandler, value: Any, query: dict[str, str]) -> tuple[Any, dict[str, str]]:
        if handler.command != "GET" or not isinstance(value, list):
            return value, {}
        size, page = int(query.get("per_page", 30)), int(query.get("page", 1))
        headers = {}
        if page * size < len(value):
            path = handler.path.partition("?")[0]
            following = urlencode({**query, "page": page + 1})
            headers = {"Link": f'<{self.home}{path}?{following}>; rel="next"'}
        return value[(page - 1) * size : page * size], headers


@contextmanager
def serve(root: Path, certificate: tuple[Path, Path] | None = None) -> Iterator[GitHub]:
    """Serve for the time of the block. Fails when anything was sent that GitHub does not describe.

    `certificate`: the files of the certificate and its key, to serve over TLS.
    """
    with serving(GitHub(root, certificate)) as server:
        yield server
