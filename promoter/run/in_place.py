"""Slots whose values are edited where they stand: the content is what promoter moves, and nothing else in the files.

A content is the canonical text of its values (`promoter.layout.values`); its id is that text's blob. A slot holds a
content when every value that the content names stands there, whatever else the files say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from promoter.errors import EdgeFailed, EditRefused
from promoter.git.store import FILE, Entry, Store
from promoter.layout.apply import apply
from promoter.layout.place import Kind
from promoter.layout.values import canonical, carried, item, items, parse_canonical, satisfies
from promoter.model.names import ContentId, Oid
from promoter.model.release import ImageChange
from promoter.model.snapshot import Slot
from promoter.policy.rules import AppRules
from promoter.run.content import Held


@dataclass(slots=True)
class InPlace:
    """How one app's values are read and written; what was read is remembered by tree id."""

    store: Store
    app: AppRules
    _items: dict[tuple[Oid, str], Mapping[str, str]] = field(default_factory=dict)

    def held(self, slot: Slot, tree: Oid, known: Sequence[ContentId]) -> Held:
        """Give the first of `known` that the slot holds (and the others), else the content of all its values."""
        here = self.values(slot.path, tree)
        if not here:
            return Held(None)
        fits = [content for content in dict.fromkeys(known) if self._fits(content, here)]
        if not fits:
            return Held(self.keep(here))
        return Held(fits[0], frozenset(fits[1:]))

    def put(self, slot: Slot, tree: Oid | None, content: ContentId) -> Oid:
        """Give `tree` with the slot's values changed to `content`, no other byte touched. Raises EditRefused."""
        if tree is None:
            raise EditRefused(f"{slot.branch} does not exist", "Values are edited in files that are there already.")
        files = self.files(slot.path, tree)
        wanted = self.wanted(content)
        blobs = {oid: self.store.blob(Oid(oid)) for key, oid in wanted.items() if key.startswith("file:") and oid}
        changed = apply(files, self.app.tracked, wanted, blobs)
        entry = self.store.entry(tree, slot.path)
        single = entry is not None and not entry.is_tree
        changes: dict[str, Entry | None] = {}
        for name, data in changed.items():
            path = slot.path if single else f"{slot.path}/{name}".lstrip("/")
            old = self.store.entry(tree, path)
            mode = old.mode if old is not None else FILE
            changes[path] = None if data is None else Entry(mode, self.store.put_blob(data))
        return self.store.edit_tree(tree, changes)

    def entry(self, content: ContentId) -> Entry:
        """A content in place is its canonical text."""
        return Entry(FILE, Oid(content))

    def wanted(self, content: ContentId) -> Mapping[str, str]:
        """Give the values that `content` names."""
        return parse_canonical(self.store.blob(Oid(content)))

    def files(self, path: str, tree: Oid) -> dict[str, bytes]:
        """Give the files of a slot, by path below it (a slot that is one file: by its name)."""
        entry = self.store.entry(tree, path) if path else None
        if entry is not None and not entry.is_tree:
            return {path.rsplit("/", 1)[-1]: self.store.blob(entry.id)}
        if path and entry is None:
            return {}
        return {name: self.store.blob(found.id) for name, found in self.store.files(tree, path) if found.mode in _FILES}

    def values(self, path: str, tree: Oid) -> Mapping[str, str]:
        """Give what stands at a slot: item -> value."""
        entry = self.store.entry(tree, path) if path else None
        key = (entry.id if entry is not None else tree, path)
        if key not in self._items:
            self._items[key] = items(self.files(path, tree), self.app.tracked)
        return self._items[key]

    def fresh(
        self, app: AppRules, tree: Oid, moved: Mapping[str, str], source: str | None, newest: Mapping[str, ContentId]
    ) -> tuple[dict[str, ContentId], tuple[ImageChange, ...]]:
        """Give environment -> content of a new release, and what it moves.

        The values are those of `source` (None: the first environment) with the versions in `moved` in their place; an
        environment takes those that it has. What moves is `moved`, or else what differs from `newest`, the contents of
        the release before. Every edit is tried, so that nothing half-editable is released.
        """
        first = source or next(iter(app.environments))
        wanted = dict(self.values(app.source(first), tree))
        changes: list[ImageChange] = []
        for name, version in moved.items():
            key = next((found for kind in Kind if (found := item(kind, name)) in wanted), None)
            if key is None:
                known = ", ".join(sorted(k for k in wanted if k.startswith(("image:", "chart:")))) or "nothing"
                raise EditRefused(f"{app.name} moves no {name} in {first}", f"What it moves there: {known}")
            changes.append(ImageChange(name, wanted[key], version))
            wanted[key] = version
        if not moved and first in newest:
            old = self.wanted(newest[first])
            pins = [key for key in wanted if key.startswith(("image:", "chart:")) and old.get(key) != wanted[key]]
            changes = [ImageChange(key.partition(":")[2], old.get(key, ""), wanted[key]) for key in pins]
        tracked = app.tracked.images or app.tracked.charts
        names = None if tracked or not moved else set(moved)
        content: dict[str, ContentId] = {}
        for environment in app.environments:
            mine = carried(wanted, self.values(app.source(environment), tree), names)
            if not mine:
                raise EdgeFailed(f"{app.source(environment)} holds nothing that {app.name} moves")
            content[environment] = self.keep(mine)
            self.put(app.slots[environment], tree, content[environment])
        return content, tuple(changes)

    def keep(self, values: Mapping[str, str]) -> ContentId:
        """Keep a content that names `values`, and give it."""
        return ContentId(self.store.put_blob(canonical(values)))

    def _fits(self, content: ContentId, here: Mapping[str, str]) -> bool:
        if not self.store.has(Oid(content)):
            return False
        return all(satisfies(here.get(key, ""), value) for key, value in self.wanted(content).items())


_FILES = frozenset({0o100644, 0o100755})
