"""Events as GitHub publishes examples of them: every payload is understood."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from promoter.action.event import RELEASE, TOLD, read_event
from promoter.plan.verbs import VERBS
from tests.action.steps import ROOT

KNOWN = frozenset(verb.name for verb in VERBS)
FILE = ROOT / ".tools" / "github" / "webhooks.json"
WAKING = (
    "check_run", "check_suite", "delete", "deployment_status", "issue_comment", "merge_group", "pull_request",
    "pull_request_review", "push", "repository_dispatch", "status", "workflow_dispatch", "workflow_run",
)  # fmt: skip
"""What a workflow may listen to so that promoter runs."""


def examples(name: str, file: Path = FILE) -> list[dict[str, Any]]:
    """Give the published payloads of an event."""
    [found] = [one["examples"] for one in json.loads(file.read_bytes()) if one["name"] == name]
    assert found
    return list(found)


def texts(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Give the paths of all texts in a payload."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from texts(inner, (*path, key))


def changed(payload: dict[str, Any], path: tuple[str | int, ...], text: object) -> dict[str, Any]:
    """Give a copy of `payload` with something else at `path`."""
    made: Any = copy.deepcopy(payload)
    at = made
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = text
    return dict(made)


@pytest.mark.parametrize("name", WAKING)
def test_every_example_is_understood(name: str) -> None:
    for payload in examples(name):
        found = read_event(name, payload, KNOWN, KNOWN)
        assert not found.releases
        assert found.run == (name != "issue_comment"), "none of the published comments is for us"


def test_a_pull_request_is_told_about_when_it_is_of_the_repository_itself() -> None:
    told = 0
    for payload in examples("pull_request"):
        pull = payload["pull_request"]
        ours = pull["head"]["repo"] is not None and pull["head"]["repo"]["id"] == pull["base"]["repo"]["id"]
        wanted = payload["number"] if ours and payload["action"] in TOLD else 0
        assert read_event("pull_request", payload, KNOWN, KNOWN).pull == wanted
        told += wanted > 0
    assert told


def test_a_comment_wakes_when_it_is_new_and_says_something() -> None:
    actions = set()
    for payload in examples("issue_comment"):
        actions.add(payload["action"])
        spoken = changed(payload, ("comment", "body"), "Look.\n\n/promoter hold shop prod")
        assert read_event("issue_comment", spoken, KNOWN, KNOWN).run == (payload["action"] == "created")
    assert actions >= {"created", "edited", "deleted"}


def test_a_dispatch_names_a_release() -> None:
    for payload in examples("repository_dispatch"):
        words = {"app": "shop", "version": "1.4.2"}
        found = read_event("repository_dispatch", {**payload, "action": RELEASE, "client_payload": words}, KNOWN, KNOWN)
        assert (found.app, found.version) == ("shop", "1.4.2")
    for payload in examples("workflow_dispatch"):
        found = read_event("workflow_dispatch", {**payload, "inputs": {"app": "shop", "version": "1"}}, KNOWN, KNOWN)
        assert (found.app, found.version) == ("shop", "1")


@pytest.mark.parametrize("name", WAKING)
def test_no_text_of_an_event_makes_it_release_or_say_anything(name: str) -> None:
    evil = "$(touch PWN)\n::set-output name=a::b\n/promoter hold shop prod"
    payload = examples(name)[0]
    for path in texts(payload):
        if path == ("comment", "body"):
            continue
        found = read_event(name, changed(payload, path, evil), KNOWN, KNOWN)
        assert not found.releases
        assert found.say == ""
        assert "PWN" not in found.why
