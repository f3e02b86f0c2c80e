"""The commits behind the test server: what reaches what, what conflicts, and merges by every method."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pygit2
from pygit2.enums import SortMode


class Conflict(Exception):
    """Both sides changed the same lines."""


class Content:
    """One bare repository, read and written with libgit2 alone."""

    def __init__(self, path: Path) -> None:
        self.repo = pygit2.Repository(str(path))
        self._fits: dict[tuple[str, str], bool] = {}

    def tip(self, branch: str) -> str | None:
        """Give the commit of a branch."""
        found = self.repo.references.get(f"refs/heads/{branch}")
        return None if found is None else str(found.target)

    def file(self, branch: str, path: str) -> str | None:
        """Give a file of a branch."""
        tip = self.tip(branch)
        tree = None if tip is None else self._at(tip).tree
        return tree[path].read_raw().decode() if tree is not None and path in tree else None

    def keep(self, number: int, commit: str) -> None:
        """Keep the head of a pull request, as GitHub does below `refs/pull`."""
        self.repo.references.create(f"refs/pull/{number}/head", commit, force=True)

    def move(self, branch: str, commit: str) -> None:
        """Move a branch."""
        self.repo.references.create(f"refs/heads/{branch}", commit, force=True)

    def has(self, commit: str) -> bool:
        """Tell whether there is such a commit."""
        return commit in self.repo and isinstance(self.repo[commit], pygit2.Commit)

    def contains(self, tip: str, commit: str) -> bool:
        """Tell whether `commit` is `tip` or in its history."""
        return tip == commit or self.repo.descendant_of(tip, commit)

    def landed(self, tip: str, head: str) -> str:
        """Give the oldest first parent from `tip` that holds `head`."""
        found = tip
        while parents := self._at(found).parent_ids:
            if not self.contains(str(parents[0]), head):
                break
            found = str(parents[0])
        return found

    def fits(self, base: str, head: str) -> bool:
        """Tell whether `head` merges into `base`."""
        if (base, head) not in self._fits:
            self._fits[base, head] = not self.repo.merge_commits(base, head).conflicts
        return self._fits[base, head]

    def own(self, base: str, head: str) -> list[str]:
        """Give the commits of `head` that `base` lacks, oldest first."""
        walk = self.repo.walk(head, SortMode.TOPOLOGICAL | SortMode.REVERSE)
        walk.hide(base)
        return [str(commit.id) for commit in walk]

    def message(self, commit: str) -> str:
        """Give a commit's message."""
        return self._at(commit).message

    def _at(self, commit: str) -> pygit2.Commit:
        return self.repo[commit].peel(pygit2.Commit)

    def changed(self, base: str, head: str) -> list[str]:
        """Give the paths that a pull request changes."""
        fork = str(self.repo.merge_base(base, head))
        diff = self._at(fork).tree.diff_to_tree(self._at(head).tree)
        return sorted(delta.new_file.path for delta in diff.deltas)

    def text(self, expression: str) -> str | None:
        """Give the file at `REVISION:PATH`."""
        revision, _, path = expression.partition(":")
        try:
            found = self.repo.revparse_single(revision).peel(pygit2.Tree)[path]
        except (KeyError, pygit2.GitError):
            return None
        return found.data.decode("utf-8", "replace") if isinstance(found, pygit2.Blob) else None

    def merge(self, method: str, base: str, head: str, message: str, user: str, now: datetime) -> str:
        """Make the commit that merges `head` into `base`. Raises Conflict."""
        signed = pygit2.Signature(user, f"{user}@users.noreply.github.example", int(now.timestamp()), 0)
        if method == "rebase":
            return self._rebase(base, head, signed)
        tree = self._tree(self.repo.merge_commits(base, head))
        parents = [base, head] if method == "merge" else [base]
        return self._commit(tree, parents, signed, signed, message)

    def _rebase(self, base: str, head: str, committer: pygit2.Signature) -> str:
        tip = base
        for one in self.own(base, head):
            commit = self._at(one)
            below = self._at(str(commit.parent_ids[0])).tree
            tree = self._tree(self.repo.merge_trees(below, self._at(tip).tree, commit.tree))
            tip = self._commit(tree, [tip], commit.author, committer, commit.message)
        return tip

    def _tree(self, index: pygit2.Index) -> str:
        if index.conflicts:
            raise Conflict
        return str(index.write_tree(self.repo))

    def _commit(
        self, tree: str, parents: Sequence[str], author: pygit2.Signature, by: pygit2.Signature, message: str
    ) -> str:
        made = self.repo.create_commit(None, author, by, message, pygit2.Oid(hex=tree), [*map(_oid, parents)])
        return str(made)


def _oid(text: str) -> pygit2.Oid:
    return pygit2.Oid(hex=text)
