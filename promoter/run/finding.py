"""What the doctor finds: one thing that is wrong, or may be, with what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from promoter.cluster.objects import GroupKind
from promoter.cluster.port import Listed, ObjectSource, Wanted
from promoter.model.names import ContentId, Oid
from promoter.policy.rules import AppRules, Live, Rules
from promoter.run.workspace import Workspace


class Severity(StrEnum):
    """How bad it is, the worst first."""

    PROBLEM = "problem"
    """Something waits for ever, or is done by somebody who should not."""
    WARNING = "warning"
    """Something may go wrong."""
    NOTE = "note"
    """Good to know."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found."""

    severity: Severity
    subject: str
    """Where: `shop prod-eu`, `context eu-1`, `promoter-ledger/*`."""
    text: str
    """What, as a sentence without its full stop."""
    why: str
    """Why it matters, the same."""
    fix: str
    """What to do, the same."""


@dataclass(frozen=True, slots=True)
class Seat:
    """An app in an environment."""

    app: AppRules
    environment: str

    @property
    def rules(self) -> Rules:
        """What holds there."""
        return self.app.environments[self.environment]

    def __str__(self) -> str:
        return f"{self.app.name} {self.environment}"


@dataclass(slots=True)
class Ground:
    """What the probes look at; what several of them need is read once."""

    ws: Workspace
    refs: dict[str, Oid] = field(default_factory=dict)
    """All branches, as they were when the looking began."""
    _listed: dict[str, dict[str, Listed]] = field(default_factory=dict)

    @property
    def seats(self) -> list[Seat]:
        """Every app in every one of its environments."""
        return [Seat(app, name) for app in self.ws.config.apps.values() for name in app.environments]

    def by_live(self) -> list[tuple[Live, list[Seat]]]:
        """Give every way in which the config learns what is live, and for whom; without those that ask for nothing."""
        found: dict[str, tuple[Live, list[Seat]]] = {}
        for seat in self.seats:
            if seat.rules.verify.health:
                found.setdefault(_key(seat.rules.live), (seat.rules.live, []))[1].append(seat)
        return list(found.values())

    def tip(self, seat: Seat) -> Oid | None:
        """Give the tip of the branch that `seat`'s slot is on; None when there is no such branch yet."""
        return self.refs.get(f"refs/heads/{seat.app.slots[seat.environment].branch}")

    def questions(self, seat: Seat) -> list[Wanted]:
        """Give what would be asked of each cluster, about no content in particular."""
        slot, named = seat.app.slots[seat.environment], seat.app.object.replace("{environment}", seat.environment)
        now = self.ws.now()
        return [Wanted(slot, cluster, ContentId(""), Oid(""), now, object=named) for cluster in seat.rules.clusters]

    def listed(self, live: Live, seats: list[Seat], kinds: frozenset[GroupKind]) -> dict[str, Listed]:
        """Give cluster -> its objects of `kinds`; nothing where the source shows no objects."""
        if _key(live) not in self._listed:
            source = self.ws.live(live)
            found: dict[str, Listed] = {}
            if isinstance(source, ObjectSource):
                asked = [question for seat in seats for question in self.questions(seat)]
                source.look(asked, lambda _slot, _revision: None, self.ws.now())  # so that it knows its places
                clusters = sorted({question.cluster for question in asked})
                found = {one.cluster: one for one in source.listed(clusters, kinds)}
            self._listed[_key(live)] = found
        return self._listed[_key(live)]


Probe = Callable[[Ground], Iterator[Finding]]


def _key(live: Live) -> str:
    return repr((live.kind, sorted(live.settings.items())))
