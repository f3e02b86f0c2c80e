"""`promoter rollback APP ENVIRONMENT --to COMMIT`: back to what the slot held in a commit of its active branch.

Where a release that the ledger keeps brought exactly that, it is a rollback to that release. Else, when the ledger is
gone or keeps it no more, what stood there is recorded as a release of that environment alone, which stands in order
where it stood in time: what came here after it is left behind and skipped, what has never been here may come once
somebody resumes. Invariants: only what was the tip of the active branch once can come back; nothing is rendered; it is
written down as any rollback is, with the right to roll back, and held.
"""

from __future__ import annotations

from dataclasses import replace

from promoter.errors import LostRace, UsageError
from promoter.git.hydrator import FILE_NAME
from promoter.git.store import CommitInfo
from promoter.git.trailers import flatten
from promoter.model.ledger import Ledger, Place
from promoter.model.names import ContentId, Oid
from promoter.model.release import Release
from promoter.plan.back import Wanted, rollback, taken_back
from promoter.policy.rules import AppRules
from promoter.run.adopt import adopt
from promoter.run.command import TRIES, may
from promoter.run.heard import Said, was_heard, with_key
from promoter.run.ledgers import ledger_ref, read_ledger, with_release, write_ledger
from promoter.run.look import known_contents
from promoter.run.workspace import Workspace

SHORTEST = 7
"""So many digits of a commit's id at least."""


def back_to(ws: Workspace, app: str, environment: str, commit: str, reason: str, said: Said | None = None) -> str:
    """Write down that `environment` goes back to what it held in `commit`, and give the sentence; "" when heard before.

    A lost ledger is begun again with what stands in all environments, as `adopt --lost-ledger` does. Raises UsageError,
    NotAllowed, LostRace, EdgeFailed.
    """
    for attempt in range(TRIES):
        try:
            return _once(ws, app, environment, commit, Wanted(ws.user, ws.now(), reason), said)
        except LostRace:
            if attempt == TRIES - 1:
                raise
    raise AssertionError("unreachable")


def _once(ws: Workspace, name: str, environment: str, text: str, wanted: Wanted, said: Said | None) -> str:
    app = ws.app(name)
    may(ws, app, "rollback", environment)
    slot, ref, store = app.slots[environment], ledger_ref(ws.config, name), ws.repository.store
    branch = f"refs/heads/{slot.branch}"
    refs = ws.repository.refs([ref, branch])
    if branch not in refs:
        raise UsageError(f"{slot.branch} does not exist", "There is nothing to go back to.")
    ws.repository.fetch([one for one in refs if not store.has(refs[one])])
    commit, newer = _find(ws, slot.branch, refs[branch], text)
    if ref not in refs:
        adopt(ws, name, lost_ledger=True)
        refs = {**refs, **ws.repository.refs([ref])}
    tip = refs[ref]
    if said is not None and was_heard(store, tip, said):
        return ""
    ledger = read_ledger(ws.repository, tip, name)
    held = _held(ws, app, ledger, environment, commit)
    if held == _held(ws, app, ledger, environment, store.commit(refs[branch])):
        raise UsageError(f"{environment} holds what it held in {commit.id[:SHORTEST]}")
    number = _recorded(ledger, environment, held)
    if number is None:
        return _record(ws, app, ledger, environment, commit, held, wanted, (tip, newer, said))
    place = ledger.place(environment)
    if place.stay is not None and ledger.order(number) > ledger.order(place.stay.release):
        raise UsageError(
            f"{commit.id[:SHORTEST]} brought r{number}, which is newer than r{place.stay.release}",
            f"To give it another try: promoter retry {name} {environment} r{number}",
        )
    places = {**ledger.places, environment: replace(place, **rollback(ledger, environment, number, wanted))}
    sentence = _sentence(environment, commit, number, wanted)
    write_ledger(
        ws.repository, ref, tip, replace(ledger, places=places), with_key(sentence, said), ws.now(), seal=ws.seal
    )  # fmt: skip
    return sentence


