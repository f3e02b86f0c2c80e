"""Doing what the plan says: every write names what it replaces, and is safe to repeat.

Invariants: a lost race or a refusal stops for this pass what is to be done in the same environment, and never another
environment's or app's (a ledger that could not be written stops its app: what it announces must stand there first);
nothing is merged whose head, base, labels or holds are not what was judged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from promoter.errors import LostRace, PromoterError, Rejected
from promoter.git.ref import RefUpdate
from promoter.model.forge import PullRequest, PullState
from promoter.model.ledger import Kind, Place
from promoter.model.names import Branch, ContentId, Oid
from promoter.model.plan import (
    Action,
    ClosePullRequest,
    Commit,
    MakeRelease,
    MergePullRequest,
    Propose,
    Record,
    Rename,
    SetCommitStatus,
    UpsertPullRequest,
)
from promoter.model.snapshot import AppSeen, Slot, Snapshot
from promoter.plan.judge import HOLD_LABELS, STATUS
from promoter.run.content import make_commit, subject
from promoter.run.ledgers import IDENTITY, ledger_ref, read_ledger, write_ledger
from promoter.run.make import make_release
from promoter.run.rename import rename
from promoter.run.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was done, or could not be."""

    app: str
    environment: str
    what: str
    """`released`, `recorded`, `proposed`, `opened`, `edited`, `closed`, `status`, `merged`, `noted`, `lost`,
    `refused`."""
    text: str


def act(ws: Workspace, seen: Snapshot, actions: Sequence[Action], on_event: Callable[[Event], None]) -> list[Action]:
    """Do `actions`; give those that were refused. Errors that are not about one app are raised."""
    stopped: set[tuple[str, str]] = set()
    refused: list[Action] = []
    for action in actions:
        scope = (action.app, where(action))
        if (action.app, "") in stopped or scope in stopped:
            continue
        try:
            on_event(_do(ws, seen.apps[action.app], action))
        except LostRace as race:
            stopped.add(scope)
            on_event(Event(*scope, "lost", str(race.message)))
        except PromoterError as error:
            if not isinstance(action, MakeRelease):  # what stands may move on without it
                stopped.add(scope)
            refused.append(action)
            on_event(Event(*scope, "refused", str(error)))
    return refused


def where(action: Action) -> str:
    """Give the environment that `action` is for; empty when it is for the whole app."""
    slot = getattr(action, "slot", None)
    return slot.environment if isinstance(slot, Slot) else ""


def _do(ws: Workspace, app: AppSeen, action: Action) -> Event:
    match action:
        case Record():
            return _record(ws, action)
        case MakeRelease():
            release = make_release(ws, action.app, action.expect, action.from_environment, action.reason)
            return Event(action.app, "", "released", f"{release.name} {release.version}".strip())
        case Rename():
            rename(ws, action)
            return Event(action.app, "", "recorded", action.reason)
        case Propose():
            return _propose(ws, app, action)
        case Commit():
            return _commit(ws, app, action)
        case UpsertPullRequest():
            return _upsert(ws, app, action)
        case ClosePullRequest():
            return _close(ws, app, action)
        case SetCommitStatus():
            ws.forge.set_status(action.head, STATUS, action.state, action.description, "", ws.now())
            return Event(action.app, where(action), "status", action.reason)
        case MergePullRequest():
            return _merge(ws, app, action)
    raise NotImplementedError(type(action).__name__)


def _record(ws: Workspace, action: Record) -> Event:
    lines = action.reason.splitlines()
    message = lines[0] if len(lines) == 1 else f"{len(lines)} things\n\n" + "\n".join(f"- {line}" for line in lines)
    ref = ledger_ref(ws.config, action.app)
    write_ledger(ws.repository, ref, action.expect, action.ledger, message or "Note", ws.now(), seal=ws.seal)
    return Event(action.app, "", "recorded", action.reason)


def _branch(name: Branch) -> str:
    return f"refs/heads/{name}"


def _root(ws: Workspace, slot: Slot) -> Oid:
    """Make the first commit of an active branch: empty, and the same whoever makes it."""
    tree = ws.repository.store.edit_tree(None, {})
    at = ws.repository.store.commit(ws.refresh(ws.repository.refs([ws.ref]))).at
    root = ws.repository.store.put_commit(tree, [], f"Start {slot.branch}\n", IDENTITY, at)
    if ws.repository.refs([_branch(slot.branch)]).get(_branch(slot.branch)) != root:  # another app may have made it
        ws.repository.update([RefUpdate(_branch(slot.branch), None, root)])
    return root


def _propose(ws: Workspace, app: AppSeen, action: Propose) -> Event:
    slot, release = action.slot, app.ledger.releases[action.release]
    base = action.base if action.base is not None else _root(ws, slot)
    head = make_commit(ws.repository, ws.contents(ws.app(slot.app)), slot, release, action.kind, base)
    ws.repository.update([RefUpdate(_branch(slot.proposal_branch), action.expect, head)])
    return Event(action.app, slot.environment, "proposed", action.reason)


