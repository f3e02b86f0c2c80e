"""Two environments side by side: which release each app runs in them, and what differs in what their slots hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from promoter.git.store import Store
from promoter.layout.values import parse_canonical
from promoter.model.names import ContentId, Oid
from promoter.model.plan import Plan
from promoter.model.release import ImageChange
from promoter.model.snapshot import Snapshot
from promoter.plan.report.brings import brings
from promoter.plan.report.view import View, views
from promoter.run.difference import content_difference, values_difference
from promoter.run.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Pair:
    """One app in two environments."""

    app: str
    one: View
    other: View
    images: tuple[ImageChange, ...]
    """What the releases moved, from the one to the other."""
    files: int
    """How many files differ (edited in place: values)."""
    added: int
    removed: int
    """Lines, from the one to the other."""
    difference: str

    @property
    def same(self) -> bool:
        """Whether both hold the same, byte for byte (edited in place: value for value)."""
        return self.files == 0


def pairs(ws: Workspace, seen: Snapshot, plan: Plan, one: str, other: str) -> list[Pair]:
    """Compare `one` with `other` for every app that goes to both and holds something in one of them.

    What the slots hold now is compared, hand edits included. Raises EdgeFailed.
    """
    return list(_pairs(ws, seen, plan, one, other))


def _pairs(ws: Workspace, seen: Snapshot, plan: Plan, one: str, other: str) -> Iterator[Pair]:
    by_app: dict[str, dict[str, View]] = {}
    for view in views(ws.config, seen, plan):
        by_app.setdefault(view.app, {})[view.environment] = view
    for app, places in by_app.items():
        if one not in places or other not in places:
            continue
        left, right = places[one], places[other]
        old, new = _content(left), _content(right)
        if old is None and new is None:
            continue
        yield _pair(ws, app, left, right, old, new)


def _pair(ws: Workspace, app: str, left: View, right: View, old: ContentId | None, new: ContentId | None) -> Pair:
    store, in_place = ws.repository.store, ws.config.layout is None
    numbers = [view.place.stay.release for view in (left, right) if view.place.stay is not None]
    images = brings(left.ledger, numbers[0], numbers[1]).images if len(numbers) == 2 else ()
    if in_place:
        mine, theirs = (parse_canonical(store.blob(Oid(it))) if it is not None else {} for it in (old, new))
        shown = values_difference(mine, theirs)
        lines = shown.splitlines()
        changed = sum(mine.get(key) != theirs.get(key) for key in {*mine, *theirs})
        return Pair(
            app, left, right, images, changed, sum(line[0] == "+" for line in lines),
            sum(line[0] == "-" for line in lines), shown,
        )  # fmt: skip
    files, added, removed = _size(store, old, new)
    return Pair(app, left, right, images, files, added, removed, content_difference(store, old, new, in_place=False))


def _content(view: View) -> ContentId | None:
    return view.seen.content if view.seen is not None else None


def _size(store: Store, old: ContentId | None, new: ContentId | None) -> tuple[int, int, int]:
    """Give how many files differ, how many lines come, how many go."""
    if old == new:
        return 0, 0, 0
    trees: Any = store.repo
    sides = [Oid(content) if content is not None else store.put_files({}) for content in (old, new)]
    if store.supply is not None and (absent := store.missing((side, "") for side in sides)):
        store.supply(sorted(absent))
    diff = trees[sides[0]].diff_to_tree(trees[sides[1]])
    return diff.stats.files_changed, diff.stats.insertions, diff.stats.deletions
