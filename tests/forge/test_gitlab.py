"""GitLab passes the contract of forges over the wire, with what its own ways of merging make of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from promoter.errors import Rejected
from promoter.forge.port import Access, Forge, Teams
from promoter.git.repository import Repository
from promoter.model.forge import Permission, Protection, PullRequest, PullState
from promoter.model.names import Branch
from tests.forge.contract import BASE, HEAD, TRAILERS, ForgeContract, People, at, propose, push
from tests.forge.contract_deploys import DeploysContract, Filed
from tests.gitlab.hub import PATH
from tests.gitlab.persons import Persons, connect
from tests.gitlab.server import GitLab, serve
from tests.repos import commit_files, make_repo, tip

FILES = {
    "shop/app.yaml": "1",
    "other/app.yaml": "1",
    ".gitlab/CODEOWNERS": "* @root\n/shop/ @kim @acme/sre\n",
}
USUAL = Protection(methods=("merge", "squash"))


class TestContract(ForgeContract, DeploysContract):
    """GitLab."""

    @pytest.fixture
    def repo(self, tmp_path: Path) -> Repository:
        return make_repo(tmp_path / f"{PATH}.git", FILES, BASE)

    @pytest.fixture
    def server(self, repo: Repository, tmp_path: Path) -> Iterator[GitLab]:
        with serve(tmp_path) as server:
            yield server

    @pytest.fixture
    def connect(self, server: GitLab) -> Callable[[], Forge]:
        return lambda: connect(server)

    @pytest.fixture
    def people(self, server: GitLab) -> Persons:
        return Persons(server.hub)

    @pytest.fixture
    def writes(self, server: GitLab) -> Callable[[], int]:
        return lambda: sum(one.is_write for one in server.api())

    @pytest.fixture
    def filed(self, server: GitLab) -> Filed:
        """Of those that succeeded GitLab takes the newest for what is there; ours that is followed is there no more."""

        def see(environment: str) -> list[tuple[str, str]]:
            words = {"running": "pending", "failed": "failure", "canceled": "inactive"}
            ours = [one for one in reversed(server.hub.deployments) if one.user == server.hub.people.bot]
            here = [one for one in ours if one.environment == environment]
            return [
                (one.sha, "inactive" if at and one.status == "success" else words.get(one.status, one.status))
                for at, one in enumerate(here)
            ]

        return see

    def test_it_tells_of_access_and_teams(self, forge: Forge) -> None:
        assert isinstance(forge, Access)
        assert isinstance(forge, Teams)

    # What is different on GitLab

    def test_emptying_the_branch_closes(self, forge: Forge, repo: Repository, pull: PullRequest) -> None:
        """It stays open, and cannot be merged: what is pushed there later is in it again."""
        push(repo, HEAD, tip(repo, BASE))
        seen = forge.pull(pull.number)
        assert (seen.state, seen.mergeable) == (PullState.OPEN, False)
        with pytest.raises(Rejected, match="no commits of its own"):
            forge.merge_pull(pull.number, seen.head, "merge", "", at(1))
        head = propose(repo, "3")
        assert (forge.pull(pull.number).head, forge.pull(pull.number).mergeable) == (head, True)

    @pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
    def test_a_merge_brings_exactly_the_change(  # type: ignore[override]
        self, forge: Forge, repo: Repository, pull: PullRequest, method: str, server: GitLab
    ) -> None:
        """A squash has a merge commit too; a rebase is a fast-forward of what is up to date."""
        server.hub.settings.method = "ff" if method == "rebase" else "merge"
        before = tip(repo, BASE) if method == "rebase" else commit_files(repo, BASE, {"other/app.yaml": "9"}, "Other")
        merged = forge.merge_pull(pull.number, pull.head, method, "Promote shop 1.4.2 to prod", at(1))
        commit = repo.store.commit(merged)
        assert tip(repo, BASE) == merged
        if method == "rebase":
            assert merged == pull.head
        else:
            assert (commit.parents[0], len(commit.parents)) == (before, 2)
            assert (commit.parents[1] == pull.head) is (method == "merge")
        assert repo.store.read(commit.tree, "shop/app.yaml") == b"2"
        assert repo.store.read(commit.tree, "other/app.yaml") == (b"1" if method == "rebase" else b"9")
        seen = forge.pulls([HEAD])[HEAD][0]
        assert (seen.state, seen.merged_commit, seen.head) == (PullState.MERGED, merged, pull.head)
        assert seen.closed_by == forge.identity

    @pytest.mark.parametrize("method", ["squash", "rebase"])
    def test_what_the_head_says_of_itself_survives(  # type: ignore[override]
        self, forge: Forge, repo: Repository, pull: PullRequest, method: str, server: GitLab
    ) -> None:
        server.hub.settings.method = "ff"
        merged = forge.merge_pull(pull.number, pull.head, method, "Promote shop 1.4.2 to prod", at(1))
        assert (merged == pull.head) is (method == "rebase")
        assert repo.store.commit(merged).message.rstrip().endswith(TRAILERS)
        assert forge.pulls([HEAD])[HEAD][0].merged_commit == merged

    @pytest.mark.parametrize(
        ("method", "squash", "allowed", "behind"),
        [
            ("merge", "default_off", ("merge", "squash"), False),
            ("merge", "default_on", ("merge", "squash"), False),
            ("merge", "always", ("squash",), False),
            ("merge", "never", ("merge",), False),
            ("rebase_merge", "never", ("merge",), True),
            ("ff", "default_off", ("rebase", "squash"), True),
            ("ff", "never", ("rebase",), True),
        ],
    )
    def test_how_a_project_merges(
        self, forge: Forge, server: GitLab, method: str, squash: str, allowed: tuple[str, ...], behind: bool
    ) -> None:
        server.hub.settings.method, server.hub.settings.squash = method, squash
        assert forge.protection(BASE) == Protection(methods=allowed, up_to_date=behind)

    def test_protection_is_read(self, forge: Forge, people: People) -> None:
        assert forge.protection(BASE) == USUAL
        people.protect(BASE, Protection(False, ("squash",), ("pipeline",), 2, False))
        assert forge.protection(BASE) == Protection(False, ("squash",), ("pipeline",), 2, False)
        other = forge.protection(Branch("environment"))
        assert (other.may_push, other.required_approvals) == (True, 0)

    def test_protection_refuses_and_lets_pass(  # type: ignore[override]
        self, forge: Forge, repo: Repository, people: Persons, pull: PullRequest, server: GitLab
    ) -> None:
        people.name({"kim": Permission.WRITE, "ada": Permission.READ}, {})
        people.protect(BASE, Protection(methods=("squash",), required_checks=("pipeline",), required_approvals=1))
        before = tip(repo, BASE)
        run = server.hub.pipelines.start(pull.head, HEAD)

        def refused(method: str, why: str) -> None:
            with pytest.raises(Rejected, match=why):
                forge.merge_pull(pull.number, pull.head, method, "", at(1))
            assert tip(repo, BASE) == before
            assert forge.pull(pull.number).state is PullState.OPEN

        refused("merge", "squash")
        server.hub.pipelines.job(run, "test", "failed")
        refused("squash", "pipeline must pass")
        server.hub.pipelines.job(run, "test", "running")
        refused("squash", "still running")
        server.hub.pipelines.job(run, "test", "success")
        people.approve(pull.number, "ada")
        refused("squash", "approval")
        people.approve(pull.number, "kim")
        assert forge.merge_pull(pull.number, pull.head, "squash", "", at(3)) == tip(repo, BASE) != before

    @pytest.mark.parametrize("method", ["rebase_merge", "ff"])
    def test_a_branch_that_must_be_up_to_date(  # type: ignore[override]
        self, forge: Forge, repo: Repository, pull: PullRequest, server: GitLab, method: str
    ) -> None:
        server.hub.settings.method = method
        way = "rebase" if method == "ff" else "merge"
        assert forge.pull(pull.number).mergeable is True
        commit_files(repo, BASE, {"other/app.yaml": "9"}, "Something else")
        assert forge.pull(pull.number).mergeable is False
        with pytest.raises(Rejected, match="behind"):
            forge.merge_pull(pull.number, pull.head, way, "", at(1))
        head = propose(repo)
        assert forge.pull(pull.number).mergeable is True
        assert forge.merge_pull(pull.number, head, way, "", at(1)) == tip(repo, BASE)
