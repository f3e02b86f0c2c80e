"""What every forge must do, as promoter sees it. A forge's own test inherits `ForgeContract` and gives the fixtures."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

import pytest

from promoter.errors import EdgeFailed, LostRace, Rejected
from promoter.forge.port import Forge
from promoter.git.ref import RefUpdate
from promoter.git.repository import Repository
from promoter.model.forge import Permission, Protection, PullRequest, PullState, PullText, Receipt
from promoter.model.names import Branch, Oid
from tests.repos import START, commit_files, tip

BASE = Branch("environment/prod")
HEAD = Branch("environment/prod-next/shop")
TEXT = PullText("Promote shop 1.4.2 to prod", "**shop 1.4.2** (r41)\n\n| a | b |", ("promoter", "env/prod"))
TRAILERS = "Promoter-App: shop\nPromoter-Environment: prod\nPromoter-Release: r41\nPromoter-Kind: promotion"

HOSTILE = (
    "::error::x ${{ secrets.TOKEN }} $(id) `id` %0A",
    '</details><script>alert("1")</script> <!-- promoter:what --> @everyone fixes #1 /merge',
    "\u202eevil\u202c \U0001f600 e\u0301 ß 漢字 'quoted' \"double\" \\n {braces} [link](javascript:x)",
)


class People(Protocol):
    """Persons at the forge, who do what persons do there."""

    def name(self, permissions: dict[str, Permission], teams: dict[str, Collection[str]]) -> None: ...

    def protect(self, branch: Branch, protection: Protection) -> None: ...

    def approve(self, number: int, user: str) -> None: ...

    def request_changes(self, number: int, user: str) -> None: ...

    def comment(self, number: int, user: str, body: str) -> None: ...

    def label(self, number: int, user: str, labels: Collection[str]) -> None: ...

    def close(self, number: int, user: str) -> None: ...

    def reopen(self, number: int, user: str) -> None: ...

    def merge(self, number: int, user: str, method: str) -> Oid: ...

    def check(self, commit: Oid, name: str, state: str, reporter: str, at: datetime) -> None: ...

    def deploy(self, environment: str, commit: Oid, state: str, creator: str, at: datetime) -> None:
        """Make a deployment with that state; the same commit by the same creator again: the last one's new state."""


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def push(repo: Repository, branch: Branch, new: Oid | None) -> None:
    """Move a branch as `git push --force` does."""
    repo.update([RefUpdate(f"refs/heads/{branch}", tip(repo, branch), new)])


def propose(repo: Repository, content: str = "2", head: Branch = HEAD, base: Branch = BASE) -> Oid:
    """Put one commit on top of the base on a proposal branch."""
    push(repo, head, tip(repo, base))
    return commit_files(repo, head, {"shop/app.yaml": content}, f"Promote shop to prod: {content}\n\n{TRAILERS}\n")


