"""One connection to GitLab: REST and GraphQL about one project, by python-gitlab.

Invariants: see `promoter.forge.retry` (sending). No redirection is followed: what it was about could be lost on the
way, and the token must not go anywhere else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

from promoter.errors import EdgeFailed, Rejected
from promoter.forge.gitlab_place import GitLabPlace
from promoter.forge.gitlab_trouble import RIGHTS, Words, errors_of
from promoter.forge.retry import STANDARD, Broken, Limits, NotThere, Overloaded, Reply, Sender, broken, moved, plain

if TYPE_CHECKING:
    import requests
    from gitlab import Gitlab

PAGE: Final = 100
"""The most that GitLab gives at once."""
ABOUT: Final = "currentUser {id username}"
ABOUT_PROJECT: Final = "id fullPath"
Query = Mapping[str, str | int | Sequence[str | int]]


@dataclass(frozen=True, slots=True)
class Me:
    """Who we are, and where."""

    username: str
    id: int
    project: int


class Unknown(EdgeFailed):
    """This GitLab, by its age or tier, does not know something that was asked for."""


class Connection:
    """Asks GitLab about one project. `tell` gets a sentence when something must be waited for.

    `enter` is called when something is asked for the first time: what needs no forge needs no token either.
    """

    def __init__(
        self,
        enter: Callable[[], Gitlab],
        place: GitLabPlace,
        tell: Callable[[str], None],
        limits: Limits = STANDARD,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.place = place
        self.tell = tell
        self._enter = enter
        self._client: Gitlab | None = None
        self._last: list[requests.Response] = []
        self._sender = Sender(Words(place), place, tell, limits, sleep)
        self._me: Me | None = None

    @property
    def _gitlab(self) -> Gitlab:
        if self._client is None:
            self._client = self._enter()
            session = self._client.session
            session.max_redirects = 0
            session.hooks["response"].append(self._arrived)
        return self._client

    def _arrived(self, response: requests.Response, *_: Any, **__: Any) -> None:
        self._last[:] = [response]  # the client's own errors hold no headers

    @property
    def me(self) -> Me:
        """Who we are."""
        if self._me is None:
            self.query(f"query($path: ID!) {{{ABOUT} project(fullPath: $path) {{{ABOUT_PROJECT}}}}}", "ask who we are")
        if self._me is None:
            raise Rejected(f"{self.place}: GitLab does not say who we are", RIGHTS)
        return self._me

    @property
    def identity(self) -> str:
        """Our username."""
        return self.me.username

    def _learn(self, answer: Any) -> None:
        """Take note of what `ABOUT` and `ABOUT_PROJECT` say. Raises EdgeFailed when the project has another name."""
        user, project = answer.get("currentUser"), answer.get("project")
        if "project" in answer and project is None:
            raise NotThere(
                f"{self.place}: GitLab shows no such project", "Is the name right, and may this token see the project?"
            )
        if not project or "fullPath" not in project:
            return
        if project["fullPath"].casefold() != self.place.path.casefold():
            raise moved(self.place, project["fullPath"])
        if user is None and "currentUser" in answer:
            raise Rejected(f"{self.place}: GitLab does not accept the token", "Renew it, or give another.")
        if user is not None:
            self._me = Me(user["username"], number(user["id"]), number(project["id"]))

    # REST

    def get(self, path: str, doing: str, **query: str | int) -> Any:
        """Read one thing below the project. Raises NotThere, Rejected, EdgeFailed."""
        return self.ask("GET", self.place.api + path, doing, query).body

    def ask(self, method: str, path: str, doing: str, query: Query, body: Any = None, again: bool = True) -> Reply:
        """Ask for one path of the whole API, or a whole address."""
        return self._sender.send(doing, again, lambda: self._once(method, path, query, body))

    def every(self, path: str, doing: str, query: Query | None = None, whole: bool = False) -> Iterator[Any]:
        """Read a list to its end, by the addresses that GitLab gives; `whole`: the path is not below the project."""
        asked: Query = {**(query or {}), "per_page": PAGE}
        while True:
            reply = self.ask("GET", path if whole else self.place.api + path, doing, asked)
            yield from reply.body
            following = _next(reply.headers.get("link", ""))
            if following is None:
                return
            asked = parse_qs(urlsplit(following).query, keep_blank_values=True)

    def write(self, method: str, path: str, doing: str, body: Mapping[str, Any] | None, again: bool = False) -> Any:
        """Write below the project; `again`: doing it twice is doing it once.

        Raises Unsure when it may have been done, and as `get` does.
        """
        self._sender.pace()
        return self.ask(method, self.place.api + path, doing, {}, body, again).body

    # GraphQL

    def query(self, text: str, doing: str, /, **variables: Any) -> Any:
        """Ask a question of GraphQL, and give its data; `$path` is the project's.

        Raises NotThere, Rejected, Overloaded, EdgeFailed; Unknown when this GitLab has no such field.
        """
        asked = {"query": text, "variables": {"path": self.place.path, **variables} if "$path" in text else variables}
        body = self.ask("POST", f"{self.place.server}/api/graphql", doing, {}, asked).body or {}
        errors = errors_of(body)
        if errors:
            said = plain("; ".join(str(one.get("message", "")) for one in errors))
            what = f"{self.place}: {doing}: {said}"
            if all("doesn't exist" in str(one.get("message")) for one in errors):
                raise Unknown(what, "GitLab 17.8 or newer is needed.")
            if "complexity" in said:
                raise Overloaded(what)
            if "permission" in said:
                raise Rejected(what, RIGHTS)
            raise EdgeFailed(what)
        data = body.get("data") or {}
        self._learn(data)
        return data

    def _once(self, method: str, path: str, query: Query, body: Any) -> tuple[int, Mapping[str, str], object]:
        gitlab = self._gitlab  # which says so when the library is not there
        self._last.clear()
        import requests
        from gitlab.exceptions import GitlabError

        try:
            response = gitlab.http_request(
                method.lower(),
                path,
                dict(query),
                body,
                obey_rate_limit=False,
                retry_transient_errors=False,
                max_retries=0,
            )
        except requests.exceptions.TooManyRedirects:
            raise moved(self.place) from None
        except requests.exceptions.RequestException as error:
            raise broken(error, self.place, "GitLab", "REQUESTS_CA_BUNDLE or CI_SERVER_TLS_CA_FILE") from None
        except GitlabError:
            if not self._last:
                raise Broken("does not answer", sent=True) from None
            response = self._last[0]
        return response.status_code, {name.lower(): one for name, one in response.headers.items()}, response.content


def _next(link: str) -> str | None:
    """Give the address of the next page from a `Link` header."""
    for part in link.split(","):
        address, _, rest = part.strip().partition(">")
        if 'rel="next"' in rest:
            return address.removeprefix("<")
    return None


def number(gid: str | int) -> int:
    """Give the number in a global id: 7 for `gid://gitlab/User/7`."""
    return int(str(gid).rpartition("/")[2])


def parse_time(text: str) -> datetime:
    """Read a time of GitLab's."""
    return datetime.fromisoformat(text)
