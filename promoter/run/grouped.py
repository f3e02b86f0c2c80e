"""Groups as they are found and made: one branch, one commit, several apps (the law: `promoter.plan.grouping`).

Invariant: a group's commit follows from (parent, releases, slots) alone, whoever makes it and in whatever order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from promoter.git.store import Store
from promoter.git.trailers import Trailers, format_trailers, parse_trailers
from promoter.layout.group import group_branch, is_group
from promoter.model.forge import PullRequest, PullState
from promoter.model.ledger import Kind, Ledger, Proposal
from promoter.model.names import Branch, ContentId, Oid
from promoter.model.release import Release
from promoter.model.snapshot import AppSeen, ProposalSeen, Slot, SlotSeen, Stray
from promoter.model.state import LedgerUnreadable
from promoter.plan.grouping import may_share
from promoter.policy.rules import AppRules
from promoter.run.content import filled
from promoter.run.difference import difference
from promoter.run.ledgers import IDENTITY, ledger_ref, read_ledger
from promoter.run.workspace import Workspace

Refs = Mapping[str, Oid]
Pulls = Mapping[Branch, Sequence[PullRequest]]
HEADS = "refs/heads/"
DEPTH = 20
"""How many commits of people on a proposal are looked through for those that are ours."""


def may_be(ws: Workspace, refs: Refs) -> bool:
    """Tell whether there can be groups: the config allows them, or one stands there still."""
    return may_share(ws.config) or any(is_group(ref) for ref in refs)


def branches(ws: Workspace, refs: Refs, apps: Sequence[AppRules]) -> list[Branch]:
    """Give the branches of groups: those that stand there, and those that a ledger names although they are gone.

    The ledgers must be here.
    """
    found = dict.fromkeys(Branch(ref.removeprefix(HEADS)) for ref in refs if ref.startswith(HEADS) and is_group(ref))
    for app in apps:
        for environment, proposal in _proposals(believed_ledger(ws, app, refs)):
            if proposal.group and environment in app.slots:
                found[group_branch(app.slots[environment], proposal.group)] = None
    return list(found)


def believed_ledger(ws: Workspace, app: AppRules, refs: Refs) -> Ledger:
    """Give the app's ledger; an empty one when there is none, or none that is believed."""
    tip = refs.get(ledger_ref(ws.config, app.name))
    if tip is None or ws.seal.doubt(ws.repository.store, app.name, tip):
        return Ledger(app.name)
    try:
        return read_ledger(ws.repository, tip, app.name)
    except LedgerUnreadable:
        return Ledger(app.name)  # the look says so


def _proposals(ledger: Ledger) -> Iterator[tuple[str, Proposal]]:
    for environment, place in ledger.places.items():
        if place.proposal is not None:
            yield environment, place.proposal


@dataclass(frozen=True, slots=True)
class _Head:
    """The commit at the head of a group's branch."""

    id: Oid
    parent: Oid | None
    words: tuple[Trailers, ...]
    ours: bool
    merged: bool
    changes: str = ""


def with_groups(
    ws: Workspace, seen: Mapping[str, AppSeen], refs: Refs, pulls: Pulls
) -> tuple[dict[str, AppSeen], tuple[Stray, ...]]:
    """Give what was seen with each slot that the ledger says is in a group seen there, and groups that nobody is in."""
    heads: dict[Branch, _Head | None] = {}
    found: dict[str, AppSeen] = dict(seen)
    for name, app in seen.items():
        slots = dict(app.slots)
        for environment, proposal in _proposals(app.ledger):
            if proposal.group and environment in slots:
                branch = group_branch(ws.config.apps[name].slots[environment], proposal.group)
                if branch not in heads:
                    heads[branch] = _head(ws, seen, branch, slots[environment], refs)
                slots[environment] = _through(ws, slots[environment], branch, heads[branch], pulls, proposal)
        found[name] = replace(app, slots=slots) if slots != app.slots else app
    strays = [
        stray
        for branch in pulls
        if is_group(branch) and branch not in heads and (stray := _stray(ws, seen, branch, refs, pulls)) is not None
    ]
    return found, tuple(strays)


