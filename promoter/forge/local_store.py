"""Where the local forge keeps what no branch says: one ref of the repository itself, pushed and fetched like any other.

`refs/promoter/forge` is a chain of commits; `git log -p` of it is the forge's history. Its tree:
`pulls/<number>.json`, `comments/<number>.json`, `statuses/<first two digits>/<commit>.json`, `deployments.json`,
`filed.json`, `people.json` and `protection.json`.

Invariants: a write is one commit on the tip that was read, swapped in with compare-and-swap; a write that lost is made
again from a fresh read, so nobody's words are lost; a write that would change nothing writes nothing.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from promoter.errors import LostRace
from promoter.forge.local_port import BLOB, Move, Node, Shared
from promoter.forge.local_records import PullRecord, load, pull_record
from promoter.model.names import Branch, Oid

FORGE_REF = "refs/promoter/forge"
ATTEMPTS = 25
"""How often a write is made again after somebody else was faster."""
LONGEST_PAUSE = 0.05
"""Seconds; pauses between attempts are random, so that two writers do not keep step."""

KEPT = 50_000
"""How many documents are kept in memory after they were read."""

_HEADS = "refs/heads/"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Look:
    """The forge and all branches, read at one moment."""

    tip: Oid | None
    tree: Oid | None
    branches: Mapping[Branch, Oid]


@dataclass(frozen=True, slots=True)
class Change(Generic[T]):
    """What to write on top of one look, and what to tell the caller when that worked."""

    result: T
    files: Mapping[str, bytes] = field(default_factory=dict)
    moves: tuple[Move, ...] = ()
    """Refs that must move together with the forge's own."""


class ForgeStore:
    """Reads and writes of the forge's ref in one repository."""

    def __init__(self, repository: Shared) -> None:
        self.repository = repository
        self.objects = repository.store
        self._read: dict[tuple[str, Oid], Any] = {}
        self._heads: tuple[Oid, Mapping[Branch, tuple[PullRecord, ...]]] | None = None

    def look(self) -> Look:
        """Read the forge's tip and every branch at once; the forge's own files are then at hand."""
        refs = self.repository.refs((FORGE_REF, _HEADS))
        tip = refs.get(FORGE_REF)
        tree: Oid | None = None
        if tip is not None:
            if not self.objects.has(tip):
                self.repository.fetch((tip,))
                self.repository.fetch((), ((self.objects.commit(tip).tree, ""),))
            tree = self.objects.commit(tip).tree
        branches = {Branch(ref.removeprefix(_HEADS)): oid for ref, oid in refs.items() if ref.startswith(_HEADS)}
        return Look(tip, tree, branches)

    def bring(self, *commits: Oid | None) -> None:
        """Make commits of branches present, with their history."""
        absent = [oid for oid in dict.fromkeys(commits) if oid is not None and not self.objects.has(oid)]
        if absent:
            self.repository.fetch(absent)

    def read(self, look: Look, path: str, reader: Callable[[Any], T], otherwise: T) -> T:
        """Read one document; `otherwise` when there is none."""
        found = None if look.tree is None else self.objects.entry(look.tree, path)
        return otherwise if found is None else self._load(path, found.id, reader)

    def pulls(self, look: Look) -> Mapping[Branch, tuple[PullRecord, ...]]:
        """Read all pull requests: head branch -> from there, oldest first."""
        folder = None if look.tree is None else self.objects.entry(look.tree, "pulls")
        if folder is None:
            return {}
        if self._heads is None or self._heads[0] != folder.id:
            records = [
                self._load(f"pulls/{name}", one.id, pull_record) for name, one in self.objects.children(folder.id)
            ]
            found: dict[Branch, list[PullRecord]] = {}
            for record in sorted(records, key=lambda record: record.number):
                found.setdefault(record.head_branch, []).append(record)
            self._heads = (folder.id, {head: tuple(pulls) for head, pulls in found.items()})
        return self._heads[1]

    def write(self, why: str, user: str, now: datetime | None, plan: Callable[[Look], Change[T]]) -> T:
        """Do what `plan` makes of a fresh look, as one commit by `user`; give its result.

        `now` None: the time of the last write. Raises LostRace when others were faster every time, and whatever
        `plan` and the repository raise.
        """
        lost: LostRace | None = None
        for attempt in range(ATTEMPTS):
            if lost is not None:
                _pause(attempt)
            look = self.look()
            change = plan(look)
            moves = self._moves(look, change, why, user, now)
            if not moves:
                return change.result
            try:
                self.repository.update(moves)
            except LostRace as error:
                lost = error
            else:
                return change.result
        raise LostRace(f"{why}: others kept writing to the local forge ({ATTEMPTS} attempts)", "run it again") from lost

    def _moves(self, look: Look, change: Change[T], why: str, user: str, now: datetime | None) -> list[Move]:
        nodes = {path: Node(BLOB, self.objects.put_blob(data)) for path, data in change.files.items()}
        tree = self.objects.edit_tree(look.tree, nodes) if nodes else look.tree
        moves = list(change.moves)
        if tree is not None and tree != look.tree:
            at = now or (self.objects.commit(look.tip).at if look.tip else None)
            if at is None:
                raise ValueError("the first write of a forge needs a time")
            parents = () if look.tip is None else (look.tip,)
            tip = self.objects.put_commit(tree, parents, why + "\n", signature(user), at)
            moves.append(Move(FORGE_REF, look.tip, tip))
        return moves

    def _load(self, path: str, blob: Oid, reader: Callable[[Any], T]) -> T:
        # A blob never changes, so what was read from it once holds; the reader is part of the key by the path's folder.
        key = (path.partition("/")[0], blob)
        if key not in self._read:
            if len(self._read) >= KEPT:
                self._read.clear()
            self._read[key] = load(path, self.objects.blob(blob), reader)
        return self._read[key]  # type: ignore[no-any-return]


def signature(user: str) -> tuple[str, str]:
    """Give the author of commits that `user` makes through the forge."""
    return user, f"{user}@localhost"


def _pause(attempt: int) -> None:
    longest = min(LONGEST_PAUSE, 0.002 * 2**attempt)
    time.sleep(longest * secrets.randbelow(1000) / 1000)
