"""Identifiers as distinct types, and the rule for names that become refs, paths and words of commands."""

from __future__ import annotations

import re
from typing import NewType

Oid = NewType("Oid", str)
"""A Git object id, 40 hex digits."""
ContentId = NewType("ContentId", str)
"""What stands in a slot: a tree id for rendered slots, the id of the canonical values for slots edited in place."""
App = NewType("App", str)
Environment = NewType("Environment", str)
Branch = NewType("Branch", str)
"""A branch name without `refs/heads/`."""

NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?")
"""What an app or environment may be called: safe as a ref component, a path component and a word of a command."""

_RELEASE = re.compile(r"[rR]([0-9]{1,9})")


def is_name(text: str) -> bool:
    """Tell whether `text` may name an app or an environment."""
    return (
        NAME.fullmatch(text) is not None
        and ".." not in text
        and not text.endswith(".lock")
        and _RELEASE.fullmatch(text) is None
    )


def release_name(number: int) -> str:
    """Give the name of release `number` for people: `r41`."""
    return f"r{number}"


def parse_release(text: str) -> int | None:
    """Give the number in `r41`, or None when `text` is not a release name."""
    match = _RELEASE.fullmatch(text)
    return int(match.group(1)) if match else None
