"""Which GitLab a repository is on, and with which secret: and that no secret goes anywhere else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from promoter.errors import EdgeFailed, UsageError
from promoter.forge.chosen import connect_gitlab, forge_for
from promoter.forge.gitlab_auth import find_token
from promoter.forge.gitlab_place import find_place
from promoter.forge.retry import STANDARD
from tests.forge.contract import BASE, HEAD
from tests.forge.test_gitlab import FILES
from tests.forge.wire import Fault
from tests.gitlab.hub import PATH
from tests.gitlab.server import TOKEN, GitLab, serve
from tests.kube import certificates
from tests.repos import make_repo

JOB = {"CI_SERVER_URL": "https://git.example:8443", "CI_SERVER_HOST": "git.example"}
BELOW = {"CI_SERVER_URL": "https://git.example/gitlab", "CI_SERVER_HOST": "git.example"}
SAID = {"PROMOTER_FORGE": "gitlab"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitLab]:
    make_repo(tmp_path / f"{PATH}.git", FILES, BASE)
    with serve(tmp_path) as server:
        yield server


@pytest.mark.parametrize(
    ("url", "env", "server", "path"),
    [
        ("https://gitlab.com/acme/fleet.git", {}, "https://gitlab.com", "acme/fleet"),
        ("https://gitlab.com/acme/fleet/", {}, "https://gitlab.com", "acme/fleet"),
        ("https://oauth2:secret@gitlab.com/acme/a/b/fleet.git", {}, "https://gitlab.com", "acme/a/b/fleet"),
        ("git@gitlab.com:acme/platform/fleet.git", {}, "https://gitlab.com", "acme/platform/fleet"),
        ("ssh://git@altssh.gitlab.com:443/acme/fleet.git", {}, "https://gitlab.com", "acme/fleet"),
        ("https://gitlab.corp.example:8443/acme/fleet", {}, "https://gitlab.corp.example:8443", "acme/fleet"),
        ("https://git.example:8443/acme/fleet", JOB, "https://git.example:8443", "acme/fleet"),
        ("git@git.example:acme/fleet.git", JOB, "https://git.example:8443", "acme/fleet"),
        ("https://git.example/gitlab/acme/fleet.git", BELOW, "https://git.example/gitlab", "acme/fleet"),
        ("git@git.example:acme/fleet.git", BELOW, "https://git.example/gitlab", "acme/fleet"),
        ("https://code.example/acme/fleet", SAID, "https://code.example", "acme/fleet"),
    ],
)  # fmt: skip
def test_where_it_is(url: str, env: dict[str, str], server: str, path: str) -> None:
    place = find_place(url, env)
    assert place is not None
    assert (place.server, place.path) == (server, path)
    chosen = forge_for(url, env)
    assert chosen is not None
    assert chosen.name == "gitlab"


@pytest.mark.parametrize(
    "url",
    [
        "fleet.git",
        "/srv/git/acme/fleet.git",
        "https://github.com/acme/fleet",
        "https://git.example/acme/fleet",
        "https://gitlab.com.evil.example/../x",
        "https://evil.example/gitlab.com/acme",
        "https://notgitlab.com/acme/fleet",
        "https://gitlab.com/acme",
    ],
)
def test_what_is_not_on_gitlab(url: str) -> None:
    place = find_place(url, {})
    assert place is None or place.server != "https://gitlab.com"


def test_what_the_environment_may_say() -> None:
    assert forge_for("https://gitlab.com/acme/fleet", {"PROMOTER_FORGE": "local"}) is None
    github = forge_for("https://github.com/acme/fleet", {"CI_SERVER_URL": "https://gitlab.com"})
    assert github is not None
    assert github.name == "github"
    with pytest.raises(UsageError, match="PROMOTER_FORGE is gitlab, but"):
        forge_for("/srv/fleet.git", SAID)


@pytest.mark.parametrize(
    ("url", "env", "token"),
    [
        ("https://gitlab.com/a/b", {"PROMOTER_TOKEN": "own", "GITLAB_TOKEN": "lab"}, "own"),
        ("https://gitlab.com/a/b", {"GITLAB_TOKEN": "lab"}, "lab"),
        ("https://gitlab.com/a/b", {"GITLAB_TOKEN": "lab", **JOB}, ""),
        ("https://gitlab.com/a/b", {"GITHUB_TOKEN": "hub", "CI_JOB_TOKEN": "job"}, ""),
        ("https://git.example:8443/a/b", {"GITLAB_TOKEN": "lab", **JOB}, "lab"),
        ("https://gitlab.evil.example/a/b", {"GITLAB_TOKEN": "lab"}, ""),
        ("https://gitlab.evil.example/a/b", {"GITLAB_TOKEN": "lab", **JOB}, ""),
        ("https://code.example/a/b", {"PROMOTER_TOKEN": "own", **SAID}, "own"),
    ],
)
def test_a_token_goes_to_its_own_server_alone(url: str, env: dict[str, str], token: str) -> None:
    place = find_place(url, env)
    assert place is not None
    assert find_token(place, env) == token
    chosen = forge_for(url, env)
    assert chosen is not None
    assert chosen.password() == token


@pytest.mark.parametrize(
    ("env", "why"),
    [
        ({}, r"there is no token for GitLab\n.*PROMOTER_TOKEN or GITLAB_TOKEN"),
        (
            {"CI_JOB_TOKEN": "job"},
            r"CI_JOB_TOKEN may not write .*\n.*project access token.*PROMOTER_TOKEN",
        ),
    ],
)
def test_no_token_is_said_when_something_is_asked_and_not_before(env: dict[str, str], why: str) -> None:
    chosen = forge_for("https://gitlab.com/acme/fleet", env)
    assert chosen is not None
    with pytest.raises(EdgeFailed, match=why):
        chosen.forge.pulls([HEAD])


def run(script: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, env={**env, "PATH": ""}
    )


def test_nothing_of_gitlab_is_imported_before_it_is_asked() -> None:
    done = run(
        "import sys; from promoter.forge.chosen import forge_for; "
        "forge_for('https://gitlab.com/acme/fleet', {'GITLAB_TOKEN': 'x'}); "
        "print('gitlab' in sys.modules, 'requests' in sys.modules)",
        {},
    )
    assert done.stdout == "False False\n"


def test_without_the_library_it_says_what_to_install() -> None:
    done = run(
        "import sys; sys.modules['gitlab'] = None; from promoter.forge.chosen import forge_for; "
        "forge_for('https://gitlab.com/acme/fleet', {'GITLAB_TOKEN': 'x'}).forge.identity",
        {},
    )
    assert "pip install 'promoter[gitlab]'" in done.stderr


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CI_SERVER_TLS_CA_FILE"])
def test_an_own_authority(tmp_path: Path, name: str) -> None:
    make_repo(tmp_path / f"{PATH}.git", FILES, BASE)
    certificates.make(tmp_path)
    with serve(tmp_path, (tmp_path / "server.crt", tmp_path / "server.key")) as server:
        env = {"CI_SERVER_URL": server.home, "GITLAB_TOKEN": TOKEN}
        known = forge_for(server.url, {**env, name: str(tmp_path / "ca.crt")})
        unknown = forge_for(server.url, env)
        assert known is not None
        assert unknown is not None
        assert known.forge.pulls([HEAD]) == {HEAD: ()}
        with pytest.raises(EdgeFailed, match=r"unknown authority(.|\n)*CI_SERVER_TLS_CA_FILE"):
            unknown.forge.pulls([HEAD])
        server.faults = [Fault("/api/graphql"), Fault("/api/graphql", after=True, half=True)]
        assert known.forge.pulls([HEAD]) == {HEAD: ()}, "a connection that breaks is no wrong certificate"


def test_a_proxy(server: GitLab) -> None:
    """The server itself is the proxy: what it is asked for is on another host."""
    env = {"CI_SERVER_URL": "http://code.example", "GITLAB_TOKEN": TOKEN, "HTTP_PROXY": server.home}
    done = run(
        "import os; from promoter.forge.chosen import forge_for; "
        f"print(forge_for('http://code.example/{PATH}', os.environ).forge.identity)",
        env,
    )
    assert (done.stdout, done.stderr) == ("project_7_bot_1\n", "")
    assert server.proxied == ["code.example"]


def test_a_proxy_that_is_not_there_is_said_without_its_password() -> None:
    script = (
        "import os; from dataclasses import replace; from promoter.forge.chosen import connect_gitlab; "
        "from promoter.forge.retry import STANDARD; from promoter.forge.gitlab_place import find_place; "
        "where = find_place('http://code.example/acme/fleet', os.environ); "
        "connect_gitlab(where, os.environ, print, replace(STANDARD, pause=0)).forge.identity"
    )
    env = {
        "CI_SERVER_URL": "http://code.example",
        "GITLAB_TOKEN": TOKEN,
        "HTTP_PROXY": "http://kim:geheim@127.0.0.1:9",
    }
    done = run(script, env)
    assert "cannot be reached" in done.stderr
    assert "geheim" not in done.stderr + done.stdout
    assert TOKEN not in done.stderr + done.stdout


def test_a_server_that_cannot_be_reached() -> None:
    env = {"CI_SERVER_URL": "http://127.0.0.1:9", "GITLAB_TOKEN": TOKEN}
    place = find_place("http://127.0.0.1:9/acme/fleet", env)
    assert place is not None
    slept: list[float] = []
    forge = connect_gitlab(place, env, print, STANDARD, slept.append).forge
    with pytest.raises(EdgeFailed, match="GitLab cannot be reached"):
        forge.pulls([HEAD])
    assert slept == [1, 2]
