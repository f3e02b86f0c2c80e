"""What is on its way to an environment, and through which environments it still has to come."""

from __future__ import annotations

from collections.abc import Mapping

from promoter.plan.report.view import View

Siblings = Mapping[str, View]
"""Environment -> view, of one app."""


def coming(view: View, siblings: Siblings) -> tuple[int, str] | None:
    """Give the newest release that is on its way here, and the environment before this one that has it.

    None when what comes before has nothing that this environment could still take.
    """
    found: list[tuple[int, str]] = []
    for name in view.rules.after.names:
        before = siblings.get(name)
        if before is None:
            continue
        further = coming(before, siblings)
        known = _here(before) | ({further[0]} if further is not None else set())
        found += [(number, name) for number in known if _may_come(view, number)]
    return max(found, default=None)


def way(view: View, siblings: Siblings, release: int) -> list[View]:
    """Give the environments that `release` still has to pass before it comes here, the first to pass first."""
    found: list[View] = []
    here = view
    while True:
        nearest = coming(here, siblings)
        if nearest is None or nearest[0] != release:
            return found
        here = siblings[nearest[1]]
        found.insert(0, here)
        if release in _here(here):
            return found


def _here(view: View) -> set[int]:
    """The releases that stand in this environment or are next to come."""
    stay = view.place.stay
    return {
        number
        for number in (view.plan.target, view.proposed, stay.release if stay is not None else None)
        if number is not None
    }


def _is_for(view: View, number: int) -> bool:
    """A hotfix goes only where it was made for."""
    release = view.ledger.releases.get(number)
    return release is None or release.hotfix is None or view.environment in release.content


def _may_come(view: View, number: int) -> bool:
    place = view.place
    return (
        not view.ledger.gone_by(place, number)
        and _is_for(view, number)
        and number not in place.skips
        and (place.stay is None or place.stay.release != number)
        and all(number != passed for passed, _ in view.plan.passed_over)
    )
