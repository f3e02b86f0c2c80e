"""Clusters that are not there: they take what is merged at once, and are well a while later, unless told otherwise.

Invariants: what they answer depends on what they were told and on the looks before alone; a cluster that was told
nothing behaves the same for every app.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from promoter.cluster.port import ContentAt, Wanted
from promoter.model.names import ContentId
from promoter.model.snapshot import ClusterLive
from promoter.model.verdict import Answer
from promoter.simulation.script import Doing

Key = tuple[str, str, str]
"""(app, environment, cluster)."""


@dataclass(frozen=True, slots=True)
class Told:
    """How clusters behave since `at`; empty names mean all."""

    doing: Doing
    at: datetime
    environment: str
    app: str = ""
    cluster: str = ""
    running: str = ""
    """Only while they run this release or version."""

    def means(self, key: Key) -> bool:
        """Tell whether one of the clusters is meant."""
        app, environment, cluster = key
        return self.environment == environment and self.app in ("", app) and self.cluster in ("", cluster)


@dataclass(slots=True)
class _Runs:
    """What one cluster runs for one app."""

    content: ContentId
    since: datetime


@dataclass(slots=True)
class PlayedClusters:
    """The live source of a simulation; takes the place of whatever `live` says."""

    healthy_after: timedelta
    carries: Callable[[str, str, ContentId, str], bool]
    """(app, environment, content, release or version): tells whether that content is of that release."""
    told: list[Told] = field(default_factory=list)
    """Oldest first; the newest that fits holds."""
    _runs: dict[Key, _Runs] = field(default_factory=dict)

    def look(
        self, wanted: Sequence[Wanted], content_at: ContentAt, now: datetime
    ) -> Mapping[tuple[str, str, str], ClusterLive]:
        """Answer at `now` (aware); what was merged since the last look is taken now."""
        del content_at
        return {key: self._one(key, want, now) for want in wanted for key in [_key(want)]}

    def next_change(self, now: datetime) -> datetime | None:
        """Give when, after `now`, something gets well by the passing of time alone."""
        ends = (runs.since + self.healthy_after for runs in self._runs.values())
        return min((end for end in ends if end > now), default=None)

    def begin(self, wanted: Collection[tuple[Key, ContentId]], since: datetime) -> None:
        """Let them run these contents since long before."""
        for key, content in wanted:
            self._runs[key] = _Runs(content, since)

    def _one(self, key: Key, want: Wanted, now: datetime) -> ClusterLive:
        runs = self._runs.get(key)
        told = self._fits(key, want.content)
        hangs = told is not None and told.doing is Doing.HANGS
        if runs is None or (runs.content != want.content and not hangs):
            runs = self._runs[key] = _Runs(want.content, now)
        if told is not None and told.doing is Doing.UNREACHABLE:
            return ClusterLive(want.cluster, Answer.UNKNOWN, "cannot be reached")
        if runs.content != want.content:
            return ClusterLive(want.cluster, Answer.PENDING, "hangs: it has not taken the new commit")
        if told is not None and told.doing is Doing.DEGRADED:
            return ClusterLive(want.cluster, Answer.FAILURE, "degraded")
        well = runs.since + self.healthy_after
        if now < well:
            return ClusterLive(want.cluster, Answer.PENDING, "rolls out")
        if told is not None and told.doing is Doing.HEALTHY:
            well = max(well, told.at)
        return ClusterLive(want.cluster, Answer.SUCCESS, "healthy", seen=now, well_since=well)

    def _fits(self, key: Key, content: ContentId) -> Told | None:
        for told in reversed(self.told):
            if told.means(key) and (not told.running or self.carries(key[0], key[1], content, told.running)):
                return told
        return None


def _key(want: Wanted) -> Key:
    return want.slot.app, want.slot.environment, want.cluster
