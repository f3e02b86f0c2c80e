"""What hydrated commits say to Argo CD's Source Hydrator and GitOps Promoter: `interchange: hydrator`.

A release made while the key is set keeps its `hydrator.metadata` beside its content, and whatever brings the release to
a slot brings that file. So a commit still follows from (parent, release, slot) alone, and turning the key on or off
changes no proposal that waits. The file names no repository URL: one repository has several, and every run must write
the same bytes.

A release that changes nothing in a slot makes no commit there; the note on the active tip says that it arrived. A note
cannot name a path, so there are notes only where a slot has its branch to itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from promoter.errors import EdgeFailed
from promoter.git.hydrator import FILE_NAME, NOTES_REF, Metadata, add_notes, format_metadata, parse_metadata, read_note
from promoter.git.ref import RefUpdate
from promoter.git.store import FILE, Entry, Store
from promoter.model.ledger import Ledger
from promoter.model.names import Oid
from promoter.model.snapshot import Slot, SlotSeen, Snapshot
from promoter.run.ledgers import IDENTITY
from promoter.run.workspace import Workspace


def metadata(store: Store, dry: Oid) -> Entry:
    """Give the file for a release of the dry commit `dry`. Raises EdgeFailed when the commit is not here."""
    commit = store.commit(dry)
    subject, _, body = commit.message.partition("\n")
    said = Metadata(dry, "", f"{commit.author} <{commit.email}>", commit.at, subject.strip(), body.strip())
    return Entry(FILE, store.put_blob(format_metadata(said)))


def annotate(ws: Workspace, seen: Snapshot) -> list[tuple[Slot, str]]:
    """Make the notes say which dry commit stands in each slot; give the slots whose note is new, and what it says.

    All notes are one commit. Raises LostRace, Rejected, EdgeFailed; the next run tries again then.
    """
    slots = list(_alone(ws, seen))
    if not slots:
        return []
    store = ws.repository.store
    notes = ws.repository.refs([NOTES_REF]).get(NOTES_REF)
    if notes is not None and not store.has(notes):
        ws.repository.fetch([NOTES_REF])
    wanted: dict[Oid, Oid] = {}
    said: list[tuple[Slot, str]] = []
    for slot, tip, dry in slots:
        held = _dry_at(store, slot, tip)
        noted = read_note(store, notes, tip) if notes is not None else None
        if held is not None and (noted or held) != dry:
            wanted[tip] = dry
            said.append((slot, f"{slot.branch} at {tip[:7]} is what {dry[:7]} renders to as well"))
    if not wanted:
        return []
    new = add_notes(store, notes, wanted, IDENTITY, ws.now())
    if new is not None:
        ws.repository.update([RefUpdate(NOTES_REF, notes, new)])
    return said


def _alone(ws: Workspace, seen: Snapshot) -> Iterator[tuple[Slot, Oid, Oid]]:
    """Give (slot, active tip, dry commit of its release) for slots as we left them, alone on their branch."""
    if ws.config.interchange != "hydrator":
        return
    shared = Counter(slot.branch for app in ws.config.apps.values() for slot in app.slots.values())
    for app in seen.apps.values():
        for found in app.slots.values():
            dry = _dry_of(app.ledger, found)
            if found.tip is not None and dry is not None and shared[found.slot.branch] == 1:
                yield found.slot, found.tip, dry


def _dry_of(ledger: Ledger, found: SlotSeen) -> Oid | None:
    """Give the dry commit of the release that stands in the slot; None when a person changed it, or for r0."""
    stay = ledger.place(found.slot.environment).stay
    release = ledger.releases.get(stay.release) if stay is not None else None
    if stay is None or release is None or release.adopted or not found.holds(stay.content):
        return None
    return release.dry


def _dry_at(store: Store, slot: Slot, tip: Oid) -> Oid | None:
    """Give the dry commit that the slot's own file names; None when there is no file that says so."""
    data = store.read(store.commit(tip).tree, f"{slot.path}/{FILE_NAME}".lstrip("/"))
    try:
        return parse_metadata(data, FILE_NAME).dry if data is not None else None
    except EdgeFailed:
        return None  # a person's file: nothing of ours, so nothing that a note of ours could amend