def _through(
    ws: Workspace, seen: SlotSeen, branch: Branch, head: _Head | None, pulls: Pulls, proposal: Proposal
) -> SlotSeen:
    """Give the slot as it is seen at the branch of its group."""
    store, slot = ws.repository.store, replace(seen.slot, proposal_branch=branch)
    every = tuple(pulls.get(branch, ()))
    carried = {pull.number: _carried(store, pull, slot, proposal) for pull in every}
    known = {number: release for number, release in carried.items() if release is not None}
    offer = None
    if head is not None:
        word = next((one for one in head.words if one.app == slot.app), None)
        tree = store.commit(head.parent).tree if head.parent is not None else None
        before = ws.contents(ws.config.apps[slot.app]).held(slot, tree, _likely(seen)).content if tree else None
        shown = ""
        if word is not None and head.ours and not head.merged and tree is not None:
            shown = difference(store, tree, store.commit(head.id).tree, slot.path)
        offer = ProposalSeen(
            head.id, head.parent, word.release if word else None, word.kind if word else None, head.ours, before,
            head.merged, shown, {one.app: one.release for one in head.words}, head.changes,
        )  # fmt: skip
    return replace(seen, slot=slot, proposal=offer, pulls=every, pull_releases=known)


def _likely(seen: SlotSeen) -> list[ContentId]:
    return [content for content in (seen.content, *sorted(seen.also)) if content is not None]


def carried_by(ws: Workspace, pull: PullRequest) -> list[Slot]:
    """Give the slots that a group's pull request changes, of those in the config. Raises EdgeFailed."""
    if not ws.repository.store.has(pull.head):
        ws.repository.fetch([pull.head])
    every = [(ws.config.apps.get(word.app), word.environment) for word in _words(ws.repository.store, pull.head)]
    return [app.slots[name] for app, name in every if app is not None and name in app.slots]


def _words(store: Store, head: Oid) -> list[Trailers]:
    """Give what our commit at `head`, or the newest of ours under a person's, is for."""
    for commit in store.history(head, limit=DEPTH, first_parent=True):
        words = parse_trailers(commit.message)
        if words:  # below this stand other proposals, merged before
            return words
    return []


def _carried(store: Store, pull: PullRequest, slot: Slot, proposal: Proposal) -> int | None:
    """Give the release that a group's pull request brings to `slot`; None: it is not in it."""
    if not store.has(pull.head):  # it went with its branch before it was fetched here
        return proposal.release if proposal.pull == pull.number else None
    mine = [word for word in _words(store, pull.head) if (word.app, word.environment) == (slot.app, slot.environment)]
    return mine[-1].release if mine else None


def _head(ws: Workspace, seen: Mapping[str, AppSeen], branch: Branch, slot: SlotSeen, refs: Refs) -> _Head | None:
    """Read the head of a group's branch; it is ours when making the same commit again gives the same tree."""
    found, store = refs.get(f"{HEADS}{branch}"), ws.repository.store
    if found is None:
        return None
    if not store.has(found):
        ws.repository.fetch([f"{HEADS}{branch}"])
    commit = store.commit(found)
    words = tuple(parse_trailers(commit.message))
    parent = commit.parents[0] if len(commit.parents) == 1 else None
    merged = slot.tip is not None and store.is_ancestor(found, slot.tip)
    parts = [_part(ws, seen, branch, word) for word in words]
    whole = [part for part in parts if part is not None]
    ours = bool(parts) and len(whole) == len(parts) and len({part.slot.app for part in whole}) == len(whole)
    if ours and parent is not None and slot.tip is not None and store.is_ancestor(parent, slot.tip):
        made = make_group(ws, whole, parent)
        ours = store.commit(made).tree == commit.tree
        changes = _changes(store, whole[0].release.dry)
        return _Head(found, parent, words, ours, merged, changes)
    return _Head(found, parent, words, False, merged)


