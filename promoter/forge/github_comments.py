"""Comments on pull requests, and the reactions by which we acknowledge commands."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from promoter.errors import EdgeFailed
from promoter.forge import github_nodes as nodes
from promoter.forge import github_queries as queries
from promoter.forge.github_connection import Connection, parse_time
from promoter.forge.retry import NotThere, Unsure
from promoter.model.forge import Comment, Receipt

_WHERE: Final = re.compile(r"/(pull|issues)/(\d+)#[^#]*$")


class Comments:
    """Reads and writes comments."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, number: int) -> tuple[Comment, ...]:
        """Give the comments on a pull request, oldest first. Raises EdgeFailed when there is no such pull request."""
        found: list[Any] = []
        after: str | None = None
        listed = "comments(first: 100, after: $after) {nodes {...Said} pageInfo {hasNextPage endCursor}}"
        text = queries.of_pull(listed, queries.COMMENT)
        while True:
            page = self._ask(number, text, after)["comments"]
            found += page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                return tuple(nodes.comment(one) for one in found)
            after = page["pageInfo"]["endCursor"]

    def _ask(self, number: int, text: str, after: str | None) -> Any:
        place = self._connection.place
        asked: dict[str, Any] = {"owner": place.owner, "name": place.name, "number": number, "after": after}
        try:
            found = self._connection.query(text, f"read comments on {number}", **asked)
        except NotThere:
            raise EdgeFailed(f"there is no pull request {number} in {place}") from None
        return found["repository"]["p"]

    def since(self, since: datetime) -> list[Comment]:
        """Give the comments on pull requests and issues that were written at `since` or later, oldest first.

        GitHub lists what was *changed* since; what was written before is left out here.
        """
        asked = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        listed = self._connection.every("/issues/comments", "read new comments", since=asked, sort="created")
        new = {one["node_id"]: one["html_url"] for one in listed if parse_time(one["created_at"]) >= since}
        found: list[Comment] = []
        for some in queries.batches(list(new)):
            text = "query($ids: [ID!]!) {nodes(ids: $ids) {... on IssueComment {id ...Said}}}" + queries.COMMENT
            answer = self._connection.query(text, "read new comments", ids=list(some))["nodes"]
            found += [_placed(nodes.comment(one), new[one["id"]]) for one in answer if one]  # none: deleted meanwhile
        return sorted(found, key=lambda one: (one.at, int(one.id)))

    def upsert(self, number: int, marker: str, body: str) -> None:
        """Write our one comment that carries `marker`, or edit it; nothing is written when it already says so."""
        whole = body if marker in body else f"{marker}\n{body}"
        there = self._marked(number, marker)
        if there is None:
            try:
                self._write("POST", f"/issues/{number}/comments", number, whole)
            except Unsure:
                if self._marked(number, marker) is None:
                    raise
        elif _same(there.body, whole):
            return
        else:
            self._write("PATCH", f"/issues/comments/{there.id}", number, whole)

    def _write(self, method: str, path: str, number: int, body: str) -> None:
        doing = f"comment on pull request {number}"
        self._connection.write(method, path, doing, {"body": body}, again=method == "PATCH")

    def _marked(self, number: int, marker: str) -> Comment | None:
        me = self._connection.identity
        return next((one for one in self.of(number) if one.user == me and marker in one.body), None)

    def acknowledge(self, comment: str, receipt: Receipt) -> None:
        """React to a comment in place of our reactions before; nothing is written when it stands there already."""
        me = self._connection.identity
        path = f"/issues/comments/{comment}/reactions"
        doing = f"react to comment {comment}"
        ours = [one for one in self._connection.every(path, doing) if one["user"] and nodes.login(one["user"]) == me]
        wanted = nodes.REACTIONS[receipt]
        if not any(one["content"] == wanted for one in ours):
            # GitHub keeps one reaction of each kind a person, so doing it twice is doing it once.
            self._connection.write("POST", path, doing, {"content": wanted}, again=True)
        for one in ours:
            if one["content"] in nodes.REACTIONS.values() and one["content"] != wanted:
                try:
                    self._connection.write("DELETE", f"{path}/{one['id']}", doing, None, again=True)
                except NotThere:
                    continue


def _placed(comment: Comment, url: str) -> Comment:
    """Say where a comment stands; GitHub's address of it tells a pull request from an issue."""
    where = _WHERE.search(url)
    if where is None:
        raise EdgeFailed("GitHub does not say what a comment is on")
    return replace(comment, number=int(where[2]), on_issue=where[1] == "issues")


def _same(one: str, other: str) -> bool:
    return one.replace("\r\n", "\n").rstrip() == other.replace("\r\n", "\n").rstrip()
