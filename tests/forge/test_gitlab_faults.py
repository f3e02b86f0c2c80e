"""What goes wrong on the way to GitLab, and what GitLab has against a merge."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from promoter.errors import EdgeFailed, LostRace, Rejected, Underway
from promoter.forge.gitlab import GitLabForge
from promoter.forge.port import Forge
from promoter.git.repository import Repository
from promoter.model.forge import Permission, PullRequest, PullState
from tests.forge.contract import BASE, HEAD, TEXT, at, propose
from tests.forge.test_gitlab import FILES
from tests.forge.wire import Fault
from tests.forge.wire_laws import Connect, Where, WireLaws
from tests.gitlab.hub import PATH
from tests.gitlab.persons import QUICK, connect
from tests.gitlab.records import Rule
from tests.gitlab.server import TOKEN, GitLab, serve
from tests.repos import commit_files, make_repo, tip

PROJECT = "/api/v4/projects/acme%2Fplatform%2Ffleet"


class TestLaws(WireLaws):
    """GitLab."""

    NAME: ClassVar[str] = "GitLab"
    TRIES: ClassVar[int] = QUICK.tries
    WHERE: ClassVar[Where] = Where(
        open=f"POST {PROJECT}/merge_requests ",
        merge=f"PUT {PROJECT}/merge_requests/1/merge ",
        comment=f"POST {PROJECT}/merge_requests/1/notes ",
        status=f"POST {PROJECT}/statuses/",
        edits=("PUT ", "POST ", "DELETE "),
        reads=("mergeRequests(", "pipelines(", "/statuses", "/members/all", "/protected_branches"),
    )

    @pytest.fixture
    def repo(self, tmp_path: Path) -> Repository:
        return make_repo(tmp_path / f"{PATH}.git", FILES, BASE)

    @pytest.fixture
    def server(self, repo: Repository, tmp_path: Path) -> Iterator[GitLab]:
        with serve(tmp_path) as server:
            yield server

    @pytest.fixture
    def connect(self, server: GitLab) -> Connect:
        def made(
            told: list[str] | None = None,
            slept: list[float] | None = None,
            token: str = "",
            limits: Mapping[str, float] | None = None,
        ) -> Forge:
            patient = replace(QUICK, **(limits or {}))  # type: ignore[arg-type]
            return connect(server, token or TOKEN, told, patient, time.sleep if slept is None else slept.append)

        return made

    def pulls(self, server: Any) -> list[Any]:
        return list(server.hub.merges.values())

    def statuses(self, server: Any, commit: str) -> int:
        return sum(len(pipeline.jobs) for pipeline in server.hub.pipelines.of(commit))

    def say(self, server: Any, number: int) -> str:
        return str(server.hub.note(number, "kim", "/hold").id)

    def review(self, server: Any, number: int) -> None:
        server.hub.approve(number, "kim")

    @pytest.fixture
    def opens(self, server: GitLab) -> Callable[[], object]:
        return lambda: server.hub.open(HEAD, BASE, "Mine", "", "kim")

    # GitLab's own

    @pytest.mark.parametrize("first", ["pulls", "comments_since", "checks"])
    def test_a_project_with_another_name_now(self, server: GitLab, forge: Forge, repo: Repository, first: str) -> None:
        head = propose(repo)
        server.hub.called = "acme/ships"
        looks: dict[str, Callable[[], object]] = {
            "pulls": lambda: forge.pulls([HEAD]),
            "comments_since": lambda: forge.comments_since(at(0)),
            "checks": lambda: forge.checks(head),
        }
        with pytest.raises(EdgeFailed, match=r"fleet is acme/ships now\n.*Correct the repository's URL"):
            looks[first]()

    def test_a_project_that_the_token_may_not_see(self, server: GitLab, forge: Forge) -> None:
        server.faults = [Fault("/api/graphql", status=200, raw='{"data": {"currentUser": null, "project": null}}')]
        with pytest.raises(EdgeFailed, match="may this token see the project"):
            forge.pulls([HEAD])

    @pytest.mark.parametrize(
        "raw",
        [
            '{"errors": [{"message": "Timeout on MergeRequest.pipelines"}]}',
            '{"errors": [{"message": "Request timed out (timeout)"}], "data": {"project": null}}',
        ],
    )
    def test_a_question_that_gitlab_gave_up_on_is_asked_again(
        self, server: GitLab, forge: Forge, pull: PullRequest, raw: str
    ) -> None:
        server.faults = [Fault("/api/graphql", status=200, raw=raw, times=2)]
        assert forge.pulls([HEAD]) == {HEAD: (pull,)}
        assert server.faults[0].times == 0

    def test_a_question_that_is_too_much_is_asked_in_pieces(
        self, server: GitLab, forge: Forge, repo: Repository, pull: PullRequest
    ) -> None:
        other = type(HEAD)("environment/prod-next/other")
        propose(repo, "5", other)
        forge.open_pull(other, BASE, TEXT, at(1))
        raw = '{"errors": [{"message": "Query has complexity of 300, which exceeds max complexity of 250"}]}'
        server.faults = [Fault("detailedMergeStatus", status=200, raw=raw)]
        assert [len(each) for each in forge.pulls([HEAD, other]).values()] == [1, 1]
        assert server.faults[0].times == 0

    def test_the_reset_of_a_limit_is_waited_for(self, server: GitLab, connect: Connect) -> None:
        slept: list[float] = []
        headers = {
            "RateLimit-Remaining": "0",
            "RateLimit-Reset": "1767603606",
            "Date": "Mon, 05 Jan 2026 09:00:00 GMT",
        }
        server.faults = [Fault("/api/graphql", status=429, message="Retry later", headers=headers)]
        assert connect([], slept, limits={"wait": 60}).pulls([HEAD]) == {HEAD: ()}
        assert slept == [7]

    @pytest.mark.parametrize("times", [1, 2])
    def test_a_status_that_somebody_else_is_writing_is_sent_again(
        self, server: GitLab, forge: Forge, pull: PullRequest, times: int
    ) -> None:
        server.hub.pipelines.busy = times
        forge.set_status(pull.head, "promoter", "pending", "waits", "", at(1))
        assert self.statuses(server, pull.head) == 1

    def test_one_that_always_is_ends(self, server: GitLab, forge: Forge, pull: PullRequest) -> None:
        server.hub.pipelines.busy = 99
        with pytest.raises(Rejected, match="409: Another update"):
            forge.set_status(pull.head, "promoter", "pending", "waits", "", at(1))

    def test_a_pending_status_says_something_new(self, server: GitLab, forge: Forge, pull: PullRequest) -> None:
        """GitLab refuses pending after pending, and both after running; success never shows meanwhile."""
        shown: list[str] = []
        for minute in range(6):
            forge.set_status(pull.head, "promoter", "pending", f"waits {minute}", "", at(minute))
            [check] = forge.checks(pull.head)
            assert (check.state, check.description) == ("pending", f"waits {minute}")
            shown += [job.status for job in server.hub.pipelines.of(pull.head)[0].jobs]
        assert "success" not in shown
        forge.set_status(pull.head, "promoter", "success", "done", "", at(9))
        assert [(one.state, one.description) for one in forge.checks(pull.head)] == [("success", "done")]
        forge.set_status(pull.head, "promoter", "pending", "again", "", at(9))
        assert [(one.state, one.description) for one in forge.checks(pull.head)] == [("pending", "again")]

    @pytest.mark.parametrize("same", [True, False])
    def test_a_status_that_another_run_writes_meanwhile(
        self, server: GitLab, forge: Forge, pull: PullRequest, same: bool
    ) -> None:
        forge.set_status(pull.head, "promoter", "pending", "waits 1", "", at(1))
        hub, said = server.hub, "waits 2" if same else "waits 3"
        server.before[self.WHERE.status] = lambda: hub.pipelines.post(
            pull.head, "promoter", "running", hub.people.bot, said
        )
        if same:
            forge.set_status(pull.head, "promoter", "pending", "waits 2", "", at(2))
        else:
            with pytest.raises(LostRace, match="written meanwhile"):
                forge.set_status(pull.head, "promoter", "pending", "waits 2", "", at(2))
        assert [one.description for one in forge.checks(pull.head)] == [said]

    # What GitLab has against a merge

    def refused(self, forge: Forge, pull: PullRequest, why: str, repo: Repository) -> None:
        before = tip(repo, BASE)
        with pytest.raises(Rejected, match=why):
            forge.merge_pull(pull.number, pull.head, "merge", "", at(1))
        assert tip(repo, BASE) == before

    @pytest.mark.parametrize("what", ["draft", "thread", "approval", "closed", "pipeline"])
    def test_what_gitlab_would_refuse_is_not_tried(
        self, server: GitLab, forge: Forge, repo: Repository, pull: PullRequest, what: str
    ) -> None:
        hub = server.hub
        record = hub.merges[pull.number]
        if what == "draft":
            record.title = "Draft: it"
        elif what == "thread":
            record.threads, hub.settings.resolved = 1, True
        elif what == "approval":
            hub.rules.append(Rule(2))
        elif what == "pipeline":
            hub.settings.pipeline = True
        else:
            hub.close(pull.number, "kim")
        self.refused(forge, pull, what, repo)
        assert self.sent(server, self.WHERE.merge) == 0

    def test_a_rule_that_comes_while_it_is_merged(
        self, server: GitLab, forge: Forge, repo: Repository, pull: PullRequest
    ) -> None:
        server.before[self.WHERE.merge] = lambda: server.hub.rules.append(Rule(1))
        self.refused(forge, pull, r"lacks an approval.*405", repo)
        assert forge.pull(pull.number).state is PullState.OPEN

    def test_a_conflict_that_comes_while_it_is_merged(
        self, server: GitLab, forge: Forge, repo: Repository, pull: PullRequest
    ) -> None:
        def spoil() -> None:
            commit_files(repo, BASE, {"shop/app.yaml": "by hand"}, "By hand")

        server.before[self.WHERE.merge] = spoil
        with pytest.raises(Rejected, match=r"same lines.*422"):
            forge.merge_pull(pull.number, pull.head, "merge", "", at(1))

    def test_an_answer_that_it_was_not_merged_after_all(self, server: GitLab, forge: Forge, pull: PullRequest) -> None:
        """GitLab may answer 200 with what went wrong in it."""
        assert isinstance(forge, GitLabForge)
        raw = forge.connection.get("/merge_requests/1", "look")
        answer = json.dumps({**raw, "merge_error": "Something went wrong during merge pre-receive hook"})
        server.faults = [Fault(self.WHERE.merge, status=200, raw=answer)]
        with pytest.raises(LostRace, match="was not merged"):
            forge.merge_pull(pull.number, pull.head, "merge", "", at(1))

    def test_what_is_not_known_yet_is_waited_for_a_while(
        self, server: GitLab, connect: Connect, repo: Repository, pull: PullRequest
    ) -> None:
        slept: list[float] = []
        server.hub.slow = 2
        server.hub.merges[1].looked = 0
        assert connect([], slept).merge_pull(1, pull.head, "merge", "", at(1)) == tip(repo, BASE)
        assert slept == [0.25, 0.5]

    def test_what_is_never_known_is_not_merged(
        self, server: GitLab, connect: Connect, repo: Repository, pull: PullRequest
    ) -> None:
        slept: list[float] = []
        server.hub.slow = 99
        server.hub.merges[1].looked = 0
        forge = connect([], slept)
        assert forge.pull(1).mergeable is None
        self.refused(forge, pull, "does not know yet", repo)

    def test_a_merge_train_is_boarded_once(
        self, server: GitLab, forge: Forge, repo: Repository, pull: PullRequest
    ) -> None:
        server.hub.settings.trains = True
        before = tip(repo, BASE)
        for _ in range(2):
            with pytest.raises(Underway, match="merge train"):
                forge.merge_pull(pull.number, pull.head, "merge", "", at(1))
        assert (tip(repo, BASE), self.sent(server, f"POST {PROJECT}/merge_trains/")) == (before, 1)
        assert self.sent(server, self.WHERE.merge) == 0
        assert isinstance(forge, GitLabForge)
        assert [one.queued for one in forge.pulls([HEAD])[HEAD]] == [True]
        for _ in range(2):
            forge.leave_queue(pull.number, at(2))
        assert forge.pull(pull.number).queued is False
        assert self.sent(server, f"POST {PROJECT}/merge_requests/1/cancel") == 1

    def test_what_the_token_could_not_do_is_said_with_the_right_it_takes(
        self, server: GitLab, forge: Forge, repo: Repository
    ) -> None:
        propose(repo)
        server.hub.people.name({server.hub.people.bot: Permission.TRIAGE}, {})
        with pytest.raises(Rejected, match=r"403 Forbidden\n.*scope `api`"):
            forge.open_pull(HEAD, BASE, TEXT, at(0))
