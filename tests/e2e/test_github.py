"""A shop on GitHub, promoted from dev to production by the program itself, over HTTP, with nothing but a token."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from promoter.git.repository import Repository
from promoter.model.forge import Permission
from tests.e2e.processes import finish, start
from tests.github.records import Rules
from tests.github.server import GitHub, serve
from tests.repos import commit_files, make_repo, tip
from tests.run.shops import APP, IMAGE, LAYOUT, manifest

HEAD = """\
version: 1
live: none
environments:
  - {name: dev, promote: auto}
  - {name: prod, promote: auto, gates: {approvals: 1, checks: [kubeconform]}}
"""
CONFIG = f"{HEAD}{LAYOUT}apps: {{shop: {{{APP}}}}}\n"


class Job:
    """Runs the program as a job on the server would: with its token, and no rest of the run before."""

    def __init__(self, server: GitHub, home: Path) -> None:
        self.server, self.home = server, home
        self.now = datetime.fromisoformat("2026-03-04T12:00:00+00:00")
        self.runs = 0

    def __call__(self, *argv: str, expect: int = 0) -> str:
        self.now += timedelta(minutes=10)
        self.server.hub.now = self.now
        self.runs += 1
        home = self.home / f"job-{self.runs}"
        home.mkdir()
        more = {"GITHUB_SERVER_URL": self.server.home, "GITHUB_TOKEN": next(iter(self.server.tokens))}
        self.server.seen.clear()
        code, out, err = finish(start(self.server.url, home, *argv, now=self.now, more=more))
        assert code == expect, err
        assert not any(token in out + err for token in self.server.tokens)
        return out


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    files = {f"shop/{name}/app.yaml": manifest(name, f"{IMAGE}:1.0.0") for name in ("dev", "prod")}
    return make_repo(tmp_path / "acme" / "fleet.git", {"promoter.yaml": CONFIG, **files})


@pytest.fixture
def server(repo: Repository, tmp_path: Path) -> Iterator[GitHub]:
    with serve(tmp_path) as server:
        yield server


def text(repo: Repository, branch: str) -> str:
    commit = tip(repo, branch)
    assert commit is not None
    tree = repo.store.commit(commit).tree
    return "".join(repo.store.blob(found.id).decode() for _, found in repo.store.children(tree, "shop"))


@pytest.mark.parametrize("may_push", [True, False])
def test_from_dev_to_production(server: GitHub, repo: Repository, tmp_path: Path, may_push: bool) -> None:
    """With rules that forbid pushes, every merge is GitHub's."""
    hub, job = server.hub, Job(server, tmp_path)
    hub.people.name({"kim": Permission.WRITE, "lin": Permission.WRITE}, {})
    rules = Rules() if may_push else Rules(methods=("squash",), checks=("promoter",), push=False)
    hub.rules = {"environment/dev": rules, "environment/prod": rules}
    job("release", "shop", "1.4.2")
    job("run")
    assert "1.4.2" in text(repo, "environment/dev")
    [waits] = [one for one in hub.pulls.values() if one.state == "OPEN"]
    assert (waits.head_branch, waits.base_branch, waits.author) == (
        "environment/prod-next/shop",
        "environment/prod",
        hub.people.bot,
    )
    assert "shop" in waits.title
    before = hub.writes
    job("run")
    assert hub.writes == before, "a run on an unchanged world writes nothing"
    assert len(server.api()) == 6, "who we are; comments; pull requests, short and whole; two for the rules of prod"
    hub.review(waits.number, "lin", "APPROVED")
    job("run")
    assert waits.state == "OPEN", "the check has not passed"
    hub.post_run(waits.head, "kubeconform", "github-actions", "success")
    job("run")
    assert waits.state == "MERGED"
    assert "1.4.2" in text(repo, "environment/prod")
    assert (waits.merged_by == hub.people.bot) is not may_push
    before = hub.writes
    assert job("run") == "Nothing to do.\n"
    assert hub.writes == before


def test_a_merge_queue_takes_its_time(server: GitHub, repo: Repository, tmp_path: Path) -> None:
    hub, job = server.hub, Job(server, tmp_path)
    hub.rules = {"environment/dev": Rules(queue=True, push=False), "environment/prod": Rules(queue=True, push=False)}
    job("release", "shop", "1.4.2")
    assert "in the merge queue" in job("run")
    [pull] = [one for one in hub.pulls.values() if one.base_branch == "environment/dev"]
    assert (pull.queued, pull.state) == (True, "OPEN")
    before = (hub.writes, repo.refs())
    assert "in the merge queue" in job("run")
    assert (hub.writes, repo.refs()) == before
    hub.rules = {}
    hub.merge(pull.number, "github-merge-queue[bot]", "merge")
    out = job("run")
    assert "in the merge queue" not in out
    assert [one.base_branch for one in hub.pulls.values() if one.state == "OPEN"] == ["environment/prod"]


