"""One look at the world: everything that `decide` may know, and nothing that it does not need.

Invariant of order: no merge is believed that the refs may not show yet. Refs are read first, then pull requests; when
one of those turns out to be merged and nothing is known of that yet, the refs are read once more. So an idle look costs
one list of refs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

from promoter.cluster.port import Wanted
from promoter.git.hydrator import NOTES_REF
from promoter.layout.group import is_group
from promoter.model.forge import PullRequest, PullState
from promoter.model.ledger import Kind, Ledger, Place
from promoter.model.names import Branch, ContentId, Oid
from promoter.model.snapshot import AppSeen, ClusterLive, ProposalSeen, Slot, SlotSeen, Snapshot, Stray
from promoter.model.state import LedgerUnreadable
from promoter.policy.rules import AppRules, Live, OnDrift
from promoter.run.content import Contents, Held, make_commit
from promoter.run.difference import difference
from promoter.run.drift.edits import overwritten
from promoter.run.fixed import with_versions
from promoter.run.grouped import Pulls, believed_ledger, branches, may_be, with_groups
from promoter.run.hydrated import behind, hydrated, moved_on, needed
from promoter.run.inputs import dry_changed
from promoter.run.ledgers import STATE, ledger_ref, read_ledger
from promoter.run.trailers import carries, newest
from promoter.run.workspace import Workspace

Refs = Mapping[str, Oid]
Strays = tuple[Stray, ...]
PERSON_COMMITS = 20
"""How many commits of people on a proposal are looked through for the release under them."""


def look(ws: Workspace, apps: Sequence[str] | None = None) -> Snapshot:
    """Look at `apps` (None: all), and at those that may share a pull request with them.

    Raises ConfigInvalid, EdgeFailed.
    """
    refs = ws.repository.refs(["refs/heads/"])
    ws.refresh(refs)
    asked = [ws.app(name) for name in apps] if apps is not None else list(ws.config.apps.values())
    shared = may_be(ws, refs)
    chosen = list(ws.config.apps.values()) if shared else asked
    heads = [slot.proposal_branch for app in chosen for slot in (*app.slots.values(), *app.former.values())]
    _fetch(ws, refs, chosen)  # only the ledgers know of every group, and of what is dealt with
    if shared:
        heads += branches(ws, refs, chosen)
    pulls = ws.forge.pulls(heads, _settled(ws, refs, chosen))
    seen, strays = _apps(ws, chosen, refs, pulls)
    if any(_has_news(app, slot) for app in seen.values() for slot in app.slots.values()):
        refs = ws.repository.refs(["refs/heads/"])
        ws.refresh(refs)
        chosen = [ws.config.apps[app.name] for app in chosen if app.name in ws.config.apps]
        _fetch(ws, refs, chosen)
        if shared:
            late = [branch for branch in branches(ws, refs, chosen) if branch not in pulls]
            pulls = {**pulls, **ws.forge.pulls(late)} if late else pulls
        seen, strays = _apps(ws, chosen, refs, pulls)
    only = frozenset(apps) if apps is not None and len(chosen) > len(asked) else None
    commit = ws.refresh(refs)
    seen = {name: replace(app, called=ws.forge.called) for name, app in seen.items()}
    return Snapshot(commit, _with_live(ws, _with_protection(ws, seen)), ws.repository.url, strays, only)


def _apps(ws: Workspace, apps: Sequence[AppRules], refs: Refs, pulls: Pulls) -> tuple[dict[str, AppSeen], Strays]:
    dry = ws.refresh(refs)
    if any(app.hydrated for app in apps):
        refs = {**refs, **ws.repository.refs([NOTES_REF])}
        _fetch(ws, refs, apps)
    return with_groups(ws, {app.name: _app(ws, app, refs, pulls, dry) for app in apps}, refs, pulls)


def _settled(ws: Workspace, refs: Refs, apps: Sequence[AppRules]) -> dict[Branch, int]:
    """Give the number of each proposal branch up to which pull requests are dealt with; groups' have many masters."""
    found: dict[Branch, int] = {}
    for app in apps:
        ledger = believed_ledger(ws, app, refs)
        found |= {slot.proposal_branch: ledger.place(name).settled for name, slot in app.slots.items()}
    return found


def _has_news(app: AppSeen, slot: SlotSeen) -> bool:
    """Tell whether a pull request was merged that the ledger does not know of: the refs may be older than that."""
    place = app.ledger.place(slot.slot.environment)
    group = place.proposal is not None and place.proposal.group
    merged = [pull.number for pull in slot.pulls if pull.state is PullState.MERGED]
    return any(place.awaits(number) and (not group or number in slot.pull_releases) for number in merged)


def _fetch(ws: Workspace, refs: Refs, apps: Sequence[AppRules]) -> None:
    """Bring what the look needs and the store lacks, in one go."""
    wanted = {ledger_ref(ws.config, app.name) for app in apps}
    for app in apps:
        for slot in app.slots.values():
            wanted |= {f"refs/heads/{slot.branch}", f"refs/heads/{slot.proposal_branch}"}
    wanted |= {*needed(apps), *(ref for ref in refs if is_group(ref))}
    absent = [ref for ref in sorted(wanted) if ref in refs and not ws.repository.store.has(refs[ref])]
    if absent:
        ws.repository.fetch(absent)
    if ws.repository.store.supply is not None:
        _fetch_files(ws, refs, apps)


