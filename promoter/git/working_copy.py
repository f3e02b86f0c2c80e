"""The working copy that a folder is in: where people edit files before they commit them. It is only looked at here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pygit2

from promoter.errors import EdgeFailed
from promoter.git.store import Store, unreadable
from promoter.model.names import Oid


@dataclass(frozen=True, slots=True)
class WorkingCopy:
    """A folder of files, and the commit that they were checked out from."""

    store: Store
    """The objects of this clone; its remote is not asked."""
    root: Path
    head: Oid
    branch: str
    """The branch that is checked out; empty when HEAD names a commit."""
    origin: str = ""
    """The address of the remote `origin`, or of the only one; empty when there is none."""


def working_copy(folder: Path) -> WorkingCopy | None:
    """Find the working copy that `folder` is in; None for a bare repository and for what is no folder of one.

    Raises EdgeFailed when it cannot be read, or has no commit yet.
    """
    if not folder.is_dir():
        return None
    try:
        found = pygit2.discover_repository(str(folder))
    except pygit2.GitError as error:
        raise unreadable(folder, error) from error
    if found is None:
        return None
    store = Store(Path(found))
    root = store.repo.workdir
    if store.repo.is_bare or root is None:
        return None
    if store.repo.head_is_unborn:
        raise EdgeFailed(f"{root} has no commit yet", "Commit what is there first: it is what is looked at.")
    branch = "" if store.repo.head_is_detached else str(store.repo.head.shorthand)
    names = list(store.repo.remotes.names())
    remote = "origin" if "origin" in names else names[0] if len(names) == 1 else ""
    origin = str(store.repo.remotes[remote].url) if remote else ""
    return WorkingCopy(store, Path(root), Oid(str(store.repo.head.target)), branch, origin)
