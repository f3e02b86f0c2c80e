"""What a preview holds: an environment's manifests, rendered anew with other versions and values, under other names.

The versions are written into the dry files as a release would, in a tree that no branch has; then that tree is
rendered the way the environment is. Invariants: the config that judges is the dry branch's; no program of a change
that is not merged runs, and nothing of such a change leaves the preview's namespace.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from promoter.errors import RenderFailed, UsageError
from promoter.git.store import Entry
from promoter.layout import key_path
from promoter.layout.tag import check_pin, check_version
from promoter.layout.values import items
from promoter.layout.yaml_splice import Edit, splice
from promoter.layout.yaml_tree import NotYaml, Scalar, YamlFile, read, show
from promoter.model.names import Oid
from promoter.model.preview import LABEL
from promoter.policy.previews import Previews
from promoter.policy.rules import AppRules
from promoter.render.hydrate import hydrate
from promoter.render.inputs import inputs_of, values_of
from promoter.render.port import NotRendered, Rendered, RenderRequest
from promoter.render.preview_names import Named, Names, renamed
from promoter.render.preview_values import documents, edit_of, known_values, unknown_key
from promoter.render.program import Programs
from promoter.run.dry_pull import dry_tree
from promoter.run.foresee import COMMAND
from promoter.run.inputs import SourceTree
from promoter.run.merged import merged
from promoter.run.reached import files_at
from promoter.run.release import Wish, wanted_items
from promoter.run.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a preview is made from."""

    name: str
    source: str
    """The environment."""
    tree: Oid
    """The dry branch's, or what it would be with a pull request merged."""
    version: str = ""
    images: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    """Key -> value: of the chart's values (`replicas`), or of an object (`Deployment/shop:spec.replicas`)."""
    merged: bool = True
    """Whether what it is made from stands on the dry branch."""


@dataclass(frozen=True, slots=True)
class Made:
    """A preview's manifests."""

    content: Oid
    namespace: str
    hosts: tuple[str, ...]
    images: Mapping[str, str]
    left_out: tuple[str, ...]


def make(ws: Workspace, app: AppRules, previews: Previews, recipe: Recipe) -> Made:
    """Make the manifests of `recipe`; no ref changes.

    Raises UsageError for what makes no sense, RenderFailed for what does not render, EditRefused, EdgeFailed.
    """
    store, request = ws.repository.store, _request(ws, app, recipe)
    namespace = previews.name.replace("{app}", app.name).replace("{preview}", recipe.name)
    if LABEL.fullmatch(namespace) is None or namespace.startswith("kube-"):
        raise UsageError(f"the preview's namespace would be {namespace}", "Take another name: letters, digits and -.")
    source = SourceTree(store, recipe.tree)
    paths = set(inputs_of(source, request))
    files = {path: store.blob(entry.id) for path, entry in files_at(store, recipe.tree, paths).items()}
    moved = {}
    if recipe.version or recipe.images:
        moved = wanted_items(app, Wish(recipe.version, dict(recipe.images) or None), items(files, app.tracked))
    for key, (_, version) in moved.items():
        (check_version if key.startswith("chart:") else check_pin)(version)
    tree = recipe.tree
    if moved:
        tree = dry_tree(store, app, tree, files, {key: version for key, (_, version) in moved.items()})
    of_chart = {key: value for key, value in recipe.values.items() if ":" not in key}
    if of_chart:
        tree = _with_chart_values(ws, request, tree, of_chart)
    of_objects = {key: value for key, value in recipe.values.items() if ":" in key}
    named = _named(ws, app, previews, recipe, _rendered(ws, request, tree), namespace, of_objects)
    brought = dict(moved.values())
    return Made(store.put_files(named.files), namespace, named.hosts, brought, named.left_out)


def keys(ws: Workspace, app: AppRules, recipe: Recipe) -> dict[str, str]:
    """Give key -> value of everything that a preview may change. Raises as `make` does."""
    request = _request(ws, app, recipe)
    found: dict[str, str] = {}
    for file in _values_files(ws, request, recipe.tree):
        found.update({show(scalar.path): scalar.value for scalar in file.scalars if ":" not in show(scalar.path)})
    return {**found, **known_values(documents(_rendered(ws, request, recipe.tree)))}