def _fetch_files(ws: Workspace, refs: Refs, apps: Sequence[AppRules]) -> None:
    """Bring the file contents that the look reads, in one batch each: the ledgers, then what stands in place."""
    store = ws.repository.store
    tips = {app.name: refs[ref] for app in apps if (ref := ledger_ref(ws.config, app.name)) in refs}
    tips = {name: tip for name, tip in tips.items() if not ws.seal.doubt(store, name, tip)}
    ws.repository.fetch((), [(store.commit(tip).tree, STATE) for tip in tips.values()])
    if ws.config.layout is not None:
        return
    folders: list[tuple[Oid, str]] = []
    for app in apps:
        active = {(refs.get(f"refs/heads/{slot.branch}"), slot.path) for slot in app.slots.values()}
        folders += [(store.commit(tip).tree, path) for tip, path in active if tip is not None]
        releases = read_ledger(ws.repository, tips[app.name], app.name).releases if app.name in tips else {}
        for release in releases.values():
            lacks = any(not store.has(Oid(content)) for content in release.content.values())
            if lacks and release.stored is not None and store.has(release.stored):
                folders.append((store.commit(release.stored).tree, release.name))
    ws.repository.fetch((), folders)


def _app(ws: Workspace, app: AppRules, refs: Refs, pulls: Pulls, dry: Oid) -> AppSeen:
    tip = refs.get(ledger_ref(ws.config, app.name))
    doubt, ledger = ws.seal.doubt(ws.repository.store, app.name, tip) if tip is not None else "", Ledger(app.name)
    if tip is not None and not doubt:
        try:
            ledger = read_ledger(ws.repository, tip, app.name)
        except LedgerUnreadable as error:  # other apps go on
            doubt = f"{app.name}: {error}"
    contents = ws.contents(app)
    slots = {
        name: _slot(ws, contents, slot, ledger, refs, pulls.get(slot.proposal_branch, ()), tip is None)
        for name, slot in app.slots.items()
    }
    slots = with_versions(ws, app, ledger, slots)
    former = {name: tuple(pulls.get(slot.proposal_branch, ())) for name, slot in app.former.items()}
    if app.hydrated and not doubt:
        now = hydrated(ws, app, refs, dry)
        if isinstance(now, str):
            return AppSeen(app.name, tip, ledger, slots, problems=(now,), former=former)
        waits = behind(ws, app, now, dry)
        return AppSeen(app.name, tip, ledger, slots, moved_on(ws, app, ledger, now), waits, former)
    changed = not doubt and dry_changed(ws, app, ledger, dry)
    return AppSeen(app.name, tip, ledger, slots, changed, former=former, doubt=doubt)


def _slot(
    ws: Workspace,
    contents: Contents,
    slot: Slot,
    ledger: Ledger,
    refs: Refs,
    pulls: Sequence[PullRequest],
    fresh: bool,
) -> SlotSeen:
    store = ws.repository.store
    place = ledger.place(slot.environment)
    tip = refs.get(f"refs/heads/{slot.branch}")
    known = known_contents(ledger, place, slot.environment)
    held = contents.held(slot, store.commit(tip).tree, known) if tip is not None else Held(None)
    seen = SlotSeen(slot, tip, held.content, held.also, pulls=tuple(pulls))
    current = [pull for pull in pulls if place.awaits(pull.number) or pull.state is PullState.OPEN]
    carried = {pull.number: _release_of(ws, pull.head, slot) for pull in current}
    seen = replace(seen, pull_releases={n: release for n, release in carried.items() if release is not None})
    head = refs.get(f"refs/heads/{slot.proposal_branch}")
    if head is not None:
        seen = replace(seen, proposal=_proposal(ws, contents, slot, ledger, head, tip, known))
    if fresh and tip is not None and held.content is not None:
        return replace(seen, our_trailers=newest(store, tip, None, slot.app, slot.environment) is not None)
    moved = place.stay is None or not seen.holds(place.stay.content)
    if moved and tip is not None and held.content is not None:
        stop = place.stay.commit if place.stay is not None else None
        word = newest(store, tip, stop, slot.app, slot.environment)
        if word is not None:
            seen = replace(seen, arrived=word.release, arrived_kind=Kind(word.kind))
    rules = ws.config.apps[slot.app].environments[slot.environment]
    if rules.drift is OnDrift.OVERWRITE and place.drift is not None and tip is not None:
        seen = replace(seen, edits=overwritten(ws, ledger, slot, tip))
    if rules.verify.gates and place.stay is not None and place.stay.commit:
        seen = replace(seen, checks=tuple(ws.forge.checks(place.stay.commit)))
    return seen


