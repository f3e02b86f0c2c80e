"""The dry branch as renderers see it, and whether it holds something that no release has rendered yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from promoter.git.store import Store
from promoter.model.ledger import Ledger
from promoter.model.names import Oid
from promoter.model.release import Release
from promoter.policy.load import FILE
from promoter.policy.rules import AppRules
from promoter.render.hydrate import changed
from promoter.render.port import SETTINGS, NotRendered, Previous, RenderRequest, Result
from promoter.run.workspace import Workspace


@dataclass(frozen=True, slots=True)
class SourceTree:
    """One commit's files, as `promoter.render.port.Source` wants them."""

    store: Store
    tree: Oid

    def read(self, path: str) -> bytes | None:
        """Give a file's bytes, or None."""
        entry = self.store.entry(self.tree, path)
        return None if entry is None or entry.is_tree else self.store.blob(entry.id)

    def children(self, path: str) -> Sequence[tuple[str, int, str]]:
        """Give (name, mode, id) of what a folder holds."""
        found = self.store.entry(self.tree, path) if path else None
        if path and (found is None or not found.is_tree):
            return []
        return [(name, entry.mode, entry.id) for name, entry in self.store.children(self.tree, path)]

    def id(self, path: str) -> str | None:
        """Give the object id at `path`, or None."""
        entry = self.store.entry(self.tree, path) if path else None
        return (entry.id if entry is not None else None) if path else self.tree


def requests(ws: Workspace, app: AppRules) -> list[RenderRequest]:
    """Give what has to be rendered for `app`: one request an environment."""
    tools = ws.config.tools
    return [RenderRequest(app.name, name, app.source(name), app.render, tools) for name in app.environments]


def dry_changed(ws: Workspace, app: AppRules, ledger: Ledger, dry: Oid) -> bool:
    """Tell whether the dry branch's tip renders to something that the newest release did not see."""
    release = ledger.newest
    if ws.config.layout is None:
        return release is not None and not release.adopted and _lacks(app, release)
    if release is None:
        return True
    if release.dry == dry:
        return False
    if _lacks(app, release) and not release.adopted:
        return True
    source = SourceTree(ws.repository.store, ws.repository.store.commit(dry).tree)
    if not _same(source, release):
        return True
    if release.adopted or not _config_moved(ws, release.dry, dry):
        return False
    return bool(changed(source, requests(ws, app), previous(app, release)))


def previous(app: AppRules, release: Release | None) -> dict[tuple[str, str], Previous]:
    """Give what `release` recorded of its renderings."""
    if release is None or release.adopted:
        return {}
    return {
        (app.name, name): Previous(release.inputs[name], release.tools)
        for name in release.inputs
        if name in app.environments
    }


def _lacks(app: AppRules, release: Release) -> bool:
    return any(name not in release.content and name not in release.failures for name in app.environments)


def _same(source: SourceTree, release: Release) -> bool:
    return all(
        (source.id(path) or "") == oid
        for inputs in release.inputs.values()
        for path, oid in inputs.items()
        if path != SETTINGS
    )


def _config_moved(ws: Workspace, old: Oid, new: Oid) -> bool:
    """Only a change of promoter.yaml can change settings and tools; anything else is seen by the inputs."""
    store = ws.repository.store
    if not store.has(old):
        return True
    return store.entry(store.commit(old).tree, FILE) != store.entry(store.commit(new).tree, FILE)


def recorded(results: Mapping[tuple[str, str], Result]) -> tuple[dict[str, Mapping[str, str]], dict[str, str]]:
    """Give what a release records of its renderings: environment -> inputs, and program -> version."""
    inputs: dict[str, Mapping[str, str]] = {}
    tools: dict[str, str] = {}
    for (_, environment), result in results.items():
        inputs[environment] = dict(result.inputs)
        if not isinstance(result, NotRendered):
            tools.update(result.tools)
    return inputs, tools