def with_pull(ws: Workspace, dry: Oid, head: Oid) -> Oid:
    """Give the tree that the dry branch would have with `head` merged. Raises UsageError when they conflict."""
    tree = merged(ws, dry, head)
    if tree is None:
        raise UsageError(f"{head[:7]} conflicts with {ws.branch}", "Bring the pull request up to date, and ask again.")
    return tree


def _request(ws: Workspace, app: AppRules, recipe: Recipe) -> RenderRequest:
    if recipe.source not in app.environments:
        raise UsageError(f"{app.name} has no environment {recipe.source}", f"It has {', '.join(app.environments)}.")
    if app.hydrated:
        raise UsageError(
            f"{app.name} is rendered by another hydrator, which makes no previews", "Let promoter render it."
        )
    if app.render.kind == COMMAND and not recipe.merged:
        message = f"{app.name} is rendered by a program, and none runs on a change that is not merged"
        raise UsageError(message, "Merge it first, or preview an image: --image NAME=TAG.")
    return RenderRequest(app.name, recipe.source, app.source(recipe.source), app.render, ws.config.tools)


def _rendered(ws: Workspace, request: RenderRequest, tree: Oid) -> Mapping[str, bytes]:
    results = hydrate(SourceTree(ws.repository.store, tree), [request], {}, programs=Programs(ws.path))
    result = results[request.app, request.environment]
    if isinstance(result, NotRendered):
        raise result
    assert isinstance(result, Rendered)  # noqa: S101 (nothing was rendered before)
    return result.files


def _named(
    ws: Workspace, app: AppRules, previews: Previews, recipe: Recipe, files: Mapping[str, bytes], namespace: str,
    values: Mapping[str, str],
) -> Named:  # fmt: skip
    def host(old: str) -> str:
        filled = previews.hosts.replace("{app}", app.name).replace("{preview}", recipe.name)
        return filled.replace("{host}", old)

    try:
        return renamed(files, Names(namespace, host, confined=not recipe.merged), values)
    except RenderFailed as error:
        raise RenderFailed(f"{app.name} cannot be previewed: {error.message}", error.hint) from error


def _values_files(ws: Workspace, request: RenderRequest, tree: Oid) -> list[YamlFile]:
    store = ws.repository.store
    found = []
    for path in values_of(SourceTree(store, tree), request):
        try:
            found.append(read(path, store.read(tree, path) or b""))
        except NotYaml as error:
            raise RenderFailed(f"{path}:{error.line}: {error.reason}") from error
    return found


def _with_chart_values(ws: Workspace, request: RenderRequest, tree: Oid, wanted: Mapping[str, str]) -> Oid:
    """Give `tree` with `wanted` in every values file that has the key, so that it is what the last of them says."""
    store, files = ws.repository.store, _values_files(ws, request, tree)
    if not files:
        named = next(iter(wanted))
        raise UsageError(
            f"{named}: {request.app} has no chart whose values could change",
            "Name an object's value: --set Deployment/NAME:spec.replicas=2; promoter preview keys shows what there is.",
        )
    edits: dict[str, list[Edit]] = {}
    for key, value in wanted.items():
        spots = [(file, node) for file in files for node in key_path.nodes(file, key_path.parse(key))]
        scalars = [(file, node) for file, node in spots if isinstance(node, Scalar)]
        if not scalars:
            raise unknown_key(key, {show(scalar.path): scalar.value for file in files for scalar in file.scalars})
        for file, node in scalars:
            edits.setdefault(file.name, []).append(edit_of(node, value))
    changes: dict[str, Entry | None] = {}
    for file in files:
        if file.name in edits:
            old = store.entry(tree, file.name)
            assert old is not None  # noqa: S101 (it was just read)
            changes[file.name] = Entry(old.mode, store.put_blob(splice(file, edits[file.name]).data()))
    return store.edit_tree(tree, changes)
