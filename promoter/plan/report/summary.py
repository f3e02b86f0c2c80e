"""The fleet as Markdown: what a comment, a job summary or a dashboard shows. Absolute times only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from promoter.model.plan import Plan, State
from promoter.model.snapshot import Snapshot
from promoter.plan.report.fleet import cell, counts, waits
from promoter.plan.report.foreign import prose
from promoter.plan.report.moment import Times, times
from promoter.plan.report.view import URGENCY, View, views
from promoter.policy.rules import Config

MANY = 100
"""So many rows of a table; more are counted."""


def status_markdown(config: Config, seen: Snapshot, plan: Plan, now: datetime) -> str:
    """Give the table of apps and environments, and what waits for whom."""
    slots, at = list(views(config, seen, plan)), times(config.timezone, now)
    parts = [f"**{counts(slots) or 'All is as it should be'}**", "", *_matrix(config, slots, at, now)]
    waiting = waiting_markdown(config, seen, plan, now)
    if waiting:
        parts += ["", waiting]
    return "\n".join(parts) + "\n"


def waiting_markdown(config: Config, seen: Snapshot, plan: Plan, now: datetime) -> str:
    """Give the table of what waits, for what, since when; empty when nothing does."""
    at = times(config.timezone, now)
    found = [view for view in views(config, seen, plan) if view.plan.state is not State.CURRENT]
    found = [view for state in URGENCY for view in found if view.plan.state is state]
    if not found:
        return ""
    rows = [
        f"| {view.plan.state.value} | {prose(view.app)} | {prose(view.environment)} | {prose(_shown(view))} | "
        f"{prose(waits(view, at), 300)} | {at.moment(view.plan.since) if view.plan.since is not None else ''} | "
        f"{_link(view)} |"
        for view in found[:MANY]
    ]
    more = [f"\nand {len(found) - MANY} more"] if len(found) > MANY else []
    head = ["| | app | environment | release | waits for | since | |", "|---|---|---|---|---|---|---|"]
    return "\n".join([*head, *rows, *more])


def _matrix(config: Config, slots: list[View], at: Times, now: datetime) -> Iterator[str]:
    by_app: dict[str, dict[str, View]] = {}
    for view in slots:
        by_app.setdefault(view.app, {})[view.environment] = view
    used = {view.environment for view in slots}
    names = [name for name in config.environments if name in used]
    yield f"| app | {' | '.join(prose(name) for name in names)} |"
    yield "|---" * (len(names) + 1) + "|"
    for app, mine in list(by_app.items())[:MANY]:
        cells = (prose(cell(mine[name], mine, at, now).text) if name in mine else "" for name in names)
        yield f"| {prose(app)} | {' | '.join(cells)} |"
    if len(by_app) > MANY:
        yield f"\nand {len(by_app) - MANY} more"


def _shown(view: View) -> str:
    number = view.plan.target or (view.place.stay.release if view.place.stay is not None else None)
    return view.label(number) if number is not None else ""


def _link(view: View) -> str:
    """Give the pull request; its number in words where there is no address, as a bare one would link elsewhere."""
    pull = view.pull
    if pull is None:
        return ""
    return f"[pull request]({pull.url})" if pull.url else f"pull request {pull.number}"
