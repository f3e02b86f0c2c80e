"""What an event of GitHub Actions asks for.

Events and payloads: "Events that trigger workflows" and "Webhook events and payloads" in GitHub's documentation. A run
looks at everything by itself, so an event mostly says *when*; only `workflow_dispatch` and `repository_dispatch` say
*what*.

Invariants: nothing of an event's text becomes a program's argument but words that the grammar of the verbs knows; an
event that cannot be understood asks for an ordinary run, never for less care.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from promoter.comments.parse import parse
from promoter.errors import UsageError
from promoter.layout.tag import check_pin

RELEASE: Final = "promoter-release"
"""The `event_type` of a `repository_dispatch` that brings a new version from an app's own repository."""

TOLD: Final = frozenset({"opened", "reopened", "synchronize"})
"""What happens to a pull request that changes what merging it would reach."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to do: a release first where one is asked for, then a run, or nothing at all."""

    run: bool = True
    why: str = ""
    """What woke us, in a sentence."""
    app: str = ""
    version: str = ""
    pull: int = 0
    """The pull request of a person that is to be told what merging it would reach; 0: none."""
    images: Mapping[str, str] = field(default_factory=dict)
    """Image name -> tag, with or without a digest."""

    @property
    def releases(self) -> bool:
        """Whether a release is asked for."""
        return bool(self.app)


def read_event(name: str, payload: Mapping[str, Any], verbs: Collection[str], short: Collection[str]) -> Request:
    """Give what the event `name` asks for; `verbs` and `short` are those that `promoter.comments.parse` takes.

    Raises UsageError for a dispatch that names a release in words that mean nothing.
    """
    if name == "issue_comment":
        return _comment(payload, verbs, short)
    if name == "repository_dispatch" and payload.get("action") == RELEASE:
        return _release(_mapping(payload, "client_payload"), f"repository_dispatch {RELEASE}")
    if name == "workflow_dispatch":
        inputs = _mapping(payload, "inputs")
        if _text(inputs, "app"):
            return _release(inputs, "workflow_dispatch")
    if name == "pull_request":
        return _pull(payload)
    return Request(why=name or "no event")


def read_inputs(words: Mapping[str, Any]) -> Request | None:
    """Give the release that the inputs of a step name: `app`, `version`, `images`; None when they name none.

    Raises UsageError.
    """
    if not any(_text(words, key) for key in ("app", "version", "images")):
        return None
    return _release({key: value for key, value in words.items() if value}, "the step's inputs")


def _pull(payload: Mapping[str, Any]) -> Request:
    """Tell about what can be rendered without trusting a stranger: not what comes from a fork."""
    pull = _mapping(payload, "pull_request")
    here, there = (
        _text(_mapping(_mapping(pull, side), "repo"), "full_name") for side in ("base", "head")
    )  # fmt: skip
    number = payload.get("number")
    told = payload.get("action") in TOLD and here != "" and here == there and isinstance(number, int)
    return Request(why="pull_request", pull=number if told and isinstance(number, int) else 0)


def _comment(payload: Mapping[str, Any], verbs: Collection[str], short: Collection[str]) -> Request:
    """A comment without a command, a changed or a removed one, is nobody's business."""
    if payload.get("action") != "created":
        return Request(run=False, why="a comment was changed or removed")
    body = _text(_mapping(payload, "comment"), "body")
    if not parse(body, verbs, short):
        return Request(run=False, why="a comment without a command")
    return Request(why="a command in a comment")


def _release(words: Mapping[str, Any], why: str) -> Request:
    app, version = _text(words, "app"), _text(words, "version")
    images = words.get("images")
    if isinstance(images, str):
        images = dict(_pair(part) for part in images.split())
    if images is not None and not isinstance(images, Mapping):
        raise UsageError(f"{why}: images is no mapping of image names to tags")
    found = {str(name): str(tag) for name, tag in (images or {}).items()}
    if not app:
        raise UsageError(f"{why}: app is missing", 'Send {"app": "shop", "version": "1.4.2"}.')
    if not version and not found:
        raise UsageError(f"{why}: neither a version nor images", 'Send {"app": "shop", "version": "1.4.2"}.')
    if version and found:
        raise UsageError(f"{why}: a version, or images with theirs, not both")
    for pin in (version, *found.values()):
        if pin:
            check_pin(pin)
    return Request(why=why, app=app, version=version, images=found)


def _pair(text: str) -> tuple[str, str]:
    name, equals, tag = text.rpartition("=")
    if not equals or not name or not tag:
        raise UsageError(f"{text} is not NAME=TAG")
    return name, tag


def _mapping(payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = payload.get(key)
    return found if isinstance(found, Mapping) else {}


def _text(payload: Mapping[str, Any], key: str) -> str:
    found = payload.get(key)
    return found.strip() if isinstance(found, str) else ""
