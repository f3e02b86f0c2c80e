"""What the test server tells of rights: the repository, its rulesets' exceptions, and its workflows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from promoter.model.forge import Permission
from tests.forge.wire import Refused
from tests.github.hub import NAME, OWNER, Hub
from tests.github.rules import called

FIRST = 5
"""The id of the first ruleset; every entry of `Hub.rules` is one."""


def repository(hub: Hub, user: str) -> dict[str, Any]:
    """Give the repository, as `user` sees it."""
    may = {name: hub.people.may(user, Permission(right)) for name, right in _RIGHTS.items()}
    return {
        "name": NAME,
        "full_name": f"{OWNER}/{NAME}",
        "private": hub.private,
        "archived": hub.archived,
        "default_branch": "main",
        "permissions": may,
    }


_RIGHTS = {"admin": "admin", "maintain": "maintain", "push": "write", "triage": "triage", "pull": "read"}


def ruleset_id(hub: Hub, branch: str) -> int:
    """Give the id of a branch's ruleset; 0: it has none."""
    name = called(hub, branch)
    return 0 if name is None else FIRST + sorted(hub.rules).index(name)


def ruleset(hub: Hub, number: int) -> dict[str, Any]:
    """Give a ruleset. Raises Refused."""
    branches = sorted(hub.rules)
    if not 0 <= number - FIRST < len(branches):
        raise Refused(404, "Not Found")
    rules = hub.rules[branches[number - FIRST]]
    actors = [{"actor_type": kind, "actor_id": id_, "bypass_mode": mode} for kind, id_, mode in rules.actors]
    return {
        "id": number,
        "name": branches[number - FIRST],
        "source": f"{OWNER}/{NAME}",
        "enforcement": "active",
        "current_user_can_bypass": rules.bypass,
        "bypass_actors": actors,
    }


def workflows(hub: Hub, query: Mapping[str, str]) -> dict[str, Any]:
    """Give the workflows. Raises Refused."""
    if hub.people.hidden_workflows:
        raise Refused(403, "Resource not accessible by integration")
    found = [{"id": at, "path": one.path, "state": one.state} for at, one in enumerate(hub.workflows, 1)]
    size, page = int(query.get("per_page", 30)), int(query.get("page", 1))
    return {"total_count": len(found), "workflows": found[(page - 1) * size : page * size]}


def check_runs(hub: Hub) -> dict[str, Any]:
    """Give no check runs: only whether they may be read matters. Raises Refused."""
    if hub.people.hidden_checks:
        raise Refused(403, "Resource not accessible by integration")
    return {"total_count": 0, "check_runs": []}


def deployments(hub: Hub) -> list[Any]:
    """Give no deployments: only whether they may be read matters. Raises Refused."""
    if hub.people.hidden_deployments:
        raise Refused(403, "Resource not accessible by integration")
    return []
