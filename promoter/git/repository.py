"""A repository as the rest of promoter sees it: objects at hand, refs to read and to swap, wherever it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pygit2

from promoter.errors import EdgeFailed
from promoter.git.direct import Direct
from promoter.git.ref import RefUpdate
from promoter.git.remote import Remote
from promoter.git.store import Store
from promoter.model.names import Oid


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository: `store` holds objects on this machine, `remote` holds the refs."""

    store: Store
    remote: Remote
    url: str
    """Where it is, for people: without passwords."""

    def refs(self, prefixes: Sequence[str] = ("refs/",)) -> dict[str, Oid]:
        """Give full ref name -> id for refs whose name starts with one of `prefixes`; see `Remote.refs`."""
        return self.remote.refs(prefixes)

    def update(self, updates: Sequence[RefUpdate]) -> None:
        """Change all refs, or none, each from its `old` value; see `Remote.update`."""
        self.remote.update(updates)

    def fetch(self, wants: Sequence[str], folders: Iterable[tuple[Oid, str]] = ()) -> None:
        """Bring commits (ids or full ref names), then in one batch the files of each (tree, path) of `folders`.

        Without `folders`, file contents come one by one when they are read. Raises EdgeFailed.
        """
        if wants:
            self.remote.fetch(wants)
        absent = self.store.missing(folders)
        if absent:
            self.remote.fetch_blobs(absent)


def open_repository(where: str | Path, cache: Path) -> Repository:
    """Open the repository at `where`: a URL, a bare repository, or any folder of a working copy.

    What comes over a network is kept below the folder `cache`. Raises EdgeFailed.
    """
    found = pygit2.discover_repository(str(where))
    if found is None:
        raise EdgeFailed(f"{where} is not a Git repository")
    store = Store(Path(found))
    return Repository(store, Direct(store), str(where))