class ForgeContract(ABC):
    """`repo` must have BASE with `shop/app.yaml`, and `.github/CODEOWNERS` giving `/shop/` to @kim and @acme/sre."""

    @pytest.fixture
    @abstractmethod
    def repo(self) -> Repository | Iterator[Repository]: ...

    @pytest.fixture
    @abstractmethod
    def connect(self, repo: Repository) -> Callable[[], Forge]:
        """Give new connections to the forge, as the bot."""

    @pytest.fixture
    @abstractmethod
    def people(self, repo: Repository) -> People: ...

    @pytest.fixture
    @abstractmethod
    def writes(self, repo: Repository) -> Callable[[], int]:
        """Count everything that was ever written to the forge."""

    @pytest.fixture
    def forge(self, connect: Callable[[], Forge]) -> Forge:
        return connect()

    @pytest.fixture
    def pull(self, forge: Forge, repo: Repository) -> PullRequest:
        propose(repo)
        return forge.open_pull(HEAD, BASE, TEXT, at(0))

    # Opening, editing, listing

    def test_an_opened_pull_says_what_was_asked(self, forge: Forge, repo: Repository, pull: PullRequest) -> None:
        assert pull.state is PullState.OPEN
        assert (pull.head_branch, pull.base_branch, pull.head) == (HEAD, BASE, tip(repo, HEAD))
        assert (pull.title, pull.body, set(pull.labels)) == (TEXT.title, TEXT.body, set(TEXT.labels))
        assert pull.author == forge.identity
        assert pull.mergeable is True
        assert (pull.closed_at, pull.closed_by, pull.merged_commit) == (None, None, None)
        assert forge.pull(pull.number) == pull
        assert forge.pulls([HEAD]) == {HEAD: (pull,)}

    def test_opening_twice_is_opening_once(
        self, forge: Forge, connect: Callable[[], Forge], pull: PullRequest, writes: Callable[[], int]
    ) -> None:
        before = writes()
        assert connect().open_pull(HEAD, BASE, replace(TEXT, title="Another"), at(1)) == pull
        assert forge.pulls([HEAD])[HEAD] == (pull,)
        assert writes() == before

    def test_two_bases_are_two_pulls(self, forge: Forge, repo: Repository, pull: PullRequest) -> None:
        other = Branch("environment/other")
        push(repo, other, tip(repo, BASE))
        second = forge.open_pull(HEAD, other, TEXT, at(1))
        assert second.number > pull.number
        assert [one.number for one in forge.pulls([HEAD])[HEAD]] == [pull.number, second.number]

    def test_nothing_to_merge_is_refused(self, forge: Forge, repo: Repository) -> None:
        push(repo, HEAD, tip(repo, BASE))
        with pytest.raises(Rejected):
            forge.open_pull(HEAD, BASE, TEXT, at(0))
        with pytest.raises(Rejected):
            forge.open_pull(Branch("no/such-branch"), BASE, TEXT, at(0))
        assert forge.pulls([HEAD]) == {HEAD: ()}

    def test_a_pull_that_is_not_there(self, forge: Forge, pull: PullRequest) -> None:
        for act in (
            lambda: forge.pull(pull.number + 1),
            lambda: forge.edit_pull(pull.number + 1, TEXT, at(1)),
            lambda: forge.close_pull(pull.number + 1, at(1)),
            lambda: forge.upsert_comment(pull.number + 1, "<!-- m -->", "<!-- m -->", at(1)),
        ):
            with pytest.raises(EdgeFailed, match=str(pull.number + 1)):
                act()

    def test_an_edit_is_written_once(self, forge: Forge, pull: PullRequest, writes: Callable[[], int]) -> None:
        text = PullText("Promote shop 1.4.3 to prod", "new\r\nbody", TEXT.labels, ("kim",))
        forge.edit_pull(pull.number, text, at(1))
        seen, before = forge.pull(pull.number), writes()
        assert (seen.title, seen.body.replace("\r\n", "\n")) == (text.title, "new\nbody")
        forge.edit_pull(pull.number, text, at(2))
        assert writes() == before
        assert forge.pull(pull.number) == seen

    def test_labels_of_people_stay(self, forge: Forge, people: People, pull: PullRequest) -> None:
        people.label(pull.number, "kim", [*TEXT.labels, "promoter/hold"])
        forge.edit_pull(pull.number, replace(TEXT, title="Another", labels=(*TEXT.labels, "rollback")), at(1))
        assert set(forge.pull(pull.number).labels) == {*TEXT.labels, "promoter/hold", "rollback"}

    @pytest.mark.parametrize("text", HOSTILE)
    def test_hostile_text_comes_back_as_it_went(self, forge: Forge, repo: Repository, text: str) -> None:
        head = Branch("feature/ünï#1'$(id)")
        head_tip = propose(repo, text, head)
        pull = forge.open_pull(head, BASE, PullText(text, f"{text}\n\n{text}"), at(0))
        forge.set_status(head_tip, "promoter", "pending", text[:80], "", at(1))
        forge.upsert_comment(pull.number, "<!-- m -->", f"<!-- m -->\n{text}", at(1))
        seen = forge.pulls([head])[head][0]
        assert (seen.title, seen.body) == (text, f"{text}\n\n{text}")
        assert seen.checks[0].description == text[:80]
        assert forge.comments(pull.number)[0].body == f"<!-- m -->\n{text}"

    def test_lists_are_read_to_their_end(self, forge: Forge, repo: Repository, people: People) -> None:
        first = propose(repo)
        numbers = []
        for at_minute in range(150):
            numbers.append(forge.open_pull(HEAD, BASE, TEXT, at(at_minute)).number)
            forge.close_pull(numbers[-1], at(at_minute))
        for one in range(120):
            people.comment(numbers[0], "kim", f"comment {one}")
            forge.set_status(first, f"check-{one:03}", "success", "", "", at(one))
        assert [pull.number for pull in forge.pulls([HEAD])[HEAD]] == numbers == sorted(set(numbers))
        assert [comment.body for comment in forge.comments(numbers[0])] == [f"comment {one}" for one in range(120)]
        assert [check.name for check in forge.checks(first)] == [f"check-{one:03}" for one in range(120)]

    def test_what_is_settled_is_not_read_again(self, forge: Forge, repo: Repository) -> None:
        propose(repo)
        first, second, third = (self._closed(forge, minute) for minute in range(3))
        is_open = forge.open_pull(HEAD, BASE, TEXT, at(4)).number
        for settled, left in (
            (0, [first, second, third, is_open]),
            (first, [second, third, is_open]),
            (third, [is_open]),
            (is_open + 9, [is_open]),
        ):
            assert [one.number for one in forge.pulls([HEAD], {HEAD: settled})[HEAD]] == left
        assert len(forge.pulls([HEAD], {Branch("another"): third})[HEAD]) == 4
        forge.close_pull(is_open, at(5))
        assert [one.number for one in forge.pulls([HEAD], {HEAD: third})[HEAD]] == [is_open]

    def test_what_is_opened_again_is_not_settled(self, forge: Forge, repo: Repository, people: People) -> None:
        propose(repo)
        first, second = (self._closed(forge, minute) for minute in range(2))
        people.reopen(first, "kim")
        assert [one.number for one in forge.pulls([HEAD], {HEAD: second})[HEAD]] == [first]

    def _closed(self, forge: Forge, minute: int) -> int:
        made = forge.open_pull(HEAD, BASE, TEXT, at(minute)).number
        forge.close_pull(made, at(minute))
        return made

    def test_only_the_heads_that_were_asked_for(self, forge: Forge, repo: Repository, pull: PullRequest) -> None:
        # A suffix of another branch's name is another branch.
        others = [Branch("next/shop"), Branch("shop"), Branch(f"team/{HEAD}")]
        for number, other in enumerate(others):
            propose(repo, f"other {number}", other)
            forge.open_pull(other, BASE, TEXT, at(number))
        assert [one.number for one in forge.pulls([HEAD])[HEAD]] == [pull.number]
        assert set(forge.pulls([HEAD, *others, Branch("nothing")])) == {HEAD, *others, "nothing"}
        assert forge.pulls([]) == {}

    # Closing and what pushes do

    def test_closing_twice_is_closing_once(self, forge: Forge, pull: PullRequest, writes: Callable[[], int]) -> None:
        forge.close_pull(pull.number, at(1))
        seen, before = forge.pull(pull.number), writes()
        assert (seen.state, seen.closed_by, seen.head) == (PullState.CLOSED, forge.identity, pull.head)
        forge.close_pull(pull.number, at(2))
        assert writes() == before
        assert forge.pull(pull.number) == seen

    def test_who_closed_it_is_known(self, forge: Forge, people: People, pull: PullRequest) -> None:
        people.close(pull.number, "kim")
        seen = forge.pulls([HEAD])[HEAD][0]
        assert (seen.state, seen.closed_by) == (PullState.CLOSED, "kim")
        forge.close_pull(pull.number, at(2))
        assert forge.pull(pull.number).closed_by == "kim"

    def test_after_a_close_a_new_pull_is_opened(self, forge: Forge, pull: PullRequest) -> None:
        forge.close_pull(pull.number, at(1))
        second = forge.open_pull(HEAD, BASE, TEXT, at(2))
        assert second.number > pull.number
        assert [one.state for one in forge.pulls([HEAD])[HEAD]] == [PullState.CLOSED, PullState.OPEN]

    def test_a_person_reopens(self, forge: Forge, people: People, pull: PullRequest) -> None:
        people.close(pull.number, "kim")
        people.reopen(pull.number, "kim")
        seen = forge.pull(pull.number)
        assert (seen.state, seen.closed_by, seen.closed_at) == (PullState.OPEN, None, None)
        assert forge.open_pull(HEAD, BASE, TEXT, at(3)).number == pull.number

    def test_deleting_the_branch_closes(self, forge: Forge, repo: Repository, pull: PullRequest) -> None:
        push(repo, HEAD, None)
        seen = forge.pulls([HEAD])[HEAD][0]
        assert (seen.state, seen.head, seen.merged_commit) == (PullState.CLOSED, pull.head, None)
        # It stays closed when the branch comes back for something else.
        propose(repo, "3")
        assert forge.pull(pull.number).state is PullState.CLOSED
        assert forge.open_pull(HEAD, BASE, TEXT, at(2)).number > pull.number

    def test_emptying_the_branch_closes(self, forge: Forge, repo: Repository, pull: PullRequest) -> None:
        push(repo, HEAD, tip(repo, BASE))
        assert forge.pull(pull.number).state is PullState.CLOSED

    def test_pushing_the_head_to_the_base_merges(self, forge: Forge, repo: Repository, pull: PullRequest) -> None:
        push(repo, BASE, pull.head)
        seen = forge.pulls([HEAD])[HEAD][0]
        assert (seen.state, seen.head, seen.merged_commit) == (PullState.MERGED, pull.head, pull.head)
        propose(repo, "3")
        assert forge.pull(pull.number).state is PullState.MERGED
        assert forge.open_pull(HEAD, BASE, TEXT, at(2)).number > pull.number

    def test_a_new_head_moves_the_pull(self, forge: Forge, repo: Repository, pull: PullRequest) -> None:
        head = propose(repo, "3")
        assert head != pull.head
        seen = forge.pull(pull.number)
        assert (seen.state, seen.head) == (PullState.OPEN, head)

    # Merging

    @pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
    def test_a_merge_brings_exactly_the_change(
        self, forge: Forge, repo: Repository, pull: PullRequest, method: str
    ) -> None:
        before = commit_files(repo, BASE, {"other/app.yaml": "9"}, "Something else")
        merged = forge.merge_pull(pull.number, pull.head, method, "Promote shop 1.4.2 to prod", at(1))
        commit = repo.store.commit(merged)
        assert tip(repo, BASE) == merged
        assert commit.parents == ((before, pull.head) if method == "merge" else (before,))
        assert repo.store.read(commit.tree, "shop/app.yaml") == b"2"
        assert repo.store.read(commit.tree, "other/app.yaml") == b"9"
        seen = forge.pulls([HEAD])[HEAD][0]
        assert (seen.state, seen.merged_commit, seen.head) == (PullState.MERGED, merged, pull.head)
        assert seen.closed_by == forge.identity

    @pytest.mark.parametrize("method", ["squash", "rebase"])
    def test_what_the_head_says_of_itself_survives(
        self, forge: Forge, repo: Repository, pull: PullRequest, method: str
    ) -> None:
        merged = forge.merge_pull(pull.number, pull.head, method, "Promote shop 1.4.2 to prod", at(1))
        assert repo.store.commit(merged).message.rstrip().endswith(TRAILERS)

    def test_merging_twice_is_merging_once(self, forge: Forge, repo: Repository, pull: PullRequest) -> None:
        merged = forge.merge_pull(pull.number, pull.head, "merge", "", at(1))
        assert forge.merge_pull(pull.number, pull.head, "merge", "", at(2)) == merged == tip(repo, BASE)

    def test_a_head_that_was_not_judged_is_not_merged(self, forge: Forge, repo: Repository, pull: PullRequest) -> None:
        before, head = tip(repo, BASE), propose(repo, "3")
        with pytest.raises(LostRace):
            forge.merge_pull(pull.number, pull.head, "merge", "", at(1))
        assert tip(repo, BASE) == before
        seen = forge.pull(pull.number)
        assert (seen.state, seen.head) == (PullState.OPEN, head)

    def test_a_conflict_is_refused(self, forge: Forge, repo: Repository, pull: PullRequest) -> None:
        before = commit_files(repo, BASE, {"shop/app.yaml": "by hand"}, "By hand")
        assert forge.pull(pull.number).mergeable is False
        for method in ("merge", "squash", "rebase"):
            with pytest.raises(Rejected):
                forge.merge_pull(pull.number, pull.head, method, "", at(1))
        assert tip(repo, BASE) == before

    def test_a_closed_pull_is_not_merged(self, forge: Forge, repo: Repository, pull: PullRequest) -> None:
        before = tip(repo, BASE)
        forge.close_pull(pull.number, at(1))
        with pytest.raises(Rejected):
            forge.merge_pull(pull.number, pull.head, "merge", "", at(2))
        assert tip(repo, BASE) == before

    def test_a_person_merges(self, forge: Forge, repo: Repository, people: People, pull: PullRequest) -> None:
        people.name({"kim": Permission.WRITE}, {})
        merged = people.merge(pull.number, "kim", "squash")
        seen = forge.pulls([HEAD])[HEAD][0]
        assert (seen.state, seen.closed_by, seen.merged_commit) == (PullState.MERGED, "kim", merged)
        assert tip(repo, BASE) == merged

    # Protection

    def test_protection_is_read(self, forge: Forge, people: People) -> None:
        assert forge.protection(BASE) == Protection()
        wanted = Protection(False, ("squash",), ("promoter", "ci / test"), 2, True)
        people.protect(BASE, wanted)
        assert forge.protection(BASE) == wanted
        assert forge.protection(Branch("environment")) == Protection()

    def test_protection_refuses_and_lets_pass(
        self, forge: Forge, repo: Repository, people: People, pull: PullRequest
    ) -> None:
        people.name({"kim": Permission.WRITE, "ada": Permission.READ}, {})
        people.protect(BASE, Protection(methods=("squash",), required_checks=("ci",), required_approvals=1))
        before = tip(repo, BASE)

        def refused(method: str, why: str) -> None:
            with pytest.raises(Rejected, match=why):
                forge.merge_pull(pull.number, pull.head, method, "", at(1))
            assert tip(repo, BASE) == before
            assert forge.pull(pull.number).state is PullState.OPEN

        refused("merge", "squash")
        refused("squash", "ci")
        people.check(pull.head, "ci", "failure", "ci-bot", at(1))
        refused("squash", "ci")
        people.check(pull.head, "ci", "success", "ci-bot", at(2))
        people.approve(pull.number, "ada")
        refused("squash", "approval")
        people.approve(pull.number, "kim")
        assert forge.merge_pull(pull.number, pull.head, "squash", "", at(3)) == tip(repo, BASE) != before

    def test_a_branch_that_must_be_up_to_date(
        self, forge: Forge, repo: Repository, people: People, pull: PullRequest
    ) -> None:
        people.protect(BASE, Protection(up_to_date=True))
        assert forge.pull(pull.number).mergeable is True
        commit_files(repo, BASE, {"other/app.yaml": "9"}, "Something else")
        assert forge.pull(pull.number).mergeable is False
        with pytest.raises(Rejected):
            forge.merge_pull(pull.number, pull.head, "merge", "", at(1))
        head = propose(repo)
        assert forge.pull(pull.number).mergeable is True
        assert forge.merge_pull(pull.number, head, "merge", "", at(1)) == tip(repo, BASE)

    # Reviews, statuses, comments, people

    def test_a_review_names_the_head_it_was_given_for(
        self, forge: Forge, repo: Repository, people: People, pull: PullRequest
    ) -> None:
        people.name({"kim": Permission.WRITE}, {})
        people.approve(pull.number, "kim")
        (review,) = forge.pulls([HEAD])[HEAD][0].reviews
        assert (review.user, review.state, review.head) == ("kim", "approved", pull.head)
        head = propose(repo, "3")
        seen = forge.pull(pull.number)
        assert seen.head == head
        assert [one.head for one in seen.reviews] == [pull.head]

    def test_the_newest_word_of_a_reviewer_counts(self, forge: Forge, people: People, pull: PullRequest) -> None:
        people.name({"kim": Permission.WRITE, "lin": Permission.WRITE}, {})
        people.approve(pull.number, "kim")
        people.request_changes(pull.number, "lin")
        people.request_changes(pull.number, "kim")
        people.approve(pull.number, "lin")
        states = {one.user: one.state for one in forge.pull(pull.number).reviews}
        assert states == {"kim": "changes_requested", "lin": "approved"}

    def test_what_a_reviewer_counts_as(self, forge: Forge, people: People, pull: PullRequest) -> None:
        rights = {"kim": Permission.MAINTAIN, "lin": Permission.WRITE, "ada": Permission.READ}
        people.name(rights, {"sre": ["lin"], "qa": ["ada", "lin"]})
        for user in rights:
            people.approve(pull.number, user)
        groups = {one.user: one.groups for one in forge.pull(pull.number).reviews}
        assert groups["kim"] == {"user:kim", "read", "triage", "write", "maintain", "codeowners"}
        assert groups["lin"] == {"user:lin", "team:sre", "team:qa", "read", "triage", "write", "codeowners"}
        assert groups["ada"] == {"user:ada", "team:qa", "read"}

    def test_permissions_and_teams(self, forge: Forge, people: People) -> None:
        people.name({user.value: user for user in Permission if user is not Permission.NONE}, {"sre": ["admin"]})
        for right in Permission:
            assert forge.permission(right.value if right is not Permission.NONE else "stranger") is right
        assert forge.teams("admin") == {"sre"}
        assert forge.teams("write") == frozenset()

    def test_a_status_is_written_once(self, forge: Forge, pull: PullRequest, writes: Callable[[], int]) -> None:
        forge.set_status(pull.head, "promoter", "pending", "waits for ci", "https://ci.example/1", at(1))
        (check,), before = forge.checks(pull.head), writes()
        assert (check.name, check.state, check.reporter) == ("promoter", "pending", forge.identity)
        assert (check.description, check.url) == ("waits for ci", "https://ci.example/1")
        forge.set_status(pull.head, "promoter", "pending", "waits for ci", "https://ci.example/1", at(2))
        assert writes() == before
        forge.set_status(pull.head, "promoter", "success", "", "", at(3))
        assert writes() > before
        assert [one.state for one in forge.checks(pull.head)] == ["success"]
        assert forge.pull(pull.number).checks == tuple(forge.checks(pull.head))

    def test_a_status_belongs_to_its_name_reporter_and_commit(
        self, forge: Forge, repo: Repository, people: People, pull: PullRequest
    ) -> None:
        people.check(pull.head, "ci", "failure", "ci-bot", at(1))
        people.check(pull.head, "ci", "success", "other-bot", at(2))
        people.check(pull.head, "lint", "pending", "ci-bot", at(3))
        people.check(pull.head, "ci", "success", "ci-bot", at(4))
        seen = {(one.name, one.reporter): one.state for one in forge.checks(pull.head)}
        assert seen == {("ci", "ci-bot"): "success", ("ci", "other-bot"): "success", ("lint", "ci-bot"): "pending"}
        assert forge.checks(propose(repo, "3")) == ()
        assert forge.pull(pull.number).checks == ()

    def test_deployments_are_read_newest_first(self, forge: Forge, repo: Repository, people: People) -> None:
        first, second = tip(repo, BASE), commit_files(repo, BASE, {"shop/app.yaml": "2"}, "Two")
        assert first is not None
        assert list(forge.deployments("prod/shop")) == []
        people.deploy("prod/shop", first, "success", "deploy-bot", at(1))
        people.deploy("prod/shop", second, "pending", "deploy-bot", at(2))
        seen = forge.deployments("prod/shop")
        assert [(one.commit, one.creator, one.environment) for one in seen] == [
            (second, "deploy-bot", "prod/shop"),
            (first, "deploy-bot", "prod/shop"),
        ]
        assert (seen[0].state, seen[0].at) == ("pending", at(2))
        assert seen[1].state in ("success", "inactive")  # a forge may end what something newer replaces

    @pytest.mark.parametrize("state", ["success", "failure"])
    def test_a_deployment_has_its_newest_state(
        self, forge: Forge, repo: Repository, people: People, state: str
    ) -> None:
        commit = tip(repo, BASE)
        assert commit is not None
        people.deploy("prod/shop", commit, "pending", "deploy-bot", at(1))
        people.deploy("prod/shop", commit, state, "deploy-bot", at(2))
        assert [(one.state, one.at) for one in forge.deployments("prod/shop")] == [(state, at(2))]

    def test_deployments_belong_to_one_environment(self, forge: Forge, repo: Repository, people: People) -> None:
        commit = tip(repo, BASE)
        assert commit is not None
        people.deploy("prod", commit, "success", "deploy-bot", at(1))
        assert list(forge.deployments("prod/shop")) == []
        assert [one.state for one in forge.deployments("prod")] == ["success"]

    def test_one_comment_a_marker(
        self, forge: Forge, people: People, pull: PullRequest, writes: Callable[[], int]
    ) -> None:
        marker = "<!-- promoter:explain -->"
        people.comment(pull.number, "kim", f"> {marker}\nwhat is this?")
        forge.upsert_comment(pull.number, marker, f"{marker}\none", at(1))
        forge.upsert_comment(pull.number, "<!-- promoter:other -->", "<!-- promoter:other -->", at(1))
        forge.upsert_comment(pull.number, marker, f"{marker}\ntwo", at(2))
        before = writes()
        forge.upsert_comment(pull.number, marker, f"{marker}\ntwo", at(3))
        assert writes() == before
        seen = forge.comments(pull.number)
        assert [(one.user, one.body) for one in seen] == [
            ("kim", f"> {marker}\nwhat is this?"),
            (forge.identity, f"{marker}\ntwo"),
            (forge.identity, "<!-- promoter:other -->"),
        ]
        assert len({one.id for one in seen}) == 3

    def test_a_receipt_is_one_reaction(
        self, forge: Forge, people: People, pull: PullRequest, writes: Callable[[], int]
    ) -> None:
        people.comment(pull.number, "kim", "/hold")
        people.comment(pull.number, "lin", "/hold")
        [first, second] = forge.comments(pull.number)
        assert (first.receipt, first.edited, first.bot) == (None, False, False)
        forge.acknowledge(pull.number, first.id, Receipt.SEEN, at(1))
        forge.acknowledge(pull.number, first.id, Receipt.DONE, at(2))
        before = writes()
        forge.acknowledge(pull.number, first.id, Receipt.DONE, at(3))
        assert writes() == before
        assert [one.receipt for one in forge.comments(pull.number)] == [Receipt.DONE, None]
        assert [one.body for one in forge.comments(pull.number)] == [first.body, second.body]

    def test_new_comments_are_found(self, forge: Forge, people: People, repo: Repository, pull: PullRequest) -> None:
        people.comment(pull.number, "kim", "one")
        [one] = forge.comments(pull.number)
        assert [(said.number, said.id) for said in forge.comments_since(one.at)] == [(pull.number, one.id)]
        assert forge.comments_since(one.at + timedelta(seconds=1)) == []
        people.close(pull.number, "kim")
        assert [said.body for said in forge.comments_since(one.at)] == ["one"]

    def test_reading_writes_nothing(self, forge: Forge, pull: PullRequest, writes: Callable[[], int]) -> None:
        before = writes()
        for _ in range(2):
            forge.pulls([HEAD])
            forge.pull(pull.number)
            forge.checks(pull.head)
            forge.deployments("prod")
            forge.comments(pull.number)
            forge.permission("kim")
            forge.protection(BASE)
        assert writes() == before

    def test_two_writers_at_once_lose_nothing(self, connect: Callable[[], Forge], pull: PullRequest) -> None:
        forges = [connect(), connect()]

        def work(which: int) -> None:
            for one in range(10):
                forges[which].set_status(pull.head, f"{which}-{one}", "success", "", "", at(one))
                forges[which].upsert_comment(pull.number, f"<!-- {which}-{one} -->", "", at(one))

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(work, range(2)))
        names = {f"{which}-{one}" for which in range(2) for one in range(10)}
        assert {one.name for one in connect().checks(pull.head)} == names
        assert sorted(one.body.strip() for one in connect().comments(pull.number)) == sorted(
            f"<!-- {name} -->" for name in names
        )
