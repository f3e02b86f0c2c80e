"""One connection to GitHub: requests with what may pass by itself waited for, and no write ever repeated blindly.

Invariants: see `promoter.forge.retry` (sending).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from promoter.errors import EdgeFailed, Rejected
from promoter.forge.github_place import GitHubPlace
from promoter.forge.github_trouble import RIGHTS, from_status, limit_wait, words
from promoter.forge.retry import STANDARD, Limits, NotThere, Reply, Sender, broken, moved, plain

if TYPE_CHECKING:
    from github.Requester import Requester

PAGE: Final = 100
"""The most that GitHub gives at once."""
_DISPENSABLE: Final = frozenset({"workflowRun"})
"""What needs a right of its own (Actions: read), and only tells check runs of one name apart."""
_GAVE_UP: Final = frozenset({"RESOURCE_LIMITS_EXCEEDED", "TIMEOUT"})
_HIDDEN: Final = frozenset({"FORBIDDEN", "INSUFFICIENT_SCOPES"})
ABOUT: Final = "viewer {login}"
ABOUT_REPOSITORY: Final = "nameWithOwner owner {__typename}"
_MEET: Final = (
    f"query($owner: String!, $name: String!) {{{ABOUT} repository(owner: $owner, name: $name) {{{ABOUT_REPOSITORY}}}}}"
)


@dataclass(frozen=True, slots=True)
class Door:
    """How GitHub is reached, and as whom; no identity: the token does not tell, GitHub must be asked."""

    requester: Requester
    identity: str = ""
    is_app: bool = False
    """The token is an app's, GITHUB_TOKEN among them: its login ends in `[bot]`, whether GitHub says so or not."""
    granted: Mapping[str, str] | None = None
    """What the App's installation may: `contents` -> `write`; None: that is not told."""


