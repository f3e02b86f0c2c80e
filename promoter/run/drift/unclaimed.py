"""Folders of the slots' branches that are no slot's: a controller may apply them, and no release explains them.

Of a branch with a slot at its root nothing is left over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from promoter.git.store import Store
from promoter.model.names import Branch, Oid
from promoter.model.snapshot import Snapshot
from promoter.run.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """A folder, and the commit at whose tip it stands."""

    branch: Branch
    path: str
    tip: Oid


def unclaimed(ws: Workspace, seen: Snapshot) -> list[Unclaimed]:
    """Give the folders, by branch and path; hidden ones (`.github`) are no manifests. Slots of old names are known."""
    if ws.config.layout is None:
        return []
    claimed: dict[Branch, set[str]] = {}
    for app in ws.config.apps.values():
        for slot in (*app.slots.values(), *app.former.values(), *app.hydrated.values()):
            claimed.setdefault(slot.branch, set()).add(slot.path)
    tips = {slot.slot.branch: slot.tip for app in seen.apps.values() for slot in app.slots.values()}
    store = ws.repository.store
    return [
        Unclaimed(branch, path, tip)
        for branch, tip in sorted(tips.items())
        if tip is not None and "" not in claimed[branch]
        for path in _left(store, store.commit(tip).tree, "", claimed[branch])
    ]


def _left(store: Store, tree: Oid, folder: str, claimed: Collection[str]) -> Iterator[str]:
    for name, entry in store.children(tree, folder):
        path = f"{folder}/{name}".lstrip("/")
        if not entry.is_tree or name.startswith(".") or path in claimed:
            continue
        if any(other.startswith(f"{path}/") for other in claimed):
            yield from _left(store, tree, path, claimed)
        else:
            yield path
