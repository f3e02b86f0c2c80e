"""Who owns the code of an app, by CODEOWNERS on the branch that people edit: for `allow: {VERB: [codeowners]}`."""

from __future__ import annotations

from collections.abc import Collection

from promoter.forge.codeowners import PLACES, parse_codeowners
from promoter.model.names import Oid
from promoter.policy.rules import AppRules
from promoter.run.workspace import Workspace


def owns(ws: Workspace, app: AppRules, environment: str, user: str, teams: Collection[str]) -> bool:
    """Tell whether `user`, or one of their `teams`, owns all that `app` in `environment` is made from.

    Files that nobody owns ask for nobody; where all are such, nobody owns the app. Raises EdgeFailed, ConfigInvalid.
    """
    store = ws.repository.store
    tree = store.commit(ws.refresh(ws.repository.refs([ws.ref]))).tree
    text = next((found for place in PLACES if (found := store.read(tree, place)) is not None), None)
    if text is None:
        return False
    files = _files(ws, tree, app.source(environment))
    return parse_codeowners(text.decode("utf-8", "replace")).owns(user, teams, files, teams)


def has_owners(ws: Workspace, tree: Oid) -> bool:
    """Tell whether there is a CODEOWNERS file."""
    return any(ws.repository.store.entry(tree, place) is not None for place in PLACES)


def _files(ws: Workspace, tree: Oid, source: str) -> list[str]:
    store = ws.repository.store
    entry = store.entry(tree, source) if source else None
    if source and entry is None:
        return []
    if entry is not None and not entry.is_tree:
        return [source]
    found = store.files(entry.id if entry is not None else tree)
    return [f"{source}/{path}".lstrip("/") for path, _ in found]
