"""What started a pipeline of GitLab, and what it asks for.

Sources: "Predefined CI/CD variables" (`CI_PIPELINE_SOURCE`), "Use a webhook to trigger a pipeline" (the payload comes
as a file that `TRIGGER_PAYLOAD` names), "Webhook events". A run looks at everything by itself, so most of it only says
*when*; only the job's own variables and a merge request say *what*.

Invariants: those of `promoter.ci.request`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from promoter.ci.request import NAMED, Request, mapping_of, read_comment, read_inputs, text_of
from promoter.model.state import stamp
from promoter.run.heard import Said

VARIABLES: Final = {name: f"PROMOTER_{name.upper()}" for name in NAMED}
"""What names a release -> the variable that says it."""
SAY: Final = "PROMOTER_SAY"
MERGE_REQUEST: Final = "merge_request_event"
_COMMENTED: Final = frozenset({"MergeRequest", "Issue"})
_TOLD: Final = frozenset({"open", "reopen"})


def read_pipeline(
    env: Mapping[str, str], payload: Mapping[str, Any], verbs: Collection[str], short: Collection[str], now: datetime
) -> Request:
    """Give what a job with the variables `env` is asked for.

    `payload`: of the web hook that started the pipeline, empty without one; `verbs` and `short` are those that
    `promoter.comments.parse` takes. Raises UsageError for a release in words that mean nothing.
    """
    asked = read_inputs({name: env.get(variable, "") for name, variable in VARIABLES.items()})
    line = env.get(SAY, "").strip()
    if asked is not None or line:
        found = asked or Request(why=f"what {SAY} says")
        return replace(found, say=line, said=_said(env, now)) if line else found
    source = env.get("CI_PIPELINE_SOURCE", "")
    if payload:
        return _hook(payload, verbs, short)
    if source == MERGE_REQUEST:
        ours = env.get("CI_MERGE_REQUEST_PROJECT_ID", "") == env.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID")
        return Request(why="a merge request", pull=_number(env.get("CI_MERGE_REQUEST_IID")) if ours else 0)
    if source == "push" and env.get("CI_COMMIT_BRANCH"):
        return Request(why=f"a push to {env['CI_COMMIT_BRANCH']}")
    return Request(why=source or "no pipeline")


def _said(env: Mapping[str, str], now: datetime) -> Said:
    """Name the pipeline: a job of it that is retried says nothing twice."""
    try:
        at = datetime.fromisoformat(env.get("CI_PIPELINE_CREATED_AT", ""))
    except ValueError:
        at = now
    at = at if at.tzinfo is not None else now
    return Said(f"pipeline/{env.get('CI_PIPELINE_ID') or stamp(now)}", at, wants_head=False)


def _hook(payload: Mapping[str, Any], verbs: Collection[str], short: Collection[str]) -> Request:
    kind, what = text_of(payload, "object_kind"), mapping_of(payload, "object_attributes")
    if kind == "emoji":
        return Request(run=False, why="an emoji says nothing")
    if kind == "note":
        if text_of(what, "noteable_type") not in _COMMENTED or what.get("system") is True:
            return Request(run=False, why="a comment that is no business of ours")
        # servers before 16.11 send no action, and nothing when a comment is changed
        is_new = text_of(what, "action") in ("", "create")
        return read_comment(text_of(what, "note"), is_new=is_new, verbs=verbs, short=short)
    if kind == "merge_request":
        there = what.get("source_project_id")
        ours = there is not None and there == what.get("target_project_id")
        action = text_of(what, "action")
        told = action in _TOLD or (action == "update" and bool(what.get("oldrev")))
        return Request(why="a merge request's web hook", pull=_number(what.get("iid")) if ours and told else 0)
    return Request(why=f"the web hook {kind}" if kind else "a web hook")


def _number(value: object) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
