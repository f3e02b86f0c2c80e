"""A merge queue on GitHub: what we put there can be taken out, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from promoter.errors import EdgeFailed, Underway
from promoter.forge.github import GitHubForge
from promoter.git.repository import Repository
from promoter.model.forge import PullRequest
from tests.forge.contract import BASE, HEAD, TEXT, at, propose
from tests.forge.test_github import FILES
from tests.github.persons import connect
from tests.github.records import Rules
from tests.github.server import Fault, GitHub, serve
from tests.repos import make_repo


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    return make_repo(tmp_path / "acme" / "fleet.git", FILES, BASE)


@pytest.fixture
def server(repo: Repository, tmp_path: Path) -> Iterator[GitHub]:
    with serve(tmp_path) as server:
        server.hub.rules[BASE] = Rules(queue=True)
        yield server


@pytest.fixture
def forge(server: GitHub) -> GitHubForge:
    return connect(server)


@pytest.fixture
def pull(forge: GitHubForge, repo: Repository, server: GitHub) -> PullRequest:
    """Give a pull request that we put into the queue."""
    propose(repo)
    made = forge.open_pull(HEAD, BASE, TEXT, at(0))
    with pytest.raises(Underway):
        forge.merge_pull(made.number, made.head, "merge", "", at(1))
    return made


def test_it_says_that_it_is_queued_and_leaves_once(server: GitHub, forge: GitHubForge, pull: PullRequest) -> None:
    assert not pull.queued
    assert forge.pull(pull.number).queued
    assert [one.queued for one in forge.pulls([HEAD])[HEAD]] == [True]
    forge.leave_queue(pull.number, at(2))
    assert not server.hub.pulls[pull.number].queued
    assert not forge.pull(pull.number).queued
    before = server.hub.writes
    forge.leave_queue(pull.number, at(3))
    assert server.hub.writes == before


def test_what_a_person_queued_is_not_ours(server: GitHub, forge: GitHubForge, pull: PullRequest) -> None:
    server.hub.queue(pull.number, "lin")
    assert not forge.pull(pull.number).queued
    forge.leave_queue(pull.number, at(2))
    assert server.hub.pulls[pull.number].queued


@pytest.mark.parametrize("after", [True, False])
def test_leaving_without_an_answer(server: GitHub, forge: GitHubForge, pull: PullRequest, after: bool) -> None:
    server.faults = [Fault("dequeuePullRequest", status=502, after=after)]
    if after:
        forge.leave_queue(pull.number, at(2))
    else:
        with pytest.raises(EdgeFailed, match="out of the queue"):
            forge.leave_queue(pull.number, at(2))
    assert server.hub.pulls[pull.number].queued is not after
    assert sum("dequeue" in one.body for one in server.api()) == 1


def test_it_was_merged_just_before(server: GitHub, forge: GitHubForge, pull: PullRequest) -> None:
    record = server.hub.pulls[pull.number]

    def merged() -> None:
        record.queued = False

    server.before = {'POST /api/graphql {"query": "\\nmutation': merged}
    forge.leave_queue(pull.number, at(2))
    assert not server.before, "it was asked for"
