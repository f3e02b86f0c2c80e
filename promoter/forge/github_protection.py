"""What GitHub asks of a merge into a branch: rulesets and classic branch protection, read together.

Sources: "Get rules for a branch" (REST; the branch need not exist), `Ref.refUpdateRule` and `branchProtectionRule`
(GraphQL; the first is shown to everybody, the second may be hidden). Whether a rule may be bypassed is not asked: what
a person would have to bypass, promoter does not push.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from promoter.forge.github_connection import Connection
from promoter.model.forge import Protection
from promoter.model.names import Branch

METHODS: Final = ("merge", "squash", "rebase")
PUSHABLE: Final = frozenset({"creation", "deletion", "non_fast_forward", "required_linear_history"})
"""Rules that let one commit on top of a branch be pushed; under all others GitHub refuses a push, or may."""
_REF: Final = """ref(qualifiedName: $ref) {
  refUpdateRule {requiredApprovingReviewCount requiredStatusCheckContexts requiresLinearHistory viewerCanPush}
  branchProtectionRule {requiresStrictStatusChecks}
}"""
_QUERY: Final = (
    "query($owner: String!, $name: String!, $ref: String!) {repository(owner: $owner, name: $name) {"
    f"viewerPermission mergeCommitAllowed squashMergeAllowed rebaseMergeAllowed {_REF}}}}}"
)


@dataclass(frozen=True, slots=True)
class BranchRules:
    """What is asked of a merge, and how it must be done."""

    protection: Protection
    queue: bool = False
    """Only the merge queue may merge."""


class Protections:
    """Reads what branches ask for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, branch: Branch) -> BranchRules:
        """Give what merges into `branch` need."""
        place = self._connection.place
        names = {"owner": place.owner, "name": place.name, "ref": f"refs/heads/{branch}"}
        doing = f"read the protection of {branch}"
        found = self._connection.query(_QUERY, doing, may_hide="branchProtectionRule", **names)["repository"]
        path = f"/rules/branches/{quote(branch, safe='')}"
        rules = list(self._connection.every(path, f"read the rules of {branch}"))
        return _together(found, rules)


def _together(found: Any, rules: Iterable[Any]) -> BranchRules:
    allowed = {
        "merge": found["mergeCommitAllowed"],
        "squash": found["squashMergeAllowed"],
        "rebase": found["rebaseMergeAllowed"],
    }
    methods = {method for method in METHODS if allowed[method]}
    checks: list[str] = []
    approvals, strict, linear = 0, False, False
    may_push = found["viewerPermission"] not in ("READ", "TRIAGE")
    classic = (found["ref"] or {}).get("refUpdateRule")
    if classic:
        checks += [one for one in classic["requiredStatusCheckContexts"] or () if one]
        approvals = classic["requiredApprovingReviewCount"] or 0
        linear = classic["requiresLinearHistory"]
        may_push = may_push and classic["viewerCanPush"] and not checks and not approvals
        strict = bool((found["ref"].get("branchProtectionRule") or {}).get("requiresStrictStatusChecks"))
    kinds = set()
    for rule in rules:
        kind, asks = rule["type"], rule.get("parameters") or {}
        kinds.add(kind)
        checks += [one["context"] for one in asks.get("required_status_checks", ())]
        strict = strict or bool(asks.get("strict_required_status_checks_policy"))
        approvals = max(approvals, asks.get("required_approving_review_count", 0))
        if asks.get("allowed_merge_methods"):
            methods &= set(asks["allowed_merge_methods"])
    if linear or "required_linear_history" in kinds:
        methods.discard("merge")
    return BranchRules(
        Protection(
            may_push=may_push and kinds <= PUSHABLE,
            methods=tuple(method for method in METHODS if method in methods),
            required_checks=tuple(dict.fromkeys(checks)),
            required_approvals=approvals,
            up_to_date=strict,
        ),
        "merge_queue" in kinds,
    )
