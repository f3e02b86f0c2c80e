"""Who we are to GitHub: a token, or a GitHub App whose installation on the repository is looked up.

Invariants: a token is sent in a header to its own server and nowhere else; it never stands in a message, a URL or an
argument. In a job of GitHub Actions what we mint is masked before anything else is printed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from promoter.errors import EdgeFailed
from promoter.forge.github_place import PUBLIC, GitHubPlace

if TYPE_CHECKING:
    from github.Auth import AppAuth

OWN: Final = "PROMOTER_TOKEN"
APP_ID: Final = "PROMOTER_GITHUB_APP_ID"
APP_KEY: Final = "PROMOTER_GITHUB_APP_PRIVATE_KEY"
"""The App's private key: the text of it, or the file that it is in."""
_JOB: Final = ("GH_TOKEN", "GITHUB_TOKEN")
_ENTERPRISE: Final = ("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")


def find_token(place: GitHubPlace, env: Mapping[str, str]) -> str:
    """Give the token for the server of `place`; empty when there is none.

    `PROMOTER_TOKEN` is for whatever server the repository is on; `GH_TOKEN` and `GITHUB_TOKEN` are for github.com, or
    in a job for the server of the job.
    """
    if env.get(OWN):
        return env[OWN]
    host = urlsplit(place.server).netloc
    jobs = urlsplit(env.get("GITHUB_SERVER_URL") or f"https://{PUBLIC}").netloc
    names = _JOB if host == jobs else () if host == PUBLIC else _ENTERPRISE
    return next((env[name] for name in names if env.get(name)), "")


def find_app(env: Mapping[str, str]) -> AppAuth | None:
    """Give the GitHub App that the environment names, if any. Raises EdgeFailed when its key cannot be read."""
    app, key = env.get(APP_ID, ""), env.get(APP_KEY, "")
    if not app:
        return None
    if not key:
        raise EdgeFailed(f"{APP_ID} is set, but {APP_KEY} is not", "Give the App's private key: its text, or its file.")
    from github.Auth import AppAuth
    from jwt import PyJWTError

    auth = AppAuth(app, _key(key))
    try:
        auth.create_jwt()
    except (PyJWTError, ValueError, TypeError):
        raise EdgeFailed(
            f"{APP_KEY} holds no private key", "Give the App's private key: its text, or its file."
        ) from None
    return auth


def _key(given: str) -> str:
    if "-----BEGIN" in given:
        # Secret stores often keep a key on one line.
        return given.replace("\\n", "\n")
    try:
        return Path(given).expanduser().read_text(encoding="ascii")
    except (OSError, ValueError):
        raise EdgeFailed(f"the file that {APP_KEY} names cannot be read", "Give the key itself, or its file.") from None
