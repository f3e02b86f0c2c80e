"""An app's ledger as of any commit of its chain, or of a chain that was archived."""

from __future__ import annotations

import re

from promoter.errors import UsageError
from promoter.model.ledger import Ledger
from promoter.model.names import Oid
from promoter.run.ledgers import STATE, ledger_ref, read_ledger
from promoter.run.workspace import Workspace

ARCHIVE = "refs/promoter/archive"
"""Where replaced chains are kept: below it the app, then date and old tip."""
_HEX = re.compile(r"[0-9a-f]{4,40}")


def ledger_at(ws: Workspace, app_name: str, at: str | None = None) -> Ledger:
    """Give the ledger at the commit `at`: an id or the start of one; None: as it is now.

    Raises UsageError for what is no such commit, EdgeFailed.
    """
    app = ws.app(app_name)
    ref, below = ledger_ref(ws.config, app.name), f"{ARCHIVE}/{app.name}/"
    refs = ws.repository.refs([ref, below] if at is not None else [ref])
    tips = {name: oid for name, oid in refs.items() if name == ref or name.startswith(below)}
    if ref not in tips:
        raise UsageError(f"{app.name} has no releases yet", f"Make one: promoter release {app.name} VERSION")
    absent = [name for name, oid in tips.items() if not ws.repository.store.has(oid)]
    if absent:
        ws.repository.fetch(absent)
    return read_ledger(ws.repository, tips[ref] if at is None else _find(ws, list(tips.values()), at), app.name)


def _find(ws: Workspace, tips: list[Oid], at: str) -> Oid:
    store = ws.repository.store
    if _HEX.fullmatch(at) is None:
        raise UsageError(f"{at} is not the id of a commit", "git log of the ledger's branch shows them.")
    found = {
        commit.id
        for tip in tips
        for commit in store.history(tip)
        if commit.id.startswith(at) and store.entry(commit.tree, STATE) is not None
    }
    if len(found) != 1:
        what = f"{len(found)} commits of the ledger start" if found else "no commit of the ledger with a state starts"
        raise UsageError(f"{what} with {at}", "git log of the ledger's branch shows them.")
    return found.pop()
