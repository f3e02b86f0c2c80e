"""Workflows of GitHub Actions that run promoter: what starts them, by whose token, and with which rights.

Only what stands in the files counts; one that is no workflow is none. Source: "Workflow syntax for GitHub Actions".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml

from promoter.git.store import Store
from promoter.layout.glob import matches
from promoter.model.names import Oid

FOLDER: Final = ".github/workflows"
_USES: Final = re.compile(r"(?:^|/)promoter(?:\.ya?ml)?(?:/[^@]*)?@")
_RUNS: Final = re.compile(r"(?:^|[\s;&|(/])promoter(?:[ \t][^\n;&|]*)?[ \t](?:run|action)\b", re.MULTILINE)
_TOKENS: Final = ("PROMOTER_TOKEN", "PROMOTER_GITHUB_APP_ID", "GH_TOKEN", "GITHUB_TOKEN")
_JOB_TOKEN: Final = re.compile(r"secrets\.GITHUB_TOKEN|github\.token", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Workflow:
    """A file that runs promoter."""

    path: str
    triggers: Mapping[str, Any]
    """Event -> what it is restricted to."""
    by_job_token: bool
    """Some job of it gives promoter no token but its own."""
    permissions: tuple[Mapping[str, str], ...]
    """What the tokens of those jobs may, as far as the file says so."""

    def hears_push(self, branch: str) -> bool:
        """Tell whether a push to `branch` starts it."""
        if "push" not in self.triggers:
            return False
        only = self.triggers["push"]
        if not isinstance(only, dict):
            return True
        if "branches" in only:
            return _selected(branch, _texts(only["branches"]))
        if "branches-ignore" in only:
            return not _selected(branch, _texts(only["branches-ignore"]))
        return not {"tags", "tags-ignore"} & only.keys()


def read_workflows(store: Store, tree: Oid) -> list[Workflow]:
    """Give the workflows in `tree` that run promoter, by path."""
    found = (
        _parse(f"{FOLDER}/{name}", store.blob(entry.id))
        for name, entry in sorted(store.children(tree, FOLDER))
        if name.endswith((".yaml", ".yml")) and not entry.is_tree
    )
    return [one for one in found if one is not None]


def _parse(path: str, data: bytes) -> Workflow | None:
    try:
        raw = yaml.load(data, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError):
        return None
    if not isinstance(raw, dict):
        return None
    jobs = [job for job in _mapping(raw.get("jobs")).values() if isinstance(job, dict)]
    running = [(job, step) for job in jobs for step in _running(job)]
    if not running:
        return None
    plain = [job for job, step in running if not _has_token(raw, job, step)]
    said = [job.get("permissions", raw.get("permissions")) for job in plain]
    # YAML 1.1 takes the key `on` for true
    return Workflow(path, _triggers(raw.get("on", raw.get(True))), bool(plain), tuple(_rights(said)))


def _running(job: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Give the steps that run promoter; of a job that is a workflow elsewhere, the job itself."""
    if _USES.search(str(job.get("uses", ""))):
        yield job
    steps = job.get("steps")
    for step in steps if isinstance(steps, list) else ():
        if isinstance(step, dict) and (
            _USES.search(str(step.get("uses", ""))) or _RUNS.search(str(step.get("run", "")))
        ):
            yield step


def _has_token(raw: Mapping[str, Any], job: Mapping[str, Any], step: Mapping[str, Any]) -> bool:
    if step is job:
        return True  # the other workflow's business
    given = [str(_mapping(step.get("with")).get("token") or "")]
    for place in (raw, job, step):
        env = _mapping(place.get("env"))
        given += [str(env.get(name) or "") for name in _TOKENS]
    return any(text and not _JOB_TOKEN.search(text) for text in given)


def _rights(said: list[Any]) -> Iterator[Mapping[str, str]]:
    for one in said:
        if isinstance(one, dict):
            yield {str(name): str(right) for name, right in one.items()}
        elif one == "read-all":
            yield dict.fromkeys(("contents", "pull-requests", "issues", "statuses", "checks", "deployments"), "read")


def _triggers(on: Any) -> Mapping[str, Any]:
    return on if isinstance(on, dict) else dict.fromkeys(_texts(on))


def _selected(branch: str, patterns: list[str]) -> bool:
    """Tell whether the last pattern that fits takes the branch in."""
    taken = False
    for pattern in patterns:
        if matches(pattern.removeprefix("!"), branch):
            taken = not pattern.startswith("!")
    return taken


def _texts(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
