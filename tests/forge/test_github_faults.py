"""What goes wrong on the way to GitHub, and its own limits and races."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from promoter.errors import EdgeFailed, LostRace, Rejected
from promoter.forge.github import GitHubForge
from promoter.forge.port import Forge
from promoter.git.repository import Repository
from promoter.model.forge import Permission, PullRequest, PullState
from promoter.model.names import Oid
from tests.forge.contract import BASE, HEAD, TEXT, at, propose
from tests.forge.test_github import FILES
from tests.forge.wire_laws import Connect, Where, WireLaws
from tests.github.persons import QUICK, connect
from tests.github.records import Rules
from tests.github.server import TOKEN, Fault, GitHub, serve
from tests.repos import make_repo, tip


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
def pull(forge: GitHubForge, repo: Repository, server: GitHub) -> PullRequest:
    propose(repo)
    made = forge.open_pull(HEAD, BASE, TEXT, at(0))
    server.seen.clear()
    return made


def posts(server: GitHub, path: str) -> int:
    """Count the writes to REST paths that end so."""
    return sum(one.is_write and one.path.endswith(path) for one in server.api())


class TestLaws(WireLaws):
    """GitHub."""

    NAME: ClassVar[str] = "GitHub"
    TRIES: ClassVar[int] = QUICK.tries
    AWAY: ClassVar[Mapping[str, str]] = {}  # PyGithub does there what was asked, and says what came of it
    WHERE: ClassVar[Where] = Where(
        open="POST /api/v3/repos/acme/fleet/pulls ",
        merge="PUT /api/v3/repos/acme/fleet/pulls/1/merge ",
        comment="POST /api/v3/repos/acme/fleet/issues/1/comments ",
        status="POST /api/v3/repos/acme/fleet/statuses/",
        edits=("PATCH ", "/labels", "/assignees", "/requested_reviewers", "/reactions ", "/reactions/"),
        reads=("/api/graphql", "/statuses", "/collaborators/", "/rules/"),
    )

    @pytest.fixture
    def repo(self, tmp_path: Path) -> Repository:
        return make_repo(tmp_path / "acme" / "fleet.git", FILES, BASE)

    @pytest.fixture
    def server(self, repo: Repository, tmp_path: Path) -> Iterator[GitHub]:
        with serve(tmp_path) as server:
            yield server

    @pytest.fixture
    def connect(self, server: GitHub) -> Connect:
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
        return list(server.hub.pulls.values())

    def statuses(self, server: Any, commit: str) -> int:
        return len(server.hub.statuses[commit])

    def say(self, server: Any, number: int) -> str:
        return str(server.hub.comment(number, "kim", "/hold").id)

    def review(self, server: Any, number: int) -> None:
        server.hub.review(number, "kim", "APPROVED")

    @pytest.fixture
    def opens(self, server: GitHub) -> Callable[[], object]:
        return lambda: server.hub.open(HEAD, BASE, "Mine", "", "kim")


@pytest.mark.parametrize(
    "raw",
    [
        '{"errors": [{"message": "Something went wrong while executing your query. This may be a timeout."}]}',
        '{"data": {"repository": null}, "errors": [{"type": "RESOURCE_LIMITS_EXCEEDED", "message": "Too much."}]}',
    ],
)
def test_a_question_that_github_gave_up_on_is_asked_again(
    server: GitHub, forge: GitHubForge, pull: PullRequest, raw: str
) -> None:
    server.faults = [Fault("/api/graphql", status=200, raw=raw, times=2)]
    assert forge.pulls([HEAD]) == {HEAD: (pull,)}
    assert server.faults[0].times == 0


# What GitHub refuses


@pytest.mark.parametrize("first", ["pulls", "comments_since", "checks"])
def test_a_repository_with_another_name_now(server: GitHub, forge: GitHubForge, repo: Repository, first: str) -> None:
    """Under the old name GitHub redirects, and loses what was asked for on the way."""
    head = propose(repo)
    server.hub.called = "acme/ships"
    with pytest.raises(EdgeFailed, match=r"acme/fleet is acme/ships now\n.*Correct the repository's URL"):
        look(forge, head, first)


def look(forge: GitHubForge, head: Oid, first: str) -> None:
    if first == "pulls":
        forge.pulls([HEAD])
    elif first == "checks":
        forge.checks(head)
    else:
        forge.comments_since(at(0))


def test_a_repository_that_the_token_may_not_see(server: GitHub, forge: GitHubForge) -> None:
    server.faults = [Fault("/api/graphql", status=404, message="Not Found")]
    with pytest.raises(EdgeFailed, match="may this token see the repository"):
        forge.pulls([HEAD])


# Rate limits

SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


@pytest.mark.parametrize(
    "fault",
    [
        Fault("", status=403, message=SECONDARY, headers={"Retry-After": "7"}),
        Fault("", status=429, message="slow down", headers={"Retry-After": "7"}),
        Fault(
            "",
            status=403,
            message="API rate limit exceeded for installation ID 1.",
            headers={
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": "1767603606",
                "Date": "Mon, 05 Jan 2026 09:00:00 GMT",
            },
        ),
    ],
    ids=["secondary", "429", "primary"],
)
def test_a_limit_is_waited_for_and_told(server: GitHub, repo: Repository, fault: Fault) -> None:
    """A request that was refused for a limit was not done, so a write is sent again as well."""
    told: list[str] = []
    slept: list[float] = []
    forge = quiet(server, told, slept, wait=60)
    propose(repo)
    server.faults = [replace(fault, where="POST /api/v3/repos/acme/fleet/pulls "), replace(fault, where="/api/graphql")]
    assert forge.open_pull(HEAD, BASE, TEXT, at(0)).number == 1
    assert slept == [7, 7]
    assert all("waiting 7 s for GitHub's rate limit" in one for one in told)
    assert len(told) == 2


def test_a_limit_of_graphql_is_waited_for(server: GitHub, repo: Repository) -> None:
    told: list[str] = []
    slept: list[float] = []
    forge = quiet(server, told, slept, wait=200)
    words = '{"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded for user ID 1."}]}'
    server.faults = [Fault("/api/graphql", status=200, message="", raw=words)]
    assert forge.pulls([HEAD]) == {HEAD: ()}
    assert slept == [60]


def test_more_waiting_than_the_budget_is_an_error(server: GitHub, forge: GitHubForge, told: list[str]) -> None:
    server.faults = [Fault("/api/graphql", status=403, message=SECONDARY, headers={"Retry-After": "600"}, times=9)]
    with pytest.raises(EdgeFailed, match=r"asks to wait 600 s, and 1 s are left"):
        forge.pulls([HEAD])
    assert (told, server.faults[0].times) == ([], 8)


def quiet(server: GitHub, told: list[str], slept: list[float], **limits: float) -> GitHubForge:
    """Connect with a clock of the test's own."""
    return connect(server, told=told, limits=replace(QUICK, **limits), sleep=slept.append)  # type: ignore[arg-type]


