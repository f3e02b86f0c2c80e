"""What a CI job shows of a run of promoter: outputs for what comes after it, and its summary."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime

from promoter.comments.attend import Attended
from promoter.model.plan import State
from promoter.plan.report.foreign import prose
from promoter.plan.report.moment import stamp_or_none, times
from promoter.plan.report.summary import status_markdown, waiting_markdown
from promoter.policy.rules import Config
from promoter.run.act import Event
from promoter.run.run import Outcome

SHOWN = frozenset({"released", "proposed", "opened", "merged", "closed"})
"""What a run does that people want to read; the rest (notes, edits, statuses) goes with it."""


def outputs(outcome: Outcome) -> dict[str, str]:
    """Give the outputs: lists as JSON, numbers and times as text."""
    waiting = [slot for slot in outcome.plan.slots if slot.state is State.WAITING]
    failed = [slot for slot in outcome.plan.slots if slot.state is State.FAILED]
    return {
        "released": _list(outcome.done, "released"),
        "opened": _list(outcome.done, "opened"),
        "merged": _list(outcome.done, "merged"),
        "waiting": json.dumps([f"{slot.app}/{slot.environment}" for slot in waiting]),
        "failed": json.dumps([f"{slot.app}/{slot.environment}" for slot in failed]),
        "next-look": stamp_or_none(outcome.plan.next_look) or "",
    }


def summary(config: Config, outcome: Outcome, heard: Sequence[Attended], why: str, now: datetime) -> str:
    """Give the summary: what was done, what waits, the fleet."""
    done = [event for event in outcome.done if event.what in SHOWN]
    waiting = [slot for slot in outcome.plan.slots if slot.state is not State.CURRENT]
    lines = list(_problems(outcome))
    if not done and not heard and not outcome.refused:
        look = outcome.plan.next_look
        at = times(config.timezone, now)
        said = [f"{len(waiting)} {'waits' if len(waiting) == 1 else 'wait'}"] if waiting else []
        said += [f"next look {at.weekday(look)} {config.timezone}"] if look is not None else []
        lines.append(f"Nothing to do{': ' if said else ''}{'; '.join(said)}.")
    else:
        lines += [f"## promoter: {len(done)} done, {len(waiting)} {'waits' if len(waiting) == 1 else 'wait'}", ""]
        lines += _rows(done, heard, outcome.refused)
    table = waiting_markdown(config, outcome.snapshot, outcome.plan, now)
    if table:
        lines += ["", "**Waits**", "", table]
    lines += ["", *_folded("Fleet", status_markdown(config, outcome.snapshot, outcome.plan, now))]
    return "\n".join([*lines, "", f"Woken by {prose(why)}; config at `{outcome.snapshot.commit[:7]}`."]) + "\n"


def _problems(outcome: Outcome) -> Iterator[str]:
    for problem in outcome.plan.problems:
        yield "> [!WARNING]"
        yield f"> {prose(problem, 500)}"
        yield ""


def _rows(done: Sequence[Event], heard: Sequence[Attended], refused: Sequence[Event]) -> Iterator[str]:
    yield "| | app | environment | |"
    yield "|---|---|---|---|"
    for one in heard:
        word = "heard" if one.answer.done else "refused"
        yield f"| {word} | | | {prose(one.comment.user)}: {prose(one.line, 300)} |"
    for event in (*done, *refused):
        yield f"| {event.what} | {prose(event.app)} | {prose(event.environment)} | {prose(event.text, 300)} |"


def _folded(title: str, text: str) -> list[str]:
    return [f"<details><summary>{title}</summary>", "", text, "</details>"]


def _list(events: Sequence[Event], what: str) -> str:
    return json.dumps([f"{event.app}/{event.environment}".rstrip("/") for event in events if event.what == what])
