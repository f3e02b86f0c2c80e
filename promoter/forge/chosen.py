"""Which forge a repository's pull requests are on, by its URL and the environment.

A forge's library is imported only when the forge is chosen. Paths and unknown servers have the local forge.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promoter.errors import EdgeFailed, Rejected, UsageError
from promoter.forge.github import GitHubForge
from promoter.forge.github_auth import APP_ID, OWN, find_app, find_token
from promoter.forge.github_connection import Connection, Door
from promoter.forge.github_place import GitHubPlace, find_place
from promoter.forge.gitlab import GitLabForge
from promoter.forge.gitlab_auth import find_token as find_gitlab_token
from promoter.forge.gitlab_auth import way_in
from promoter.forge.gitlab_place import GitLabPlace
from promoter.forge.gitlab_place import find_place as find_gitlab
from promoter.forge.port import Forge
from promoter.forge.retry import STANDARD, Limits, NotThere

if TYPE_CHECKING:
    from github.Auth import AppAuth
    from github.Requester import Requester

_LOCAL = "Or keep pull requests in the repository itself: PROMOTER_FORGE=local."
_OF_APP = "ghs_"
"""How the tokens of apps begin: "About authentication to GitHub", token formats."""
FORGES = ("github", "gitlab", "local")
"""What `PROMOTER_FORGE` may say."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A forge, and what Git needs to know of it."""

    forge: Forge
    password: Callable[[], str]
    """Gives the token by which Git reaches the same repository over HTTP; empty: none is known."""
    name: str
    """One of `FORGES`."""


def forge_for(url: str, env: Mapping[str, str], tell: Callable[[str], None] | None = None) -> Chosen | None:
    """Give the forge of the repository at `url`; None: the local one.

    `tell` gets sentences for people about what is waited for; standard error without it. Raises UsageError for a
    forge that is unknown.
    """
    said = env.get("PROMOTER_FORGE", "")
    if said not in ("", *FORGES):
        raise UsageError(f"PROMOTER_FORGE is {said!r}", f"One of {', '.join(FORGES)}.")
    if said == "local":
        return None
    if said in ("", "github"):
        place = find_place(url, env)
        if place is not None:
            return connect_github(place, env, tell or _to_stderr)
    if said in ("", "gitlab"):
        project = find_gitlab(url, env)
        if project is not None:
            return connect_gitlab(project, env, tell or _to_stderr)
    if said:
        raise UsageError(f"PROMOTER_FORGE is {said}, but the repository's URL names no owner and repository")
    return None


def connect_gitlab(
    place: GitLabPlace,
    env: Mapping[str, str],
    tell: Callable[[str], None],
    limits: Limits = STANDARD,
    sleep: Callable[[float], None] = time.sleep,
) -> Chosen:
    """Give GitLab as the forge. Nothing is looked for, imported or sent before something is asked."""
    forge = GitLabForge(way_in(place, env, limits.answer), place, tell, limits, sleep)
    return Chosen(forge, lambda: find_gitlab_token(place, env), "gitlab")


def connect_github(
    place: GitHubPlace,
    env: Mapping[str, str],
    tell: Callable[[str], None],
    limits: Limits = STANDARD,
    sleep: Callable[[float], None] = time.sleep,
) -> Chosen:
    """Give GitHub as the forge. Nothing is looked for, imported or sent before something is asked."""
    way = _Way(place, env, tell, limits)
    return Chosen(GitHubForge(way.enter, place, tell, limits, sleep), way.password, "github")


class _Way:
    """The way into GitHub that the environment describes."""

    def __init__(self, place: GitHubPlace, env: Mapping[str, str], tell: Callable[[str], None], limits: Limits) -> None:
        self._place, self._env, self._tell, self._limits = place, env, tell, limits
        self._made: tuple[Any, str] | None = None
        self._granted: Mapping[str, str] | None = None

    def enter(self) -> Door:
        """Give the way in. Raises EdgeFailed when there is no token, Rejected when the App is not installed here."""
        auth, identity = self._auth()
        is_app = find_token(self._place, self._env).startswith(_OF_APP)
        return Door(self._requester(auth), identity, is_app, self._granted)

    def password(self) -> str:
        """Give a token for Git; empty when there is none."""
        if self._env.get(APP_ID):
            auth, _ = self._auth()
            self._requester(auth)  # which mints the tokens
            return str(auth.token)
        return find_token(self._place, self._env)

    def _auth(self) -> tuple[Any, str]:
        """Give how we authenticate, and as whom where that is known."""
        if self._made is None:
            try:
                import github.Auth
            except ImportError:
                raise EdgeFailed(
                    f"{self._place}: pull requests are on GitHub, whose client is not installed",
                    f"Install it: pip install 'promoter[github]'. {_LOCAL}",
                ) from None
            app = find_app(self._env)
            token = find_token(self._place, self._env)
            if app is None and not token:
                raise EdgeFailed(
                    f"{self._place}: there is no token for GitHub",
                    f"Set {OWN}, GITHUB_TOKEN or GH_TOKEN, or the variables of an App. {_LOCAL}",
                )
            self._made = self._installed(app) if app is not None else (github.Auth.Token(token), "")
        return self._made

    def _installed(self, app: AppAuth) -> tuple[Any, str]:
        """Find the App's installation on the repository."""
        asked = Connection(lambda: Door(self._requester(app)), self._place, self._tell, self._limits)
        try:
            found = asked.get("/installation", "find the App's installation")
        except (NotThere, Rejected) as error:
            raise Rejected(
                error.message, f"Is {APP_ID} the App's id, the key one of its keys, and is it installed here?"
            ) from None
        self._granted = found["permissions"]
        return _masking(app.get_installation_auth(found["id"]), self._env), f"{found['app_slug']}[bot]"

    def _requester(self, auth: Any) -> Requester:
        import github

        # PyGithub's own retries send again a POST that was done; see `github_connection`.
        made = github.Github(
            auth=auth,
            base_url=self._place.api,
            timeout=int(self._limits.answer),
            user_agent="promoter",
            verify=self._env.get("REQUESTS_CA_BUNDLE") or self._env.get("CURL_CA_BUNDLE") or True,
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            api_version="2022-11-28",
        )
        return made.requester


def _masking(auth: Any, env: Mapping[str, str]) -> Any:
    """Let a job's log hide every token that is minted; its runner reads that from either output."""
    if env.get("GITHUB_ACTIONS") != "true":
        return auth
    mint = auth._get_installation_authorization

    def masked() -> Any:
        made = mint()
        sys.stderr.write(f"::add-mask::{made.token}\n")
        sys.stderr.flush()
        return made

    auth._get_installation_authorization = masked
    return auth


def _to_stderr(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
