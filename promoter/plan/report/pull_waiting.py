"""The second part of a pull request: what it waits for, every gate's verdict, and what follows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from promoter.model.ledger import Kind
from promoter.model.verdict import Answer, Verdict
from promoter.plan.outcome import last_verified
from promoter.plan.report.about import About
from promoter.plan.report.brings import named
from promoter.plan.report.foreign import prose
from promoter.plan.report.moment import length
from promoter.policy.rules import Newer, OnFailure

_MOST_VERDICTS = 50
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.:\-]+/[A-Za-z0-9._~/\-]*")
_WORDS = {
    Answer.SUCCESS: "passed",
    Answer.PENDING: "**waits**",
    Answer.FAILURE: "**fails**",
    Answer.UNKNOWN: "**unknown**",
}
_NEWER = {
    Newer.REPLACE: "A newer release takes its place here until a person has approved it.",
    Newer.WAIT: "A newer release waits until this one is done.",
    Newer.QUEUE: "Newer releases wait in line.",
}


def waiting_part(about: About) -> str:
    """Give the part as Markdown."""
    return "\n\n".join(filter(None, (heading(about), gates(about), _afterwards(about))))


def heading(about: About) -> str:
    """Give the line that says what it waits for."""
    failed = [verdict for verdict in about.verdicts if verdict.answer is Answer.FAILURE]
    if failed:
        return f"### Blocked by {_and([_wants(about, verdict) for verdict in failed])}"
    open_ones = [verdict for verdict in about.verdicts if not verdict.passed]
    if open_ones:
        return f"### Waits for {_and([_wants(about, verdict) for verdict in open_ones])}"
    return (
        "### Nothing is missing: promoter merges this" if about.merges_itself else "### Waits for a person to merge it"
    )


def _wants(about: About, verdict: Verdict) -> str:
    if verdict.until is not None:
        return f"{prose(verdict.gate)} (until {about.at.weekday(verdict.until)})"
    return f"{prose(verdict.gate)} ({prose(verdict.reason, 100)})" if verdict.reason else prose(verdict.gate)


def gates(about: About) -> str:
    """Give every verdict as a table."""
    if not about.verdicts:
        return ""
    rows = [
        f"| {_WORDS[verdict.answer]} | {prose(verdict.gate)} | {_linked(verdict)} |" for verdict in about.verdicts[:100]
    ]
    return "\n".join(["| | gate | |", "|---|---|---|", *rows])


def _linked(verdict: Verdict) -> str:
    """Give the reason, as a link to where more of it is seen."""
    said = prose(verdict.reason, 300)
    return f"[{said}]({verdict.url})" if _ADDRESS.fullmatch(verdict.url) else said


def _afterwards(about: About) -> str:
    lines = []
    verify = about.rules.verify
    if about.merges_itself:
        lines.append("When all pass, promoter merges this.")
    else:
        lines.append("When all pass, a person merges this, or asks promoter to.")
    if verify.health and about.rules.live.kind != "none" and about.kind is Kind.PROMOTION:
        soak = f" and stay so for {length(verify.soak)}" if verify.soak > timedelta(0) else ""
        lines.append(f"Then it must be live and healthy within {length(verify.within)}{soak}{_otherwise(about)}.")
    if about.head is not None:
        lines.append(f"Judged at `{about.head[:7]}`.")
    if about.kind is Kind.PROMOTION:
        lines.append(_NEWER[about.rules.newer])
    command = f"promoter explain {about.app.name} {about.environment}"
    return " ".join(lines) + f"\n\nAt a terminal: `{command}`"


def _otherwise(about: About) -> str:
    stay, what = about.place.stay, about.rules.verify.on_failure
    held = f"; else {prose(about.environment)} is held"
    if what is OnFailure.ROLLBACK and stay is not None:
        then = replace(about.place, past=(stay, *about.place.past))
        back = last_verified(about.ledger, then, about.release.number)
        return f"; else it goes back to {prose(named(about.ledger, back))}, once" if back is not None else held
    return held if what is not OnFailure.CONTINUE else ""


def _and(parts: Sequence[str]) -> str:
    if len(parts) <= 1:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
