"""Who can do what now for a slot that does not move by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from promoter.model.forge import RANKS
from promoter.model.names import release_name
from promoter.model.plan import State
from promoter.model.verdict import Answer, Verdict
from promoter.plan.report.foreign import prose
from promoter.plan.report.view import View

_LINK = re.compile(r"https?://[^\s()<>\[\]\"'`]+")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence for people, and the page where it can be acted upon."""

    text: str
    url: str = ""

    def __str__(self) -> str:
        return f"{self.text} {self.url}" if self.url else self.text

    def markdown(self) -> str:
        """Give the sentence as Markdown; the link is ours and stays one."""
        return f"{prose(self.text, 500)} {self.url}" if _LINK.fullmatch(self.url) else prose(self.text, 500)


def advice(view: View) -> Iterator[Sentence]:
    """Give a sentence for each thing that a person can do; commands as a terminal takes them."""
    for verdict in view.open_verdicts:
        yield from _for_verdict(view, verdict)
    place, where = view.place, f"{view.app} {view.environment}"
    if place.hold is not None:
        yield Sentence(f"{_who(view, 'resume')}: promoter resume {where}")
    if place.drift is not None:
        yield Sentence(f"keep what was changed by hand: promoter adopt {view.app}")
    if view.plan.state is State.FAILED and place.stay is not None:
        yield Sentence(f"{_who(view, 'rollback')}: promoter rollback {where}")
        yield Sentence(f"{_who(view, 'retry')}: promoter retry {where} {release_name(place.stay.release)}")
    if view.plan.state is State.BLOCKED and view.plan.target is not None:
        yield Sentence(f"{_who(view, 'skip')}: promoter skip {where} {release_name(view.plan.target)}")


def people(view: View) -> str:
    """Give whom this slot waits for, as short as a table needs it; empty when nobody can act."""
    names = dict.fromkeys(name for verdict in view.open_verdicts for name in verdict.who if name != "resume")
    return ", ".join(names)


def _for_verdict(view: View, verdict: Verdict) -> Iterator[Sentence]:
    who = " or ".join(_whom(name) for name in verdict.who) or "somebody"
    url = view.pull.url if view.pull is not None else ""
    kind = verdict.gate.partition("/")[0].partition(" ")[0]
    if kind == "approvals":
        yield Sentence(f"{who} approves", url)
    elif kind == "merge":
        yield Sentence(f"{who} says promoter promote {view.app} {view.environment}, or merges", url)
    elif kind == "draft":
        yield Sentence("somebody marks the pull request as ready", url)
    elif kind == "jobs" and verdict.answer is Answer.FAILURE and view.plan.target is not None:
        again = f"promoter retry {view.app} {view.environment} {release_name(view.plan.target)}"
        yield Sentence(f"{_who(view, 'retry')}: {again}")
    elif kind == "request":
        yield Sentence(f"{_who(view, 'promote')}: promoter promote {view.app} {view.environment}")
    elif kind != "hold" and verdict.who:
        yield Sentence(f"{who}: {verdict.gate}", url)


def _whom(name: str) -> str:
    """A right is nobody's name."""
    return f"somebody with {name}" if name in RANKS else name


def _who(view: View, verb: str) -> str:
    needed = view.rules.allow.get(verb, ())
    return f"{verb} (needs {' or '.join(needed)})" if needed else verb
