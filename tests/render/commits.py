"""Commits to render from: real Git objects, made from a fixture or from files named in the test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from promoter.git.store import Entry, Store
from promoter.model.names import Oid
from promoter.policy.rules import Render
from promoter.render.hydrate import hydrate
from promoter.render.port import Previous, Rendered, RenderRequest
from promoter.render.program import Limits, Programs
from promoter.render.tree import FOLDER, LINK
from promoter.render.version import installed

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "fixtures" / "repos"
SEARCH = f"{ROOT / '.tools' / 'bin'}:/usr/local/bin:/usr/bin:/bin"
PROGRAMS = Programs(SEARCH)


class Commit:
    """A tree in a store, as `render.port.Source` wants it; counts what is read."""

    def __init__(self, store: Store, tree: Oid) -> None:
        self.store = store
        self.tree = tree

    def read(self, path: str) -> bytes | None:
        entry = self.store.entry(self.tree, path) if path else None
        return self.store.blob(entry.id) if entry is not None and entry.mode != FOLDER else None

    def children(self, path: str) -> Sequence[tuple[str, int, str]]:
        entry = self.store.entry(self.tree, path)
        if entry is None or not entry.is_tree:
            return []
        return [(name, child.mode, child.id) for name, child in self.store.children(self.tree, path)]

    def id(self, path: str) -> str | None:
        entry = self.store.entry(self.tree, path) if path else None
        return self.tree if not path else entry.id if entry else None

    def edited(self, changes: Mapping[str, str | bytes | Entry | None]) -> Commit:
        """Give a commit with files written, replaced or (None) removed."""
        return Commit(self.store, self.store.edit_tree(self.tree, _entries(self.store, changes)))


def commit(folder: Path, files: Mapping[str, str | bytes | Entry | None]) -> Commit:
    """Make a commit with `files` in a new store below `folder`."""
    store = Store.create(folder / "store.git")
    return Commit(store, store.edit_tree(None, _entries(store, files)))


def fixture(folder: Path, name: str) -> Commit:
    """Make a commit of a fixture repository."""
    root = FIXTURES / name
    return commit(
        folder, {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    )


def link(source: Commit | Store, target: str) -> Entry:
    """Give a symlink."""
    store = source.store if isinstance(source, Commit) else source
    return Entry(LINK, store.put_blob(target.encode()))


def program(source: Commit, text: str) -> Entry:
    """Give an executable file."""
    return Entry(0o100755, source.store.put_blob(text.encode()))


def version(name: str) -> str:
    """Give the version of a program that is here, as it says."""
    return next(installed(name, PROGRAMS)).version


def tools() -> Mapping[str, str]:
    """Give the exact versions that are here."""
    return {name: version(name) for name in ("kustomize", "helm")}


def request(
    path: str,
    kind: str = "auto",
    settings: Mapping[str, str | tuple[str, ...]] | None = None,
    *,
    app: str = "shop",
    environment: str = "dev",
) -> RenderRequest:
    """Wish for a rendering with the tools that are here."""
    return RenderRequest(app, environment, path, Render(kind, settings or {}), tools())


def render(source: Commit, wish: RenderRequest, *, limits: Limits | None = None) -> Rendered:
    """Render one wish; a failure is raised."""
    programs = Programs(SEARCH, limits) if limits else PROGRAMS
    result = hydrate(source, [wish], {}, programs=programs)[wish.app, wish.environment]
    if isinstance(result, Exception):
        raise result
    if not isinstance(result, Rendered):
        raise TypeError(f"{result} was not rendered")
    return result


def recorded(result: object) -> Previous:
    """Give what a release would remember of a rendering."""
    if not isinstance(result, Rendered):
        raise TypeError(f"{result} is not a rendering")
    return Previous(result.inputs, result.tools)


def _entries(store: Store, files: Mapping[str, str | bytes | Entry | None]) -> dict[str, Entry | None]:
    return {
        path: Entry(0o100644, store.put_blob(data.encode() if isinstance(data, str) else data))
        if isinstance(data, str | bytes)
        else data
        for path, data in files.items()
    }
