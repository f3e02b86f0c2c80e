"""`live: {commit_status: "{environment}/*", from: [flux-bot]}`: what controllers post on the commits that they applied.

Controllers post on the newest commit that they see, and never on those that they skip. So per name the newest word in
the stretch counts, and of several names that fit the worst. A success is withdrawn by nobody: it is health as far as
the controller looked, when it looked.

Invariants: only a success by an allowed reporter, on a commit that holds what is wanted, can make a success. Nothing is
never a success, not even from one of several: a name that was posted on an older commit is waited for on this content.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from promoter.cluster.context import Pattern
from promoter.cluster.judge import unknown
from promoter.cluster.place import Place
from promoter.cluster.port import ContentAt, Wanted
from promoter.cluster.posted import LONGEST, NEVER, WINDOW, Asked, Posted, answer_all, brief, others
from promoter.cluster.wording import one_line
from promoter.model.forge import Check
from promoter.model.names import Oid
from promoter.model.snapshot import ClusterLive
from promoter.model.verdict import Answer
from promoter.policy.gates.checks import OURS

_ANSWERS: Mapping[str, Answer] = {
    "success": Answer.SUCCESS, "pending": Answer.PENDING, "failure": Answer.FAILURE
}  # fmt: skip
_WORST = (Answer.FAILURE, Answer.PENDING, Answer.UNKNOWN, Answer.SUCCESS)


@dataclass(frozen=True, slots=True)
class Word:
    """The newest that was posted under one name."""

    commit: Oid
    check: Check
    answer: Answer
    before: Answer | None = None
    """When this is pending: what was said before, of the same content."""


@dataclass(slots=True)
class Seen:
    """What was found for one question."""

    stretch: list[Oid]
    """The newest commits of it."""
    began: bool = True
    """Its first commit is known."""
    words: dict[str, Word] = field(default_factory=dict)
    """Name -> its newest word in the stretch."""
    before: dict[str, Oid] = field(default_factory=dict)
    """Name -> where it was posted last, before the stretch."""
    strangers: list[str] = field(default_factory=list)
    """Who else posted such a name in the stretch."""


class CommitStatusSource:
    """Answers from commit statuses."""

    def __init__(self, template: str, reporters: Sequence[str], posted: Posted) -> None:
        """Take the statuses whose name fits `template`, by `reporters` and by nobody else."""
        self._template = template
        self._reporters = tuple(reporters)
        self._posted = posted

    def look(
        self, wanted: Sequence[Wanted], content_at: ContentAt, now: datetime
    ) -> Mapping[tuple[str, str, str], ClusterLive]:
        """Answer all questions; statuses are read once a commit, of `WINDOW` commits a branch and one more a slot."""
        del now
        asked = Asked(self._posted, content_at)
        return answer_all(wanted, lambda question, clusters: self._answer(question, clusters, asked))

    def _answer(self, question: Wanted, clusters: tuple[str, ...], asked: Asked) -> ClusterLive:
        if len(clusters) > 1 and "{cluster}" not in self._template:
            return unknown(
                question,
                f"commit statuses called {self._pattern(question, question.cluster)} cannot tell {', '.join(clusters)} "
                "apart: write {cluster} into commit_status, and the cluster's name into what each controller posts "
                "(Flux: commitStatusExpr of its Provider; Argo CD: the label of its template)",
            )
        seen = self._see(question, asked)
        if not seen.stretch:
            return unknown(question, f"{brief(question.commit)} is not known to hold what is wanted")
        shared = self._shared(question, clusters, seen)
        if shared:
            return unknown(question, shared)
        if not seen.words:
            return self._nothing(question, seen)
        words = [word for _, word in sorted(seen.words.items())]
        worst = min((word.answer for word in words), key=_WORST.index)
        missing = sorted(item for item in seen.before.items() if item[0] not in seen.words)
        if missing and worst is not Answer.FAILURE:
            name, commit = missing[0]
            return _live(
                question,
                Answer.PENDING,
                f"{name} was posted on {brief(commit)}, and not on this content: {NEVER}. "
                "If it is gone for good, let commit_status name what is left",
                words,
            )
        return _decided(question, [word for word in words if word.answer is worst])

    def _pattern(self, question: Wanted, cluster: str) -> Pattern:
        return Pattern(self._template, Place(cluster, question.slot.environment, question.slot.app))

    def _see(self, question: Wanted, asked: Asked) -> Seen:
        """Read the newest commits; where they tell nothing, also the one with which the stretch began."""
        commits, wanted = asked.stretch(question), self._pattern(question, question.cluster)
        seen = Seen(list(islice(commits, WINDOW)))
        for commit in asked.history(question.commit)[:WINDOW]:
            self._read(asked.statuses(commit, wanted), commit, seen, held=commit in seen.stretch)
        if not seen.words and len(seen.stretch) == WINDOW:
            rest = list(commits)
            seen.began = len(seen.stretch) + len(rest) < LONGEST
            if seen.began and rest:
                self._read(asked.statuses(rest[-1], wanted), rest[-1], seen, held=True)
        return seen

    def _read(self, checks: Iterable[Check], commit: Oid, seen: Seen, *, held: bool) -> None:
        for check in checks:
            if check.name == OURS:
                continue
            if check.reporter not in self._reporters:
                seen.strangers += [check.reporter or "nobody"] * held
            elif held:
                _take(seen.words, commit, check)
            else:
                seen.before.setdefault(check.name, commit)

    def _shared(self, question: Wanted, clusters: tuple[str, ...], seen: Seen) -> str:
        """Say that a name fits the pattern of another cluster of the environment, too."""
        for cluster in clusters:
            if cluster != question.cluster:
                wanted = self._pattern(question, cluster)
                both = [name for name in sorted({*seen.words, *seen.before}) if wanted.fits(name)]
                if both:
                    return f"{both[0]} may be of {question.cluster} or of {cluster}: make commit_status say which"
        return ""

    def _nothing(self, question: Wanted, seen: Seen) -> ClusterLive:
        wanted, whom = self._pattern(question, question.cluster), " or ".join(self._reporters)
        on = brief(seen.stretch[0])
        if len(seen.stretch) > 1:
            on += " or what came before it with the same content"
        reason = f"no {wanted} from {whom} on {on}{others(seen.strangers)}: {NEVER}"
        if not seen.began:
            return unknown(question, f"{reason}; no more than {LONGEST} commits are looked at")
        return ClusterLive(question.cluster, Answer.PENDING, reason)


def _take(words: dict[str, Word], commit: Oid, check: Check) -> None:
    """Keep the newest word of a name; on one commit the worst. Called with newer commits first."""
    answer = _ANSWERS.get(check.state, Answer.UNKNOWN)
    known = words.get(check.name)
    if known is None:
        words[check.name] = Word(commit, check, answer)
    elif known.commit == commit:
        if _WORST.index(answer) < _WORST.index(known.answer):
            words[check.name] = Word(commit, check, answer)
    elif known.answer is Answer.PENDING and known.before is None and answer is not Answer.PENDING:
        after = Answer.UNKNOWN if answer is Answer.SUCCESS else Answer.PENDING
        words[check.name] = replace(known, answer=after, before=answer)


def _decided(question: Wanted, words: Sequence[Word]) -> ClusterLive:
    word = words[0]
    names = ", ".join(one_line(one.check.name) for one in words[:3])
    names += f" and {len(words) - 3} more" * (len(words) > 3)
    if word.before is Answer.SUCCESS:
        return _live(question, word.answer, f"{names}: was a success, and is looked at again", words)
    said = f"{names}: {word.check.state if word.check.state in _ANSWERS else 'no state that is known'}"
    said += f", {one_line(word.check.description)}" if word.check.description else ""
    said += "; same content" if word.commit != question.commit else ""
    return _live(question, word.answer, said, words)


def _live(question: Wanted, answer: Answer, reason: str, words: Sequence[Word]) -> ClusterLive:
    return ClusterLive(
        cluster=question.cluster,
        answer=answer,
        reason=reason,
        revision=words[0].commit,
        object=words[0].check.name,
        seen=max((one.check.at for one in words if one.check.at is not None), default=None),
    )
