"""The files of one commit as a survey reads them: listed once, parsed when asked for."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import islice

from promoter.git.store import Store
from promoter.layout.search import is_yaml
from promoter.layout.yaml_tree import NotYaml, YamlFile, read
from promoter.model.names import Oid
from promoter.render.tree import Tree
from promoter.run.inputs import SourceTree

_REGULAR = frozenset({0o100644, 0o100755})


class Dry:
    """One tree of the dry branch."""

    def __init__(self, store: Store, tree: Oid) -> None:
        self.source = SourceTree(store, tree)
        self.rendered_from = Tree(self.source)
        """The same files as renderers read them."""
        self._parsed: dict[str, YamlFile | None] = {}

    @cached_property
    def files(self) -> dict[str, Oid]:
        """Path -> blob id of every regular file, in Git's order."""
        found = self.source.store.files(self.source.tree)
        return {path: entry.id for path, entry in found if entry.mode in _REGULAR}

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self.files)

    @cached_property
    def folders(self) -> frozenset[str]:
        """Every folder that holds a file, directly or below; the root is not among them."""
        found: set[str] = set()
        for path in self.files:
            folder = path.rpartition("/")[0]
            while folder and folder not in found:
                found.add(folder)
                folder = folder.rpartition("/")[0]
        return frozenset(found)

    @cached_property
    def _listing(self) -> dict[str, list[str]]:
        listing: dict[str, list[str]] = {}
        for folder in sorted(self.folders):
            parent, _, name = folder.rpartition("/")
            listing.setdefault(parent, []).append(name + "/")
        for path in self.files:
            parent, _, name = path.rpartition("/")
            listing.setdefault(parent, []).append(name)
        return listing

    def children(self, folder: str) -> list[str]:
        """Give the names in a folder (`""`: the root), folders with a `/` behind."""
        return self._listing.get(folder, [])

    def below(self, path: str) -> Iterator[str]:
        """Give the files at or below `path`."""
        if path in self.files:
            yield path
        prefix = f"{path}/" if path else ""
        for file in islice(self._sorted, bisect_left(self._sorted, prefix), None):
            if not file.startswith(prefix):
                return
            yield file

    def has(self, path: str) -> bool:
        """Tell whether `path` is a file or folder."""
        return path in self.files or path in self.folders or not path

    def read(self, path: str) -> bytes:
        """Give a file's bytes."""
        return self.source.store.blob(self.files[path])

    def text(self, path: str) -> str:
        """Give a file's text; what is not UTF-8 becomes replacement characters."""
        return self.read(path).decode("utf-8", "replace")

    def yaml(self, path: str) -> YamlFile | None:
        """Give a YAML file as a tree; None when it is none, or cannot be read."""
        if path not in self._parsed:
            tree = None
            if is_yaml(path):
                try:
                    tree = read(path, self.read(path))
                except NotYaml:
                    tree = None  # A template, or broken: what is in it is not found, and its renderer will say why.
            self._parsed[path] = tree
        return self._parsed[path]

    def loader(self) -> tuple[Callable[[str], bytes | None], Callable[[str], list[str]]]:
        """Give what `promoter.policy.load.load` reads with."""
        return lambda path: self.read(path) if path in self.files else None, self.children
