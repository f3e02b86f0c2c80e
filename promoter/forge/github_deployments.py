"""Deployments: as controllers and jobs post them on GitHub, and our own.

Ours are marked by their task, `promoter`, which no deployment of others has: what we say is no evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from promoter.forge import github_queries as queries
from promoter.forge.github_connection import Connection, parse_time
from promoter.forge.github_nodes import login
from promoter.forge.retry import Unsure
from promoter.model.forge import Deployment
from promoter.model.names import Oid

TASK: Final = "promoter"
"""The task of our deployments."""
LONGEST: Final = 140
"""Characters in a deployment status' description; GitHub refuses more."""
_STATES: Final = {"SUCCESS": "success", "FAILURE": "failure", "ERROR": "failure", "INACTIVE": "inactive"}
_QUERY: Final = f"""
query($owner: String!, $name: String!, $environment: String!) {{
  repository(owner: $owner, name: $name) {{
    deployments(environments: [$environment], first: 100, orderBy: {{field: CREATED_AT, direction: DESC}}) {{
      nodes {{
        databaseId commitOid environment task createdAt creator {queries.ACTOR}
        latestStatus {{state createdAt environmentUrl logUrl creator {queries.ACTOR}}}
      }}
    }}
  }}
}}"""


class Deployments:
    """Reads deployments, and writes ours."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def to(self, environment: str) -> tuple[Deployment, ...]:
        """Give the newest hundred deployments to `environment`, the last one made first, without ours."""
        return tuple(_deployment(node) for node in self._nodes(environment) if node["task"] != TASK)

    def _nodes(self, environment: str) -> Sequence[Any]:
        place = self._connection.place
        doing = f"read the deployments to {environment}"
        answer = self._connection.query(_QUERY, doing, owner=place.owner, name=place.name, environment=environment)
        found: Sequence[Any] = answer["repository"]["deployments"]["nodes"]
        return found

    def _ours(self, environment: str) -> list[Any]:
        found = [node for node in self._nodes(environment) if node["task"] == TASK]
        return [node for node in found if login(node["creator"]) == self._connection.identity]

    def say(self, environment: str, commit: Oid, state: str, description: str, url: str) -> None:
        """Make our deployment of `commit`, or give it another state; what was there before is there no more."""
        ours = self._ours(environment)
        at = next((at for at, node in enumerate(ours) if node["commitOid"] == commit), None)
        if at is None:
            number = self._make(environment, commit, description)
            older = ours
        else:
            number, older = ours[at]["databaseId"], ours[at + 1 :]
        if at is None or _said(ours[at]) != state:
            self._state(environment, number, state, description, url)
        for node in older:
            if _said(node) in ("", "pending", "success"):
                self._state(environment, node["databaseId"], "inactive", "", "")

    def _make(self, environment: str, commit: Oid, description: str) -> int:
        """Make a deployment; what must have passed was judged before the merge, so nothing is asked for here."""
        body = {
            "ref": commit,
            "task": TASK,
            "auto_merge": False,
            "required_contexts": [],
            "environment": environment,
            "description": description[:LONGEST],
        }
        try:
            made = self._connection.write("POST", "/deployments", f"make a deployment to {environment}", body)
        except Unsure:
            made = next((one for one in self._ours(environment) if one["commitOid"] == commit), None)
            if made is None:
                raise
            return int(made["databaseId"])
        return int(made["id"])

    def _state(self, environment: str, number: int, state: str, description: str, url: str) -> None:
        """Say how a deployment goes. That of others stays as it is: `auto_inactive` would take evidence away."""
        body = {
            "state": "in_progress" if state == "pending" else state,
            "auto_inactive": False,
            **({"description": description[:LONGEST]} if description else {}),
            **({"log_url": url} if url else {}),
        }
        doing = f"say how the deployment to {environment} goes"
        try:
            self._connection.write("POST", f"/deployments/{number}/statuses", doing, body)
        except Unsure:
            said = {node["databaseId"]: _said(node) for node in self._ours(environment)}
            if said.get(number) != state:
                raise


def _said(node: Any) -> str:
    """Give the newest word on a deployment, whoever said it; empty when nobody has said anything."""
    status = node["latestStatus"]
    return _STATES.get(status["state"], "pending") if status else ""


def _deployment(node: Any) -> Deployment:
    """Read a deployment; what another than its creator says of it only ever ends it."""
    creator = login(node["creator"])
    status = node["latestStatus"] or {}
    counts = bool(status) and (login(status["creator"]) == creator or status["state"] == "INACTIVE")
    return Deployment(
        commit=Oid(node["commitOid"]),
        environment=node["environment"] or "",
        state=_STATES.get(status["state"], "pending") if counts else "pending",
        creator=creator,
        at=parse_time(status["createdAt"] if counts else node["createdAt"]),
        url=(status.get("environmentUrl") or status.get("logUrl") or "") if counts else "",
    )