# Races


def test_a_base_that_moves_while_it_is_merged(server: GitHub, forge: GitHubForge, pull: PullRequest) -> None:
    server.faults = [Fault("PUT ", status=405, message="Base branch was modified. Review and try the merge again.")]
    with pytest.raises(LostRace):
        forge.merge_pull(pull.number, pull.head, "merge", "", at(1))


def test_a_rule_that_comes_while_it_is_merged(server: GitHub, forge: GitHubForge, pull: PullRequest) -> None:
    server.before["PUT "] = lambda: server.hub.rules.update({BASE: Rules(checks=("ci",))})
    with pytest.raises(Rejected, match="ci"):
        forge.merge_pull(pull.number, pull.head, "merge", "", at(1))
    assert forge.pull(pull.number).state is PullState.OPEN


@pytest.mark.parametrize("what", ["draft", "closed"])
def test_a_person_who_is_faster_wins(
    server: GitHub, forge: GitHubForge, repo: Repository, pull: PullRequest, what: str
) -> None:
    before, record = tip(repo, BASE), server.hub.pulls[pull.number]
    if what == "draft":
        record.draft = True
    else:
        server.hub.close(pull.number, "kim")
    with pytest.raises(Rejected, match=what):
        forge.merge_pull(pull.number, pull.head, "merge", "", at(1))
    assert (tip(repo, BASE), posts(server, "/merge")) == (before, 0)


def test_what_the_token_could_bypass_is_not_merged(
    server: GitHub, forge: GitHubForge, repo: Repository, pull: PullRequest
) -> None:
    """An administrator's token would get through; we do not try."""
    server.hub.people.name({server.hub.people.bot: Permission.ADMIN}, {})
    server.hub.rules[BASE] = Rules(approvals=2)
    with pytest.raises(Rejected, match="approval"):
        forge.merge_pull(pull.number, Oid(pull.head), "merge", "", at(1))
    assert posts(server, "/merge") == 0
