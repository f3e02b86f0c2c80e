"""What stands on the branches with the environments' manifests beside them: who is asked, and what wakes promoter.

Forges read CODEOWNERS and workflows from the branch that something happens on, so these need files of their own,
outside every slot. Invariants: a file that is not ours is never changed; each branch moves by one commit on its tip, or
not at all; a branch that has what it should is left alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from promoter.errors import EdgeFailed
from promoter.forge.codeowners import PLACES, ROOT_PLACES, parse_codeowners
from promoter.forge.github import GitHubForge
from promoter.forge.local import LocalForge
from promoter.forge.port import Pipelines
from promoter.git.ref import RefUpdate
from promoter.git.store import FILE, Entry, Store
from promoter.layout.owners import Line, owned, owners_text
from promoter.model.names import Branch, Oid
from promoter.model.snapshot import Slot
from promoter.policy.rules import Config
from promoter.run.init_pipeline import PIPELINE, ROOT, wake_text
from promoter.run.ledgers import IDENTITY
from promoter.run.root import root_commit
from promoter.run.workflows import FOLDER, read_workflows
from promoter.run.workspace import Workspace

WAKE: Final = f"{FOLDER}/promoter-wake.yaml"
OWNERS: Final = ".github/CODEOWNERS"
MARK: Final = "# Written by promoter init --branches"
_FIRST: Final = f"{MARK}, from CODEOWNERS of the branch that people edit; change that one."
_READ_HERE: Final = (GitHubForge, LocalForge)
"""Forges that read these files; those with one pipeline for the whole repository read files at its root."""
_ROOT_OWNERS: Final = "CODEOWNERS"
_PLACES: Final = (
    Path(__file__).parents[1] / "workflows" / "wake.yaml",
    Path(__file__).parents[2] / "docs" / "github" / "wake.yaml",
)
"""In an installed package; in a checkout."""


@dataclass(frozen=True, slots=True)
class BranchFiles:
    """What one branch should have."""

    branch: Branch
    tip: Oid | None
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Those that it lacks, or has otherwise."""
    foreign: tuple[str, ...] = ()
    """Those that somebody else wrote in their place."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What all branches should have, and what there is to say about it."""

    branches: tuple[BranchFiles, ...]
    notes: tuple[str, ...] = ()


def wanted(ws: Workspace, refs: Mapping[str, Oid]) -> Wanted:
    """Look at every branch with rendered manifests. Raises ConfigInvalid, EdgeFailed."""
    dry = ws.refresh(refs)
    store, config = ws.repository.store, ws.config
    tree = store.commit(dry).tree
    slots: dict[Branch, list[Slot]] = {}
    for app in config.apps.values():
        for slot in app.slots.values():
            if not slot.in_place and slot.branch != ws.branch and isinstance(ws.forge, (*_READ_HERE, Pipelines)):
                slots.setdefault(slot.branch, []).append(slot)
    if not slots:
        return Wanted(())
    ws.repository.fetch((), [(tree, path) for path in (*PLACES, FOLDER)])
    notes: list[str] = []
    at_root = isinstance(ws.forge, Pipelines)
    if at_root:
        ws.repository.fetch((), [(tree, PIPELINE)])
    wake = _wake(ws, store, tree, notes) if isinstance(ws.forge, GitHubForge) else b""
    lines = _lines(store, tree, ROOT_PLACES if at_root else PLACES)
    found = []
    for branch, here in sorted(slots.items()):
        owners = _owners(store, tree, config, here, lines, notes, at_root=at_root)
        should = {WAKE: wake, OWNERS: owners}
        if at_root:
            should = {ROOT: _pipeline(ws, store, tree, branch, notes), _ROOT_OWNERS: owners}
        found.append(_compared(ws, branch, refs.get(f"refs/heads/{branch}"), should))
    return Wanted(tuple(found), tuple(dict.fromkeys(notes)))


def _wake(ws: Workspace, store: Store, tree: Oid, notes: list[str]) -> bytes:
    """Give the workflow that starts the one which runs promoter; nothing where none can be started."""
    there = [one for one in read_workflows(store, tree) if "workflow_dispatch" in one.triggers]
    if not there:
        notes.append(f"no workflow on {ws.branch} runs promoter and can be started, so nothing there wakes it")
        return b""
    place = next((file for file in _PLACES if file.is_file()), None)
    text = place.read_text(encoding="utf-8") if place is not None else ""
    if text.count("WORKFLOW: promoter.yaml\n") != 1 or text.count("BRANCH: main\n") != 1:
        raise EdgeFailed("the workflow that comes with promoter is missing", "Install promoter again.")
    name = json.dumps(there[0].path.rpartition("/")[2])
    text = text.replace("WORKFLOW: promoter.yaml\n", f"WORKFLOW: {name}\n")
    return text.replace("BRANCH: main\n", f"BRANCH: {json.dumps(ws.branch)}\n").encode()


