"""`live: {deployments: [bot]}`: what controllers and jobs report as deployments on the forge.

The forge's environment is `prod-eu/shop`, or `prod-eu` where nobody allowed deploys to the former. The deployment that
was made last is what is there, or is coming; what was made before it says nothing any more.

Invariant: only the last deployment by an allowed creator, in state success and of a commit that holds what is wanted,
is a success; and when that commit is not of the stretch, only if it was said after the content came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from promoter.cluster.judge import unknown
from promoter.cluster.port import ContentAt, Wanted
from promoter.cluster.posted import NEVER, Asked, Posted, answer_all, brief, others, since
from promoter.cluster.wording import one_line
from promoter.model.forge import Deployment
from promoter.model.snapshot import ClusterLive
from promoter.model.verdict import Answer

_ANSWERS: Mapping[str, Answer] = {
    "success": Answer.SUCCESS, "pending": Answer.PENDING, "failure": Answer.FAILURE
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """The deployments by allowed creators, the last one made first."""

    environment: str
    deployments: tuple[Deployment, ...]
    strangers: tuple[str, ...] = ()
    """Who else deployed."""


class DeploymentsSource:
    """Answers from the forge's deployments."""

    def __init__(self, creators: Sequence[str], posted: Posted) -> None:
        """Take the deployments that `creators` made, and nobody else's."""
        self._creators = tuple(creators)
        self._posted = posted

    def look(
        self, wanted: Sequence[Wanted], content_at: ContentAt, now: datetime
    ) -> Mapping[tuple[str, str, str], ClusterLive]:
        """Answer all questions; each of the forge's environments is read once."""
        del now
        asked = Asked(self._posted, content_at)
        return answer_all(wanted, lambda question, clusters: self._answer(question, clusters, asked))

    def _answer(self, question: Wanted, clusters: tuple[str, ...], asked: Asked) -> ClusterLive:
        if len(clusters) > 1:
            return unknown(
                question,
                f"deployments to {question.slot.environment} cannot tell {', '.join(clusters)} apart: make each "
                'cluster an environment of its own, or use live: {commit_status: "... {cluster}"}',
            )
        found = self._found(question, asked)
        if not found.deployments:
            reason = f"no deployment to {found.environment} by {' or '.join(self._creators)}"
            return ClusterLive(question.cluster, Answer.PENDING, f"{reason}{others(found.strangers)}: {NEVER}")
        return _judged(question, found.deployments, asked)

    def _found(self, question: Wanted, asked: Asked) -> Found:
        """Give the deployments to the app's own environment, else to the whole one."""
        slot = question.slot
        names = (f"{slot.environment}/{slot.app}", slot.environment)
        strangers: list[str] = []
        for name in names:
            every = asked.deployments(name)
            allowed = tuple(one for one in every if one.creator in self._creators)
            if allowed:
                return Found(name, allowed)
            strangers += [one.creator or "nobody" for one in every]
        return Found(" or ".join(names), (), tuple(strangers))


def _judged(question: Wanted, deployments: Sequence[Deployment], asked: Asked) -> ClusterLive:
    last = deployments[0]
    content = asked.content_at(question.slot, last.commit)
    on = f"the last deployment to {one_line(last.environment)} is of {brief(last.commit)}"
    if content is None:
        return _live(question, last, Answer.UNKNOWN, f"{on}, a commit that is not known here")
    if content != question.content:
        return _live(question, last, Answer.PENDING, f"{on}, which holds something else: {NEVER}")
    same = "" if last.commit == question.commit else "; same content"
    if last.commit not in asked.stretch(question) and not since(question, last.at):
        return _live(question, last, Answer.PENDING, f"{on}, and was made before the content came{same}: {NEVER}")
    answer = _ANSWERS.get(last.state, Answer.UNKNOWN)
    if answer is Answer.PENDING and _was_success(question, deployments[1:], asked):
        reason = f"{on}, and is being made again: it was a success{same}"
        return _live(question, last, Answer.UNKNOWN, reason)
    return _live(question, last, answer, f"{one_line(last.environment)}: {one_line(last.state)}{same}")


def _was_success(question: Wanted, before: Sequence[Deployment], asked: Asked) -> bool:
    """Tell whether the last deployment that ended was a success of the same content in the stretch."""
    ended = next((one for one in before if one.state != "pending"), None)
    return ended is not None and ended.state == "success" and ended.commit in asked.stretch(question)


def _live(question: Wanted, said: Deployment, answer: Answer, reason: str) -> ClusterLive:
    return ClusterLive(question.cluster, answer, reason, said.commit, said.environment, said.at)
