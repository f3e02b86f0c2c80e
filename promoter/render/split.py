"""Cutting what a renderer printed into one stable file per object.

Invariants: an object's text stays as the tool wrote it (only items of a `List` are written anew); names depend on the
set of objects alone, not on their order; the same object twice is refused, for which one wins would be chance.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from promoter.errors import RenderFailed
from promoter.render.documents import chunks, dump_styled, is_nothing, load, load_styled
from promoter.render.job import Part

SINGLE = "manifests.yaml"
"""The one file's name, when there is to be one."""
_UNSAFE = re.compile(r"[^a-z0-9._-]")
_LONGEST = 200
_MOST_EXACT = 3


@dataclass(frozen=True, slots=True)
class Object:
    """One manifest: what makes it one (Kubernetes ignores the version in that), and its text."""

    group: str
    kind: str
    namespace: str
    name: str
    text: str
    where: str
    """What it was rendered from, for messages."""

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """Give (group, kind, namespace, name)."""
        return (self.group, self.kind, self.namespace, self.name)

    def __str__(self) -> str:
        kind = f"{self.kind}.{self.group}" if self.group else self.kind
        return f"{kind} {self.namespace}/{self.name}" if self.namespace else f"{kind} {self.name}"


def split(parts: Iterable[Part], *, single: bool = False) -> Mapping[str, bytes]:
    """Give file name -> content; with `single` one file `manifests.yaml`, in the parts' order.

    Raises RenderFailed when something is no Kubernetes object, stands there twice, or when there is nothing at all.
    """
    found = [item for part in parts for item in _of_part(part)]
    if not found:
        raise RenderFailed("no object was rendered", "An environment that should be empty must be left out instead.")
    count = Counter(item.identity for item in found)
    twice = [item for item in found if count[item.identity] > 1]
    if twice:
        places = " and ".join(item.where for item in twice if item.identity == twice[0].identity)
        raise RenderFailed(f"{twice[0]} is there more than once: {places}")
    if single:
        return {SINGLE: "---\n".join(item.text for item in found).encode()}
    names = _names(found)
    return {name: item.text.encode() for name, item in sorted(zip(names, found, strict=True), key=lambda pair: pair[0])}


def _of_part(part: Part) -> Iterator[Object]:
    texts = chunks(part.stream, part.where)
    for at, text in enumerate(texts):
        yield from _objects(text, f"{part.where}, document {at + 1}" if len(texts) > 1 else part.where)


def _objects(text: str, where: str) -> Iterator[Object]:
    """Give the objects of one document."""
    for document in load(text, where):
        if not isinstance(document, dict):
            raise RenderFailed(f"{where} is not a Kubernetes object but {_shown(document)}")
        items = document.get("items")
        metadata = document.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        kind = _scalar(document.get("kind"))
        name = _scalar(metadata.get("name")) or _scalar(metadata.get("generateName")).rstrip("-")
        if kind.endswith("List") and isinstance(items, list) and not name:
            for at, item in enumerate(_items(text, where)):
                yield from _objects(item, f"{where}, item {at + 1}")
            continue
        version = _scalar(document.get("apiVersion"))
        missing = [
            key for key, value in (("apiVersion", version), ("kind", kind), ("metadata.name", name)) if not value
        ]
        if missing:
            raise RenderFailed(f"{where} is not a Kubernetes object: it has no {' and no '.join(missing)}")
        group = version.rpartition("/")[0]
        yield Object(group, kind, _scalar(metadata.get("namespace")), name, text, where)


def _items(text: str, where: str) -> list[str]:
    """Write the items of a `List` as documents of their own, quotes and comments kept."""
    return [dump_styled(item) for item in load_styled(text, where)["items"]]


def _names(objects: Sequence[Object]) -> list[str]:
    """Name the files: more exact, step by step, only where two objects would share a name."""
    exact = [0] * len(objects)
    while True:
        names = [_name(item, step) for item, step in zip(objects, exact, strict=True)]
        count = Counter(names)
        shared = [at for at, name in enumerate(names) if count[name] > 1 and exact[at] < _MOST_EXACT]
        if not shared:
            return names
        for at in shared:
            exact[at] += 1


def _name(item: Object, exact: int) -> str:
    parts = [f"{item.kind}.{item.group}" if exact > 1 and item.group else item.kind]
    if exact > 0 and item.namespace:
        parts.append(item.namespace)
    parts.append(item.name)
    name = _UNSAFE.sub("_", "-".join(parts).lower())
    if exact >= _MOST_EXACT or len(name) > _LONGEST:
        digest = hashlib.sha256("\0".join(item.identity).encode()).hexdigest()[:10]
        name = f"{name[:_LONGEST]}-{digest}"
    return f"{name}.yaml"


def _scalar(value: object) -> str:
    return value if isinstance(value, str) and not is_nothing(value) else ""


def _shown(value: object) -> str:
    return "a list" if isinstance(value, list) else f"the text {str(value)[:40]!r}"
