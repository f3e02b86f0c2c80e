"""GitHub Actions at the test server: workflows that are dispatched, and their runs. Nothing runs: a test ends it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import yaml

from promoter.model.forge import Permission
from tests.forge.wire import Refused
from tests.github.hub import NAME, OWNER, Hub
from tests.github.runs import FOLDER, Run


def dispatch(hub: Hub, user: str, file: str, body: Mapping[str, Any], home: str) -> tuple[int, Any]:
    """Start a workflow. Raises Refused."""
    if hub.actions.hidden or not hub.people.may(user, Permission.WRITE):
        raise Refused(403, "Resource not accessible by integration")
    if hub.actions.old and "return_run_details" in body:
        raise Refused(422, 'Invalid request.\n\n"return_run_details" is not a permitted key.')
    _workflow(hub, "main", file)
    found = _workflow(hub, body["ref"], file)
    taken = (found["on"].get("workflow_dispatch") or {}).get("inputs") or {}
    unknown = sorted(set(body.get("inputs", {})) - set(taken))
    if unknown:
        raise Refused(422, f"Unexpected inputs provided: {unknown}")
    title = re.sub(
        r"\$\{\{\s*inputs\.(\w+)\s*\}\}", lambda at: body["inputs"].get(at[1], ""), found.get("run-name", "")
    )
    at = hub.tick()
    made = Run(hub.id(), file, body["ref"], title or found["name"], user, dict(body.get("inputs", {})), at, at, at)
    hub.actions.runs.append(made)
    if not body.get("return_run_details"):
        return 204, None
    return 200, {"workflow_run_id": made.id, "run_url": f"{home}/api/v3/x/{made.id}", "html_url": _address(home, made)}


def _workflow(hub: Hub, branch: str, file: str) -> Any:
    data = hub.content.file(branch, f"{FOLDER}/{file}")
    raw = yaml.load(data, Loader=yaml.BaseLoader) if data is not None else None
    if raw is None:
        raise Refused(404, "Not Found")
    if not isinstance(raw["on"], dict) or "workflow_dispatch" not in raw["on"]:
        raise Refused(422, "Workflow does not have 'workflow_dispatch' trigger")
    return raw


def run(hub: Hub, number: int, home: str) -> dict[str, Any]:
    """Give a run. Raises Refused."""
    found = next((one for one in hub.actions.runs if one.id == number), None)
    if found is None:
        raise Refused(404, "Not Found")
    return _shown(found, home)


def runs(hub: Hub, file: str, query: Mapping[str, str], home: str) -> dict[str, Any]:
    """Give the runs of a workflow, newest first. Raises Refused."""
    if hub.content.file("main", f"{FOLDER}/{file}") is None:
        raise Refused(404, "Not Found")
    after = datetime.fromisoformat(query["created"].removeprefix(">=")) if "created" in query else None
    found = [
        one
        for one in reversed(hub.actions.runs)
        if one.file == file
        and query.get("event", one.event) == one.event
        and query.get("branch", one.branch) == one.branch
        and (after is None or one.created >= after)
    ]
    size, page = int(query.get("per_page", 30)), int(query.get("page", 1))
    shown = [_shown(one, home) for one in found[(page - 1) * size : page * size]]
    return {"total_count": len(found), "workflow_runs": shown}


def _address(home: str, made: Run) -> str:
    return f"{home}/{OWNER}/{NAME}/actions/runs/{made.id}"


def _shown(made: Run, home: str) -> dict[str, Any]:
    def iso(at: datetime) -> str:
        return at.strftime("%Y-%m-%dT%H:%M:%SZ")

    return {
        "id": made.id,
        "path": made.path,
        "display_title": made.title,
        "event": made.event,
        "status": made.status,
        "conclusion": made.conclusion,
        "head_branch": made.branch,
        "html_url": _address(home, made),
        "run_attempt": made.attempts,
        "created_at": iso(made.created),
        "run_started_at": iso(made.started),
        "updated_at": iso(made.updated),
        "actor": {"login": made.actor, "type": "User"},
    }
