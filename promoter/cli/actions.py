"""What a run would do or did, and what waits after it, on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from promoter.cli.screen import Cell, Screen
from promoter.comments.attend import Attended
from promoter.model.plan import Action, Plan, State
from promoter.model.snapshot import Slot, Snapshot
from promoter.plan.report.advice import people
from promoter.plan.report.fleet import waits
from promoter.plan.report.foreign import plain
from promoter.plan.report.moment import Times, times
from promoter.plan.report.status import action_name, plan_json
from promoter.plan.report.view import View, views
from promoter.policy.rules import Config
from promoter.run.act import Event
from promoter.run.run import Outcome

_EVENTS = {"refused": "fail", "lost": "wait", "recorded": "dim", "status": "dim", "edited": "dim"}


def show_actions(screen: Screen, plan: Plan) -> None:
    """Print what would be done, in order."""
    if not plan.actions:
        return
    screen.line(f"{len(plan.actions)} to do", "head")
    screen.table([list(_action(action, line)) for action in plan.actions for line in _lines(action)], indent=2)


def show_waiting(screen: Screen, config: Config, snapshot: Snapshot, plan: Plan, now: datetime) -> None:
    """Print what waits, for what and for whom; or that there is nothing to do."""
    at = times(config.timezone, now)
    slots = [view for view in views(config, snapshot, plan) if view.plan.state is not State.CURRENT]
    rows = [_row(view, at) for view in slots]
    if rows:
        if plan.actions:
            screen.line()
        screen.line(f"{len(rows)} wait" if len(rows) > 1 else "1 waits", "head")
        screen.table(rows, indent=2)
    for problem in plan.problems:
        screen.cells(("fail", "problem  "), ("", plain(problem, 500)))
    look = f"next look {at.near(plan.next_look, now)}" if plan.next_look is not None else ""
    if not plan.actions:
        screen.line("; ".join(filter(None, ("Nothing to do", look))) + ".")
    elif look:
        screen.line(look[0].upper() + look[1:] + ".")


def _action(action: Action, line: str) -> Iterator[Cell]:
    slot = getattr(action, "slot", None)
    yield "head", action_name(action).replace("_", " ")
    yield "", action.app
    yield "", slot.environment if isinstance(slot, Slot) else ""
    yield "", plain(line, 300)


def _lines(action: Action) -> list[str]:
    return action.reason.splitlines() or [""]


def _row(view: View, at: Times) -> list[Cell]:
    release = view.plan.target or (view.place.stay.release if view.place.stay is not None else None)
    return [
        (view.plan.state.value, view.plan.state.value),
        ("", view.app),
        ("", view.environment),
        ("", plain(view.label(release), 40) if release is not None else "-"),
        ("", waits(view, at)),
        ("dim", plain(people(view))),
    ]


def event_cells(event: Event, text: str) -> Iterator[Cell]:
    """Give a line about something that a run did, or could not do."""
    style = _EVENTS.get(event.what, "ok")
    yield style, f"{event.what:<10}"
    yield "", plain(f"{event.app} {event.environment}", 200)
    yield "", f"  {plain(text, 500)}"


def attended_cells(one: Attended) -> Iterator[Cell]:
    """Give a line about a command in a comment."""
    yield ("ok" if one.answer.done else "fail"), f"{'heard' if one.answer.done else 'refused':<10}"
    yield "", plain(one.comment.user, 60)
    yield "", f"  {plain(one.line, 300)}{f': {plain(one.answer.trouble, 500)}' if one.answer.trouble else ''}"


def run_json(config: Config, outcome: Outcome, now: datetime) -> dict[str, object]:
    """Give `promoter.run/v1`: how things stand after a run, and what it did."""
    return {
        **plan_json(config, outcome.snapshot, outcome.plan, now),
        "schema": "promoter.run/v1",
        "done": [_event(event) for event in outcome.done],
        "refused": [_event(event) for event in outcome.refused],
        "lost": [_event(event) for event in outcome.lost],
    }


def _event(event: Event) -> dict[str, object]:
    return {"app": event.app, "environment": event.environment or None, "what": event.what, "text": event.text}
