"""Addresses that gates ask: what may stand there, and how they are filled in."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from fnmatch import fnmatchcase
from typing import Final
from urllib.parse import quote, urlsplit

from promoter.model.ask import Ask
from promoter.model.names import release_name
from promoter.policy.scalars import said, template

PLACES: Final = ("app", "environment", "release", "version", "head", "dry")
"""What is filled in, as `{app}`."""
_PLACE = re.compile(r"\{(" + "|".join(PLACES) + r")\}")
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_HOST = re.compile(r"(?:[A-Za-z0-9*_.-]+|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")


def address(node: object) -> str:
    """Give a web address, a template over `PLACES` behind its host. Raises ValueError."""
    text = template(*PLACES)(node)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    del port  # reading it checks it
    if parts.scheme not in ("http", "https") or not parts.hostname or any(char.isspace() for char in text):
        raise ValueError(f"{text} is no web address; write for example https://prom.example")
    if "@" in parts.netloc:
        raise ValueError("holds a user name or password, which is public here; write token: NAME_OF_A_VARIABLE")
    if "*" in parts.netloc or not _HOST.fullmatch(parts.netloc):
        raise ValueError(f"{parts.netloc} is not one exact host")
    if parts.fragment:
        raise ValueError("has a #fragment, which no server sees")
    return text


def host_of(url: str) -> str:
    """Give `prom.example:9090`, in lower case."""
    return urlsplit(url).netloc.lower()


def allowed(host: str, hosts: Collection[str]) -> bool:
    """Tell whether `host` is one of `hosts`: exact, or by a glob pattern."""
    return any(fnmatchcase(host, one.lower()) for one in hosts)


def clear(url: str) -> bool:
    """Tell whether what is sent to `url` can be read on the way."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname not in _LOCAL


def host_pattern(node: object) -> str:
    """Give a host, `prom.example`, `prom.example:9090` or `*.acme.example`. Raises ValueError."""
    text = said(node)
    if not _HOST.fullmatch(text) or text.strip("*.") == "":
        raise ValueError(f"{text} is no host; write for example prom.example or *.acme.example")
    return text


def variable(node: object) -> str:
    """Give the name of an environment variable. Raises ValueError."""
    name = said(node)
    if not _VARIABLE.fullmatch(name):
        raise ValueError(f"{name} is not the name of a variable; its value stays where the run's job keeps it")
    return name


def in_address(text: str, ask: Ask) -> str:
    """Fill `text` in, as a part of an address."""
    return _PLACE.sub(lambda match: quote(_values(ask)[match[1]], safe=""), text)


def in_json(text: str, ask: Ask) -> str:
    """Fill `text` in, inside of strings of JSON."""
    return _PLACE.sub(lambda match: json.dumps(_values(ask)[match[1]])[1:-1], text)


def in_query(text: str, ask: Ask) -> str:
    """Fill `text` in, inside of double-quoted strings of a query."""
    return in_json(text, ask)


def _values(ask: Ask) -> dict[str, str]:
    return {
        "app": ask.app,
        "environment": ask.environment,
        "release": release_name(ask.release),
        "version": ask.version,
        "head": ask.head,
        "dry": ask.dry,
    }
