"""What promoter asks of the place where a repository's refs stand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from promoter.git.ref import RefUpdate
from promoter.model.names import Oid


class Remote(Protocol):
    """The refs of one repository, and the objects they reach."""

    def refs(self, prefixes: Sequence[str] = ("refs/",)) -> dict[str, Oid]:
        """Give full ref name -> id for refs whose name starts with one of `prefixes`. Raises EdgeFailed."""
        ...

    def default_branch(self) -> str | None:
        """Give the name of the branch that HEAD means, or None when the repository has no branch yet."""
        ...

    def fetch(self, wants: Sequence[str]) -> None:
        """Bring commits (ids or full ref names) into the store, with their history and trees.

        File contents may stay away until they are read. Raises EdgeFailed when one cannot be had.
        """
        ...

    def fetch_blobs(self, ids: Collection[Oid]) -> None:
        """Bring file contents that `fetch` left away, in one batch. Raises EdgeFailed."""
        ...

    def update(self, updates: Sequence[RefUpdate]) -> None:
        """Change all refs, or none: each is compared with its `old` value and swapped.

        Raises LostRace when a ref is not what `old` says, Rejected when the other side refuses, EdgeFailed when it
        cannot be reached.
        """
        ...
