"""Jobs on GitLab: a pipeline of the branch that people edit, started with inputs that name the job and carry the key.

The inputs `job` and `key` must be declared in `.gitlab-ci.yml`, and the pipeline's name must show the key, so that a
run can be found again. Variables are not used: many projects let nobody give them. Only pipelines by us count.
Sources: "CI/CD inputs", "`workflow:name`"; "Pipelines API", "Create a new pipeline" and "List project pipelines".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import yaml

from promoter.errors import EdgeFailed, Rejected
from promoter.forge.gitlab_connection import Connection, parse_time
from promoter.forge.gitlab_nodes import username
from promoter.model.job import Job, JobRun

FILE: Final = ".gitlab-ci.yml"
NAME: Final = "job"
"""The input that says which job is meant."""
_KEY: Final = re.compile(r"\$\[\[\s*inputs\.key\b[^\]]*\]\]")
_STARTING: Final = frozenset({"created", "waiting_for_resource", "waiting_for_callback", "preparing", "scheduled"})
_GOING_ON: Final = _STARTING | {"pending", "running", "canceling"}
"""What waits for a person (`manual`) has not passed, and goes on only when somebody says so."""


class Jobs:
    """Starts pipelines, and reads them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def inputs(self, workflow: str, read: Callable[[str], bytes | None]) -> frozenset[str]:
        """Give which inputs are declared. Raises Rejected when the job cannot be started, or found again."""
        data = read(FILE)
        if data is None:
            raise Rejected(f"there is no {FILE} with {workflow} on the branch that people edit", "Commit it.")
        spec, rest = _parts(data)
        declared = (spec.get("spec") or {}).get("inputs") if isinstance(spec.get("spec"), dict) else None
        inputs = frozenset(map(str, declared)) if isinstance(declared, dict) else frozenset()
        if workflow not in rest and "include" not in rest:
            raise Rejected(
                f"there is no job {workflow} on the branch that people edit", f"Write it in {FILE}, or include it."
            )
        flow = rest.get("workflow")
        name = flow.get("name", "") if isinstance(flow, dict) else ""
        if not {NAME, "key"} <= inputs or not _KEY.search(str(name)):
            raise Rejected(
                f"{FILE} does not show the key in the names of its pipelines",
                f'Declare the inputs {NAME} and key, and write workflow: {{name: "smoke $[[ inputs.key ]]"}}.',
            )
        return inputs - {NAME}

    def start(self, job: Job, now: datetime) -> JobRun | None:
        """Start the pipeline. Raises Rejected, Unsure, EdgeFailed."""
        body = {"ref": str(job.branch), "inputs": {**job.inputs, NAME: job.workflow}}
        answer = self._connection.write("POST", "/pipeline", f"start {job.workflow}", body)
        return JobRun("pending", now, str(answer["web_url"]))

    def run(self, job: Job, since: datetime, url: str) -> JobRun | None:
        """Give our newest pipeline with the job's key. Raises EdgeFailed, Rejected."""
        doing = f"read a pipeline of {job.workflow}"
        if url:
            number = re.search(r"/-/pipelines/(\d+)$", url)
            if number is None:
                raise EdgeFailed(f"{url} is no pipeline")
            numbers = [int(number[1])]
        else:
            numbers = [one["id"] for one in self._listed(job, since, doing)][:1]
        for one in numbers:
            raw = self._connection.get(f"/pipelines/{one}", doing)
            if _is(job, raw) and username(raw.get("user")) == self._connection.identity:
                return _run(raw)
        return None

    def _listed(self, job: Job, since: datetime, doing: str) -> Iterator[Any]:
        """Give our pipelines with the key, the newest first."""
        asked = {
            "ref": str(job.branch),
            "source": "api",
            "username": self._connection.identity,
            "updated_after": (since - timedelta(seconds=1)).astimezone(UTC).isoformat(),
        }
        for one in self._connection.every("/pipelines", doing, asked):
            if _is(job, one):
                yield one


def _parts(data: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the header and the rest of a file, which may have one document or two."""
    try:
        documents = list(yaml.load_all(data, Loader=_Loader))
    except (yaml.YAMLError, ValueError):
        raise Rejected(f"{FILE} is not YAML") from None
    found = [one if isinstance(one, dict) else {} for one in documents]
    return (found[0], found[1]) if len(found) > 1 else ({}, found[0] if found else {})


class _Loader(yaml.CBaseLoader):
    """Reads GitLab's own tags (`!reference`) as what stands behind them."""


def _plain(loader: _Loader, suffix: str, node: yaml.Node) -> object:
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_mapping(node, deep=True) if isinstance(node, yaml.MappingNode) else str(node.value)


_Loader.add_multi_constructor("!", _plain)


def _is(job: Job, raw: Any) -> bool:
    return bool(raw["ref"] == job.branch) and raw["source"] == "api" and job.key in str(raw.get("name") or "").split()


def _run(raw: Any) -> JobRun:
    status = raw["status"]
    state = "pending" if status in _GOING_ON else "success" if status == "success" else "failure"
    ended = raw.get("finished_at") or raw["updated_at"]
    return JobRun(
        state,
        parse_time(raw.get("started_at") or raw["created_at"]),
        str(raw["web_url"]),
        parse_time(ended) if state != "pending" else None,
        "" if status in ("success", "failed") or state == "pending" else status,
    )
