"""Who we are to a registry: by variables that the config names, else by Docker's `config.json`.

Its form: https://docs.docker.com/reference/cli/docker/login/. Programs that hold credentials (`credsStore`,
`credHelpers`) are not run. Invariant: a password stands in no message.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from promoter.errors import EdgeFailed
from promoter.policy.image_name import HUB

_HUB_KEY = "https://index.docker.io/v1/"


@dataclass(frozen=True, slots=True)
class Login:
    """A name and a password, or token."""

    user: str
    password: str = field(repr=False)

    @property
    def basic(self) -> str:
        """The header `Authorization`."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()


def docker_login(registry: str, env: Mapping[str, str]) -> Login | None:
    """Give what Docker's `config.json` holds for `registry`; None: nothing. Raises EdgeFailed when it is unreadable."""
    home = env.get("DOCKER_CONFIG") or (f"{env['HOME']}/.docker" if env.get("HOME") else "")
    if not home:
        return None
    path = Path(home, "config.json")
    try:
        config = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise EdgeFailed(f"{path} cannot be read: {type(error).__name__}", "docker login writes it again") from None
    entry = _entry(config, registry)
    if entry is not None:
        login = _login(entry)
        if login is not None:
            return login
    helpers = config.get("credHelpers") if isinstance(config, dict) else None
    if isinstance(helpers, dict) and registry in helpers:
        raise EdgeFailed(
            f"{path} leaves {registry} to a program, which is not run",
            f"Name variables that hold the login: login: {{{registry}: {{user: NAME, password: VARIABLE}}}}",
        )
    return None


def _entry(config: Any, registry: str) -> Any:
    auths = config.get("auths") if isinstance(config, dict) else None
    if not isinstance(auths, dict):
        return None
    keys = [
        registry,
        f"https://{registry}",
        f"https://{registry}/",
        f"https://{registry}/v1/",
        f"https://{registry}/v2/",
    ]
    for key in [_HUB_KEY, *keys] if registry == HUB else keys:
        if key in auths:
            return auths[key]
    return None


def _login(entry: Any) -> Login | None:
    if not isinstance(entry, dict):
        return None
    user, password = entry.get("username"), entry.get("password")
    if isinstance(entry.get("auth"), str):
        try:
            text = base64.b64decode(entry["auth"], validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise EdgeFailed(
                "Docker's config.json holds an auth that cannot be read", "docker login writes it again"
            ) from None
        user, _, password = text.partition(":")
    if not isinstance(user, str) or not isinstance(password, str) or not user or not password:
        return None
    return Login(user, password)
