"""What an event of GitHub Actions asks for.

Events and payloads: "Events that trigger workflows" and "Webhook events and payloads" in GitHub's documentation. A run
looks at everything by itself, so an event mostly says *when*; only `workflow_dispatch` and `repository_dispatch` say
*what*.

Invariants: those of `promoter.ci.request`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from promoter.ci.request import Request as Request
from promoter.ci.request import mapping_of, read_comment, read_release, text_of
from promoter.ci.request import read_inputs as read_inputs

RELEASE: Final = "promoter-release"
"""The `event_type` of a `repository_dispatch` that brings a new version from an app's own repository."""

TOLD: Final = frozenset({"opened", "reopened", "synchronize"})
"""What happens to a pull request that changes what merging it would reach."""


def read_event(name: str, payload: Mapping[str, Any], verbs: Collection[str], short: Collection[str]) -> Request:
    """Give what the event `name` asks for; `verbs` and `short` are those that `promoter.comments.parse` takes.

    Raises UsageError for a dispatch that names a release in words that mean nothing.
    """
    if name == "issue_comment":
        body = text_of(mapping_of(payload, "comment"), "body")
        return read_comment(body, is_new=payload.get("action") == "created", verbs=verbs, short=short)
    if name == "repository_dispatch" and payload.get("action") == RELEASE:
        return read_release(mapping_of(payload, "client_payload"), f"repository_dispatch {RELEASE}")
    if name == "workflow_dispatch":
        inputs = mapping_of(payload, "inputs")
        if text_of(inputs, "app"):
            return read_release(inputs, "workflow_dispatch")
    if name == "pull_request":
        return _pull(payload)
    return Request(why=name or "no event")


def _pull(payload: Mapping[str, Any]) -> Request:
    """Tell about what can be rendered without trusting a stranger: not what comes from a fork."""
    pull = mapping_of(payload, "pull_request")
    here, there = (
        text_of(mapping_of(mapping_of(pull, side), "repo"), "full_name") for side in ("base", "head")
    )  # fmt: skip
    number = payload.get("number")
    told = payload.get("action") in TOLD and here != "" and here == there and isinstance(number, int)
    return Request(why="pull_request", pull=number if told and isinstance(number, int) else 0)
