"""What a source is let see of its clusters: for what explains access, never for a verdict."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from promoter.cluster.objects import GroupKind
from promoter.cluster.place import Place


@dataclass(frozen=True, slots=True)
class Access:
    """What one API server lets one identity do."""

    where: str
    """For people: `context eu-1`."""
    clusters: tuple[str, ...]
    """What the config calls it."""
    trouble: str = ""
    """Why it cannot be asked at all; the rest is empty then."""
    fix: str = ""
    """What to do about that."""
    absent: frozenset[GroupKind] = frozenset()
    """Kinds that it does not serve."""
    forbidden: tuple[GroupKind, ...] = ()
    """Kinds that may not be listed."""
    missing: str = ""
    """The rules that would allow it, as RBAC writes them."""
    broken: tuple[str, ...] = ()
    """What else went wrong, a sentence each."""
    skew: timedelta | None = None
    """How far its clock is ahead of ours; None when it does not tell the time."""


@runtime_checkable
class AccessSource(Protocol):
    """A source that can tell what it is let see."""

    def access(
        self, places: Collection[Place], kinds: Collection[GroupKind], clock: Callable[[], datetime]
    ) -> Sequence[Access]:
        """Try every server of `places` for every one of `kinds`; `clock` is this machine's."""
        ...
