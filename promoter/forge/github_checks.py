"""Commit statuses and check runs: both are read, statuses are written."""

from __future__ import annotations

from typing import Any, Final

from promoter.forge import github_nodes as nodes
from promoter.forge import github_queries as queries
from promoter.forge.github_connection import Connection
from promoter.forge.retry import Unsure
from promoter.model.forge import Check
from promoter.model.names import Oid

LONGEST: Final = 140
"""Characters in a status' description; GitHub refuses more."""
_STATUS: Final = f"""
object(oid: $oid) {{... on Commit {{status {{context(name: $context) {{
  context state description targetUrl createdAt creator {queries.ACTOR}
}}}}}}}}"""
_ONE: Final = (
    "query($owner: String!, $name: String!, $oid: GitObjectID!, $context: String!) {"
    f"repository(owner: $owner, name: $name) {{{_STATUS}}}}}"
)


class Checks:
    """Reads and writes checks."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, commit: Oid) -> tuple[Check, ...]:
        """Give the newest status and check run of each name and reporter, by name."""
        newest: dict[tuple[str, str], Check] = {}
        for raw in self._connection.every(f"/commits/{commit}/statuses", "read statuses"):
            check = nodes.status(raw)
            newest.setdefault((check.name, check.reporter), check)  # GitHub gives the newest first
        return nodes.in_order([*newest.values(), *self._runs(commit)])

    def _runs(self, commit: Oid) -> list[Check]:
        """Give the check runs, by GraphQL: only that tells the workflow of a run."""
        text = queries.of_commit("statusCheckRollup {...Checks}", queries.CHECKS)
        answer = self._connection.query(text, "read check runs", **self._names, oid=commit)["repository"]["c"]
        rollup = (answer or {}).get("statusCheckRollup")
        found = self._contexts(commit, rollup) if rollup else []
        return list(nodes.rolled_up([one for one in found if one["__typename"] == "CheckRun"]))

    def of_rollup(self, commit: Oid, rollup: Any) -> tuple[Check, ...]:
        """Give the checks of the first page of a commit's rollup, and read the rest."""
        return nodes.rolled_up(self._contexts(commit, rollup))

    def _contexts(self, commit: Oid, rollup: Any) -> list[Any]:
        page = rollup["contexts"]
        found = list(page["nodes"])
        while page["pageInfo"]["hasNextPage"]:
            text, after = queries.of_commit(queries.MORE_CHECKS), page["pageInfo"]["endCursor"]
            answer = self._connection.query(text, "read checks", **self._names, oid=commit, after=after)["repository"][
                "c"
            ]
            page = answer["statusCheckRollup"]["contexts"]
            found += page["nodes"]
        return found

    @property
    def _names(self) -> dict[str, str]:
        return {"owner": self._connection.place.owner, "name": self._connection.place.name}

    def post(self, commit: Oid, name: str, state: str, description: str, url: str) -> None:
        """Post a status; nothing is written when the newest of that name is ours and says so."""
        wanted = (state, description[:LONGEST], url)
        if self._says(commit, name) == wanted:
            return
        body = {"state": state, "context": name, "description": wanted[1], **({"target_url": url} if url else {})}
        try:
            self._connection.write("POST", f"/statuses/{commit}", f"set the status {name}", body)
        except Unsure:
            if self._says(commit, name) != wanted:
                raise

    def _says(self, commit: Oid, name: str) -> tuple[str, str, str] | None:
        """Give what our status of that name says, when it is the newest one."""
        answer = self._connection.query(_ONE, f"read the status {name}", **self._names, oid=commit, context=name)
        status = ((answer["repository"]["object"] or {}).get("status") or {}).get("context")
        if status is None or nodes.login(status["creator"]) != self._connection.identity:
            return None
        found = nodes.rolled_up([{"__typename": "StatusContext", **status}])[0]
        return found.state, found.description, found.url
