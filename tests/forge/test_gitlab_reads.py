"""What is read on GitLab: who approved what, jobs and statuses, notes, rights, and who may push."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from promoter.forge.gitlab import GitLabForge
from promoter.forge.gitlab_people import level
from promoter.git.repository import Repository
from promoter.model.forge import Permission, PullRequest, Receipt, Writers
from promoter.model.names import Branch
from tests.forge.contract import BASE, HEAD, TEXT, at, propose
from tests.forge.test_gitlab import FILES
from tests.forge.wire import Fault
from tests.gitlab.hub import PATH
from tests.gitlab.persons import connect
from tests.gitlab.records import Deployed, Guard, Rule
from tests.gitlab.server import GitLab, serve
from tests.repos import commit_files, make_repo, tip


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    return make_repo(tmp_path / f"{PATH}.git", FILES, BASE)


@pytest.fixture
def server(repo: Repository, tmp_path: Path) -> Iterator[GitLab]:
    with serve(tmp_path) as server:
        yield server


@pytest.fixture
def forge(server: GitLab) -> GitLabForge:
    return connect(server)


@pytest.fixture
def pull(forge: GitLabForge, repo: Repository) -> PullRequest:
    propose(repo)
    return forge.open_pull(HEAD, BASE, TEXT, at(0))


def states(forge: GitLabForge, pull: PullRequest) -> dict[tuple[str, str], str]:
    """Give the checks by name and reporter; both ways to read them must agree but for who posted ours."""
    alone = {(one.name, one.reporter): one.state for one in forge.pull(pull.number).checks}
    together = {(one.name, one.state) for one in forge.pulls([HEAD])[HEAD][0].checks}
    assert together == {(name, state) for (name, _), state in alone.items()}
    return alone


# Reviews


@pytest.mark.parametrize("old", [True, False])
def test_an_approval_is_for_the_version_that_was_there(
    server: GitLab, forge: GitLabForge, repo: Repository, pull: PullRequest, old: bool
) -> None:
    server.hub.settings.old = old
    heads = [pull.head]
    for content in ("3", "4"):
        heads.append(propose(repo, content))
        server.hub.settle()
    server.hub.approve(1, "kim")
    last = propose(repo, "5")
    server.hub.approve(1, "lin")
    assert {one.user: one.head for one in forge.pull(1).reviews} == {"kim": heads[2], "lin": last}


def test_an_approval_that_is_taken_back_is_none(server: GitLab, forge: GitLabForge, pull: PullRequest) -> None:
    server.hub.approve(1, "kim")
    server.hub.unapprove(1, "kim")
    assert forge.pull(1).reviews == ()


def test_new_commits_may_take_approvals_back(
    server: GitLab, forge: GitLabForge, repo: Repository, pull: PullRequest
) -> None:
    server.hub.settings.reset = True
    server.hub.approve(1, "kim")
    propose(repo, "3")
    assert forge.pull(1).reviews == ()


def test_owners_of_groups_are_known_by_the_whole_name(
    server: GitLab, forge: GitLabForge, repo: Repository, pull: PullRequest
) -> None:
    """A group of the same name elsewhere owns nothing here."""
    server.hub.people.name({"ada": Permission.WRITE, "lin": Permission.WRITE}, {})
    server.hub.people.groups = {"acme/sre": ("lin",), "other/sre": ("ada",), "acme/platform/sre": ("ada",)}
    for user in ("ada", "lin"):
        server.hub.approve(1, user)
    groups = {one.user: one.groups for one in forge.pull(1).reviews}
    assert groups["lin"] >= {"team:sre", "codeowners"}
    assert groups["ada"] >= {"team:other/sre", "team:platform/sre"}
    assert "codeowners" not in groups["ada"]


def test_the_first_owners_file_counts(server: GitLab, forge: GitLabForge, repo: Repository, pull: PullRequest) -> None:
    commit_files(repo, BASE, {"CODEOWNERS": "* @ada\n"}, "Own")
    server.hub.people.name({"ada": Permission.WRITE, "kim": Permission.WRITE}, {})
    for user in ("ada", "kim"):
        server.hub.approve(1, user)
    owners = [one.user for one in forge.pull(1).reviews if "codeowners" in one.groups]
    assert owners == ["ada"]


# Checks


def test_jobs_are_reported_by_the_ci_and_the_newest_counts(
    server: GitLab, forge: GitLabForge, pull: PullRequest
) -> None:
    pipelines = server.hub.pipelines
    first = pipelines.start(pull.head, HEAD)
    pipelines.job(first, "test", "failed")
    pipelines.job(first, "lint", "manual")
    assert states(forge, pull) == {("test", "gitlab-ci"): "failure", ("lint", "gitlab-ci"): "pending"}
    pipelines.job(first, "test", "success")
    pipelines.job(first, "lint", "skipped")
    assert states(forge, pull) == {("test", "gitlab-ci"): "success", ("lint", "gitlab-ci"): "pending"}
    pipelines.job(pipelines.start(pull.head, HEAD), "test", "running")
    assert states(forge, pull)["test", "gitlab-ci"] == "pending"


def test_a_job_that_may_fail_has_failed_all_the_same(server: GitLab, forge: GitLabForge, pull: PullRequest) -> None:
    run = server.hub.pipelines.start(pull.head, HEAD)
    server.hub.pipelines.job(run, "lint", "failed").allow_failure = True
    assert states(forge, pull) == {("lint", "gitlab-ci"): "failure"}


def test_a_posted_status_is_no_job(server: GitLab, forge: GitLabForge, pull: PullRequest) -> None:
    """Somebody posts a success under the name of a job that failed."""
    pipelines = server.hub.pipelines
    pipelines.job(pipelines.start(pull.head, HEAD), "test", "failed")
    pipelines.post(pull.head, "test", "success", "mallory")
    assert states(forge, pull) == {("test", "gitlab-ci"): "failure", ("test", "mallory"): "success"}


def test_a_pipeline_that_must_pass_is_a_check(server: GitLab, forge: GitLabForge, pull: PullRequest) -> None:
    """Our own status is a part of the pipeline as well, but does not wait for itself; alone it is no pipeline."""
    server.hub.settings.pipeline = True
    assert forge.protection(BASE).required_checks == ("pipeline",)
    forge.set_status(pull.head, "promoter", "pending", "waits", "", at(1))
    assert ("pipeline", "gitlab-ci") not in states(forge, pull)
    run = server.hub.pipelines.of(pull.head)[0]
    server.hub.pipelines.job(run, "test", "running")
    assert states(forge, pull)["pipeline", "gitlab-ci"] == "pending"
    server.hub.pipelines.job(run, "test", "success")
    assert states(forge, pull)["pipeline", "gitlab-ci"] == "success"


def test_a_job_that_may_fail_or_does_not_run_keeps_no_pipeline(
    server: GitLab, forge: GitLabForge, pull: PullRequest
) -> None:
    server.hub.settings.pipeline = True
    run = server.hub.pipelines.start(pull.head, HEAD)
    for name, status in (("lint", "failed"), ("later", "manual"), ("test", "success")):
        server.hub.pipelines.job(run, name, status).allow_failure = name != "test"
    server.hub.pipelines.job(run, "never", "skipped")
    assert states(forge, pull)["pipeline", "gitlab-ci"] == "success"
    server.hub.pipelines.job(run, "deploy", "manual")
    assert states(forge, pull)["pipeline", "gitlab-ci"] == "pending"


def test_threads_that_must_be_resolved_are_a_check(server: GitLab, forge: GitLabForge, pull: PullRequest) -> None:
    server.hub.merges[1].threads = 1
    assert states(forge, pull) == {}
    server.hub.settings.resolved = True
    assert forge.protection(BASE).required_checks == ("threads",)
    assert states(forge, pull) == {("threads", "gitlab"): "pending"}
    server.hub.merges[1].threads = 0
    assert states(forge, pull) == {("threads", "gitlab"): "success"}


@pytest.mark.parametrize("paid", [True, False])
def test_external_status_checks_are_shown_where_they_are_missing(
    server: GitLab, forge: GitLabForge, pull: PullRequest, paid: bool
) -> None:
    server.hub.settings.paid = paid
    server.hub.merges[1].external = {"scan": "pending", "sign": "failed", "lint": "passed"}
    wanted = {("scan", "gitlab"): "pending", ("sign", "gitlab"): "failure", ("lint", "gitlab"): "success"}
    assert states(forge, pull) == (wanted if paid else {})


def test_many_jobs_are_read_to_their_end(server: GitLab, forge: GitLabForge, pull: PullRequest) -> None:
    run = server.hub.pipelines.start(pull.head, HEAD)
    for number in range(230):
        server.hub.pipelines.job(run, f"job-{number:03}", "success")
    assert len(states(forge, pull)) == 230


# Pull requests


def test_a_fork_is_nobodys_proposal(server: GitLab, forge: GitLabForge, pull: PullRequest) -> None:
    server.hub.from_fork("mallory", HEAD, BASE, pull.head)
    assert [one.number for one in forge.pulls([HEAD])[HEAD]] == [pull.number]
    server.hub.close(pull.number, "kim")
    assert forge.open_pull(HEAD, BASE, TEXT, at(1)).number == 3


def test_a_conflict_behind_a_draft_is_seen(
    server: GitLab, forge: GitLabForge, repo: Repository, pull: PullRequest
) -> None:
    """GitLab names only the first thing that is missing."""
    server.hub.merges[1].title = "Draft: it"
    assert (forge.pull(1).draft, forge.pull(1).mergeable) == (True, True)
    commit_files(repo, BASE, {"shop/app.yaml": "by hand"}, "By hand")
    assert forge.pull(1).mergeable is False


def test_a_title_that_is_too_long_is_cut_and_written_once(server: GitLab, forge: GitLabForge, repo: Repository) -> None:
    propose(repo)
    text = replace(TEXT, title="x" * 400)
    assert forge.open_pull(HEAD, BASE, text, at(0)).title == "x" * 255
    server.seen.clear()
    forge.edit_pull(1, text, at(1))
    assert not any(one.is_write for one in server.api())


@pytest.mark.parametrize("paid", [True, False])
def test_reviewers_are_asked_once(server: GitLab, forge: GitLabForge, pull: PullRequest, paid: bool) -> None:
    """The free tier keeps one; asking for the other again and again would write for ever."""
    server.hub.settings.paid = paid
    text = replace(TEXT, reviewers=("kim", "user:lin", "team:sre", "codeowners"), assignees=("ada",))
    for minute in range(3):
        server.seen.clear()
        forge.edit_pull(1, text, at(minute))
        assert sum(one.is_write for one in server.api()) == (1 if minute == 0 else 0)
    assert list(server.hub.merges[1].reviewers) == (["kim", "lin"] if paid else ["kim"])


def test_our_labels_go_and_those_of_people_stay(server: GitLab, forge: GitLabForge, pull: PullRequest) -> None:
    server.hub.label(1, "kim", ["kims"])
    forge.edit_pull(1, replace(TEXT, labels=("rollback",)), at(1))
    assert sorted(server.hub.merges[1].labels) == ["kims", "rollback"]


# Notes


def test_what_is_a_comment(server: GitLab, forge: GitLabForge, pull: PullRequest) -> None:
    hub = server.hub
    hub.note(1, "kim", "/hold")
    hub.note(1, "kim", "added 1 commit", system=True)
    hub.note(1, "group_9_bot_2", "done")
    edited = hub.note(1, "lin", "/hold")
    hub.edit_note(1, edited.id, "/hold shop")
    seen = forge.comments(1)
    assert [(one.user, one.bot, one.edited) for one in seen] == [
        ("kim", False, False),
        ("group_9_bot_2", True, False),
        ("lin", False, True),
    ]
    assert {one.number for one in forge.comments_since(seen[0].at)} == {1}


def test_a_reaction_is_no_edit(server: GitLab, forge: GitLabForge, pull: PullRequest) -> None:
    note = server.hub.note(1, "kim", "/hold")
    server.hub.react(1, note.id, "kim", "eyes")
    forge.acknowledge(1, str(note.id), Receipt.REFUSED, at(1))
    [seen] = forge.comments(1)
    assert (seen.edited, seen.receipt) == (False, Receipt.REFUSED)
    assert [(one.user, one.name) for one in note.emoji] == [("kim", "eyes"), ("project_7_bot_1", "thumbsdown")]


def test_an_internal_note_is_not_our_comment(server: GitLab, forge: GitLabForge, pull: PullRequest) -> None:
    """Not everybody sees it."""
    server.hub.note(1, server.hub.people.bot, "<!-- m -->\nhidden", internal=True)
    server.hub.people.name({server.hub.people.bot: Permission.WRITE}, {})
    forge.upsert_comment(1, "<!-- m -->", "<!-- m -->\nshown", at(1))
    assert sorted(one.body for one in forge.comments(1)) == ["<!-- m -->\nhidden", "<!-- m -->\nshown"]


# Rights


@pytest.mark.parametrize(
    ("number", "right"),
    [(0, "none"), (5, "none"), (10, "read"), (15, "read"), (20, "triage"), (25, "triage"), (30, "write"),
     (40, "maintain"), (50, "admin"), (60, "admin")],
)  # fmt: skip
def test_levels(number: int, right: str) -> None:
    assert level(number) is Permission(right)


def test_who_is_blocked_may_nothing(server: GitLab, forge: GitLabForge) -> None:
    server.hub.people.name({"kim": Permission.ADMIN}, {})
    server.hub.people.blocked.add("kim")
    assert forge.permission("kim") is Permission.NONE


def test_members_of_a_team(server: GitLab, forge: GitLabForge) -> None:
    server.hub.people.groups = {"acme/sre": ("kim", "lin"), "ops": ("ada",)}
    assert forge.members("sre") == frozenset({"kim", "lin"})
    assert forge.members("ops") == frozenset({"ada"})
    assert forge.members("nobody") is None


def test_approval_rules_of_other_branches_do_not_count(server: GitLab, forge: GitLabForge) -> None:
    server.hub.rules = [Rule(3, ("main",)), Rule(1), Rule(5, every=True)]
    assert forge.protection(BASE).required_approvals == 1
    server.hub.guards = [Guard("environment/*")]
    assert forge.protection(BASE).required_approvals == 5
    server.hub.settings.paid = False
    assert forge.protection(BASE).required_approvals == 0


@pytest.mark.parametrize(
    ("guards", "wanted"),
    [
        ([], Writers(we=True, kept=False, deletable=True)),
        ([Guard(BASE, push=[{"access_level": 30}])], Writers(True, False, ("the role Developer",))),
        ([Guard(BASE)], Writers(False, True, ("the role Maintainer",))),
        ([Guard(BASE, push=[{"access_level": 0}])], Writers(False, True)),
        ([Guard("environment/*", push=[{"user_id": 0}])], Writers(True, True)),
        (
            [Guard(BASE, push=[{"user_id": 0}, {"user_id": 9, "access_level_description": "Kim"}])],
            Writers(True, True, ("the user Kim",)),
        ),
        ([Guard(BASE, push=[{"access_level": 0}]), Guard("*", push=[{"user_id": 0}])], Writers(True, True)),
    ],
)
def test_who_may_push(server: GitLab, forge: GitLabForge, guards: list[Guard], wanted: Writers) -> None:
    bot = server.hub.people.id(server.hub.people.bot)
    for guard in guards:
        guard.push = [{**one, "user_id": bot} if one.get("user_id") == 0 else one for one in guard.push]
    server.hub.guards = guards
    assert forge.writers([BASE]) == {BASE: wanted}
    assert forge.protection(BASE).may_push is wanted.we


def test_what_the_token_may(server: GitLab, forge: GitLabForge) -> None:
    standing = forge.standing(["members", "deployments"])
    assert (standing.lacks, standing.expires, standing.archived) == ((), None, False)
    people = server.hub.people
    people.name({people.bot: Permission.TRIAGE}, {})
    people.scopes, people.expires, server.hub.settings.archived = ("read_api",), "2026-12-01", True
    standing = forge.standing([])
    assert standing.lacks == ("the role Developer", "scope api", "scope write_repository")
    assert (standing.expires, standing.archived) == (datetime(2026, 12, 1, tzinfo=UTC), True)
    server.faults = [Fault("/personal_access_tokens/self", status=404)]
    assert forge.standing([]).lacks == ("the role Developer",)


def test_a_deployment_by_a_job_of_ours_is_evidence(server: GitLab, forge: GitLabForge, repo: Repository) -> None:
    """What a pipeline deployed that our merge started is not what we said ourselves."""
    commit = tip(repo, BASE)
    assert commit is not None
    bot = server.hub.people.bot
    server.hub.deployments.append(Deployed(7, "prod/shop", commit, "success", bot, at(1), at(2), job=True))
    assert [(one.creator, one.state, one.at) for one in forge.deployments("prod/shop")] == [(bot, "success", at(2))]
    assert forge.deployments("prod") == ()


def test_short_verbs_are_none_of_gitlabs(forge: GitLabForge) -> None:
    assert "hold" in forge.short_verbs
    assert not {"promote", "status"} & forge.short_verbs


def test_branches_are_asked_for_by_whole_names(server: GitLab, forge: GitLabForge) -> None:
    server.hub.guards = [Guard("environment")]
    assert forge.writers([Branch("environment/x")])[Branch("environment/x")].kept is False
