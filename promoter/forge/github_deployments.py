"""Deployments, as controllers and jobs post them on GitHub."""

from __future__ import annotations

from typing import Any, Final

from promoter.forge import github_queries as queries
from promoter.forge.github_connection import Connection, parse_time
from promoter.forge.github_nodes import login
from promoter.model.forge import Deployment
from promoter.model.names import Oid

_STATES: Final = {"SUCCESS": "success", "FAILURE": "failure", "ERROR": "failure", "INACTIVE": "inactive"}
_QUERY: Final = f"""
query($owner: String!, $name: String!, $environment: String!) {{
  repository(owner: $owner, name: $name) {{
    deployments(environments: [$environment], first: 100, orderBy: {{field: CREATED_AT, direction: DESC}}) {{
      nodes {{
        commitOid environment createdAt creator {queries.ACTOR}
        latestStatus {{state createdAt environmentUrl logUrl creator {queries.ACTOR}}}
      }}
    }}
  }}
}}"""


class Deployments:
    """Reads deployments."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def to(self, environment: str) -> tuple[Deployment, ...]:
        """Give the newest hundred deployments to `environment`, the last one made first."""
        place = self._connection.place
        doing = f"read the deployments to {environment}"
        answer = self._connection.query(_QUERY, doing, owner=place.owner, name=place.name, environment=environment)
        return tuple(map(_deployment, answer["repository"]["deployments"]["nodes"]))


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
