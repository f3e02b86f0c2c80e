"""The content of one environment that is edited in place: the values that releases move, and nothing else.

An item is a key and a text: `image:ghcr.io/acme/shop` -> `1.3.9@sha256:...`, `chart:podinfo` -> `6.6.1`,
`value:values.yaml:replicas` -> `3`, `file:config/a.json` -> its Git blob id. Paths are relative to the environment's
path.
Invariant: where one item has several values in one environment its text is all of them, sorted and joined by `|`, so it
equals no release's.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from promoter.errors import EditRefused
from promoter.layout import key_path, search, value_text
from promoter.layout.glob import matches
from promoter.layout.moved import Moved, Tracked
from promoter.layout.place import SEPARATOR, Kind, Place, Unreadable, grouped, spelling, value_of
from promoter.layout.yaml_tree import Node, YamlFile

_SEVERAL = re.compile(r"(?<!\|)\|(?!\|)")
_SHAPES = ("image", "Image", "repository", "Repository", "newTag", "digest")
"""Some of these words stand in every file with an image."""


@dataclass(frozen=True, slots=True)
class Look:
    """What stands in one environment."""

    items: Mapping[str, str]
    """Item -> text, in the order of the keys; what is missing has no item."""
    places: Mapping[str, tuple[Place, ...]]
    """Image and chart items -> where they stand."""
    unreadable: tuple[Unreadable, ...]
    """Files that were passed by because they are no YAML."""
    parsed: search.Parsed


def items(files: Mapping[str, bytes], tracked: Tracked, names: Collection[str] | None = None) -> Mapping[str, str]:
    """Give the items of the environment whose files are `files`; as `look`."""
    return look(files, tracked, names).items


def look(
    files: Mapping[str, bytes],
    tracked: Tracked,
    names: Collection[str] | None = None,
    known: Mapping[str, YamlFile] | None = None,
) -> Look:
    """Find everything of `tracked` in `files`.

    Without `tracked.images` every image that stands there is an item. With `names` (those of a release) only images and
    charts of these names are. `known` files are not read again where they hold the same bytes. Raises EditRefused where
    a key or regex of the config does not mean one thing.
    """
    parsed = search.parse(files, _words(tracked, names), known)
    places: dict[str, tuple[Place, ...]] = {}
    unreadable = set(parsed.unreadable)
    for kind, moved in rules(parsed, tracked, names):
        found = search.find(parsed, moved, kind)
        unreadable.update(found.unreadable)
        if found.places:
            places[item(kind, moved.name)] = found.places
    texts = {key: joined(value_of(group) for group in grouped(where)) for key, where in places.items()}
    for entry in tracked.values:
        nodes = value_nodes(parsed, entry)
        if nodes:
            texts[f"value:{entry}"] = joined(value_text.text_of(file, node) for file, node in nodes)
    for name, data in parsed.files.items():
        if any(matches(pattern, name) for pattern in tracked.files):
            texts[f"file:{name}"] = blob_id(data)
    order = sorted(unreadable, key=lambda bad: (bad.file, bad.line))
    return Look(dict(sorted(texts.items())), places, tuple(order), parsed)


def canonical(items: Mapping[str, str]) -> bytes:
    """Write items as JSON, one a line, sorted: the bytes that the content id is made of."""
    return (json.dumps(dict(sorted(items.items())), ensure_ascii=False, indent=1) + "\n").encode()


def parse_canonical(data: bytes) -> Mapping[str, str]:
    """Read what `canonical` wrote. Raises ValueError for anything else."""
    read = json.loads(data)
    if not isinstance(read, dict) or not all(isinstance(text, str) for text in read.values()):
        raise ValueError("not a mapping of texts")
    return {str(key): str(text) for key, text in read.items()}


def blob_id(data: bytes) -> str:
    """Give the id under which Git keeps `data` (SHA-1 object format), 40 hex digits."""
    return hashlib.sha1(b"blob %d\x00" % len(data) + data, usedforsecurity=False).hexdigest()


def carried(
    source: Mapping[str, str], target: Mapping[str, str], names: Collection[str] | None = None
) -> dict[str, str]:
    """Give the items to `apply` in the environment `target` so that it holds what `source` holds.

    With `names` only images and charts of these names; values and files always. An image, chart or value that stands in
    only one of the two is left alone; a file that `source` lacks is to be deleted (its text is empty).
    """
    allowed = None if names is None else {item(kind, name) for kind in Kind for name in names}

    def moves(key: str) -> bool:
        if key.startswith("file:"):
            return True
        return key in target and (key.startswith("value:") or allowed is None or key in allowed)

    wanted = {key: text for key, text in source.items() if moves(key)}
    wanted |= {key: "" for key in target if key.startswith("file:") and key not in source}
    return dict(sorted(wanted.items()))


def item(kind: Kind, name: str) -> str:
    """Give the key of an image's or chart's item, whatever the spelling of its registry."""
    return f"{kind.value}:{spelling(name, kind)}"


def joined(texts: Iterable[str]) -> str:
    """Give the one text of an item that stands in several places."""
    return SEPARATOR.join(sorted(set(texts)))


def split(text: str) -> list[str]:
    """Give the several values that `joined` made one text of; `||` is a range's "or" and joins nothing."""
    return _SEVERAL.split(text)


