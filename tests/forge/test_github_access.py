"""What GitHub tells of our token, of who may push, and of workflows that do not run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from promoter.forge.chosen import connect_github
from promoter.forge.github_place import find_place
from promoter.forge.port import Access
from promoter.model.forge import Permission, Standing, Writers
from promoter.model.names import Branch
from tests.forge.contract import BASE
from tests.forge.test_github import FILES
from tests.github.people import BOT
from tests.github.persons import QUICK, connect
from tests.github.records import Rules, Workflow
from tests.github.server import GitHub, serve
from tests.repos import make_repo

ALL = ("checks", "deployments", "members")
WHOLE = {
    "contents": "write",
    "pull_requests": "write",
    "issues": "write",
    "statuses": "write",
    "checks": "read",
    "deployments": "read",
    "members": "read",
}
GITHUB_TOKEN = "ghs_0123456789abcdefghij"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitHub]:
    make_repo(tmp_path / "acme" / "fleet.git", FILES, BASE)
    with serve(tmp_path) as server:
        server.tokens[GITHUB_TOKEN] = "github-actions[bot]"
        yield server
        assert not any(one.is_write for one in server.api() if "/access_tokens" not in one.path)


def as_app(server: GitHub) -> Access:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    private = key.private_bytes(serialization.Encoding.PEM, *form).decode()
    public = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    server.app_key = key.public_key().public_bytes(*public).decode()
    env = {
        "GITHUB_SERVER_URL": server.home,
        "PROMOTER_GITHUB_APP_ID": "41",
        "PROMOTER_GITHUB_APP_PRIVATE_KEY": private,
    }
    place = find_place(server.url, env)
    assert place is not None
    forge = connect_github(place, env, list[str]().append, QUICK).forge
    assert isinstance(forge, Access)
    return forge


# The token


@pytest.mark.parametrize(
    ("scopes", "private", "lacks"),
    [
        ("repo, read:org", True, ()),
        ("repo", True, ("scope read:org",)),
        ("public_repo, admin:org", False, ()),
        ("public_repo, admin:org", True, ("scope repo",)),
        ("", False, ("scope public_repo", "scope read:org")),
    ],
)
def test_a_classic_token_names_its_scopes(server: GitHub, scopes: str, private: bool, lacks: tuple[str, ...]) -> None:
    server.headers = {"X-OAuth-Scopes": scopes}
    server.hub.private = private
    assert connect(server).standing(ALL) == Standing(lacks=lacks)


def test_an_app_s_rights_are_its_installation_s(server: GitHub) -> None:
    server.hub.people.granted = WHOLE
    assert as_app(server).standing(ALL) == Standing()
    server.hub.people.granted = {**WHOLE, "contents": "read"}
    del server.hub.people.granted["deployments"]
    assert as_app(server).standing(ALL).lacks == ("contents: write", "deployments: read")
    assert as_app(server).standing(()).lacks == ("contents: write",)


@pytest.mark.parametrize("reads", [("deployments: write",), ("deployments", "deployments: write")])
def test_what_is_written_must_be_granted_so(server: GitHub, reads: tuple[str, ...]) -> None:
    server.hub.people.granted = {**WHOLE, "deployments": "read"}
    assert as_app(server).standing(reads).lacks == ("deployments: write",)
    server.hub.people.granted = {**WHOLE, "deployments": "write"}
    assert as_app(server).standing(reads).lacks == ()


def test_of_other_tokens_what_they_read_is_tried(server: GitHub) -> None:
    forge = connect(server, GITHUB_TOKEN)
    assert forge.standing(ALL) == Standing()
    server.hub.people.hidden_checks = server.hub.people.hidden_deployments = True
    assert forge.standing(ALL).lacks == ("checks: read", "deployments: read")
    assert forge.standing(()).lacks == ()


def test_who_may_not_push_may_not_promote(server: GitHub) -> None:
    server.hub.people.name({BOT: Permission.TRIAGE}, {})
    server.hub.archived = True
    assert connect(server).standing(()) == Standing(lacks=("contents: write",), archived=True)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-12-01 10:00:00 UTC", datetime(2026, 12, 1, 10, tzinfo=UTC)),
        ("2026-12-01 10:00:00 +0100", datetime(2026, 12, 1, 9, tzinfo=UTC)),
        ("soon", None),
    ],
)
def test_a_token_that_ends_says_when(server: GitHub, text: str, at: datetime | None) -> None:
    server.headers = {"GitHub-Authentication-Token-Expiration": text}
    assert connect(server).standing(()).expires == at


# Who may push

SHUT = Rules(push=False, deletable=False, bypass="always")


@pytest.mark.parametrize(
    ("rules", "writers"),
    [
        (Rules(), Writers(we=True, kept=False, deletable=True)),
        (Rules(linear=True, deletable=False), Writers(we=True, kept=False)),
        (Rules(push=False, deletable=False), Writers(we=False, kept=True)),
        (Rules(checks=("ci",), bypass="exempt"), Writers(we=True, kept=False, deletable=True)),
        (Rules(approvals=1, bypass="pull_requests_only"), Writers(we=False, kept=True, deletable=True)),
        (SHUT, Writers(we=True, kept=True)),
        (Rules(classic=True), Writers(we=True, kept=False, deletable=True)),
        (Rules(classic=True, deletable=False, push=False), Writers(we=False, kept=True)),
        (
            Rules(classic=True, deletable=False, actors=(("User", 0, BOT), ("User", 0, "kim"), ("Team", 0, "sre"))),
            Writers(we=True, kept=True, others=("kim", "team sre")),
        ),
        (
            Rules(classic=True, deletable=False, actors=(("App", 0, "renovate"),)),
            Writers(we=True, kept=True, others=("renovate[bot]",)),
        ),
    ],
)
def test_who_may_push(server: GitHub, rules: Rules, writers: Writers) -> None:
    branch = Branch(BASE if rules.classic else "promoter-ledger/shop")  # classic rules are told of branches there are
    server.hub.rules = {"another": Rules(), str(branch): rules}
    assert connect(server).writers([branch]) == {branch: writers}


@pytest.mark.parametrize(
    ("actors", "bypass", "others"),
    [
        ([("User", 1, "always")], "always", ()),
        ([("User", 1, "always"), ("User", 2, "always")], "always", ("1 user that is not us",)),
        ([("Integration", 9, "always"), ("Integration", 8, "always")], "never", ("2 apps that are not us",)),
        ([("RepositoryRole", 5, "always"), ("OrganizationAdmin", 1, "always")], "never", ()),
        (
            [("RepositoryRole", 4, "always"), ("RepositoryRole", 77, "exempt")],
            "always",
            ("the role write", "the role 77"),
        ),
        ([("DeployKey", None, "always"), ("Team", 3, "pull_request")], "never", ("all deploy keys",)),
        ([("Team", 3, "always")], "always", ("team 3",)),
    ],
)
def test_who_else_may_bypass(
    server: GitHub, actors: list[tuple[str, int | None, str]], bypass: str, others: tuple[str, ...]
) -> None:
    server.hub.rules[BASE] = Rules(push=False, bypass=bypass, actors=tuple(actors))
    assert connect(server).writers([BASE])[BASE].others == others


def test_an_app_that_may_bypass_is_us(server: GitHub) -> None:
    server.hub.rules[BASE] = Rules(push=False, bypass="always", actors=(("Integration", 41, "always"),))
    assert as_app(server).writers([BASE])[BASE].others == ()


def test_hidden_classic_protection_still_tells_what_we_may(server: GitHub) -> None:
    server.hub.people.hidden_rules = True
    server.hub.rules[BASE] = Rules(classic=True, push=False, deletable=False)
    assert connect(server).writers([BASE]) == {BASE: Writers(we=False, kept=True)}


def test_who_may_only_read_may_not_push(server: GitHub) -> None:
    server.hub.people.name({BOT: Permission.READ}, {})
    assert not connect(server).writers([BASE])[BASE].we


def test_a_ruleset_of_several_branches_is_read_once(server: GitHub) -> None:
    ledgers = [Branch(f"promoter-ledger/a{number}") for number in range(5)]
    server.hub.rules = {"promoter-ledger/*": SHUT}
    assert set(connect(server).writers(ledgers).values()) == {Writers(we=True, kept=True)}
    assert sum("/rulesets/" in one.path for one in server.api()) == 1


# Workflows


def test_workflows_that_are_switched_off(server: GitHub) -> None:
    states = ["disabled_inactivity", "disabled_manually", *["active"] * 120, "disabled_manually"]
    server.hub.workflows = [Workflow(f".github/workflows/{at}.yaml", state) for at, state in enumerate(states)]
    assert list(connect(server).disabled_jobs().items()) == [
        (".github/workflows/0.yaml", "GitHub switched it off, for nothing happened here for 60 days"),
        (".github/workflows/1.yaml", "somebody switched it off"),
        (".github/workflows/122.yaml", "somebody switched it off"),
    ]
    server.hub.people.hidden_workflows = True
    assert connect(server).disabled_jobs() == {}
