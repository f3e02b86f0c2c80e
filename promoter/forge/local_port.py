"""What the local forge needs of a repository: the shapes only, so that this edge imports no other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from promoter.model.names import Oid

BLOB = 0o100644
"""The mode of a plain file in a tree."""
TREE = 0o040000
"""The mode of a folder in a tree."""


class Node(NamedTuple):
    """An entry of a tree: mode and object id. A tuple, since merges compare them by the thousand."""

    mode: int
    id: Oid

    @property
    def is_tree(self) -> bool:
        """Tell whether this is a folder."""
        return self.mode == TREE

    @property
    def is_file(self) -> bool:
        """Tell whether this is a regular file."""
        return self.mode & 0o170000 == 0o100000


@dataclass(frozen=True, slots=True)
class Move:
    """One ref's part of an all-or-nothing update, from `old` to `new` (None: absent)."""

    ref: str
    old: Oid | None
    new: Oid | None


class Found(Protocol):
    """An entry of a tree as it was read."""

    @property
    def mode(self) -> int:
        """The Git file mode."""
        ...

    @property
    def id(self) -> Oid:
        """The object it names."""
        ...

    @property
    def is_file(self) -> bool:
        """Tell whether this is a regular file."""
        ...


class Written(Protocol):
    """A commit as it was read."""

    @property
    def id(self) -> Oid:
        """Its own id."""
        ...

    @property
    def tree(self) -> Oid:
        """Its tree."""
        ...

    @property
    def parents(self) -> Sequence[Oid]:
        """Its parents, first one first."""
        ...

    @property
    def message(self) -> str:
        """The whole message."""
        ...

    @property
    def author(self) -> str:
        """The author's name."""
        ...

    @property
    def email(self) -> str:
        """The author's address."""
        ...

    @property
    def at(self) -> datetime:
        """When it was made."""
        ...


class Objects(Protocol):
    """An object store on this machine."""

    @property
    def repo(self) -> Any:
        """The pygit2 repository that holds them, for merges of file contents."""
        ...

    def has(self, oid: Oid) -> bool:
        """Tell whether the object is here."""
        ...

    def commit(self, oid: Oid) -> Written:
        """Read a commit."""
        ...

    def blob(self, oid: Oid) -> bytes:
        """Read a blob."""
        ...

    def entry(self, tree: Oid, path: str) -> Found | None:
        """Find what stands at `path`."""
        ...

    def read(self, tree: Oid, path: str) -> bytes | None:
        """Read the file at `path`."""
        ...

    def children(self, tree: Oid, path: str = "") -> Sequence[tuple[str, Found]]:
        """List a folder."""
        ...

    def put_blob(self, data: bytes) -> Oid:
        """Write a blob."""
        ...

    def edit_tree(self, tree: Oid | None, changes: Mapping[str, Any]) -> Oid:
        """Write a tree that differs by `changes` (path -> `Node`, None deletes)."""
        ...

    def put_commit(self, tree: Oid, parents: Sequence[Oid], message: str, author: tuple[str, str], at: datetime) -> Oid:
        """Write a commit."""
        ...

    def is_ancestor(self, old: Oid, new: Oid) -> bool:
        """Tell whether `old` is `new` or stands in its history."""
        ...

    def history(
        self, tip: Oid, stop: Collection[Oid] = (), limit: int | None = None, first_parent: bool = False
    ) -> Iterable[Written]:
        """Walk the history, newest first."""
        ...


class Shared(Protocol):
    """A repository that others write too: its objects here, its refs wherever they are."""

    @property
    def store(self) -> Objects:
        """The objects on this machine."""
        ...

    def refs(self, prefixes: Sequence[str]) -> Mapping[str, Oid]:
        """Read all refs under `prefixes` at once."""
        ...

    def fetch(self, wants: Sequence[str], folders: Iterable[tuple[Oid, str]] = ()) -> None:
        """Bring these commits with their history, and the files below each (tree, path) of `folders`."""
        ...

    def update(self, updates: Sequence[Any]) -> None:
        """Make all moves or none. Raises LostRace when an old value differs, Rejected when refused."""
        ...
