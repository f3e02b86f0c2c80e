"""What a CI job is asked for: a run, what somebody says, and a release before it.

Invariants: nothing of an event's text becomes a program's argument but words that the grammar of the verbs knows; what
cannot be understood asks for an ordinary run, never for less care.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from promoter.comments.parse import parse
from promoter.errors import UsageError
from promoter.layout.tag import check_pin
from promoter.model.release import is_label
from promoter.run.heard import Said

NAMED = ("app", "version", "images", "labels")
"""What names a release."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to do: a release first where one is asked for, then what is said, then a run; or nothing at all."""

    run: bool = True
    why: str = ""
    """What woke us, in a sentence."""
    app: str = ""
    version: str = ""
    pull: int = 0
    """The pull request of a person that is to be told what merging it would reach; 0: none."""
    images: Mapping[str, str] = field(default_factory=dict)
    """Image name -> tag, with or without a digest."""
    labels: tuple[str, ...] = ()
    """Of the release."""
    say: str = ""
    """A line as it could stand in a comment, without `/promoter`: `hold shop prod "INC-412"`."""
    said: Said | None = None
    """Where and when that was said; None with nothing to say."""

    @property
    def releases(self) -> bool:
        """Whether a release is asked for."""
        return bool(self.app)


def read_inputs(words: Mapping[str, Any]) -> Request | None:
    """Give the release that the inputs of a job name: `app`, `version`, `images`, `labels`; None when they name none.

    Raises UsageError.
    """
    if not any(text_of(words, key) for key in NAMED):
        return None
    return read_release({key: value for key, value in words.items() if value}, "the job's inputs")


def read_release(words: Mapping[str, Any], why: str) -> Request:
    """Give the release that `words` name. Raises UsageError for words that mean nothing, EditRefused for such a tag."""
    app, version = text_of(words, "app"), text_of(words, "version")
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
    return Request(why=why, app=app, version=version, images=found, labels=_labels(words.get("labels"), why))


def read_comment(body: str, *, is_new: bool, verbs: Collection[str], short: Collection[str]) -> Request:
    """Give what a comment asks for: one without a command, a changed or a removed one, is nobody's business."""
    if not is_new:
        return Request(run=False, why="a comment was changed or removed")
    if not parse(body, verbs, short):
        return Request(run=False, why="a comment without a command")
    return Request(why="a command in a comment")


def read_payload(name: str | None) -> Mapping[str, Any]:
    """Give the event in the file `name`; empty without a file. Raises UsageError for one that is no JSON object."""
    if not name or not Path(name).is_file():
        return {}
    try:
        payload = json.loads(Path(name).read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name} is not JSON: {error}") from error
    if not isinstance(payload, dict):
        raise UsageError(f"{name} holds no event")
    return payload


def mapping_of(payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Give the object under `key`; empty when there is none."""
    found = payload.get(key)
    return found if isinstance(found, Mapping) else {}


def text_of(payload: Mapping[str, Any], key: str) -> str:
    """Give the text under `key`, without spaces around it; empty when there is none."""
    found = payload.get(key)
    return found.strip() if isinstance(found, str) else ""


def _labels(given: object, why: str) -> tuple[str, ...]:
    """Read a list of labels, or text with commas or line breaks between them."""
    parts = re.split(r"[,\n]", given) if isinstance(given, str) else given or []
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise UsageError(f"{why}: labels is no list of labels")
    found = [part.strip() for part in parts if part.strip()]
    for label in found:
        if not is_label(label):
            raise UsageError(f"{why}: {label} is not a label")
    return tuple(dict.fromkeys(found))


def _pair(text: str) -> tuple[str, str]:
    name, equals, tag = text.rpartition("=")
    if not equals or not name or not tag:
        raise UsageError(f"{text} is not NAME=TAG")
    return name, tag