def known_contents(ledger: Ledger, place: Place, environment: str) -> list[ContentId]:
    """Give the contents that a slot may hold, the most likely first."""
    stays = ([place.stay] if place.stay else []) + list(place.past)
    found = [stay.content for stay in stays if stay.content is not None]
    releases = sorted(ledger.releases.values(), key=lambda release: -release.number)
    found[1:1] = [release.content[environment] for release in releases if environment in release.content]
    return list(dict.fromkeys(found))


def _release_of(ws: Workspace, head: Oid, slot: Slot) -> int | None:
    store = ws.repository.store
    if not store.has(head):
        return None
    for commit in store.history(head, limit=PERSON_COMMITS, first_parent=True):
        word = carries(commit, slot.app, slot.environment)
        if word is not None:
            return word.release
    return None


def _proposal(
    ws: Workspace,
    contents: Contents,
    slot: Slot,
    ledger: Ledger,
    head: Oid,
    tip: Oid | None,
    known: Sequence[ContentId],
) -> ProposalSeen:
    """Read a proposal branch; it is ours when making the same commit again gives the same tree."""
    store = ws.repository.store
    commit = store.commit(head)
    parent = commit.parents[0] if len(commit.parents) == 1 else None
    word = carries(commit, slot.app, slot.environment)
    merged = tip is not None and store.is_ancestor(head, tip)
    release = ledger.releases.get(word.release) if word is not None else None
    kind = Kind(word.kind) if word is not None else None
    if parent is None or word is None or kind is None:
        return ProposalSeen(head, parent, None, None, False, None, merged)
    before = contents.held(slot, store.commit(parent).tree, known)
    ours = tip is not None and store.is_ancestor(parent, tip)
    if ours and release is not None and slot.environment in release.content:
        made = make_commit(ws.repository, contents, slot, release, kind, parent)
        ours = store.commit(made).tree == commit.tree
    else:
        ours = False
    shown = difference(store, store.commit(parent).tree, commit.tree, slot.path) if ours and not merged else ""
    return ProposalSeen(head, parent, word.release, kind, ours, before.content, merged, shown)


def _with_protection(ws: Workspace, seen: dict[str, AppSeen]) -> dict[str, AppSeen]:
    """Ask the forge what merges need, once a branch, and only where a pull request is open."""
    asks = cache(ws.forge.protection)
    found = {}
    for name, app in seen.items():
        slots = {
            environment: replace(slot, protection=asks(slot.slot.branch))
            for environment, slot in app.slots.items()
            if any(pull.state is PullState.OPEN for pull in slot.pulls)
        }
        found[name] = replace(app, slots={**app.slots, **slots}) if slots else app
    return found


def _with_live(ws: Workspace, seen: dict[str, AppSeen]) -> dict[str, AppSeen]:
    """Ask every source once for all slots that hold what they should."""
    asked: dict[tuple[object, ...], tuple[Live, list[Wanted]]] = {}
    for name, app in seen.items():
        for environment, slot in app.slots.items():
            rules = ws.config.apps[name].environments[environment]
            if rules.verify.health:
                key = (rules.live.kind, *sorted(rules.live.settings.items()))
                owner = ws.config.apps[name].object.replace("{environment}", environment)
                _ask(asked.setdefault(key, (rules.live, []))[1], slot, app, rules.clusters, owner)
    answers: dict[tuple[str, str, str], ClusterLive] = {}
    for live, wanted in asked.values():
        if wanted:
            answers.update(ws.live(live).look(wanted, lambda slot, rev: content_at(ws, slot, rev, seen), ws.now()))
    return {name: _answered(ws, app, answers) for name, app in seen.items()}


def _ask(wanted: list[Wanted], seen: SlotSeen, app: AppSeen, clusters: Sequence[str], owner: str) -> None:
    stay = app.ledger.place(seen.slot.environment).stay
    if stay is None or stay.content is None or not seen.holds(stay.content) or seen.tip is None:
        return
    release = app.ledger.releases.get(stay.release)
    brought = release.images if release is not None else ()
    images = tuple(f"{image.name}:{image.new}" for image in brought if "/" in image.name)
    wanted += [Wanted(seen.slot, cluster, stay.content, seen.tip, stay.since, images, owner) for cluster in clusters]


def _answered(ws: Workspace, app: AppSeen, answers: Mapping[tuple[str, str, str], ClusterLive]) -> AppSeen:
    slots = {}
    for name, slot in app.slots.items():
        clusters = ws.config.apps[app.app].environments[name].clusters
        live = tuple(answers[key] for c in clusters if (key := (app.app, name, c)) in answers)
        slots[name] = replace(slot, live=live) if live else slot
    return replace(app, slots=slots)


def content_at(ws: Workspace, slot: Slot, revision: str, seen: Mapping[str, AppSeen]) -> ContentId | None:
    """Give what `slot` held in the commit `revision`; None when that commit cannot be had."""
    store = ws.repository.store
    if not store.has(Oid(revision)):
        return None
    ledger = seen[slot.app].ledger
    known = known_contents(ledger, ledger.place(slot.environment), slot.environment)
    return ws.contents(ws.config.apps[slot.app]).held(slot, store.commit(Oid(revision)).tree, known).content
