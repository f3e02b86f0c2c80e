"""`render.yaml`: the small format with which plain manifests become overlays, without any program.

    base: ../../base                      # a folder or file, or a list; optional
    patches:                              # optional
      - target: {kind: Deployment, name: web, namespace: shop}      # namespace only where it is needed
        patch:                            # RFC 6902, JSON Patch; or path: FILE with the same list
          - {op: replace, path: /spec/replicas, value: 3}

The objects are those of the bases, then those of the folder's own YAML files; patches apply to all of them, in order.
A patch whose target is not exactly one object is an error. Objects without a patch keep their text; in the others,
quotes and comments of what was not touched stay, and a text that replaces a quoted one is quoted too.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jsonpatch

from promoter.errors import RenderFailed
from promoter.render.documents import dump_styled, load, load_styled
from promoter.render.job import Part

NAME = "render.yaml"


@dataclass(frozen=True, slots=True)
class Patch:
    """A JSON patch for one object: its operations, or the file that holds them."""

    kind: str
    name: str
    namespace: str | None
    operations: Sequence[Mapping[str, Any]] = ()
    path: str = ""

    @property
    def target(self) -> str:
        """Name the target for people."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Overlay:
    """A `render.yaml`."""

    bases: tuple[str, ...] = ()
    patches: tuple[Patch, ...] = ()


def parse(data: bytes, where: str) -> Overlay:
    """Read a `render.yaml`. Raises RenderFailed that names `where`, the key and what is wrong."""
    loaded = load_styled(data, where)
    if loaded is None:
        return Overlay()
    document = _mapping(loaded, where, {"base", "patches"})
    bases = document.get("base") or ()
    bases = (bases,) if isinstance(bases, str) else bases
    if not isinstance(bases, Sequence) or not all(isinstance(base, str) for base in bases):
        raise RenderFailed(f"{where}: base must be a path or a list of paths")
    patches = document.get("patches") or ()
    if not isinstance(patches, Sequence) or isinstance(patches, str):
        raise RenderFailed(f"{where}: patches must be a list")
    return Overlay(tuple(bases), tuple(_patch(item, f"{where}: patches[{at}]") for at, item in enumerate(patches)))


def operations(data: bytes, where: str) -> Sequence[Mapping[str, Any]]:
    """Read a file of JSON Patch operations, in JSON or YAML."""
    return _operations(load_styled(data, where), where)


def apply(patches: Sequence[Patch], parts: Sequence[Part], where: str) -> list[Part]:
    """Apply `patches` in order to objects, one a part. Raises RenderFailed naming `where` and the target."""
    names = [_identity(part) for part in parts]
    changed: dict[int, Any] = {}
    for patch in patches:
        fits = [at for at, name in enumerate(names) if _fits(patch, name)]
        if len(fits) != 1:
            raise RenderFailed(
                f"{where}: the patch of {patch.target} fits {len(fits)} objects, not one",
                "Say the namespace of the one that is meant." if fits else f"There are: {_listed(names)}.",
            )
        at = fits[0]
        document = changed[at] if at in changed else load_styled(parts[at].stream, parts[at].where)
        try:
            changed[at] = jsonpatch.JsonPatch(copy.deepcopy(list(patch.operations))).apply(document, in_place=True)
        except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException, TypeError, KeyError) as error:
            raise RenderFailed(f"{where}: the patch of {patch.target} does not apply: {error}") from error
    return [
        Part(part.where, dump_styled(changed[at]).encode()) if at in changed else part for at, part in enumerate(parts)
    ]


def _patch(item: Any, where: str) -> Patch:
    entry = _mapping(item, where, {"target", "patch", "path"})
    target = _mapping(entry.get("target"), f"{where}.target", {"kind", "name", "namespace"})
    kind, name = target.get("kind"), target.get("name")
    if not isinstance(kind, str) or not isinstance(name, str):
        raise RenderFailed(f"{where}.target needs kind and name")
    path = entry.get("path")
    if ("patch" in entry) == (path is not None):
        raise RenderFailed(f"{where} needs patch (a list of operations) or path (a file of them), one of the two")
    if path is not None:
        return Patch(kind, name, target.get("namespace"), path=str(path))
    return Patch(kind, name, target.get("namespace"), _operations(entry["patch"], f"{where}.patch"))


def _operations(value: Any, where: str) -> Sequence[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise RenderFailed(f"{where} is not a list of JSON Patch operations (RFC 6902)")
    for item in value:
        if not isinstance(item.get("op"), str) or not isinstance(item.get("path"), str):
            raise RenderFailed(f"{where}: every operation needs op and path")
    return value


def _mapping(value: Any, where: str, known: set[str]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise RenderFailed(f"{where} is not a mapping")
    unknown = sorted(str(key) for key in value if key not in known)
    if unknown:
        raise RenderFailed(f"{where} has the unknown key {unknown[0]}", f"Known: {', '.join(sorted(known))}.")
    return value


def _identity(part: Part) -> tuple[str, str, str]:
    document = next(iter(load(part.stream, part.where)), None)
    metadata = document.get("metadata") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(metadata, dict):
        return ("", "", "")
    return (str(document.get("kind", "")), str(metadata.get("namespace", "")), str(metadata.get("name", "")))


def _fits(patch: Patch, name: tuple[str, str, str]) -> bool:
    kind, namespace, own = name
    return (kind, own) == (patch.kind, patch.name) and patch.namespace in (None, namespace)


def _listed(names: Sequence[tuple[str, str, str]]) -> str:
    return ", ".join(f"{kind} {name}" for kind, _, name in names) or "none"
