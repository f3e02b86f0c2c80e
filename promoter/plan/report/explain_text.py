"""An explanation for people: lines for a terminal, Markdown for a forge."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from promoter.model.verdict import Answer
from promoter.plan.report.explain import Explanation
from promoter.plan.report.foreign import plain, prose
from promoter.plan.report.moment import length

MARKER = "<!-- promoter:explain -->"
"""First line of the one comment that holds an explanation."""
WORDS = {Answer.SUCCESS: "ok", Answer.PENDING: "wait", Answer.FAILURE: "fail", Answer.UNKNOWN: "unknown"}


def terminal_lines(explanation: Explanation, now: datetime) -> Iterator[tuple[str, str]]:
    """Give lines of (style, text) for a terminal, where "in 18 h" may stand; style: a word of `WORDS`, `head` or ""."""
    at = explanation.at
    since = explanation.since
    ago = f", since {at.moment(since)} ({length(now - since)})" if since is not None else ""
    yield "head", plain(explanation.headline) + ago
    if explanation.lines:
        yield "", ""
    wide = max((len(verdict.gate) for verdict in explanation.lines), default=0) + 2
    for verdict in explanation.lines:
        until = ""
        if verdict.until is not None and not verdict.passed:
            known = "" if at.moment(verdict.until) in verdict.reason else f"until {at.weekday(verdict.until)}, "
            until = f" ({known}in {length(verdict.until - now)})"
        word = WORDS[verdict.answer]
        more = f"  {plain(verdict.url)}" if verdict.url else ""
        yield word, f"  {word:<9}{plain(verdict.gate):<{wide}}{plain(verdict.reason, 500)}{until}{more}"
    if explanation.steps:
        yield "", ""
        for number, step in enumerate(explanation.steps, 1):
            yield "", f"  {number}. {plain(str(step), 500)}"
    if explanation.act or explanation.passed_over:
        yield "", ""
    for index, sentence in enumerate(explanation.act):
        yield "", ("Who can act now: " if index == 0 else "                 ") + plain(str(sentence), 500)
    if explanation.passed_over:
        yield "", f"Passed over: {'; '.join(plain(phrase) for phrase in explanation.passed_over)}"
    look = explanation.next_look
    if look is not None:
        yield "", f"Next look: {at.weekday(look)} (in {length(look - now)})"


def markdown(explanation: Explanation) -> str:
    """Give the explanation as a comment, with its marker; absolute times only."""
    at = explanation.at
    since = f" (since {at.weekday(explanation.since)})" if explanation.since is not None else ""
    parts = [MARKER, f"**{prose(explanation.headline)}**{since}"]
    if explanation.lines:
        rows = [
            f"| {WORDS[verdict.answer]} | {prose(verdict.gate)} | {prose(verdict.reason, 300)} |"
            for verdict in explanation.lines[:100]
        ]
        parts += ["", "| | | |", "|---|---|---|", *rows]
    if explanation.steps:
        parts += ["", *(f"{number}. {step.markdown()}" for number, step in enumerate(explanation.steps, 1))]
    if explanation.act:
        parts += ["", "Who can act now:", "", *(f"- {sentence.markdown()}" for sentence in explanation.act)]
    if explanation.passed_over:
        parts += ["", f"Passed over: {'; '.join(prose(phrase) for phrase in explanation.passed_over[:20])}."]
    look = explanation.next_look
    if look is not None:
        parts += ["", f"Next look: {at.weekday(look)}."]
    return "\n".join(parts) + "\n"
