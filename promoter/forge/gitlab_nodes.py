"""GitLab's JSON as the model's values.

Who is gone is `ghost`, as on GitLab's pages. What a job says is reported by `gitlab-ci`, whoever started it: who may
change what runs is a matter of the branch. What was posted by API is reported by whoever posted it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from promoter.forge.gitlab_connection import number, parse_time
from promoter.model.forge import Check, Comment, PullRequest, PullState, Receipt
from promoter.model.names import Branch, Oid

GHOST: Final = "ghost"
CI: Final = "gitlab-ci"
GITLAB: Final = "gitlab"
"""Who reports what GitLab itself finds."""
THREADS: Final = "threads"
"""The name of the check that all threads are resolved, where the project demands it."""
PIPELINE: Final = "pipeline"
"""The name of the check that stands for the whole pipeline, where the project demands that it passes."""
TRAIN: Final = "merge_train"
EXTERNAL: Final = "/GenericCommitStatus/"
"""What the id of a status holds that was posted by API."""
EMOJI: Final[Mapping[Receipt, str]] = {Receipt.SEEN: "eyes", Receipt.DONE: "thumbsup", Receipt.REFUSED: "thumbsdown"}
_SHOWN: Final = (("thumbsdown", Receipt.REFUSED), ("thumbsup", Receipt.DONE), ("eyes", Receipt.SEEN))
_STATES: Final = {"opened": PullState.OPEN, "merged": PullState.MERGED, "closed": PullState.CLOSED}
_CHECKS: Final = {"success": "success", "failed": "failure", "canceled": "failure"}
"""All other states are pending: what was skipped, or waits for a person, has not passed."""
_LABELS: Final = frozenset(
    ("created", "waiting for resource", "preparing", "pending", "running", "passed", "failed", "canceled", "skipped")
)
"""What GitLab shows of a status without a description of its own."""
_UNKNOWN: Final = frozenset({"UNCHECKED", "CHECKING", "PREPARING", "APPROVALS_SYNCING"})
_NEVER: Final = frozenset({"CONFLICT", "NEED_REBASE", "COMMITS_STATUS"})


def username(user: Any) -> str:
    """Give who somebody is."""
    return str(user["username"]) if user else GHOST


def state(raw: str) -> PullState:
    """Read the state of a merge request; while it is being merged it is `locked`, and open to us."""
    return _STATES.get(raw.lower(), PullState.OPEN)


def pull(node: Any, ended: Any = None, me: str = "") -> PullRequest:
    """Read a merge request of GraphQL, whole or short; `ended`: what REST says of one that is over; `me`: us."""
    now = state(node["state"])
    by = node["mergeUser"] if now is PullState.MERGED else (ended or {}).get("closed_by")
    at = node["mergedAt"] if now is PullState.MERGED else (ended or {}).get("closed_at")
    return PullRequest(
        number=int(node["iid"]),
        state=now,
        head_branch=Branch(node["sourceBranch"]),
        base_branch=Branch(node["targetBranch"]),
        head=Oid(node["diffHeadSha"] or ""),
        title=node["title"],
        body=node.get("description") or "",
        author=username(node["author"]),
        opened_at=parse_time(node["createdAt"]),
        labels=tuple(sorted(one["title"] for one in (node.get("labels") or {}).get("nodes", ()))),
        draft=bool(node["draft"]),
        mergeable=mergeable(node) if now is PullState.OPEN and "detailedMergeStatus" in node else None,
        queued=node.get("autoMergeStrategy") == TRAIN and username(node["mergeUser"]) == me,
        url=node["webUrl"] or "",
        closed_at=parse_time(at) if now is not PullState.OPEN and at else None,
        closed_by=username(by) if now is not PullState.OPEN and by else None,
        merged_commit=merged(node, ended) if now is PullState.MERGED else None,
    )


def mergeable(node: Any) -> bool | None:
    """Tell whether an open merge request can be merged, as far as content goes; None: GitLab does not know yet.

    `detailedMergeStatus` names only the first thing that is missing, so a conflict may stand behind it.
    """
    detail, known = node["detailedMergeStatus"], node["mergeStatusEnum"]
    if detail in _NEVER or known == "CANNOT_BE_MERGED" or node["shouldBeRebased"]:
        return False
    return None if detail in _UNKNOWN or known != "CAN_BE_MERGED" else True


def merged(node: Any, ended: Any) -> Oid | None:
    """Give the commit on the target branch; a fast-forward makes none, so that it is the head itself."""
    rest = ended or {}
    made = node["mergeCommitSha"] or rest.get("merge_commit_sha") or rest.get("squash_commit_sha")
    return Oid(made or node["diffHeadSha"]) if made or node["diffHeadSha"] else None


def job(node: Any) -> Check:
    """Read a job of GraphQL, which is also how statuses are shown there that were posted by API."""
    is_external = EXTERNAL in node["id"]
    shown = node["detailedStatus"] or {}
    label = (shown.get("label") or "") if is_external else ""
    ended = node["finishedAt"] or node["createdAt"]
    return Check(
        node["name"] or "",
        _CHECKS.get((node["status"] or "").lower(), "pending"),
        "" if is_external else CI,
        parse_time(ended) if ended else None,
        ((shown.get("detailsPath") if is_external else node["webPath"]) or ""),
        "" if label in _LABELS else label,
    )


def status(raw: Any) -> Check:
    """Read a status of REST that was posted by API."""
    ended = raw.get("finished_at") or raw.get("started_at") or raw.get("created_at")
    return Check(
        raw["name"],
        _CHECKS.get(raw["status"], "pending"),
        username(raw.get("author")),
        parse_time(ended) if ended else None,
        raw.get("target_url") or "",
        raw.get("description") or "",
    )


def in_order(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Sort checks by name and reporter."""
    return tuple(sorted(checks, key=lambda one: (one.name, one.reporter)))


def comment(node: Any, me: str, on: int = 0) -> Comment:
    """Read a note; `me`: whose reactions are ours; `on`: the merge request that it is on."""
    ours = {one["name"] for one in node["awardEmoji"]["nodes"] if username(one["user"]) == me}
    return Comment(
        str(number(node["id"])),
        username(node["author"]),
        node["body"],
        parse_time(node["createdAt"]),
        number=on,
        edited=node["lastEditedAt"] is not None,
        bot=bool((node["author"] or {}).get("bot")),
        receipt=next((receipt for name, receipt in _SHOWN if name in ours), None),
    )
