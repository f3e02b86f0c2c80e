"""What promoter asks about what runs.

Invariant: a source that cannot answer gives `unknown` with the reason; it never raises for one cluster's sake and
never lets unknown look like success.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from promoter.cluster.objects import GroupKind, Object
from promoter.model.names import ContentId, Oid
from promoter.model.snapshot import ClusterLive, Slot


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question: does `cluster` run `content`, as it stands in `slot` since `commit`?"""

    slot: Slot
    cluster: str
    content: ContentId
    commit: Oid
    """The active branch's commit at which the content was found; later ones may hold the same."""
    since: datetime
    """When it became active: reports that are older say nothing about it."""
    images: tuple[str, ...] = ()
    """References that the release brought, `ghcr.io/acme/shop:1.4.2`; empty when not known."""
    object: str = ""
    """`Kind/namespace/name` when the config names the owner; else it is found by repository, branch and path."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What one cluster answered when it was asked for everything of some kinds."""

    cluster: str
    objects: tuple[Object, ...] = ()
    trouble: str = ""
    """Why it could not be read; with that, `objects` may be incomplete and proves nothing."""


ContentAt = Callable[[Slot, str], ContentId | None]
"""(slot, reported revision as 40 hex digits) -> the slot's content in that commit; None: the commit is not known."""


class LiveSource(Protocol):
    """One way to learn what runs."""

    def look(
        self, wanted: Sequence[Wanted], content_at: ContentAt, now: datetime
    ) -> Mapping[tuple[str, str, str], ClusterLive]:
        """Answer all questions in one pass: (app, environment, cluster) -> answer."""
        ...


@runtime_checkable
class ChangeSource(Protocol):
    """A source that can tell when it is time to look again."""

    def changed(self, clusters: Sequence[str], timeout: float) -> bool:
        """Wait until something changed that the last look at `clusters` read; False: nothing in `timeout` seconds."""
        ...


@runtime_checkable
class ObjectSource(Protocol):
    """A source that can hand over the objects themselves: for the inventory, and for what explains access."""

    def listed(self, clusters: Sequence[str], kinds: frozenset[GroupKind]) -> Sequence[Listed]:
        """Give the objects of `kinds` in every one of `clusters`, in that order; one that fails says why."""
        ...
