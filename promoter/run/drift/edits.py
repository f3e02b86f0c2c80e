"""Hand edits: what active slots hold that no release explains, and who put it there.

A slot is edited when its content is not its stay's, and mixed when a proposal was merged together with something else.
Edited in place only the values that the release moves count; the rest of the files is people's business.

Invariant: nothing is written but objects that no branch holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from promoter.errors import EditRefused
from promoter.git.store import CommitInfo
from promoter.layout.values import parse_canonical, satisfies
from promoter.model.ledger import How, Ledger
from promoter.model.names import ContentId, Oid
from promoter.model.plan import Plan
from promoter.model.release import SourceCommit
from promoter.model.snapshot import Slot, Snapshot
from promoter.plan.report.view import View, views
from promoter.run.content import Contents
from promoter.run.difference import content_difference, values_difference
from promoter.run.trailers import carries
from promoter.run.workspace import Workspace

DEPTH = 1_000
"""How many commits of the slot's branch are looked through for those that changed the slot."""
SHOWN = 20
"""How many of those are named."""


class Kind(StrEnum):
    """How the edit came into the slot."""

    EDITED = "edited"
    MIXED = "mixed"
    """It was merged together with a release."""


@dataclass(frozen=True, slots=True)
class Change:
    """A commit that changed the slot and brought no release of ours."""

    commit: Oid
    author: str
    at: datetime
    subject: str


@dataclass(frozen=True, slots=True)
class Edit:
    """One slot that holds something no release explains."""

    app: str
    environment: str
    kind: Kind
    release: int | None
    """What should stand there; None: nothing."""
    since: datetime
    """When it was seen first."""
    changes: tuple[Change, ...]
    """Newest first, at most SHOWN; none where the branch's history does not say."""
    difference: str
    """From the release to what stands there."""
    trouble: str = ""
    """Why the difference cannot be shown."""


def hand_edits(ws: Workspace, seen: Snapshot, plan: Plan) -> list[Edit]:
    """Give the edits in the plan's slots, in its order. Raises EdgeFailed."""
    found = (_edit(ws, view) for view in views(ws.config, seen, plan))
    return [edit for edit in found if edit is not None]


def _edit(ws: Workspace, view: View) -> Edit | None:
    place, seen = view.place, view.seen
    if seen is None:
        return None
    stay, number = place.stay, place.stay.release if place.stay is not None else None
    if place.drift is not None:
        kind, since, stop = Kind.EDITED, place.drift.since, stay.commit if stay is not None else None
        should = stay.content if stay is not None else None
    elif stay is not None and stay.how is How.MIXED and stay.release in view.ledger.releases:
        kind, since, stop = Kind.MIXED, stay.since, place.past[0].commit if place.past else None
        should = view.ledger.releases[stay.release].content.get(view.environment)
    else:
        return None
    shown, trouble = _shown(ws, view, should, seen.content)
    known = [content for content in (should,) if content is not None]
    slot = ws.config.apps[view.app].slots[view.environment]
    changes = _changes(ws, view.ledger, slot, seen.tip, stop, known) if seen.tip is not None else ()
    return Edit(view.app, view.environment, kind, number, since, changes, shown, trouble)


def _shown(ws: Workspace, view: View, should: ContentId | None, now: ContentId | None) -> tuple[str, str]:
    """Give the difference and, where it cannot be made, why."""
    stay = view.place.stay
    if should is not None and not bring(ws, view, should) and stay is not None:
        return "", f"the content of r{stay.release} is not in the ledger any more"
    store = ws.repository.store
    if not view.seen or not view.seen.slot.in_place:
        return content_difference(store, should, now, in_place=False), ""
    before, after = (parse_canonical(store.blob(Oid(it))) if it is not None else {} for it in (should, now))
    if should is None:
        return values_difference(before, after), ""
    moved = {key: value for key, value in before.items() if not satisfies(after.get(key, ""), value)}
    return values_difference(moved, {key: after[key] for key in moved if key in after}), ""


def bring(ws: Workspace, view: View, content: ContentId) -> bool:
    """Tell whether `content`, which a release of the view's app brought, is here, after fetching that release."""
    store, stay = ws.repository.store, view.place.stay
    release = view.ledger.releases.get(stay.release) if stay is not None else None
    if not store.has(Oid(content)) and release is not None and release.stored is not None:
        ws.repository.fetch([release.stored])
    return store.has(Oid(content))


def overwritten(ws: Workspace, ledger: Ledger, slot: Slot, tip: Oid) -> tuple[SourceCommit, ...]:
    """Give who changed `slot` by hand up to `tip` since its stay came, newest first, at most SHOWN."""
    stay = ledger.place(slot.environment).stay
    if stay is None:
        return ()
    known = [stay.content] if stay.content is not None else []
    found = _changes(ws, ledger, slot, tip, stay.commit, known)
    return tuple(SourceCommit(change.commit, change.author, change.subject) for change in found)


def _changes(
    ws: Workspace, ledger: Ledger, slot: Slot, tip: Oid, stop: Oid | None, known: Sequence[ContentId]
) -> tuple[Change, ...]:
    """Give who changed the slot since `stop`: commits whose slot is none of their parents'."""
    contents, store = ws.contents(ws.config.apps[slot.app]), ws.repository.store
    touching = list(_touching(ws, slot, tip, stop))
    if slot.in_place:
        trees = {store.commit(oid).tree for commit in touching for oid in (commit.id, *commit.parents)}
        ws.repository.fetch((), [(tree, slot.path) for tree in sorted(trees)])
    found: list[Change] = []
    for commit in touching:
        here = _held(contents, slot, commit.tree, known)
        before = [_held(contents, slot, store.commit(parent).tree, known) for parent in commit.parents] or [None]
        if here in before or (isinstance(here, str) and _ours(ledger, slot, commit, ContentId(here))):
            continue
        found.append(Change(commit.id, commit.author, commit.at, commit.subject))
    return tuple(found[:SHOWN])


def _touching(ws: Workspace, slot: Slot, tip: Oid, stop: Oid | None) -> list[CommitInfo]:
    store = ws.repository.store
    found = []
    for commit in store.history(tip, [stop] if stop and store.has(stop) else [], DEPTH):
        before = [store.entry(store.commit(parent).tree, slot.path) for parent in commit.parents] or [None]
        if store.entry(commit.tree, slot.path) not in before:
            found.append(commit)
    return found


def _held(contents: Contents, slot: Slot, tree: Oid, known: Sequence[ContentId]) -> object:
    try:
        return contents.held(slot, tree, known).content
    except EditRefused as refused:  # an old commit that cannot be read still is another content than its neighbours'
        return (tree, refused.message)


def _ours(ledger: Ledger, slot: Slot, commit: CommitInfo, here: ContentId) -> bool:
    """Tell whether the commit brought exactly a release: that is no hand edit."""
    word = carries(commit, slot.app, slot.environment)
    release = ledger.releases.get(word.release) if word is not None else None
    return release is not None and release.content.get(slot.environment) == here