def _pipeline(ws: Workspace, store: Store, tree: Oid, branch: Branch, notes: list[str]) -> bytes:
    """Give the file that runs the dry branch's pipeline; nothing where that has none of its own to run."""
    text = wake_text(store, tree, branch, ws.branch)
    if not text:
        notes.append(f"{PIPELINE} is not on {ws.branch}, or a branch's name needs quotes, so nothing there wakes it")
        return b""
    return f"{MARK}: what is merged here wakes promoter.\n{text}".encode()


def _lines(store: Store, tree: Oid, places: Sequence[str]) -> list[Line]:
    data = next((found for place in places if (found := store.read(tree, place)) is not None), b"")
    rules = parse_codeowners(data.decode("utf-8", "replace")).rules
    return [Line(rule.line, rule.owners, rule.matches) for rule in rules]


def _owners(
    store: Store, tree: Oid, config: Config, slots: list[Slot], lines: list[Line], notes: list[str], *, at_root: bool
) -> bytes:  # fmt: skip
    found = []
    for slot in slots:
        source = config.apps[slot.app].source(slot.environment)
        here = owned(lines, list(_files(store, tree, source)))
        found.append((slot.path, here.owners))
        notes += [
            f"CODEOWNERS:{number} speaks of some files of {slot.app} only, which cannot be told apart once rendered"
            for number in here.partly
        ]
    if not any(owners for _, owners in found):
        return b""
    if at_root:
        files = [(path, owned(lines, (path,)).owners) for path in (ROOT, _ROOT_OWNERS)]
        return owners_text(found, _FIRST, files).encode()
    return owners_text([*found, (".github", owned(lines, (OWNERS, WAKE)).owners)], _FIRST).encode()


def _files(store: Store, tree: Oid, path: str) -> Iterator[str]:
    entry = store.entry(tree, path) if path else Entry(0o040000, tree)
    if entry is None:
        return
    if not entry.is_tree:
        yield path
        return
    for name, child in store.children(tree, path):
        yield from (
            _files(store, tree, f"{path}/{name}".lstrip("/")) if child.is_tree else (f"{path}/{name}".lstrip("/"),)
        )


def _compared(ws: Workspace, branch: Branch, tip: Oid | None, should: Mapping[str, bytes]) -> BranchFiles:
    """Give what of `should` the branch lacks; a file of somebody else's stays."""
    if tip is None:
        return BranchFiles(branch, None, {path: data for path, data in should.items() if data})
    repository = ws.repository
    if not repository.store.has(tip):
        repository.fetch([tip])
    tree = repository.store.commit(tip).tree
    repository.fetch((), [(tree, path) for path in (".github", *should)])
    there = {path: repository.store.read(tree, path) for path in should}
    foreign = [path for path, data in there.items() if data is not None and should[path] and not _is_ours(data)]
    files = {path: data for path, data in should.items() if data and path not in foreign and there[path] != data}
    return BranchFiles(branch, tip, files, tuple(foreign))


def _is_ours(data: bytes) -> bool:
    return data.startswith(MARK.encode())


def write(ws: Workspace, wanted: Wanted) -> list[tuple[Branch, Oid]]:
    """Put the files onto each branch that lacks some, made where there is none; give the new commits.

    Raises LostRace, Rejected, EdgeFailed.
    """
    store, written = ws.repository.store, []
    for one in wanted.branches:
        if not one.files:
            continue
        base = one.tip if one.tip is not None else root_commit(ws, one.branch)
        nodes = {path: Entry(FILE, store.put_blob(data)) for path, data in one.files.items()}
        tree = store.edit_tree(store.commit(base).tree, nodes)
        names = " and ".join(path.rpartition("/")[2] for path in one.files)
        new = store.put_commit(tree, [base], f"Keep {names} beside the manifests\n", IDENTITY, ws.now())
        ws.repository.update([RefUpdate(f"refs/heads/{one.branch}", one.tip, new)])
        written.append((one.branch, new))
    return written
