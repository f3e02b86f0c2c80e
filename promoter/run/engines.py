"""Running programs that judge what is proposed by policies of the branch that people edit.

Invariants: the policies are never those of the judged change; a program sees no variable of ours, writes to nothing
that lasts, and ends when its time is over.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from promoter.cluster.objects import Object
from promoter.errors import EdgeFailed, PromoterError, RenderFailed
from promoter.git.store import Store
from promoter.model.ask import Reply
from promoter.model.names import Oid
from promoter.policy.objects.engines import Conftest, conftest_report
from promoter.policy.objects.judge import name_of
from promoter.render.export import export
from promoter.render.port import Unable
from promoter.render.program import Limits, Programs, Room
from promoter.render.tree import Tree
from promoter.render.version import tool
from promoter.run.inputs import SourceTree
from promoter.run.workspace import Workspace

SECONDS = 120.0
"""So long a program may take."""
_MOST_OUTPUT = 16 << 20
_CONTENT = "content"
_ADDRESS = re.compile(r" err:0x[0-9a-f]+")


class NotJudged(PromoterError):
    """The program did not judge."""


def engine(ws: Workspace, commit: Oid, objects: Sequence[Object], wanted: Conftest) -> Callable[[], Reply]:
    """Copy the policies that `wanted` names from `commit`, and `objects`, for the program.

    Raises EdgeFailed when there are no such policies, RenderFailed when they cannot be copied.
    """
    with ExitStack() as undone:
        folder = tempfile.TemporaryDirectory(prefix="promoter-")
        undone.callback(folder.cleanup)
        room = Room(Path(folder.name) / "source", Path(folder.name) / "scratch")
        names = {f"{_CONTENT}/{number:06}.json": name_of(obj) for number, obj in enumerate(objects)}
        (room.source / _CONTENT).mkdir(parents=True)
        for file, obj in zip(names, objects, strict=True):
            (room.source / file).write_text(json.dumps(obj), encoding="utf-8")
        policy = _copied(ws, commit, wanted.policy, "policy", room.source)
        data = _copied(ws, commit, wanted.data, "data", room.source)
        undone.pop_all()
    # Without the last, a rule that cannot be worked out would count as one that has nothing against it.
    arguments = ["test", "--no-color", "--no-fail", "--output=json", "--show-builtin-errors"]
    arguments += [f"--policy={place}" for place in policy] + [f"--data={place}" for place in data]
    arguments += [f"--namespace={name}" for name in wanted.namespaces]
    return _Finding(folder, room, (*arguments, _CONTENT), names, wanted, ws.config.tools, ws.path)


def _copied(ws: Workspace, commit: Oid, paths: Sequence[str], key: str, source: Path) -> list[str]:
    """Copy `paths` of the commit, each below a folder of its own, and give where they are below `source`."""
    store: Store = ws.repository.store
    tree = Tree(SourceTree(store, store.commit(commit).tree))
    places = []
    for number, path in enumerate(paths):
        entry = tree.entry(path)
        if entry is None:
            raise EdgeFailed(f"{path} does not exist on {ws.branch}", f"gates.manifests.conftest.{key} names it")
        place = f"{key}/{number}"
        (source / place).mkdir(parents=True)
        export(tree, {path: entry.id}, source / place)
        places.append(f"{place}/{path}")
    return places


@dataclass(frozen=True, slots=True)
class _Finding:
    """One program, ready to run."""

    folder: tempfile.TemporaryDirectory[str]
    room: Room
    arguments: Sequence[str]
    names: Mapping[str, str]
    wanted: Conftest
    tools: Mapping[str, str]
    search: str | None

    def __call__(self) -> Reply:
        """Run it, and remove the copies. Raises NotJudged."""
        programs = Programs(self.search, Limits(SECONDS, _MOST_OUTPUT))
        try:
            with self.folder:
                report = programs.run([self._path(programs), *self.arguments], self.room)
            return conftest_report(report, self.names, self.wanted)
        except ValueError as error:
            raise NotJudged(f"{self.wanted.program} {error}") from None
        except RenderFailed as error:
            # An address in memory is another one every time.
            raise NotJudged(_ADDRESS.sub("", error.message), error.hint) from None

    def _path(self, programs: Programs) -> str:
        name = self.wanted.program
        if name in self.tools:
            return tool(name, self.tools, programs).argv[0]
        path = programs.which(name)
        if path is None:
            raise Unable(f"{name} is not installed; gates.manifests needs it on PATH")
        return path
