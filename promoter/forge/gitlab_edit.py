"""Opening, editing and closing merge requests, so that a repeat changes nothing."""

from __future__ import annotations

from typing import Any, Final

from promoter.errors import Rejected
from promoter.forge import gitlab_nodes as nodes
from promoter.forge.gitlab_connection import Connection, Unknown
from promoter.forge.gitlab_people import People
from promoter.forge.gitlab_pulls import Pulls
from promoter.forge.retry import NotThere, Unsure
from promoter.model.forge import PullText
from promoter.model.names import Branch

LONGEST: Final = 255
"""Characters in a title; GitLab refuses more."""
OWNERS: Final = "codeowners"
"""Reviewers that GitLab asks by itself, by the CODEOWNERS file of the target branch."""


class Edits:
    """Writes merge requests."""

    def __init__(self, connection: Connection, pulls: Pulls, people: People) -> None:
        self._connection = connection
        self._pulls = pulls
        self._people = people

    def open(self, head: Branch, base: Branch, text: PullText) -> int:
        """Open a merge request, or give the number of the open one. Raises Rejected when there is nothing to merge."""
        there = self._there(head, base)
        if there is not None:
            return there
        doing = f"open a merge request from {head} into {base}"
        if not self._has_commits(head, base, doing):
            raise Rejected(f"{self._connection.place}: {doing}: {head} has nothing that {base} lacks")
        body: dict[str, Any] = {
            "source_branch": head,
            "target_branch": base,
            "title": _title(text),
            "description": text.body,
            "remove_source_branch": False,
            **self._people_of(text, None),
        }
        if text.labels:
            body["labels"] = ",".join(dict.fromkeys(text.labels))
        try:
            return int(self._connection.write("POST", "/merge_requests", doing, body)["iid"])
        except (Unsure, Rejected):  # "another open merge request already exists" is said of one that came meanwhile
            there = self._there(head, base)
            if there is None:
                raise
            return there

    def _has_commits(self, head: Branch, base: Branch, doing: str) -> bool:
        """GitLab opens a merge request without commits, too."""
        asked = {"from": base, "to": head, "straight": "false"}
        path = f"{self._connection.place.api}/repository/compare"
        try:
            return bool(self._connection.ask("GET", path, doing, asked).body["commits"])
        except NotThere as no:
            raise Rejected(no.message, "Are both branches there?") from None

    def _there(self, head: Branch, base: Branch) -> int | None:
        asked = {"source_branch": head, "target_branch": base, "state": "opened", "scope": "all"}
        found = list(self._connection.every("/merge_requests", "look for an open merge request", asked))
        own = (one["iid"] for one in found if one["source_project_id"] == one["target_project_id"])
        return next(own, None)

    def edit(self, iid: int, text: PullText) -> None:
        """Make the merge request say `text`; labels that people set stay, ours that are not wanted any more go."""
        raw = self._pulls.raw(iid)
        body: dict[str, Any] = {}
        if raw["title"].strip() != _title(text):
            body["title"] = _title(text)
        if _plain(raw["description"]) != _plain(text.body):
            body["description"] = text.body
        has = {one.casefold(): one for one in raw["labels"]}
        wanted = [one for one in dict.fromkeys(text.labels) if one.casefold() not in has]
        kept = {one.casefold() for one in text.labels}
        spare = [one for name, one in has.items() if name not in kept]
        outdated = self._ours(iid, spare) if spare else []
        if wanted:
            body["add_labels"] = ",".join(wanted)
        if outdated:
            body["remove_labels"] = ",".join(outdated)
        body |= self._people_of(text, raw)
        if body:
            self._connection.write("PUT", f"/merge_requests/{iid}", f"edit merge request {iid}", body, again=True)

    def close(self, iid: int) -> None:
        """Close without merging; nothing happens when it is closed already."""
        if self._pulls.raw(iid)["state"] in ("opened", "locked"):
            body = {"state_event": "close"}
            self._connection.write("PUT", f"/merge_requests/{iid}", f"close merge request {iid}", body, again=True)

    def _ours(self, iid: int, labels: list[str]) -> list[str]:
        """Give those of `labels` that we set; the newest who set one is whose it is."""
        by: dict[str, str] = {}
        for one in self._connection.every(f"/merge_requests/{iid}/resource_label_events", f"read the labels of {iid}"):
            if one["action"] == "add" and one["label"]:
                by[one["label"]["name"]] = nodes.username(one["user"])
        return [one for one in labels if by.get(one) == self._connection.identity]

    def _people_of(self, text: PullText, raw: Any) -> dict[str, Any]:
        """Give whom to ask and assign; groups cannot be, and who is there already stays.

        GitLab's free tier keeps one reviewer and one assignee: then one that is there is enough.
        """
        found: dict[str, Any] = {}
        people = [one.removeprefix("user:") for one in text.reviewers if not one.startswith("team:") and one != OWNERS]
        for key, wanted in (("reviewer", people), ("assignee", list(text.assignees))):
            there = {one["username"].casefold(): one["id"] for one in (raw or {}).get(f"{key}s", ())}
            missing = [one for one in dict.fromkeys(wanted) if one.casefold() not in there]
            if not missing or (there and not self._takes_many()):
                continue
            ids = self._people.ids(missing)
            new = [ids[one] for one in missing if one in ids]
            if new:
                found[f"{key}_ids"] = [*there.values(), *new]
        return found

    def _takes_many(self) -> bool:
        text = "query($path: ID!) {project(fullPath: $path) {allowsMultipleMergeRequestReviewers}}"
        try:
            project = self._connection.query(text, "read what the project allows")["project"]
        except Unknown:
            return False
        return bool(project["allowsMultipleMergeRequestReviewers"])


def _title(text: PullText) -> str:
    return text.title.strip()[:LONGEST]


def _plain(text: str | None) -> str:
    return (text or "").replace("\r\n", "\n").rstrip()
