"""The test server is strict: what GitHub would not take, it does not take either, and a test that sends it fails."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.github.openapi import NotDescribed, description
from tests.github.server import TOKEN, GitHub, serve
from tests.repos import make_repo


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitHub]:
    make_repo(tmp_path / "acme" / "fleet.git", {"a": "1"})
    with serve(tmp_path) as server:
        yield server
        server.strayed.clear()


def ask(server: GitHub, method: str, path: str, body: Any = None, token: str = TOKEN) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"token {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.home}{path}", data, headers, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")


@pytest.mark.parametrize(
    ("method", "path", "body", "why"),
    [
        ("POST", "/pulls", {"title": "x", "head": "a", "base": "b", "labels": ["x"]}, "does not know labels"),
        ("POST", "/pulls", {"title": 1, "head": "a", "base": "b"}, "is not of type 'string'"),
        ("POST", "/pulls", {"title": "x", "head": "a"}, "'base' is a required property"),
        ("PUT", "/pulls/1/merge", {"merge_method": "octopus"}, "is not one of"),
        ("GET", "/issues/comments?sort=age", None, "is not one of"),
        ("GET", "/issues/comments?from=x", None, "no query parameter from"),
        ("GET", "/nothing", None, "GitHub has no GET"),
        ("GET", "/pulls/x/files", None, "is not of type 'integer'"),
    ],
)
def test_what_rest_does_not_take(server: GitHub, method: str, path: str, body: Any, why: str) -> None:
    assert ask(server, method, f"/api/v3/repos/acme/fleet{path}", body)[0] == 422
    assert why in server.strayed[0]


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("{viewer {shoeSize}}", "Cannot query field 'shoeSize'"),
        ("{viewer", "Syntax Error"),
        ('{repository(owner: "acme", name: "fleet") {pullRequests {nodes {number}}}}', "needs first or last"),
        (
            '{repository(owner: "acme", name: "fleet") {pullRequests(first: 101) {nodes {number}}}}',
            "needs first or last",
        ),
        (
            '{repository(owner: "acme", name: "fleet") {pullRequests(first: 100) {nodes {reviews(first: 100) {nodes '
            "{comments(first: 100) {nodes {id}}}}}}}}",
            "GitHub gives 500000",
        ),
    ],
)
def test_what_graphql_does_not_take(server: GitHub, query: str, why: str) -> None:
    assert ask(server, "POST", "/api/graphql", {"query": query})[0] == 422
    assert why in server.strayed[0]


def test_a_wrong_token_gets_nothing(server: GitHub) -> None:
    assert ask(server, "POST", "/api/graphql", {"query": "{viewer {login}}"}, "x")[0] == 401
    assert ask(server, "GET", "/api/v3/repos/acme/fleet/issues/comments", token="x")[0] == 401
    assert server.strayed == []


def test_an_answer_that_github_would_not_give_is_caught() -> None:
    described = description()
    operation, _ = described.find("GET", "/repos/acme/fleet/collaborators/kim/permission")
    with pytest.raises(NotDescribed, match="is not of type 'string'"):
        described.answer(operation, 200, {"permission": 3})
    with pytest.raises(NotDescribed, match="never answers 299"):
        described.answer(operation, 299, {})


@pytest.mark.parametrize(
    ("path", "operation", "found"),
    [
        ("/repos/a/b/git/ref/heads/main", "git/get-ref", {"ref": "heads/main"}),
        ("/repos/a/b/commits/abc/statuses", "repos/list-commit-statuses-for-ref", {"ref": "abc"}),
        ("/repos/a/b/rules/branches/environment%2Fprod", "repos/get-branch-rules", {"branch": "environment/prod"}),
    ],
)
def test_names_with_slashes_are_understood(path: str, operation: str, found: dict[str, str]) -> None:
    named, parameters = description().find("GET", path)
    assert (named.id, parameters) == (operation, {"owner": "a", "repo": "b", **found})


def test_a_test_that_strays_fails(tmp_path: Path) -> None:
    make_repo(tmp_path / "acme" / "fleet.git", {"a": "1"})
    with pytest.raises(AssertionError, match="shoeSize"), serve(tmp_path) as server:
        ask(server, "POST", "/api/graphql", {"query": "{viewer {shoeSize}}"})
