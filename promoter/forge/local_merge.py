"""Merges of the local forge, made in memory: no work tree, no checkout.

Invariants: a merge that succeeds holds each side's changes and nothing else; it never guesses (renames are not
followed, a conflict is an answer, not an error); what both sides left alone is never opened, so the cost follows the
change and not the size of the tree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import TypeVar

import pygit2
from pygit2.enums import MergeFlag, SortMode

from promoter.errors import EdgeFailed, Rejected
from promoter.forge.local_port import TREE, Node, Objects, Written
from promoter.model.names import Oid

METHODS = ("merge", "squash", "rebase")
"""How a pull request can be merged."""
EMPTY = Oid("4b825dc642cb6eb9a060e54bf8d69288fbee4904")
"""The tree of an empty folder."""
KEPT = 10_000
"""How many answers of each kind are kept in memory."""

K = TypeVar("K")
V = TypeVar("V")


class Merger:
    """Merges of commits of one object store; answers are kept, since commits never change."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._fits: dict[tuple[Oid, Oid], bool] = {}
        self._forks: dict[tuple[Oid, Oid], Oid | None] = {}
        self._paths: dict[tuple[Oid, Oid], tuple[str, ...]] = {}
        self._folders: dict[Oid, Mapping[str, Node]] = {}

    def contains(self, tip: Oid, commit: Oid) -> bool:
        """Tell whether `commit` is `tip` or stands in its history; a commit that is not here does not."""
        return tip == commit or (self._objects.has(commit) and self.fork(tip, commit) == commit)

    def fork(self, one: Oid, other: Oid) -> Oid | None:
        """Give the newest commit that both histories share; None when they share none."""
        pair = (one, other) if one < other else (other, one)
        if pair not in self._forks:
            try:
                found = self._objects.repo.merge_base(*pair)
            except (pygit2.GitError, KeyError, ValueError) as error:
                raise EdgeFailed(f"cannot compare the histories of {one} and {other}: {error}") from error
            _keep(self._forks, pair, None if found is None else Oid(str(found)))
        return self._forks[pair]

    def fits(self, base: Oid, head: Oid) -> bool:
        """Tell whether `head` merges into `base` without a conflict. Writes at most a file that both sides changed."""
        if (base, head) not in self._fits:
            _keep(self._fits, (base, head), self._merged(base, head, write=False) is not None)
        return self._fits[base, head]

    def _merged(self, base: Oid, head: Oid, write: bool) -> Oid | None:
        fork = self.fork(base, head)
        if fork is None:
            return None
        before, ours, theirs = (self._objects.commit(oid).tree for oid in (fork, base, head))
        try:
            return self._three_way(before, ours, theirs, write)
        except _Conflict:
            return None

    def changed(self, base: Oid, head: Oid) -> tuple[str, ...]:
        """Give the paths of files that differ between `head` and the place where it left `base`, sorted."""
        fork = self.fork(base, head)
        if fork is None:
            return ()
        if (fork, head) not in self._paths:
            trees = (self._objects.commit(fork).tree, self._objects.commit(head).tree)
            _keep(self._paths, (fork, head), tuple(sorted(self._differing(*trees, ""))))
        return self._paths[fork, head]

    def landed(self, base: Oid, head: Oid, before: Oid) -> Oid:
        """Give the commit that brought `head` to `base`: the oldest of its first parents since `before` that has it."""
        found = base
        stop = (before,) if self._objects.has(before) else ()
        for commit in self._objects.history(base, stop=stop, first_parent=True):
            if not self.contains(commit.id, head):
                break
            found = commit.id
        return found

    def merge(self, method: str, base: Oid, head: Oid, message: str, author: tuple[str, str], now: datetime) -> Oid:
        """Write the merge of `head` into `base` by `method`; give the new tip. Raises Rejected on a conflict."""
        if method == "rebase":
            return self._rebase(base, head, author, now)
        tree = self._merged(base, head, write=True)
        if tree is None:
            raise Rejected(
                f"{head[:10]} and {base[:10]} changed the same lines and cannot be merged",
                "bring the head branch up to date and solve the conflict there",
            )
        if method == "merge":
            return self._objects.put_commit(tree, (base, head), message, author, now)
        told = [message, *(commit.message for commit in self._own(base, head))]
        whole = "\n\n".join(text.strip() for text in told if text.strip()) + "\n"
        return self._objects.put_commit(tree, (base,), whole, author, now)

    def _rebase(self, base: Oid, head: Oid, committer: tuple[str, str], now: datetime) -> Oid:
        tip = base
        for commit in self._own(base, head):
            if len(commit.parents) != 1:
                raise Rejected(
                    f"{commit.id[:10]} is a merge and cannot be put on top of {base[:10]}", "merge or squash instead"
                )
            below, ours = self._objects.commit(commit.parents[0]).tree, self._objects.commit(tip).tree
            try:
                tree = self._three_way(below, ours, commit.tree, write=True)
            except _Conflict as conflict:
                raise Rejected(
                    f"{commit.id[:10]} cannot be put on top of {base[:10]}: both changed the same lines",
                    "bring the head branch up to date and solve the conflict there",
                ) from conflict
            if tree != ours:
                author = (commit.author, commit.email) if commit.author else committer
                tip = self._objects.put_commit(tree, (tip,), commit.message, author, now)
        return tip

    def _own(self, base: Oid, head: Oid) -> Iterator[Written]:
        """Give the commits of `head` that `base` lacks, oldest first."""
        walk = self._objects.repo.walk(head, SortMode.TOPOLOGICAL | SortMode.REVERSE)
        walk.hide(base)
        for commit in walk:
            yield self._objects.commit(Oid(str(commit.id)))

    def _three_way(self, before: Oid, ours: Oid, theirs: Oid, write: bool) -> Oid:
        """Give the merged tree; without `write` any other tree stands for one that is not empty. Raises _Conflict."""
        if theirs in (ours, before):
            return ours
        if ours == before:
            return theirs
        old, left, right = (self._named(tree) for tree in (before, ours, theirs))
        changes: dict[str, Node | None] = {}
        for name in sorted({name for name, _ in old.items() ^ right.items()}):
            was, mine, other = old.get(name), left.get(name), right.get(name)
            if other == mine:
                continue
            if mine == was:
                changes[name] = other
                continue
            below = [one.id if one and one.is_tree else EMPTY for one in (was, mine, other)]
            folder = self._three_way(below[0], below[1], below[2], write)
            was, mine, other = (None if one is None or one.is_tree else one for one in (was, mine, other))
            file = self._file(was, mine, other, partial(self._by_content, before, ours, theirs, name))
            if file is not None and folder != EMPTY:
                raise _Conflict
            changes[name] = file if folder == EMPTY else Node(TREE, folder)
        if not any({**left, **changes}.values()):
            return EMPTY
        if not write:
            return theirs if ours == EMPTY else ours
        return self._objects.edit_tree(ours, changes)

    def _file(self, was: Node | None, mine: Node | None, other: Node | None, content: Callable[[], Oid]) -> Node | None:
        """Merge what stands under one name; `content` merges three different texts."""
        if other in (mine, was):
            return mine
        if mine == was:
            return other
        if not (was and mine and other and was.is_file and mine.is_file and other.is_file):
            raise _Conflict
        mode = mine.mode if other.mode == was.mode else other.mode
        if other.id in (mine.id, was.id):
            return Node(mode, mine.id)
        return Node(mode, other.id if mine.id == was.id else content())

    def _by_content(self, before: Oid, ours: Oid, theirs: Oid, name: str) -> Oid:
        """Merge the file `name` of one folder line by line."""
        for blob in self._contested(before, ours, theirs):
            self._objects.blob(blob)  # libgit2 cannot fetch what a partial clone left away
        try:
            index = self._objects.repo.merge_trees(before, ours, theirs, flags=MergeFlag(0))
            sides = [one for conflict in index.conflicts or () for one in conflict if one is not None]
            if any(one.path == name for one in sides):
                raise _Conflict
            return Oid(str(index[name].id))
        except (pygit2.GitError, KeyError) as error:
            raise EdgeFailed(f"cannot merge {name} in the trees {ours} and {theirs}: {error}") from error

    def _contested(self, before: Oid, ours: Oid, theirs: Oid) -> Iterator[Oid]:
        """Give the files that a merge by content must read."""
        old, left, right = (self._named(tree) for tree in (before, ours, theirs))
        for name in {*old, *left, *right}:
            sides = (old.get(name), left.get(name), right.get(name))
            if len(set(sides)) == 3:
                yield from (one.id for one in sides if one and one.is_file)
                below = [one.id if one and one.is_tree else EMPTY for one in sides]
                yield from self._contested(below[0], below[1], below[2])

    def _differing(self, old: Oid, new: Oid, under: str) -> Iterator[str]:
        before, after = self._named(old), self._named(new)
        for name in {name for name, _ in before.items() ^ after.items()}:
            was, now = before.get(name), after.get(name)
            folders = [one.id if one and one.is_tree else EMPTY for one in (was, now)]
            if folders != [EMPTY, EMPTY]:
                yield from self._differing(folders[0], folders[1], f"{under}{name}/")
            if any(one and not one.is_tree for one in (was, now)):
                yield under + name

    def _named(self, tree: Oid) -> Mapping[str, Node]:
        if tree not in self._folders:
            named = {name: Node(found.mode, found.id) for name, found in self._objects.children(tree)}
            _keep(self._folders, tree, named)
        return self._folders[tree]


class _Conflict(Exception):
    """Both sides changed the same thing."""


def _keep(answers: dict[K, V], key: K, answer: V) -> None:
    if len(answers) >= KEPT:
        answers.clear()
    answers[key] = answer
