"""Where a repository is, as text: what a person may see of it, and what must stay secret.

Forms as in `git help fetch`, "GIT URLS".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from promoter.errors import EdgeFailed

_SCP = re.compile(r"(?:[^/:@\s]+@)?[^/:@\s]{2,}:(?!//)\S")
_USERINFO = re.compile(r"(?<=://)[^/\s'\"]+@")


@dataclass(frozen=True, slots=True)
class Address:
    """A URL without its password."""

    url: str
    username: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"Address({mask(self.url)!r})"

    @property
    def origin(self) -> str:
        """`https://host:port` of a web address, the scope of a credential; "" for other kinds."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.scheme in ("http", "https") else ""


def is_url(where: str) -> bool:
    """Tell whether `where` is a URL or `host:path`, rather than a path on this disk."""
    return "://" in where or (_SCP.match(where) is not None and "\\" not in where)


def split_secret(url: str) -> Address:
    """Take the password out of a web address, and the user name with it; other addresses stay as they are.

    Raises EdgeFailed for what only looks like a URL.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise EdgeFailed(f"{mask(url)!r} is not a URL: {error}") from error
    if parts.scheme not in ("http", "https") or "@" not in parts.netloc:
        return Address(url)
    userinfo, _, host = parts.netloc.rpartition("@")
    name, _, password = userinfo.partition(":")
    if not password:  # https://TOKEN@host: the lone word may well be a token
        name, password = "x-access-token", name
    return Address(parts._replace(netloc=host).geturl(), unquote(name), unquote(password))


def mask(text: str) -> str:
    """Give `text` (a URL, or a message with URLs in it) without user names and passwords of URLs."""
    return _USERINFO.sub("***@", text)
