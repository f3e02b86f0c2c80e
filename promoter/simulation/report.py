"""`promoter.simulate/v1`: what happened when a script was played, and what came of it."""

from __future__ import annotations

from promoter.model.names import release_name
from promoter.model.state import stamp
from promoter.plan.report.view import View
from promoter.simulation.expect import Expectation
from promoter.simulation.play import Played
from promoter.simulation.stage import Happening


def simulation_json(script: str, played: Played) -> dict[str, object]:
    """Give `promoter.simulate/v1` of the script that was read from the file `script`."""
    return {
        "schema": "promoter.simulate/v1",
        "script": script,
        "met": played.met,
        "from": stamp(played.began),
        "until": stamp(played.ended),
        "timezone": played.timezone,
        "runs": played.runs,
        "events": [_happening(one) for one in played.happenings],
        "expectations": [_expectation(one) for one in played.expectations],
        "slots": [_slot(view) for view in played.views],
    }


def _happening(one: Happening) -> dict[str, object]:
    return {
        "at": stamp(one.at),
        "app": one.app or None,
        "environment": one.environment or None,
        "what": one.what,
        "by": one.by or None,
        "text": one.text,
    }


def _expectation(one: Expectation) -> dict[str, object]:
    return {"line": one.line, "expected": one.text, "met": one.met, "at": stamp(one.at), "found": one.found}


def _slot(view: View) -> dict[str, object]:
    stay = view.place.stay
    release = view.ledger.releases.get(stay.release) if stay is not None else None
    return {
        "app": view.app,
        "environment": view.environment,
        "state": view.plan.state.value,
        "release": release_name(stay.release) if stay is not None else None,
        "version": release.version or None if release is not None else None,
        "since": stamp(stay.since) if stay is not None else None,
    }
