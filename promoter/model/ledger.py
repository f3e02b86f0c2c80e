"""What must be remembered of one app: its releases, and each environment's stays, words of people and evidence.

Invariants: values are immutable, a change is a new `Ledger`; evidence is transitions ("healthy since"), never
observations, so looking at an unchanged world changes nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from promoter.model.job import JobNote
from promoter.model.names import ContentId, Oid
from promoter.model.release import Release


class How(StrEnum):
    """How a release came to be active in an environment."""

    MERGED = "merged"
    UNCHANGED = "unchanged"
    BY_HAND = "by hand"
    ROLLED_BACK = "rolled back"
    ADOPTED = "adopted"
    MIXED = "mixed"


class Kind(StrEnum):
    """What a proposal is for."""

    PROMOTION = "promotion"
    ROLLBACK = "rollback"
    RESTORE = "restore"
    """Of the active release, over what was changed by hand."""


class Result(StrEnum):
    """What became of a release in an environment."""

    VERIFIED = "verified"
    FAILED = "failed"
    UNVERIFIED = "unverified"
    UNHEALTHY = "unhealthy"
    LEFT = "left"
    """Rolled back or reverted: a person took it away from here."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The newest result of one release in one environment, and why."""

    result: Result
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Stay:
    """One release's time in one slot."""

    release: int
    content: ContentId | None
    """What the slot held when the stay began; the stay holds while it still does. None: the slot was empty."""
    commit: Oid
    since: datetime
    how: How
    healthy_since: datetime | None = None
    unhealthy_since: datetime | None = None
    by: str = ""
    """Who merged it, as far as the forge said so."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What promoter proposes for an environment; `pull` once the pull request's number is known."""

    release: int
    kind: Kind
    since: datetime
    pull: int | None = None
    group: str = ""
    """The group that it is proposed with, on the group's branch; empty: on the slot's own."""


@dataclass(frozen=True, slots=True)
class Skip:
    """A person said no to a release here; `pull` when that was said by closing a pull request."""

    by: str
    at: datetime
    reason: str = ""
    pull: int | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """Nothing moves here until it is resumed, or `until`."""

    by: str
    at: datetime
    reason: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody with the right asked for a release here, for one exact head (None: the first one that is proposed)."""

    release: int
    by: str
    at: datetime
    head: Oid | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody with the right let `gate` pass for a release here, over what the slot held then (`before`)."""

    release: int
    gate: str
    """A gate's kind, or one of its names: `checks`, `checks/lint`."""
    by: str
    at: datetime
    reason: str
    before: ContentId | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A release that was named by a command and goes before any other, older ones included."""

    release: int
    kind: Kind
    by: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Merging:
    """A merge that promoter decided on, written before it is tried: what was judged, and on what evidence.

    It is a record, not an intent: every run judges again.
    """

    release: int
    head: Oid
    at: datetime
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Filing:
    """The deployment of what we brought to an environment, as the forge is to show it."""

    commit: Oid
    release: int
    state: str
    """What is to be said: `pending`, `success`, `failure` or `inactive`."""
    told: str = ""
    """What the forge was told last."""
    url: str = ""
    """The pull request that brought it."""


@dataclass(frozen=True, slots=True)
class Drift:
    """The slot holds something that no release explains."""

    content: ContentId | None
    commit: Oid
    since: datetime
    kept_by: str = ""
    """Who said that it stays as it is; empty: nobody."""
    pull: int | None = None
    """The pull request by whose closing that was said."""


@dataclass(frozen=True, slots=True)
class Place:
    """All that is remembered of the app in one environment."""

    after: tuple[str, ...] = ()
    """The environments that this one came after when the ledger was last written."""
    mark: int = -1
    """The release that was ever active here and is furthest in order."""
    stay: Stay | None = None
    past: tuple[Stay, ...] = ()
    """Earlier stays, newest first."""
    outcomes: Mapping[int, Outcome] = field(default_factory=dict)
    skips: Mapping[int, Skip] = field(default_factory=dict)
    proposal: Proposal | None = None
    target: Target | None = None
    asked: Asked | None = None
    merging: Merging | None = None
    hold: Hold | None = None
    drift: Drift | None = None
    pulls_done: int = 0
    """Pull requests up to this number are dealt with: merged, closed by a person, or closed by us after saying so."""
    announced: tuple[int, ...] = ()
    """Pull requests that we said we would close."""
    reopened: tuple[int, ...] = ()
    """Pull requests up to `pulls_done` that somebody opened again: they are not dealt with."""
    overrides: tuple[Override, ...] = ()
    jobs: tuple[JobNote, ...] = ()
    """The newest of each job, before and after the merge."""

    filing: Filing | None = None

    @property
    def settled(self) -> int:
        """Pull requests up to this number need not be looked at any more, unless they are open."""
        return min((self.pulls_done, *(number - 1 for number in self.reopened)))

    def awaits(self, pull: int) -> bool:
        """Tell whether what becomes of pull request number `pull` is still to be learned."""
        return pull > self.pulls_done or pull in self.reopened


@dataclass(frozen=True, slots=True)
class Ledger:
    """The state at a ledger's tip."""

    app: str
    next: int = 1
    """The number of the next release."""
    releases: Mapping[int, Release] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)

    @property
    def newest(self) -> Release | None:
        """The newest release that was made, not adopted where it stood; where all were adopted, the newest of them.

        Those that stand aside are left out: they are not made from the dry branch as it is.

        It is what the dry branch is compared with: what was adopted says nothing about the dry branch.
        """
        plain = {number: release for number, release in self.releases.items() if not release.aside}
        made = [number for number, release in plain.items() if not release.adopted]
        return plain[max(made or plain)] if plain else None

    def order(self, number: int) -> tuple[int, ...]:
        """Give where release `number` stands among all; one that is not kept any more by its number."""
        release = self.releases.get(number)
        return release.order if release is not None else (number,)

    def gone_by(self, place: Place, number: int) -> bool:
        """Tell whether `place` has had release `number`, or one that comes after it in order.

        A hotfix of what is active is still to come, whatever has been there before.
        """
        release = self.releases.get(number)
        hotfix = release.hotfix if release is not None else None
        if hotfix is not None and place.stay is not None and place.stay.commit in hotfix.over:
            return False
        return self.order(number) <= self.order(place.mark)

    def place(self, environment: str) -> Place:
        """Give what is remembered of `environment`: an empty place when nothing is."""
        return self.places.get(environment, _NOWHERE)


_NOWHERE = Place()
