"""One commit's files, read safely.

Invariants: no path and no symlink leaves the commit; every answer is a canonical path without symlinks in it. May be
shared by threads.
"""

from __future__ import annotations

import posixpath
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from promoter.errors import RenderFailed
from promoter.render.port import Source

FILE = 0o100000
LINK = 0o120000
FOLDER = 0o040000
SUBMODULE = 0o160000
_KIND = 0o170000
_MOST_LINKS = 40

ROOT_FILES = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization", "Chart.yaml", "render.yaml"})
"""A folder with one of these is rendered by itself; what stands above it does not take it for its own."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, folder, symlink or submodule: its Git mode and object id."""

    mode: int
    id: str

    @property
    def kind(self) -> int:
        """Give FILE, FOLDER, LINK or SUBMODULE."""
        return self.mode & _KIND


@dataclass(frozen=True, slots=True)
class Found:
    """Where a path leads: `path` is canonical, `links` are the symlinks on the way."""

    path: str
    entry: Entry
    links: tuple[str, ...] = ()


class Tree:
    """Remembers what it read of a `Source`, and lets one thread at a time ask it."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._lock = threading.RLock()
        self._children: dict[str, Mapping[str, Entry]] = {}
        self._roots: dict[str, bool] = {}

    def children(self, folder: str) -> Mapping[str, Entry]:
        """Give the entries of a canonical folder by name, in Git's order; empty when it is none."""
        with self._lock:
            known = self._children.get(folder)
            if known is None:
                known = {name: Entry(mode, oid) for name, mode, oid in self._source.children(folder)}
                for name in known:
                    if not name or name in (".", "..") or "/" in name or "\0" in name:
                        raise RenderFailed(f"{folder or 'the root'}: holds an entry that no file can have: {name!r}")
                self._children[folder] = known
            return known

    def entry(self, path: str) -> Entry | None:
        """Give what stands at a canonical path; symlinks are not followed."""
        if not path:
            with self._lock:
                root = self._source.id("")
            return Entry(FOLDER, root) if root else None
        parent, _, name = path.rpartition("/")
        return self.children(parent).get(name)

    def read(self, path: str) -> bytes:
        """Read the file at a canonical path, or a symlink's target. Raises RenderFailed when there is none."""
        with self._lock:
            data = self._source.read(path)
        if data is None:
            raise RenderFailed(f"{path} is not a file in this commit")
        return data

    def find(self, folder: str, path: str, said: str) -> Found | None:
        """Follow `path` from a canonical folder; None when nothing stands there.

        `said` names who asks, for the message. Raises RenderFailed when the path, or a symlink on it, is absolute,
        leaves the commit, or goes round in circles.
        """
        if path.startswith("/"):
            raise RenderFailed(f"{said} names the absolute path {path}", "Paths start at the file that names them.")
        if _leaves(posixpath.join(folder, path)):
            raise _outside(said, path)
        done = [part for part in folder.split("/") if part]
        todo = deque(part for part in path.split("/") if part not in ("", "."))
        links: list[str] = []
        while todo:
            part = todo.popleft()
            if part == "..":
                if not done:
                    raise _outside(said, path)
                done.pop()
                continue
            here = "/".join([*done, part])
            entry = self.entry(here)
            if entry is None:
                return None
            if entry.kind == LINK:
                links.append(here)
                if len(links) > _MOST_LINKS:
                    raise RenderFailed(f"{said} names {path}, whose symlinks go round in circles")
                todo.extendleft(reversed(self._target(here)))
            else:
                done.append(part)
        where = "/".join(done)
        found = self.entry(where)
        return None if found is None else Found(where, found, tuple(links))

    def follow(self, link: str) -> Found | None:
        """Follow the symlink at a canonical path; None when it dangles inside the commit. Raises like `find`."""
        parent, _, name = link.rpartition("/")
        return self.find(parent, name, f"the symlink {link}")

    def holds_roots(self, folder: str) -> bool:
        """Tell whether a folder, or one below it, is rendered by itself (`ROOT_FILES`)."""
        known = self._roots.get(folder)
        if known is None:
            children = self.children(folder)
            known = not ROOT_FILES.isdisjoint(children) or self.has_nested_roots(folder)
            self._roots[folder] = known
        return known

    def has_nested_roots(self, folder: str) -> bool:
        """Tell whether a folder below `folder` is rendered by itself."""
        return any(
            entry.kind == FOLDER and self.holds_roots(posixpath.join(folder, name))
            for name, entry in self.children(folder).items()
        )

    def _target(self, link: str) -> list[str]:
        target = self.read(link).decode("utf-8", "surrogateescape")
        if target.startswith("/"):
            raise RenderFailed(f"the symlink {link} leaves the repository: it points to an absolute path")
        return [part for part in target.split("/") if part not in ("", ".")]


def _leaves(path: str) -> bool:
    clean = posixpath.normpath(path)
    return clean == ".." or clean.startswith("../")


def _outside(said: str, path: str) -> RenderFailed:
    return RenderFailed(f"{said} leaves the repository ({path})", "Only files of the same commit can be rendered.")
