"""`live: {kubernetes: ...}`: what runs, asked of the API servers themselves.

Invariants: every cluster is asked in its own thread and within its own time, so one that does not answer makes its own
answers unknown and no other's. A kind that may not be listed makes unknown whatever it could own or deny: two objects
that deliver the same are no success, so an owner that cannot be seen is none either.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from promoter.cluster.access import Access
from promoter.cluster.api.access import access
from promoter.cluster.api.connection import STANDARD, Connection, Limits, connect
from promoter.cluster.api.deadline import Deadline, in_time
from promoter.cluster.api.kinds import owners
from promoter.cluster.api.target import Settings, Target, target
from promoter.cluster.api.trouble import Late, late
from promoter.cluster.api.view import View
from promoter.cluster.api.watch import Stream, changed
from promoter.cluster.judge import judge, unknown
from promoter.cluster.objects import GroupKind, Object
from promoter.cluster.owners import Cluster
from promoter.cluster.place import Place, place_of, places_of
from promoter.cluster.port import ContentAt, Listed, Wanted
from promoter.cluster.readers import READERS
from promoter.errors import EdgeFailed, PromoterError
from promoter.model.names import ContentId
from promoter.model.snapshot import ClusterLive, Slot
from promoter.model.verdict import Answer

Answers = dict[tuple[str, str, str], ClusterLive]
_Value = TypeVar("_Value")


class KubernetesSource:
    """Answers from API servers; keeps its connections, and nothing that was read, from one look to the next."""

    def __init__(
        self, settings: Settings, env: Mapping[str, str], repository: str = "", limits: Limits = STANDARD
    ) -> None:
        """Ask as `settings` (of `live.kubernetes`) say, with variables and KUBECONFIG from `env`.

        `repository` is the URL of the config repository: objects that deliver from another one are not owners.
        """
        self._settings = settings
        self._env = env
        self._repository = repository
        self._limits = limits
        self._connections: dict[Target, Connection] = {}
        self._down: dict[Target, tuple[float, str]] = {}
        self._places: set[Place] = set()
        self._streams: dict[Target, list[Stream]] = {}

    def look(
        self, wanted: Sequence[Wanted], content_at: ContentAt, now: datetime
    ) -> Mapping[tuple[str, str, str], ClusterLive]:
        """Answer all questions; a cluster that cannot be asked answers unknown, with the reason."""
        asked: dict[Target, list[Wanted]] = defaultdict(list)
        for question in wanted:
            self._places.add(place_of(question))
            asked[target(self._settings, place_of(question))].append(question)
        with _Gate(content_at) as gate:
            tasks = {one: self._judge(one, questions, gate, now) for one, questions in asked.items()}
            outcomes = self._ask(tasks)
        answers: Answers = {}
        for one, questions in asked.items():
            found = outcomes[one]
            if isinstance(found, str):
                self._streams.pop(one, None)  # the news since an older look would come again and again
                found = {_name(question): unknown(question, found) for question in questions}
            answers.update(found)
        return answers

    def listed(self, clusters: Sequence[str], kinds: frozenset[GroupKind]) -> Sequence[Listed]:
        """Give the objects of `kinds` in every one of `clusters`, in that order; one that fails says why."""
        asked = {
            cluster: list(dict.fromkeys(target(self._settings, place) for place in places_of(cluster, self._places)))
            for cluster in clusters
        }
        tasks = {one: self._read(one, kinds) for several in asked.values() for one in several}
        outcomes = self._ask(tasks)
        return [_listed(cluster, [outcomes[one] for one in several]) for cluster, several in asked.items()]

    def access(
        self, places: Collection[Place], kinds: Collection[GroupKind], clock: Callable[[], datetime]
    ) -> Sequence[Access]:
        """Try every API server that `places` go to, for every one of `kinds`; `clock` is this machine's."""
        return access(self._settings, self._env, places, kinds, clock, self._limits)

    def changed(self, clusters: Sequence[str], timeout: float) -> bool:
        """Wait until something changed that the last look at `clusters` read; False: nothing within `timeout`."""
        places = [place for place in self._places if place.cluster in clusters]
        targets = dict.fromkeys(target(self._settings, place) for place in sorted(places))
        return changed([stream for one in targets for stream in self._streams.get(one, ())], timeout)

    def _judge(
        self, one: Target, questions: Sequence[Wanted], gate: _Gate, now: datetime
    ) -> Callable[[Deadline], Answers]:
        def task(deadline: Deadline) -> Answers:
            view = View(self._connection(one), one.namespaces, deadline)
            named = {question.object.partition("/")[0] for question in questions}
            kinds = owners(frozenset() if "" in named else frozenset(named)) & READERS.keys()
            cluster = Cluster(view.owners(kinds), self._repository, view.related)
            answers = {_name(question): _answer(question, cluster, view, gate, now) for question in questions}
            self._streams[one] = view.streams({live.object for live in answers.values()})
            return answers

        return task

    def _read(self, one: Target, kinds: frozenset[GroupKind]) -> Callable[[Deadline], tuple[list[Object], str]]:
        def task(deadline: Deadline) -> tuple[list[Object], str]:
            view = View(self._connection(one), one.namespaces, deadline)
            for kind in sorted(kinds):
                view.all_of(kind)
            troubles = dict.fromkeys(said(error) for _, error in sorted(view.troubles.items()))
            return [obj for kind in sorted(kinds) for obj in view.objects(kind)], "; ".join(troubles)

        return task

    def _connection(self, one: Target) -> Connection:
        if one not in self._connections:
            self._connections[one] = connect(one, self._env, self._limits)
        return self._connections[one]

    def _ask(self, tasks: Mapping[Target, Callable[[Deadline], _Value]]) -> dict[Target, _Value | str]:
        """Ask the clusters, but those that could not be reached a moment ago; give why where one cannot be asked."""
        moment = time.monotonic()
        rested = {one: reason for one, (until, reason) in self._down.items() if until > moment}
        ended = in_time(
            {one: task for one, task in tasks.items() if one not in rested}, self._limits.cluster, self._limits.width
        )
        answers: dict[Target, _Value | str] = dict(rested)
        for one, outcome in ended.items():
            value = outcome.value
            answers[one] = value if value is not None else self._why(one, outcome.error)
        return answers

    def _why(self, one: Target, error: BaseException | None) -> str:
        """Say why a cluster could not be asked; without an error it did not answer in time."""
        error = error or late(str(one), self._limits.cluster)
        if not isinstance(error, PromoterError):
            raise error  # a bug, or the person's own interrupt
        if isinstance(error, Late):
            self._down[one] = (time.monotonic() + self._limits.rest, said(error))
        return said(error)


