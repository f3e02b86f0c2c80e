"""What started a pipeline, and what it asks for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from promoter.ci.request import Request
from promoter.errors import PromoterError
from promoter.gitlab_ci.event import read_pipeline
from promoter.run.heard import Said

VERBS = ("hold", "promote", "rollback")
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def asks(env: dict[str, str], payload: dict[str, Any] | None = None) -> Request:
    return read_pipeline(env, payload or {}, VERBS, (), NOW)


@pytest.mark.parametrize(
    "source", ["push", "schedule", "web", "api", "trigger", "pipeline", "chat", "parent_pipeline", "", "unheard_of"]
)
def test_most_sources_only_say_when(source: str) -> None:
    found = asks({"CI_PIPELINE_SOURCE": source, "CI_COMMIT_BRANCH": "main"})
    assert (found.run, found.releases, found.pull, found.say) == (True, False, 0, "")
    assert found.why == {"push": "a push to main", "": "no pipeline"}.get(source, source)


@pytest.mark.parametrize(
    ("env", "pull"),
    [
        ({"CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "5", "CI_MERGE_REQUEST_PROJECT_ID": "5"}, 7),
        ({"CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "6", "CI_MERGE_REQUEST_PROJECT_ID": "5"}, 0),
        ({"CI_MERGE_REQUEST_PROJECT_ID": "5"}, 0),
        ({}, 0),
        (
            {
                "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "5",
                "CI_MERGE_REQUEST_PROJECT_ID": "5",
                "CI_MERGE_REQUEST_IID": "x",
            },
            0,
        ),
    ],
)
def test_a_merge_request_of_this_project_is_told_about(env: dict[str, str], pull: int) -> None:
    given = {"CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_IID": "7", **env}
    assert (asks(given).run, asks(given).pull) == (True, pull)


def note(body: str, **changed: Any) -> dict[str, Any]:
    what = {"note": body, "noteable_type": "MergeRequest", "action": "create", "system": False, **changed}
    return {"object_kind": "note", "object_attributes": what}


@pytest.mark.parametrize(
    ("payload", "run"),
    [
        (note("/promoter hold"), True),
        (note("/promoter holt"), True),  # it gets an answer
        (note("/promoter hold", noteable_type="Issue"), True),
        (note("/hold"), False),
        (note("> /promoter hold"), False),
        (note("Nice!"), False),
        (note("/promoter hold", action="update"), False),
        (note("/promoter hold", system=True), False),
        (note("/promoter hold", noteable_type="Commit"), False),
        ({"object_kind": "note"}, False),
        ({"object_kind": "note", "object_attributes": 3}, False),
        ({"object_kind": "emoji", "object_attributes": {"name": "thumbsup"}}, False),
        ({"object_kind": "push", "ref": "refs/heads/main"}, True),
        ({"object_kind": "deployment"}, True),
        ({"object_kind": 3}, True),
        ({"hello": "world"}, True),
    ],
)
def test_a_web_hook_says_when(payload: dict[str, Any], run: bool) -> None:
    found = asks({"CI_PIPELINE_SOURCE": "trigger"}, payload)
    assert (found.run, found.releases, found.pull) == (run, False, 0)


def test_a_comment_of_a_server_that_sends_no_action_is_new() -> None:
    payload = note("/promoter hold")
    del payload["object_attributes"]["action"]
    assert asks({}, payload).run


@pytest.mark.parametrize(
    ("what", "pull"),
    [
        ({"action": "open"}, 7),
        ({"action": "reopen"}, 7),
        ({"action": "update", "oldrev": "3f2a91c"}, 7),
        ({"action": "update"}, 0),
        ({"action": "approved"}, 0),
        ({"action": "merge"}, 0),
        ({"action": "open", "source_project_id": 6}, 0),
        ({"action": "open", "source_project_id": None, "target_project_id": None}, 0),
        ({"action": "open", "iid": "7; rm"}, 0),
    ],
)
def test_the_hook_of_a_merge_request(what: dict[str, Any], pull: int) -> None:
    payload = {
        "object_kind": "merge_request",
        "object_attributes": {"iid": 7, "source_project_id": 5, "target_project_id": 5, **what},
    }
    assert (asks({}, payload).run, asks({}, payload).pull) == (True, pull)


@pytest.mark.parametrize("source", ["api", "trigger", "web", "pipeline", "schedule"])
def test_variables_may_bring_a_release(source: str) -> None:
    env = {"CI_PIPELINE_SOURCE": source, "PROMOTER_APP": "shop"}
    assert asks({**env, "PROMOTER_VERSION": "1.4.2"}).version == "1.4.2"
    assert asks({**env, "PROMOTER_IMAGES": "a=1 b=2"}).images == {"a": "1", "b": "2"}
    for bad in ({}, {"PROMOTER_VERSION": "$(id)"}, {"PROMOTER_IMAGES": "a=1; rm"}, {"PROMOTER_IMAGES": "a"}):
        with pytest.raises(PromoterError):
            asks({**env, **bad})


def test_a_word_is_bound_to_its_pipeline() -> None:
    env = {
        "PROMOTER_SAY": ' hold shop "INC-412" ',
        "CI_PIPELINE_ID": "7",
        "CI_PIPELINE_CREATED_AT": "2026-11-20T11:00:00Z",
    }
    found = asks(env)
    assert (found.say, found.releases) == ('hold shop "INC-412"', False)
    assert found.said == Said("pipeline/7", NOW - timedelta(hours=1), wants_head=False)
    for at in ("", "yesterday", "2026-11-20T11:00:00"):
        assert asks({**env, "CI_PIPELINE_CREATED_AT": at}).said == Said("pipeline/7", NOW, wants_head=False)
    assert asks({**env, "PROMOTER_APP": "shop", "PROMOTER_VERSION": "1"}).releases
