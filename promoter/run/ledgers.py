"""Ledgers on their branches: read at a tip, written with compare-and-swap.

A ledger's tip holds `state.yaml`. The commit before the one that records a release holds that release's content under
`r<number>/<environment>`, and what goes along into every slot under `<file name>/r<number>`; both are pushed as one
change of the branch.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from promoter.git.ref import RefUpdate
from promoter.git.repository import Repository
from promoter.git.store import FILE, Entry
from promoter.model.ledger import Ledger, Place
from promoter.model.names import Oid
from promoter.model.release import Release
from promoter.model.state import LedgerUnreadable, dump, load
from promoter.plan.report.foreign import title
from promoter.policy.rules import Config
from promoter.run.seal import IDENTITY, Seal

__all__ = ["IDENTITY", "STATE", "ledger_ref", "read_ledger", "with_release", "write_ledger"]

STATE = "state.yaml"
RELEASES_KEPT = 30
"""How many releases the tip keeps; older ones stand in the history of the branch."""

LINE = 1000
"""Characters of a line in a ledger commit's message; the state holds every reason whole."""
_read = lru_cache(maxsize=4096)(load)


def ledger_ref(config: Config, app: str) -> str:
    """Give the full ref of `app`'s ledger."""
    return f"refs/heads/{config.ledger.replace('{app}', app)}"


def read_ledger(repository: Repository, tip: Oid, app: str) -> Ledger:
    """Read the ledger at `tip`. Raises LedgerUnreadable, EdgeFailed."""
    store = repository.store
    text = store.read(store.commit(tip).tree, STATE)
    if text is None:
        raise LedgerUnreadable(
            f"the ledger of {app} has no {STATE} at {tip}", "Restore the ledger branch from its history."
        )
    try:
        ledger = _read(text)
    except LedgerUnreadable as error:
        raise LedgerUnreadable(f"the ledger of {app}: {error.message}", error.hint) from error
    if ledger.app != app:
        raise LedgerUnreadable(
            f"the ledger of {app} is that of {ledger.app} at {tip}", "Restore the branch from its history."
        )
    return ledger


def write_ledger(
    repository: Repository,
    ref: str,
    expect: Oid | None,
    ledger: Ledger,
    message: str,
    now: datetime,
    stored: Mapping[str, Entry] | None = None,
    beside: Mapping[str, Entry] | None = None,
    seal: Seal | None = None,
    together: Sequence[RefUpdate] = (),
) -> Oid:
    """Write `ledger` if the branch is still at `expect`, and give its new tip; `together` change with it, or nothing.

    With `stored` (environment -> content) the newest release's content is kept and named in it, and `beside` it what
    goes along into every slot (file name -> file). `seal` signs, where ledgers are signed. Raises LostRace, Rejected
    (also for a chain that is not believed) or EdgeFailed; nothing is written then.
    """
    store, seal = repository.store, seal or Seal()
    if expect is not None:
        seal.check(store, ledger.app, expect)
    parents = [expect] if expect is not None else []
    if stored is not None:
        newest = ledger.releases[max(ledger.releases)]
        entries = {f"{newest.name}/{name}": entry for name, entry in stored.items()}
        entries |= {f"{name}/{newest.name}": entry for name, entry in (beside or {}).items()}
        tree = store.edit_tree(None, entries)
        kept = seal.commit(store, tree, parents, f"Keep the content of {newest.name}\n", now)
        ledger = replace(ledger, releases={**ledger.releases, newest.number: replace(newest, stored=kept)})
        parents = [kept]
    state = store.put_blob(dump(ledger))
    tree = store.edit_tree(None, {STATE: Entry(FILE, state)})
    tip = seal.commit(store, tree, parents, _spoken_for_us(message), now)
    repository.update([*together, RefUpdate(ref, expect, tip)])
    seal.remember(tip)
    return tip


def _spoken_for_us(message: str) -> str:
    """Give `message` for a commit: its lines hold names and reasons of people; what stands apart below them is ours."""
    said, apart, ours = message.strip().partition("\n\n")
    return "\n".join(title(line, LINE) for line in said.split("\n")) + apart + ours + "\n"


def with_release(ledger: Ledger, release: Release) -> Ledger:
    """Give `ledger` with `release` as its newest, and without releases that nothing needs any more."""
    made = ledger.newest if release.adopted or release.hotfix is not None else release
    named = {release.number, *((made.number,) if made is not None else ())}
    for place in ledger.places.values():
        words = (place.stay, place.proposal, place.target, place.asked, *place.past[:5])
        named |= {word.release for word in words if word is not None}
    older = sorted(ledger.releases)[-(RELEASES_KEPT - 1) :]
    kept = {
        number: replace(old, inputs={}) if old.inputs and old is not made else old  # only its inputs are compared
        for number, old in ledger.releases.items()
        if number in named or number in older
    }
    kept[release.number] = release
    places = {name: _pruned(place, kept) for name, place in ledger.places.items()}
    return replace(ledger, next=max(ledger.next, release.number + 1), releases=kept, places=places)


def _pruned(place: Place, kept: Collection[int]) -> Place:
    """Give `place` without words about releases that the ledger does not hold any more: they can come nowhere."""
    outcomes = {number: word for number, word in place.outcomes.items() if number in kept}
    skips = {number: word for number, word in place.skips.items() if number in kept}
    overrides = tuple(word for word in place.overrides if word.release in kept)
    if all(len(now) == len(old) for now, old in ((outcomes, place.outcomes), (skips, place.skips))):
        return place if len(overrides) == len(place.overrides) else replace(place, overrides=overrides)
    return replace(place, outcomes=outcomes, skips=skips, overrides=overrides)
