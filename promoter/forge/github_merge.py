"""Merging: only the head that was judged, by a method that is allowed, when GitHub has nothing against it.

Invariants: what GitHub would refuse, or let pass only because the token may bypass rules, is not tried. Auto-merge is
never armed. Where the branch has a merge queue, the pull request is put there, and merged is what the queue merged;
what we did not put there is not taken out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from promoter.errors import EdgeFailed, LostRace, Rejected, Underway
from promoter.forge import github_queries as queries
from promoter.forge.github_checks import Checks
from promoter.forge.github_connection import Connection
from promoter.forge.github_protection import BranchRules, Protections
from promoter.forge.github_pulls import LOOKS, Pulls
from promoter.forge.retry import Unsure
from promoter.model.names import Branch, Oid

MOST_COMMITS: Final = 100
"""Of a squashed pull request, whose messages are kept."""
_ASKED: Final = """
fragment Asked on PullRequest {
  id state isDraft headRefName headRefOid baseRefName mergeable mergeStateStatus reviewDecision isInMergeQueue
  mergeCommit {oid}
}"""
_IN_QUEUE: Final = f"id mergeQueueEntry {{enqueuer {queries.ACTOR}}}"
_DEQUEUE: Final = """
mutation($id: ID!) {
  dequeuePullRequest(input: {id: $id}) {mergeQueueEntry {id}}
}"""
_ENQUEUE: Final = """
mutation($id: ID!, $head: GitObjectID!) {
  enqueuePullRequest(input: {pullRequestId: $id, expectedHeadOid: $head}) {mergeQueueEntry {id}}
}"""


class Merges:
    """Merges pull requests."""

    def __init__(
        self,
        connection: Connection,
        pulls: Pulls,
        checks: Checks,
        protections: Protections,
        sleep: Callable[[float], None],
    ) -> None:
        self._connection = connection
        self._pulls = pulls
        self._checks = checks
        self._protections = protections
        self._sleep = sleep

    def merge(self, number: int, expect: Oid, method: str, message: str) -> Oid:
        """Merge; give the commit on the base, also when that exact head is merged already.

        Raises LostRace when the head differs, Rejected when it may not be merged, Underway in the merge queue.
        """
        node = self._known(number)
        if node["headRefOid"] != expect:
            raise LostRace(f"pull request {number} is at {node['headRefOid']}, not {expect}: it was not merged")
        if node["state"] == "MERGED":
            return _merged(number, node)
        if node["state"] != "OPEN":
            raise Rejected(f"pull request {number} is closed and cannot be merged", "Reopen it first.")
        rules = self._protections.of(Branch(node["baseRefName"]))
        if rules.queue and node["isInMergeQueue"]:
            raise _queued(number, node)
        why = self._refusal(node, rules, method)
        if why:
            raise Rejected(f"pull request {number} may not be merged: {why}")
        if rules.queue:
            self._enqueue(number, node)
            raise _queued(number, node)
        return self._merge(number, expect, method, self._message(number, method, message))

    def _known(self, number: int) -> Any:
        """Read the pull request, once GitHub knows whether it can be merged."""
        text = queries.of_pull("...Asked", _ASKED)
        for attempt in range(LOOKS):
            node = self._pulls.node(number, text)
            if node["state"] != "OPEN" or node["mergeStateStatus"] != "UNKNOWN":
                break
            self._sleep(2**attempt / 4)
        return node

    def _refusal(self, node: Any, rules: BranchRules, method: str) -> str:
        base, wanted = node["baseRefName"], rules.protection
        if node["isDraft"]:
            return "it is a draft"
        if not rules.queue and method not in wanted.methods:
            return f"{base} takes {', '.join(wanted.methods) or 'no merges'}, not {method}"
        if node["mergeable"] == "CONFLICTING":
            return f"its branch and {base} changed the same lines"
        if not rules.queue and node["mergeStateStatus"] == "BEHIND":
            return f"its branch is behind {base}, which must be up to date"
        if node["mergeStateStatus"] != "BLOCKED":
            return ""
        lacks = []
        states: dict[str, set[str]] = {}
        for check in self._checks.of(Oid(node["headRefOid"])):
            states.setdefault(check.name, set()).add(check.state)
        for name in wanted.required_checks:
            others = states.get(name, {"missing"}) - {"success"}
            if others:
                lacks.append(f"the required check {name} is {' and '.join(sorted(others))}")
        if node["reviewDecision"] == "CHANGES_REQUESTED":
            lacks.append("changes were requested")
        elif node["reviewDecision"] == "REVIEW_REQUIRED":
            lacks.append(f"it lacks an approval that {base} needs")
        return "; ".join(lacks) or f"the rules of {base} are not met"

    def _message(self, number: int, method: str, message: str) -> str:
        """Give the words of the commit; a squash keeps the messages of the commits that it replaces."""
        if method != "squash":
            return message
        text = queries.of_pull(f"commits(first: {MOST_COMMITS}) {{nodes {{commit {{message}}}}}}")
        own = [one["commit"]["message"] for one in self._pulls.node(number, text)["commits"]["nodes"]]
        return "\n\n".join(part.strip() for part in (message, *own) if part.strip())

    def _merge(self, number: int, expect: Oid, method: str, message: str) -> Oid:
        body = {"sha": expect, "merge_method": method}
        if method != "rebase" and message.strip():
            title, _, rest = message.strip().partition("\n")
            body |= {"commit_title": title, "commit_message": rest.strip()}
        try:
            answer = self._connection.write("PUT", f"/pulls/{number}/merge", f"merge pull request {number}", body)
        except Unsure:
            node = self._known(number)
            if node["state"] == "MERGED" and node["headRefOid"] == expect:
                return _merged(number, node)
            raise
        except Rejected as no:
            node = self._known(number)
            if node["state"] == "MERGED" and node["headRefOid"] == expect:
                return _merged(number, node)
            if node["headRefOid"] != expect or "modified" in no.message:
                raise LostRace(f"pull request {number} or its base has moved meanwhile: it was not merged") from no
            raise
        return Oid(answer["sha"])

    def leave_queue(self, number: int) -> None:
        """Take the pull request out of the merge queue, if we put it there."""
        node = self._pulls.node(number, queries.of_pull(_IN_QUEUE))
        if not self._pulls.queued_by_us(node):
            return
        try:
            self._connection.mutate(_DEQUEUE, f"take pull request {number} out of the queue", id=node["id"])
        except (Unsure, Rejected):  # refused when it was merged, or left, meanwhile
            if self._pulls.queued_by_us(self._pulls.node(number, queries.of_pull(_IN_QUEUE))):
                raise

    def _enqueue(self, number: int, node: Any) -> None:
        """Put the pull request into the queue; a queue tests and merges by its own method, also what is behind."""
        asked = {"id": node["id"], "head": node["headRefOid"]}
        try:
            self._connection.mutate(_ENQUEUE, f"queue pull request {number}", **asked)
        except Unsure:
            if not self._known(number)["isInMergeQueue"]:
                raise


def _queued(number: int, node: Any) -> Underway:
    return Underway(f"pull request {number} is in the merge queue of {node['baseRefName']}, which merges it")


def _merged(number: int, node: Any) -> Oid:
    if not node["mergeCommit"]:
        raise EdgeFailed(f"pull request {number} is merged, but GitHub does not say by which commit", "Run it again.")
    return Oid(node["mergeCommit"]["oid"])
