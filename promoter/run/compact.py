"""`promoter ledger compact`: a short chain in the place of a long one, and the long one kept under another ref.

The new chain is a root with the content of every release that the state still names, and a commit with that state. All
that a run reads of a ledger is the same before and after. Invariant: the old chain is archived by the same update that
replaces it, and the branch is replaced only while it still ends where it was read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from promoter.errors import UsageError
from promoter.git.hydrator import FILE_NAME
from promoter.git.ref import RefUpdate
from promoter.git.store import FILE, Entry
from promoter.model.ledger import Ledger
from promoter.model.names import Oid
from promoter.model.state import dump
from promoter.run.command import NotAllowed, groups
from promoter.run.ledgers import STATE, ledger_ref, read_ledger
from promoter.run.remembered import ARCHIVE
from promoter.run.workspace import Workspace

_SHORT = 2
"""Commits of a chain that is as short as it gets."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """What became of a ledger's chain."""

    app: str
    tip: Oid
    archive: str
    """The ref that keeps the old chain; empty when there was nothing to do."""
    commits: int
    """How long the old chain is."""


def compact(ws: Workspace, app_name: str) -> Compacted:
    """Replace the chain of `app_name`'s ledger. Needs the right to write.

    Raises UsageError when there is no ledger, NotAllowed, LostRace, Rejected (a protected branch), EdgeFailed; nothing
    is changed then.
    """
    app = ws.app(app_name)
    if "write" not in groups(ws, ws.user):
        raise NotAllowed(f"compacting the ledger of {app.name} needs write", "Ask somebody who has it.")
    ref, repository = ledger_ref(ws.config, app.name), ws.repository
    old = repository.refs([ref]).get(ref)
    if old is None:
        raise UsageError(f"{app.name} has no releases yet", f"Make one: promoter release {app.name} VERSION")
    if not repository.store.has(old):
        repository.fetch([ref])
    commits = sum(1 for _ in repository.store.history(old))
    if commits <= _SHORT:
        return Compacted(app.name, old, "", commits)
    now, store = ws.now(), repository.store
    archive = f"{ARCHIVE}/{app.name}/{now.date().isoformat()}-{old[:7]}"
    ws.seal.check(store, app.name, old)
    ledger = read_ledger(repository, old, app.name)
    kept = ws.seal.commit(store, _contents(ws, ledger), [], f"Keep {len(ledger.releases)} releases\n", now)
    releases = {n: replace(one, stored=kept) if one.stored is not None else one for n, one in ledger.releases.items()}
    state = store.put_blob(dump(replace(ledger, releases=releases)))
    message = f"Compacted by {ws.user}\n\nThe {commits} commits up to {old} are kept in {archive}.\n"
    tip = ws.seal.commit(store, store.edit_tree(None, {STATE: Entry(FILE, state)}), [kept], message, now)
    # Where a server cannot change both at once they are changed in this order: the archive must be there first.
    known = repository.refs([archive]).get(archive)
    updates = [] if known == old else [RefUpdate(archive, known, old)]
    repository.update([*updates, RefUpdate(ref, old, tip)])
    ws.seal.remember(tip)
    return Compacted(app.name, tip, archive, commits)


def _contents(ws: Workspace, ledger: Ledger) -> Oid:
    """Give a tree with the content of every release, where each `stored` commit has it."""
    repository, store = ws.repository, ws.repository.store
    stored = {number: one.stored for number, one in ledger.releases.items() if one.stored is not None}
    absent = [oid for oid in dict.fromkeys(stored.values()) if not store.has(oid)]
    if absent:
        repository.fetch(absent)
    entries: dict[str, Entry | None] = {}
    for number, oid in stored.items():
        tree = store.commit(oid).tree
        for path in (ledger.releases[number].name, f"{FILE_NAME}/{ledger.releases[number].name}"):
            entry = store.entry(tree, path)
            if entry is not None:
                entries[path] = entry
    tree = store.edit_tree(None, entries)
    repository.fetch([], [(tree, "")])  # a push needs the files, which a blobless store may lack
    return tree
