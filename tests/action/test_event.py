"""What events ask for."""

from __future__ import annotations

from typing import Any

import pytest

from promoter.action.event import RELEASE, Request, read_event, read_inputs
from promoter.errors import PromoterError

VERBS = ("hold", "promote", "rollback")
COMMENT = {"action": "created", "comment": {"body": "/promoter hold"}}


def asks(name: str, payload: dict[str, Any]) -> Request:
    return read_event(name, payload, VERBS, ("hold",))


@pytest.mark.parametrize(
    "name",
    [
        "push",
        "pull_request",
        "pull_request_review",
        "status",
        "workflow_run",
        "schedule",
        "check_run",
        "",
        "unheard_of",
    ],
)
def test_most_events_only_say_when(name: str) -> None:
    for payload in ({}, {"inputs": None}, {"client_payload": {"app": "shop", "version": "1"}}, {"comment": 3}):
        found = asks(name, payload)
        assert (found.run, found.releases) == (True, False)


FLEET = {"repo": {"full_name": "acme/fleet"}}


@pytest.mark.parametrize(
    ("payload", "pull"),
    [
        ({"action": "opened", "number": 7, "pull_request": {"base": FLEET, "head": FLEET}}, 7),
        ({"action": "synchronize", "number": 7, "pull_request": {"base": FLEET, "head": FLEET}}, 7),
        ({"action": "closed", "number": 7, "pull_request": {"base": FLEET, "head": FLEET}}, 0),
        ({"action": "opened", "number": 7, "pull_request": {"base": FLEET, "head": {"repo": {"full_name": "e/x"}}}}, 0),
        ({"action": "opened", "number": 7, "pull_request": {"base": FLEET, "head": {"repo": None}}}, 0),
        ({"action": "opened", "number": "7", "pull_request": {"base": FLEET, "head": FLEET}}, 0),
        ({"action": "opened", "number": 7}, 0),
    ],
)
def test_a_pull_request_of_this_repository_is_told_about(payload: dict[str, Any], pull: int) -> None:
    found = asks("pull_request", payload)
    assert (found.run, found.pull) == (True, pull)


@pytest.mark.parametrize(
    ("payload", "run"),
    [
        (COMMENT, True),
        ({"action": "created", "comment": {"body": "/hold prod"}}, True),
        ({"action": "created", "comment": {"body": "/promoter holt"}}, True),  # it gets an answer
        ({**COMMENT, "action": "edited"}, False),
        ({**COMMENT, "action": "deleted"}, False),
        ({"action": "created", "comment": {"body": "> /promoter hold"}}, False),
        ({"action": "created", "comment": {"body": "/rollback"}}, False),
        ({"action": "created", "comment": None}, False),
        ({}, False),
    ],
)
def test_a_comment_wakes_us_when_it_is_a_command(payload: dict[str, Any], run: bool) -> None:
    assert asks("issue_comment", payload).run is run


@pytest.mark.parametrize(
    ("words", "version", "images"),
    [
        ({"app": "shop", "version": "1.4.2"}, "1.4.2", {}),
        ({"app": " shop ", "version": " 1.4.2\n"}, "1.4.2", {}),
        ({"app": "shop", "images": {"ghcr.io/acme/shop": "1.4.2"}}, "", {"ghcr.io/acme/shop": "1.4.2"}),
        ({"app": "shop", "images": "a=1 b=2\nc=3"}, "", {"a": "1", "b": "2", "c": "3"}),
    ],
)
def test_a_dispatch_may_bring_a_release(words: dict[str, Any], version: str, images: dict[str, str]) -> None:
    dispatch = asks("repository_dispatch", {"action": RELEASE, "client_payload": words})
    for found in (dispatch, asks("workflow_dispatch", {"inputs": words}), read_inputs(words)):
        assert found is not None
        assert (found.app, found.version, dict(found.images)) == ("shop", version, images)
    assert not asks("repository_dispatch", {"action": "something-else", "client_payload": words}).releases


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"version": "1"}, "app is missing"),
        ({"app": "shop"}, "neither a version nor images"),
        ({"app": "shop", "version": "1", "images": {"a": "1"}}, "not both"),
        ({"app": "shop", "images": "a"}, "a is not NAME=TAG"),
        ({"app": "shop", "images": [1]}, "images is no mapping"),
        ({"app": "shop", "version": "$(id)"}, r"\$\(id\)"),
        ({"app": "shop", "images": {"a": "1; rm -rf"}}, "rm -rf"),
        ({"app": "shop", "version": "1", "labels": ["a;b"]}, "a;b is not a label"),
        ({"app": "shop", "version": "1", "labels": {"a": "b"}}, "labels is no list"),
        ({"app": "shop", "version": "1", "labels": [1]}, "labels is no list"),
        ({"labels": "hotfix"}, "app is missing"),
    ],
)
def test_what_means_nothing_is_refused(words: dict[str, Any], said: str) -> None:
    with pytest.raises(PromoterError, match=said):
        asks("repository_dispatch", {"action": RELEASE, "client_payload": words})


@pytest.mark.parametrize(
    ("labels", "found"),
    [("", ()), ("hotfix", ("hotfix",)), ("a, b 1\n a", ("a", "b 1")), (["a", "b"], ("a", "b")), ([], ())],
)
def test_a_release_may_bring_labels(labels: object, found: tuple[str, ...]) -> None:
    words = {"app": "shop", "version": "1.4.2", "labels": labels}
    assert asks("repository_dispatch", {"action": RELEASE, "client_payload": words}).labels == found


def test_no_inputs_ask_for_nothing() -> None:
    assert read_inputs({"app": "", "version": "", "images": ""}) is None
    assert not asks("workflow_dispatch", {"inputs": {"app": ""}}).releases
