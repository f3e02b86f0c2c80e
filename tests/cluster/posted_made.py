"""A branch on which others post: commits with their content, statuses and deployments, and how often they were read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from promoter.cluster.port import LiveSource, Wanted
from promoter.cluster.posted import Posted
from promoter.errors import EdgeFailed
from promoter.model.forge import Check, Deployment
from promoter.model.names import ContentId, Oid
from promoter.model.snapshot import ClusterLive, Slot
from promoter.model.verdict import Answer
from tests.cluster.objects_made import CAME, LOOKED, wanted

A, B = ContentId("a" * 40), ContentId("b" * 40)
BOT = "flux-bot"


def commit(number: int) -> Oid:
    return Oid(f"{number:08x}" + "0" * 32)


@dataclass
class History:
    """A branch: `contents` from the oldest commit to the tip; commit n is `commit(n)`, the oldest 1."""

    contents: Sequence[ContentId]
    statuses: dict[Oid, list[Check]] = field(default_factory=dict)
    deployments: dict[str, list[Deployment]] = field(default_factory=dict)
    reads: Counter[str] = field(default_factory=Counter)
    broken: bool = False

    @property
    def tip(self) -> Oid:
        return commit(len(self.contents))

    def post(self, number: int, name: str, state: str, by: str = BOT, words: str = "") -> History:
        self.statuses.setdefault(commit(number), []).append(Check(name, state, by, minute(number), "", words))
        return self

    def deploy(self, number: int, environment: str, state: str, by: str = BOT, after: int | None = None) -> History:
        made = Deployment(commit(number), environment, state, by, minute(number if after is None else after))
        self.deployments.setdefault(environment, []).insert(0, made)
        return self

    def posted(self) -> Posted:
        return Posted(self._history, self._statuses, self._deployments)

    def content_at(self, slot: Slot, revision: str) -> ContentId | None:
        del slot
        number = int(revision[:8], 16)
        return self.contents[number - 1] if 1 <= number <= len(self.contents) else None

    def ask(self, source: LiveSource, *clusters: str, **changes: Any) -> dict[str, ClusterLive]:
        """Ask about content A at the tip, in `clusters`."""
        asked = [self.question(cluster, **changes) for cluster in clusters or ("dev-1",)]
        return {key[2]: live for key, live in source.look(asked, self.content_at, LOOKED).items()}

    def question(self, cluster: str = "dev-1", **changes: Any) -> Wanted:
        return wanted(**{"cluster": cluster, "content": A, "commit": self.tip, **changes})

    def _history(self, tip: Oid) -> Iterable[Oid]:
        return (commit(number) for number in range(int(tip[:8], 16), 0, -1))

    def _statuses(self, oid: Oid) -> Sequence[Check]:
        self.reads[oid] += 1
        if self.broken:
            raise EdgeFailed("the forge does not answer", "Try again.")
        return self.statuses.get(oid, [])

    def _deployments(self, environment: str) -> Sequence[Deployment]:
        self.reads[environment] += 1
        return self.deployments.get(environment, [])


def minute(number: int) -> datetime:
    return CAME + timedelta(minutes=number)


def answered(live: ClusterLive) -> tuple[Answer, str]:
    return live.answer, live.reason
