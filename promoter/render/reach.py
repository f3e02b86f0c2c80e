"""Which paths of the commit a rendering reads: its cache key, and the files that it is given.

Invariants: what is not here is not exported, so a rendering that reads more fails instead of being stale; a path
below another one that is here whole is not named twice; submodules are refused, for their content is not in the commit.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from promoter.errors import RenderFailed
from promoter.render.tree import FILE, FOLDER, LINK, SUBMODULE, Entry, Found, Tree


class Reach:
    """Collects what one rendering reaches."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._ids: dict[str, str] = {}
        self._walked: set[str] = set()
        self.missing: set[str] = set()
        """Paths that were looked for and are not there: with them, it might render."""

    @property
    def inputs(self) -> Mapping[str, str]:
        """Give path -> object id, sorted; a folder stands for all in it."""
        folders = self._walked & self._ids.keys()
        return {path: self._ids[path] for path in sorted(self._ids) if not _covered(path, folders)}

    def find(self, folder: str, path: str, said: str) -> Found | None:
        """Find a path like `Tree.find`, and remember one that is not there."""
        found = self.tree.find(folder, path, said)
        if found is None:
            self.missing.add(posixpath.normpath(posixpath.join(folder, path)))
        return found

    def add(self, found: Found) -> None:
        """Take the file or whole folder, and the symlinks that led there."""
        self.add_links(found)
        self._take(found.path, found.entry)

    def add_links(self, found: Found) -> None:
        """Take only the symlinks that led to `found`."""
        for link in found.links:
            self._take(link, self.tree.entry(link))

    def add_folder(self, folder: str) -> None:
        """Take a canonical folder as a whole."""
        self._take(folder, self.tree.entry(folder))

    def add_root(self, folder: str) -> None:
        """Take a folder whose files are all named, without folders below that are rendered by themselves."""
        if not self.tree.has_nested_roots(folder):
            self.add_folder(folder)
            return
        for name, child in self.tree.children(folder).items():
            path = posixpath.join(folder, name)
            if child.kind != FOLDER or not self.tree.holds_roots(path):
                self._take(path, child)

    def _take(self, path: str, entry: Entry | None) -> None:
        if entry is None or path in self._ids:
            return
        self._ids[path] = entry.id
        self._check(path, entry)

    def _check(self, path: str, entry: Entry) -> None:
        """Look at everything that is taken with `path`: symlinks bring their targets along, submodules are refused."""
        if entry.kind == SUBMODULE:
            raise RenderFailed(f"{path} is a submodule", "Its files are not in this commit: vendor them.")
        if entry.kind == LINK:
            found = self.tree.follow(path)
            if found is not None and found.path not in self._ids:
                self.add(found)
        elif entry.kind == FOLDER and path not in self._walked:
            self._walked.add(path)
            for name, child in self.tree.children(path).items():
                if child.kind != FILE:
                    self._check(posixpath.join(path, name), child)


def _covered(path: str, folders: set[str]) -> bool:
    while path:
        path = path.rpartition("/")[0]
        if path in folders:
            return True
    return False
