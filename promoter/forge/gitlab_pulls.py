"""Reading merge requests: of many heads in one page of calls.

A query asks for the merge requests of a hundred heads, short; others for those that are open, with labels, approvals
and checks; one page of REST for who closed those that were closed. Merge requests from forks are nobody's proposal: a
fork's branch may have any name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from promoter.errors import EdgeFailed
from promoter.forge import gitlab_nodes as nodes
from promoter.forge import gitlab_queries as queries
from promoter.forge.gitlab_checks import Checks
from promoter.forge.gitlab_connection import Connection, number, parse_time
from promoter.forge.gitlab_people import People
from promoter.forge.retry import NotThere, Overloaded
from promoter.model.forge import PullRequest, PullState, Review
from promoter.model.names import Branch, Oid

DETAILS: Final = 50
"""How many merge requests one query reads with everything on them."""
LOOKS: Final = 5
"""How often GitLab is asked whether a merge request can be merged, until it knows."""
APPROVED: Final = "approved this merge request"
"""What GitLab notes of an approval."""
UNKNOWN: Final = frozenset({"unchecked", "checking", "preparing", "approvals_syncing"})


class Pulls:
    """Reads merge requests."""

    def __init__(self, connection: Connection, people: People, checks: Checks, sleep: Callable[[float], None]) -> None:
        self._connection = connection
        self._people = people
        self._checks = checks
        self._sleep = sleep

    def of_heads(
        self, heads: Collection[Branch], settled: Mapping[Branch, int]
    ) -> Mapping[Branch, tuple[PullRequest, ...]]:
        """Give the merge requests from `heads`, of those that ended only what is above `settled`.

        Of those that ended neither description nor labels are read.
        """
        found: dict[Branch, list[Any]] = {head: [] for head in sorted(set(heads))}
        # Those that are settled equally far down are asked for together.
        for some in queries.batches(sorted(found, key=lambda head: (settled.get(head, 0), head))):
            for node in [*self._open(some), *self._over(some, settled)]:
                found[Branch(node["sourceBranch"])].append(node)
        every = [node for several in found.values() for node in several]
        whole = self._whole([int(one["iid"]) for one in every if nodes.state(one["state"]) is PullState.OPEN])
        ended = self._ended(every)
        return {
            head: tuple(
                whole.get(int(one["iid"])) or nodes.pull(one, ended.get(int(one["iid"])))
                for one in sorted(several, key=lambda one: int(one["iid"]))
            )
            for head, several in found.items()
        }

    def _open(self, heads: Sequence[Branch]) -> list[Any]:
        return [one for page in self._pages(queries.LISTED, heads) for one in page if _is_own(one)]

    def _over(self, heads: Sequence[Branch], settled: Mapping[Branch, int]) -> list[Any]:
        """Give those that ended, the newest first, down to the last that is not settled."""
        floors = {head: settled.get(head, 0) for head in heads}
        floor = min(floors.values())
        found: list[Any] = []
        for page in self._pages(queries.ENDED, heads, first=20 if floor else 100):
            found += page
            if page and int(page[-1]["iid"]) <= floor:
                break
        return [
            one
            for one in found
            if _is_own(one)
            and nodes.state(one["state"]) is not PullState.OPEN
            and int(one["iid"]) > floors[Branch(one["sourceBranch"])]
        ]

    def _pages(self, text: str, heads: Sequence[Branch], **asked: int) -> Iterator[list[Any]]:
        after: str | None = None
        while True:
            answer = self._connection.query(text, "read merge requests", heads=list(heads), after=after, **asked)
            page = answer["project"]["mergeRequests"]
            yield page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                return
            after, asked = page["pageInfo"]["endCursor"], dict.fromkeys(asked, 100)

    def _whole(self, iids: Sequence[int]) -> dict[int, PullRequest]:
        raw: list[tuple[Any, Any]] = []
        for some in queries.batches(sorted(iids), DETAILS):
            raw += self._detailed(some)
        return {one.number: one for one in self._judged(raw)}

    def _detailed(self, iids: Sequence[int]) -> list[tuple[Any, Any]]:
        """Read some at once, with what the project demands, and fewer when that is too much for GitLab."""
        asked = {"iids": [str(iid) for iid in iids], "first": len(iids)}
        try:
            answer = self._connection.query(queries.DETAILS, "read merge requests", **asked)["project"]
        except Overloaded:
            if len(iids) == 1:
                raise
            half = (len(iids) + 1) // 2
            return [*self._detailed(iids[:half]), *self._detailed(iids[half:])]
        return [(one, answer) for one in answer["mergeRequests"]["nodes"]]

    def _ended(self, short: Iterable[Any]) -> dict[int, Any]:
        """Give what REST says of those that were closed, or merged without a commit of their own."""
        wanted = [
            int(one["iid"])
            for one in short
            if (state := nodes.state(one["state"])) is PullState.CLOSED
            or (state is PullState.MERGED and not one["mergeCommitSha"])
        ]
        found: dict[int, Any] = {}
        for some in queries.batches(wanted):
            asked: dict[str, str | list[int]] = {"iids[]": list(some), "state": "all", "scope": "all"}
            for one in self._connection.every("/merge_requests", "read merge requests", asked):
                found[one["iid"]] = one
        return found

    def _judged(self, raw: Sequence[tuple[Any, Any]]) -> list[PullRequest]:
        ids: dict[str, int] = {}
        seen = []
        for node, project in raw:
            pull = nodes.pull(node, None, self._connection.identity)
            if pull.state is PullState.OPEN:
                users = [*node["approvedBy"]["nodes"], *node["reviewers"]["nodes"]]
                ids |= {one["username"]: number(one["id"]) for one in users}
                pull = replace(pull, reviews=self.reviews(node), checks=self._checks.of_pull(node, project))
            seen.append(pull)
        return self._people.with_groups(seen, ids)

    def reviews(self, node: Any) -> tuple[Review, ...]:
        """Give who approved, and who asked for changes, which takes their approval back."""
        asking = [
            one["username"]
            for one in node["reviewers"]["nodes"]
            if (one["mergeRequestInteraction"] or {}).get("reviewState") == "REQUESTED_CHANGES"
        ]
        found = [
            Review(user, "changes_requested", Oid(node["diffHeadSha"] or ""), parse_time(node["updatedAt"]))
            for user in asking
        ]
        if any(one["username"] not in asking for one in node["approvedBy"]["nodes"]):
            found += [one for one in self._approvals(int(node["iid"])) if one.user not in asking]
        return tuple(sorted(found, key=lambda one: one.user))

    def _approvals(self, iid: int) -> list[Review]:
        """Give the approvals, each for the version that there was when it was given; of unknown time, none."""
        doing = f"read the approvals of {iid}"
        given = self._connection.get(f"/merge_requests/{iid}/approvals", doing)["approved_by"]
        versions = list(self._connection.every(f"/merge_requests/{iid}/versions", doing))
        times = {nodes.username(one["user"]): parse_time(at) for one in given if (at := one.get("approved_at"))}
        if len(times) < len(given):
            times = self._noted(iid) | times
        users = (nodes.username(one["user"]) for one in given)
        return [Review(one, "approved", _head_at(versions, times[one]), times[one]) for one in users if one in times]

    def _noted(self, iid: int) -> dict[str, datetime]:
        """Give when each user approved last, by what GitLab notes: older ones do not say it with the approval."""
        found: dict[str, datetime] = {}
        after: str | None = None
        while True:
            asked = {"iid": str(iid), "after": after}
            answer = self._connection.query(queries.ACTIVITY, f"read what happened to {iid}", **asked)["project"]
            page = answer["mergeRequest"]["notes"]
            for one in page["nodes"]:
                if one["body"] == APPROVED:
                    user, at = nodes.username(one["author"]), parse_time(one["createdAt"])
                    found[user] = max(at, found.get(user, at))
            if not page["pageInfo"]["hasNextPage"]:
                return found
            after = page["pageInfo"]["endCursor"]

    def one(self, iid: int) -> PullRequest:
        """Read one merge request afresh, with every check of every reporter. Raises EdgeFailed when there is none."""
        raw = self.known(iid)
        [(node, project)] = self._detailed([iid])
        pull = nodes.pull(node, raw, self._connection.identity)
        users = [*node["approvedBy"]["nodes"], *node["reviewers"]["nodes"]]
        checks = self._checks.of(pull.head, node, project) if pull.head else ()
        pull = replace(pull, reviews=self.reviews(node), checks=checks)
        return self._people.with_groups([pull], {one["username"]: number(one["id"]) for one in users})[0]

    def known(self, iid: int) -> Any:
        """Read one merge request by REST, once GitLab knows whether it can be merged: asking makes it find out."""
        for attempt in range(LOOKS):
            raw = self.raw(iid)
            if raw["state"] not in ("opened", "locked") or raw["detailed_merge_status"] not in UNKNOWN:
                break
            if attempt < LOOKS - 1:
                self._sleep(2**attempt / 4)
        return raw

    def raw(self, iid: int) -> Any:
        """Read one merge request by REST. Raises EdgeFailed when there is none."""
        try:
            return self._connection.get(f"/merge_requests/{iid}", f"read merge request {iid}")
        except NotThere:
            raise EdgeFailed(f"there is no merge request {iid} in {self._connection.place}") from None


def _is_own(node: Any) -> bool:
    return bool(node["sourceProjectId"] == node["targetProjectId"])


def _head_at(versions: Sequence[Any], at: datetime) -> Oid:
    """Give the head that somebody saw at a time; none: that is not known."""
    before = [one for one in versions if parse_time(one["created_at"]) <= at]
    newest = max(before, key=lambda one: (parse_time(one["created_at"]), one["id"]), default=None)
    return Oid(newest["head_commit_sha"] if newest is not None else "")
