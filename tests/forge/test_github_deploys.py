"""Our deployments on GitHub: what is sent, and that a run that dies at any request leaves one deployment a commit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from promoter.errors import EdgeFailed, Rejected
from promoter.forge.github import GitHubForge
from promoter.git.repository import Repository
from promoter.model.names import Oid
from tests.forge.contract import BASE, at
from tests.forge.test_github import FILES
from tests.forge.test_github_dying import LIMITS, WAYS
from tests.github.persons import connect
from tests.github.server import GitHub, serve
from tests.repos import commit_files, make_repo, tip

PLACE = "prod-eu/shop"
LONG = "shop 1.4.2 (r41) " + "x" * 200


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    return make_repo(tmp_path / "acme" / "fleet.git", FILES, BASE)


@pytest.fixture
def server(repo: Repository, tmp_path: Path) -> Iterator[GitHub]:
    with serve(tmp_path) as server:
        yield server


def commits(repo: Repository) -> tuple[Oid, Oid]:
    first = tip(repo, BASE)
    assert first is not None
    return first, commit_files(repo, BASE, {"shop/app.yaml": "2"}, "Two")


def test_what_is_sent(server: GitHub, repo: Repository) -> None:
    """Nothing is merged or waited for, and no deployment of anybody else is ended."""
    _, commit = commits(repo)
    connect(server).deploy(PLACE, commit, "pending", LONG, "https://forge.example/pull/7", at(1))
    made, said = (json.loads(one.body) for one in server.api() if one.is_write)
    assert made == {
        "ref": commit,
        "task": "promoter",
        "auto_merge": False,
        "required_contexts": [],
        "environment": PLACE,
        "description": LONG[:140],
    }
    assert said == {
        "state": "in_progress",
        "auto_inactive": False,
        "description": LONG[:140],
        "log_url": "https://forge.example/pull/7",
    }


def test_a_missing_right_is_told(server: GitHub, repo: Repository) -> None:
    server.hub.people.no_deployments = True
    with pytest.raises(Rejected, match="make a deployment to prod-eu/shop: GitHub says 403") as no:
        connect(server).deploy(PLACE, commits(repo)[0], "pending", "", "", at(1))
    assert "permissions" in str(no.value)


def test_deployments_of_another_identity_of_ours_are_no_evidence(server: GitHub, repo: Repository) -> None:
    commit, _ = commits(repo)
    server.hub.make_deployment(commit, PLACE, "github-actions[bot]", "promoter", "")
    forge = connect(server)
    assert forge.deployments(PLACE) == ()
    forge.deploy(PLACE, commit, "success", "", "", at(1))
    assert [(one.creator, one.said) for one in server.hub.deployments] == [
        ("github-actions[bot]", []),
        (server.hub.people.bot, ["success"]),
    ]


def act(forge: GitHubForge, first: Oid, second: Oid) -> None:
    """Deploy what replaces something."""
    forge.deploy(PLACE, first, "success", "One", "", at(1))
    forge.deploy(PLACE, second, "pending", "Two", "", at(2))


@pytest.mark.parametrize("way", WAYS)
def test_a_deployment_that_breaks_anywhere_is_one_deployment(tmp_path: Path, way: str) -> None:
    for position in range(8):
        folder = tmp_path / str(position)
        repo = make_repo(folder / "acme" / "fleet.git", FILES, BASE)
        first, second = commits(repo)
        with serve(folder) as server:
            server.faults = [replace(WAYS[way], skip=position)]
            for _ in range(3):
                try:
                    act(connect(server, limits=LIMITS), first, second)
                except EdgeFailed:
                    continue
                break
            assert [one.times for one in server.faults] == [0], position
            found = {one.commit: one.said for one in server.hub.deployments}
        assert len(server.hub.deployments) == 2, position
        assert found[first][-1] == "inactive"
        assert found[second] == ["in_progress"], "said once, whatever broke"
