"""Rendering again what stands in the slots: from the commit, the settings and the tool versions that were recorded.

Invariants: only a rendering that was made is compared; what cannot be rendered here says why and is never equal. The
store is read by one thread at a time, whatever is rendered at once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from threading import RLock

from promoter.errors import UsageError
from promoter.model.names import ContentId, Oid
from promoter.model.plan import Plan
from promoter.model.release import Release
from promoter.model.snapshot import Snapshot
from promoter.plan.report.view import View, views
from promoter.render.hydrate import hydrate
from promoter.render.port import NotRendered, Rendered, RenderRequest, Result, Source
from promoter.render.program import Programs
from promoter.run.difference import content_difference
from promoter.run.drift.recorded import Recorded, Unrecorded, request_of
from promoter.run.inputs import SourceTree
from promoter.run.workspace import Workspace

Progress = Callable[[int, int], None]
"""(how many slots are done, of how many); called by one thread at a time."""
Slotted = tuple[str, str]
"""(app, environment)."""


class Verdict(StrEnum):
    """What came of rendering one slot again."""

    EQUAL = "equal"
    DIFFERENT = "different"
    UNKNOWN = "unknown"
    """It cannot be rendered here."""
    NONE = "none"
    """Nothing was rendered for it: it was adopted, or another hydrator writes it."""


@dataclass(frozen=True, slots=True)
class Again:
    """One slot, rendered again."""

    app: str
    environment: str
    release: int
    commit: Oid
    """The dry commit that it was made from."""
    verdict: Verdict
    reason: str = ""
    difference: str = ""
    """From the new rendering to what stands there."""


def rendered_again(ws: Workspace, seen: Snapshot, plan: Plan, progress: Progress | None = None) -> list[Again]:
    """Render every slot of the plan in which a release is active, and compare, in the plan's order.

    Raises UsageError where values are edited in place, EdgeFailed when the disk does not take the files.
    """
    if ws.config.layout is None:
        raise UsageError("nothing is rendered here: values are edited in place", "promoter drift shows hand edits")
    active = {(view.app, view.environment): view for view in views(ws.config, seen, plan) if _release(view) is not None}
    recorded = Recorded(ws)
    found: dict[Slotted, Again] = {}
    batches: dict[Oid, dict[Slotted, RenderRequest]] = {}
    for key, view in active.items():
        release = _release(view)
        assert release is not None  # noqa: S101 (chosen above)
        asked = request_of(recorded, view.app, view.environment, release)
        if isinstance(asked, Unrecorded):
            verdict = Verdict.UNKNOWN if asked.lost else Verdict.NONE
            found[key] = Again(view.app, view.environment, release.number, release.dry, verdict, asked.reason)
        else:
            batches.setdefault(release.dry, {})[key] = asked
    for key, made in _render(ws, batches, progress, len(found), len(active)).items():
        found[key] = _compare(ws, active[key], made)
    return [found[key] for key in active]


def _release(view: View) -> Release | None:
    stay = view.place.stay
    return view.ledger.releases.get(stay.release) if stay is not None and view.seen is not None else None


@dataclass(frozen=True, slots=True)
class _OneAtATime:
    """A commit's files for several threads."""

    inner: Source
    lock: AbstractContextManager[object]

    def read(self, path: str) -> bytes | None:
        with self.lock:
            return self.inner.read(path)

    def children(self, path: str) -> Sequence[tuple[str, int, str]]:
        with self.lock:
            return self.inner.children(path)

    def id(self, path: str) -> str | None:
        with self.lock:
            return self.inner.id(path)


def _render(
    ws: Workspace, batches: Mapping[Oid, Mapping[Slotted, RenderRequest]], progress: Progress | None, done: int,
    total: int,
) -> dict[Slotted, ContentId | NotRendered]:  # fmt: skip
    """Render each commit's requests, several commits at once; give the content that came of each, or why none did."""
    store, lock, programs = ws.repository.store, RLock(), Programs(ws.path)
    count = done

    def tell(*_: object) -> None:
        nonlocal count
        with lock:
            count += 1
            if progress is not None:
                progress(count, total)

    def render(commit: Oid) -> Mapping[Slotted, Result]:
        with lock:
            tree = store.commit(commit).tree
        source = _OneAtATime(SourceTree(store, tree), lock)
        wanted = list(batches[commit].values())
        return hydrate(source, wanted, {}, workers=each, progress=tell, programs=programs)

    workers = min(8, os.cpu_count() or 2)
    each = max(1, workers // max(1, len(batches)))
    made: dict[Slotted, ContentId | NotRendered] = {}
    with ThreadPoolExecutor(workers, "render") as pool:
        futures = {pool.submit(render, commit): commit for commit in batches}
        try:
            for future in as_completed(futures):
                results = future.result()
                for key, request in batches[futures.pop(future)].items():
                    result = results[request.app, request.environment]
                    if isinstance(result, NotRendered):
                        made[key] = result
                    elif isinstance(result, Rendered):
                        with lock:
                            made[key] = ContentId(store.put_files(result.files))
        except BaseException:
            programs.stop()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return made


def _compare(ws: Workspace, view: View, made: ContentId | NotRendered) -> Again:
    release = _release(view)
    assert release is not None and view.seen is not None  # noqa: S101, PT018 (only such slots are rendered)
    where = (view.app, view.environment, release.number, release.dry)
    if isinstance(made, NotRendered):
        return Again(*where, Verdict.UNKNOWN, str(made))
    now, then = view.seen.content, release.content.get(view.environment)
    if now == made:
        return Again(*where, Verdict.EQUAL)
    reason = "the slot was changed since" if made == then else "it renders otherwise now"
    if then not in (now, made):
        reason += ", and the slot was changed since"
    shown = content_difference(ws.repository.store, made, now, in_place=False)
    return Again(*where, Verdict.DIFFERENT, reason, shown)
