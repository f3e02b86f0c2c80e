"""What the test server asks of a merge, and says of it: `mergeable`, `mergeStateStatus`, `reviewDecision`."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from promoter.model.forge import Permission
from tests.github.records import CheckRun, Pull, Review, Rules, Status

if TYPE_CHECKING:
    from tests.github.hub import Hub


def rules(hub: Hub, branch: str) -> Rules:
    """Give what merges into `branch` need."""
    name = called(hub, branch)
    return Rules() if name is None else hub.rules[name]


def called(hub: Hub, branch: str) -> str | None:
    """Give the name, or the pattern, under which a branch has rules."""
    return next((name for name in hub.rules if fnmatchcase(branch, name)), None)


def opinions(pull: Pull) -> list[Review]:
    """Give the newest opinion of every reviewer."""
    newest: dict[str, Review] = {}
    for one in pull.reviews:
        if one.state != "COMMENTED":
            newest.pop(one.user, None)
            newest[one.user] = one
    return list(newest.values())


def newest_statuses(hub: Hub, commit: str) -> list[Status]:
    """Give the newest status of every context, whoever posted it."""
    newest = {one.context: one for one in hub.statuses.get(commit, ())}
    return sorted(newest.values(), key=lambda one: one.context)


def newest_runs(hub: Hub, commit: str) -> list[CheckRun]:
    """Give the newest check run of every name in every suite."""
    newest = {(one.name, one.app, one.suite): one for one in hub.runs.get(commit, ())}
    return list(newest.values())


def passed(hub: Hub, commit: str, name: str) -> bool:
    """Tell whether a required check has passed."""
    words = [one.state for one in newest_statuses(hub, commit) if one.context == name]
    words += [one.conclusion or "pending" for one in newest_runs(hub, commit) if one.name == name]
    return bool(words) and set(words) <= {"success", "neutral", "skipped"}


def decision(hub: Hub, pull: Pull) -> str | None:
    """Give `reviewDecision`."""
    wanted = rules(hub, pull.base_branch).approvals
    count = [one for one in opinions(pull) if hub.people.may(one.user, Permission.WRITE)]
    if any(one.state == "CHANGES_REQUESTED" for one in count):
        return "CHANGES_REQUESTED"
    if not wanted:
        return None
    return "APPROVED" if sum(one.state == "APPROVED" for one in count) >= wanted else "REVIEW_REQUIRED"


def mergeable(hub: Hub, pull: Pull) -> str:
    """Give `mergeable`."""
    base = hub.content.tip(pull.base_branch)
    if pull.state != "OPEN" or base is None or pull.looked <= hub.slow_mergeable:
        return "UNKNOWN"
    return "MERGEABLE" if hub.content.fits(base, pull.head) else "CONFLICTING"


def state(hub: Hub, pull: Pull) -> str:
    """Give `mergeStateStatus`."""
    known = mergeable(hub, pull)
    if known != "MERGEABLE":
        return "UNKNOWN" if known == "UNKNOWN" else "DIRTY"
    wanted = rules(hub, pull.base_branch)
    if pull.draft or _unmet(hub, pull, wanted):
        return "BLOCKED"
    if wanted.strict and _behind(hub, pull):
        return "BEHIND"
    loud = [one for one in newest_statuses(hub, pull.head) if one.state != "success"]
    return "UNSTABLE" if loud else "CLEAN"


def refusal(hub: Hub, pull: Pull, method: str) -> str:
    """Say why a pull request may not be merged; empty when it may."""
    wanted = rules(hub, pull.base_branch)
    if pull.draft:
        return "Pull Request is still a draft"
    if wanted.queue:
        return "Repository rule violations found\n\nChanges must be made through the merge queue"
    if method not in hub.methods or method not in wanted.methods:
        return f"{method.capitalize()} merges are not allowed on this repository."
    if wanted.strict and _behind(hub, pull):
        return "Head branch is not up to date with the base branch."
    return _unmet(hub, pull, wanted)


def _unmet(hub: Hub, pull: Pull, wanted: Rules) -> str:
    for name in wanted.checks:
        if not passed(hub, pull.head, name):
            return f'Required status check "{name}" is expected.'
    if decision(hub, pull) in ("REVIEW_REQUIRED", "CHANGES_REQUESTED") and wanted.approvals:
        return "At least 1 approving review is required by reviewers with write access."
    return ""


def _behind(hub: Hub, pull: Pull) -> bool:
    base = hub.content.tip(pull.base_branch)
    return base is not None and not hub.content.contains(pull.head, base)
