"""The contract of a status reader: one kind of object, read into a `Report`.

A reader is one file in `readers/` and pure: it looks only at the object and at what `Look` lets it ask, so the same
reader serves saved files and an API server. `Look.related` is only asked after the object itself was read: objects
fetched on demand are never older than the report that they explain.

Relations are by content, never by ancestry: the revision that an object reports holds, at the slot, what is asked
for (`SAME`), something else (`OTHER`: behind, or moved on), or is not known here (`UNKNOWN`). So commits that left
the path alone count, and rewritten branches do not confuse.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol

from promoter.cluster.health import Report
from promoter.cluster.objects import GroupKind, Key, Object


class Relation(StrEnum):
    """How the content in a reported revision relates to the content that is asked for."""

    SAME = "same"
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Source:
    """Where an object delivers from."""

    repository: str = ""
    """URL as written; empty when it cannot be known here."""
    branch: str = ""
    """Empty: the repository's default branch, or not known."""
    path: str = ""
    """Normalised with `clean_path`: no leading `./`, no final slash, empty for the root."""


Related = Callable[[Key], Object | None]
"""Gives another object of the same cluster, None when it is not there."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a reader may ask."""

    relation: Callable[[str], Relation]
    """Of a revision, in the words in which it was reported."""
    of_slot: Callable[[Source], bool]
    """Whether a source is the slot that is asked about: for objects that deliver from several."""
    related: Related
    cluster: str
    """The name of the cluster that is asked about."""
    now: datetime


class Reader(Protocol):
    """Reads the objects of some kinds."""

    kinds: ClassVar[frozenset[GroupKind]]

    def sources(self, obj: Object, related: Related) -> tuple[Source, ...]:
        """Give where `obj` delivers from; nothing for workloads, which deliver nothing."""
        ...

    def read(self, obj: Object, look: Look) -> Report:
        """Judge `obj`; what cannot be known is `Health.UNKNOWN` with the reason, never an error."""
        ...


class DeliversNothing:
    """The sources of an object that is delivered, and delivers nothing itself."""

    def sources(self, obj: Object, related: Related) -> tuple[Source, ...]:
        """Give nothing."""
        del obj, related
        return ()


def clean_path(path: str) -> str:
    """Give `./apps//shop/` as `apps/shop`, the root as nothing."""
    return "/".join(part for part in path.split("/") if part not in ("", "."))
