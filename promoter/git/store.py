"""The object database: reading and making blobs, trees and commits, without a working copy.

Invariants: objects are only ever added; a tree is changed only where the caller said; every folder is written once an
edit. Not for use by several threads at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final, NoReturn, Protocol

import pygit2
from pygit2.enums import ObjectType, SortMode

from promoter.errors import EdgeFailed, EditRefused
from promoter.git.commit import CommitInfo, format_commit, parse_commit
from promoter.git.signature import with_signature
from promoter.git.tree import (
    FILE,
    SUBMODULE,
    TREE,
    Entry,
    RawEntry,
    check_path,
    format_tree,
    from_entry,
    join_path,
    parse_tree,
    split_path,
    to_entry,
)
from promoter.model.names import Oid

__all__ = ["EMPTY_TREE", "FILE", "TREE", "CommitInfo", "Entry", "Store", "Supply"]

EMPTY_TREE = Oid("4b825dc642cb6eb9a060e54bf8d69288fbee4904")
KEPT_BYTES: Final = 16 << 20
"""How much of trees is kept read, counted in their bytes in Git."""

_READ_FAILED = (KeyError, ValueError, pygit2.GitError, OSError)


class Supply(Protocol):
    """Whoever can bring objects that the store was fetched without."""

    def __call__(self, ids: Collection[Oid]) -> None:
        """Bring the objects, in one batch. Raises EdgeFailed."""
        ...


class Store:
    """The objects of one repository on this machine."""

    def __init__(self, path: Path) -> None:
        """Open the repository whose Git folder is `path`. Raises EdgeFailed when there is none that can be read."""
        self.path = path
        self.supply: Supply | None = None
        """Set when blobs may be missing here that are on the other side."""
        self._trees: dict[Oid, Mapping[bytes, RawEntry]] = {}
        self._kept = 0
        try:
            self.repo: Any = pygit2.Repository(str(path), pygit2.enums.RepositoryOpenFlag.NO_SEARCH)
            """The pygit2 repository, for what only edges do (merging trees, swapping refs)."""
        except pygit2.GitError as error:
            raise unreadable(path, error) from error

    @classmethod
    def create(cls, path: Path) -> Store:
        """Make an empty bare repository at `path`, or open the one that is there."""
        try:
            pygit2.init_repository(str(path), bare=True, initial_head="main")
        except (pygit2.GitError, OSError) as error:
            raise EdgeFailed(f"cannot make a Git repository at {path}: {error}") from error
        return cls(path)

    def has(self, oid: Oid) -> bool:
        """Tell whether the object is here."""
        return oid in self.repo

    def commit(self, oid: Oid) -> CommitInfo:
        """Read a commit. Raises EdgeFailed when it is not here or is something else."""
        return parse_commit(oid, self._object(oid, ObjectType.COMMIT))

    def commit_bytes(self, oid: Oid) -> bytes:
        """Give a commit as it is stored, its signature too. Raises EdgeFailed."""
        return self._object(oid, ObjectType.COMMIT)

    def blob(self, oid: Oid) -> bytes:
        """Read a file's bytes, after bringing it when the store was fetched without it."""
        if self.supply is not None and oid not in self.repo:
            self.supply([oid])
        return self._object(oid, ObjectType.BLOB)

    def entry(self, tree: Oid, path: str) -> Entry | None:
        """Give what stands at `path` (root: "") in `tree`, or None."""
        found: RawEntry = (b"40000", bytes.fromhex(tree))
        for name in split_path(path):
            if found[0] != b"40000":
                return None
            below = self._tree(Oid(found[1].hex())).get(name)
            if below is None:
                return None
            found = below
        return to_entry(found)

    def read(self, tree: Oid, path: str) -> bytes | None:
        """Give the bytes of the regular file at `path`, or None when there is none."""
        found = self.entry(tree, path)
        return self.blob(found.id) if found is not None and found.is_file else None

    def children(self, tree: Oid, path: str = "") -> list[tuple[str, Entry]]:
        """Give names and entries of the folder at `path`, in Git's order; none when there is no such folder."""
        folder = self.entry(tree, path)
        if folder is None or not folder.is_tree:
            return []
        return [(join_path([name]), to_entry(raw)) for name, raw in self._tree(folder.id).items()]

    def files(self, tree: Oid, path: str = "") -> Iterator[tuple[str, Entry]]:
        """Give every file below the folder at `path`, sorted, by paths relative to it; symlinks and submodules too."""
        for name, entry in self.children(tree, path):
            if entry.is_tree:
                for below, file in self.files(entry.id):
                    yield f"{name}/{below}", file
            else:
                yield name, entry

    def missing(self, folders: Iterable[tuple[Oid, str]]) -> set[Oid]:
        """Give the files that are not here, of each (tree, path): the file there, or everything below the folder."""
        files: set[Oid] = set()
        for tree, path in folders:
            found = self.entry(tree, path)
            if found is None:
                continue
            below = [entry for _, entry in self.files(found.id)] if found.is_tree else [found]
            files.update(file.id for file in below if file.mode != SUBMODULE)
        return {oid for oid in files if oid not in self.repo}

    def put_blob(self, data: bytes) -> Oid:
        """Write a file's bytes."""
        return self._write(ObjectType.BLOB, data)

    def put_files(self, files: Mapping[str, bytes]) -> Oid:
        """Write a tree of regular files: path -> bytes."""
        return self.edit_tree(None, {path: Entry(FILE, self.put_blob(data)) for path, data in files.items()})

    def put_commit(
        self,
        tree: Oid,
        parents: Sequence[Oid],
        message: str,
        author: tuple[str, str],
        at: datetime,
        sign: Callable[[bytes], bytes] | None = None,
    ) -> Oid:
        """Write a commit by `author` (name, email), who is also the committer; the same input gives the same id.

        `sign` gives the signature of the commit's bytes. Raises EdgeFailed when the tree or a parent is not here.
        """
        for needed in (tree, *parents):
            if needed not in self.repo:
                self._fail(needed)
        data = format_commit(tree, parents, message, author, at)
        return self._write(ObjectType.COMMIT, with_signature(data, sign(data)) if sign is not None else data)

    def put_signed(self, data: bytes, signature: bytes) -> Oid:
        """Write a commit that somebody else made: the bytes that were signed, and the signature."""
        return self._write(ObjectType.COMMIT, with_signature(data, signature))

    def edit_tree(self, tree: Oid | None, changes: Mapping[str, Entry | None]) -> Oid:
        """Give `tree` with `changes`: path -> what shall stand there (a whole folder, too), None to delete it.

        A change below another one's path is made on top of it. Folders that become empty vanish. Deleting what is not
        there changes nothing. Raises EditRefused for a path that may not stand in a tree, or one below a file that
        stays; EdgeFailed when a new entry's object is not here.
        """
        root = _Node()
        for path, change in changes.items():
            check_path(path)
            if change is not None:
                self._check_entry(change)
            node = root
            for name in split_path(path):
                node = node.below.setdefault(name, _Node())
            node.change, node.is_changed = change, True
        return self._edit(tree, root, []) or self._write(ObjectType.TREE, b"")

    def without(self, tree: Oid, names: Collection[str], path: str = "") -> Oid:
        """Give the folder at `path` with `names` left out of its top level; the empty tree when there is no folder."""
        folder = self.entry(tree, path)
        if folder is None or not folder.is_tree:
            return self._write(ObjectType.TREE, b"")
        left_out = {name.encode("utf-8", "surrogateescape") for name in names}
        entries = self._tree(folder.id)
        kept = {name: raw for name, raw in entries.items() if name not in left_out}
        return folder.id if len(kept) == len(entries) else self._write(ObjectType.TREE, format_tree(kept))

    def is_ancestor(self, old: Oid, new: Oid) -> bool:
        """Tell whether `new` is `old` or comes after it."""
        for oid in (old, new):
            if oid not in self.repo:
                self._fail(oid)
        return old == new or bool(self.repo.descendant_of(new, old))

    def history(
        self, tip: Oid, stop: Collection[Oid] = (), limit: int | None = None, first_parent: bool = False
    ) -> Iterator[CommitInfo]:
        """Give `tip` and what came before it, newest first, without `stop` and what came before those."""
        try:
            walker = self.repo.walk(tip, SortMode.NONE)
            if first_parent:
                walker.simplify_first_parent()
            for oid in stop:
                walker.hide(oid)
            for commit in islice(walker, limit):
                yield self.commit(Oid(str(commit.id)))
        except _READ_FAILED as error:
            raise EdgeFailed(f"cannot read the history of {tip} in {self.path}: {error}") from error

    def _edit(self, tree: Oid | None, node: _Node, above: list[bytes]) -> Oid | None:
        """Write the folder `tree` with the changes below `node`; None when nothing is left of it."""
        entries = dict(self._tree(tree)) if tree is not None else {}
        for name, child in node.below.items():
            here = [*above, name]
            raw = entries.get(name)
            if child.is_changed:
                raw = from_entry(child.change) if child.change is not None else None
            if child.below:
                raw = self._edit_below(raw, child, here)
            if raw is None or (raw[0] == b"40000" and raw[1].hex() == EMPTY_TREE):
                entries.pop(name, None)
            else:
                entries[name] = raw
        return self._write(ObjectType.TREE, format_tree(entries)) if entries else None

    def _edit_below(self, raw: RawEntry | None, node: _Node, here: list[bytes]) -> RawEntry | None:
        if raw is not None and raw[0] != b"40000":
            if not node.adds:
                return raw
            raise EditRefused(f"{join_path(here)} is a file, so nothing can be put below it", "Delete the file first.")
        folder = self._edit(Oid(raw[1].hex()) if raw is not None else None, node, here)
        return (b"40000", bytes.fromhex(folder)) if folder is not None else None

    def _check_entry(self, entry: Entry) -> None:
        # A blob that was left out of a fetch may be moved without reading it.
        may_miss = entry.mode == SUBMODULE or (self.supply is not None and not entry.is_tree)
        if entry.id not in self.repo and not may_miss:
            self._fail(entry.id)

    def _tree(self, oid: Oid) -> Mapping[bytes, RawEntry]:
        found = self._trees.get(oid)
        if found is None:
            data = self._object(oid, ObjectType.TREE) if oid != EMPTY_TREE else b""
            self._kept += len(data)
            if self._kept > KEPT_BYTES:
                self._trees.clear()
                self._kept = len(data)
            try:
                found = self._trees[oid] = parse_tree(data)
            except ValueError as error:
                raise EdgeFailed(f"the tree {oid} in {self.path} is malformed") from error
        return found

    def _object(self, oid: Oid, kind: ObjectType) -> bytes:
        try:
            found, data = self.repo.read(oid)
        except _READ_FAILED as error:
            self._fail(oid, error)
        if found != kind:
            raise EdgeFailed(f"{oid} in {self.path} is not a {kind.name.lower()}")
        return bytes(data)

    def _write(self, kind: ObjectType, data: bytes) -> Oid:
        try:
            return Oid(str(self.repo.write(kind, data)))
        except (pygit2.GitError, OSError) as error:
            raise EdgeFailed(
                f"cannot write to the Git repository {self.path}: {error}",
                "Is the disk full, or the folder not yours to write? No branch was changed.",
            ) from error

    def _fail(self, oid: Oid, error: Exception | None = None) -> NoReturn:
        if error is None or isinstance(error, KeyError):
            raise EdgeFailed(f"the object {oid} is missing in {self.path}") from error
        raise EdgeFailed(f"cannot read the object {oid} in {self.path}: {error}") from error


class _Node:
    """The changes at one path, and those below it."""

    __slots__ = ("below", "change", "is_changed")

    def __init__(self) -> None:
        self.below: dict[bytes, _Node] = {}
        self.change: Entry | None = None
        self.is_changed = False

    @property
    def adds(self) -> bool:
        """Tell whether anything is put below."""
        return any(child.change is not None or child.adds for child in self.below.values())


def unreadable(path: Path, error: Exception) -> EdgeFailed:
    """Give the error for a Git folder that libgit2 does not open."""
    reason = str(error)
    if "object format" in reason or "objectformat" in reason:
        return EdgeFailed(
            f"{path} uses SHA-256 object ids, which promoter cannot read", "Use a repository with SHA-1 object ids."
        )
    if "not owned by" in reason:
        return EdgeFailed(f"{path} belongs to another user: {reason}", f"git config --global safe.directory {path}")
    return EdgeFailed(f"{path} is not a Git repository that can be read: {reason}")
