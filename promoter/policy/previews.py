"""The rules for previews: what they copy, what they are called, how long they stay, and what runs beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

EVENTS = ("create", "update", "archive", "restore", "cleanup")
"""What happens to a preview; `cleanup` is its end, by a person's word or by its age."""
HOOKS = tuple(f"{when} {event}" for event in EVENTS for when in ("before", "after"))
BRANCH = "environment/previews"


@dataclass(frozen=True, slots=True)
class Hook:
    """A program of the config repository with its arguments; `variables` are handed on by name."""

    run: tuple[str, ...]
    within: timedelta
    variables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Previews:
    """How previews are made."""

    source: str
    """The environment whose manifests are copied when none is named."""
    most: int = 20
    keep: timedelta = timedelta(days=14)
    name: str = "{app}-{preview}"
    """Template of the namespace."""
    hosts: str = "{preview}-{host}"
    """Template of a host."""
    keep_kinds: tuple[str, ...] = ("PersistentVolumeClaim",)
    """Kinds that an archived preview keeps."""
    branch: str = BRANCH
    hooks: Mapping[str, Hook] = field(default_factory=dict)
    """`after create` -> program."""