class Connection:
    """Asks GitHub about one repository. `tell` gets a sentence when something must be waited for.

    `enter` is called when something is asked for the first time: what needs no forge needs no token either.
    """

    def __init__(
        self,
        enter: Callable[[], Door],
        place: GitHubPlace,
        tell: Callable[[str], None],
        limits: Limits = STANDARD,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.place = place
        self.tell = tell
        self._enter = enter
        self._door: Door | None = None
        self._sender = Sender(_Answers(place), place, tell, limits, sleep)
        self._identity = ""
        self._is_organization: bool | None = None

    @property
    def _requester(self) -> Requester:
        if self._door is None:
            self._door = self._enter()
            self._identity = self._door.identity
        return self._door.requester

    @property
    def identity(self) -> str:
        """Who we are: a login, or `NAME[bot]` of an app."""
        if not self._identity:
            self._meet()
        return self._identity

    @property
    def granted(self) -> Mapping[str, str] | None:
        """What the App's installation may: `contents` -> `write`; None: we are none, or that is not told."""
        return self._door.granted if self._door is not None else None

    @property
    def is_organization(self) -> bool:
        """Whether an organisation owns the repository: only those have teams."""
        if self._is_organization is None:
            self._meet()
        return bool(self._is_organization)

    def learn(self, answer: Any) -> None:
        """Take note of what the fields of `ABOUT` and `ABOUT_REPOSITORY` say in an answer.

        Raises EdgeFailed when the repository has another name now.
        """
        login, repository = answer["viewer"]["login"], answer["repository"]
        if not self._identity:
            is_app = self._door is not None and self._door.is_app
            self._identity = f"{login.removesuffix('[bot]')}[bot]" if is_app else login
        self._is_organization = repository["owner"]["__typename"] == "Organization"
        name = repository["nameWithOwner"]
        if name.casefold() != f"{self.place.owner}/{self.place.name}".casefold():
            raise moved(self.place, name)

    def _meet(self) -> None:
        self.learn(self.query(_MEET, "ask who we are", owner=self.place.owner, name=self.place.name))

    @property
    def path(self) -> str:
        """The repository's path in the REST API."""
        return f"/repos/{self.place.owner}/{self.place.name}"

    # REST

    def get(self, path: str, doing: str, **query: str | int) -> Any:
        """Read one thing below the repository. Raises NotThere, Rejected, EdgeFailed."""
        return self._send("GET", self.path + path, doing, query, None, True)[0]

    def look(self, path: str, doing: str, **query: str | int) -> tuple[Any, Mapping[str, str]]:
        """Read one thing as `get` does, and give the answer's headers with it, in lower case."""
        return self._send("GET", self.path + path, doing, query, None, True)

    def every(self, path: str, doing: str, **query: str | int) -> Iterator[Any]:
        """Read a list to its end."""
        if self._is_organization is None:
            self._meet()  # under an old name GitHub forgets the question
        page = 1
        while True:
            asked = {**query, "per_page": PAGE, "page": page}
            answer, headers = self._send("GET", self.path + path, doing, asked, None, True)
            yield from answer
            if 'rel="next"' not in headers.get("link", ""):
                return
            page += 1

    def write(self, method: str, path: str, doing: str, body: Mapping[str, Any] | None, again: bool = False) -> Any:
        """Write below the repository; `again`: doing it twice is doing it once.

        Raises Unsure when it may have been done, and as `get` does.
        """
        self._sender.pace()
        return self._send(method, self.path + path, doing, {}, body, again)[0]

    # GraphQL

    def query(self, text: str, doing: str, may_hide: str = "", **variables: Any) -> Any:
        """Ask a question of GraphQL, and give its data.

        `may_hide`: a field below which everything is None when this token may not see it. Raises NotThere, Rejected,
        Overloaded, EdgeFailed.
        """
        return self._graphql(text, doing, variables, True, may_hide)

    def mutate(self, text: str, doing: str, **variables: Any) -> Any:
        """Write by GraphQL. Raises Unsure when it may have been done, and as `query` does."""
        self._sender.pace()
        return self._graphql(text, doing, variables, False)

    def _graphql(self, text: str, doing: str, variables: Mapping[str, Any], again: bool, may_hide: str = "") -> Any:
        body = {"query": text, "variables": variables}
        answer, _ = self._send("POST", self._requester.graphql_url, doing, {}, body, again)
        errors = (answer or {}).get("errors") or []
        hidden = {may_hide, *_DISPENSABLE}
        other = [
            one
            for one in errors
            if one.get("type") not in _HIDDEN or hidden.isdisjoint(map(str, one.get("path") or ()))
        ]
        if other:
            said = plain("; ".join(str(one.get("message", "")) for one in other))
            if all(one.get("type") == "NOT_FOUND" for one in other):
                raise NotThere(f"{self.place}: {doing}: {said}", "Is it right, and may this token see it?")
            if any(one.get("type") in _HIDDEN for one in other):
                raise Rejected(f"{self.place}: {doing}: {said}", RIGHTS)
            if any(one.get("type") == "UNPROCESSABLE" for one in other):
                raise Rejected(f"{self.place}: {doing}: {said}")
            raise EdgeFailed(f"{self.place}: {doing}: {said}")
        return (answer or {}).get("data") or {}

    # Sending

    def _send(
        self, method: str, path: str, doing: str, query: Mapping[str, Any], body: Any, again: bool
    ) -> tuple[Any, Mapping[str, str]]:
        reply = self._sender.send(doing, again, lambda: self._once(method, path, query, body))
        return reply.body, reply.headers

    def _once(
        self, method: str, path: str, query: Mapping[str, Any], body: Any
    ) -> tuple[int, Mapping[str, str], object]:
        import requests
        from github import GithubException

        try:
            status, headers, text = self._requester.requestJson(method, path, dict(query) or None, None, body)
        except requests.exceptions.RequestException as error:
            raise broken(error, self.place, "GitHub", "REQUESTS_CA_BUNDLE") from None
        except GithubException as error:  # from minting an App's token
            raise from_status(str(self.place), "get a token for the App", error.status, error.data) from None
        except RuntimeError:  # a redirection that PyGithub does not follow
            raise moved(self.place) from None
        return status, headers, text


class _Answers:
    """How GitHub answers; satisfies `promoter.forge.retry.Manners`."""

    name = "GitHub"
    later = "Run it again later; an App has a higher limit than GITHUB_TOKEN."

    def __init__(self, place: GitHubPlace) -> None:
        self._place = place

    def limit(self, reply: Reply, waits: int) -> float | None:
        pause = limit_wait(reply.status, reply.headers, _of_limit(reply.body), waits)
        return pause if reply.status != 200 or _is_limited(reply.body) else None

    def refused(self, doing: str, reply: Reply) -> EdgeFailed:
        if reply.status < 400:
            return moved(self._place)
        return from_status(str(self._place), doing, reply.status, reply.body)

    def gave_up(self, reply: Reply) -> bool:
        return _gave_up(reply.body)

    def words(self, body: Any) -> str:
        return words(_of_limit(body))


def _gave_up(answer: Any) -> bool:
    """Tell whether GraphQL answers that it could not: a timeout, or too much at once."""
    errors = (answer.get("errors") if isinstance(answer, dict) else None) or ()
    return any(
        isinstance(one, dict)
        and (
            one.get("type") in _GAVE_UP
            or str(one.get("message", "")).startswith("Something went wrong while executing")
        )
        for one in errors
    )


def _of_limit(answer: Any) -> Any:
    """Give the part of an answer that may speak of a limit; GraphQL says so in an error."""
    if isinstance(answer, dict) and answer.get("errors") and "message" not in answer:
        return {"message": "; ".join(str(one.get("message", "")) for one in answer["errors"] if isinstance(one, dict))}
    return answer


def _is_limited(answer: Any) -> bool:
    errors = answer.get("errors") if isinstance(answer, dict) else None
    return any(isinstance(one, dict) and one.get("type") == "RATE_LIMITED" for one in errors or ())


def parse_time(text: str) -> datetime:
    """Read a time of GitHub's."""
    return datetime.fromisoformat(text)
