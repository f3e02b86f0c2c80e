"""Renaming an environment: the ledger and the slots that were still empty, in one change.

Invariant: where the server changes several refs at once, nobody sees the ledger renamed and a slot without its content;
where it does not, slots come first, and the next run finds them filled and renames the ledger alone.
"""

from __future__ import annotations

from dataclasses import replace

from promoter.errors import LostRace
from promoter.git.ref import RefUpdate
from promoter.model.ledger import Kind, Ledger
from promoter.model.names import Oid
from promoter.model.plan import Move, Rename
from promoter.run.content import Contents, make_commit
from promoter.run.ledgers import ledger_ref, write_ledger
from promoter.run.workspace import Workspace


def rename(ws: Workspace, action: Rename) -> None:
    """Do `action`. Raises LostRace when a slot or the ledger has changed since the look, EdgeFailed."""
    tips = ws.repository.refs([f"refs/heads/{move.slot.branch}" for move in action.moves]) if action.moves else {}
    ledger, made = action.ledger, dict(tips)
    contents = ws.contents(ws.app(action.app))
    for move in action.moves:
        ref = f"refs/heads/{move.slot.branch}"
        if tips.get(ref) != move.base and not _still_empty(ws, contents, move, tips.get(ref)):
            raise LostRace(f"{move.slot.branch} has changed in {move.slot.path or 'its root'} meanwhile")
        release = ledger.releases[move.release]
        made[ref] = make_commit(ws.repository, contents, move.slot, release, Kind.PROMOTION, made.get(ref))
        ledger = _with_commit(ledger, move, made[ref])
    together = [RefUpdate(ref, tips.get(ref), tip) for ref, tip in made.items() if tips.get(ref) != tip]
    write_ledger(
        ws.repository, ledger_ref(ws.config, action.app), action.expect, ledger, action.reason, ws.now(),
        seal=ws.seal, together=together,
    )  # fmt: skip


def _still_empty(ws: Workspace, contents: Contents, move: Move, tip: Oid | None) -> bool:
    """Tell whether only others moved: apps that share the branch fill their slots in the same pass."""
    if tip is None:
        return False
    if not ws.repository.store.has(tip):
        ws.repository.fetch([f"refs/heads/{move.slot.branch}"])
    return contents.held(move.slot, ws.repository.store.commit(tip).tree, ()).content is None


def _with_commit(ledger: Ledger, move: Move, commit: Oid) -> Ledger:
    place = ledger.place(move.slot.environment)
    assert place.stay is not None  # noqa: S101 (only what stood somewhere is moved)
    moved = replace(place, stay=replace(place.stay, commit=commit))
    return replace(ledger, places={**ledger.places, move.slot.environment: moved})
