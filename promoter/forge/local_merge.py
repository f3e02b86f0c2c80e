"""Merges of the local forge, made in memory: no work tree, no checkout.

Invariants: a merge that succeeds holds each side's changes and nothing else; it never guesses (renames are not
followed, a conflict is an answer, not an error); what both sides left alone is never opened, so the cost follows the
change and not the size of the tree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import pygit2
from pygit2.enums import MergeFlag, SortMode

from promoter.errors import EdgeFailed, Rejected
from promoter.forge.local_port import TREE, Found, Node, Objects, Written
from promoter.model.names import Oid

METHODS = ("merge", "squash", "rebase")
"""How a pull request can be merged."""


class Merger:
    """Merges of commits of one object store; answers are kept, since commits never change."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._empty = objects.edit_tree(None, {})
        self._trees: dict[tuple[Oid, Oid], Oid | None] = {}
        self._ancestors: dict[tuple[Oid, Oid], bool] = {}
        self._forks: dict[tuple[Oid, Oid], Oid | None] = {}
        self._paths: dict[tuple[Oid, Oid], tuple[str, ...]] = {}

    def contains(self, tip: Oid, commit: Oid) -> bool:
        """Tell whether `commit` is `tip` or stands in its history; a commit that is not here does not."""
        if tip == commit:
            return True
        known = self._ancestors.get((commit, tip))
        if known is None:
            if not self._objects.has(commit):
                return False
            known = self._ancestors[commit, tip] = self._objects.is_ancestor(commit, tip)
        return known

    def fork(self, base: Oid, head: Oid) -> Oid | None:
        """Give the commit where `head` left `base`; None when they share no history."""
        if (base, head) not in self._forks:
            try:
                found = self._objects.repo.merge_base(base, head)
            except (pygit2.GitError, KeyError, ValueError) as error:
                raise EdgeFailed(f"cannot compare the histories of {base} and {head}: {error}") from error
            self._forks[base, head] = None if found is None else Oid(str(found))
        return self._forks[base, head]

    def tree(self, base: Oid, head: Oid) -> Oid | None:
        """Give the tree of `base` and `head` merged; None on a conflict or without a shared history."""
        if (base, head) not in self._trees:
            fork = self.fork(base, head)
            read = self._objects.commit
            self._trees[base, head] = (
                None if fork is None else self._three_way(read(fork).tree, read(base).tree, read(head).tree)
            )
        return self._trees[base, head]

    def changed(self, base: Oid, head: Oid) -> tuple[str, ...]:
        """Give the paths of files that differ between `head` and the place where it left `base`, sorted."""
        fork = self.fork(base, head)
        if fork is None:
            return ()
        if (fork, head) not in self._paths:
            trees = (self._objects.commit(fork).tree, self._objects.commit(head).tree)
            self._paths[fork, head] = tuple(sorted(self._differing(*trees, "")))
        return self._paths[fork, head]

    def landed(self, base: Oid, head: Oid, before: Oid) -> Oid:
        """Give the commit that brought `head` to `base`: the oldest of its first parents since `before` that has it."""
        found = base
        for commit in self._objects.history(base, stop=(before,), first_parent=True):
            if not self.contains(commit.id, head):
                break
            found = commit.id
        return found

    def merge(self, method: str, base: Oid, head: Oid, message: str, author: tuple[str, str], now: datetime) -> Oid:
        """Write the merge of `head` into `base` by `method`; give the new tip. Raises Rejected on a conflict."""
        if method == "rebase":
            return self._rebase(base, head, author, now)
        tree = self.tree(base, head)
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
            tree = self._three_way(below, ours, commit.tree)
            if tree is None:
                raise Rejected(
                    f"{commit.id[:10]} cannot be put on top of {base[:10]}: both changed the same lines",
                    "bring the head branch up to date and solve the conflict there",
                )
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

    def _three_way(self, before: Oid, ours: Oid, theirs: Oid) -> Oid | None:
        if theirs in (ours, before):
            return ours
        if ours == before:
            return theirs
        old, left, right = (self._named(tree) for tree in (before, ours, theirs))
        changes: dict[str, Node | None] = {}
        for name in sorted({*old, *left, *right}):
            was, mine, other = old.get(name), left.get(name), right.get(name)
            if other in (mine, was):
                continue
            if mine == was:
                changes[name] = other
            elif _is_folder(mine) and _is_folder(other) and (was is None or _is_folder(was)):
                merged = self._three_way(was.id if was else self._empty, mine.id, other.id)  # type: ignore[union-attr]
                if merged is None:
                    return None
                changes[name] = None if merged == self._empty else Node(TREE, merged)
            else:
                return self._by_content(before, ours, theirs)
        return self._objects.edit_tree(ours, changes)

    def _by_content(self, before: Oid, ours: Oid, theirs: Oid) -> Oid | None:
        """Merge one folder line by line: both sides changed the same file in it."""
        repo = self._objects.repo
        try:
            index = repo.merge_trees(before, ours, theirs, flags=MergeFlag(0))
            return None if index.conflicts is not None else Oid(str(index.write_tree(repo)))
        except (pygit2.GitError, KeyError) as error:
            raise EdgeFailed(f"cannot merge the trees {ours} and {theirs}: {error}") from error

    def _differing(self, old: Oid, new: Oid, under: str) -> Iterator[str]:
        before, after = self._named(old), self._named(new)
        for name in {*before, *after}:
            was, now = before.get(name), after.get(name)
            if was == now:
                continue
            folders = [one.id if _is_folder(one) else self._empty for one in (was, now) if one is not None]
            if any(_is_folder(one) for one in (was, now)):
                pair = folders if len(folders) == 2 else [*folders, self._empty]
                yield from self._differing(pair[0], pair[1], f"{under}{name}/")
            if any(one is not None and not _is_folder(one) for one in (was, now)):
                yield under + name

    def _named(self, tree: Oid) -> Mapping[str, Node]:
        return {name: Node(found.mode, found.id) for name, found in self._objects.children(tree)}


def _is_folder(found: Found | None) -> bool:
    return found is not None and found.mode == TREE
