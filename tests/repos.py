"""Real repositories for tests: bare, on this disk, made in a millisecond."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from promoter.git.direct import Direct
from promoter.git.ref import RefUpdate
from promoter.git.repository import Repository
from promoter.git.store import FILE, Entry, Store
from promoter.model.names import Oid

KIM = ("Kim", "kim@example.com")
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""A Monday morning."""


def make_repo(path: Path, files: Mapping[str, str | bytes], branch: str = "main") -> Repository:
    """Make a bare repository at `path` whose `branch` holds one commit with `files`."""
    store = Store.create(path)
    repo = Repository(store, Direct(store), str(path))
    commit_files(repo, branch, files, "Start")
    return repo


def commit_files(
    repo: Repository,
    branch: str,
    changes: Mapping[str, str | bytes | None],
    message: str,
    author: tuple[str, str] = KIM,
    at: datetime = START,
) -> Oid:
    """Commit as a person: write (None: delete) files on top of `branch`, which is made when it does not exist."""
    ref = f"refs/heads/{branch}"
    old = repo.refs([ref]).get(ref)
    store = repo.store
    entries = {
        path: None if data is None else Entry(FILE, store.put_blob(data.encode() if isinstance(data, str) else data))
        for path, data in changes.items()
    }
    tree = store.edit_tree(store.commit(old).tree if old is not None else None, entries)
    new = store.put_commit(tree, [old] if old is not None else [], message, author, at)
    repo.update([RefUpdate(ref, old, new)])
    return new


def head(repo: Repository, branch: str = "main") -> Oid:
    """Give the commit at `branch`, which must exist."""
    return repo.refs([f"refs/heads/{branch}"])[f"refs/heads/{branch}"]


def tip(repo: Repository, branch: str) -> Oid | None:
    """Give the commit at `branch`, or None when there is no such branch."""
    ref = f"refs/heads/{branch}"
    return repo.refs([ref]).get(ref)
