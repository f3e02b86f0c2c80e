"""What people may have meant by a key that is not known: near spellings, and the words of other tools."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection

_OTHER_TOOLS = {
    # Kargo, GitOps Promoter, Argo CD, Flux, GitLab and GitHub, and what people try.
    "dependsOn": "after",
    "depends_on": "after",
    "needs": "after",
    "requires": "after",
    "previous": "after",
    "before": "after",
    "stages": "environments",
    "promotionPolicies": "environments",
    "promotionPolicy": "policy",
    "auto": "promote: auto",
    "autoMerge": "promote: auto",
    "auto_merge": "promote: auto",
    "automerge": "promote: auto",
    "autoPromotion": "promote: auto",
    "autoPromotionEnabled": "promote: auto",
    "manual": "promote: review",
    "requiredSoakTime": "verify: {soak: 1h} on the environment before",
    "soakTime": "verify: {soak: 1h}",
    "soak_time": "verify: {soak: 1h}",
    "bakeTime": "verify: {soak: 1h}",
    "bake_time": "verify: {soak: 1h}",
    "soak": "verify: {soak: 1h}",
    "health": "verify: {health: true}",
    "within": "verify: {within: 1h}",
    "timeout": "verify: {within: 1h}",
    "onFailure": "on_failure",
    "autoRollback": "verify: {on_failure: rollback}",
    "auto_rollback": "verify: {on_failure: rollback}",
    "verification": "verify",
    "approvals": "gates: {approvals: 1}",
    "approvers": "gates: {approvals: {count: 1, from: [team:NAME]}}",
    "reviewers": "pull_request: {reviewers: [codeowners]}",
    "labels": "pull_request: {labels: [production]}",
    "required": "count",
    "proposedCommitStatuses": "gates: {checks: [NAME]}",
    "activeCommitStatuses": "verify: {checks: [NAME]}",
    "commitStatuses": "gates: {checks: [NAME]}",
    "statuses": "checks",
    "checks": "gates: {checks: [NAME]}",
    "reporters": "from",
    "branch": 'layout: {branch: "environment/{environment}", path: "{app}"}',
    "cluster": "clusters",
    "applications": "apps",
    "services": "apps",
    "components": "apps",
    "image": "images",
    "chart": "charts",
    "source": "path",
    "sourcePath": "path",
    "dir": "path",
    "directory": "path",
    "folder": "path",
    "renderer": "render",
    "constraint": "semver",
    "semverConstraint": "semver",
    "allowTags": "tags",
    "permissions": "allow",
    "timeZone": "timezone",
    "start": "from",
    "end": "until",
}


def guess(word: str, known: Collection[str]) -> str:
    """Give `; did you mean X?` when one of `known` is near `word`, else nothing."""
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


def unknown_key(key: str, known: Collection[str]) -> str:
    """Say that `key` is none of `known`, and what was meant."""
    said = f"unknown key {key}"
    snake = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", key).replace("-", "_").lower()
    if snake in known:
        return f"{said}; did you mean {snake}?"
    meant = _OTHER_TOOLS.get(key)
    first = (meant or "").split(":")[0]
    if meant and first in known:
        return f"{said}; did you mean {meant}?"
    near = guess(key, known)
    return said + (near or f"; there is {', '.join(sorted(known))}")
