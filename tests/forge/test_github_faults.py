"""What goes wrong on the way to GitHub: reads are tried again, no write is done twice, and nothing secret is said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from promoter.errors import EdgeFailed, LostRace, PromoterError, Rejected
from promoter.forge.github import GitHubForge
from promoter.git.repository import Repository
from promoter.model.forge import Permission, PullRequest, PullState, Receipt
from promoter.model.names import Oid
from tests.forge.contract import BASE, HEAD, TEXT, at, propose
from tests.forge.test_github import FILES
from tests.github.persons import QUICK, connect
from tests.github.records import Rules
from tests.github.server import TOKEN, Fault, GitHub, serve
from tests.repos import make_repo, tip

MARKER = "<!-- promoter:explain -->"


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


def write(forge: GitHubForge, pull: PullRequest, what: str) -> None:
    if what == "edit":
        forge.edit_pull(pull.number, replace(TEXT, title="Another"), at(1))
    elif what == "status":
        forge.set_status(pull.head, "promoter", "success", "", "", at(1))
    else:
        forge.upsert_comment(pull.number, MARKER, MARKER, at(1))


AFTER = [
    pytest.param(Fault("", status=502, after=True), id="502 after"),
    pytest.param(Fault("", after=True), id="no answer"),
    pytest.param(Fault("", after=True, half=True), id="half an answer"),
]
BEFORE = [
    pytest.param(Fault("", status=500), id="500"),
    pytest.param(Fault("", status=503), id="503"),
    pytest.param(Fault(""), id="connection cut"),
]


# Writes whose fate is unknown


@pytest.mark.parametrize("fault", AFTER)
def test_a_pull_request_that_was_opened_without_an_answer_is_found(
    server: GitHub, forge: GitHubForge, repo: Repository, fault: Fault
) -> None:
    propose(repo)
    server.faults = [replace(fault, where="POST /api/v3/repos/acme/fleet/pulls ")]
    pull = forge.open_pull(HEAD, BASE, TEXT, at(0))
    assert (pull.title, set(pull.labels)) == (TEXT.title, set(TEXT.labels))
    assert (len(server.hub.pulls), posts(server, "/pulls")) == (1, 1)


@pytest.mark.parametrize("fault", BEFORE)
def test_a_pull_request_that_was_not_opened_is_not_opened_blindly(
    server: GitHub, forge: GitHubForge, repo: Repository, fault: Fault
) -> None:
    propose(repo)
    server.faults = [replace(fault, where="POST /api/v3/repos/acme/fleet/pulls ")]
    with pytest.raises(EdgeFailed, match="may have been done"):
        forge.open_pull(HEAD, BASE, TEXT, at(0))
    assert (len(server.hub.pulls), posts(server, "/pulls")) == (0, 1)
    assert forge.open_pull(HEAD, BASE, TEXT, at(1)).number == 1


@pytest.mark.parametrize("fault", AFTER)
def test_a_merge_without_an_answer_is_found(
    server: GitHub, forge: GitHubForge, repo: Repository, pull: PullRequest, fault: Fault
) -> None:
    server.faults = [replace(fault, where="PUT ")]
    merged = forge.merge_pull(pull.number, pull.head, "merge", "Promote", at(1))
    assert merged == tip(repo, BASE)
    assert posts(server, "/merge") == 1


@pytest.mark.parametrize("fault", BEFORE)
def test_a_merge_that_did_not_happen_is_not_tried_again(
    server: GitHub, forge: GitHubForge, repo: Repository, pull: PullRequest, fault: Fault
) -> None:
    before = tip(repo, BASE)
    server.faults = [replace(fault, where="PUT ")]
    with pytest.raises(EdgeFailed, match="may have been done"):
        forge.merge_pull(pull.number, pull.head, "merge", "Promote", at(1))
    assert (tip(repo, BASE), posts(server, "/merge")) == (before, 1)
    assert forge.merge_pull(pull.number, pull.head, "merge", "Promote", at(2)) == tip(repo, BASE)


@pytest.mark.parametrize("fault", AFTER)
def test_a_comment_without_an_answer_is_one_comment(
    server: GitHub, forge: GitHubForge, pull: PullRequest, fault: Fault
) -> None:
    server.faults = [replace(fault, where="POST /api/v3/repos/acme/fleet/issues/1/comments")]
    forge.upsert_comment(pull.number, MARKER, f"{MARKER}\none", at(1))
    assert [one.body for one in forge.comments(pull.number)] == [f"{MARKER}\none"]
    assert posts(server, "/comments") == 1


@pytest.mark.parametrize("fault", AFTER)
def test_a_status_without_an_answer_is_one_status(
    server: GitHub, forge: GitHubForge, pull: PullRequest, fault: Fault
) -> None:
    server.faults = [replace(fault, where="POST /api/v3/repos/acme/fleet/statuses/")]
    forge.set_status(pull.head, "promoter", "pending", "waits", "", at(1))
    assert len(server.hub.statuses[pull.head]) == 1


@pytest.mark.parametrize("fault", BEFORE)
@pytest.mark.parametrize("what", ["comment", "status"])
def test_what_was_not_written_is_said(
    server: GitHub, forge: GitHubForge, pull: PullRequest, fault: Fault, what: str
) -> None:
    server.faults = [replace(fault, where="POST /api/v3/")]
    with pytest.raises(EdgeFailed, match="may have been done"):
        write(forge, pull, what)
    assert (forge.comments(pull.number), forge.checks(pull.head)) == ((), ())


@pytest.mark.parametrize("fault", [*AFTER, *BEFORE])
def test_what_may_be_done_twice_is(server: GitHub, forge: GitHubForge, pull: PullRequest, fault: Fault) -> None:
    """An edit, a label, a reaction, a close: once more changes nothing."""
    comment = server.hub.comment(pull.number, "kim", "/hold")
    text = replace(TEXT, title="Another", labels=(*TEXT.labels, "rollback"), reviewers=("kim",), assignees=("lin",))
    for where in ("PATCH ", "/labels", "/assignees", "/requested_reviewers", "/reactions ", "/reactions/"):
        server.faults.append(replace(fault, where=where))
    forge.edit_pull(pull.number, text, at(1))
    forge.acknowledge(pull.number, str(comment.id), Receipt.SEEN, at(1))
    forge.acknowledge(pull.number, str(comment.id), Receipt.DONE, at(2))
    server.faults = [replace(fault, where="PATCH ")]
    forge.close_pull(pull.number, at(3))
    record = server.hub.pulls[pull.number]
    assert (record.title, record.state) == ("Another", "CLOSED")
    assert sorted(record.labels) == sorted(text.labels)
    assert (record.reviewers, record.assignees) == (["kim"], ["lin"])
    assert [one.content for one in comment.reactions] == ["+1"]


# Reads


@pytest.mark.parametrize("fault", [*BEFORE, *AFTER])
def test_a_read_is_tried_again(server: GitHub, forge: GitHubForge, pull: PullRequest, fault: Fault) -> None:
    forge.set_status(pull.head, "promoter", "pending", "", "", at(1))
    for where in ("/api/graphql", "/statuses", "/collaborators/", "/rules/"):
        server.faults.append(replace(fault, where=where, times=2))
    server.hub.review(pull.number, "kim", "APPROVED")
    [seen] = forge.pulls([HEAD])[HEAD]
    assert ([one.user for one in seen.reviews], len(seen.checks)) == (["kim"], 1)
    assert [one.name for one in forge.checks(pull.head)] == ["promoter"]
    assert forge.protection(BASE).required_checks == ()
    assert all(one.times == 0 for one in server.faults)


def test_a_read_that_never_works_ends(server: GitHub, forge: GitHubForge, pull: PullRequest) -> None:
    server.faults = [Fault("/api/graphql", status=502, message="Something went wrong", times=99)]
    with pytest.raises(EdgeFailed, match=r"GitHub says 502: Something went wrong") as failed:
        forge.pulls([HEAD])
    assert "run it again" in str(failed.value).lower()
    assert 99 - server.faults[0].times == QUICK.tries


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


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirection_is_never_taken_for_done(
    server: GitHub, forge: GitHubForge, pull: PullRequest, status: int
) -> None:
    server.faults = [Fault("POST /api/v3/repos/acme/fleet/statuses/", status=status, message="Moved Permanently")]
    with pytest.raises(EdgeFailed, match="moved to another address"):
        forge.set_status(pull.head, "promoter", "success", "", "", at(1))


def test_a_token_that_is_not_accepted(server: GitHub) -> None:
    wrong = "ghp_wrongwrongwrong"
    forge = connect(server, token=wrong)
    with pytest.raises(Rejected, match="does not accept the token") as refused:
        forge.pulls([HEAD])
    assert wrong not in str(refused.value) + repr(refused.value.__cause__) + repr(refused.value.__context__)


@pytest.mark.parametrize(
    ("what", "status", "error"),
    [
        ("edit", 403, Rejected),
        ("edit", 404, EdgeFailed),
        ("edit", 409, Rejected),
        ("edit", 422, Rejected),
        ("status", 403, Rejected),
        ("comment", 422, Rejected),
    ],
)
def test_what_is_refused_is_said_once_and_not_repeated(
    server: GitHub, forge: GitHubForge, pull: PullRequest, what: str, status: int, error: type[PromoterError]
) -> None:
    server.faults = [Fault("/api/v3/", status=status, message="Not\nfor \x1b[31myou", times=99)]
    with pytest.raises(error, match=rf"GitHub says {status}: Not for .?\[31myou") as refused:
        write(forge, pull, what)
    assert "\x1b" not in str(refused.value)
    assert TOKEN not in str(refused.value)
    assert server.faults[0].times == 98


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


def test_waiting_adds_up(server: GitHub) -> None:
    told: list[str] = []
    slept: list[float] = []
    forge = quiet(server, told, slept, wait=100)
    server.faults = [Fault("/api/graphql", status=403, message=SECONDARY, headers={"Retry-After": "40"}, times=9)]
    with pytest.raises(EdgeFailed, match=r"and 20 s are left"):
        forge.pulls([HEAD])
    assert slept == [40, 40]


def test_many_writes_keep_apart(server: GitHub, repo: Repository) -> None:
    slept: list[float] = []
    forge = quiet(server, [], slept, unhurried=3)
    head = propose(repo)
    for number in range(5):
        forge.set_status(head, f"check-{number}", "success", "", "", at(number))
    assert slept == [1, 1]


def quiet(server: GitHub, told: list[str], slept: list[float], **limits: float) -> GitHubForge:
    """Connect with a clock of the test's own."""
    return connect(server, told=told, limits=replace(QUICK, **limits), sleep=slept.append)  # type: ignore[arg-type]