def _commit(ws: Workspace, app: AppSeen, action: Commit) -> Event:
    slot, release = action.slot, app.ledger.releases[action.release]
    contents = ws.contents(ws.app(slot.app))
    # other apps commit to this branch in the same pass: what was judged is the slot, and that is still the same
    base = ws.repository.refs([_branch(slot.branch)]).get(_branch(slot.branch))
    if base != action.base and (base is None or not _still_holds(ws, slot, base, action.before)):
        raise LostRace(f"{slot.branch} has changed in {slot.path or 'its root'} meanwhile")
    head = make_commit(ws.repository, contents, slot, release, action.kind, base)
    if _says_no(_place_now(ws, app, slot), action):
        raise LostRace(f"the ledger of {app.app} says something else now")
    ws.repository.update([RefUpdate(_branch(slot.branch), base, head)])
    return Event(action.app, slot.environment, "merged", action.reason)


def _upsert(ws: Workspace, app: AppSeen, action: UpsertPullRequest) -> Event:
    slot, now = action.slot, ws.now()
    if action.number is not None:
        ws.forge.edit_pull(action.number, action.text, now)
        return Event(action.app, slot.environment, "edited", f"#{action.number}")
    known = max((pull.number for pull in app.slots[slot.environment].pulls), default=0)
    fresh = ws.forge.pulls([slot.proposal_branch])[slot.proposal_branch]
    if any(pull.number > known for pull in fresh):
        raise LostRace(f"a pull request from {slot.proposal_branch} has appeared meanwhile")
    if ws.repository.refs([_branch(slot.proposal_branch)]).get(_branch(slot.proposal_branch)) != action.head:
        raise LostRace(f"{slot.proposal_branch} has moved meanwhile")
    pull = ws.forge.open_pull(slot.proposal_branch, slot.branch, action.text, now)
    return Event(action.app, slot.environment, "opened", f"#{pull.number} {action.text.title}")


def _close(ws: Workspace, app: AppSeen, action: ClosePullRequest) -> Event:
    """Close what the ledger still says will be closed: anything else would look like a person's no."""
    if action.number not in _place_now(ws, app, action.slot).announced:
        raise LostRace(f"pull request {action.number} is not to be closed any more")
    ws.forge.close_pull(action.number, ws.now())
    return Event(action.app, action.slot.environment, "closed", f"#{action.number}: {action.reason}")


def _place_now(ws: Workspace, app: AppSeen, slot: Slot) -> Place:
    """Read what the ledger says of `slot` at this moment."""
    ref = ledger_ref(ws.config, app.app)
    tip = ws.repository.refs([ref]).get(ref)
    if tip is None:
        return app.ledger.place(slot.environment)
    if not ws.repository.store.has(tip):
        ws.repository.fetch([ref])
    ws.seal.check(ws.repository.store, app.app, tip)
    return read_ledger(ws.repository, tip, app.app).place(slot.environment)


def _says_no(place: Place, action: Commit | MergePullRequest) -> bool:
    """Tell whether a person has said no since: skipped it, or held the environment."""
    return action.release in place.skips or (action.kind is Kind.PROMOTION and place.hold is not None)


def _merge(ws: Workspace, app: AppSeen, action: MergePullRequest) -> Event:
    slot = action.slot
    _still(ws, app, action)
    release = app.ledger.releases[action.release]
    if action.fast_forward:
        ws.repository.update([RefUpdate(_branch(slot.branch), action.base, action.expect_head)])
    else:
        message = f"{subject(slot, release, action.kind)}\n"
        ws.forge.merge_pull(action.number, action.expect_head, action.method, message, ws.now())
    return Event(action.app, slot.environment, "merged", f"#{action.number} {release.label}: {action.reason}")


def _still(ws: Workspace, app: AppSeen, action: MergePullRequest) -> None:
    """Look once more at what a person may have changed since the look. Raises LostRace or Rejected."""
    slot = action.slot
    pull: PullRequest = ws.forge.pull(action.number)
    if pull.state is not PullState.OPEN or pull.draft or pull.head != action.expect_head:
        raise LostRace(f"pull request {action.number} is not what was judged")
    if action.kind is Kind.PROMOTION and HOLD_LABELS & set(pull.labels):
        raise Rejected(f"pull request {action.number} is held by a label")
    place = _place_now(ws, app, slot)
    if _says_no(place, action) or place.merging is None or place.merging.head != action.expect_head:
        raise LostRace(f"the ledger of {app.app} says something else now")
    tip = ws.repository.refs([_branch(slot.branch)]).get(_branch(slot.branch))
    if tip is not None and not _still_holds(ws, slot, tip, action.before):
        raise LostRace(f"{slot.branch} has changed in {slot.path or 'its root'} meanwhile")


def _still_holds(ws: Workspace, slot: Slot, tip: Oid, before: ContentId | None) -> bool:
    """Tell whether the slot holds at `tip` what was judged."""
    if not ws.repository.store.has(tip):
        ws.repository.fetch([_branch(slot.branch)])
    known = [before] if before is not None else []
    held = ws.contents(ws.app(slot.app)).held(slot, ws.repository.store.commit(tip).tree, known)
    return held.content == before or before in held.also
