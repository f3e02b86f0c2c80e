"""Writing what a rendering reaches into a folder of its own.

Invariants: exactly the inputs are written, with Git's modes; nothing is written through a symlink, and every symlink
stays inside the folder, because `Tree` hands out canonical paths and `Reach` has followed each link.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from pathlib import Path

from promoter.errors import RenderFailed
from promoter.render.tree import FOLDER, LINK, Entry, Tree

_EXECUTABLE = 0o100


def export(tree: Tree, inputs: Mapping[str, str], folder: Path) -> None:
    """Write `inputs` (path -> object id, as `Reach` gives them) below `folder`, which must exist and be empty."""
    for path, oid in inputs.items():
        entry = tree.entry(path)
        if entry is None or entry.id != oid:
            raise RenderFailed(f"{path} changed while it was rendered")
        _write(tree, path, entry, folder)


def _write(tree: Tree, path: str, entry: Entry, folder: Path) -> None:
    where = folder / path
    if entry.kind == FOLDER:
        where.mkdir(parents=True, exist_ok=True)
        for name, child in tree.children(path).items():
            _write(tree, posixpath.join(path, name), child, folder)
        return
    where.parent.mkdir(parents=True, exist_ok=True)
    if entry.kind == LINK:
        where.symlink_to(tree.read(path).decode("utf-8", "surrogateescape"))
        return
    where.write_bytes(tree.read(path))
    if entry.mode & _EXECUTABLE:
        where.chmod(0o755)
