"""Renders environments before and after, and tells what differs: the proof that pins change nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from promoter.errors import EditRefused, RenderFailed
from promoter.git.store import FILE, Entry, Store
from promoter.layout import search
from promoter.layout.place import Kind, spelling, value_of
from promoter.layout.yaml_tree import Mapping as YamlMapping
from promoter.layout.yaml_tree import Path, YamlFile, read
from promoter.model.names import Oid
from promoter.policy.rules import Render
from promoter.render.hydrate import hydrate
from promoter.render.port import NotRendered, Rendered, RenderRequest
from promoter.render.program import Programs
from promoter.render.version import installed
from promoter.run.inputs import SourceTree
from promoter.run.pin_choice import CONTAINERS
from promoter.run.pin_found import Pinned

Key = tuple[str, str]
"""(app, environment)."""
Manifests = Mapping[Key, Mapping[str, bytes]]
"""(app, environment) -> file name -> content."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A value that is another one after an edit; empty where it is not there."""

    file: str
    object: str
    """`KIND/NAME`."""
    path: Path
    old: str
    new: str


class Bench:
    """Renders trees of one store with the programs of this machine."""

    def __init__(self, store: Store, programs: Programs, needs: Sequence[str]) -> None:
        """Find the programs. Raises RenderFailed when one is missing: without it nothing can be proven."""
        self._store = store
        self._programs = programs
        self.tools = {name: version_of(name, programs) for name in needs}

    def render(self, tree: Oid, paths: Mapping[Key, str], failed: dict[Key, str] | None = None) -> Manifests:
        """Render (app, environment) -> path of `tree`.

        What does not render is put into `failed`, with the reason; without that, and for what another machine might
        render, RenderFailed is raised.
        """
        requests = [
            RenderRequest(app, environment, path, Render(), self.tools) for (app, environment), path in paths.items()
        ]
        results = hydrate(SourceTree(self._store, tree), requests, {}, programs=self._programs)
        found: dict[Key, Mapping[str, bytes]] = {}
        for key, result in results.items():
            if isinstance(result, Rendered):
                found[key] = result.files
            elif failed is not None and isinstance(result, NotRendered) and result.lasting:
                failed[key] = result.message.partition(": ")[2]
            else:
                raise result if isinstance(result, RenderFailed) else RenderFailed(f"{key} was not rendered")
        return found


def edited(store: Store, tree: Oid, files: Mapping[str, bytes]) -> Oid:
    """Give `tree` with `files` written; modes stay."""
    changes: dict[str, Entry | None] = {}
    for path, data in files.items():
        old = store.entry(tree, path)
        changes[path] = Entry(old.mode if old is not None else FILE, store.put_blob(data))
    return store.edit_tree(tree, changes)


def version_of(name: str, programs: Programs) -> str:
    """Give the exact version of a program on this machine. Raises RenderFailed when there is none that tells it."""
    for found in installed(name, programs):
        if found.version:
            return found.version
    raise RenderFailed(f"{name} is needed, and there is none on the PATH", f"Install {name}, then run this again.")


def differences(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[Difference]:
    """Tell which values differ between two renderings, by file, object and key."""
    found: list[Difference] = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name, b""), after.get(name, b"")
        if old == new:
            continue
        was, now = _values(read(name, old)), _values(read(name, new))
        changed = [key for key in was.keys() | now.keys() if was.get(key) != now.get(key)]
        found += [Difference(name, *key, was.get(key, ""), now.get(key, "")) for key in changed]
        if not changed:
            found.append(Difference(name, "", (), "its bytes", "other bytes"))
    return sorted(found, key=lambda one: (one.file, one.object, str(one.path)))


def _values(file: YamlFile) -> dict[tuple[str, Path], str]:
    return {(object_name(file, scalar.document), scalar.path): scalar.value for scalar in file.scalars}


def object_name(file: YamlFile, document: int) -> str:
    """Give `KIND/NAME` of a document."""
    root = file.documents[document]
    return f"{root.text('kind')}/{root.text('metadata', 'name')}" if isinstance(root, YamlMapping) else ""


def prove(before: Manifests, after: Manifests, pinned: Sequence[Pinned]) -> None:
    """Refuse (EditRefused) unless the manifests are the same but for the versions that somebody named."""
    for key, files in before.items():
        open_ = [one for one in pinned if (one.app, one.environment) == key and one.changes]
        for difference in differences(files, after[key]):
            if not any(_explains(one, difference) for one in open_):
                raise _unwanted(key, difference)


def _explains(one: Pinned, difference: Difference) -> bool:
    if one.kind is Kind.IMAGE:
        return difference.old.replace(_suffix(one.old), "") == difference.new.replace(_suffix(one.new), "")
    held = not one.object or difference.object == one.object or difference.object.startswith(f"{one.object}/")
    return held and (difference.old, difference.new) == (one.old, one.new)


def _suffix(version: str) -> str:
    return version if version.startswith("@") else f":{version}"


def _unwanted(key: Key, difference: Difference) -> EditRefused:
    app, environment = key
    path = ".".join(map(str, difference.path))
    message = (
        f"pinning would change more in {app} in {environment}: {path} of {difference.object or difference.file} "
        f"from {difference.old or 'nothing'} to {difference.new or 'nothing'}"
    )
    return EditRefused(message, "Nothing was written. Pin it by hand.")


def probe(pinned: Sequence[Pinned]) -> dict[Key, list[Pinned]]:
    """Give each pin moved once more, to a version that cannot be: what a release would do."""
    found: dict[Key, list[Pinned]] = {}
    for one in pinned:
        found.setdefault((one.app, one.environment), []).append(replace(one, old=one.new, new=_other(one)))
    return found


def prove_moves(before: Manifests, after: Manifests, probes: Mapping[Key, Sequence[Pinned]]) -> None:
    """Refuse (EditRefused) unless moving the pins moved exactly what is pinned in the manifests."""
    for key, files in after.items():
        found = differences(before[key], files)
        for difference in found:
            if not any(_explains(one, difference) for one in probes[key]):
                raise _unwanted(key, difference)
        for one in probes[key]:
            if not any(_explains(one, difference) for difference in found) or _stays(files, one):
                raise EditRefused(
                    f"{one.name} in {one.environment} of {one.app} would not move with its pin in {one.file}",
                    "Something else decides over its version. Nothing was written.",
                )


def _other(one: Pinned) -> str:
    """Give a version of the same shape: a digest is not replaced by a tag."""
    if one.kind is Kind.CHART:
        return "0.0.0-promoter-probe"
    tag, at, _ = one.new.partition("@")
    return ("promoter-probe" if tag else "") + (f"@sha256:{'0' * 64}" if at else "")


def _stays(files: Mapping[str, bytes], one: Pinned) -> bool:
    """Tell whether the old version of an image still stands in some container."""
    if one.kind is not Kind.IMAGE:
        return False
    places = search.parse(files).places.get((Kind.IMAGE, spelling(one.name, Kind.IMAGE)), ())
    return any(value_of((place,)) == one.old and CONTAINERS & {str(k) for k in place.path} for place in places)
