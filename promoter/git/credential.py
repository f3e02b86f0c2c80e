"""Which credential goes to which server.

Invariants: a secret is never an argument, never stands in a URL or a file of ours, and is offered to no other server
than the one it is for. It reaches git through the environment, by a credential helper that reads it there. Without a
secret, git's own credential helpers are asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from promoter.git.url import Address

USERNAME: Final = "PROMOTER_GIT_USERNAME"
PASSWORD: Final = "PROMOTER_GIT_PASSWORD"  # noqa: S105 - the name of a variable
"""A person may set these two; they go to the server that the URL names."""

_HELPER = f'!f() {{ test "$1" = get || exit 0; printf "username=%s\\npassword=%s\\n" "${USERNAME}" "${PASSWORD}"; }}; f'
_JOB_TOKENS = (  # variable, user name, variable with the server's address in a job, the address otherwise
    ("GH_TOKEN", "x-access-token", "GITHUB_SERVER_URL", "https://github.com"),
    ("GITHUB_TOKEN", "x-access-token", "GITHUB_SERVER_URL", "https://github.com"),
    ("GITLAB_TOKEN", "oauth2", "CI_SERVER_URL", "https://gitlab.com"),
)


def environment(address: Address, env: Mapping[str, str]) -> dict[str, str]:
    """Give `env` with the credential for `address`, when there is one: from the URL, by name, or a job's token."""
    name, password = _find(address, env)
    rest = {key: value for key, value in env.items() if key not in (USERNAME, PASSWORD)}
    return rest | ({USERNAME: name, PASSWORD: password} if password else {})


def options(address: Address, env: Mapping[str, str]) -> list[tuple[str, str]]:
    """Give git's config that offers the credential in `env` (made by `environment`) to `address`, and only there."""
    if PASSWORD not in env or not address.origin:
        return []
    # The empty value drops the helpers that were set up before, so that none of them stores our secret.
    return [("credential.helper", ""), (f"credential.{address.origin}.helper", _HELPER)]


def _find(address: Address, env: Mapping[str, str]) -> tuple[str, str]:
    if not address.origin:
        return "", ""
    if address.password:
        return address.username, address.password
    if env.get(PASSWORD):
        return env.get(USERNAME) or "x-access-token", env[PASSWORD]
    for variable, name, server, usual in _JOB_TOKENS:
        if env.get(variable) and address.origin == (env.get(server) or usual).rstrip("/"):
            return name, env[variable]
    return "", ""
