"""What the GitLab of the tests asks of a merge, in the order in which GitLab looks: `detailed_merge_status`."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tests.gitlab.records import Guard, Merge

if TYPE_CHECKING:
    from tests.gitlab.hub import Hub


def known(hub: Hub, merge: Merge) -> bool:
    """Tell whether GitLab has found out by now."""
    return merge.looked > hub.slow or not hub.slow


def guard(hub: Hub, branch: str) -> Guard | None:
    """Give a protection of a branch."""
    return next((one for one in hub.guards if fnmatchcase(branch, one.name)), None)


def required(hub: Hub, branch: str) -> int:
    """Give how many approvals are needed."""
    if not hub.settings.paid:
        return 0
    covering = [
        one.required
        for one in hub.rules
        if (one.every and guard(hub, branch)) or (not one.every and (not one.branches or branch in one.branches))
    ]
    return max(covering, default=0)


def approved(hub: Hub, merge: Merge) -> bool:
    """Tell whether enough people approved who count."""
    count = [user for user in merge.approvals if hub.people.level(user) >= 30 and user != merge.author]
    return len(count) >= required(hub, merge.target)


def detailed(hub: Hub, merge: Merge) -> str:
    """Give the first thing that is missing, or `mergeable`."""
    target = hub.content.tip(merge.target)
    if merge.state != "opened":
        return "not_open"
    if merge.draft:
        return "draft_status"
    if target is None or hub.content.contains(target, merge.head):
        return "commits_status"
    if hub.settings.resolved and merge.threads:
        return "discussions_not_resolved"
    if hub.settings.pipeline:
        pipeline = hub.pipelines.head(merge)
        if pipeline is None or pipeline.status in ("failed", "canceled", "skipped"):
            return "ci_must_pass"
        if pipeline.status != "success":
            return "ci_still_running"
    if not approved(hub, merge):
        return "not_approved"
    if hub.settings.paid and "REQUESTED_CHANGES" in merge.reviewers.values() and hub.rules:
        return "requested_changes"
    if any(state != "passed" for state in merge.external.values()):
        return "status_checks_must_pass"
    if not hub.content.fits(target, merge.head):
        return "conflict"
    return "need_rebase" if behind(hub, merge) else "mergeable"


def behind(hub: Hub, merge: Merge) -> bool:
    """Tell whether the project's method does not take a branch that is behind."""
    target = hub.content.tip(merge.target)
    return (
        hub.settings.method in ("rebase_merge", "ff")
        and target is not None
        and not hub.content.contains(merge.head, target)
    )


def coarse(hub: Hub, merge: Merge) -> str:
    """Give `mergeStatusEnum`: only whether there are conflicts."""
    target = hub.content.tip(merge.target)
    if not known(hub, merge):
        return "UNCHECKED"
    fits = target is not None and hub.content.has(merge.head) and hub.content.fits(target, merge.head)
    return "CAN_BE_MERGED" if fits else "CANNOT_BE_MERGED"
