"""What GitLab asks of a merge into a branch: the project's settings, protected branches and approval rules.

`merge` is a merge commit, also after a squash; where the project merges by fast-forward, `rebase` is the head itself,
and a branch that is behind is not merged. A pipeline that must pass is the
required check `pipeline`, threads that must be resolved are `threads`.
Sources: "Projects API" (`merge_method`, `squash_option`, `only_allow_merge_if_pipeline_succeeds`), "Protected branches
API", "Merge request approvals API" (paid tiers).
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any, Final

from promoter.errors import Rejected
from promoter.forge.gitlab_connection import Connection
from promoter.forge.gitlab_nodes import PIPELINE, THREADS
from promoter.forge.retry import NotThere
from promoter.model.forge import Protection
from promoter.model.names import Branch

WRITE: Final = 30
"""Developer."""
_DEMANDS: Final = {
    PIPELINE: "only_allow_merge_if_pipeline_succeeds",
    THREADS: "only_allow_merge_if_all_discussions_are_resolved",
}
"""The name of a check -> the project's setting that demands it."""


class Protections:
    """Reads what branches ask for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, branch: Branch) -> Protection:
        """Give what merges into `branch` need."""
        doing = f"read the protection of {branch}"
        project = self._connection.get("", doing)
        rules = self.rules(branch, doing)
        method = project.get("merge_method", "merge")
        ours = our_level(project)
        return Protection(
            may_push=ours >= WRITE and all(pushes(rule, ours, self._connection.me.id) for rule in rules[:1]),
            methods=methods(method, project.get("squash_option", "default_off")),
            required_checks=tuple(name for name, setting in _DEMANDS.items() if project.get(setting)),
            required_approvals=self._approvals(branch, doing, bool(rules)),
            up_to_date=method in ("rebase_merge", "ff"),
        )

    def rules(self, branch: Branch, doing: str) -> list[Any]:
        """Give the protections that a branch has, by name and by pattern, merged to one: the most permissive counts."""
        every = list(self._connection.every("/protected_branches", doing))
        found = [one for one in every if fits(one["name"], branch)]
        if not found:
            return []
        together = dict(found[0])
        for key in ("push_access_levels", "merge_access_levels"):
            together[key] = [level for one in found for level in one.get(key, ())]
        together["allow_force_push"] = any(one.get("allow_force_push") for one in found)
        return [together]

    def _approvals(self, branch: Branch, doing: str, protected: bool) -> int:
        """Give how many approvals are needed: the most of any rule that covers the branch."""
        try:
            found = list(self._connection.every("/approval_rules", doing))
        except (NotThere, Rejected):
            return 0  # the free tier has none
        return max((one["approvals_required"] for one in found if _covers(one, branch, protected)), default=0)


def methods(method: str, squash: str) -> tuple[str, ...]:
    """Give the ways to merge, in promoter's words."""
    whole = "rebase" if method == "ff" else "merge"
    return tuple(one for one, off in ((whole, "always"), ("squash", "never")) if squash != off)


def our_level(project: Any) -> int:
    """Give our access level, by the project or its group."""
    rights = project.get("permissions") or {}
    return max((one["access_level"] for one in rights.values() if one), default=0)


def fits(pattern: str, branch: str) -> bool:
    """Tell whether a protected branch's name, in which `*` stands for anything, is about `branch`."""
    return fnmatchcase(branch, pattern.replace("[", "[[]").replace("?", "[?]"))


def pushes(rule: Any, level: int, me: int) -> bool:
    """Tell whether somebody with that access level may push."""
    return any(
        one.get("user_id") == me
        or (
            one.get("user_id") is None
            and one.get("group_id") is None
            and one.get("deploy_key_id") is None
            and one.get("access_level")
            and level >= one["access_level"]
        )
        for one in rule.get("push_access_levels", ())
    )


def _covers(rule: Any, branch: Branch, protected: bool) -> bool:
    named: Iterable[Any] = rule.get("protected_branches") or ()
    if rule.get("applies_to_all_protected_branches"):
        return protected
    return not named or any(fits(one["name"], branch) for one in named)
