"""Which forge a repository's pull requests are on, by its URL and the environment.

A forge's library is imported only when the forge is chosen. Paths and unknown servers have the local forge.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from promoter.errors import EdgeFailed, Rejected, UsageError
from promoter.forge.github_auth import APP_ID, OWN, find_app, find_token
from promoter.forge.github_connection import STANDARD, Limits
from promoter.forge.github_place import GitHubPlace, find_place
from promoter.forge.port import Forge

FORGES = ("github", "local")
"""What `PROMOTER_FORGE` may say."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A forge, and what Git needs to know of it."""

    forge: Forge
    password: Callable[[], str]
    """Gives the token by which Git reaches the same repository over HTTP."""


def forge_for(url: str, env: Mapping[str, str], tell: Callable[[str], None] | None = None) -> Chosen | None:
    """Give the forge of the repository at `url`; None: the local one.

    `tell` gets sentences for people about what is waited for; standard error without it. Raises UsageError for a
    forge that is unknown, EdgeFailed when it cannot be used.
    """
    said = env.get("PROMOTER_FORGE", "")
    if said not in ("", *FORGES):
        raise UsageError(f"PROMOTER_FORGE is {said!r}", f"One of {', '.join(FORGES)}.")
    if said == "local":
        return None
    place = find_place(url, env)
    if place is None:
        if said == "github":
            raise UsageError("PROMOTER_FORGE is github, but the repository's URL names no owner and repository")
        return None
    return connect_github(place, env, tell or _to_stderr)


def connect_github(
    place: GitHubPlace, env: Mapping[str, str], tell: Callable[[str], None], limits: Limits = STANDARD
) -> Chosen:
    """Connect to GitHub; nothing is sent, but an App's installation is looked up. Raises EdgeFailed."""
    try:
        import github
        import github.Auth
    except ImportError:
        raise EdgeFailed(
            f"{place}: pull requests are on GitHub, whose client is not installed",
            "Install it: pip install 'promoter[github]'. Or keep them in the repository itself: PROMOTER_FORGE=local.",
        ) from None
    from promoter.forge.github import GitHubForge

    def requester(auth: Any) -> Any:
        # PyGithub's own retries send a POST again that was done; see `github_connection`.
        made = github.Github(
            auth=auth,
            base_url=place.api,
            timeout=int(limits.answer),
            user_agent="promoter",
            per_page=100,
            verify=env.get("REQUESTS_CA_BUNDLE") or env.get("CURL_CA_BUNDLE") or True,
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            api_version="2022-11-28",
        )
        return made.requester

    app = find_app(env)
    if app is not None:
        lookup = GitHubForge(requester(app), place, tell, "app", limits)
        try:
            found = lookup.connection.get("/installation", "find the App's installation")
        except Rejected as error:
            raise Rejected(error.message, f"Is {APP_ID} the App's id, and the key one of its keys?") from None
        auth = app.get_installation_auth(found["id"])
        forge = GitHubForge(requester(_masking(auth, env)), place, tell, f"{found['app_slug']}[bot]", limits)
        return Chosen(forge, lambda: auth.token)
    token = find_token(place, env)
    if not token:
        raise EdgeFailed(
            f"{place}: there is no token for GitHub",
            f"Set {OWN}, GITHUB_TOKEN or GH_TOKEN, or the variables of an App; or keep pull requests in the "
            "repository itself: PROMOTER_FORGE=local.",
        )
    return Chosen(GitHubForge(requester(github.Auth.Token(token)), place, tell, "", limits), lambda: token)


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
