"""Finds what the config tracks in the files of one environment, in one pass over them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from promoter.layout import find_charts, find_key, find_kustomize, find_markers, find_regex, find_values, find_workloads
from promoter.layout.glob import matches
from promoter.layout.moved import Moved
from promoter.layout.place import Found, Kind, Part, Place, Unreadable, grouped, spelling, value_of
from promoter.layout.yaml_tree import NotYaml, YamlFile, read

FINDERS = (find_workloads.find, find_kustomize.find, find_values.find, find_charts.find)
"""What searches a file by its shape."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """The files of one environment: all as bytes, those that are YAML also as trees."""

    files: Mapping[str, bytes]
    yaml: Mapping[str, YamlFile]
    unreadable: tuple[Unreadable, ...]
    places: Mapping[tuple[Kind, str], tuple[Place, ...]]
    """(kind, name in its one spelling) -> what a search by shape found, in the order of the files."""


def parse(
    files: Mapping[str, bytes], words: Iterable[str] | None = None, known: Mapping[str, YamlFile] | None = None
) -> Parsed:
    """Read the YAML files among `files`; with `words`, only those whose bytes contain one of them.

    A file that is no YAML is not an error: it is listed in `unreadable`. `known` files are not read again where they
    hold the same bytes.
    """
    needles = None if words is None else [word.encode() for word in words]
    trees: dict[str, YamlFile] = {}
    unreadable: list[Unreadable] = []
    for name, data in files.items():
        if not is_yaml(name) or (needles is not None and not any(needle in data for needle in needles)):
            continue
        before = known.get(name) if known else None
        if before is not None and before.data() == data:
            trees[name] = before
            continue
        try:
            trees[name] = read(name, data)
        except NotYaml as error:
            unreadable.append(Unreadable(name, error.line, error.reason))
    return Parsed(files, trees, tuple(unreadable), _index(trees.values()))


def is_yaml(name: str) -> bool:
    """Tell whether a file of this name is read as YAML (an empty name: the environment's path is the file itself)."""
    base = name.rpartition("/")[2]
    return base in ("", "Kustomization") or base.endswith((".yaml", ".yml", ".json"))


def find(parsed: Parsed, moved: Moved, kind: Kind) -> Found:
    """Find every place of `moved`: by its regex, marker or key if it has one, else by its names.

    A place without any version (an image without a tag) counts only if there is no other: what is beside it decides.
    Raises EditRefused where a key or regex does not mean one thing.
    """
    names = (moved.name, *moved.also)
    if moved.regex:
        chosen = {name: data for name, data in parsed.files.items() if _in(moved, name)}
        return Found(tuple(find_regex.find(chosen, moved.regex, names, kind)))
    trees = [tree for name, tree in parsed.yaml.items() if _in(moved, name)]
    unreadable = tuple(bad for bad in parsed.unreadable if _in(moved, bad.file))
    if moved.marker:
        places = [place for tree in trees for place in find_markers.find(tree, moved.marker, moved.name)]
    elif moved.key:
        places = list(find_key.find(trees, moved.key, names, kind))
    else:
        places = [place for place in named(parsed, names, kind) if _in(moved, place.file)]
    return Found(tuple(_with_version(places)), unreadable)


def named(parsed: Parsed, names: Iterable[str], kind: Kind) -> Iterator[Place]:
    """Give the places that a search by shape found for one of `names`, each once.

    An image may also be an OCI artifact that Flux fetches by its whole URL.
    """
    seen: set[tuple[str, int, object]] = set()
    for name in names:
        found = parsed.places.get((kind, spelling(name, kind)), ())
        if kind is Kind.IMAGE and "/" in name:
            found += parsed.places.get((Kind.CHART, spelling(name, Kind.CHART)), ())
        for place in found:
            key = (place.file, place.document, place.path)
            if key not in seen:
                seen.add(key)
                yield place


def _index(trees: Iterable[YamlFile]) -> dict[tuple[Kind, str], tuple[Place, ...]]:
    index: dict[tuple[Kind, str], list[Place]] = {}
    for tree in trees:
        for finder in FINDERS:
            for place in finder(tree):
                for name in {spelling(name, place.kind) for name in place.names}:
                    index.setdefault((place.kind, name), []).append(place)
    return {key: tuple(places) for key, places in index.items()}


def _with_version(places: Iterable[Place]) -> list[Place]:
    groups = list(grouped(places))
    full = [group for group in groups if value_of(group)]
    chosen = full or [group for group in groups if any(place.part is not Part.DIGEST for place in group)]
    return [place for group in chosen for place in group]


def _in(moved: Moved, name: str) -> bool:
    return not moved.file or not name or matches(moved.file, name)
