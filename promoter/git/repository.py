"""A repository as the rest of promoter sees it: objects at hand, refs to read and to swap, wherever it is.

Invariant: a working copy is only a way to find the repository; its files, its index and the branch that is checked out
in it are never touched, and that it is shallow or that its HEAD is detached does not matter.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pygit2

from promoter.errors import EdgeFailed
from promoter.git.direct import Direct
from promoter.git.program import Program
from promoter.git.ref import RefUpdate
from promoter.git.remote import Remote
from promoter.git.store import Store, unreadable
from promoter.git.url import is_url, mask, split_secret
from promoter.model.names import Branch, Oid


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

    def default_branch(self) -> Branch:
        """Give the branch that HEAD means. Raises EdgeFailed when the repository has no commit yet."""
        branch = self.remote.default_branch()
        if branch is None:
            raise EdgeFailed(
                f"{self.url} has no default branch",
                "Is it empty, or is its HEAD detached? Push a first commit, or name the branch: --branch",
            )
        return Branch(branch)

    def fetch(self, wants: Sequence[str], folders: Iterable[tuple[Oid, str]] = ()) -> None:
        """Bring commits (ids or full ref names), then in one batch the files of each (tree, path) of `folders`.

        A path may name one file, too. Without `folders`, file contents come one by one when they are read. Raises
        EdgeFailed.
        """
        if wants:
            self.remote.fetch(wants)
        absent = self.store.missing(folders)
        if absent:
            self.remote.fetch_blobs(absent)


def open_repository(where: str | Path, cache: Path, env: Mapping[str, str] | None = None) -> Repository:
    """Open the repository at `where`: a URL, a bare repository, or any folder of a working copy.

    A working copy stands for its `origin`, or for itself when it has no remote. What comes over a network is kept below
    the folder `cache`. `env` (None: our own) may hold a credential, see `promoter.git.credential`. Nothing
    is reached over the network yet. Raises EdgeFailed when there is no such repository.
    """
    env = os.environ if env is None else env
    if isinstance(where, str) and is_url(where):
        return _elsewhere(where, cache, env)
    store = _find(Path(where))
    if store.repo.is_bare:
        return Repository(store, Direct(store), str(store.path))
    origin = _origin(store)
    if origin is None:
        return Repository(store, Direct(store), str(store.path))
    if is_url(origin):
        return _elsewhere(origin, cache, env)
    found = _find(Path(store.repo.workdir or store.path, origin))
    return Repository(found, Direct(found), str(found.path))


def _elsewhere(url: str, cache: Path, env: Mapping[str, str]) -> Repository:
    address = split_secret(url)
    name = hashlib.sha256(address.url.encode()).hexdigest()[:32]
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EdgeFailed(f"cannot make the folder {cache} for what is fetched: {error}") from error
    store = Store.create(cache / f"{name}.git")
    return Repository(store, Program(store, url, env), mask(address.url))


def _find(folder: Path) -> Store:
    """Open the repository that `folder` is, or is in."""
    if not folder.exists():
        raise EdgeFailed(f"there is no folder {folder}", "Name a folder in a Git repository, or a URL.")
    try:
        found = pygit2.discover_repository(str(folder))
    except pygit2.GitError as error:
        raise unreadable(folder, error) from error
    if found is None:
        raise EdgeFailed(f"{folder} is not in a Git repository", "Run this in one, or name it; `git init` makes one.")
    path = Path(found)
    common = path / "commondir"  # a linked working copy has its refs elsewhere (git help gitrepository-layout)
    return Store((path / common.read_text("utf-8").strip()).resolve() if common.exists() else path)


def _origin(store: Store) -> str | None:
    """Give the address of `origin`, or of the only remote; None when there is no remote."""
    names = list(store.repo.remotes.names())
    if not names:
        return None
    if "origin" not in names and len(names) > 1:
        raise EdgeFailed(
            f"{store.path} has several remotes ({', '.join(names)}), and none is called origin",
            "Name the URL of the one that is meant.",
        )
    return str(store.repo.remotes["origin" if "origin" in names else names[0]].url)
