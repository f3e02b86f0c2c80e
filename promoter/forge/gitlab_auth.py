"""Who we are to GitLab: a personal, group or project access token.

Invariants: a token is sent in the header `Authorization` to its own server and nowhere else; it never stands in a
message, a URL or an argument. A job's own token is not used: GitLab lets it read merge requests, but not write them.
Sources: "REST API authentication", "CI/CD job tokens", "Predefined CI/CD variables" (`CI_SERVER_TLS_CA_FILE`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from promoter.errors import EdgeFailed
from promoter.forge.gitlab_place import PUBLIC, GitLabPlace

if TYPE_CHECKING:
    from gitlab import Gitlab

OWN: Final = "PROMOTER_TOKEN"
JOB: Final = "CI_JOB_TOKEN"
_USUAL: Final = "GITLAB_TOKEN"
_LOCAL: Final = "Or keep pull requests in the repository itself: PROMOTER_FORGE=local."
_BUNDLES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "CI_SERVER_TLS_CA_FILE")


def find_token(place: GitLabPlace, env: Mapping[str, str]) -> str:
    """Give the token for the server of `place`; empty when there is none.

    `PROMOTER_TOKEN` is for whatever server the repository is on; `GITLAB_TOKEN` is for gitlab.com, or in a job for the
    server of the job.
    """
    if env.get(OWN):
        return env[OWN]
    jobs = urlsplit(env.get("CI_SERVER_URL") or f"https://{PUBLIC}").netloc
    return env.get(_USUAL, "") if urlsplit(place.server).netloc == jobs else ""


def way_in(place: GitLabPlace, env: Mapping[str, str], answer: float) -> Callable[[], Gitlab]:
    """Give the way in, which raises EdgeFailed when there is no token; `answer`: seconds that an answer may take."""

    def enter() -> Gitlab:
        try:
            import gitlab
        except ImportError:
            raise EdgeFailed(
                f"{place}: merge requests are on GitLab, whose client is not installed",
                f"Install it: pip install 'promoter[gitlab]'. {_LOCAL}",
            ) from None
        token = find_token(place, env)
        if not token and env.get(JOB):
            raise EdgeFailed(
                f"{place}: {JOB} may not write merge requests, comments and statuses, and there is no other token",
                f"Make a project access token (role Maintainer, scopes api and write_repository) and give it as {OWN}, "
                "a masked and protected variable.",
            )
        if not token:
            raise EdgeFailed(f"{place}: there is no token for GitLab", f"Set {OWN} or {_USUAL}. {_LOCAL}")
        return gitlab.Gitlab(
            place.server,
            oauth_token=token,  # as which GitLab takes tokens of every kind
            timeout=answer,
            ssl_verify=next((env[name] for name in _BUNDLES if env.get(name)), True),
            user_agent="promoter",
            retry_transient_errors=False,  # it would send again what was done; see `retry`
        )

    return enter
