"""GitHub's JSON as the model's values.

An app is `NAME[bot]` in all that is said here, as in GitHub's REST API; its GraphQL leaves that away. Who is gone is
`ghost`, as on GitHub's pages. A check run is reported by its app, by the app's short name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from promoter.forge.github_connection import parse_time
from promoter.model.forge import Check, Comment, PullRequest, PullState, Receipt, Review
from promoter.model.names import Branch, Oid

GHOST: Final = "ghost"
REACTIONS: Final[Mapping[Receipt, str]] = {Receipt.SEEN: "eyes", Receipt.DONE: "+1", Receipt.REFUSED: "-1"}
"""Receipt -> the reaction by REST's name."""
_SHOWN: Final = (("THUMBS_DOWN", Receipt.REFUSED), ("THUMBS_UP", Receipt.DONE), ("EYES", Receipt.SEEN))
_STATUS: Final = {"success": "success", "pending": "pending", "expected": "pending"}
_RUN: Final = {"success": "success", "neutral": "success", "skipped": "pending", "stale": "pending"}
"""What did not run has not passed, whatever GitHub makes of it; all other conclusions are failures."""
_WORST: Final = ("failure", "pending", "success")


def login(actor: Any) -> str:
    """Give who somebody is."""
    if not actor:
        return GHOST
    name = str(actor["login"])
    is_bot = "Bot" in (actor.get("__typename"), actor.get("type")) and not name.endswith("[bot]")
    return f"{name}[bot]" if is_bot else name


def pull(node: Any) -> PullRequest:
    """Read a pull request, whole or short."""
    state = PullState(node["state"].lower())
    merged = state is PullState.MERGED
    closed = node.get("timelineItems", {}).get("nodes") or [{}]
    by = node["mergedBy"] if merged else closed[-1].get("actor") if state is PullState.CLOSED else None
    return PullRequest(
        number=node["number"],
        state=state,
        head_branch=Branch(node["headRefName"]),
        base_branch=Branch(node["baseRefName"]),
        head=Oid(node["headRefOid"]),
        title=node["title"],
        body=node.get("body") or "",
        author=login(node["author"]),
        opened_at=parse_time(node["createdAt"]),
        labels=tuple(sorted(one["name"] for one in node.get("labels", {}).get("nodes", ()))),
        draft=bool(node["isDraft"]),
        mergeable=_mergeable(node) if state is PullState.OPEN else None,
        url=node["url"],
        closed_at=parse_time(node["closedAt"]) if state is not PullState.OPEN and node["closedAt"] else None,
        closed_by=login(by) if by else None,
        merged_commit=Oid(node["mergeCommit"]["oid"]) if merged and node["mergeCommit"] else None,
    )


def _mergeable(node: Any) -> bool | None:
    if node.get("mergeable") == "CONFLICTING" or node.get("mergeStateStatus") == "BEHIND":
        return False
    return True if node.get("mergeable") == "MERGEABLE" else None


def reviews(nodes: Iterable[Any]) -> tuple[Review, ...]:
    """Read the newest opinions of people."""
    return tuple(
        Review(
            login(one["author"]),
            one["state"].lower(),
            Oid(one["commit"]["oid"] if one["commit"] else ""),
            parse_time(one["submittedAt"]),
        )
        for one in nodes
        if one["state"] in ("APPROVED", "CHANGES_REQUESTED", "DISMISSED")
    )


def rolled_up(nodes: Sequence[Any]) -> tuple[Check, ...]:
    """Read statuses and check runs from GraphQL."""
    statuses = [_status_node(one) for one in nodes if one["__typename"] == "StatusContext"]
    runs = [_run_node(one) for one in nodes if one["__typename"] == "CheckRun"]
    return in_order([*statuses, *together(runs)])


def _status_node(node: Any) -> Check:
    return Check(
        node["context"],
        _STATUS.get(node["state"].lower(), "failure"),
        login(node["creator"]),
        parse_time(node["createdAt"]),
        node["targetUrl"] or "",
        node["description"] or "",
    )


def _run_node(node: Any) -> tuple[object, Check]:
    suite = node["checkSuite"]
    workflow = ((suite.get("workflowRun") or {}).get("workflow") or {}).get("databaseId")
    ended = node["completedAt"] or node["startedAt"]
    conclusion = (node["conclusion"] or "").lower() if node["status"] == "COMPLETED" else ""
    check = Check(
        node["name"],
        _RUN.get(conclusion, "failure") if conclusion else "pending",
        (suite["app"] or {}).get("slug") or GHOST,
        parse_time(ended) if ended else None,
        node["detailsUrl"] or "",
        _reason(conclusion, node["title"]),
    )
    return workflow, check


def status(raw: Any) -> Check:
    """Read a commit status from REST."""
    return Check(
        raw["context"],
        _STATUS.get(raw["state"], "failure"),
        login(raw["creator"]),
        parse_time(raw["created_at"]),
        raw["target_url"] or "",
        raw["description"] or "",
    )


def _reason(conclusion: str, title: str | None) -> str:
    return "skipped: it did not run" if conclusion == "skipped" else title or ""


def together(runs: Iterable[tuple[object, Check]]) -> list[Check]:
    """Give one check for each name and app: the newest of every workflow, and of those the worst.

    Two workflows may have a job of the same name; the one that passes must not hide the other.
    """
    newest: dict[tuple[str, str, object], Check] = {}
    for workflow, check in runs:
        key = (check.name, check.reporter, workflow)
        if key not in newest or _time(newest[key]) <= _time(check):
            newest[key] = check
    worst: dict[tuple[str, str], Check] = {}
    for (name, reporter, _), check in newest.items():
        known = worst.get((name, reporter))
        if known is None or _WORST.index(check.state) < _WORST.index(known.state):
            worst[name, reporter] = check
    return list(worst.values())


def _time(check: Check) -> float:
    return check.at.timestamp() if check.at is not None else float("inf")  # what has not begun is the newest


def in_order(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Sort checks by name and reporter."""
    return tuple(sorted(checks, key=lambda one: (one.name, one.reporter)))


def comment(node: Any) -> Comment:
    """Read a comment."""
    ours = {one["content"] for one in node["reactionGroups"] or () if one["viewerHasReacted"]}
    user = login(node["author"])
    return Comment(
        str(node["fullDatabaseId"]),
        user,
        node["body"],
        parse_time(node["createdAt"]),
        edited=node["lastEditedAt"] is not None,
        bot=user.endswith("[bot]"),
        receipt=next((receipt for content, receipt in _SHOWN if content in ours), None),
    )
