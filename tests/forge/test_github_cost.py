"""What a look at many proposals costs in calls, counted at the server, against one call a pull request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from promoter.forge.github import GitHubForge
from promoter.git.repository import Repository
from promoter.model.forge import Permission
from promoter.model.names import Branch
from tests.forge.contract import BASE, HEAD, TEXT, at, propose
from tests.forge.test_github import FILES
from tests.github.persons import connect
from tests.github.server import GitHub, serve
from tests.repos import commit_files, make_repo, tip

OPEN = 100
REVIEWERS = ("ada", "kim", "lin")


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    return make_repo(tmp_path / "acme" / "fleet.git", FILES, BASE)


@pytest.fixture
def server(repo: Repository, tmp_path: Path) -> Iterator[GitHub]:
    with serve(tmp_path) as server:
        yield server


@pytest.fixture
def heads(server: GitHub, repo: Repository) -> list[Branch]:
    """Give the heads of a hundred open proposals, with a status and a label each, and one merged before."""
    server.hub.people.name(dict.fromkeys(REVIEWERS, Permission.WRITE), {"sre": REVIEWERS})
    made = []
    content = server.hub.content
    for number in range(OPEN):
        head = Branch(f"environment/prod-next/app-{number:03}")
        base = tip(repo, BASE)
        assert base is not None
        content.move(head, base)
        commit_files(repo, head, {f"app-{number:03}": "1"}, "One")
        pull = server.hub.open(head, BASE, f"Promote app-{number:03}", "x" * 500, server.hub.people.bot)
        server.hub.label(pull.number, server.hub.people.bot, ["promoter"])
        server.hub.post_status(pull.head, "promoter", "pending", server.hub.people.bot)
        server.hub.post_run(pull.head, "test", "github-actions", "success")
        made.append(head)
    return made


def look(forge: GitHubForge, heads: list[Branch]) -> None:
    """Do what a run does that finds nothing to do."""
    found = forge.pulls(heads)
    assert sum(len(pulls) for pulls in found.values()) == OPEN
    assert all(len(pull.checks) == 2 for pulls in found.values() for pull in pulls)
    for base in sorted({pull.base_branch for pulls in found.values() for pull in pulls}):
        forge.protection(base)


def test_an_idle_look_at_a_hundred_proposals(server: GitHub, heads: list[Branch]) -> None:
    """Three queries for the pull requests, two calls for each branch that they go to."""
    server.seen.clear()
    look(connect(server), heads)
    calls = server.api()
    assert len(calls) == 5
    assert not any(one.is_write for one in calls)
    assert sum(one.points for one in calls) <= 8, "GraphQL points of the 1,000 that a job's token has an hour"


def test_reviews_cost_by_person_and_not_by_proposal(server: GitHub, heads: list[Branch]) -> None:
    for number in server.hub.pulls:
        for user in REVIEWERS:
            server.hub.review(number, user, "APPROVED")
    server.seen.clear()
    forge = connect(server)
    look(forge, heads)
    assert len(server.api()) == 5 + len(REVIEWERS) + 1 + 2  # rights; teams; code owners, fifty proposals a query


def test_one_call_a_pull_request_costs_fifty_times_as_much(server: GitHub, heads: list[Branch]) -> None:
    forge = connect(server)
    server.seen.clear()
    look(forge, heads)
    together = len(server.api())
    server.seen.clear()
    some = list(server.hub.pulls)[:5]
    for number in some:
        forge.pull(number)
    assert len(server.api()) * OPEN / len(some) >= 50 * together


def test_one_promotion(server: GitHub, heads: list[Branch], repo: Repository) -> None:
    """Opening, labelling, a status, and the merge, with everything that is read again to be sure."""
    forge = connect(server)
    head = propose(repo)
    server.seen.clear()
    pull = forge.open_pull(HEAD, BASE, TEXT, at(0))
    forge.set_status(head, "promoter", "success", "", "", at(1))
    forge.merge_pull(pull.number, head, "merge", "Promote", at(2))
    writes = [one for one in server.api() if one.is_write]
    assert [(one.method, one.path.rpartition("/")[2]) for one in writes] == [
        ("POST", "pulls"),
        ("POST", "labels"),
        ("POST", head),
        ("PUT", "merge"),
    ]
    assert len(server.api()) <= 14


def test_what_has_ended_and_is_settled_costs_nothing(server: GitHub, heads: list[Branch], repo: Repository) -> None:
    """Five hundred closed proposals of each of two heads: no call more, and no more to read."""
    hub, busy = server.hub, heads[:2]
    last: dict[Branch, int] = {}
    for head in busy:
        is_open = next(one for one in hub.pulls.values() if one.head_branch == head)
        for _ in range(500):
            number = hub.number()
            hub.pulls[number] = replace(is_open, number=number, state="CLOSED", at=hub.now, closed_at=hub.now)
            last[head] = number
    forge = connect(server)
    server.seen.clear()
    found = forge.pulls(heads, last)
    assert [len(found[head]) for head in heads] == [1] * OPEN
    assert len(server.api()) == 3
    server.seen.clear()
    found = forge.pulls(heads, last | {busy[0]: last[busy[0]] - 25})
    assert [len(found[head]) for head in busy] == [26, 1]
    assert len(server.api()) == 5, "one page more of what ended, and what those that were closed say"
