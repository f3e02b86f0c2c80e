"""Doing what the plan says: every write names what it replaces, and is safe to repeat.

Invariants: a lost race or a refusal stops for this pass what is to be done in the same environment, and never another
environment's or app's (a ledger that could not be written stops its app: what it announces must stand there first);
nothing is merged whose head, base, labels or holds are not what was judged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from promoter.errors import LostRace, PromoterError, Rejected, Underway
from promoter.forge.port import Queues
from promoter.git.ref import RefUpdate
from promoter.layout.group import is_group
from promoter.model.forge import PullRequest, PullState
from promoter.model.ledger import Kind, Place
from promoter.model.names import Branch, ContentId, Oid
from promoter.model.plan import (
    Action,
    AdoptEdits,
    ClosePullRequest,
    Commit,
    Deploy,
    LeaveQueue,
    MakeRelease,
    Member,
    MergePullRequest,
    Propose,
    Record,
    Rename,
    SetCommitStatus,
    StartJob,
    UpsertPullRequest,
)
from promoter.model.snapshot import AppSeen, Slot, Snapshot
from promoter.plan.back import of_policy
from promoter.plan.judge import HOLD_LABELS, STATUS
from promoter.plan.report.foreign import title
from promoter.run.adopt import adopt_edits
from promoter.run.content import make_commit, subject
from promoter.run.drift.edits import overwritten
from promoter.run.filing import deploy
from promoter.run.grouped import Part, group_subject, make_group
from promoter.run.jobs import start_job
from promoter.run.ledgers import ledger_ref, read_ledger, write_ledger
from promoter.run.make import make_release
from promoter.run.rename import rename
from promoter.run.root import root_commit
from promoter.run.signed import signed
from promoter.run.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was done, or could not be."""

    app: str
    environment: str
    what: str
    """`released`, `recorded`, `proposed`, `opened`, `edited`, `closed`, `status`, `merged`, `queued`, `unqueued`,
    `started`, `filed`, `noted`, `cleaned`, `lost`, `refused`."""
    text: str


def act(ws: Workspace, seen: Snapshot, actions: Sequence[Action], on_event: Callable[[Event], None]) -> list[Action]:
    """Do `actions`; give those that were refused, or are under way. Errors that are not about one app are raised."""
    stopped: set[tuple[str, str]] = set()
    refused: list[Action] = []
    for action in actions:
        scope = (action.app, where(action))
        along = [(other.slot.app, scope[1]) for other in getattr(action, "others", ())]
        if any(one in stopped or (one[0], "") in stopped for one in (scope, *along)):
            continue
        try:
            on_event(_do(ws, seen, action))
        except LostRace as race:
            stopped.add(scope)
            on_event(Event(*scope, "lost", str(race.message)))
        except Underway as queued:
            stopped.add(scope)
            refused.append(action)
            on_event(Event(*scope, "queued", str(queued.message)))
        except PromoterError as error:
            if not isinstance(
                action, MakeRelease | AdoptEdits | StartJob | Deploy
            ):  # what stands may move on without it
                stopped.add(scope)
            refused.append(action)
            on_event(Event(*scope, "refused", str(error)))
    return refused


def where(action: Action) -> str:
    """Give the environment that `action` is for; empty when it is for the whole app."""
    slot = getattr(action, "slot", None)
    return slot.environment if isinstance(slot, Slot) else ""


def _do(ws: Workspace, seen: Snapshot, action: Action) -> Event:
    app = seen.apps[action.app]
    match action:
        case Record():
            return _record(ws, action)
        case MakeRelease():
            release = make_release(ws, action.app, action.expect, action.from_environment, action.reason)
            return Event(action.app, "", "released", f"{release.name} {release.version}".strip())
        case AdoptEdits():
            adopted = adopt_edits(ws, action)
            return Event(action.app, "", "released", f"{adopted.name} adopted in {', '.join(adopted.content)}")
        case Rename():
            rename(ws, action)
            return Event(action.app, "", "recorded", action.reason)
        case Propose():
            return _propose(ws, seen, action)
        case Commit():
            return _commit(ws, app, action)
        case UpsertPullRequest():
            return _upsert(ws, app, action)
        case ClosePullRequest():
            return _close(ws, seen, action)
        case SetCommitStatus():
            name = action.name or STATUS
            ws.forge.set_status(action.head, name, action.state, action.description, action.url, ws.now())
            return Event(action.app, where(action), "status", action.reason)
        case StartJob():
            return Event(action.app, where(action), "started", start_job(ws, seen.commit, action))
        case Deploy():
            deploy(ws, action)
            return Event(action.app, where(action), "filed", action.reason)
        case LeaveQueue():
            return _leave_queue(ws, action)
        case MergePullRequest():
            return _merge(ws, seen, action)
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
    """Make an active branch, with nothing in it; give its first commit."""
    root = root_commit(ws, slot.branch)
    if ws.repository.refs([_branch(slot.branch)]).get(_branch(slot.branch)) != root:  # another app may have made it
        ws.repository.update([RefUpdate(_branch(slot.branch), None, root)])
    return root


