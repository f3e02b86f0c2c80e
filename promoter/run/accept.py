"""`promoter ledger accept`: a person with a key vouches for a ledger that is not believed, as it stands.

So signatures are begun on a ledger that has none, and so one goes on after a hand edit that was right.
"""

from __future__ import annotations

from promoter.errors import UsageError
from promoter.git.ref import RefUpdate
from promoter.git.store import FILE, Entry
from promoter.model.names import Oid
from promoter.model.state import dump
from promoter.run.command import NotAllowed, groups
from promoter.run.ledgers import STATE, ledger_ref, read_ledger
from promoter.run.workspace import Workspace


def accept(ws: Workspace, app_name: str) -> Oid | None:
    """Sign the state at the ledger's tip, in a commit on top, and give that; None when it is believed already.

    Needs the right to write and the key of a signer. Raises UsageError, NotAllowed, LostRace, Rejected, EdgeFailed.
    """
    app = ws.app(app_name)
    if not ws.config.signers:
        raise UsageError("nobody signs ledgers here", "List the public keys in promoter.yaml: ledger: {signers: [...]}")
    if "write" not in groups(ws, ws.user):
        raise NotAllowed(f"accepting the ledger of {app.name} needs write", "Ask somebody who has it.")
    ref, store = ledger_ref(ws.config, app.name), ws.repository.store
    tip = ws.repository.refs([ref]).get(ref)
    if tip is None:
        raise UsageError(f"{app.name} has no releases yet", f"Make one: promoter release {app.name} VERSION")
    if not store.has(tip):
        ws.repository.fetch([ref])
    if not ws.seal.doubt(store, app.name, tip):
        return None
    state = store.put_blob(dump(read_ledger(ws.repository, tip, app.name)))
    tree = store.edit_tree(None, {STATE: Entry(FILE, state)})
    made = ws.seal.commit(store, tree, [tip], f"{ws.user}: vouches for the ledger as it is at {tip}\n", ws.now())
    ws.repository.update([RefUpdate(ref, tip, made)])
    ws.seal.remember(made)
    return made
