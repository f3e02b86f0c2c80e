from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from promoter.errors import Rejected
from promoter.git.credential import PASSWORD, USERNAME, environment, options
from promoter.git.program import Program
from promoter.git.repository import open_repository
from promoter.git.store import Store
from promoter.git.url import split_secret
from tests.git.programs import CLEAN, git
from tests.git.servers import GitServer, serve
from tests.repos import make_repo

GITHUB = {"GITHUB_TOKEN": "job-token"}


@pytest.mark.parametrize(
    ("url", "env", "expected"),
    [
        ("https://kim:secret@h/x", {PASSWORD: "other"}, ("kim", "secret")),
        ("https://h/x", {PASSWORD: "secret"}, ("x-access-token", "secret")),
        ("https://h/x", {PASSWORD: "secret", USERNAME: "kim"}, ("kim", "secret")),
        ("https://github.com/a/x", GITHUB, ("x-access-token", "job-token")),
        ("https://github.com/a/x", {**GITHUB, "GH_TOKEN": "mine"}, ("x-access-token", "mine")),
        (
            "https://gh.acme.io/a/x",
            {**GITHUB, "GITHUB_SERVER_URL": "https://gh.acme.io"},
            ("x-access-token", "job-token"),
        ),
        ("https://gitlab.com/a/x", {"GITLAB_TOKEN": "glpat"}, ("oauth2", "glpat")),
        (
            "https://gl.acme.io/a/x",
            {"GITLAB_TOKEN": "glpat", "CI_SERVER_URL": "https://gl.acme.io/"},
            ("oauth2", "glpat"),
        ),
        ("https://github.com/a/x", {**GITHUB, "GITHUB_SERVER_URL": "https://gh.acme.io"}, None),
        ("http://github.com/a/x", GITHUB, None),
        ("https://github.com.evil.io/a/x", GITHUB, None),
        ("https://evil.io/github.com", {**GITHUB, "GITLAB_TOKEN": "glpat"}, None),
        ("git@github.com:a/x", {**GITHUB, PASSWORD: "secret"}, None),
        ("file:///srv/x", {PASSWORD: "secret"}, None),
    ],
)
def test_which_credential_goes_where(url: str, env: dict[str, str], expected: tuple[str, str] | None) -> None:
    address = split_secret(url)
    found = environment(address, env)
    assert ((found[USERNAME], found[PASSWORD]) if PASSWORD in found else None) == expected
    shown = str(options(address, found))
    assert (address.origin in shown and "credential" in shown) is (expected is not None and address.origin != "")
    assert not any(secret in shown for secret in ("secret", "job-token", "glpat", "mine"))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    make_repo(tmp_path / "r.git", {"a": "0"})
    with serve(tmp_path) as running:
        running.faults.login = "kim:s3cret word"
        yield running


def test_a_password_reaches_the_server_and_no_file(server: GitServer, tmp_path: Path) -> None:
    host = server.url.removeprefix("http://")
    repo = open_repository(f"http://kim:s3cret%20word@{host}/r.git", tmp_path / "cache", CLEAN)
    assert list(repo.refs()) == ["refs/heads/main"]
    repo.fetch(["refs/heads/main"])
    assert repo.url == f"http://{host}/r.git"
    for path in (tmp_path / "cache").rglob("*"):
        assert path.is_dir() or b"s3cret" not in path.read_bytes()


def test_a_password_from_the_environment(server: GitServer, tmp_path: Path) -> None:
    env = {**CLEAN, USERNAME: "kim", PASSWORD: "s3cret word"}
    assert list(open_repository(f"{server.url}/r.git", tmp_path / "cache", env).refs()) == ["refs/heads/main"]


def test_credential_helpers_of_a_person_are_asked(server: GitServer, tmp_path: Path) -> None:
    helper = tmp_path / "helper"
    helper.write_text('#!/bin/sh\ntest "$1" = get && printf "username=kim\\npassword=s3cret word\\n"\nexit 0\n')
    helper.chmod(0o755)
    git(tmp_path, "config", "--file", str(tmp_path / ".gitconfig"), "credential.helper", str(helper))
    env = {**CLEAN, "HOME": str(tmp_path)}
    assert list(open_repository(f"{server.url}/r.git", tmp_path / "cache", env).refs()) == ["refs/heads/main"]


def test_a_password_of_ours_is_stored_by_nobody(server: GitServer, tmp_path: Path) -> None:
    git(
        tmp_path, "config", "--file", str(tmp_path / ".gitconfig"), "credential.helper", f"store --file {tmp_path}/kept"
    )
    env = {**CLEAN, "HOME": str(tmp_path), USERNAME: "kim", PASSWORD: "s3cret word"}
    assert open_repository(f"{server.url}/r.git", tmp_path / "cache", env).refs()
    assert not (tmp_path / "kept").exists()


def test_a_password_is_not_offered_to_another_server(server: GitServer, tmp_path: Path) -> None:
    with serve(tmp_path) as other:
        other.faults.login = "nobody:nothing"
        server.faults.login = ""
        server.faults.redirect = other.url
        env = {**CLEAN, USERNAME: "kim", PASSWORD: "s3cret word"}
        store = Store.create(tmp_path / "cache.git")
        with pytest.raises(Rejected):
            Program(store, f"{server.url}/r.git", env, pauses=()).refs()
        assert other.faults.requests
        assert set(other.faults.logins) == {""}