class _Gate:
    """Lets one thread at a time ask the repository, and none after the look is over."""

    def __init__(self, content_at: ContentAt) -> None:
        self._content_at = content_at
        self._lock = threading.Lock()
        self._closed = False

    def __enter__(self) -> _Gate:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._closed = True

    def __call__(self, slot: Slot, revision: str) -> ContentId | None:
        with self._lock:
            if self._closed:
                raise EdgeFailed("the look is over")
            return self._content_at(slot, revision)


def _answer(question: Wanted, cluster: Cluster, view: View, gate: _Gate, now: datetime) -> ClusterLive:
    kind = question.object.partition("/")[0]
    hidden = [
        error
        for group_kind, error in sorted(view.troubles.items())
        if group_kind in owners(frozenset({kind} if kind else ()))
    ]
    if hidden:
        return unknown(question, said(hidden[0]))
    found = judge(question, cluster, gate, now)
    if found.answer is Answer.UNKNOWN and not found.object and view.troubles:
        reasons = dict.fromkeys(said(error) for _, error in sorted(view.troubles.items()))
        return unknown(question, "; ".join((found.reason, *reasons)))
    return found


def _listed(cluster: str, found: Sequence[tuple[list[Object], str] | str]) -> Listed:
    objects = tuple(obj for one in found if not isinstance(one, str) for obj in one[0])
    troubles = dict.fromkeys(one if isinstance(one, str) else one[1] for one in found)
    return Listed(cluster, objects, "; ".join(trouble for trouble in troubles if trouble))


def _name(question: Wanted) -> tuple[str, str, str]:
    return question.slot.app, question.slot.environment, question.cluster


def said(error: PromoterError) -> str:
    """Give an error as one sentence: what failed, and what to do."""
    return f"{error.message}. {error.hint}" if error.hint else error.message
