"""Putting what `promoter init` proposes where a person can judge it: into their folder, or on a branch.

Invariants: a file that differs from the commit that was looked at is not overwritten, and nothing is written before all
were compared; branches are made or moved with compare-and-swap, and never the branch that people edit when versions
are pinned: that is for a person to merge.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from promoter.errors import EdgeFailed, EditRefused, UsageError
from promoter.git.ref import RefUpdate
from promoter.git.working_copy import WorkingCopy
from promoter.model.forge import PullText
from promoter.model.names import Branch, Oid
from promoter.plan.report.foreign import title
from promoter.run.init import Proposal
from promoter.run.ledgers import IDENTITY
from promoter.run.pin_proof import edited
from promoter.run.workspace import Workspace

PIN_BRANCH = Branch("promoter/pin")


@dataclass(frozen=True, slots=True)
class Committed:
    """A commit that was made."""

    branch: str
    commit: Oid
    pull: int | None = None
    """The pull request that was opened for it."""


def write(proposal: Proposal, copy: WorkingCopy) -> tuple[str, ...]:
    """Write the proposal's files into the working copy, uncommitted, and give their paths.

    Raises EditRefused when one of them was changed there since the commit, EdgeFailed when the disk refuses.
    """
    tree = copy.store.commit(copy.head).tree
    modes = {path: _check(copy, tree, path) for path in proposal.files}
    try:
        for path, data in proposal.files.items():
            _replace(copy.root / path, data, modes[path])
    except OSError as error:
        raise EdgeFailed(
            f"cannot write below {copy.root}: {error.strerror}", "git status shows what is new."
        ) from error
    return tuple(proposal.files)


def _check(copy: WorkingCopy, tree: Oid, path: str) -> int:
    """Refuse a file that is not as it was committed; give the mode that it is to have."""
    file = copy.root / path
    entry = copy.store.entry(tree, path)
    if entry is None:
        if file.exists() or file.is_symlink():
            raise EditRefused(f"{file} is there already, and is not overwritten", "Rename or commit it first.")
        return 0o644
    if file.is_symlink() or not file.is_file() or file.read_bytes() != copy.store.blob(entry.id):
        raise EditRefused(f"{file} has changes that are not committed", "Commit or stash them, then run this again.")
    return 0o755 if entry.mode & 0o111 else 0o644


def _replace(file: Path, data: bytes, mode: int) -> None:
    """Write a file whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(data)
        Path(name).chmod(mode)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def commit(ws: Workspace, proposal: Proposal, base: Oid) -> Committed:
    """Commit the proposal on top of `base`: pins on `promoter/pin` with a pull request, else to the dry branch.

    Raises UsageError when that branch is there already, LostRace when the dry branch moved, EdgeFailed.
    """
    store = ws.repository.store
    subject = "Pin each environment's versions in its own files" if proposal.pins.pinned else "Let promoter promote"
    if proposal.config:
        names = ", ".join(app.name for app in proposal.survey.apps[:3])
        more = len(proposal.survey.apps) - 3
        what = names + (f" and {more} more" if more > 0 else "")
        subject = f"{subject}, and let promoter promote {what}" if proposal.pins.pinned else f"{subject} {what}"
    body = _body(proposal)
    new = store.put_commit(
        edited(store, store.commit(base).tree, proposal.files), [base], f"{subject}\n\n{body}", IDENTITY, ws.now()
    )
    if not proposal.pins.pinned:
        ws.repository.update([RefUpdate(ws.ref, base, new)])
        return Committed(ws.branch, new)
    ref = f"refs/heads/{PIN_BRANCH}"
    if ref in ws.repository.refs([ref]):
        raise UsageError(
            f"there is a branch {PIN_BRANCH} already", f"Merge it, or delete it: git push origin :{PIN_BRANCH}"
        )
    ws.repository.update([RefUpdate(ref, None, new)])
    pull = ws.forge.open_pull(PIN_BRANCH, ws.branch, PullText(subject, body, ("promoter",)), ws.now())
    return Committed(PIN_BRANCH, new, pull.number)


def _body(proposal: Proposal) -> str:
    """Say what was pinned, and how that was proven."""
    lines = []
    for one in proposal.pins.pinned:
        was = f" instead of {one.old or 'no version'}" if one.changes else ""
        lines.append(title(f"- {one.app} in {one.environment}: {one.name} {one.new}{was}"))
    tools = ", ".join(f"{name} {version}" for name, version in proposal.pins.tools.items())
    if tools:
        some = any(one.changes for one in proposal.pins.pinned)
        same = 'the same bytes but for the versions that say "instead of"' if some else "the same bytes"
        lines += ["", f"Rendered before and after with {tools}: {same}."]
    return "\n".join(lines)
