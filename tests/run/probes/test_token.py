from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from promoter.model.forge import Permission
from promoter.run.doctor import examine
from tests.github.people import BOT
from tests.github.server import Fault
from tests.run.probes.examined import said
from tests.run.probes.hosted import GATED, Hosted, hosted
from tests.run.shops import make_shop

US = f"the token of {BOT}"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Hosted]:
    with hosted(tmp_path, GATED.replace("live: none", "live: {deployments: [argocd]}")) as shop:
        yield shop


def test_a_token_with_all_rights_is_no_finding(shop: Hosted) -> None:
    assert said(shop.workspace(), "token") == []


def test_rights_that_it_lacks_are_named(shop: Hosted) -> None:
    shop.server.hub.people.name({BOT: Permission.READ}, {})
    shop.server.hub.people.hidden_checks = shop.server.hub.people.hidden_deployments = True
    lacks = "it lacks contents: write, checks: read, deployments: read"
    assert said(shop.workspace(), "token") == [("problem", US, lacks)]


def test_the_right_to_write_deployments_is_needed_where_they_are_written(tmp_path: Path) -> None:
    with hosted(tmp_path, GATED.replace("live: none", "live: none\ndeployments: true")) as shop:
        assert said(shop.workspace(), "token") == []
        shop.server.hub.people.hidden_deployments = True
        assert said(shop.workspace(), "token") == [("problem", US, "it lacks deployments: write")]


def test_what_no_gate_reads_is_not_asked_for(tmp_path: Path) -> None:
    with hosted(tmp_path) as shop:
        shop.server.hub.people.hidden_checks = shop.server.hub.people.hidden_deployments = True
        assert said(shop.workspace(), "token") == []


def test_an_archived_repository(shop: Hosted) -> None:
    shop.server.hub.archived = True
    assert said(shop.workspace(), "token") == [("problem", shop.server.url, "the repository is archived")]


@pytest.mark.parametrize(("day", "told"), [("2026-03-18", True), ("2026-03-19", False), ("2026-03-01", True)])
def test_a_token_that_ends_soon(shop: Hosted, day: str, told: bool) -> None:
    shop.server.headers = {"GitHub-Authentication-Token-Expiration": f"{day} 09:00:00 UTC"}
    assert said(shop.workspace(), "token") == ([("warning", US, f"it ends on {day}")] if told else [])


def test_a_token_that_ended_is_one_finding_for_all_that_ask(shop: Hosted) -> None:
    shop.server.faults = [Fault(path, 401, "Bad credentials", times=99) for path in ("/api/v3", "/api/graphql")]
    [stopped] = [one for _, one in examine(shop.workspace()).findings if "does not accept the token" in one.text]
    assert stopped.subject == "branches, checks, ledgers, token"
    assert stopped.fix == "Renew it, or give another."


def test_the_local_forge_has_no_tokens(tmp_path: Path) -> None:
    assert said(make_shop(tmp_path), "token") == []
