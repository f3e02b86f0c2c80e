"""An environment that got another name: `was: NAME` moves what stands in its slot, and all evidence of it.

The ledger is renamed once, and with it, in one change, each rendered slot that is still empty gets the very content
that the old one was left with. The old branch or folder stays as it is, for whoever still reads it; a pull request that
waits for it is closed after the ledger has announced that.

Invariants: nothing is renamed onto a name that has a past of its own; the old name's holds, skips and outcomes hold on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from promoter.model.forge import PullState
from promoter.model.ledger import Ledger, Place
from promoter.model.plan import Action, ClosePullRequest, Move, Rename
from promoter.model.release import Release
from promoter.model.snapshot import AppSeen
from promoter.plan.sight import Sight
from promoter.policy.rules import AppRules


def renaming(app: AppRules, seen: AppSeen) -> Rename | None:
    """Give what makes the ledger speak of `app`'s environments by their new names; None when it does."""
    places = seen.ledger.places
    names = {
        slot.environment: new
        for new, slot in app.former.items()
        if slot.environment in places and _untouched(places.get(new))
    }
    if not names:
        return None
    ledger = renamed(seen.ledger, names)
    moves = tuple(move for new in names.values() if (move := _move(seen, ledger, new)) is not None)
    said = ", ".join(f"{old} is called {new} now" for old, new in names.items())
    return Rename(app.name, said, seen.ledger_tip, ledger, moves)


def renamed(ledger: Ledger, names: Mapping[str, str]) -> Ledger:
    """Give `ledger` with environments called as in `names` (old -> new), without what waits for a forge's answer."""
    places = {
        names.get(name, name): _place(place, names, moved=name in names)
        for name, place in ledger.places.items()
        if name not in names.values()
    }
    releases = {number: _release(release, names) for number, release in ledger.releases.items()}
    return replace(ledger, places=places, releases=releases)


def close_former(sight: Sight) -> list[Action]:
    """Close what is open for the old name of an environment, after announcing it."""
    actions: list[Action] = []
    for environment, pulls in sight.seen.former.items():
        old = sight.app.former[environment].environment
        for pull in pulls:
            announced = sight.places[environment].announced
            if pull.state is PullState.OPEN:
                why = f"{old} is called {environment} now"
                if pull.number not in announced:
                    said = f"will close pull request {pull.number}: {why}"
                    sight.change(environment, said, announced=(*announced, pull.number))
                actions.append(ClosePullRequest(sight.app.name, why, sight.slot(environment).slot, pull.number))
            elif pull.number in announced:
                left = tuple(number for number in announced if number != pull.number)
                sight.change(environment, f"pull request {pull.number} of {old} is closed", announced=left)
    return actions


def _untouched(place: Place | None) -> bool:
    return place is None or (place.stay is None and not place.past and place.mark < 0)


def _place(place: Place, names: Mapping[str, str], *, moved: bool) -> Place:
    after = tuple(names.get(name, name) for name in place.after)
    if not moved:
        return replace(place, after=after)
    return replace(place, after=after, proposal=None, asked=None, merging=None, announced=(), reopened=(), filing=None)


def _release(release: Release, names: Mapping[str, str]) -> Release:
    return replace(
        release,
        content={names.get(name, name): content for name, content in release.content.items()},
        failures={names.get(name, name): failure for name, failure in release.failures.items()},
        inputs={names.get(name, name): inputs for name, inputs in release.inputs.items()},
    )


def _move(seen: AppSeen, ledger: Ledger, environment: str) -> Move | None:
    """Give how an empty rendered slot gets what its old one was left with; None where there is nothing to bring."""
    slot, stay = seen.slots[environment], ledger.place(environment).stay
    if slot.slot.in_place or slot.content is not None or stay is None or stay.content is None:
        return None
    release = ledger.releases.get(stay.release)
    if release is None or release.content.get(environment) != stay.content:
        return None
    return Move(slot.slot, stay.release, slot.tip)
