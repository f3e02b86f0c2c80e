"""Running a program of the config repository: in a copy of the dry branch, beside a copy of what it judges.

Invariants: it sees no variable of ours that it is not handed; nothing of it is left when it has ended.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from promoter.errors import PromoterError
from promoter.git.store import Store
from promoter.model.names import Oid
from promoter.render.export import export
from promoter.render.program import Limits, Programs, Room
from promoter.render.tree import FILE, FOLDER, Tree
from promoter.run.inputs import SourceTree

_MOST_OUTPUT: Final = 1 << 20


class NotRunnable(PromoterError):
    """There is no such program."""


@dataclass(frozen=True, slots=True)
class Scratch:
    """Where a program runs, once."""

    folder: tempfile.TemporaryDirectory[str]
    room: Room
    program: str
    content: Path
    """The copy of what it judges."""

    def run(
        self, arguments: Sequence[str], within: timedelta, variables: Mapping[str, str], search: str | None
    ) -> bytes:
        """Run it, remove the copies, and give what it printed; `search`: the PATH. Raises RenderFailed, Unable."""
        programs = Programs(search, Limits(within.total_seconds(), _MOST_OUTPUT))
        with self.folder:
            return programs.run(
                [str(self.room.source / self.program), *arguments], self.room, offline=False, variables=variables
            )


def scratch(store: Store, dry: Oid, branch: str, program: str, judged: Oid, path: str) -> Scratch:
    """Copy all of the commit `dry` of `branch`, and what stands at `path` of the commit `judged`.

    Raises NotRunnable when `dry` holds no such executable file, EdgeFailed and RenderFailed.
    """
    tree = Tree(SourceTree(store, store.commit(dry).tree))
    found = tree.find("", program, "a program to run")
    if found is None:
        raise NotRunnable(f"{program} does not exist on {branch}")
    if found.entry.kind != FILE or not found.entry.mode & 0o100:
        raise NotRunnable(f"{program} is not an executable file", "git update-index --chmod=+x makes it one.")
    folder = tempfile.TemporaryDirectory(prefix="promoter-")
    room = Room(Path(folder.name) / "source", Path(folder.name) / "scratch")
    content = Path(folder.name) / "content"
    for place in (room.source, room.scratch, content):
        place.mkdir()
    _write(tree, "", room.source)
    _write(Tree(SourceTree(store, store.commit(judged).tree)), path, content)
    return Scratch(folder, room, program, content / path)


def _write(tree: Tree, path: str, folder: Path) -> None:
    entry = tree.entry(path)
    if entry is None:
        return
    if entry.kind != FOLDER:
        export(tree, {path: entry.id}, folder)
        return
    names = {f"{path}/{name}".lstrip("/"): child.id for name, child in tree.children(path).items()}
    export(tree, names, folder)