# Races


def test_a_head_that_moves_while_it_is_merged(
    server: GitHub, forge: GitHubForge, repo: Repository, pull: PullRequest
) -> None:
    before = tip(repo, BASE)
    server.before["PUT "] = lambda: propose(repo, "3")
    with pytest.raises(LostRace):
        forge.merge_pull(pull.number, pull.head, "merge", "", at(1))
    assert tip(repo, BASE) == before


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


def test_somebody_opens_it_first(server: GitHub, forge: GitHubForge, repo: Repository) -> None:
    propose(repo)
    server.before["POST /api/v3/repos/acme/fleet/pulls "] = lambda: server.hub.open(HEAD, BASE, "Mine", "", "kim")
    pull = forge.open_pull(HEAD, BASE, TEXT, at(0))
    assert (pull.number, pull.author) == (1, "kim")


def test_what_the_token_could_bypass_is_not_merged(
    server: GitHub, forge: GitHubForge, repo: Repository, pull: PullRequest
) -> None:
    """An administrator's token would get through; we do not try."""
    server.hub.people.name({server.hub.people.bot: Permission.ADMIN}, {})
    server.hub.rules[BASE] = Rules(approvals=2)
    with pytest.raises(Rejected, match="approval"):
        forge.merge_pull(pull.number, Oid(pull.head), "merge", "", at(1))
    assert posts(server, "/merge") == 0