def _changes(store: Store, dry: Oid) -> str:
    """Give the one folder that holds all that the dry commit changed; empty when that is the root, or not known."""
    if not store.has(dry):
        return ""
    commit = store.commit(dry)
    if not commit.parents or not store.has(commit.parents[0]):
        return ""
    old, new, folder = store.commit(commit.parents[0]).tree, commit.tree, ""
    while True:
        before, after = dict(store.children(old)), dict(store.children(new))
        differ = [name for name in {*before, *after} if before.get(name) != after.get(name)]
        one = differ[0] if len(differ) == 1 else ""
        if not one or one not in before or one not in after or not (before[one].is_tree and after[one].is_tree):
            return folder
        folder = f"{folder}/{one}".lstrip("/")
        old, new = before[one].id, after[one].id


@dataclass(frozen=True, slots=True)
class Part:
    """What one app brings to a group's commit."""

    slot: Slot
    release: Release


def _part(ws: Workspace, seen: Mapping[str, AppSeen], branch: Branch, word: Trailers) -> Part | None:
    """Give what a trailer stands for; None when that is nothing that we would propose on this branch."""
    app = ws.config.apps.get(word.app)
    own = app.slots.get(word.environment) if app is not None else None
    release = seen[word.app].ledger.releases.get(word.release) if word.app in seen else None
    if own is None or release is None or word.environment not in release.content or word.kind is not Kind.PROMOTION:
        return None
    return Part(own, release) if group_branch(own, branch.rpartition("/")[2]) == branch else None


def make_group(ws: Workspace, parts: Sequence[Part], parent: Oid | None) -> Oid:
    """Make the commit that brings all `parts` to their slots on top of `parent`, and give its id; no ref changes."""
    store = ws.repository.store
    tree = store.commit(parent).tree if parent is not None else None
    ordered = sorted(parts, key=lambda part: part.slot.app)
    words = []
    for part in ordered:
        tree = filled(ws.repository, ws.contents(ws.app(part.slot.app)), part.slot, part.release, tree)
        words.append(Trailers(part.slot.app, part.slot.environment, part.release.number, Kind.PROMOTION))
    message = f"{group_subject(ordered)}\n\n" + "\n".join(map(format_trailers, words)) + "\n"
    at = max(part.release.at for part in ordered)
    assert tree is not None  # noqa: S101 (a group has members)
    return store.put_commit(tree, [parent] if parent is not None else [], message, IDENTITY, at)


def group_subject(parts: Sequence[Part]) -> str:
    """Give the first line of a group's commit."""
    return f"Promote {len(parts)} app{'s' if len(parts) > 1 else ''} to {parts[0].slot.environment}"


def _stray(ws: Workspace, seen: Mapping[str, AppSeen], branch: Branch, refs: Refs, pulls: Pulls) -> Stray | None:
    """Give the open pull request of a group that no ledger names; None when there is none, or it is a person's."""
    pull = next((one for one in reversed(pulls[branch]) if one.state is PullState.OPEN), None)
    first = next(
        (
            slot
            for app in seen.values()
            for slot in app.slots.values()
            if group_branch(slot.slot, branch.rpartition("/")[2]) == branch and pull is not None
            and slot.slot.branch == pull.base_branch
        ),
        None,
    )  # fmt: skip
    if pull is None or first is None:
        return None
    head = _head(ws, seen, branch, first, refs)
    if head is None or not head.ours or head.merged:
        return None
    apps = tuple(sorted(word.app for word in head.words))
    slot = seen[apps[0]].slots[head.words[0].environment].slot
    return Stray(replace(slot, proposal_branch=branch), pull.number, apps)
