"""Deployments, as controllers and jobs post them on GitLab."""

from __future__ import annotations

from typing import Any, Final

from promoter.forge.gitlab_connection import Connection, parse_time
from promoter.forge.gitlab_nodes import username
from promoter.model.forge import Deployment
from promoter.model.names import Oid

_STATES: Final = {"success": "success", "failed": "failure", "canceled": "failure", "skipped": "inactive"}
"""All others are pending: created, running, blocked by an approval."""


class Deployments:
    """Reads deployments."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def to(self, environment: str) -> tuple[Deployment, ...]:
        """Give the newest hundred deployments to `environment`, the last one made first.

        Of two that succeeded GitLab shows the newer as what is there.
        """
        path = f"{self._connection.place.api}/deployments"
        asked: dict[str, str | int] = {"environment": environment, "order_by": "id", "sort": "desc", "per_page": 100}
        found = self._connection.ask("GET", path, f"read the deployments to {environment}", asked).body
        return tuple(_deployment(one) for one in found if one["environment"]["name"] == environment)


def _deployment(raw: Any) -> Deployment:
    return Deployment(
        commit=Oid(raw["sha"]),
        environment=raw["environment"]["name"],
        state=_STATES.get(raw["status"], "pending"),
        creator=username(raw.get("user")),
        at=parse_time(raw["updated_at"]),
        url=raw["environment"].get("external_url") or "",
    )
