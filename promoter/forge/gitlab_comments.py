"""Notes on merge requests, and the emoji by which we acknowledge commands.

What the system notes is no comment. Notes on issues are not read: their numbers are counted apart from those of merge
requests, so that an answer would go elsewhere.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from promoter.errors import EdgeFailed, Rejected
from promoter.forge import gitlab_nodes as nodes
from promoter.forge import gitlab_queries as queries
from promoter.forge.gitlab_connection import Connection, number
from promoter.forge.retry import NotThere, Unsure
from promoter.model.forge import Comment, Receipt


class Comments:
    """Reads and writes comments."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, iid: int) -> tuple[Comment, ...]:
        """Give the comments on a merge request, oldest first. Raises EdgeFailed when there is no such merge request."""
        me = self._connection.identity
        return tuple(nodes.comment(one, me) for one in self._notes(iid))

    def _notes(self, iid: int) -> list[Any]:
        found: list[Any] = []
        after: str | None = None
        while True:
            asked = {"iid": str(iid), "after": after}
            answer = self._connection.query(queries.COMMENTS, f"read comments on {iid}", **asked)["project"]
            if answer["mergeRequest"] is None:
                raise EdgeFailed(f"there is no merge request {iid} in {self._connection.place}")
            page = answer["mergeRequest"]["notes"]
            found += page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
        said = [one for one in found if not one["system"]]
        return sorted(said, key=lambda one: (one["createdAt"], number(one["id"])))

    def since(self, since: datetime) -> list[Comment]:
        """Give the comments on merge requests that were written at `since` or later, oldest first."""
        asked = since.astimezone(UTC).isoformat()
        me = self._connection.identity
        found: list[Comment] = []
        after: str | None = None
        while True:
            answer = self._connection.query(queries.SINCE, "read new comments", since=asked, after=after)["project"]
            page = answer["mergeRequests"]
            for one in page["nodes"]:
                iid = int(one["iid"])
                found += [replace(nodes.comment(note, me), number=iid) for note in self._notes(iid)]
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
        new = [one for one in found if one.at >= since]
        return sorted(new, key=lambda one: (one.at, int(one.id)))

    def upsert(self, iid: int, marker: str, body: str) -> None:
        """Write our one comment that carries `marker`, or edit it; nothing is written when it already says so."""
        whole = body if marker in body else f"{marker}\n{body}"
        there = self._marked(iid, marker)
        path, doing = f"/merge_requests/{iid}/notes", f"comment on merge request {iid}"
        if there is None:
            try:
                self._connection.write("POST", path, doing, {"body": whole})
            except Unsure:
                if self._marked(iid, marker) is None:
                    raise
        elif not _same(there["body"], whole):
            note = number(there["id"])
            self._connection.write("PUT", f"{path}/{note}", doing, {"body": whole}, again=True)

    def _marked(self, iid: int, marker: str) -> Any:
        """Give our note with the marker; an internal one is not it, for not everybody sees it."""
        me = self._connection.identity
        mine = (one for one in self._notes(iid) if nodes.username(one["author"]) == me and not one["internal"])
        return next((one for one in mine if marker in one["body"]), None)

    def acknowledge(self, iid: int, comment: str, receipt: Receipt) -> None:
        """React to a note in place of our reactions before; nothing is written when it stands there already."""
        me = self._connection.identity
        path, doing = f"/merge_requests/{iid}/notes/{comment}/award_emoji", f"react to comment {comment}"
        ours = [one for one in self._connection.every(path, doing) if nodes.username(one["user"]) == me]
        wanted = nodes.EMOJI[receipt]
        if not any(one["name"] == wanted for one in ours):
            self._react(path, doing, wanted)
        for one in ours:
            if one["name"] in nodes.EMOJI.values() and one["name"] != wanted:
                try:
                    self._connection.write("DELETE", f"{path}/{one['id']}", doing, None, again=True)
                except NotThere:
                    continue

    def _react(self, path: str, doing: str, wanted: str) -> None:
        """React; of one that is there already GitLab says that it is not found, or taken."""
        try:
            self._connection.write("POST", path, doing, {"name": wanted}, again=True)
        except (NotThere, Rejected):
            me = self._connection.identity
            if not any(
                one["name"] == wanted and nodes.username(one["user"]) == me
                for one in self._connection.every(path, doing)
            ):
                raise


def _same(one: str, other: str) -> bool:
    return one.replace("\r\n", "\n").rstrip() == other.replace("\r\n", "\n").rstrip()
