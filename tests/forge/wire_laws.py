"""What every forge on the wire must do when something goes wrong on the way.

Reads are tried again, no write is done twice, what was refused is said once, limits are waited for, and nothing secret
is said. A forge's own test inherits `WireLaws` and gives the fixtures and addresses.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol

import pytest

from promoter.errors import EdgeFailed, LostRace, PromoterError, Rejected
from promoter.forge.port import Forge
from promoter.git.repository import Repository
from promoter.model.forge import Permission, PullRequest, Receipt
from tests.forge.contract import BASE, HEAD, TEXT, at, propose
from tests.forge.wire import Fault, WireServer
from tests.repos import tip

MARKER = "<!-- promoter:explain -->"
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


@dataclass(frozen=True)
class Where:
    """How the requests begin, or what is in them, that do something."""

    open: str
    merge: str
    comment: str
    status: str
    edits: tuple[str, ...]
    """What an edit, two reactions after one another, and a close send."""
    reads: tuple[str, ...]
    """What reading merge requests with a review, checks and the protection asks."""


class Connect(Protocol):
    """Connects; `limits`: what is different from being quick."""

    def __call__(
        self,
        told: list[str] | None = None,
        slept: list[float] | None = None,
        token: str = "",
        limits: Mapping[str, float] | None = None,
    ) -> Forge: ...


class WireLaws(ABC):
    """`repo` is the one of the forge's contract."""

    NAME: ClassVar[str]
    WHERE: ClassVar[Where]
    TRIES: ClassVar[int]
    AWAY: ClassVar[Mapping[str, str]] = {"Location": "/api/elsewhere"}
    """What a redirection says."""

    @pytest.fixture
    @abstractmethod
    def repo(self) -> Repository: ...

    @pytest.fixture
    @abstractmethod
    def server(self, repo: Repository) -> WireServer: ...

    @pytest.fixture
    @abstractmethod
    def connect(self, server: WireServer) -> Connect: ...

    @abstractmethod
    def pulls(self, server: Any) -> list[Any]:
        """Give all that were opened."""

    @abstractmethod
    def statuses(self, server: Any, commit: str) -> int:
        """Count the statuses on a commit."""

    @abstractmethod
    def say(self, server: Any, number: int) -> str:
        """Let somebody comment; gives the comment's id."""

    @abstractmethod
    def review(self, server: Any, number: int) -> None:
        """Let kim, who may write, approve."""

    @pytest.fixture
    def forge(self, connect: Connect) -> Forge:
        return connect()

    @pytest.fixture
    def pull(self, forge: Forge, repo: Repository, server: WireServer) -> PullRequest:
        propose(repo)
        made = forge.open_pull(HEAD, BASE, TEXT, at(0))
        server.seen.clear()
        return made

    def sent(self, server: WireServer, where: str) -> int:
        """Count the requests that begin so."""
        return sum(f"{one.method} {one.path} ".startswith(where) for one in server.api())

    def write(self, forge: Forge, pull: PullRequest, what: str) -> None:
        if what == "edit":
            forge.edit_pull(pull.number, replace(TEXT, title="Another"), at(1))
        elif what == "status":
            forge.set_status(pull.head, "promoter", "success", "", "", at(1))
        else:
            forge.upsert_comment(pull.number, MARKER, MARKER, at(1))

    # Writes whose fate is unknown

    @pytest.mark.parametrize("fault", AFTER)
    def test_what_was_opened_without_an_answer_is_found(
        self, server: WireServer, forge: Forge, repo: Repository, fault: Fault
    ) -> None:
        propose(repo)
        server.faults = [replace(fault, where=self.WHERE.open)]
        pull = forge.open_pull(HEAD, BASE, TEXT, at(0))
        assert (pull.title, set(pull.labels)) == (TEXT.title, set(TEXT.labels))
        assert (len(self.pulls(server)), self.sent(server, self.WHERE.open)) == (1, 1)

    @pytest.mark.parametrize("fault", BEFORE)
    def test_what_was_not_opened_is_not_opened_blindly(
        self, server: WireServer, forge: Forge, repo: Repository, fault: Fault
    ) -> None:
        propose(repo)
        server.faults = [replace(fault, where=self.WHERE.open)]
        with pytest.raises(EdgeFailed, match="may have been done"):
            forge.open_pull(HEAD, BASE, TEXT, at(0))
        assert (len(self.pulls(server)), self.sent(server, self.WHERE.open)) == (0, 1)
        assert forge.open_pull(HEAD, BASE, TEXT, at(1)).number == 1

    @pytest.mark.parametrize("fault", AFTER)
    def test_a_merge_without_an_answer_is_found(
        self, server: WireServer, forge: Forge, repo: Repository, pull: PullRequest, fault: Fault
    ) -> None:
        server.faults = [replace(fault, where=self.WHERE.merge)]
        merged = forge.merge_pull(pull.number, pull.head, "merge", "Promote", at(1))
        assert merged == tip(repo, BASE)
        assert self.sent(server, self.WHERE.merge) == 1

    @pytest.mark.parametrize("fault", BEFORE)
    def test_a_merge_that_did_not_happen_is_not_tried_again(
        self, server: WireServer, forge: Forge, repo: Repository, pull: PullRequest, fault: Fault
    ) -> None:
        before = tip(repo, BASE)
        server.faults = [replace(fault, where=self.WHERE.merge)]
        with pytest.raises(EdgeFailed, match="may have been done"):
            forge.merge_pull(pull.number, pull.head, "merge", "Promote", at(1))
        assert (tip(repo, BASE), self.sent(server, self.WHERE.merge)) == (before, 1)
        assert forge.merge_pull(pull.number, pull.head, "merge", "Promote", at(2)) == tip(repo, BASE)

    @pytest.mark.parametrize("fault", AFTER)
    def test_a_comment_without_an_answer_is_one_comment(
        self, server: WireServer, forge: Forge, pull: PullRequest, fault: Fault
    ) -> None:
        server.faults = [replace(fault, where=self.WHERE.comment)]
        forge.upsert_comment(pull.number, MARKER, f"{MARKER}\none", at(1))
        assert [one.body for one in forge.comments(pull.number)] == [f"{MARKER}\none"]
        assert self.sent(server, self.WHERE.comment) == 1

    @pytest.mark.parametrize("fault", AFTER)
    def test_a_status_without_an_answer_is_one_status(
        self, server: WireServer, forge: Forge, pull: PullRequest, fault: Fault
    ) -> None:
        server.faults = [replace(fault, where=self.WHERE.status)]
        forge.set_status(pull.head, "promoter", "pending", "waits", "", at(1))
        assert self.statuses(server, pull.head) == 1

    @pytest.mark.parametrize("fault", BEFORE)
    @pytest.mark.parametrize("what", ["comment", "status"])
    def test_what_was_not_written_is_said(
        self, server: WireServer, forge: Forge, pull: PullRequest, fault: Fault, what: str
    ) -> None:
        server.faults = [replace(fault, where=self.WHERE.comment if what == "comment" else self.WHERE.status)]
        with pytest.raises(EdgeFailed, match="may have been done"):
            self.write(forge, pull, what)
        assert (forge.comments(pull.number), forge.checks(pull.head)) == ((), ())

    @pytest.mark.parametrize("fault", [*AFTER, *BEFORE])
    def test_what_may_be_done_twice_is(self, server: WireServer, forge: Forge, pull: PullRequest, fault: Fault) -> None:
        """An edit, a label, a reaction, a close: once more changes nothing."""
        comment = self.say(server, pull.number)
        text = replace(TEXT, title="Another", labels=(*TEXT.labels, "rollback"), reviewers=("kim",), assignees=("lin",))
        server.faults = [replace(fault, where=where) for where in self.WHERE.edits]
        forge.edit_pull(pull.number, text, at(1))
        forge.acknowledge(pull.number, comment, Receipt.SEEN, at(1))
        forge.acknowledge(pull.number, comment, Receipt.DONE, at(2))
        assert all(one.times == 0 for one in server.faults)
        forge.close_pull(pull.number, at(3))
        seen = forge.pull(pull.number)
        assert (seen.title, set(seen.labels), seen.closed_by) == ("Another", set(text.labels), forge.identity)
        [said] = forge.comments(pull.number)
        assert said.receipt is Receipt.DONE

    # Reads

    @pytest.mark.parametrize("fault", [*BEFORE, *AFTER])
    def test_a_read_is_tried_again(self, server: WireServer, forge: Forge, pull: PullRequest, fault: Fault) -> None:
        forge.set_status(pull.head, "promoter", "pending", "", "", at(1))
        self.review(server, pull.number)
        server.faults = [replace(fault, where=where, times=2) for where in self.WHERE.reads]
        [seen] = forge.pulls([HEAD])[HEAD]
        assert ([one.user for one in seen.reviews], len(seen.checks)) == (["kim"], 1)
        assert [one.name for one in forge.checks(pull.head)] == ["promoter"]
        assert forge.permission("kim") is Permission.WRITE
        assert forge.protection(BASE).required_checks == ()
        assert all(one.times == 0 for one in server.faults)

    def test_a_read_that_never_works_ends(self, server: WireServer, forge: Forge, pull: PullRequest) -> None:
        server.faults = [Fault("/api/graphql", status=502, message="Something went wrong", times=99)]
        with pytest.raises(EdgeFailed, match=rf"{self.NAME} says 502: Something went wrong") as failed:
            forge.pulls([HEAD])
        assert "run it again" in str(failed.value).lower()
        assert 99 - server.faults[0].times == self.TRIES

    # What is refused

    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    def test_a_redirection_is_never_taken_for_done(
        self, server: WireServer, forge: Forge, pull: PullRequest, status: int
    ) -> None:
        away = Fault(self.WHERE.status, status=status, message="Moved Permanently", headers=dict(self.AWAY))
        server.faults = [away]
        with pytest.raises(EdgeFailed, match="moved to another address"):
            forge.set_status(pull.head, "promoter", "success", "", "", at(1))
        assert not any("elsewhere" in one.path for one in server.api())

    def test_a_token_that_is_not_accepted(self, connect: Connect) -> None:
        wrong = "wrongwrongwrongwrong"
        with pytest.raises(Rejected, match="does not accept the token") as refused:
            connect(token=wrong).pulls([HEAD])
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
        self, server: WireServer, forge: Forge, pull: PullRequest, what: str, status: int, error: type[PromoterError]
    ) -> None:
        where = {"edit": self.WHERE.edits[0], "status": self.WHERE.status, "comment": self.WHERE.comment}[what]
        server.faults = [Fault(where, status=status, message="Not\nfor \x1b[31myou", times=99)]
        with pytest.raises(error, match=rf"{self.NAME} says {status}: Not for .?\[31myou") as refused:
            self.write(forge, pull, what)
        assert "\x1b" not in str(refused.value)
        assert not any(secret in str(refused.value) for secret in server.logins)
        assert server.faults[0].times == 98

    # Rate limits

    def test_a_limit_is_waited_for_and_told(self, server: WireServer, connect: Connect, repo: Repository) -> None:
        """A request that was refused for a limit was not done, so a write is sent again as well."""
        told: list[str] = []
        slept: list[float] = []
        forge = connect(told, slept, limits={"wait": 60})
        propose(repo)
        fault = Fault("", status=429, message="slow down", headers={"Retry-After": "7"})
        server.faults = [replace(fault, where=self.WHERE.open), replace(fault, where="/api/graphql")]
        assert forge.open_pull(HEAD, BASE, TEXT, at(0)).number == 1
        assert slept == [7, 7]
        assert all(f"waiting 7 s for {self.NAME}'s rate limit" in one for one in told)
        assert len(told) == 2

    def test_waiting_adds_up(self, server: WireServer, connect: Connect) -> None:
        slept: list[float] = []
        forge = connect([], slept, limits={"wait": 100})
        limited = Fault("/api/graphql", status=429, message="slow", headers={"Retry-After": "40"}, times=9)
        server.faults = [limited]
        with pytest.raises(EdgeFailed, match=r"asks to wait 40 s, and 20 s are left"):
            forge.pulls([HEAD])
        assert slept == [40, 40]

    def test_many_writes_keep_apart(self, connect: Connect, repo: Repository) -> None:
        slept: list[float] = []
        forge = connect([], slept, limits={"unhurried": 3})
        head = propose(repo)
        for number in range(5):
            forge.set_status(head, f"check-{number}", "success", "", "", at(number))
        assert slept == [1, 1]

    # Races

    def test_a_head_that_moves_while_it_is_merged(
        self, server: WireServer, forge: Forge, repo: Repository, pull: PullRequest
    ) -> None:
        before = tip(repo, BASE)
        server.before[self.WHERE.merge] = lambda: propose(repo, "3")
        with pytest.raises(LostRace):
            forge.merge_pull(pull.number, pull.head, "merge", "", at(1))
        assert tip(repo, BASE) == before

    def test_somebody_opens_it_first(
        self, server: WireServer, forge: Forge, repo: Repository, opens: Callable[[], object]
    ) -> None:
        propose(repo)
        server.before[self.WHERE.open] = opens
        pull = forge.open_pull(HEAD, BASE, TEXT, at(0))
        assert (pull.number, pull.author) == (1, "kim")

    @pytest.fixture
    @abstractmethod
    def opens(self, server: WireServer) -> Callable[[], object]:
        """Let kim open a pull request from HEAD into BASE, called `Mine`."""