def _propose(ws: Workspace, seen: Snapshot, action: Propose) -> Event:
    slot = action.slot
    base = action.base if action.base is not None else _root(ws, slot)
    parts = _parts(seen, action)
    if is_group(slot.proposal_branch):
        head = make_group(ws, parts, base)
    else:
        contents = ws.contents(ws.app(slot.app))
        head = make_commit(
            ws.repository,
            contents,
            slot,
            parts[0].release,
            action.kind,
            base,
            _overwrites(ws, seen.apps[slot.app], action),
        )
    head = signed(ws, head)
    ws.repository.update([RefUpdate(_branch(slot.proposal_branch), action.expect, head)])
    return Event(action.app, slot.environment, "proposed", action.reason)


def _overwrites(ws: Workspace, app: AppSeen, action: Propose | Commit) -> str:
    """Say whose edits a restoration overwrites, for the message of its commit."""
    if action.kind is not Kind.RESTORE or action.base is None:
        return ""
    edits = overwritten(ws, app.ledger, action.slot, action.base)
    lines = [f"- {edit.id[:7]} {title(edit.author)}: {title(edit.subject)}" for edit in edits]
    return "\n".join(["It was changed by hand, in:", "", *lines]) if lines else "It was changed by hand."


def _parts(seen: Snapshot, action: Propose | MergePullRequest) -> list[Part]:
    """Give every slot that `action` changes, with its release."""
    every = [(action.slot, action.release), *((other.slot, other.release) for other in action.others)]
    return [Part(slot, seen.apps[slot.app].ledger.releases[number]) for slot, number in every]


def _commit(ws: Workspace, app: AppSeen, action: Commit) -> Event:
    slot, release = action.slot, app.ledger.releases[action.release]
    contents = ws.contents(ws.app(slot.app))
    # other apps commit to this branch in the same pass: what was judged is the slot, and that is still the same
    base = ws.repository.refs([_branch(slot.branch)]).get(_branch(slot.branch))
    if base != action.base and (base is None or not _still_holds(ws, slot, base, action.before)):
        raise LostRace(f"{slot.branch} has changed in {slot.path or 'its root'} meanwhile")
    said = _overwrites(ws, app, action)
    head = make_commit(ws.repository, contents, slot, release, action.kind, base, said)
    head = signed(ws, head) if base is not None else head
    if _says_no(_place_now(ws, app, slot.environment), action.release, action.kind):
        raise LostRace(f"the ledger of {app.app} says something else now")
    ws.repository.update([RefUpdate(_branch(slot.branch), base, head)])
    return Event(action.app, slot.environment, "merged", action.reason)


def _upsert(ws: Workspace, app: AppSeen, action: UpsertPullRequest) -> Event:
    slot, now = action.slot, ws.now()
    if action.number is not None:
        ws.forge.edit_pull(action.number, action.text, now)
        return Event(action.app, slot.environment, "edited", f"#{action.number}")
    known = max((pull.number for pull in app.slots[slot.environment].pulls), default=0)
    if not is_group(slot.proposal_branch):
        known = max(known, app.ledger.place(slot.environment).settled)
    fresh = ws.forge.pulls([slot.proposal_branch], {slot.proposal_branch: known})[slot.proposal_branch]
    if any(pull.number > known for pull in fresh):
        raise LostRace(f"a pull request from {slot.proposal_branch} has appeared meanwhile")
    if ws.repository.refs([_branch(slot.proposal_branch)]).get(_branch(slot.proposal_branch)) != action.head:
        raise LostRace(f"{slot.proposal_branch} has moved meanwhile")
    pull = ws.forge.open_pull(slot.proposal_branch, slot.branch, action.text, now)
    return Event(action.app, slot.environment, "opened", f"#{pull.number} {action.text.title}")


