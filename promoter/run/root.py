"""The first commit of a branch with rendered manifests."""

from __future__ import annotations

from promoter.model.names import Branch, Oid
from promoter.run.ledgers import IDENTITY
from promoter.run.workspace import Workspace


def root_commit(ws: Workspace, branch: Branch) -> Oid:
    """Make the first commit of `branch`: empty, and the same whoever makes it; no ref changes."""
    tree = ws.repository.store.edit_tree(None, {})
    at = ws.repository.store.commit(ws.refresh(ws.repository.refs([ws.ref]))).at
    return ws.repository.store.put_commit(tree, [], f"Start {branch}\n", IDENTITY, at)