def satisfies(have: str, wanted: str) -> bool:
    """Tell whether an item that reads `have` is what `apply` makes of `wanted`.

    That is the same text, or its digest alone where a file pins by digest without a tag.
    """
    return have == wanted or all(one == wanted or (one[:1] == "@" and wanted.endswith(one)) for one in split(have))


def rules(
    parsed: search.Parsed, tracked: Tracked, names: Collection[str] | None
) -> list[tuple[Kind, Moved]]:  # fmt: skip
    """Give what is looked for: what is tracked, or all images that a search by shape found."""
    wanted: list[tuple[Kind, Moved]] = [(Kind.IMAGE, moved) for moved in tracked.images]
    if not wanted:
        found = {
            place.names[0]: None for (kind, _), some in parsed.places.items() if kind is Kind.IMAGE for place in some
        }
        wanted = [(Kind.IMAGE, Moved(name)) for name in {spelling(name, Kind.IMAGE): None for name in found}]
    wanted += [(Kind.CHART, moved) for moved in tracked.charts]
    if names is None:
        return wanted
    allowed = {item(kind, name) for kind in Kind for name in names}
    return [(kind, moved) for kind, moved in wanted if any(item(kind, n) in allowed for n in (moved.name, *moved.also))]


def value_nodes(parsed: search.Parsed, entry: str) -> list[tuple[YamlFile, Node]]:
    """Give the nodes that `FILE:KEY.PATH` or `KEY.PATH` names. Raises EditRefused when the key cannot be read."""
    file, key = split_entry(entry)
    steps = key_path.parse(key)
    trees = [tree for name, tree in parsed.yaml.items() if not file or not name or matches(file, name)]
    return [(tree, node) for tree in trees for node in key_path.nodes(tree, steps)]


def split_entry(entry: str) -> tuple[str, str]:
    """Split `FILE:KEY.PATH`; the file is empty in `KEY.PATH`. A colon in a quoted key does not count."""
    file, colon, key = entry.partition(":")
    if not colon or '"' in file:
        return "", entry
    if not file or not key:
        raise EditRefused(f"{entry!r} is not FILE:KEY", "Write values: like values.yaml:image.pullPolicy.")
    return file, key


def _words(tracked: Tracked, names: Collection[str] | None) -> list[str] | None:
    """Give words of which a file must contain one to be worth reading; None: read every file."""
    every = [*tracked.images, *tracked.charts]
    if tracked.values or any(moved.key for moved in every):
        return None
    words = [
        moved.marker or name.rstrip("/").rpartition("/")[2] for moved in every for name in (moved.name, *moved.also)
    ]
    if not tracked.images:
        words += _SHAPES if names is None else [name.rstrip("/").rpartition("/")[2] for name in names]
    return words
