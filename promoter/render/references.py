"""Which files and folders a kustomization names.

The fields are those of kustomize's Kustomization and Component (api/types in its source) and of the configs of its
built-in generators and transformers. Keys are compared without case, as kustomize does: `Resources:` counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from promoter.errors import RenderFailed
from promoter.render.documents import is_nothing, load


class Names(Enum):
    """What a reference may name."""

    RESOURCE = "resource"
    """A file of objects, or a folder that is a kustomization."""
    CONFIG = "config"
    """The same, but the objects are configs of generators and transformers, which name files in turn."""
    FILE = "file"
    """A file that is read as it is."""
    CHART = "chart"
    """A chart's folder; it may stand outside of the kustomization's folder."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A path in a kustomization, relative to its folder, and the field that names it."""

    field: str
    path: str
    names: Names


_RESOURCES = ("resources", "bases", "components")
_CONFIGS = ("generators", "transformers", "validators")
_FILES = ("crds", "configurations", "patchesStrategicMerge")
_MAP_GENERATORS = ("configMapGenerator", "secretGenerator")
_WITH_PATH = ("patches", "patchesJson6902", "replacements")
_CHART_KIND = "HelmChartInflationGenerator"


def references(data: bytes, where: str) -> Iterator[Reference]:
    """Give what the kustomization in `data` names; inline patches and configs are looked into.

    Raises RenderFailed when it is not a YAML mapping or uses the field that lets it choose its own helm program.
    """
    loaded = load(data, where)
    if len(loaded) > 1 or not all(isinstance(document, dict) for document in loaded):
        raise RenderFailed(f"{where} is not one YAML mapping")
    for document in loaded:
        if _all(document, "helmChartInflationGenerator"):
            raise RenderFailed(f"{where}: helmChartInflationGenerator is not supported", "Use helmCharts.")
        yield from _of_kustomization(document)


def config_references(data: bytes, where: str) -> Iterator[Reference]:
    """Give what the generator and transformer configs in `data` name."""
    for document in load(data, where):
        yield from _of_config(document)


def is_remote(path: str) -> bool:
    """Tell whether kustomize takes `path` for a URL or a Git repository, whatever files there are."""
    low = path.strip().lower()
    return (
        "://" in low
        or low.startswith(("git@", "git::", "gh:", "github.com/", "github.com:"))
        or "?ref=" in low
        or "?version=" in low
        or ".git/" in low
        or low.endswith(".git")
    )


def _of_kustomization(document: object) -> Iterator[Reference]:
    for field in _RESOURCES:
        yield from _strings(document, field, Names.RESOURCE)
    for field in _CONFIGS:
        for reference in _strings(document, field, Names.CONFIG):
            if "\n" in reference.path:
                yield from config_references(reference.path.encode(), field)
            else:
                yield reference
    for field in _FILES:
        for reference in _strings(document, field, Names.FILE):
            if "\n" not in reference.path:
                yield reference
    for field in _MAP_GENERATORS:
        for item in _items(document, field):
            yield from _of_map_generator(item, field)
    for field in _WITH_PATH:
        for item in _items(document, field):
            yield from _strings(item, "path", Names.FILE, field)
    for item in _all(document, "openapi"):
        yield from _strings(item, "path", Names.FILE, "openapi")
    homes = [home for item in _all(document, "helmGlobals") for home in _all(item, "chartHome")]
    for item in _items(document, "helmCharts"):
        yield from _of_chart(item, homes, "helmCharts")


def _of_config(document: object) -> Iterator[Reference]:
    """Give what one config of a built-in generator or transformer names; others cannot run (plugins are off)."""
    field = _first(document, "kind")
    yield from _of_map_generator(document, field)
    for name in ("path", "paths"):
        for reference in _strings(document, name, Names.FILE, field):
            if "\n" not in reference.path:
                yield reference
    for item in _items(document, "replacements"):
        yield from _strings(item, "path", Names.FILE, field)
    if field == _CHART_KIND:
        homes = [home for item in (document, *_all(document, "helmGlobals")) for home in _all(item, "chartHome")]
        yield from _of_chart(document, homes, field)


def _of_map_generator(item: object, field: str) -> Iterator[Reference]:
    for name in ("envs", "env"):
        yield from _strings(item, name, Names.FILE, field)
    for reference in _strings(item, "files", Names.FILE, field):
        yield Reference(field, reference.path.partition("=")[2] or reference.path, Names.FILE)


def _of_chart(item: object, homes: Iterable[object], field: str) -> Iterator[Reference]:
    """Give a chart's folder (`<home>/<name>`, or `<home>/<name>-<version>/<name>` of one from a repository)."""
    name = _first(item, "name")
    version = _first(item, "version")
    home = str(next((home for home in homes if not is_nothing(home)), "charts"))
    if version and _first(item, "repo"):
        home = f"{home}/{name}-{version}"
    yield Reference(field, f"{home}/{name}", Names.CHART)
    yield from _strings(item, "valuesFile", Names.FILE, field)
    yield from _strings(item, "additionalValuesFiles", Names.FILE, field)


def _all(mapping: object, name: str) -> list[object]:
    """Give the values under `name` in any case; none when `mapping` is not a mapping."""
    if not isinstance(mapping, Mapping):
        return []
    return [value for key, value in mapping.items() if isinstance(key, str) and key.lower() == name.lower()]


def _first(mapping: object, name: str) -> str:
    """Give the first scalar under `name`, or an empty text."""
    return next((item for item in _items(mapping, name) if isinstance(item, str)), "")


def _items(mapping: object, name: str) -> Iterator[object]:
    for value in _all(mapping, name):
        yield from (item for item in (value if isinstance(value, list) else [value]) if not is_nothing(item))


def _strings(mapping: object, name: str, names: Names, field: str = "") -> Iterator[Reference]:
    for value in _items(mapping, name):
        if isinstance(value, str):
            yield Reference(field or name, value, names)
