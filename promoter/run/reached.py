"""Which files of the dry branch an app is made from: where its versions are looked for and edited."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from promoter.errors import EditRefused, RenderFailed
from promoter.git.store import Entry, Store
from promoter.layout.values import items
from promoter.model.names import Oid
from promoter.model.release import Release
from promoter.policy.rules import AppRules, Render
from promoter.render.inputs import inputs_of
from promoter.run.in_place import InPlace
from promoter.run.inputs import SourceTree, requests
from promoter.run.workspace import Workspace

_FILES = frozenset({0o100644, 0o100755})


def reached(ws: Workspace, app: AppRules, tree: Oid) -> dict[str, Entry]:
    """Give path -> file for everything that rendering `app` reads (in place: what stands below its paths)."""
    store = ws.repository.store
    if ws.config.layout is None:
        paths = {app.source(name) for name in app.environments}
    else:
        paths = _inputs(ws, app, SourceTree(store, tree))
    return files_at(store, tree, paths)


def files_at(store: Store, tree: Oid, paths: Collection[str]) -> dict[str, Entry]:
    """Give path -> file for what stands at `paths` and below them."""
    found: dict[str, Entry] = {}
    for path in sorted(paths):
        entry = store.entry(tree, path) if path else None
        if entry is not None and not entry.is_tree:
            found[path] = entry
        elif entry is not None or not path:
            found.update({f"{path}/{name}".lstrip("/"): file for name, file in store.files(tree, path)})
    return {path: entry for path, entry in found.items() if entry.mode in _FILES}


def _inputs(ws: Workspace, app: AppRules, source: SourceTree) -> set[str]:
    asked = requests(ws, app)
    if not app.hydrated:
        return {path for request in asked for path in inputs_of(source, request)}
    paths: set[str] = set()
    for request in asked:  # how another hydrator renders is not known here: read as what it looks like
        try:
            paths |= set(inputs_of(source, replace(request, rule=Render())))
        except RenderFailed:
            paths.add(request.path)
    return paths


def everything(ws: Workspace, app: AppRules, release: Release, environment: str) -> dict[str, str]:
    """Give item -> text of all that `release` is made of: its dry files; in place its values for `environment`.

    Nothing where the files cannot be read as one meaning.
    """
    contents = ws.contents(app)
    if isinstance(contents, InPlace):
        content = release.content.get(environment)
        return dict(contents.wanted(content)) if content is not None else {}
    return _items(ws, app, release.dry)


def versions(ws: Workspace, app: AppRules, dry: Oid) -> dict[str, str]:
    """Give name -> version of the images and charts that stand in the app's dry files at `dry`.

    Nothing where the files cannot be read as one meaning: rendering says what is wrong with them.
    """
    found = _items(ws, app, dry)
    return {key.partition(":")[2]: text for key, text in found.items() if key.startswith(("image:", "chart:"))}


def _items(ws: Workspace, app: AppRules, dry: Oid) -> dict[str, str]:
    store = ws.repository.store
    try:
        files = {path: store.blob(entry.id) for path, entry in reached(ws, app, store.commit(dry).tree).items()}
        return dict(items(files, app.tracked))
    except (RenderFailed, EditRefused):
        return {}
