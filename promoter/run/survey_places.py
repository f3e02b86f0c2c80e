"""Where environments stand in a tree: path templates over `{environment}`, and the apps behind them.

Invariant: a template is only given when at least one environment has it, and lists those that do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from promoter.layout.search import is_yaml
from promoter.layout.yaml_tree import Mapping as YamlMapping
from promoter.render.kustomize import FILES as KUSTOMIZATIONS
from promoter.run.survey_names import STRONG, in_order, rank
from promoter.run.survey_tree import Dry

_VALUES_FILE = re.compile(
    r"(?P<before>(?:values|config|app)[-._])?(?P<name>[a-z0-9][a-z0-9._-]*?)"
    r"(?P<behind>[-._](?:values|config))?(?P<end>\.ya?ml)"
)
SKIPPED = frozenset({"node_modules", "vendor", "templates", "testdata", "tests", "flux-system"})
"""Folders in which nothing is looked for: no app of anybody's stands there."""
_COMMON_STEMS = frozenset({
    "all", "app", "configmap", "cronjob", "deploy", "deployment", "hpa", "ingress", "job", "kustomization", "main",
    "manifests", "namespace", "release", "secret", "service", "statefulset", "values",
})  # fmt: skip
"""Files of one app, not named after one."""


@dataclass(frozen=True, slots=True)
class Position:
    """A template with `{environment}` in it, and the environments that it exists for."""

    template: str
    environments: tuple[str, ...]
    app: str = ""
    """The part of the template that names the app, when one does; empty: not known from the path."""


def positions(dry: Dry) -> list[Position]:
    """Give where environments stand, by template."""
    found: list[Position] = []
    for template, names in sorted({**_folders(dry), **_files(dry)}.items()):
        found += _apps(dry, template, in_order(names))
    return found


def odd_neighbours(dry: Dry, position: Position) -> list[str]:
    """Give folders beside the environments that hold a kustomization and stand for no environment by their name."""
    parent, _, last = position.template.rpartition("/")
    if last != "{environment}" or parent.rpartition("/")[2] not in STRONG:
        return []
    names = [name.rstrip("/") for name in dry.children(parent) if name.endswith("/")]
    return [
        f"{parent}/{name}".lstrip("/")
        for name in names
        if name not in position.environments and _is_root(dry, f"{parent}/{name}".lstrip("/"))
    ]


def _folders(dry: Dry) -> dict[str, set[str]]:
    """Give templates whose last part is an environment's folder."""
    seen: dict[str, set[str]] = {}
    for folder in sorted(dry.folders):
        parts = folder.split("/")
        above = parts[:-1]
        if rank(parts[-1]) is None or not _is_visible(parts) or any(rank(part) is not None for part in above):
            continue
        seen.setdefault("/".join([*above, "{environment}"]), set()).add(parts[-1])
    return {template: names for template, names in seen.items() if len(names) > 1 or _is_strong(template)}


def _files(dry: Dry) -> dict[str, set[str]]:
    """Give templates of files that are named after environments: `values-{environment}.yaml`, `{environment}.yaml`."""
    seen: dict[str, set[str]] = {}
    for path in dry.files:
        folder, _, name = path.rpartition("/")
        match = _VALUES_FILE.fullmatch(name)
        parts = folder.split("/") if folder else []
        if match is None or not _is_visible(parts) or any(rank(part) is not None for part in parts):
            continue
        if rank(match["name"]) is None:
            continue
        file = f"{match['before'] or ''}{{environment}}{match['behind'] or ''}{match['end']}"
        seen.setdefault("/".join([*parts, file]), set()).add(match["name"])
    return {template: names for template, names in seen.items() if len(names) > 1}


def _apps(dry: Dry, template: str, names: Sequence[str]) -> Iterator[Position]:
    """Give the apps at one template: the folder itself, folders in it, or files in it."""
    whole = Position(template, tuple(names))
    if not template.endswith("{environment}"):
        yield whole
        return
    inner: dict[str, list[str]] = {}
    roots = 0
    for name in names:
        folder = template.replace("{environment}", name)
        roots += _is_root(dry, folder)
        for child in _inner(dry, folder):
            inner.setdefault(child, []).append(name)
    if inner and (roots == 0 or any(len(have) > 1 for have in inner.values())):
        for child, have in sorted(inner.items()):
            stem = child.removesuffix(".yaml").removesuffix(".yml")
            yield Position(f"{template}/{child}", tuple(have), stem)
        return
    yield whole


def _inner(dry: Dry, folder: str) -> Iterator[str]:
    """Give the children of an environment's folder that are apps of their own."""
    named = _resources(dry, folder)
    is_root = named is not None
    for child in dry.children(folder):
        name = child.rstrip("/")
        path = f"{folder}/{name}"
        if not _is_visible([name]):
            continue
        if child.endswith("/"):
            own = _is_root(dry, path) or (not is_root and any(is_yaml(file) for file in dry.below(path)))
            if own and not _is_component(dry, path) and (not is_root or name in (named or ())):
                yield name
        elif not is_root and child.endswith((".yaml", ".yml")) and name.rpartition(".")[0] not in _COMMON_STEMS:
            yield name


def _resources(dry: Dry, folder: str) -> set[str] | None:
    """Give what the kustomization in `folder` lists as resources; None when there is none, or another root."""
    for name in KUSTOMIZATIONS:
        file = dry.yaml(f"{folder}/{name}") if f"{folder}/{name}" in dry.files else None
        root = file.documents[0] if file is not None and file.documents else None
        if isinstance(root, YamlMapping):
            items = (getattr(item, "value", "") for item in root.items("resources"))
            return {str(item).removeprefix("./").rstrip("/") for item in items}
    return set() if _is_root(dry, folder) else None


def _is_root(dry: Dry, folder: str) -> bool:
    """Tell whether a folder is rendered by itself."""
    return any(f"{folder}/{name}" in dry.files for name in (*KUSTOMIZATIONS, "Chart.yaml", "render.yaml"))


def _is_component(dry: Dry, folder: str) -> bool:
    for name in KUSTOMIZATIONS:
        file = dry.yaml(f"{folder}/{name}") if f"{folder}/{name}" in dry.files else None
        root = file.documents[0] if file is not None and file.documents else None
        if isinstance(root, YamlMapping) and root.text("kind") == "Component":
            return True
    return False


def _is_visible(parts: Sequence[str]) -> bool:
    return not any(part.startswith(".") or part in SKIPPED for part in parts)


def _is_strong(template: str) -> bool:
    parent = template.rpartition("/")[0].rpartition("/")[2]
    return parent in STRONG
