"""What a look at many proposals on GitLab costs in calls, counted at the server, against one call a merge request."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from promoter.forge.gitlab import GitLabForge
from promoter.git.repository import Repository
from promoter.model.forge import Permission
from promoter.model.names import Branch
from tests.forge.contract import BASE, HEAD, TEXT, at, propose
from tests.forge.test_gitlab import FILES
from tests.gitlab.graph import MOST
from tests.gitlab.hub import PATH
from tests.gitlab.persons import connect
from tests.gitlab.server import GitLab, serve
from tests.repos import commit_files, make_repo, tip

OPEN = 100
REVIEWERS = ("ada", "kim", "lin")


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    return make_repo(tmp_path / f"{PATH}.git", FILES, BASE)


@pytest.fixture
def server(repo: Repository, tmp_path: Path) -> Iterator[GitLab]:
    with serve(tmp_path) as server:
        yield server


@pytest.fixture
def heads(server: GitLab, repo: Repository) -> list[Branch]:
    """Give the heads of a hundred open proposals, with a job, our status and a label each."""
    hub = server.hub
    hub.people.name(dict.fromkeys(REVIEWERS, Permission.WRITE), {"sre": REVIEWERS})
    made = []
    for number in range(OPEN):
        head = Branch(f"environment/prod-next/app-{number:03}")
        base = tip(repo, BASE)
        assert base is not None
        hub.content.move(head, base)
        commit_files(repo, head, {f"app-{number:03}": "1"}, "One")
        merge = hub.open(head, BASE, f"Promote app-{number:03}", "x" * 500, hub.people.bot)
        hub.label(merge.iid, hub.people.bot, ["promoter"])
        hub.pipelines.job(hub.pipelines.start(merge.head, head), "test", "success")
        hub.pipelines.post(merge.head, "promoter", "pending", hub.people.bot, "waits for ci")
        made.append(head)
    return made


def look(forge: GitLabForge, heads: list[Branch], checks: int = 2) -> None:
    """Do what a run does that finds nothing to do."""
    found = forge.pulls(heads)
    assert sum(len(pulls) for pulls in found.values()) == OPEN
    assert all(len(pull.checks) == checks for pulls in found.values() for pull in pulls)
    for base in sorted({pull.base_branch for pulls in found.values() for pull in pulls}):
        forge.protection(base)


def test_an_idle_look_at_a_hundred_proposals(server: GitLab, heads: list[Branch]) -> None:
    """Two lists, two queries of fifty with everything on them; three calls for each branch that they go to."""
    server.seen.clear()
    look(connect(server), heads)
    calls = server.api()
    assert len(calls) == 7
    assert not any(one.is_write for one in calls)
    assert max(one.points for one in calls) <= MOST


def test_what_is_settled_costs_nothing(server: GitLab, heads: list[Branch]) -> None:
    """However many were merged before: they are read down to the last one that was dealt with."""
    for number in range(150):
        server.hub.open(heads[0], Branch("main"), f"Old {number}", "", "kim").state = "closed"
    newest = max(server.hub.merges)
    forge = connect(server)
    server.seen.clear()
    found = forge.pulls(heads, dict.fromkeys(heads, newest))
    assert sum(len(pulls) for pulls in found.values()) == OPEN
    assert len(server.api()) == 4


def test_statuses_of_others_cost_a_call_a_proposal(server: GitLab, heads: list[Branch]) -> None:
    """Who posted a status only REST tells, commit by commit."""
    for merge in list(server.hub.merges.values())[:10]:
        server.hub.pipelines.post(merge.head, "scan", "success", "scanner")
    server.seen.clear()
    found = connect(server).pulls(heads)
    reporters = {check.reporter for pulls in found.values() for pull in pulls for check in pull.checks}
    assert reporters == {"gitlab-ci", "", server.hub.people.bot, "scanner"}
    assert len(server.api()) == 4 + 10


def test_approvals_cost_two_calls_a_proposal(server: GitLab, heads: list[Branch]) -> None:
    for number in server.hub.merges:
        for user in REVIEWERS:
            server.hub.approve(number, user)
    server.seen.clear()
    forge = connect(server)
    look(forge, heads)
    assert len(server.api()) == 7 + 2 * OPEN + 4  # rights; groups; code owners; changed files


def test_one_call_a_merge_request_costs_much_more(server: GitLab, heads: list[Branch]) -> None:
    forge = connect(server)
    server.seen.clear()
    look(forge, heads)
    together = len(server.api())
    server.seen.clear()
    some = list(server.hub.merges)[:5]
    for number in some:
        forge.pull(number)
    assert len(server.api()) * OPEN / len(some) >= 50 * together


def test_one_promotion(server: GitLab, heads: list[Branch], repo: Repository) -> None:
    """Opening with its labels, a status, and the merge, with everything that is read again to be sure."""
    forge = connect(server)
    head = propose(repo)
    server.seen.clear()
    pull = forge.open_pull(HEAD, BASE, TEXT, at(0))
    forge.set_status(head, "promoter", "success", "", "", at(1))
    forge.merge_pull(pull.number, head, "merge", "Promote", at(2))
    writes = [one for one in server.api() if one.is_write]
    assert [(one.method, one.path.rpartition("/")[2]) for one in writes] == [
        ("POST", "merge_requests"),
        ("POST", head),
        ("PUT", "merge"),
    ]
    assert len(server.api()) <= 14
