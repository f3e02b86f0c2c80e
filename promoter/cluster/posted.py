"""What others post on the forge about commits, as a source of what is live: without any access to a cluster.

A word posted on a commit is about the content that the commit holds at the slot. So the commits that count are those of
the stretch: the newest of the branch, as far back as the slot holds what is wanted in every one. Content that was there
once, went, and came back is another stretch: what was said of it then is not said of now.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice, takewhile

from promoter.cluster.context import Pattern
from promoter.cluster.judge import unknown
from promoter.cluster.port import ContentAt, Wanted
from promoter.errors import PromoterError
from promoter.model.forge import Check, Deployment
from promoter.model.names import Oid
from promoter.model.snapshot import ClusterLive

WINDOW = 10
"""How many of a branch's newest commits are asked for their statuses."""
LONGEST = 500
"""How many of a branch's newest commits are compared, on this machine, to find where a stretch began."""

Answers = dict[tuple[str, str, str], ClusterLive]


@dataclass(frozen=True, slots=True)
class Posted:
    """The ways to ask; each may raise PromoterError."""

    history: Callable[[Oid], Iterable[Oid]]
    """A commit, and those that were the branch's tip before it, newest first."""
    statuses: Callable[[Oid], Sequence[Check]]
    deployments: Callable[[str], Sequence[Deployment]]
    """Of one of the forge's environments, the last one made first."""


@dataclass(slots=True)
class Asked:
    """One look's questions to the forge: each commit and each environment is asked for once."""

    posted: Posted
    content_at: ContentAt
    _statuses: dict[Oid, list[tuple[str, Check]]] = field(default_factory=dict)
    """Commit -> its statuses by name, in lower case and in order."""
    _deployments: dict[str, Sequence[Deployment]] = field(default_factory=dict)
    _history: dict[Oid, tuple[Oid, ...]] = field(default_factory=dict)

    def history(self, tip: Oid) -> tuple[Oid, ...]:
        """Give the newest commits of a branch, newest first, `LONGEST` at most."""
        if tip not in self._history:
            self._history[tip] = tuple(islice(self.posted.history(tip), LONGEST))
        return self._history[tip]

    def stretch(self, question: Wanted) -> Iterator[Oid]:
        """Give the commits, newest first, up to which the slot has held nothing but what is wanted."""

        def same(commit: Oid) -> bool:
            return self.content_at(question.slot, commit) == question.content

        return takewhile(same, self.history(question.commit))

    def statuses(self, commit: Oid, wanted: Pattern) -> Iterator[Check]:
        """Give what was posted on a commit under names that `wanted` asks for, by name."""
        if commit not in self._statuses:
            found = [(check.name.casefold(), check) for check in self.posted.statuses(commit)]
            self._statuses[commit] = sorted(found, key=lambda entry: (entry[0], entry[1].reporter))
        named = self._statuses[commit]
        start = bisect_left(named, wanted.prefix, key=lambda entry: entry[0])
        for name, check in islice(named, start, None):
            if not name.startswith(wanted.prefix):
                return
            if wanted.fits(check.name):
                yield check

    def deployments(self, environment: str) -> Sequence[Deployment]:
        """Give the deployments to an environment, the last one made first."""
        if environment not in self._deployments:
            self._deployments[environment] = self.posted.deployments(environment)
        return self._deployments[environment]


def answer_all(wanted: Sequence[Wanted], answer: Callable[[Wanted, tuple[str, ...]], ClusterLive]) -> Answers:
    """Give the answer to every question, with the names of all clusters that its slot is asked about.

    What cannot be read is unknown, with the reason.
    """
    clusters: dict[tuple[str, str], list[str]] = {}
    for question in wanted:
        clusters.setdefault(_slot(question), []).append(question.cluster)
    answers: Answers = {}
    for question in wanted:
        app, environment = _slot(question)
        try:
            found = answer(question, tuple(dict.fromkeys(clusters[app, environment])))
        except PromoterError as error:
            found = unknown(question, f"{error.message}. {error.hint}" if error.hint else error.message)
        answers[app, environment, question.cluster] = found
    return answers


def _slot(question: Wanted) -> tuple[str, str]:
    return question.slot.app, question.slot.environment


def others(reporters: Iterable[str]) -> str:
    """Say that what these posted does not count; nothing when there are none."""
    names = Counter(reporters)
    return f"; one by {', '.join(sorted(names))} does not count" if names else ""


def since(question: Wanted, said: datetime | None) -> bool:
    """Tell whether something was said after the content came; objects and forges tell whole seconds."""
    return said is not None and said >= question.since.replace(microsecond=0)


def brief(commit: str) -> str:
    """Give a commit for people."""
    return commit[:8]


NEVER = "not yet and never cannot be told apart from here"
"""The end of every sentence about nothing."""
