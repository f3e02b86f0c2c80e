"""The status of a fleet on a terminal: a table of apps and environments, or what needs somebody, if it is large."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from promoter.cli.screen import Cell, Screen
from promoter.model.plan import Plan, State
from promoter.model.snapshot import Snapshot
from promoter.plan.report.advice import people
from promoter.plan.report.fleet import cell, counts, short_repository, waits
from promoter.plan.report.foreign import plain
from promoter.plan.report.moment import Times, times
from promoter.plan.report.view import URGENCY, View, views
from promoter.policy.rules import Config

_MARGIN = 12
"""Lines that are kept for what stands around the table."""


@dataclass(frozen=True, slots=True)
class Overview:
    """What is shown."""

    config: Config
    snapshot: Snapshot
    plan: Plan
    now: datetime
    branch: str
    everything: bool = False


def show_overview(screen: Screen, given: Overview) -> None:
    """Print the status."""
    slots = list(views(given.config, given.snapshot, given.plan))
    at = times(given.config.timezone, given.now)
    _heading(screen, given, slots, at)
    by_app: dict[str, dict[str, View]] = {}
    for view in slots:
        by_app.setdefault(view.app, {})[view.environment] = view
    if given.everything or len(by_app) + _MARGIN <= screen.rows:
        _table(screen, given, by_app, at)
        _people(screen, [view for view in slots if people(view)], at)
    else:
        _urgent(screen, slots, at, screen.rows - _MARGIN)
    _foot(screen, given, slots, at)


def _heading(screen: Screen, given: Overview, slots: list[View], at: Times) -> None:
    where = plain(short_repository(given.snapshot.repository))
    when = f"{at.weekday(given.now)} {given.config.timezone}"
    calm = "" if given.plan.actions or given.plan.problems else "all is as it should be"
    said = (where, f"{given.branch} {given.snapshot.commit[:7]}", when, counts(slots) or calm)
    screen.line("  ".join(filter(None, said)), "head")
    screen.line()


def _table(screen: Screen, given: Overview, by_app: Mapping[str, Mapping[str, View]], at: Times) -> None:
    used = {environment for slots in by_app.values() for environment in slots}
    names = [name for name in given.config.environments if name in used]
    rows: list[list[Cell]] = []
    for app, slots in by_app.items():
        cells = {name: cell(slots[name], slots, at, given.now) for name in names if name in slots}
        rows.append([("", app), *((cells[n].state.value, cells[n].text) if n in cells else ("", "") for n in names)])
        if any(found.note for found in cells.values()):
            rows.append(
                [("", ""), *(("dim", f"  {cells[n].note}" if n in cells and cells[n].note else "") for n in names)]
            )
    if rows:
        screen.table(rows, ["APP", *names])


def _people(screen: Screen, slots: list[View], at: Times) -> None:
    if not slots:
        return
    screen.line()
    screen.line("waits for people", "head")
    screen.table(
        [
            [("", f"{view.app} {view.environment}"), ("", waits(view, at)), ("dim", view.pull.url if view.pull else "")]
            for view in slots
        ],
        indent=2,
    )


def _urgent(screen: Screen, slots: list[View], at: Times, room: int) -> None:
    calm = sum(view.plan.state is State.CURRENT for view in slots)
    screen.line(f"{calm} of {len(slots)} slots are current")
    screen.line()
    ordered = [view for state in URGENCY[:-1] for view in slots if view.plan.state is state]
    rows: list[list[Cell]] = []
    for view in ordered[: max(room, 10)]:
        shown = view.plan.target or (view.place.stay.release if view.place.stay is not None else None)
        rows.append([
            (view.plan.state.value, view.plan.state.value), ("", view.app), ("", view.environment),
            ("", plain(view.label(shown), 40) if shown is not None else "-"), ("", waits(view, at)),
            ("dim", f"r{shown}" if shown is not None else ""), ("dim", view.pull.url if view.pull is not None else ""),
        ])  # fmt: skip
    screen.table(rows)
    if len(ordered) > len(rows):
        screen.line(f"and {len(ordered) - len(rows)} more: promoter status --all")


def _foot(screen: Screen, given: Overview, slots: list[View], at: Times) -> None:
    if given.plan.problems:
        screen.line()
        screen.line("problems", "head")
        for problem in given.plan.problems:
            screen.line(f"  {plain(problem, 500)}")
    worst = next((view for state in URGENCY[:-1] for view in slots if view.plan.state is state), None)
    look = given.plan.next_look
    said = [f"{len(given.plan.actions)} to do: promoter run"] if given.plan.actions else []
    if look is not None:
        said.append(f"next look {at.near(look, given.now)}")
    if worst is not None:
        said.append(f"promoter explain {worst.app} {worst.environment}")
    if said:
        screen.line()
        screen.line(" · ".join(said), "dim")
