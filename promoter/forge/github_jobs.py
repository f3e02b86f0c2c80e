"""Jobs on GitHub: workflows with `workflow_dispatch`, started on the branch that people edit.

What GITHUB_TOKEN dispatches does run ("Triggering a workflow from a workflow": workflow_dispatch is an exception). The
answer names the run since February 2026 (`return_run_details`); where a server does not know that, and where the answer
was lost, the run is found by its name, in which the key must show. Only runs by us count: `actor` is who made a run,
whoever ran it again (`triggering_actor`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import yaml

from promoter.errors import EdgeFailed, Rejected
from promoter.forge.github_connection import Connection, parse_time
from promoter.forge.retry import NotThere, plain
from promoter.model.job import Job, JobRun

FOLDER: Final = ".github/workflows"
_RIGHTS: Final = "It takes `actions: write`: permissions of the job that runs promoter, or of the App."
_KEY: Final = re.compile(r"\$\{\{[^}]*\binputs\.key\b[^}]*\}\}")
_PAGES: Final = 10
"""GitHub gives no more than a thousand runs of one question."""
_PAGE: Final = 100


class Jobs:
    """Starts workflows, and reads their runs."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def inputs(self, workflow: str, read: Callable[[str], bytes | None]) -> frozenset[str]:
        """Give which inputs the workflow declares. Raises Rejected when it cannot be started, or found again."""
        path = f"{FOLDER}/{_file(workflow)}"
        data = read(path)
        if data is None:
            raise Rejected(
                f"there is no {path} on the branch that people edit", "Commit it, on the default branch too."
            )
        try:
            raw = yaml.load(data, Loader=yaml.CBaseLoader)  # noqa: S506 (it makes nothing but text)
        except (yaml.YAMLError, ValueError):
            raise Rejected(f"{path} is not YAML") from None
        on = raw.get("on") if isinstance(raw, dict) else None
        if "workflow_dispatch" not in (on if isinstance(on, dict | list) else [on]):
            raise Rejected(f"{path} cannot be started", "Write on: {workflow_dispatch: {inputs: {...}}}.")
        dispatch = on["workflow_dispatch"] if isinstance(on, dict) else None
        declared = dispatch.get("inputs") if isinstance(dispatch, dict) else None
        inputs = frozenset(map(str, declared)) if isinstance(declared, dict) else frozenset()
        if "key" not in inputs or not _KEY.search(str(raw.get("run-name", ""))):
            raise Rejected(
                f"{path} does not show the key in the names of its runs",
                "Declare the input key, and write run-name: smoke ${{ inputs.key }}.",
            )
        return inputs

    def start(self, job: Job, now: datetime) -> JobRun | None:
        """Start a workflow; None when GitHub does not say which run that is. Raises Rejected, Unsure, EdgeFailed."""
        body = {"ref": str(job.branch), "inputs": dict(job.inputs), "return_run_details": True}
        try:
            answer = self._dispatch(job, body)
        except Rejected as error:
            if "return_run_details" not in error.message:
                raise
            answer = self._dispatch(job, {name: body[name] for name in ("ref", "inputs")})
        if not isinstance(answer, dict) or "html_url" not in answer:
            return None
        return JobRun("pending", now, str(answer["html_url"]))

    def _dispatch(self, job: Job, body: dict[str, Any]) -> Any:
        path = f"/actions/workflows/{_file(job.workflow)}/dispatches"
        try:
            return self._connection.write("POST", path, f"start {job.workflow}", body)
        except NotThere as error:
            raise Rejected(error.message, f"Is it on the default branch too? {_RIGHTS}") from None
        except Rejected as error:
            raise Rejected(error.message, _RIGHTS if "403" in error.message else error.hint) from None

    def run(self, job: Job, since: datetime, url: str) -> JobRun | None:
        """Give the newest attempt of our newest run with the job's key. Raises EdgeFailed, Rejected."""
        if url:
            number = re.search(r"/actions/runs/(\d+)$", url)
            if number is None:
                raise EdgeFailed(f"{url} is no run of a workflow")
            found = [self._connection.get(f"/actions/runs/{number[1]}", f"read a run of {job.workflow}")]
        else:
            found = list(self._runs(job, since))
        ours = [raw for raw in found if self._is(job, raw)]
        return max(map(_run, ours), key=lambda run: run.at, default=None)

    def _runs(self, job: Job, since: datetime) -> Iterator[Any]:
        path, doing = f"/actions/workflows/{_file(job.workflow)}/runs", f"list the runs of {job.workflow}"
        asked: dict[str, str | int] = {"event": "workflow_dispatch", "branch": str(job.branch), "per_page": _PAGE}
        asked["created"] = f">={(since - timedelta(seconds=1)).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        for page in range(1, _PAGES + 1):
            try:
                answer = self._connection.get(path, doing, **asked, page=page)
            except NotThere as error:
                raise Rejected(error.message, f"Is {job.workflow} on the default branch too?") from None
            yield from answer["workflow_runs"]
            if page * _PAGE >= answer["total_count"]:
                return

    def _is(self, job: Job, raw: Any) -> bool:
        path = f"/{str(raw['path']).partition('@')[0]}"  # OWNER/NAME may stand before it
        return (
            raw["event"] == "workflow_dispatch"
            and raw["head_branch"] == job.branch
            and path.endswith(f"/{FOLDER}/{_file(job.workflow)}")
            and job.key in str(raw["display_title"]).split()
            and (raw.get("actor") or {}).get("login") == self._connection.identity
        )


def _file(workflow: str) -> str:
    return workflow.rpartition("/")[2]


def _run(raw: Any) -> JobRun:
    at = parse_time(raw.get("run_started_at") or raw["created_at"])
    if raw["status"] != "completed":
        return JobRun("pending", at, raw["html_url"])
    conclusion = str(raw["conclusion"])
    ended = parse_time(raw["updated_at"])
    if conclusion == "success":
        return JobRun("success", at, raw["html_url"], ended)
    said = "" if conclusion == "failure" else plain(conclusion.replace("_", " "))
    return JobRun("failure", at, raw["html_url"], ended, said)
