"""`promoter.status/v1` and `promoter.plan/v1`: one flat list of slots, and what a run would do.

Invariants: the same config, snapshot, plan and time give the same object in the same order; keys are only ever added
within `v1`; times are UTC, commit ids are whole.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime

from promoter.model.ask import Ask
from promoter.model.job import JobNote
from promoter.model.ledger import Kind, Ledger
from promoter.model.names import release_name
from promoter.model.plan import Action, Plan, State
from promoter.model.snapshot import ClusterLive, Slot, Snapshot
from promoter.model.state import stamp
from promoter.model.verdict import Answer, Verdict
from promoter.plan.report.brings import brings
from promoter.plan.report.moment import stamp_or_none
from promoter.plan.report.record import (
    drift_json,
    hold_json,
    hotfix_json,
    image_json,
    named_json,
    outcome_json,
    override_json,
)
from promoter.plan.report.view import View, views
from promoter.policy.rules import Config

_COUNTED = (
    State.CURRENT,
    State.WAITING,
    State.SOAKING,
    State.DEPLOYING,
    State.BLOCKED,
    State.FAILED,
    State.HELD,
    State.UNKNOWN,
)


def status_json(config: Config, snapshot: Snapshot, plan: Plan, now: datetime) -> dict[str, object]:
    """Give `promoter.status/v1` for what was seen at `now`."""
    slots = list(views(config, snapshot, plan))
    return {
        "schema": "promoter.status/v1",
        "repository": snapshot.repository,
        "commit": snapshot.commit,
        "now": stamp(now),
        "next_look": stamp_or_none(plan.next_look),
        "counts": {state.value: sum(view.plan.state is state for view in slots) for state in _COUNTED},
        "slots": [_slot(view) for view in slots],
        "problems": list(plan.problems),
    }


def plan_json(config: Config, snapshot: Snapshot, plan: Plan, now: datetime) -> dict[str, object]:
    """Give `promoter.plan/v1`: the status, and `actions` in the order in which a run takes them."""
    status = status_json(config, snapshot, plan, now)
    return {**status, "schema": "promoter.plan/v1", "actions": [action_json(action) for action in plan.actions]}


def verdict_json(verdict: Verdict) -> dict[str, object]:
    """Give one verdict."""
    return {
        "gate": verdict.gate,
        "verdict": verdict.answer.value,
        "reason": verdict.reason,
        "since": stamp_or_none(verdict.since),
        "until": stamp_or_none(verdict.until),
        "who": list(verdict.who),
        **({"url": verdict.url} if verdict.url else {}),
    }


def action_json(action: Action) -> dict[str, object]:
    """Give one action: what it does, why, and what it expects to find (nothing else is written over)."""
    given: dict[str, object] = {"do": action_name(action), "app": action.app}
    for field in fields(action):
        value = getattr(action, field.name)
        if isinstance(value, Slot):
            given |= _where(value)
        elif field.name == "moves":
            given["moves"] = [
                {**_where(move.slot), "release": release_name(move.release), "base": move.base} for move in value
            ]
        elif field.name == "others":
            if value:  # of a group
                given["others"] = [
                    {"app": other.slot.app, **_where(other.slot), "release": release_name(other.release)}
                    for other in value
                ]
        elif field.name == "left":
            given |= {"left": list(value)} if value else {}
        elif isinstance(value, Ask):
            given |= {"job": value.gate, "head": value.head, "release": release_name(value.release)}
        elif field.name in ("name", "url"):
            given |= {field.name: value} if value else {}
        elif field.name == "release":
            given["release"] = release_name(value)
        elif isinstance(value, Kind):
            given["kind"] = value.value
        elif field.name == "text":
            given["title"] = value.title
        elif not isinstance(value, Ledger | JobNote) and field.name not in {"app", "reason"}:
            given[field.name] = value
    return {**given, "reason": action.reason}


def _where(slot: Slot) -> dict[str, object]:
    return {"environment": slot.environment, "branch": slot.branch, "path": slot.path}


def action_name(action: Action) -> str:
    """Give an action's name in JSON and on the terminal: `merge_pull_request`."""
    name = type(action).__name__
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name).lstrip("_")


def _slot(view: View) -> dict[str, object]:
    return {
        "app": view.app,
        "environment": view.environment,
        "state": view.plan.state.value,
        "state_since": stamp_or_none(view.plan.since),
        "active": _active(view),
        "live": _live(view),
        "proposed": _proposed(view),
        "target": _target(view),
        "waiting_for": [verdict_json(verdict) for verdict in view.open_verdicts],
        "passed_over": [
            {**named_json(view.ledger, number), "reason": reason} for number, reason in view.plan.passed_over
        ],
        "overrides": [override_json(word) for word in view.overrides],
        "hold": hold_json(view.place.hold),
        "drift": drift_json(view.place.drift),
        "behind": view.plan.behind,
        "next_look": stamp_or_none(view.plan.next_look),
    }


def _active(view: View) -> dict[str, object] | None:
    stay = view.place.stay
    if stay is None:
        return None
    return {
        **named_json(view.ledger, stay.release),
        "since": stamp(stay.since),
        "commit": stay.commit,
        "how": stay.how.value,
        "by": stay.by or None,
        "hotfix": hotfix_json(view.ledger.releases.get(stay.release)),
        "healthy_since": stamp_or_none(stay.healthy_since),
        "outcome": outcome_json(view.place.outcomes.get(stay.release)),
    }


def _live(view: View) -> dict[str, object]:
    stay, verdict = view.place.stay, view.plan.live
    runs = release_name(stay.release) if stay is not None and verdict is Answer.SUCCESS else None
    clusters = view.seen.live if view.seen is not None else ()
    return {"verdict": verdict.value, "release": runs, "clusters": [_cluster(cluster) for cluster in clusters]}


def _cluster(live: ClusterLive) -> dict[str, object]:
    return {
        "cluster": live.cluster,
        "verdict": live.answer.value,
        "revision": live.revision,
        "object": live.object,
        "reason": live.reason,
        "seen": stamp_or_none(live.seen),
    }


def _proposed(view: View) -> dict[str, object] | None:
    proposal, pull = view.place.proposal, view.pull
    if proposal is None:
        return None
    stay = view.place.stay
    changes = brings(view.ledger, stay.release if stay is not None else None, proposal.release).images
    return {
        **named_json(view.ledger, proposal.release),
        "kind": proposal.kind.value,
        "hotfix": hotfix_json(view.ledger.releases.get(proposal.release)),
        "since": stamp(proposal.since),
        "head": view.head,
        "images": [image_json(change) for change in changes],
        "pull_request": {"number": pull.number, "url": pull.url} if pull is not None else None,
        "group": group_json(view),
    }


def group_json(view: View) -> dict[str, object] | None:
    """Give the group that the slot's release is proposed with, and the apps in its pull request; None: alone."""
    proposal = view.place.proposal
    if proposal is None or not proposal.group:
        return None
    seen = view.seen.proposal if view.seen is not None else None
    return {"name": proposal.group, "apps": sorted(seen.members) if seen is not None and not seen.merged else []}


def _target(view: View) -> dict[str, object] | None:
    if view.plan.target is None:
        return None
    return {**named_json(view.ledger, view.plan.target), "kind": view.plan.kind.value}
