"""Where a Git address is on the web."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_SCP = re.compile(r"(?:[^/:@\s]+@)?([^/:@\s]+):(?!//)(\S+)")


def web_address(url: str, ssh: str) -> tuple[str, str] | None:
    """Give the web server that a Git address is on, and the path there; None: it is on none.

    `ssh`: how the name of a host begins that is there for SSH alone, `ssh.` before `github.com`.
    """
    if "://" not in url:
        found = _SCP.fullmatch(url)
        return (f"https://{found[1].lower()}", found[2]) if found else None
    parts = urlsplit(url)
    if not parts.hostname:
        return None
    if parts.scheme in ("http", "https"):
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}", parts.path
    if parts.scheme in ("ssh", "git+ssh", "git"):
        return f"https://{parts.hostname.removeprefix(ssh).lower()}", parts.path
    return None
