"""What GitHub tells in its own ways, and what promoter takes it for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from promoter.errors import LostRace, Rejected, Underway
from promoter.forge.github import GitHubForge
from promoter.forge.retry import Unsure
from promoter.git.repository import Repository
from promoter.model.forge import Permission, Protection, PullRequest, PullState, PullText
from promoter.model.names import Branch
from tests.forge.contract import BASE, HEAD, TEXT, at, propose, push
from tests.forge.test_github import FILES
from tests.github.persons import QUICK, connect
from tests.github.records import Rules
from tests.github.server import Fault, GitHub, serve
from tests.repos import commit_files, make_repo, tip


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    return make_repo(tmp_path / "acme" / "fleet.git", FILES, BASE)


@pytest.fixture
def server(repo: Repository, tmp_path: Path) -> Iterator[GitHub]:
    with serve(tmp_path) as server:
        yield server


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def forge(server: GitHub, told: list[str]) -> GitHubForge:
    return connect(server, told=told)


@pytest.fixture
def pull(forge: GitHubForge, repo: Repository) -> PullRequest:
    propose(repo)
    return forge.open_pull(HEAD, BASE, TEXT, at(0))


# Pull requests


def test_a_fork_cannot_pretend(server: GitHub, forge: GitHubForge, repo: Repository) -> None:
    """A branch of a fork may have any name, also that of a proposal."""
    head = propose(repo)
    server.hub.from_fork("mallory", HEAD, BASE, head, TEXT.title)
    assert forge.pulls([HEAD]) == {HEAD: ()}
    ours = forge.open_pull(HEAD, BASE, TEXT, at(1))
    assert (ours.number, ours.author) == (2, forge.identity)
    assert forge.pulls([HEAD])[HEAD] == (ours,)


def test_what_is_not_known_yet_is_asked_for_again(server: GitHub, repo: Repository) -> None:
    slept: list[float] = []
    forge = connect(server, sleep=slept.append)
    propose(repo)
    server.hub.slow_mergeable = 3
    pull = forge.open_pull(HEAD, BASE, TEXT, at(0))
    assert (pull.mergeable, len(slept) > 0) == (True, True)
    propose(repo, "3")
    [seen] = forge.pulls([HEAD])[HEAD]
    assert seen.mergeable is None, "a look at many does not wait for one"


def test_what_never_gets_known_is_said_so(server: GitHub, repo: Repository) -> None:
    slept: list[float] = []
    forge = connect(server, sleep=slept.append)
    propose(repo)
    server.hub.slow_mergeable = 99
    assert forge.open_pull(HEAD, BASE, TEXT, at(0)).mergeable is None
    assert sum(slept) < 30


def test_who_looked_is_not_asked_again(server: GitHub, forge: GitHubForge, pull: PullRequest) -> None:
    text = replace(TEXT, reviewers=("kim", "user:lin", "team:sre", "codeowners", forge.identity))
    forge.edit_pull(pull.number, text, at(1))
    record = server.hub.pulls[pull.number]
    assert (record.reviewers, record.team_reviewers) == (["kim", "lin"], ["sre"])
    server.hub.review(pull.number, "kim", "COMMENTED")
    before = server.hub.writes
    forge.edit_pull(pull.number, text, at(2))
    assert (record.reviewers, server.hub.writes) == (["lin"], before)


def test_our_own_label_goes_when_it_is_not_wanted(server: GitHub, forge: GitHubForge, pull: PullRequest) -> None:
    server.hub.label(pull.number, "kim", ["theirs"])
    forge.edit_pull(pull.number, replace(TEXT, labels=("promoter", "odd/na me?")), at(1))
    assert sorted(server.hub.pulls[pull.number].labels) == ["odd/na me?", "promoter", "theirs"]
    forge.edit_pull(pull.number, replace(TEXT, labels=("promoter",)), at(2))
    assert sorted(server.hub.pulls[pull.number].labels) == ["promoter", "theirs"]


def test_who_cannot_review_is_said_after_all_else_is_done(server: GitHub, forge: GitHubForge, repo: Repository) -> None:
    server.hub.people.name({}, {})
    propose(repo)
    with pytest.raises(Rejected, match="Reviews may only be requested from collaborators"):
        forge.open_pull(HEAD, BASE, replace(TEXT, reviewers=("stranger",)), at(0))
    [record] = server.hub.pulls.values()
    assert set(record.labels) == set(TEXT.labels)


# Checks


def test_statuses_and_check_runs_are_one_list(server: GitHub, forge: GitHubForge, pull: PullRequest) -> None:
    server.hub.post_status(pull.head, "ci/old", "error", "jenkins", "it broke", "https://ci.example/1")
    server.hub.post_run(pull.head, "test", "github-actions", "success")
    server.hub.post_run(pull.head, "slow", "github-actions", None)
    seen = [(one.name, one.reporter, one.state) for one in forge.checks(pull.head)]
    assert seen == [
        ("ci/old", "jenkins", "failure"),
        ("slow", "github-actions", "pending"),
        ("test", "github-actions", "success"),
    ]
    assert forge.pull(pull.number).checks == forge.checks(pull.head) == forge.pulls([HEAD])[HEAD][0].checks


@pytest.mark.parametrize(
    ("conclusion", "state"),
    [
        ("success", "success"),
        ("neutral", "success"),
        ("failure", "failure"),
        ("cancelled", "failure"),
        ("timed_out", "failure"),
        ("action_required", "failure"),
        ("skipped", "pending"),
        ("stale", "pending"),
    ],
)
def test_what_did_not_run_has_not_passed(
    server: GitHub, forge: GitHubForge, pull: PullRequest, conclusion: str, state: str
) -> None:
    server.hub.post_run(pull.head, "test", "github-actions", conclusion)
    assert [one.state for one in forge.checks(pull.head)] == [state]


def test_a_rerun_counts_and_another_workflow_does_not_hide_it(
    server: GitHub, forge: GitHubForge, pull: PullRequest
) -> None:
    server.hub.post_run(pull.head, "test", "github-actions", "failure", suite=1, workflow=10)
    server.hub.post_run(pull.head, "test", "github-actions", "success", suite=2, workflow=10)
    assert [one.state for one in forge.checks(pull.head)] == ["success"]
    server.hub.post_run(pull.head, "test", "github-actions", "failure", suite=3, workflow=11)
    server.hub.post_run(pull.head, "test", "github-actions", "success", suite=4, workflow=10)
    assert [one.state for one in forge.checks(pull.head)] == ["failure"]


def test_without_the_right_to_see_workflows_the_newest_run_counts(
    server: GitHub, forge: GitHubForge, pull: PullRequest
) -> None:
    server.hub.people.hidden_workflows = True
    server.hub.post_run(pull.head, "test", "github-actions", "failure", suite=1, workflow=10)
    server.hub.post_run(pull.head, "test", "github-actions", "success", suite=2, workflow=11)
    assert [one.state for one in forge.checks(pull.head)] == ["success"]


def test_more_checks_than_a_page(server: GitHub, forge: GitHubForge, pull: PullRequest) -> None:
    for number in range(130):
        server.hub.post_run(pull.head, f"run-{number:03}", "github-actions", "success")
    [seen] = forge.pulls([HEAD])[HEAD]
    assert [one.name for one in seen.checks] == [f"run-{number:03}" for number in range(130)]
    assert forge.checks(pull.head) == seen.checks


def test_an_app_is_the_same_everywhere(server: GitHub, forge: GitHubForge, pull: PullRequest) -> None:
    """REST says `flux[bot]`, GraphQL `flux`; a person called flux is another."""
    server.hub.post_status(pull.head, "live", "success", "flux[bot]")
    server.hub.comment(pull.number, "flux[bot]", "hello")
    assert [one.reporter for one in forge.checks(pull.head)] == ["flux[bot]"]
    assert [one.reporter for one in forge.pulls([HEAD])[HEAD][0].checks] == ["flux[bot]"]
    [said] = forge.comments(pull.number)
    assert (said.user, said.bot) == ("flux[bot]", True)


def test_a_status_is_cut_to_what_github_takes(server: GitHub, forge: GitHubForge, pull: PullRequest) -> None:
    for _ in range(2):
        forge.set_status(pull.head, "promoter", "pending", "x" * 200, "", at(1))
    assert [one.description for one in server.hub.statuses[pull.head]] == ["x" * 140]


def test_another_reporter_of_our_status_is_answered(server: GitHub, forge: GitHubForge, pull: PullRequest) -> None:
    """GitHub takes the newest word under a name, whoever said it."""
    forge.set_status(pull.head, "promoter", "pending", "", "", at(1))
    server.hub.post_status(pull.head, "promoter", "success", "mallory")
    forge.set_status(pull.head, "promoter", "pending", "", "", at(2))
    assert [(one.user, one.state) for one in server.hub.statuses[pull.head]][-1] == (forge.identity, "pending")


def test_a_deployment_that_another_speaks_of(server: GitHub, forge: GitHubForge, repo: Repository) -> None:
    commit = tip(repo, BASE)
    assert commit is not None
    server.hub.deploy("prod", commit, "pending", "flux", at(1))
    server.hub.deploy("prod", commit, "success", "flux", at(2), by="mallory")
    assert [(one.creator, one.state, one.at) for one in forge.deployments("prod")] == [("flux", "pending", at(1))]
    server.hub.deploy("prod", commit, "inactive", "flux", at(3), by="mallory")
    assert [one.state for one in forge.deployments("prod")] == ["inactive"]


# People


def test_a_custom_role_is_what_it_amounts_to(server: GitHub, forge: GitHubForge) -> None:
    server.hub.people.name({"kim": Permission.MAINTAIN}, {})
    server.hub.people.roles["kim"] = "release-manager"
    assert forge.permission("kim") is Permission.WRITE


def test_a_token_that_may_not_read_teams(
    server: GitHub, forge: GitHubForge, pull: PullRequest, told: list[str]
) -> None:
    server.hub.people.name({"lin": Permission.WRITE}, {"sre": ["lin"]})
    server.hub.people.hidden_teams = True
    server.hub.review(pull.number, "lin", "APPROVED")
    for _ in range(2):
        [review] = forge.pulls([HEAD])[HEAD][0].reviews
        assert review.groups == {"user:lin", "read", "triage", "write"}
    assert [one.partition(": ")[2][:45] for one in told] == ["this token may not read the organisation's te"]


def test_a_person_owns_a_repository_without_teams(server: GitHub, forge: GitHubForge) -> None:
    server.hub.owned_by_user = True
    server.hub.people.name({"lin": Permission.WRITE}, {"sre": ["lin"]})
    assert forge.teams("lin") == frozenset()


def test_code_owners_are_those_of_the_base(server: GitHub, forge: GitHubForge, repo: Repository) -> None:
    """A proposal that changes the file does not choose its own judges; and an owner must be able to write."""
    server.hub.people.name({"kim": Permission.READ, "eve": Permission.WRITE, "root": Permission.WRITE}, {})
    push(repo, HEAD, tip(repo, BASE))
    commit_files(repo, HEAD, {".github/CODEOWNERS": "* @eve\n", "shop/app.yaml": "2"}, "Mine")
    pull = forge.open_pull(HEAD, BASE, TEXT, at(0))
    for user in ("kim", "eve", "root"):
        server.hub.review(pull.number, user, "APPROVED")
    assert [one.user for one in forge.pull(pull.number).reviews if "codeowners" in one.groups] == []


def test_code_owners_of_many_files(server: GitHub, forge: GitHubForge, repo: Repository) -> None:
    server.hub.people.name({"kim": Permission.WRITE}, {})
    push(repo, HEAD, tip(repo, BASE))
    files = {f"shop/{number:03}.yaml": "x" for number in range(150)}
    commit_files(repo, HEAD, files, "Many")
    pull = forge.open_pull(HEAD, BASE, TEXT, at(0))
    server.hub.review(pull.number, "kim", "APPROVED")
    assert ["codeowners" in one.groups for one in forge.pull(pull.number).reviews] == [True]
    commit_files(repo, HEAD, {"zzz/last.yaml": "x"}, "One more, of another")
    assert ["codeowners" in one.groups for one in forge.pull(pull.number).reviews] == [False]


# Rules and merging


def test_the_repository_and_a_linear_history_rule_methods_out(server: GitHub, forge: GitHubForge) -> None:
    server.hub.methods = ("merge", "squash")
    assert forge.protection(BASE) == Protection(methods=("merge", "squash"))
    server.hub.rules[BASE] = Rules(linear=True)
    assert forge.protection(BASE).methods == ("squash",)


def test_who_may_not_write_may_not_push(server: GitHub, forge: GitHubForge) -> None:
    server.hub.people.name({server.hub.people.bot: Permission.READ}, {})
    assert forge.protection(BASE).may_push is False


def test_rulesets_and_classic_protection_add_up(server: GitHub, forge: GitHubForge) -> None:
    server.hub.rules[BASE] = Rules(checks=("ci",), approvals=2, strict=True, classic=True, methods=("squash",))
    assert forge.protection(BASE) == Protection(False, ("squash",), ("ci",), 2, True)


def test_rules_that_are_hidden_are_read_as_far_as_they_are_shown(server: GitHub, forge: GitHubForge) -> None:
    server.hub.rules[BASE] = Rules(checks=("ci",), strict=True, classic=True)
    server.hub.people.hidden_rules = True
    assert forge.protection(BASE) == Protection(False, required_checks=("ci",))


def test_checks_that_are_hidden_are_not_taken_for_none(server: GitHub, forge: GitHubForge, pull: PullRequest) -> None:
    server.hub.people.hidden_checks = True
    for read in (lambda: forge.pulls([HEAD]), lambda: forge.checks(pull.head)):
        with pytest.raises(Rejected, match=r"not accessible(.|\n)*permissions:"):
            read()


def test_a_merge_queue_is_used_where_the_branch_demands_it(
    server: GitHub, forge: GitHubForge, repo: Repository, pull: PullRequest
) -> None:
    server.hub.rules[BASE] = Rules(queue=True)
    record = server.hub.pulls[pull.number]
    for _ in range(2):
        before = server.hub.writes
        with pytest.raises(Underway, match="in the merge queue"):
            forge.merge_pull(pull.number, pull.head, "merge", "", at(1))
        assert record.queued
    assert server.hub.writes == before, "it is put there once"
    merged = server.hub.content.merge("merge", tip(repo, BASE) or "", pull.head, "Queue", "github", at(2))
    server.hub.content.move(BASE, merged)
    assert forge.merge_pull(pull.number, pull.head, "merge", "", at(3)) == merged
    assert forge.pull(pull.number).state is PullState.MERGED


def test_what_lacks_something_is_not_put_into_the_queue(server: GitHub, forge: GitHubForge, pull: PullRequest) -> None:
    server.hub.rules[BASE] = Rules(queue=True, checks=("ci",))
    with pytest.raises(Rejected, match="required check ci is missing"):
        forge.merge_pull(pull.number, pull.head, "merge", "", at(1))
    assert not server.hub.pulls[pull.number].queued


@pytest.mark.parametrize("after", [True, False])
def test_queueing_without_an_answer(server: GitHub, forge: GitHubForge, pull: PullRequest, after: bool) -> None:
    server.hub.rules[BASE] = Rules(queue=True)
    server.faults = [Fault("enqueuePullRequest", status=502, after=after)]
    with pytest.raises(Underway if after else Unsure):
        forge.merge_pull(pull.number, pull.head, "merge", "", at(1))
    assert server.hub.pulls[pull.number].queued is after
    assert sum("enqueuePullRequest" in one.body for one in server.api()) == 1


def test_no_queue_takes_a_head_that_was_not_judged(
    server: GitHub, forge: GitHubForge, repo: Repository, pull: PullRequest
) -> None:
    server.hub.rules[BASE] = Rules(queue=True)
    propose(repo, "3")
    with pytest.raises(LostRace):
        forge.merge_pull(pull.number, pull.head, "merge", "", at(1))
    assert not server.hub.pulls[pull.number].queued


def test_a_squash_of_many_commits_keeps_their_words(forge: GitHubForge, repo: Repository, pull: PullRequest) -> None:
    head = commit_files(repo, HEAD, {"shop/more.yaml": "1"}, "More\n\nPromoter-App: cart\n")
    merged = forge.merge_pull(pull.number, head, "squash", "Promote two", at(1))
    message = repo.store.commit(merged).message
    assert message.startswith("Promote two\n\nPromote shop to prod")
    assert "Promoter-App: cart" in message


# Comments


def test_new_comments_on_issues_and_on_what_was_merged(server: GitHub, forge: GitHubForge, pull: PullRequest) -> None:
    server.hub.issues.add(7)
    since = server.hub.now
    old = server.hub.comment(pull.number, "kim", "old")
    asked = forge.comments(pull.number)[0].at
    server.hub.comment(7, "kim", "/promoter status shop")
    server.hub.comment(pull.number, "kim", "/hold")
    server.hub.edit_comment(old.id, "now a command: /hold")
    found = forge.comments_since(asked)
    assert [(one.number, one.on_issue, one.edited) for one in found] == [
        (pull.number, False, True),
        (7, True, False),
        (pull.number, False, False),
    ]
    assert [one.body for one in forge.comments_since(found[1].at)] == ["/promoter status shop", "/hold"]
    assert since < asked


def test_another_bot_with_our_marker_is_not_us(server: GitHub, forge: GitHubForge, pull: PullRequest) -> None:
    marker = "<!-- promoter:explain -->"
    server.hub.comment(pull.number, "mallory", f"{marker}\nbelieve me")
    forge.upsert_comment(pull.number, marker, "ours", at(1))
    assert [(one.user, one.body) for one in forge.comments(pull.number)] == [
        ("mallory", f"{marker}\nbelieve me"),
        (forge.identity, f"{marker}\nours"),
    ]


def test_more_heads_than_a_query_takes(server: GitHub, repo: Repository) -> None:
    forge = connect(server, limits=QUICK)
    heads = [Branch(f"environment/prod-next/app-{number:03}") for number in range(130)]
    base = tip(repo, BASE)
    for head in heads:
        push(repo, head, base)
        commit_files(repo, head, {"a": head}, "One")
    for number, head in enumerate(heads):
        server.hub.open(head, BASE, f"{number}", "", "kim")
    found = forge.pulls(heads)
    assert [pull.head_branch for head in heads for pull in found[head]] == heads
    assert [pull.title for head in heads for pull in found[head]] == [str(number) for number in range(130)]
    assert forge.pulls([]) == {}


def test_what_is_too_much_for_github_is_asked_for_in_pieces(server: GitHub, repo: Repository) -> None:
    forge = connect(server)
    heads = [Branch(f"environment/prod-next/app-{number}") for number in range(9)]
    for number, head in enumerate(heads):
        server.hub.content.move(head, tip(repo, BASE) or "")
        commit_files(repo, head, {"a": head}, "One")
        server.hub.open(head, BASE, f"{number}", "", "kim")
    server.faults = [Fault("h4: ", status=502, times=3), Fault("p5: ", status=504, times=6)]
    found = forge.pulls(heads)
    assert [pull.title for head in heads for pull in found[head]] == [str(number) for number in range(9)]
    assert [one.times for one in server.faults] == [0, 0]


def test_the_name_of_a_branch_is_text_and_no_query(forge: GitHubForge, repo: Repository) -> None:
    head = Branch('feature/"})_{viewer{login}}_#é%2F&a=b')
    propose(repo, "2", head)
    pull = forge.open_pull(head, BASE, PullText("t", ""), at(0))
    assert forge.pulls([head]) == {head: (pull,)}
