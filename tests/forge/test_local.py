"""The local forge passes the contract, and keeps what it promises beyond it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path

import pytest

from promoter.errors import LostRace, Rejected, UsageError
from promoter.forge.local import LocalForge
from promoter.forge.local_store import FORGE_REF
from promoter.forge.port import Forge
from promoter.git.repository import Repository, open_repository
from promoter.model.forge import Permission, Protection, PullState, PullText
from promoter.model.names import Branch, Oid
from tests.forge.contract import BASE, HEAD, TEXT, ForgeContract, at, propose, push
from tests.forge.contract_deploys import DeploysContract, Filed
from tests.repos import KIM, commit_files, make_repo, tip

FILES = {
    "shop/app.yaml": "1",
    "other/app.yaml": "1",
    ".github/CODEOWNERS": "* @root\n/shop/ @kim @acme/sre\n",
}


class Persons:
    """People at the local forge."""

    def __init__(self, repo: Repository) -> None:
        self.forge = LocalForge(repo)

    def name(self, permissions: dict[str, Permission], teams: dict[str, Collection[str]]) -> None:
        self.forge.set_people(permissions, teams, at(0))

    def protect(self, branch: Branch, protection: Protection) -> None:
        self.forge.set_protection(branch, protection, at(0))

    def approve(self, number: int, user: str) -> None:
        self.forge.approve(number, user, at(1))

    def request_changes(self, number: int, user: str) -> None:
        self.forge.request_changes(number, user, at(1))

    def comment(self, number: int, user: str, body: str) -> None:
        self.forge.comment(number, user, body, at(1))

    def label(self, number: int, user: str, labels: Collection[str]) -> None:
        self.forge.set_labels(number, labels, user, at(1))

    def close(self, number: int, user: str) -> None:
        self.forge.close_as(number, user, at(1))

    def reopen(self, number: int, user: str) -> None:
        self.forge.reopen_as(number, user, at(2))

    def merge(self, number: int, user: str, method: str) -> Oid:
        return self.forge.merge_as(number, user, method, at(2))

    def check(self, commit: Oid, name: str, state: str, reporter: str, at: datetime) -> None:
        self.forge.set_check(commit, name, state, reporter, at)

    def deploy(self, environment: str, commit: Oid, state: str, creator: str, at: datetime) -> None:
        self.forge.deploy_as(environment, commit, state, creator, at)


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    return make_repo(tmp_path / "fleet.git", FILES, BASE)


@pytest.fixture
def forge(repo: Repository) -> LocalForge:
    return LocalForge(repo)


class TestContract(ForgeContract, DeploysContract):
    """The local forge."""

    @pytest.fixture
    def repo(self, tmp_path: Path) -> Repository:
        return make_repo(tmp_path / "fleet.git", FILES, BASE)

    @pytest.fixture
    def connect(self, repo: Repository, tmp_path: Path) -> Callable[[], Forge]:
        return lambda: LocalForge(open_repository(repo.url, tmp_path / "cache"))

    @pytest.fixture
    def people(self, repo: Repository) -> Persons:
        return Persons(repo)

    @pytest.fixture
    def writes(self, repo: Repository) -> Callable[[], int]:
        def count() -> int:
            tip = repo.refs([FORGE_REF]).get(FORGE_REF)
            return 0 if tip is None else sum(1 for _ in repo.store.history(tip))

        return count

    @pytest.fixture
    def filed(self, repo: Repository) -> Filed:
        return lambda environment: [(one.commit, one.state) for one in LocalForge(repo).filed(environment)]


@pytest.fixture
def number(repo: Repository, forge: LocalForge) -> int:
    propose(repo)
    return forge.open_pull(HEAD, BASE, TEXT, at(0)).number


# What pushes do, when nobody looked in between


def test_a_merged_head_is_merged_whatever_the_branch_did_next(repo: Repository, forge: LocalForge, number: int) -> None:
    head = forge.pull(number).head
    push(repo, BASE, head)
    propose(repo, "3")
    seen = forge.pull(number)
    assert (seen.state, seen.head, seen.merged_commit) == (PullState.MERGED, head, head)


def test_a_rebuilt_head_that_was_judged_is_known(repo: Repository, forge: LocalForge, number: int) -> None:
    head = propose(repo, "3")
    forge.set_status(head, "promoter", "success", "", "", at(1))
    push(repo, BASE, head)
    push(repo, HEAD, None)
    assert (forge.pull(number).state, forge.pull(number).head) == (PullState.MERGED, head)


def test_a_rebuilt_head_that_was_seen_is_known(repo: Repository, forge: LocalForge, number: int) -> None:
    head = propose(repo, "3")
    assert forge.pulls([HEAD])[HEAD][0].head == head
    push(repo, BASE, head)
    push(repo, HEAD, None)
    assert (forge.pull(number).state, forge.pull(number).head) == (PullState.MERGED, head)


def test_a_head_that_grew_and_was_pushed_is_merged_whole(repo: Repository, forge: LocalForge, number: int) -> None:
    head = commit_files(repo, HEAD, {"shop/more.yaml": "1"}, "More")
    push(repo, BASE, head)
    seen = forge.pull(number)
    assert (seen.state, seen.head, seen.merged_commit) == (PullState.MERGED, head, head)


def test_a_branch_put_back_to_a_newer_base_is_closed(repo: Repository, forge: LocalForge, number: int) -> None:
    push(repo, HEAD, commit_files(repo, BASE, {"other/app.yaml": "2"}, "Elsewhere"))
    seen = forge.pull(number)
    assert (seen.state, seen.merged_commit) == (PullState.CLOSED, None)


def test_a_merge_commit_by_hand_is_found(repo: Repository, forge: LocalForge, number: int) -> None:
    head = forge.pull(number).head
    base = commit_files(repo, BASE, {"other/app.yaml": "2"}, "Elsewhere")
    merged = repo.store.put_commit(repo.store.commit(base).tree, [base, head], "By hand", KIM, at(7))
    push(repo, BASE, merged)
    commit_files(repo, BASE, {"other/app.yaml": "3"}, "Later", at=at(8))
    seen = forge.pull(number)
    assert (seen.state, seen.merged_commit, seen.closed_at, seen.closed_by) == (PullState.MERGED, merged, at(7), None)


def test_a_base_that_is_gone_closes(repo: Repository, forge: LocalForge, number: int) -> None:
    push(repo, BASE, None)
    assert forge.pull(number).state is PullState.CLOSED


def test_reads_that_may_not_write_say_the_same(repo: Repository, forge: LocalForge, number: int) -> None:
    push(repo, HEAD, None)
    reader = LocalForge(repo, notices=False)
    before = repo.refs()
    seen = reader.pulls([HEAD]), reader.pull(number), reader.all_pulls()
    assert repo.refs() == before
    assert (forge.pulls([HEAD]), forge.pull(number), forge.all_pulls()) == seen
    assert repo.refs() != before
    assert (reader.pulls([HEAD]), reader.pull(number), reader.all_pulls()) == seen


def test_a_deleted_branch_that_came_back_can_be_reopened(repo: Repository, forge: LocalForge, number: int) -> None:
    push(repo, HEAD, None)
    assert forge.pull(number).state is PullState.CLOSED
    with pytest.raises(Rejected, match="no branch"):
        forge.reopen_as(number, "kim", at(1))
    head = propose(repo, "3")
    forge.reopen_as(number, "kim", at(2))
    assert (forge.pull(number).state, forge.pull(number).head) == (PullState.OPEN, head)


# What is refused


def test_a_merged_pull_cannot_be_reopened(repo: Repository, forge: LocalForge, number: int) -> None:
    forge.merge_pull(number, forge.pull(number).head, "squash", "", at(1))
    with pytest.raises(Rejected, match="was merged"):
        forge.reopen_as(number, "kim", at(2))


def test_only_one_pull_is_open_for_two_branches(forge: LocalForge, number: int) -> None:
    forge.close_pull(number, at(1))
    second = forge.open_pull(HEAD, BASE, TEXT, at(2)).number
    with pytest.raises(Rejected, match=f"pull request {second} is open"):
        forge.reopen_as(number, "kim", at(3))


def test_reopening_an_open_pull_changes_nothing(repo: Repository, forge: LocalForge, number: int) -> None:
    before = repo.refs()
    forge.reopen_as(number, "kim", at(1))
    assert repo.refs() == before


def test_histories_that_share_nothing_are_not_compared(repo: Repository, forge: LocalForge) -> None:
    commit_files(repo, "stranger", {"a": "1"}, "Elsewhere")
    with pytest.raises(Rejected, match="share no history"):
        forge.open_pull(Branch("stranger"), BASE, TEXT, at(0))


RIGHTS = {
    "nobody": Permission.NONE,
    "ada": Permission.READ,
    "lin": Permission.TRIAGE,
    "kim": Permission.WRITE,
}


@pytest.mark.parametrize(
    ("act", "who"),
    [
        (lambda forge, number, user: forge.close_as(number, user, at(1)), {"lin", "kim"}),
        (lambda forge, number, user: forge.set_labels(number, ["x"], user, at(1)), {"lin", "kim"}),
        (lambda forge, number, user: forge.merge_as(number, user, "merge", at(1)), {"kim"}),
        (lambda forge, number, user: forge.dismiss(number, "root", user, at(1)), {"kim"}),
        (lambda forge, number, user: forge.comment(number, user, "hello", at(1)), set(RIGHTS)),
        (lambda forge, number, user: forge.approve(number, user, at(1)), set(RIGHTS)),
    ],
    ids=["close", "label", "merge", "dismiss", "comment", "approve"],
)
@pytest.mark.parametrize("user", sorted(RIGHTS))
def test_who_may(
    repo: Repository,
    forge: LocalForge,
    number: int,
    user: str,
    act: Callable[[LocalForge, int, str], object],
    who: set[str],
) -> None:
    forge.set_people({**RIGHTS, "root": Permission.ADMIN}, {}, at(0))
    forge.approve(number, "root", at(0))
    before = repo.refs()
    if user in who:
        act(forge, number, user)
        assert repo.refs() != before
    else:
        with pytest.raises(Rejected, match=f"{user} may not"):
            act(forge, number, user)
        assert repo.refs() == before


def test_who_opened_it_may_close_and_reopen_but_not_review(repo: Repository, forge: LocalForge) -> None:
    forge.set_people({"root": Permission.ADMIN}, {}, at(0))
    propose(repo)
    number = forge.open_as("ada", HEAD, BASE, TEXT, at(0)).number
    forge.close_as(number, "ada", at(1))
    forge.reopen_as(number, "ada", at(2))
    with pytest.raises(Rejected, match="cannot review"):
        forge.approve(number, "ada", at(3))
    assert forge.pull(number).reviews == ()


def test_a_review_is_of_the_head_that_was_seen(repo: Repository, forge: LocalForge, number: int) -> None:
    head = forge.pull(number).head
    forge.approve(number, "kim", at(1), head)
    new = propose(repo, "3")
    with pytest.raises(LostRace, match=new):
        forge.approve(number, "lin", at(2), head)
    assert [one.user for one in forge.pull(number).reviews] == ["kim"]


def test_an_ended_pull_takes_no_reviews(forge: LocalForge, number: int) -> None:
    forge.close_pull(number, at(1))
    with pytest.raises(Rejected, match="closed"):
        forge.approve(number, "kim", at(2))


def test_a_dismissed_review_does_not_count(forge: LocalForge, number: int) -> None:
    forge.set_protection(BASE, Protection(required_approvals=1), at(0))
    head = forge.pull(number).head
    forge.approve(number, "kim", at(1))
    forge.dismiss(number, "kim", "lin", at(2))
    with pytest.raises(Rejected, match="0 of 1 approvals"):
        forge.merge_pull(number, head, "merge", "", at(3))
    forge.approve(number, "kim", at(4))
    forge.request_changes(number, "lin", at(5))
    with pytest.raises(Rejected, match="lin asked for changes"):
        forge.merge_pull(number, head, "merge", "", at(6))
    forge.approve(number, "lin", at(7))
    forge.merge_pull(number, head, "merge", "", at(8))


def test_an_approval_of_an_older_head_does_not_count(repo: Repository, forge: LocalForge, number: int) -> None:
    forge.set_protection(BASE, Protection(required_approvals=1), at(0))
    forge.approve(number, "kim", at(1))
    head = propose(repo, "3")
    with pytest.raises(Rejected, match="0 of 1 approvals"):
        forge.merge_pull(number, head, "merge", "", at(2))


@pytest.mark.parametrize(
    ("states", "reason"),
    [
        ({}, "missing"),
        ({"one": "pending"}, "pending"),
        ({"one": "success", "two": "failure"}, "failure"),
        ({"one": "success", "two": "success"}, None),
    ],
)
def test_every_reporter_of_a_required_check_must_agree(
    forge: LocalForge, number: int, states: dict[str, str], reason: str | None
) -> None:
    forge.set_protection(BASE, Protection(required_checks=("ci",)), at(0))
    head = forge.pull(number).head
    for reporter, state in states.items():
        forge.set_check(head, "ci", state, reporter, at(1))
    if reason is None:
        forge.merge_pull(number, head, "merge", "", at(2))
    else:
        with pytest.raises(Rejected, match=f"the required check ci is {reason}"):
            forge.merge_pull(number, head, "merge", "", at(2))


def test_what_is_there_already_is_not_rebased(repo: Repository, forge: LocalForge, number: int) -> None:
    base = commit_files(repo, BASE, {"shop/app.yaml": "2"}, "The same by hand")
    with pytest.raises(Rejected, match="holds all changes"):
        forge.merge_pull(number, forge.pull(number).head, "rebase", "", at(1))
    assert tip(repo, BASE) == base


@pytest.mark.parametrize("user", ["", "kim\nx", "a <b>", "-kim", "../x", "k" * 70, "kim\u202e"])
def test_a_user_is_one_plain_word(repo: Repository, forge: LocalForge, number: int, user: str) -> None:
    before = repo.refs()
    acts: list[Callable[[], object]] = [
        lambda: forge.comment(number, user, "x", at(1)),
        lambda: forge.set_check(forge.pull(number).head, "ci", "success", user, at(1)),
        lambda: forge.set_people({user: Permission.ADMIN}, {}, at(1)),
        lambda: forge.set_people({}, {"sre": [user]}, at(1)),
        lambda: LocalForge(repo, user),
    ]
    for act in acts:
        with pytest.raises(UsageError):
            act()
    assert repo.refs() == before


def test_words_that_mean_nothing_are_refused(repo: Repository, forge: LocalForge, number: int) -> None:
    head = forge.pull(number).head
    with pytest.raises(UsageError, match="sucess"):
        forge.set_status(head, "promoter", "sucess", "", "", at(1))
    with pytest.raises(UsageError, match="not a commit id"):
        forge.set_status(Oid("../../pulls/1"), "promoter", "success", "", "", at(1))
    with pytest.raises(UsageError, match="octopus"):
        forge.merge_pull(number, head, "octopus", "", at(1))


# Labels, rights and owners


def test_a_person_may_take_our_labels_away(forge: LocalForge, number: int) -> None:
    forge.change_labels(number, ["x", "y"], ["promoter"], "kim", at(1))
    assert forge.pull(number).labels == ("env/prod", "x", "y")
    forge.set_labels(number, ["y", "z"], "kim", at(2))
    assert forge.pull(number).labels == ("y", "z")
    # What is asked for is there again.
    forge.edit_pull(number, TEXT, at(3))
    assert forge.pull(number).labels == ("env/prod", "promoter", "y", "z")


def test_until_people_are_named_everybody_who_can_push_writes(forge: LocalForge) -> None:
    assert forge.permission("kim") is Permission.WRITE
    forge.set_people({"kim": Permission.READ}, {}, at(0))
    assert forge.permission("kim") is Permission.READ
    assert forge.permission("lin") is Permission.NONE
    assert forge.permission(forge.identity) is Permission.WRITE


@pytest.mark.parametrize(
    ("files", "owners"),
    [
        ({}, {"kim"}),
        ({".github/CODEOWNERS": "* @root\n/shop/ @lin\n/shop/app.yaml\n"}, set()),
        ({".github/CODEOWNERS": "* @root\n"}, {"root"}),
        ({".github/CODEOWNERS": None, "CODEOWNERS": "* @root\n"}, {"root"}),
        ({".github/CODEOWNERS": None, "docs/CODEOWNERS": "* @root\n", "x": "1"}, {"root"}),
        ({"CODEOWNERS": "* @root\n"}, {"kim"}),
        ({".github/CODEOWNERS": None}, set()),
    ],
)
def test_owners_are_those_of_the_base(
    repo: Repository, forge: LocalForge, files: dict[str, str | None], owners: set[str]
) -> None:
    if files:
        commit_files(repo, BASE, files, "Owners")
    push(repo, HEAD, tip(repo, BASE))
    commit_files(repo, HEAD, {"shop/app.yaml": "2"}, "Proposal")
    number = forge.open_pull(HEAD, BASE, TEXT, at(0)).number
    for user in ("kim", "lin", "root"):
        forge.approve(number, user, at(1))
    assert {one.user for one in forge.pull(number).reviews if "codeowners" in one.groups} == owners


def test_a_head_does_not_name_its_own_owners(repo: Repository, forge: LocalForge) -> None:
    commit_files(repo, BASE, {".github/CODEOWNERS": "/shop/ @kim"}, "Owners")
    push(repo, HEAD, tip(repo, BASE))
    commit_files(repo, HEAD, {"shop/app.yaml": "2", ".github/CODEOWNERS": "/shop/ @lin"}, "Proposal")
    number = forge.open_pull(HEAD, BASE, TEXT, at(0)).number
    for user in ("kim", "lin"):
        forge.approve(number, user, at(1))
    assert {one.user for one in forge.pull(number).reviews if "codeowners" in one.groups} == {"kim"}


def test_text_of_any_kind_comes_back(repo: Repository, forge: LocalForge, number: int) -> None:
    text = "\0 \ud800 \r\n\t\x1b[31m \u2028" + "x" * 100_000
    forge.edit_pull(number, PullText(text, text, (text,)), at(1))
    forge.comment(number, "kim", text, at(1))
    seen = LocalForge(repo).pull(number)
    assert (seen.title, seen.body, seen.labels) == (text, text, (text,))
    assert forge.comments(number)[0].body == text


def test_the_history_of_the_forge_can_be_read(repo: Repository, forge: LocalForge, number: int) -> None:
    forge.approve(number, "kim", at(1))
    forge.merge_as(number, "kim", "squash", at(2))
    told = [(one.message.strip(), one.author, one.at) for one in repo.store.history(repo.refs()[FORGE_REF])]
    assert told == [
        (f"Merge pull request {number}", "kim", at(2)),
        (f"Review pull request {number}", "kim", at(1)),
        (f"Open a pull request: {HEAD} into {BASE}", "promoter", at(0)),
    ]
