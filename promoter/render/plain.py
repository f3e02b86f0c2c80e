"""Plain manifests: the YAML files of a folder, or one file, as they are, or patched by a `render.yaml` (`overlay.py`).

Needs nothing but Python. Files in folders below count too; hidden ones, and folders that are rendered by themselves,
do not.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from promoter.errors import RenderFailed
from promoter.render.documents import chunks, load
from promoter.render.job import Bench, Job, Part, Place, Prepare, check_settings, place
from promoter.render.overlay import NAME, Overlay, apply, operations, parse
from promoter.render.port import RenderRequest
from promoter.render.reach import Reach
from promoter.render.tree import FOLDER, LINK, Found, Tree

_SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class _Layer:
    """A folder with its bases below it."""

    where: str
    bases: tuple[_Layer, ...]
    files: tuple[str, ...]
    overlay: Overlay


def fits(tree: Tree, here: Place) -> bool:
    """Tell whether there is anything to render: a YAML file, or a folder with one or with a `render.yaml`."""
    if here.file is not None:
        return here.file.path.endswith(_SUFFIXES)
    return NAME in tree.children(here.folder) or next(_files(tree, here.folder), None) is not None


def prepare(request: RenderRequest, reach: Reach) -> Job:
    """Take the folder or file and everything that its `render.yaml` names. It has no settings of its own."""
    check_settings(request, "plain", ())
    here = place(request, reach)
    found = here.file or reach.find("", here.folder, f"the path of {request.app}")
    if found is None or not fits(reach.tree, here):
        reach.add_folder(here.folder)
        raise RenderFailed(f"{request.path} holds no YAML file")
    layer = _layer(reach, found, ())

    def make(_bench: Bench) -> list[Part]:
        return _parts(reach.tree, layer)

    return Job(make, exports=False)


PREPARE: Final[Prepare] = prepare


def _layer(reach: Reach, found: Found, above: tuple[str, ...]) -> _Layer:
    """Read one folder or file; `above` are the folders that this one is a base of."""
    tree = reach.tree
    reach.add_links(found)
    if found.entry.kind != FOLDER:
        reach.add(found)
        return _Layer(found.path, (), (found.path,), Overlay())
    folder = found.path
    if folder in above:
        raise RenderFailed(f"{posixpath.join(folder, NAME)}: base goes round in circles: {' <- '.join(above)}")
    # As a whole, with overlays below it: a file that is added counts without being named anywhere.
    reach.add_folder(folder)
    where = posixpath.join(folder, NAME)
    overlay = Overlay()
    named = tree.find(folder, NAME, where)
    if named is not None:
        overlay = parse(tree.read(named.path), where)
    bases = tuple(
        _layer(reach, _named(reach, folder, base, f"{where}: base"), (*above, folder)) for base in overlay.bases
    )
    patches = []
    used = set()
    for patch in overlay.patches:
        if patch.path:
            file = _named(reach, folder, patch.path, f"{where}: patches")
            reach.add(file)
            used.add(file.path)
            patches.append(replace(patch, operations=operations(tree.read(file.path), file.path)))
        else:
            patches.append(patch)
    files = tuple(dict.fromkeys(path for path in _files(tree, folder) if path not in used))
    return _Layer(where, bases, files, Overlay(overlay.bases, tuple(patches)))


def _named(reach: Reach, folder: str, path: str, said: str) -> Found:
    found = reach.find(folder, path, said)
    if found is None:
        raise RenderFailed(f"{said} names {path}, which is not in this commit")
    return found


def _files(tree: Tree, folder: str) -> Iterator[str]:
    """Give the canonical paths of the YAML files of a folder, by name."""
    for name, entry in tree.children(folder).items():
        path = posixpath.join(folder, name)
        if name.startswith(".") or name == NAME:
            continue
        if entry.kind == LINK:
            found = tree.follow(path)
            if found is not None and found.entry.kind != FOLDER and name.endswith(_SUFFIXES):
                yield found.path
        elif entry.kind == FOLDER:
            if not tree.holds_roots(path):
                yield from _files(tree, path)
        elif name.endswith(_SUFFIXES):
            yield path


def _parts(tree: Tree, layer: _Layer) -> list[Part]:
    """Give the objects, one a part."""
    parts = [part for base in layer.bases for part in _parts(tree, base)]
    for path in layer.files:
        texts = chunks(tree.read(path), path)
        for at, text in enumerate(texts):
            where = f"{path}, document {at + 1}" if len(texts) > 1 else path
            load(text, where, unique=True)  # kustomize and Flux refuse a key that stands twice, others take one of them
            parts.append(Part(where, text.encode()))
    return apply(layer.overlay.patches, parts, layer.where) if layer.overlay.patches else parts
