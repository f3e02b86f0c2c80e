"""A GitLab of the tests' own: REST, GraphQL and Git over HTTP, with state, and with the faults that we ask for.

Every request that we send and every answer is held against what is written down of GitLab's API in `api.yaml` and
`schema.graphql`; what does not fit stands in `GitLab.strayed`, which must be empty at the end.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import yaml

from tests.forge.wire import Refused, Said, WireHandler, WireServer, serving
from tests.git.servers import backend
from tests.github.openapi import Description
from tests.gitlab import graph, rest
from tests.gitlab.hub import PATH, PROJECT, Hub

REST, GRAPHQL = "/api/v4", "/api/graphql"
TOKEN = "glpat-0123456789abcdefghij"
"""The bot's token."""


@cache
def description() -> Description:
    """Load the description, once a process."""
    return Description(yaml.safe_load((Path(__file__).parent / "api.yaml").read_text(encoding="utf-8")))


class GitLab(WireServer):
    """One server with one project, `acme/platform/fleet`, whose bare repository is `root`/acme/platform/fleet.git."""

    def __init__(self, root: Path, certificate: tuple[Path, Path] | None = None) -> None:
        super().__init__(root, certificate)
        self.hub = Hub(root / f"{PATH}.git")
        self.tokens = {TOKEN: self.hub.people.bot}

    @property
    def url(self) -> str:
        """The repository's address."""
        return f"{self.home}/{PATH}.git"

    def answer(self, handler: WireHandler, path: str, body: bytes) -> Said:
        """Answer a request."""
        if not self.is_api(path):
            return self._git(handler, body)
        user = self._user(handler)
        if path == GRAPHQL:
            return self._graphql(user, json.loads(body))
        status, headers, value = self._rest(handler, user, path.removeprefix(REST), json.loads(body) if body else None)
        return Said(status, {**headers, **self.headers}, b"" if value is None else json.dumps(value).encode())

    def _user(self, handler: WireHandler) -> str:
        kind, _, secret = handler.headers.get("Authorization", "").partition(" ")
        if kind.lower() == "basic":
            secret = base64.b64decode(secret).decode().partition(":")[2]
        secret = handler.headers.get("PRIVATE-TOKEN") or secret
        self.logins.append(secret)
        if secret not in self.tokens:
            raise Refused(401, "401 Unauthorized")
        return self.tokens[secret]

    def _git(self, handler: WireHandler, body: bytes) -> Said:
        try:
            self._user(handler)
        except Refused:
            return Said(401, {"WWW-Authenticate": 'Basic realm="GitLab"'}, b"")
        status, headers, answer = backend(self.root, handler.command, handler.path, handler.headers, body)
        with self.lock:
            self.hub.settle()
        return Said(status, headers, answer)

    def _graphql(self, user: str, asked: Any) -> Said:
        document, variables = graph.parsed(asked["query"]), asked.get("variables") or {}
        points = graph.complexity(document, variables)
        if points > graph.MOST:
            message = f"Query has complexity of {points}, which exceeds max complexity of {graph.MOST}"
            return Said(200, {}, json.dumps({"errors": [{"message": message}]}).encode(), points)
        self.hub.settle()
        answer = graph.execute(document, graph.Root(self.hub, user, self.home), variables)
        return Said(200, {}, json.dumps(answer).encode(), points)

    def _rest(self, handler: WireHandler, user: str, path: str, body: Any) -> tuple[int, dict[str, str], Any]:
        query = _query(handler.path)
        operation, found = description().find(handler.command, path)
        description().check_request(operation, found, query, body)
        if path.startswith("/projects/") and found["id"] not in (PATH, self.hub.called, str(PROJECT)):
            raise Refused(404, "404 Project Not Found")
        self.hub.settle()
        asked = rest.Asked(self.hub, user, self.home, found, query, body)
        status, value = rest.HANDLERS[operation.id](asked)
        paged, headers = self._page(handler, value, query)
        return status, headers, description().answer(operation, status, paged)

    def _page(self, handler: WireHandler, value: Any, query: dict[str, Any]) -> tuple[Any, dict[str, str]]:
        if handler.command != "GET" or not isinstance(value, list):
            return value, {}
        size, page = int(query.get("per_page", 20)), int(query.get("page", 1))
        headers = {"X-Per-Page": str(size), "X-Page": str(page)}
        if page * size < len(value):
            following = urlencode({**query, "per_page": size, "page": page + 1}, doseq=True)
            address = f"{self.home}{handler.path.partition('?')[0]}?{following}"
            headers["Link"] = f'<{address}>; rel="next", <{address}>; rel="last"'
        return value[(page - 1) * size : page * size], headers


def _query(path: str) -> dict[str, Any]:
    """Give what stands behind the `?`; names that end in `[]` are lists of numbers."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(path.partition("?")[2], keep_blank_values=True):
        if name.endswith("[]"):
            found.setdefault(name, []).append(int(value))
        else:
            found[name] = value
    return found


@contextmanager
def serve(root: Path, certificate: tuple[Path, Path] | None = None) -> Iterator[GitLab]:
    """Serve for the time of the block. Fails when anything was sent that is not written down of GitLab.

    `certificate`: the files of the certificate and its key, to serve over TLS.
    """
    with serving(GitLab(root, certificate)) as server:
        yield server