def _find(ws: Workspace, branch: str, tip: Oid, text: str) -> tuple[CommitInfo, frozenset[Oid]]:
    """Give the commit that is meant, once the branch's tip, and those that were it since. Raises UsageError."""
    wanted, newer, found = text.lower(), set[Oid](), list[CommitInfo]()
    passed: frozenset[Oid] = frozenset()
    for commit in ws.repository.store.history(tip, first_parent=True):
        if commit.id.startswith(wanted) and len(wanted) >= SHORTEST:
            found.append(commit)
            passed = passed or frozenset(newer)
        newer.add(commit.id)
    if len(found) > 1:
        raise UsageError(f"{text} begins several commits of {branch}", "give more of its id")
    if not found:
        raise UsageError(
            f"{branch} was never at a commit {text}",
            f"name one with {SHORTEST} digits of its id at least: git log --first-parent {branch}",
        )
    return found[0], passed


def _held(ws: Workspace, app: AppRules, ledger: Ledger, environment: str, commit: CommitInfo) -> ContentId:
    slot = app.slots[environment]
    if slot.in_place:
        ws.repository.fetch((), [(commit.tree, slot.path)])
    known = known_contents(ledger, ledger.place(environment), environment)
    held = ws.contents(app).held(slot, commit.tree, known).content
    if held is None:
        raise UsageError(f"{slot.branch} held nothing of {app.name} in {commit.id[:SHORTEST]}")
    return held


def _recorded(ledger: Ledger, environment: str, held: ContentId) -> int | None:
    """Give the newest release that was here and brought exactly `held`."""
    place = ledger.place(environment)
    here = {stay.release for stay in (place.stay, *place.past) if stay is not None and stay.content == held}
    kept = [n for n in here if n in ledger.releases and ledger.releases[n].content.get(environment) == held]
    return max(kept, key=ledger.order, default=None)


def _record(
    ws: Workspace, app: AppRules, ledger: Ledger, environment: str, commit: CommitInfo, held: ContentId, wanted: Wanted,
    known: tuple[Oid, frozenset[Oid], Said | None],
) -> str:  # fmt: skip
    """Make a release of what stood there, and go back to it."""
    tip, newer, said = known
    place, store, slot = ledger.place(environment), ws.repository.store, app.slots[environment]
    left, behind = _left(ledger, place, newer)
    dry = ledger.newest.dry if ledger.newest is not None else ws.refresh(ws.repository.refs([ws.ref]))
    made = Release(ledger.next, ws.now(), dry, ws.user, {environment: held}, adopted=True, behind=behind)
    ledger = with_release(ledger, made)
    changes = taken_back(ledger, environment, made.number, wanted, left)
    ledger = replace(ledger, places={**ledger.places, environment: replace(ledger.place(environment), **changes)})
    beside = store.entry(commit.tree, f"{slot.path}/{FILE_NAME}".lstrip("/")) if not slot.in_place else None
    sentence = _sentence(environment, commit, made.number, wanted)
    write_ledger(
        ws.repository, ledger_ref(ws.config, app.name), tip, ledger, with_key(sentence, said), ws.now(),
        {environment: ws.contents(app).entry(held)}, {FILE_NAME: beside} if beside is not None else None, ws.seal,
    )  # fmt: skip
    return sentence


def _left(ledger: Ledger, place: Place, newer: frozenset[Oid]) -> tuple[set[int], tuple[int, ...]]:
    """Give the releases that came here after the commit, and where in order what stood there belongs."""
    stays = [stay for stay in (place.stay, *place.past) if stay is not None]
    left = {stay.release for stay in stays if stay.commit in newer or stay is place.stay}
    older = [ledger.order(stay.release) for stay in stays if stay.release not in left]
    lowest = min((ledger.order(number) for number in left), default=(0,))
    before = [order for order in older if order < lowest]
    return left, max(before, default=(-1,))


def _sentence(environment: str, commit: CommitInfo, number: int, wanted: Wanted) -> str:
    why = f' "{wanted.reason}"' if wanted.reason else ""
    return f"{flatten(wanted.by)}: roll back {environment} to r{number}, what it held in {commit.id[:SHORTEST]}{why}"
