"""Refs of a repository on this disk, changed in place. For tests, and for teams whose forge is a folder.

Invariant: refs change under git's own locks (`<ref>.lock`), after their values were read again under the lock, so any
other Git program may write to the repository at the same time. Hooks are not run.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Collection, Sequence
from typing import Final

import pygit2

from promoter.errors import EdgeFailed, LostRace, Rejected
from promoter.git.answer import is_race
from promoter.git.process import Git
from promoter.git.ref import ABSENT, RefUpdate, check_updates
from promoter.git.store import Store
from promoter.model.names import Oid

PROGRAM_WAIT: Final = 60.0
"""Seconds that `git update-ref` may take."""

# What libgit2 (filebuf.c) says of a lock file that was there, or came just now; pygit2 has no class for it.
_LOCKED = re.compile(r"failed to lock file|failed to create locked file '.*\.lock': File exists")


class Direct:
    """A repository whose refs and objects are those of `store`."""

    def __init__(self, store: Store, lock_wait: float = 2.0) -> None:
        """Use the refs of `store`; wait `lock_wait` seconds for another writer's lock on a ref."""
        self.store = store
        self._lock_wait = lock_wait
        self._git = Git(store.path, os.environ)

    def refs(self, prefixes: Sequence[str] = ("refs/",)) -> dict[str, Oid]:
        """Give full ref name -> id for refs whose name starts with one of `prefixes`."""
        wanted = tuple(prefixes)
        try:
            found = {
                ref.name: ref.target for ref in self.store.repo.references.iterator() if ref.name.startswith(wanted)
            }
            # A symbolic ref has a name for a target; it counts as what it means, or not at all.
            direct = {name: self._value(name) if isinstance(target, str) else target for name, target in found.items()}
            return {name: Oid(str(target)) for name, target in direct.items() if target is not None}
        except (pygit2.GitError, OSError) as error:
            raise EdgeFailed(f"cannot read the refs of {self.store.path}: {error}") from error

    def default_branch(self) -> str | None:
        """Give the branch that HEAD names (in a working copy: the one that is checked out); None: no branch yet."""
        try:
            head = self.store.repo.references["HEAD"]
        except KeyError:
            return None
        target = head.target if isinstance(head.target, str) else ""
        name = target.removeprefix("refs/heads/")
        return name if name != target and self._value(target) is not None else None

    def fetch(self, wants: Sequence[str]) -> None:
        """Check that commits (ids or full ref names) are here. Raises EdgeFailed when one is not."""
        for want in wants:
            found = self._value(want) is not None if want.startswith("refs/") else self.store.has(Oid(want))
            if not found:
                raise EdgeFailed(f"{want} is not in {self.store.path}")

    def fetch_blobs(self, ids: Collection[Oid]) -> None:
        """Check that file contents are here. Raises EdgeFailed when one is not."""
        for oid in ids:
            if not self.store.has(oid):
                raise EdgeFailed(f"the object {oid} is missing in {self.store.path}")

    def update(self, updates: Sequence[RefUpdate]) -> None:
        """Change all refs, or none; see `promoter.git.remote.Remote.update`."""
        check_updates(updates)
        for update in updates:
            if update.new is not None and not self.store.has(update.new):
                raise EdgeFailed(f"{update.ref} cannot become {update.new}: the object is not in {self.store.path}")
        self._refuse_checked_out(updates)
        if len(updates) == 1 and updates[0].new is not None:
            self._swap(updates[0], updates[0].new)
        elif updates:
            self._transact(updates)

    def _swap(self, update: RefUpdate, new: Oid) -> None:
        """Change one ref without starting a program."""
        if update.old is None:
            self._refuse_clash(update.ref)
        deadline = time.monotonic() + self._lock_wait
        while True:
            try:
                with self.store.repo.transaction() as transaction:
                    transaction.lock_ref(update.ref)
                    self._compare(update)
                    if update.old != new:
                        transaction.set_target(update.ref, new)
            except pygit2.GitError as error:
                if _LOCKED.search(str(error)) is None:
                    raise self._failed(str(error)) from error
                if time.monotonic() > deadline:
                    raise self._locked([update]) from error
                time.sleep(0.002)
            else:
                return

    def _transact(self, updates: Sequence[RefUpdate]) -> None:
        """Change several refs, or delete one, by git's own transaction: all locks first, then all values."""
        script = "start\0" + "".join(_line(update) for update in updates) + "prepare\0commit\0"
        deadline = time.monotonic() + self._lock_wait
        while True:
            done = self._git.run(["update-ref", "--stdin", "-z"], script, PROGRAM_WAIT)
            if done.code == 0:
                return
            for update in updates:
                self._compare(update)
            if not is_race(done.err):
                raise self._failed(done.err)
            if time.monotonic() > deadline:
                raise self._locked(updates)

    def _compare(self, update: RefUpdate) -> None:
        found = self._value(update.ref)
        if found != update.old:
            raise LostRace(
                f"{update.ref} is {found or 'absent'}, not {update.old or 'absent'}: somebody else wrote it",
                "Nothing was changed. Run again.",
            )

    def _value(self, ref: str) -> Oid | None:
        try:
            return Oid(str(self.store.repo.references[ref].resolve().target))
        except KeyError:
            return None

    def _refuse_clash(self, ref: str) -> None:
        """Refuse a ref below another one, or above: libgit2 does not look at packed refs for that."""
        parts = ref.split("/")
        above = next((name for n in range(3, len(parts)) if self._value(name := "/".join(parts[:n]))), None)
        packed = self.store.path / "packed-refs"
        is_packed = packed.exists() and f" {ref}/" in packed.read_text("utf-8", "replace")
        is_loose = any(path.is_file() for path in (self.store.path / ref).rglob("*"))
        if above is not None or is_packed or is_loose:
            clash = above or f"{ref}/..."
            raise Rejected(
                f"{ref} cannot be made beside {clash}: Git keeps refs as files and folders",
                "Rename or delete one of them, or give promoter's branches other names: layout and names.",
            )

    def _refuse_checked_out(self, updates: Sequence[RefUpdate]) -> None:
        heads = [self.store.path / "HEAD"] if not self.store.repo.is_bare else []
        heads += self.store.path.glob("worktrees/*/HEAD")
        branches = {head.read_text("utf-8", "replace").removeprefix("ref:").strip() for head in heads}
        for update in updates:
            if update.ref in branches and update.new != update.old:
                raise Rejected(
                    f"{update.ref} is checked out in a working copy of {self.store.path}, so it is not moved",
                    "Check out another branch there, or use a bare repository.",
                )

    def _locked(self, updates: Sequence[RefUpdate]) -> LostRace:
        files = [str(lock) for update in updates if (lock := self.store.path / f"{update.ref}.lock").exists()]
        by = f": {', '.join(files)}" if files else ""
        return LostRace(
            f"{' or '.join(update.ref for update in updates)} is locked by another writer{by}",
            "If no Git program is running, remove the lock file.",
        )

    def _failed(self, reason: str) -> EdgeFailed:
        return EdgeFailed(f"cannot change refs of {self.store.path}: {reason}")


def _line(update: RefUpdate) -> str:
    if update.old == update.new:
        return f"verify {update.ref}\0{update.old or ABSENT}\0"
    if update.new is None:
        return f"delete {update.ref}\0{update.old}\0"
    return f"update {update.ref}\0{update.new}\0{update.old or ABSENT}\0"
