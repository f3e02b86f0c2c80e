"""The branch of previews: what stands on it, and the next commit of it.

A preview stands in the folder `PREVIEW/APP`; the file `PREVIEW/APP.preview` beside that says what it is made of. No
controller takes such a file for a manifest (Flux reads `.yaml` and `.yml`, Argo CD these, `.json` and `.jsonnet`).

Invariants: a commit changes one preview and nothing else; the branch is only ever moved forward, by compare-and-swap.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from promoter.errors import EdgeFailed, UsageError
from promoter.git.ref import RefUpdate
from promoter.git.store import FILE, TREE, Entry
from promoter.git.trailers import flatten
from promoter.model.names import Oid
from promoter.model.preview import SCHEMA, Preview
from promoter.model.state import dump_as, load_as
from promoter.plan.report.foreign import title
from promoter.policy.previews import Previews
from promoter.run.ledgers import IDENTITY
from promoter.run.workspace import Workspace

ENDING = ".preview"
_LINE = 300


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands on the branch at one commit."""

    tip: Oid | None
    previews: Mapping[tuple[str, str], Preview] = field(default_factory=dict)
    """(name, app) -> preview, by name."""

    def of(self, name: str) -> tuple[Preview, ...]:
        """Give the previews of all apps under one name."""
        return tuple(one for one in self.previews.values() if one.name == name)


def rules(ws: Workspace) -> Previews:
    """Give the rules for previews. Raises UsageError where the config has none."""
    if ws.config.previews is None:
        raise UsageError("this repository has no previews", "Switch them on in promoter.yaml: previews: {from: dev}")
    return ws.config.previews


def ref_of(previews: Previews) -> str:
    """Give the full ref of the branch."""
    return f"refs/heads/{previews.branch}"


def standing(ws: Workspace, tip: Oid | None) -> Standing:
    """Read the branch at `tip`. Raises EdgeFailed for a description that cannot be read."""
    if tip is None:
        return Standing(None)
    store = ws.repository.store
    if not store.has(tip):
        ws.repository.fetch([ref_of(rules(ws))])
    tree, found = store.commit(tip).tree, {}
    for name, folder in store.children(tree):
        for below, entry in store.children(folder.id) if folder.is_tree else ():
            if below.endswith(ENDING) and entry.is_file:
                path = f"{name}/{below}"
                try:
                    one = load_as(SCHEMA, Preview, store.blob(entry.id))
                except ValueError as error:
                    raise EdgeFailed(f"{path} on {rules(ws).branch}: {error}", "Restore it from the branch.") from error
                if one.key != (name, below.removesuffix(ENDING)):
                    raise EdgeFailed(f"{path} on {rules(ws).branch} is that of {one.name}/{one.app}", "Restore it.")
                found[one.key] = one
    return Standing(tip, found)


def content_of(ws: Workspace, commit: Oid | None, key: tuple[str, str]) -> Oid | None:
    """Give the tree of a preview's manifests at `commit`, or None."""
    if commit is None:
        return None
    store = ws.repository.store
    if not store.has(commit):
        ws.repository.fetch([commit])
    entry = store.entry(store.commit(commit).tree, "/".join(key))
    return entry.id if entry is not None and entry.is_tree else None


def commit_of(
    ws: Workspace, now: Standing, key: tuple[str, str], preview: Preview | None, content: Oid | None, said: str
) -> Oid:  # fmt: skip
    """Make the commit after `now` in which `key` is `preview` with `content` (None: nothing); no ref changes."""
    store, path = ws.repository.store, "/".join(key)
    changes: dict[str, Entry | None] = {path: Entry(TREE, content) if content is not None else None}
    described = Entry(FILE, store.put_blob(dump_as(SCHEMA, preview))) if preview is not None else None
    changes[path + ENDING] = described
    tree = store.edit_tree(store.commit(now.tip).tree if now.tip is not None else None, changes)
    parents = [now.tip] if now.tip is not None else []
    return store.put_commit(tree, parents, f"{title(flatten(said), _LINE)}\n", IDENTITY, ws.now())


def push(ws: Workspace, now: Standing, commit: Oid) -> None:
    """Move the branch to `commit`, if it is still at `now`. Raises LostRace, Rejected, EdgeFailed."""
    ws.repository.update([RefUpdate(ref_of(rules(ws)), now.tip, commit)])
