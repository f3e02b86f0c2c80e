"""What a change of the dry branch would reach once it is merged: read from the merged tree, nothing is written.

With a layout the merged tree is rendered, as a release of it would be: only what has other inputs than the newest
release. Edited in place a file reaches every environment that is made from it the moment it is merged, past every gate.

Invariants: this is a forecast; no verdict is made of it, and what cannot be foreseen says why. No program that the
change could have written or named is run: whoever may open a pull request may not run anything beside our token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from promoter.errors import ConfigInvalid, EditRefused, RenderFailed
from promoter.model.ledger import Ledger
from promoter.model.names import Oid
from promoter.model.release import Release
from promoter.policy.rules import AppRules, Config, Render
from promoter.render.hydrate import changed as changed_inputs
from promoter.render.hydrate import hydrate
from promoter.render.inputs import inputs_of
from promoter.render.port import Rendered
from promoter.render.program import Programs
from promoter.run.difference import difference
from promoter.run.inputs import SourceTree, previous, requests
from promoter.run.ledgers import ledger_ref, read_ledger
from promoter.run.merged import merged
from promoter.run.workspace import Workspace

COMMAND = "command"
"""The renderer that runs a program of the change, or one that it names."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What the change means for one app."""

    app: str
    changed: Mapping[str, int]
    """Environment -> how many files of it change; environments that stay as they are are left out."""
    failed: Mapping[str, str] = field(default_factory=dict)
    """Environment -> why it does not render."""
    shown: str = ""
    """The rendered difference in the first environment that changes."""
    unseen: tuple[str, ...] = ()
    """Environments that have other inputs, and whose manifests a command makes: it is not run."""


@dataclass(frozen=True, slots=True)
class Foresight:
    """What a change of the dry branch means."""

    reaches: tuple[Reach, ...] = ()
    """Apps that it means something for."""
    at_once: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Edited in place: file -> the environments (of all apps) that it changes when it is merged, when several."""
    faults: tuple[str, ...] = ()
    """Why the config would be refused."""
    trouble: str = ""
    """Why nothing can be said."""
    config: Config | None = field(default=None, compare=False)
    """What would hold then."""


def foresee(ws: Workspace, head: Oid) -> Foresight:
    """Tell what merging `head` into the dry branch would reach. Raises EdgeFailed."""
    refs = ws.repository.refs(["refs/heads/"])
    dry = ws.refresh(refs)
    store = ws.repository.store
    if not store.has(head):
        ws.repository.fetch([head])
    tree = merged(ws, dry, head)
    if tree is None:
        return Foresight(trouble=f"it conflicts with {ws.branch}")
    before = store.commit(dry).tree
    try:
        then = replace(ws, loaded=ws.load(tree), commit=head, _contents={})
    except ConfigInvalid as invalid:
        return Foresight(faults=tuple(str(problem) for problem in invalid.problems))
    if then.config.layout is None:
        return replace(_in_place(then, before, tree), config=then.config)
    reaches = (_rendered(then, app, _newest(ws, app, refs), tree) for app in then.config.apps.values())
    return Foresight(tuple(reach for reach in reaches if reach is not None), config=then.config)


def _newest(ws: Workspace, app: AppRules, refs: Mapping[str, Oid]) -> Release | None:
    ref = ledger_ref(ws.config, app.name)
    if ref not in refs:
        return None
    if not ws.repository.store.has(refs[ref]):
        ws.repository.fetch([ref])
    ledger: Ledger = read_ledger(ws.repository, refs[ref], app.name)
    release = ledger.newest
    if release is not None and release.stored is not None and not ws.repository.store.has(release.stored):
        ws.repository.fetch([release.stored])
    return release


def _rendered(ws: Workspace, app: AppRules, newest: Release | None, tree: Oid) -> Reach | None:
    """Render what has other inputs than the newest release; None: nothing of the app changes."""
    if app.hydrated:
        return None  # the hydrator tells, when it has rendered the change
    store = ws.repository.store
    source, wanted, before = SourceTree(store, tree), requests(ws, app), previous(app, newest)
    if app.render.kind == COMMAND:
        unseen = tuple(environment for _, environment in changed_inputs(source, wanted, before))
        return Reach(app.name, {}, unseen=unseen) if unseen else None
    results = hydrate(source, wanted, before, programs=Programs(ws.path))
    changed: dict[str, int] = {}
    failed: dict[str, str] = {}
    shown = ""
    for (_, environment), result in results.items():
        if isinstance(result, RenderFailed):
            failed[environment] = str(result.message)
        elif isinstance(result, Rendered):
            old = newest.content.get(environment) if newest is not None else None
            base = Oid(old) if old is not None and store.has(Oid(old)) else store.edit_tree(None, {})
            new = store.put_files(result.files)
            if new != base:
                changed[environment] = len(store.repo[base].diff_to_tree(store.repo[new]))
                shown = shown or difference(store, base, new, "")
    return Reach(app.name, changed, failed, shown) if changed or failed else None


def _in_place(ws: Workspace, before: Oid, tree: Oid) -> Foresight:
    store: Any = ws.repository.store
    names = [delta.new_file.path for delta in store.repo[before].diff_to_tree(store.repo[tree]).deltas]
    if not names:
        return Foresight()
    source = SourceTree(ws.repository.store, tree)
    reaches: list[Reach] = []
    files: dict[str, list[str]] = {}
    for app in ws.config.apps.values():
        changed: dict[str, int] = {}
        for request in requests(ws, app):
            try:
                reached = set(inputs_of(source, replace(request, rule=Render())))
            except (RenderFailed, EditRefused):
                reached = set()
            here = [name for name in names if any(_within(name, path) for path in {*reached, request.path})]
            if here:
                changed[request.environment] = len(here)
            for name in here:
                files.setdefault(name, [])
                files[name] += [request.environment] * (request.environment not in files[name])
        if changed:
            reaches.append(Reach(app.name, changed))
    several = {name: tuple(found) for name, found in files.items() if len(found) > 1}
    return Foresight(tuple(reaches), several)


def _within(name: str, path: str) -> bool:
    return name == path or name.startswith(f"{path}/") if path else True
