"""What stands in a slot of a proposed (or merged) commit, for gates that judge it: objects, and images.

Invariant: all of it, or an error; what cannot be read here hides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from promoter.cluster.files import parse_objects
from promoter.cluster.objects import Object
from promoter.errors import EdgeFailed
from promoter.git.store import Entry
from promoter.model.ask import Ask
from promoter.model.names import Oid
from promoter.model.snapshot import Slot, Snapshot
from promoter.policy.image_name import ImageName, image_name, images_of
from promoter.render.tree import ROOT_FILES
from promoter.run.content import Rendered
from promoter.run.in_place import InPlace
from promoter.run.workspace import Workspace

SUFFIXES = (".yaml", ".yml", ".json")
_IMAGE = "image:"


@dataclass(frozen=True, slots=True)
class Judged:
    """The slot of one ask."""

    ws: Workspace
    slot: Slot
    commit: Oid

    @classmethod
    def of(cls, ws: Workspace, seen: Snapshot, ask: Ask) -> Judged:
        """Give what `ask` is about."""
        return cls(ws, seen.apps[ask.app].slots[ask.environment].slot, ask.head)

    def objects(self) -> list[Object]:
        """Give the objects that stand there. Raises EdgeFailed when there are none, or others make them."""
        found = [obj for name, content in self._files(self.commit).items() for obj in parse_objects(name, content)]
        if not found:
            raise EdgeFailed("nothing is proposed for the slot that could be judged")
        return found

    def images(self, everything: bool) -> frozenset[ImageName]:
        """Give the images that stand there; unless `everything`, only those that did not before. Raises EdgeFailed."""
        here = self._images(self.commit)
        if everything:
            return here
        parents = self.ws.repository.store.commit(self.commit).parents
        return here - self._images(parents[0]) if parents else here

    def _images(self, commit: Oid) -> frozenset[ImageName]:
        contents = self.ws.contents(self.ws.app(self.slot.app))
        if isinstance(contents, InPlace):
            values = contents.values(self.slot.path, self._tree(commit))
            named = {key.removeprefix(_IMAGE): text for key, text in values.items() if key.startswith(_IMAGE)}
            references = [_reference(name, version) for name, text in named.items() for version in text.split("|")]
        else:
            files = self._files(commit)
            objects = (obj for name, content in files.items() for obj in parse_objects(name, content))
            references = [reference for obj in objects for reference in images_of(obj)]
        try:
            return frozenset(map(image_name, references))
        except ValueError as error:
            raise EdgeFailed(str(error)) from None

    def _tree(self, commit: Oid) -> Oid:
        return self.ws.repository.store.commit(commit).tree

    def _files(self, commit: Oid) -> Mapping[str, bytes]:
        store, tree = self.ws.repository.store, self._tree(commit)
        contents = self.ws.contents(self.ws.app(self.slot.app))
        if isinstance(contents, InPlace):
            files = contents.files(self.slot.path, tree)
            made = sorted(name for name in files if name.rpartition("/")[2] in ROOT_FILES)
            if made:
                raise EdgeFailed(
                    f"the manifests are made elsewhere, from {made[0]}; only what stands here can be judged",
                    "A layout lets promoter make them.",
                )
        else:
            assert isinstance(contents, Rendered)  # noqa: S101 (there are two kinds)
            content = contents.held(self.slot, tree, ()).content
            if content is None:
                return {}
            entries = dict(store.files(Oid(content)))
            _only_files(entries)
            wanted = {name: entry for name, entry in entries.items() if name.endswith(SUFFIXES)}
            self._bring(Oid(content))
            files = {name: store.blob(entry.id) for name, entry in wanted.items()}
        return {name: content for name, content in sorted(files.items()) if name.endswith(SUFFIXES)}

    def _bring(self, tree: Oid) -> None:
        """Fetch in one go what a store without blobs lacks."""
        store = self.ws.repository.store
        if store.supply is not None and (absent := store.missing([(tree, "")])):
            store.supply(absent)


def _only_files(entries: Mapping[str, Entry]) -> None:
    for name, entry in entries.items():
        if not entry.is_file:
            raise EdgeFailed(f"{name} is a link or a submodule, which cannot be judged")


def _reference(name: str, version: str) -> str:
    """Give `name:tag@digest` of an item's text, which is a tag, `tag@digest`, or `@digest`."""
    return f"{name}{version}" if version.startswith("@") else f"{name}:{version}" if version else name
