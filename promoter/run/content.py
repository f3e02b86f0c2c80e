"""The content of slots: what a tree holds, and the tree that holds a release. One algorithm for every layout.

Invariant: outside the slot no byte changes; a commit is made from (parent, release, slot) alone, so that two runs make
the same commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from promoter.errors import EdgeFailed
from promoter.git.hydrator import FILE_NAME
from promoter.git.repository import Repository
from promoter.git.store import TREE, Entry, Store
from promoter.git.trailers import Trailers, flatten, format_trailers
from promoter.model.ledger import Kind
from promoter.model.names import ContentId, Oid
from promoter.model.release import Release
from promoter.model.snapshot import Slot
from promoter.run.ledgers import IDENTITY

INTERCHANGE = frozenset({FILE_NAME})
"""Files of other tools inside a slot that name the dry commit: they are not content."""
HYDRATOR_FILES = INTERCHANGE | {"README.md"}
"""The same where another hydrator writes: Argo CD's puts the dry commit into a README of how to render it again."""
KEPT_AT_ROOT = frozenset({".github", ".gitlab-ci.yml", "CODEOWNERS", ".gitattributes", ".gitlab"})
"""What a slot at the root of its branch leaves alone."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a tree holds at a slot: its content (None: nothing), and other known contents that it equals as well."""

    content: ContentId | None
    also: frozenset[ContentId] = frozenset()


class Contents(Protocol):
    """How one layout reads and writes contents."""

    def held(self, slot: Slot, tree: Oid, known: Sequence[ContentId]) -> Held:
        """Give what `tree` holds at `slot`; `known` are contents that it may equal, the most likely first."""
        ...

    def put(self, slot: Slot, tree: Oid | None, content: ContentId) -> Oid:
        """Give `tree` with the slot holding `content`. Raises EditRefused."""
        ...

    def entry(self, content: ContentId) -> Entry:
        """Give the object that keeps `content` in a ledger."""
        ...


@dataclass(frozen=True, slots=True)
class Rendered:
    """Slots that hold whole trees of rendered manifests."""

    store: Store
    interchange: frozenset[str] = INTERCHANGE
    """Files inside a slot that are not content."""

    def held(self, slot: Slot, tree: Oid, known: Sequence[ContentId]) -> Held:
        """Give the slot's tree without interchange files."""
        del known
        found = self.store.entry(tree, slot.path) if slot.path else Entry(TREE, tree)
        if found is None or found.mode != TREE:
            return Held(None)
        names = self.interchange | (KEPT_AT_ROOT if not slot.path else frozenset())
        content = self.store.without(found.id, names)
        return Held(ContentId(content) if self.store.children(content) else None)

    def put(self, slot: Slot, tree: Oid | None, content: ContentId) -> Oid:
        """Put the content's tree in the slot's place, other files of the branch untouched."""
        if slot.path:
            return self.store.edit_tree(tree, {slot.path: Entry(TREE, Oid(content))})
        kept = {name: entry for name, entry in self.store.children(tree) if name in KEPT_AT_ROOT} if tree else {}
        return self.store.edit_tree(Oid(content), kept)

    def entry(self, content: ContentId) -> Entry:
        """A rendered content is its tree."""
        return Entry(TREE, Oid(content))


def content_of(release: Release, environment: str) -> ContentId:
    """Give the content of `release` for `environment`. Raises EdgeFailed when it was not made for it."""
    try:
        return release.content[environment]
    except KeyError:
        raise EdgeFailed(f"{release.name} was not made for {environment}") from None


def subject(slot: Slot, release: Release, kind: Kind) -> str:
    """Give the first line of the commit that brings `release` to `slot`."""
    what = f"{slot.app} {flatten(release.label)}"
    if kind is Kind.ROLLBACK:
        return f"Roll back {slot.app} to {flatten(release.label)} in {slot.environment}"
    if kind is Kind.RESTORE:
        return f"Put back {what} in {slot.environment}"
    if release.hotfix is not None:
        return f"Hotfix {what} in {slot.environment}"
    return f"Promote {what} to {slot.environment}"


def make_commit(
    repository: Repository,
    contents: Contents,
    slot: Slot,
    release: Release,
    kind: Kind,
    parent: Oid | None,
    said: str = "",
) -> Oid:
    """Make the commit that brings `release` to `slot` on top of `parent`, and give its id; no ref changes.

    `said` stands in its message, and must follow from the same things.
    """
    store = repository.store
    tree = filled(repository, contents, slot, release, store.commit(parent).tree if parent is not None else None)
    trailers = format_trailers(Trailers(slot.app, slot.environment, release.number, kind))
    text = f"{said}\n\n" if said else ""
    message = f"{subject(slot, release, kind)}\n\n{text}{trailers}\n"
    return store.put_commit(tree, [parent] if parent is not None else [], message, IDENTITY, release.at)


def filled(repository: Repository, contents: Contents, slot: Slot, release: Release, tree: Oid | None) -> Oid:
    """Give `tree` with the slot holding `release` and what goes along with it. Raises EdgeFailed, EditRefused."""
    store = repository.store
    if release.stored is not None and not store.has(release.stored):
        repository.fetch([release.stored])
    tree = contents.put(slot, tree, content_of(release, slot.environment))
    kept = store.commit(release.stored).tree if release.stored is not None else None
    beside = store.entry(kept, f"{FILE_NAME}/{release.name}") if kept is not None else None
    return store.edit_tree(tree, {f"{slot.path}/{FILE_NAME}".lstrip("/"): beside}) if beside is not None else tree
