"""Which forge a repository has, where its API is, and with which secret: and that no secret goes anywhere else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from promoter.errors import EdgeFailed, Rejected, UsageError
from promoter.forge.chosen import connect_github, forge_for
from promoter.forge.github_auth import find_token
from promoter.forge.github_place import find_place
from promoter.forge.retry import STANDARD
from promoter.git.repository import Repository
from tests.forge.contract import BASE, HEAD, TEXT, at, propose
from tests.forge.test_github import FILES
from tests.github.server import TOKEN, Fault, GitHub, serve
from tests.kube import certificates
from tests.repos import make_repo

JOB = {"GITHUB_SERVER_URL": "https://ghes.example:8443", "GITHUB_API_URL": "https://ghes.example:8443/api/v3"}

SAID = {"PROMOTER_FORGE": "github"}


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    return make_repo(tmp_path / "acme" / "fleet.git", FILES, BASE)


@pytest.fixture
def server(repo: Repository, tmp_path: Path) -> Iterator[GitHub]:
    with serve(tmp_path) as server:
        yield server


@pytest.mark.parametrize(
    ("url", "env", "api", "name"),
    [
        ("https://github.com/acme/fleet.git", {}, "https://api.github.com", "acme/fleet"),
        ("https://github.com/acme/fleet", {}, "https://api.github.com", "acme/fleet"),
        ("https://kim:secret@github.com/acme/fleet.git/", {}, "https://api.github.com", "acme/fleet"),
        ("git@github.com:acme/fleet.git", {}, "https://api.github.com", "acme/fleet"),
        ("ssh://git@github.com/acme/fleet.git", {}, "https://api.github.com", "acme/fleet"),
        ("ssh://git@ssh.github.com:443/acme/fleet.git", {}, "https://api.github.com", "acme/fleet"),
        ("https://octo.ghe.com/acme/fleet", {}, "https://api.octo.ghe.com", "acme/fleet"),
        ("https://ghes.example:8443/acme/fleet", JOB, "https://ghes.example:8443/api/v3", "acme/fleet"),
        ("git@ghes.example:acme/fleet.git", JOB, "https://ghes.example:8443/api/v3", "acme/fleet"),
        ("https://git.corp.example/acme/fleet", SAID, "https://git.corp.example/api/v3", "acme/fleet"),
        ("git@git.corp.example:acme/my.fleet", SAID, "https://git.corp.example/api/v3", "acme/my.fleet"),
    ],
)  # fmt: skip
def test_where_the_api_is(url: str, env: dict[str, str], api: str, name: str) -> None:
    place = find_place(url, env)
    assert place is not None
    assert (place.api, f"{place.owner}/{place.name}") == (api, name)


@pytest.mark.parametrize(
    "url",
    [
        "fleet.git",
        "/srv/git/acme/fleet.git",
        "https://ghes.example/acme/fleet",
        "https://github.com.evil.example/acme/fleet",
        "https://evil.example/github.com/acme",
        "https://notghe.com/acme/fleet",
        "https://github.com/acme",
    ],
)
def test_what_is_not_on_github(url: str) -> None:
    assert find_place(url, {}) is None
    assert forge_for(url, {"GITHUB_TOKEN": "x"}) is None


def test_what_the_environment_may_say() -> None:
    assert forge_for("https://github.com/acme/fleet", {"PROMOTER_FORGE": "local"}) is None
    with pytest.raises(UsageError, match="gitea"):
        forge_for("https://github.com/acme/fleet", {"PROMOTER_FORGE": "gitea"})
    with pytest.raises(UsageError, match="no owner"):
        forge_for("/srv/fleet.git", {"PROMOTER_FORGE": "github"})


@pytest.mark.parametrize(
    ("url", "env", "token"),
    [
        ("https://github.com/a/b", {"PROMOTER_TOKEN": "own", "GH_TOKEN": "gh"}, "own"),
        ("https://github.com/a/b", {"GH_TOKEN": "gh", "GITHUB_TOKEN": "job"}, "gh"),
        ("https://github.com/a/b", {"GITHUB_TOKEN": "job"}, "job"),
        ("https://github.com/a/b", {"GITHUB_TOKEN": "job", **JOB}, ""),
        ("https://ghes.example:8443/a/b", {"GITHUB_TOKEN": "job", **JOB}, "job"),
        ("https://git.corp.example/a/b", {"GITHUB_TOKEN": "job", "PROMOTER_FORGE": "github"}, ""),
        ("https://git.corp.example/a/b", {"GH_ENTERPRISE_TOKEN": "ent", "PROMOTER_FORGE": "github"}, "ent"),
        ("https://git.corp.example/a/b", {"PROMOTER_TOKEN": "own", "PROMOTER_FORGE": "github"}, "own"),
    ],
)
def test_a_token_goes_to_its_own_server_alone(url: str, env: dict[str, str], token: str) -> None:
    place = find_place(url, env)
    assert place is not None
    assert find_token(place, env) == token


def test_no_token_is_said_when_something_is_asked_and_not_before() -> None:
    chosen = forge_for("https://github.com/acme/fleet", {})
    assert chosen is not None
    assert chosen.password() == ""
    with pytest.raises(EdgeFailed, match=r"there is no token for GitHub\n.*PROMOTER_TOKEN"):
        chosen.forge.pulls([HEAD])


def test_nothing_of_github_is_imported_before_it_is_asked(tmp_path: Path) -> None:
    script = (
        "import sys; from promoter.forge.chosen import forge_for; "
        "forge_for('https://github.com/acme/fleet', {'GITHUB_TOKEN': 'x'}); print('github' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_without_the_library_it_says_what_to_install() -> None:
    script = (
        "import sys; sys.modules['github'] = None; from promoter.forge.chosen import forge_for; "
        "forge_for('https://github.com/acme/fleet', {'GITHUB_TOKEN': 'x'}).forge.identity"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "pip install 'promoter[github]'" in done.stderr


# The App


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    ).decode()


@pytest.fixture
def app(server: GitHub, key: rsa.RSAPrivateKey) -> dict[str, str]:
    """Give the environment of a job that is an App."""
    public = key.public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    server.app_key = public.public_bytes(serialization.Encoding.PEM, form).decode()
    server.hub.people.bot = "promoter[bot]"
    return {
        "GITHUB_SERVER_URL": server.home,
        "PROMOTER_GITHUB_APP_ID": "41",
        "PROMOTER_GITHUB_APP_PRIVATE_KEY": pem(key),
        "GITHUB_TOKEN": TOKEN,
    }


def test_an_app_finds_its_installation_and_is_itself(server: GitHub, app: dict[str, str], repo: Repository) -> None:
    chosen = forge_for(server.url, app)
    assert chosen is not None
    propose(repo)
    pull = chosen.forge.open_pull(HEAD, BASE, TEXT, at(0))
    assert (pull.author, chosen.forge.identity) == ("promoter[bot]", "promoter[bot]")
    chosen.forge.set_status(pull.head, "promoter", "pending", "", "", at(1))
    before = server.hub.writes
    chosen.forge.set_status(pull.head, "promoter", "pending", "", "", at(2))
    assert server.hub.writes == before, "its own status is known as its own"
    minted = [one.path for one in server.api() if one.path.endswith("/access_tokens")]
    assert len(minted) == 1
    assert TOKEN not in server.logins
    assert chosen.password() in server.tokens


def test_a_token_that_runs_out_is_minted_again(server: GitHub, app: dict[str, str]) -> None:
    server.lifetime = 1  # sooner than it would be used
    chosen = forge_for(server.url, app)
    assert chosen is not None
    for _ in range(3):
        chosen.forge.pulls([HEAD])
    assert sum(one.path.endswith("/access_tokens") for one in server.api()) == 3


def test_a_key_may_be_a_file_or_one_line(
    server: GitHub, app: dict[str, str], key: rsa.RSAPrivateKey, tmp_path: Path
) -> None:
    file = tmp_path / "app.pem"
    file.write_text(pem(key))
    for given in (str(file), pem(key).replace("\n", "\\n")):
        chosen = forge_for(server.url, {**app, "PROMOTER_GITHUB_APP_PRIVATE_KEY": given})
        assert chosen is not None
        assert chosen.forge.identity == "promoter[bot]"


@pytest.mark.parametrize("given", ["", "/no/such/file", "-----BEGIN nonsense"])
def test_a_key_that_is_none_is_said_without_it(server: GitHub, app: dict[str, str], given: str) -> None:
    chosen = forge_for(server.url, {**app, "PROMOTER_GITHUB_APP_PRIVATE_KEY": given})
    assert chosen is not None
    with pytest.raises(EdgeFailed, match="PROMOTER_GITHUB_APP_PRIVATE_KEY") as failed:
        chosen.forge.pulls([HEAD])
    assert "nonsense" not in str(failed.value)


def test_an_app_that_is_not_there(server: GitHub, app: dict[str, str]) -> None:
    server.faults = [Fault("/installation ", status=404, message="Not Found", times=9)]
    chosen = forge_for(server.url, app)
    assert chosen is not None
    with pytest.raises(Rejected, match="is it installed here"):
        chosen.forge.pulls([HEAD])


def test_minting_that_fails_is_an_error_and_no_crash(server: GitHub, app: dict[str, str]) -> None:
    server.faults = [Fault("/access_tokens", status=403, message="suspended", times=9)]
    chosen = forge_for(server.url, app)
    assert chosen is not None
    with pytest.raises(Rejected, match="suspended"):
        chosen.forge.pulls([HEAD])


def test_a_job_masks_what_it_mints(server: GitHub, app: dict[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    chosen = forge_for(server.url, {**app, "GITHUB_ACTIONS": "true"})
    assert chosen is not None
    chosen.forge.pulls([HEAD])
    out, err = capfd.readouterr()
    assert (out, err) == ("", f"::add-mask::{chosen.password()}\n")


# What stands between


@pytest.mark.parametrize("short", [False, True])
def test_a_jobs_own_token_is_an_app(server: GitHub, repo: Repository, short: bool) -> None:
    server.tokens["ghs_job"] = "github-actions[bot]"
    server.hub.people.short_viewer = short
    chosen = forge_for(server.url, {"GITHUB_SERVER_URL": server.home, "GITHUB_TOKEN": "ghs_job"})
    assert chosen is not None
    head = propose(repo)
    for minute in range(2):
        chosen.forge.set_status(head, "promoter", "pending", "", "", at(minute))
    assert [one.user for one in server.hub.statuses[head]] == ["github-actions[bot]"]
    assert chosen.forge.identity == "github-actions[bot]"


def test_an_own_authority(tmp_path: Path) -> None:
    make_repo(tmp_path / "acme" / "fleet.git", FILES, BASE)
    certificates.make(tmp_path)
    with serve(tmp_path, (tmp_path / "server.crt", tmp_path / "server.key")) as server:
        env = {"GITHUB_SERVER_URL": server.home, "GITHUB_TOKEN": TOKEN}
        known = forge_for(server.url, {**env, "REQUESTS_CA_BUNDLE": str(tmp_path / "ca.crt")})
        unknown = forge_for(server.url, env)
        assert known is not None
        assert unknown is not None
        assert known.forge.pulls([HEAD]) == {HEAD: ()}
        with pytest.raises(EdgeFailed, match=r"unknown authority(.|\n)*REQUESTS_CA_BUNDLE"):
            unknown.forge.pulls([HEAD])
        server.faults = [Fault("/api/graphql"), Fault("/api/graphql", after=True, half=True)]
        assert known.forge.pulls([HEAD]) == {HEAD: ()}, "a connection that breaks is no wrong certificate"


def test_a_proxy(server: GitHub) -> None:
    """The server itself is the proxy: what it is asked for is on another host."""
    script = (
        "import os; from promoter.forge.chosen import forge_for; "
        "print(forge_for('http://ghes.example/acme/fleet', os.environ).forge.identity)"
    )
    env = {"GITHUB_SERVER_URL": "http://ghes.example", "GITHUB_TOKEN": TOKEN, "HTTP_PROXY": server.home}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, env={**env, "PATH": ""}
    )
    assert (done.stdout, done.stderr) == ("promoter-bot\n", "")
    assert server.proxied == ["ghes.example:80"]


def test_a_proxy_that_is_not_there_is_said_without_its_password() -> None:
    script = (
        "import os; from dataclasses import replace; from promoter.forge.chosen import connect_github; "
        "from promoter.forge.retry import STANDARD; from promoter.forge.github_place import find_place; "
        "where = find_place('http://ghes.example/acme/fleet', os.environ); "
        "connect_github(where, os.environ, print, replace(STANDARD, pause=0)).forge.identity"
    )
    env = {
        "GITHUB_SERVER_URL": "http://ghes.example",
        "GITHUB_TOKEN": TOKEN,
        "HTTP_PROXY": "http://kim:geheim@127.0.0.1:9",
    }
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, env={**env, "PATH": ""}
    )
    assert "cannot be reached" in done.stderr
    assert "geheim" not in done.stderr + done.stdout
    assert TOKEN not in done.stderr + done.stdout


def test_a_server_that_cannot_be_reached() -> None:
    env = {"GITHUB_SERVER_URL": "http://127.0.0.1:9", "GITHUB_TOKEN": TOKEN}
    place = find_place("http://127.0.0.1:9/acme/fleet", env)
    assert place is not None
    slept: list[float] = []
    forge = connect_github(place, env, print, STANDARD, slept.append).forge
    with pytest.raises(EdgeFailed, match="GitHub cannot be reached"):
        forge.pulls([HEAD])
    assert slept == [1, 2]
