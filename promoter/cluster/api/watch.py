"""Watching: wait until something that a look asked about changes, instead of looking again and again.

A watch goes on from the moment of the look's own lists, so nothing that happens in between is missed. What it tells is
only that it is time to look: never a verdict. A watch that is forbidden, cut off or refused ends nothing: whoever
waits looks again after their own time, as without one. Events of objects that nothing hangs on wake nobody.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from promoter.cluster.api.connection import Connection
from promoter.cluster.api.pages import Resource
from promoter.cluster.api.trouble import Asked, Gone
from promoter.cluster.objects import Key, dig, integer, key_of, text
from promoter.errors import EdgeFailed

_GATHER = 0.5
"""Seconds in which further events are taken for the same change."""
_AGAIN = 2.0
"""Seconds before a watch that was cut off goes on, and at least between two looks because a moment was forgotten."""


@dataclass(frozen=True, slots=True)
class Stream:
    """What to watch: one kind, everywhere or in one namespace, from a moment on."""

    connection: Connection
    resource: Resource
    namespace: str
    version: str
    concerns: Callable[[Key], bool]
    """Whether an object's change is news."""


@dataclass(slots=True)
class _Ears:
    """What the threads of one wait share."""

    news: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
    answers: list[Any] = field(default_factory=list)

    def opened(self, answer: Any) -> None:
        """Keep an answer, to end it when it is over; at once, when it came too late."""
        self.answers.append(answer)
        if self.over.is_set():
            _end(answer)

    def close(self) -> None:
        """Wake the threads that wait for their server; they end."""
        self.over.set()
        for answer in tuple(self.answers):
            _end(answer)


def _end(answer: Any) -> None:
    with suppress(OSError, ValueError, RuntimeError):  # it has ended by itself
        answer.shutdown()


def changed(streams: Iterable[Stream], timeout: float) -> bool:
    """Wait until one of `streams` tells of a change, at most `timeout` seconds; tell whether one did."""
    ears = _Ears()
    try:
        for stream in streams:
            threading.Thread(target=_follow, args=(stream, ears, timeout), daemon=True).start()
        if not ears.news.wait(timeout):
            return False
        ears.over.wait(min(_GATHER, timeout))
        return True
    finally:
        ears.close()


def _follow(stream: Stream, ears: _Ears, timeout: float) -> None:
    """Read events until it is over; a watch that ends goes on from the last moment that it told."""
    asked = Asked(stream.connection.where, stream.resource.group, stream.resource.plural, stream.namespace, "watch")
    version = stream.version
    while not ears.over.is_set():
        query = {
            "watch": "1",
            "allowWatchBookmarks": "true",
            "resourceVersion": version,
            "timeoutSeconds": str(math.ceil(timeout)),
        }
        path = stream.resource.path(stream.namespace)
        try:
            for line in stream.connection.lines(path, query, asked, timeout + 5, ears.opened):
                event, version = _read(line, version)
                if event is not None and stream.concerns(event):
                    ears.news.set()
        except Gone:  # only a new list can tell what was missed
            ears.over.wait(_AGAIN)
            ears.news.set()
            return
        except EdgeFailed:
            ears.over.wait(_AGAIN)
        else:
            ears.over.wait(_GATHER)


def _read(line: bytes, version: str) -> tuple[Key | None, str]:
    """Give the object that a line tells of (None: of none), and the moment after it. Raises Gone, EdgeFailed."""
    try:
        event = json.loads(line)
    except ValueError:
        raise EdgeFailed("a watch was cut off in the middle of a line") from None
    obj = dig(event, "object")
    if text(event, "type") == "ERROR":
        if integer(obj, "code") == 410:
            raise Gone("the server forgot where the watch stood")
        raise EdgeFailed("the server ended a watch")
    moment = text(obj, "metadata", "resourceVersion") or version
    if text(event, "type") == "BOOKMARK" or not isinstance(obj, dict):
        return None, moment
    return key_of(obj), moment
