"""`promoter adopt`: take what stands in the slots as it is, so that nothing of the past is proposed.

What is adopted is verified where it stands and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from promoter.errors import LostRace, UsageError
from promoter.model.ledger import How, Ledger, Outcome, Place, Result, Stay
from promoter.model.names import ContentId, Oid
from promoter.model.plan import AdoptEdits
from promoter.model.release import Release
from promoter.plan.arrival import PAST
from promoter.plan.sight import BOT
from promoter.policy.rules import AppRules
from promoter.run.command import may
from promoter.run.inputs import SourceTree, requests
from promoter.run.ledgers import ledger_ref, read_ledger, with_release, write_ledger
from promoter.run.trailers import highest, newest
from promoter.run.workspace import Workspace


def adopt(ws: Workspace, app_name: str, lost_ledger: bool = False) -> Release:
    """Make a release of what stands in the app's slots: r0 on a first run, else the next number for hand edits.

    Raises UsageError when there is nothing to adopt, or when a ledger seems to be lost; NotAllowed without `write`.
    """
    refs = ws.repository.refs(["refs/heads/"])
    dry = ws.refresh(refs)
    app = ws.app(app_name)
    ref = ledger_ref(ws.config, app.name)
    tip = refs.get(ref)
    ledger = read_ledger(ws.repository, tip, app.name) if tip is not None else _begun(ws, app, refs)
    contents, store = ws.contents(app), ws.repository.store
    content: dict[str, ContentId] = {}
    tips = {}
    for name, slot in app.slots.items():
        at = refs.get(f"refs/heads/{slot.branch}")
        stay = ledger.place(name).stay
        if at is None or (tip is not None and stay is not None and ledger.place(name).drift is None):
            continue
        if tip is None and not lost_ledger and newest(store, at, None, app.name, name) is not None:
            raise UsageError(
                f"{slot.branch} carries promoter's commits for {app.name}, but its ledger is missing",
                f"Restore {ref}, or start again, without its holds and skips: promoter adopt {app.name} --lost-ledger",
            )
        known = [] if stay is None or stay.content is None else [stay.content]
        held = contents.held(slot, store.commit(at).tree, known).content
        if held is not None and (stay is None or held != stay.content):
            content[name], tips[name] = held, at
    if not content:
        raise UsageError(f"nothing of {app.name} is there to adopt", f"Make a release: promoter release {app.name}")
    for name in content:
        may(ws, app, "adopt", name)
    release = Release(ledger.next, ws.now(), dry, ws.user, content, adopted=True, inputs=_inputs(ws, app))
    places = {
        name: _adopted(app, ledger.place(name), release, name, held, tips[name], ws) for name, held in content.items()
    }
    _write(ws, app, tip, ledger, release, places, f"{ws.user}: adopt what stands in {', '.join(content)}")
    return release


def adopt_edits(ws: Workspace, action: AdoptEdits) -> Release:
    """Make a release of hand edits by policy: in each environment a new stay, which has still to be verified there.

    Raises LostRace when the ledger or a slot is not what was seen.
    """
    app = ws.app(action.app)
    ref, branches = ledger_ref(ws.config, app.name), {name: app.slots[name].branch for name in action.content}
    refs = ws.repository.refs([ref, *(f"refs/heads/{branch}" for branch in branches.values())])
    if action.expect is None or refs.get(ref) != action.expect:
        raise LostRace(f"the ledger of {app.name} has moved meanwhile")
    ledger, store = read_ledger(ws.repository, action.expect, app.name), ws.repository.store
    places: dict[str, Place] = {}
    dry = ledger.newest.dry if ledger.newest is not None else ws.refresh(ws.repository.refs([ws.ref]))
    release = Release(ledger.next, ws.now(), dry, ws.user, dict(action.content), adopted=True)
    for name, held in action.content.items():
        place, at = ledger.place(name), refs.get(f"refs/heads/{branches[name]}")
        known = [place.stay.content] if place.stay is not None and place.stay.content is not None else []
        if at is None or not store.has(at) or _content_at(ws, app, name, at, known) != held:
            raise LostRace(f"{branches[name]} has changed meanwhile")
        stay = Stay(release.number, held, at, ws.now(), How.ADOPTED)
        past = ((place.stay, *place.past) if place.stay is not None else place.past)[:PAST]
        places[name] = replace(place, stay=stay, past=past, drift=None, mark=max(place.mark, release.number))
    _write(ws, app, action.expect, ledger, release, places, f"{release.name}: {action.reason}")
    return release


def _content_at(
    ws: Workspace, app: AppRules, environment: str, commit: Oid, known: Sequence[ContentId]
) -> ContentId | None:
    """Give what the slot of `environment` holds in `commit`; None: nothing."""
    tree = ws.repository.store.commit(commit).tree
    return ws.contents(app).held(app.slots[environment], tree, known).content


def _write(
    ws: Workspace,
    app: AppRules,
    expect: Oid | None,
    ledger: Ledger,
    release: Release,
    places: Mapping[str, Place],
    said: str,
) -> None:
    contents = ws.contents(app)
    new = with_release(replace(ledger, places={**ledger.places, **places}), release)
    kept = {name: contents.entry(held) for name, held in release.content.items()}
    write_ledger(
        ws.repository, ledger_ref(ws.config, app.name), expect, new, said, ws.now(), kept, seal=ws.seal
    )  # fmt: skip


def _begun(ws: Workspace, app: AppRules, refs: Mapping[str, Oid]) -> Ledger:
    """Give an empty ledger that takes no number, and no pull request, of one that was lost for its own."""
    store = ws.repository.store
    pulls = ws.forge.pulls([slot.proposal_branch for slot in app.slots.values()])
    used = [-1]
    places: dict[str, Place] = {}
    for name, slot in app.slots.items():
        at = refs.get(f"refs/heads/{slot.branch}")
        found = highest(store, at, app.name, name) if at is not None else None
        used += [found] if found is not None else []
        done = max((pull.number for pull in pulls[slot.proposal_branch]), default=0)
        places |= {name: Place(app.environments[name].after.names, pulls_done=done)} if done else {}
    return Ledger(app.name, next=max(used) + 1, places=places)


def _adopted(
    app: AppRules, place: Place, release: Release, name: str, held: ContentId, at: object, ws: Workspace
) -> Place:
    now = ws.now()
    stay = Stay(release.number, held, at, now, How.ADOPTED, healthy_since=now)  # type: ignore[arg-type]
    outcomes = {**place.outcomes, release.number: Outcome(Result.VERIFIED, now, f"adopted by {ws.user}")}
    past = ((place.stay, *place.past) if place.stay is not None else place.past)[:20]
    ours = place.drift is not None and place.hold is not None and place.hold.by == BOT
    return replace(
        place, after=app.environments[name].after.names, stay=stay, past=past, outcomes=outcomes, drift=None,
        mark=max(place.mark, release.number), target=None, hold=None if ours else place.hold,
    )  # fmt: skip


def _inputs(ws: Workspace, app: AppRules) -> dict[str, dict[str, str]]:
    """The sources as they are now: what changes them later makes a release."""
    if ws.config.layout is None or ws.commit is None:
        return {}
    source = SourceTree(ws.repository.store, ws.repository.store.commit(ws.commit).tree)
    found = {}
    for request in requests(ws, app):
        here = source.id(request.path)
        found[request.environment] = {request.path: here} if here else {}
    return found
