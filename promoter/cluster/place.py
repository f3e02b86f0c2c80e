"""Templates over where something runs: `{cluster}`, `{environment}` and `{app}`, filled in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from promoter.cluster.port import Wanted


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something runs; a name that is not known is empty."""

    cluster: str
    environment: str = ""
    app: str = ""


def place_of(wanted: Wanted) -> Place:
    """Give where the question is about."""
    return Place(wanted.cluster, wanted.slot.environment, wanted.slot.app)


def fill(template: str, place: Place) -> str:
    """Fill in the names; an environment that is not known is taken to be named like the cluster."""
    words = {
        "{cluster}": place.cluster,
        "{environment}": place.environment or place.cluster,
        "{app}": place.app or "{app}",
    }
    for word, value in words.items():
        template = template.replace(word, value)
    return template


def places_of(cluster: str, known: Iterable[Place]) -> tuple[Place, ...]:
    """Give the places in `cluster` that were asked about; the cluster alone when none was."""
    return tuple(sorted(place for place in known if place.cluster == cluster)) or (Place(cluster),)
