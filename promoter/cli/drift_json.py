"""`promoter.drift/v1`: what drifted, as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from promoter.cli.drift_report import Drifted
from promoter.model.ledger import Ledger
from promoter.model.names import release_name
from promoter.model.plan import Plan
from promoter.model.snapshot import Snapshot
from promoter.model.state import stamp
from promoter.plan.report.record import image_json, named_json
from promoter.plan.report.view import View
from promoter.run.drift.between import Pair
from promoter.run.drift.edits import Edit
from promoter.run.drift.live import Compared
from promoter.run.drift.rendered import Again

Entry = dict[str, object]


def drift_json(found: Drifted, seen: Snapshot) -> Entry:
    """Give the report of one place after the other: edits, and what else was asked for."""
    ledgers = found.ledgers
    again, live = found.rendered, found.live
    return {
        **_opening(found.plan, seen, found.now),
        "edits": [_edit(ledgers, one) for one in found.edits],
        "rendered": None if again is None else [_again(ledgers, one) for one in again],
        "live": None if live is None else [_compared(ledgers, one) for one in live],
        "unclaimed": [{"branch": one.branch, "path": one.path, "commit": one.tip} for one in found.unclaimed],
        "between": None,
        "problems": list(found.plan.problems),
    }


def between_json(plan: Plan, seen: Snapshot, names: tuple[str, str], found: Sequence[Pair], now: datetime) -> Entry:
    """Give the report of two environments side by side."""
    return {
        **_opening(plan, seen, now),
        "edits": None,
        "rendered": None,
        "live": None,
        "unclaimed": [],
        "between": {"from": names[0], "to": names[1], "apps": [_pair(pair) for pair in found]},
        "problems": list(plan.problems),
    }


def _opening(plan: Plan, seen: Snapshot, now: datetime) -> Entry:
    return {
        "schema": "promoter.drift/v1",
        "repository": seen.repository,
        "commit": seen.commit,
        "now": stamp(now),
        "slots": len(plan.slots),
    }


def _named(ledgers: Mapping[str, Ledger], app: str, release: int | None) -> Entry:
    if release is None:
        return {"release": None, "version": None}
    return named_json(ledgers[app], release) if app in ledgers else {"release": release_name(release), "version": None}


def _edit(ledgers: Mapping[str, Ledger], edit: Edit) -> Entry:
    return {
        "app": edit.app,
        "environment": edit.environment,
        "kind": edit.kind.value,
        **_named(ledgers, edit.app, edit.release),
        "since": stamp(edit.since),
        "changes": [
            {"commit": one.commit, "author": one.author, "at": stamp(one.at), "subject": one.subject}
            for one in edit.changes
        ],
        "difference": edit.difference,
        "trouble": edit.trouble or None,
    }


def _again(ledgers: Mapping[str, Ledger], again: Again) -> Entry:
    return {
        "app": again.app,
        "environment": again.environment,
        **_named(ledgers, again.app, again.release),
        "commit": again.commit,
        "verdict": again.verdict.value,
        "reason": again.reason,
        "difference": again.difference,
    }


def _compared(ledgers: Mapping[str, Ledger], one: Compared) -> Entry:
    return {
        "app": one.app,
        "environment": one.environment,
        "cluster": one.cluster,
        "state": one.state.value,
        "verdict": one.verdict.value,
        "reason": one.reason,
        **_named(ledgers, one.app, one.release),
        "revision": one.revision or None,
        "reported": None if one.reported is None else _named(ledgers, one.app, one.reported),
        "image": None if one.image is None else {"wanted": one.image[0], "running": one.image[1]},
        "object": one.object or None,
    }


def _pair(pair: Pair) -> Entry:
    return {
        "app": pair.app,
        "from": _side(pair.one),
        "to": _side(pair.other),
        "same": pair.same,
        "images": [image_json(change) for change in pair.images],
        "files": pair.files,
        "added": pair.added,
        "removed": pair.removed,
        "difference": pair.difference,
    }


def _side(view: View) -> Entry:
    stay = view.place.stay
    number = stay.release if stay is not None else None
    edited = view.place.drift is not None
    return {**_named({view.app: view.ledger}, view.app, number), "edited": edited}
