"""The slots that a command's words mean, looked at."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from promoter.errors import EdgeFailed, UsageError
from promoter.model.plan import Plan
from promoter.model.snapshot import Snapshot
from promoter.plan.words import Words, sort_words
from promoter.policy.load import Loaded, load
from promoter.run.run import see
from promoter.run.workspace import Workspace


def meaning(ws: Workspace, words: Sequence[str], gates: Collection[str] = ()) -> Words:
    """Give what `words` mean in this repository, where `gates` may be named. Raises UsageError, EdgeFailed."""
    return sort_words(words, ws.config.apps, ws.config.environments, gates)


def places_only(ws: Workspace, words: Sequence[str]) -> Words:
    """Give what `words` mean, where only apps and environments make sense. Raises UsageError."""
    found = meaning(ws, words)
    if found.release is not None or found.version is not None or found.reason:
        raise UsageError("only apps and environments can be named here")
    return found


def look_at(ws: Workspace, words: Sequence[str]) -> tuple[Snapshot, Plan]:
    """Look at the apps and environments that `words` name; all of them when there are none."""
    found = places_only(ws, words)
    seen, plan = see(ws, found.apps or None)
    if found.environments:
        kept = tuple(slot for slot in plan.slots if slot.environment in found.environments)
        plan = replace(plan, slots=kept)
    return seen, plan


def adoptable(ws: Workspace) -> tuple[str, ...]:
    """Give the apps that hold something promoter has no release for: before their first release, or edited by hand."""
    seen, plan = see(ws)
    edited = {ledger.app for ledger in plan.ledgers if any(place.drift is not None for place in ledger.places.values())}
    fresh = {
        name
        for name, app in seen.apps.items()
        if app.ledger_tip is None and any(slot.content is not None for slot in app.slots.values())
    }
    return tuple(name for name in ws.config.apps if name in edited | fresh)


def load_branch(ws: Workspace) -> Loaded:
    """Load the config of the dry branch's tip. Raises ConfigInvalid, EdgeFailed."""
    ws.refresh(ws.repository.refs([ws.ref]))
    if ws.loaded is None:
        raise AssertionError("a refresh loads or raises")
    return ws.loaded


def load_folder(folder: str, branch: str | None) -> Loaded:
    """Load the config from files on this disk, committed or not. Raises ConfigInvalid, EdgeFailed."""
    root = Path(folder)
    if not root.is_dir():
        raise EdgeFailed(f"there is no folder {folder}", "--here reads files of a folder, not of a URL")

    def read(path: str) -> bytes | None:
        file = root / path
        return file.read_bytes() if file.is_file() else None

    def children(path: str) -> list[str]:
        here = root / path
        found = sorted(here.iterdir()) if here.is_dir() else []
        return [child.name + ("/" if child.is_dir() else "") for child in found]

    return load(read, children, branch or "main")