def test_what_is_held_leaves_the_merge_queue(server: GitHub, repo: Repository, tmp_path: Path) -> None:
    hub, job = server.hub, Job(server, tmp_path)
    hub.rules = {"environment/dev": Rules(queue=True, push=False)}
    job("release", "shop", "1.4.2")
    job("run")
    [pull] = hub.pulls.values()
    assert pull.queued
    assert "leave queue" not in job("plan")
    job("hold", "dev", "INC-1")
    assert "leave queue" in job("plan")
    assert "is not to be merged now" in job("run")
    assert (pull.queued, pull.state) == (False, "OPEN")
    before = hub.writes
    assert "unqueued" not in job("run")
    assert hub.writes == before, "said once"
    job("resume", "dev")
    job("run")
    assert (pull.queued, pull.queued_by) == (True, hub.people.bot), "nothing of it is kept"
    hub.label(pull.number, "lin", ["promoter/hold"])
    job("run")
    assert not pull.queued


def test_what_a_person_queued_is_left_there(server: GitHub, repo: Repository, tmp_path: Path) -> None:
    hub, job = server.hub, Job(server, tmp_path)
    hub.rules = {"environment/dev": Rules(queue=True, push=False)}
    job("release", "shop", "1.4.2")
    job("run")
    [pull] = hub.pulls.values()
    hub.queue(pull.number, "lin")
    job("hold", "dev", "INC-1")
    assert "unqueued" not in job("run")
    assert pull.queued


def test_what_is_deployed_where(server: GitHub, repo: Repository, tmp_path: Path) -> None:
    hub, job = server.hub, Job(server, tmp_path)
    commit_files(repo, "main", {"promoter.yaml": f"{CONFIG}deployments: true\n"}, "Show deployments")
    job("release", "shop", "1.4.2")
    job("run")
    [made] = hub.deployments
    assert (made.environment, made.commit, made.creator) == ("dev/shop", tip(repo, "environment/dev"), hub.people.bot)
    assert (made.said, made.description) == (["in_progress", "success"], "shop r1 (1.4.2)")
    [merged] = [one for one in hub.pulls.values() if one.base_branch == "environment/dev"]
    assert made.url == f"{server.home}/acme/fleet/pull/{merged.number}"
    before = hub.writes
    job("run")
    assert hub.writes == before
    assert len(server.api()) == 6, "as without: a deployment is asked for only when there is something to say"


def test_without_the_right_to_deploy_promotions_go_on(server: GitHub, repo: Repository, tmp_path: Path) -> None:
    hub, job = server.hub, Job(server, tmp_path)
    hub.people.no_deployments = True
    commit_files(repo, "main", {"promoter.yaml": f"{CONFIG}deployments: true\n"}, "Show deployments")
    job("release", "shop", "1.4.2")
    assert "make a deployment to dev/shop: GitHub says 403" in job("run", expect=1)
    assert [one.base_branch for one in hub.pulls.values() if one.state == "OPEN"] == ["environment/prod"]
    hub.people.no_deployments = False
    job("run")
    assert [one.said for one in hub.deployments] == [["success"]]


def test_what_a_person_closes_is_skipped(server: GitHub, repo: Repository, tmp_path: Path) -> None:
    hub, job = server.hub, Job(server, tmp_path)
    job("release", "shop", "1.4.2")
    job("run")
    [waits] = [one for one in hub.pulls.values() if one.state == "OPEN"]
    hub.close(waits.number, "lin")
    assert "lin closed pull request" in job("run")
    job("run")
    assert [one for one in hub.pulls.values() if one.state == "OPEN"] == []
    assert "1.4.2" not in text(repo, "environment/prod")


def test_pull_requests_on_github_are_not_the_local_ones(server: GitHub, tmp_path: Path) -> None:
    more = {"GITHUB_SERVER_URL": server.home, "GITHUB_TOKEN": "x"}
    code, _, err = finish(start(server.url, tmp_path, "pr", "list", more=more))
    assert (code, "not in the repository itself" in err) == (2, True)
    assert server.api() == []
