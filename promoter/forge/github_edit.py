"""Opening, editing and closing pull requests, so that a repeat changes nothing."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final
from urllib.parse import quote

from promoter.errors import Rejected
from promoter.forge import github_nodes as nodes
from promoter.forge import github_queries as queries
from promoter.forge.github_connection import Connection
from promoter.forge.github_pulls import Pulls
from promoter.forge.retry import NotThere, Unsure
from promoter.model.forge import PullText
from promoter.model.names import Branch

OWNERS: Final = "codeowners"
"""A reviewer that GitHub asks by itself, by the CODEOWNERS file of the base."""
_FIELDS: Final = f"""
fragment Edited on PullRequest {{
  id number state title body headRefName headRefOid author {queries.ACTOR}
  labels(first: 100) {{nodes {{name}}}}
  assignees(first: 100) {{nodes {{login}}}}
  reviewRequests(first: 100) {{nodes {{requestedReviewer {{
    __typename ... on User {{login}} ... on Bot {{login}} ... on Team {{slug}}
  }}}}}}
  reviews(first: 100) {{nodes {{author {queries.ACTOR}}}}}
  timelineItems(itemTypes: [LABELED_EVENT], last: 100) {{
    nodes {{... on LabeledEvent {{actor {queries.ACTOR} label {{name}}}}}}
  }}
}}"""


class Edits:
    """Writes pull requests."""

    def __init__(self, connection: Connection, pulls: Pulls) -> None:
        self._connection = connection
        self._pulls = pulls

    def open(self, head: Branch, base: Branch, text: PullText) -> int:
        """Open a pull request, or give the number of the open one. Raises Rejected when there is nothing to merge."""
        there = self._there(head, base)
        if there is not None:
            return there
        body = {"title": text.title, "head": head, "base": base, "body": text.body}
        doing = f"open a pull request from {head} into {base}"
        try:
            number = int(self._connection.write("POST", "/pulls", doing, body)["number"])
        except (Unsure, Rejected):  # "already exists" is said of one that came meanwhile
            there = self._there(head, base)
            if there is None:
                raise
            number = there
        self._dress(number, text)
        return number

    def _there(self, head: Branch, base: Branch) -> int | None:
        text = queries.on_repository((f"h: {queries.open_from(head)}",), queries.SHORT).replace(
            "first: 100", f"baseRefName: {queries.literal(base)}, first: 100"
        )
        place = self._connection.place
        answer = self._connection.query(text, "look for an open pull request", owner=place.owner, name=place.name)
        found = answer["repository"]["h"]["nodes"]
        return next((one["number"] for one in found if not one["isCrossRepository"]), None)

    def edit(self, number: int, text: PullText) -> None:
        """Make the pull request say `text`; labels that people set stay, ours that are not wanted any more go."""
        node = self._read(number)
        if (node["title"].strip(), _plain(node["body"])) != (text.title.strip(), _plain(text.body)):
            self._write("PATCH", f"/pulls/{number}", number, {"title": text.title, "body": text.body})
        self._dress(number, text, node)

    def close(self, number: int) -> None:
        """Close without merging; nothing happens when it is closed already."""
        if self._read(number)["state"] == "OPEN":
            self._write("PATCH", f"/pulls/{number}", number, {"state": "closed"})

    def _read(self, number: int) -> Any:
        text = queries.of_pull("...Edited", _FIELDS)
        return self._pulls.node(number, text)

    def _dress(self, number: int, text: PullText, node: Any = None) -> None:
        """Set labels, assignees and reviewers; those who looked already are not asked again."""
        if node is None and not (text.labels or text.assignees or text.reviewers):
            return
        node = node or self._read(number)
        has = {one["name"] for one in node["labels"]["nodes"]}
        wanted = [one for one in dict.fromkeys(text.labels) if one.casefold() not in {name.casefold() for name in has}]
        if wanted:
            self._write("POST", f"/issues/{number}/labels", number, {"labels": wanted})
        for label in sorted(self._outdated(node, has, text.labels)):
            self._write("DELETE", f"/issues/{number}/labels/{quote(label, safe='')}", number, None)
        assigned = {one["login"].casefold() for one in node["assignees"]["nodes"]}
        people = [one for one in dict.fromkeys(text.assignees) if one.casefold() not in assigned]
        if people:
            self._write("POST", f"/issues/{number}/assignees", number, {"assignees": people})
        self._ask(number, text.reviewers, node)

    def _outdated(self, node: Any, has: Collection[str], wanted: Collection[str]) -> set[str]:
        """Give the labels that we set and do not want any more; the newest who set one is whose it is."""
        by = {one["label"]["name"]: nodes.login(one["actor"]) for one in node["timelineItems"]["nodes"]}
        me = self._connection.identity
        kept = {one.casefold() for one in wanted}
        return {name for name in has if by.get(name) == me and name.casefold() not in kept}

    def _ask(self, number: int, reviewers: Collection[str], node: Any) -> None:
        asked = {
            _asked(one["requestedReviewer"]) for one in node["reviewRequests"]["nodes"] if one["requestedReviewer"]
        }
        seen = {nodes.login(one["author"]).casefold() for one in node["reviews"]["nodes"]}
        author = nodes.login(node["author"]).casefold()
        people = [one.removeprefix("user:") for one in reviewers if not one.startswith("team:") and one != OWNERS]
        teams = [one.removeprefix("team:") for one in reviewers if one.startswith("team:")]
        users = [one for one in dict.fromkeys(people) if one.casefold() not in {*asked, *seen, author}]
        groups = [one for one in dict.fromkeys(teams) if f"team:{one}".casefold() not in asked]
        if users or groups:
            body = {"reviewers": users, "team_reviewers": groups}
            self._write("POST", f"/pulls/{number}/requested_reviewers", number, body)

    def _write(self, method: str, path: str, number: int, body: dict[str, Any] | None) -> None:
        try:
            self._connection.write(method, path, f"edit pull request {number}", body, again=True)
        except NotThere:
            if method != "DELETE":  # a label that is gone need not go
                raise


def _asked(reviewer: Any) -> str:
    name = f"team:{reviewer['slug']}" if reviewer["__typename"] == "Team" else nodes.login(reviewer)
    return name.casefold()


def _plain(text: str | None) -> str:
    return (text or "").replace("\r\n", "\n").rstrip()