def _close(ws: Workspace, seen: Snapshot, action: ClosePullRequest) -> Event:
    """Close what the ledgers still say will be closed: anything else would look like a person's no."""
    slot = action.slot
    for app in action.left:
        place = _place_now(ws, seen.apps[app], slot.environment)
        if place.proposal is not None and slot.proposal_branch.endswith(f"/{place.proposal.group}"):
            raise LostRace(f"pull request {action.number} is not to be closed any more")
    if not action.left and action.number not in _place_now(ws, seen.apps[slot.app], slot.environment).announced:
        raise LostRace(f"pull request {action.number} is not to be closed any more")
    ws.forge.close_pull(action.number, ws.now())
    return Event(action.app, slot.environment, "closed", f"#{action.number}: {action.reason}")


def _place_now(ws: Workspace, app: AppSeen, environment: str, refs: Mapping[str, Oid] | None = None) -> Place:
    """Read what the ledger says of a slot at this moment, or at that of `refs`."""
    ref = ledger_ref(ws.config, app.app)
    tip = (ws.repository.refs([ref]) if refs is None else refs).get(ref)
    if tip is None:
        return app.ledger.place(environment)
    if not ws.repository.store.has(tip):
        ws.repository.fetch([ref])
    ws.seal.check(ws.repository.store, app.app, tip)
    return read_ledger(ws.repository, tip, app.app).place(environment)


def _says_no(place: Place, release: int, kind: Kind) -> bool:
    """Tell whether a person has said no since: skipped it, held the environment, or wants to go back no more."""
    if kind is Kind.ROLLBACK and (place.target is None or place.target.release != release):
        return True
    return release in place.skips or (kind is not Kind.ROLLBACK and place.hold is not None)


def _leave_queue(ws: Workspace, action: LeaveQueue) -> Event:
    if not isinstance(ws.forge, Queues):
        raise Rejected(f"pull request {action.number} cannot be taken out of the merge queue", "Take it out by hand.")
    ws.forge.leave_queue(action.number, ws.now())
    return Event(action.app, action.slot.environment, "unqueued", f"#{action.number}: {action.reason}")


def _merge(ws: Workspace, seen: Snapshot, action: MergePullRequest) -> Event:
    slot = action.slot
    _still(ws, seen, action)
    parts = _parts(seen, action)
    if action.fast_forward:
        ws.repository.update([RefUpdate(_branch(slot.branch), action.base, action.expect_head)])
    else:
        said = group_subject(parts) if action.others else subject(slot, parts[0].release, action.kind)
        ws.forge.merge_pull(action.number, action.expect_head, action.method, f"{said}\n", ws.now())
    what = f"{len(parts)} apps" if action.others else parts[0].release.label
    return Event(action.app, slot.environment, "merged", f"#{action.number} {what}: {action.reason}")


def _still(ws: Workspace, seen: Snapshot, action: MergePullRequest) -> None:
    """Look once more at what a person may have changed since the look. Raises LostRace or Rejected."""
    slot = action.slot
    pull: PullRequest = ws.forge.pull(action.number)
    ours = pull.state is PullState.OPEN and not pull.draft and pull.base_branch == slot.branch
    if not ours or pull.head != action.expect_head:
        raise LostRace(f"pull request {action.number} is not what was judged")
    target = seen.apps[slot.app].ledger.place(slot.environment).target
    if (action.kind is not Kind.ROLLBACK or of_policy(target)) and HOLD_LABELS & set(pull.labels):
        raise Rejected(f"pull request {action.number} is held by a label")
    every = [Member(slot, action.release, action.before), *action.others]
    refs = ws.repository.refs([_branch(slot.branch), *(ledger_ref(ws.config, one.slot.app) for one in every)])
    for one in every:
        place = _place_now(ws, seen.apps[one.slot.app], slot.environment, refs)
        said = _says_no(place, one.release, action.kind)
        if said or place.merging is None or place.merging.head != action.expect_head:
            raise LostRace(f"the ledger of {one.slot.app} says something else now")
    tip = refs.get(_branch(slot.branch))
    for one in every:
        if tip is not None and not _still_holds(ws, one.slot, tip, one.before):
            raise LostRace(f"{slot.branch} has changed in {one.slot.path or 'its root'} meanwhile")


def _still_holds(ws: Workspace, slot: Slot, tip: Oid, before: ContentId | None) -> bool:
    """Tell whether the slot holds at `tip` what was judged."""
    if not ws.repository.store.has(tip):
        ws.repository.fetch([_branch(slot.branch)])
    known = [before] if before is not None else []
    held = ws.contents(ws.app(slot.app)).held(slot, ws.repository.store.commit(tip).tree, known)
    return held.content == before or before in held.also
