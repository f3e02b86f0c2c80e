"""Deployments on GitLab, as controllers and jobs post them, and those that we make for people to see.

Ours are those that we posted by API; what a job deploys has the job with it, also when we started its pipeline. GitLab
keeps no description with a deployment, and of those that succeeded takes the newest for what is there: an older one
needs no other word. Sources: "Deployments API", "Create a deployment" and "Update a deployment".
"""

from __future__ import annotations

from typing import Any, Final

from promoter.forge.gitlab_connection import Connection, parse_time
from promoter.forge.gitlab_nodes import username
from promoter.forge.retry import Unsure
from promoter.model.forge import Deployment
from promoter.model.names import Oid

_STATES: Final = {"success": "success", "failed": "failure", "canceled": "failure", "skipped": "inactive"}
"""All others are pending: created, running, blocked by an approval."""
_WORDS: Final = {"pending": "running", "success": "success", "failure": "failed", "inactive": "canceled"}
_GOING_ON: Final = frozenset({"created", "running", "blocked"})


class Deployments:
    """Reads and writes deployments."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def to(self, environment: str) -> tuple[Deployment, ...]:
        """Give the newest hundred deployments to `environment`, without ours, the last one made first."""
        return tuple(_deployment(one) for one in self._listed(environment) if not self._is_ours(one))

    def _listed(self, environment: str) -> list[Any]:
        path = f"{self._connection.place.api}/deployments"
        asked: dict[str, str | int] = {"environment": environment, "order_by": "id", "sort": "desc", "per_page": 100}
        found = self._connection.ask("GET", path, f"read the deployments to {environment}", asked).body
        return [one for one in found if one["environment"]["name"] == environment]

    def _is_ours(self, raw: Any) -> bool:
        return raw.get("deployable") is None and username(raw.get("user")) == self._connection.identity

    def _ours(self, environment: str) -> list[Any]:
        return [one for one in self._listed(environment) if self._is_ours(one)]

    def deploy(self, environment: str, commit: Oid, state: str) -> None:
        """Say that our deployment of `commit` is in `state`; make it when there is none."""
        ours, wanted = self._ours(environment), _WORDS[state]
        at = next((at for at, one in enumerate(ours) if one["sha"] == commit), None)
        if at is None:
            self._make(environment, commit, wanted)
        elif ours[at]["status"] != wanted:
            self._state(environment, ours[at]["id"], wanted)
        for one in ours if at is None else ours[at + 1 :]:
            if one["status"] in _GOING_ON:
                self._state(environment, one["id"], "canceled")

    def _make(self, environment: str, commit: Oid, word: str) -> None:
        body = {"environment": environment, "sha": commit, "ref": commit, "tag": False, "status": word}
        try:
            self._connection.write("POST", "/deployments", f"make a deployment to {environment}", body)
        except Unsure:
            if not any(one["sha"] == commit for one in self._ours(environment)):
                raise

    def _state(self, environment: str, number: int, word: str) -> None:
        doing = f"say how the deployment to {environment} goes"
        self._connection.write("PUT", f"/deployments/{number}", doing, {"status": word}, again=True)


def _deployment(raw: Any) -> Deployment:
    return Deployment(
        commit=Oid(raw["sha"]),
        environment=raw["environment"]["name"],
        state=_STATES.get(raw["status"], "pending"),
        creator=username(raw.get("user")),
        at=parse_time(raw["updated_at"]),
        url=raw["environment"].get("external_url") or "",
    )
