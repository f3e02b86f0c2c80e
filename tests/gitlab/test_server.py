"""The test server is strict: what is not written down of GitLab it does not take, and a test that sends it fails."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.gitlab import rest
from tests.gitlab.graph import complexity, parsed
from tests.gitlab.hub import PATH
from tests.gitlab.server import TOKEN, GitLab, description, serve
from tests.repos import make_repo

PROJECT = "/api/v4/projects/acme%2Fplatform%2Ffleet"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitLab]:
    make_repo(tmp_path / f"{PATH}.git", {"a": "1"})
    with serve(tmp_path) as server:
        yield server
        server.strayed.clear()


def ask(server: GitLab, method: str, path: str, body: Any = None, token: str = TOKEN) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.home}{path}", data, headers, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")


@pytest.mark.parametrize(
    ("method", "path", "body", "why"),
    [
        ("POST", "/merge_requests", {"title": "x", "source_branch": "a", "target_branch": "b", "body": ""}, "body"),
        ("POST", "/merge_requests", {"title": "x", "source_branch": "a"}, "'target_branch' is a required property"),
        ("PUT", "/merge_requests/1", {"state_event": "merge"}, "is not one of"),
        ("PUT", "/merge_requests/x", {"title": "x"}, "is not of type 'integer'"),
        ("GET", "/merge_requests?state=open", None, "is not one of"),
        ("GET", "/merge_requests?head=a", None, "no query parameter head"),
        ("POST", f"/statuses/{'1' * 40}", {"state": "failure"}, "is not one of"),
        ("GET", "/nothing", None, "no GET"),
    ],
)
def test_what_rest_does_not_take(server: GitLab, method: str, path: str, body: Any, why: str) -> None:
    assert ask(server, method, f"{PROJECT}{path}", body)[0] == 422
    assert why in server.strayed[0]


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("{currentUser {shoeSize}}", "Cannot query field 'shoeSize'"),
        ("{currentUser", "Syntax Error"),
        ('{project(fullPath: "a/b") {mergeRequests(state: OPEN) {nodes {iid}}}}', "does not exist in"),
    ],
)
def test_what_graphql_does_not_take(server: GitLab, query: str, why: str) -> None:
    assert ask(server, "POST", "/api/graphql", {"query": query})[0] == 422
    assert why in server.strayed[0]


def test_too_much_at_once_is_refused_as_gitlab_does(server: GitLab) -> None:
    many = "\n".join(f"m{n}: mergeRequests {{nodes {{iid title state}}}}" for n in range(40))
    status, answer = ask(server, "POST", "/api/graphql", {"query": f'{{project(fullPath: "{PATH}") {{{many}}}}}'})
    assert (status, "exceeds max complexity of 250" in answer["errors"][0]["message"]) == (200, True)


@pytest.mark.parametrize(
    ("query", "points"),
    [
        ("{currentUser {username}}", 2),
        ('{project(fullPath: "a") {mergeRequests(first: 50) {nodes {iid}}}}', 1 + 1 + int(2 * 1.5)),
        ('{project(fullPath: "a") {mergeRequests {nodes {iid}}}}', 1 + 1 + 2 * 2),
    ],
)
def test_complexity(query: str, points: int) -> None:
    assert complexity(parsed(query), {}) == points


def test_a_wrong_token_gets_nothing(server: GitLab) -> None:
    assert ask(server, "POST", "/api/graphql", {"query": "{currentUser {username}}"}, "x")[0] == 401
    assert ask(server, "GET", f"{PROJECT}/merge_requests", token="x")[0] == 401
    assert server.strayed == []


def test_every_operation_is_described_and_answered() -> None:
    described = {
        operation["operationId"] for item in description().raw["paths"].values() for operation in item.values()
    }
    assert described == set(rest.HANDLERS)
