"""Sending to a forge: what may pass by itself is waited for, and no write is ever repeated blindly.

Invariants: what a forge refused to take (rate limits, no connection) is sent again, within the budget of waiting, and
that is told. A read that failed on the way or on the server is tried again. A write that was sent and not answered is
`Unsure`, unless the caller says that doing it twice is doing it once.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Final, Protocol

from promoter.errors import EdgeFailed


class NotThere(EdgeFailed):
    """The forge has no such thing, or does not show it to this token."""


class Overloaded(EdgeFailed):
    """The forge gave up on a question, several times: it may be too much at once."""


class Unsure(EdgeFailed):
    """A write was sent and no answer came: it may have been done."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things may take, in seconds."""

    wait: float = 300
    """All waiting for rate limits together."""
    answer: float = 30
    pause: float = 1
    """Before a second try; twice that before a third."""
    tries: int = 3
    unhurried: int = 20
    """So many writes may follow each other at once; from then on a second apart, as forges ask."""


STANDARD: Final = Limits()


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its status, its headers in lower case, and its JSON."""

    status: int
    headers: Mapping[str, str]
    body: Any


class Broken(Exception):
    """No whole answer came; `sent`: the request may have arrived."""

    def __init__(self, words: str, sent: bool) -> None:
        super().__init__(words)
        self.sent = sent


class Manners(Protocol):
    """What is one forge's own about answers."""

    name: str
    """`GitHub`."""
    later: str
    """What to do when a limit asks for more waiting than there may be."""

    def limit(self, reply: Reply, waits: int) -> float | None:
        """Give how many seconds a rate limit asks to wait, after so many waits; None when this is no rate limit."""
        ...

    def refused(self, doing: str, reply: Reply) -> EdgeFailed:
        """Give the error for an answer that is none of success, rate limit or a fault of the server."""
        ...

    def gave_up(self, reply: Reply) -> bool:
        """Tell whether an answer of success says that the server could not."""
        ...

    def words(self, body: Any) -> str:
        """Give what an answer says, on one line."""
        ...


class Sender:
    """Sends requests about one repository. `tell` gets a sentence when something must be waited for."""

    def __init__(
        self,
        manners: Manners,
        place: object,
        tell: Callable[[str], None],
        limits: Limits,
        sleep: Callable[[float], None],
    ) -> None:
        self._manners = manners
        self._place = place
        self._tell = tell
        self._limits = limits
        self._sleep = sleep
        self._budget = limits.wait
        self._writes = 0

    def send(self, doing: str, again: bool, once: Callable[[], tuple[int, Mapping[str, str], object]]) -> Reply:
        """Send by `once`, and wait for what passes; `again`: it may be sent once more when its fate is unknown.

        `once` gives status, headers and text, or raises Broken.
        """
        name = self._manners.name
        waits = tries = 0
        while True:
            trouble, sent = "does not answer", True
            try:
                status, headers, text = once()
                reply = Reply(status, headers, read_json(text))
            except Broken as broken:
                trouble, sent = str(broken), broken.sent
            except ValueError:
                trouble = "broke off in the middle of an answer"
            else:
                pause = self._manners.limit(reply, waits)
                if pause is not None:
                    waits += 1
                    self._wait(pause, reply)
                    continue
                if status < 300 and not self._manners.gave_up(reply):
                    return reply
                if 300 <= status < 500:
                    raise self._manners.refused(doing, reply)
                status = 504 if status < 300 else status
                said = self._manners.words(reply.body)
                trouble = f"says {status}" + (f": {said}" if said else "")
            tries += 1
            if sent and not again:
                raise Unsure(f"{self._place}: {doing}: {name} {trouble}; it may have been done", "Run it again.")
            if tries >= self._limits.tries:
                kind = Overloaded if trouble.startswith(("says 502", "says 504")) else EdgeFailed
                raise kind(f"{self._place}: {doing}: {name} {trouble}", f"Run it again when {name} is well.")
            self._sleep(self._limits.pause * 2 ** (tries - 1))

    def _wait(self, seconds: float, reply: Reply) -> None:
        name, said = self._manners.name, self._manners.words(reply.body) or "a rate limit"
        if seconds > self._budget:
            raise EdgeFailed(
                f"{self._place}: {name} asks to wait {seconds:.0f} s, and {self._budget:.0f} s are left: {said}",
                self._manners.later,
            )
        self._budget -= seconds
        self._tell(f"{self._place}: waiting {seconds:.0f} s for {name}'s rate limit: {said}")
        self._sleep(seconds)

    def pace(self) -> None:
        """Keep writes apart once there are many; called before each."""
        self._writes += 1
        if self._writes > self._limits.unhurried:
            self._sleep(1)


def broken(error: Exception, place: object, name: str, bundles: str) -> Exception:
    """Give what an error of `requests` means; `bundles`: where the file of an own authority is named."""
    import requests.exceptions as known

    if isinstance(error, known.SSLError):
        if "CERTIFICATE_VERIFY_FAILED" not in repr(error):
            return Broken("broke the TLS connection", sent=True)
        return EdgeFailed(
            f"{place}: the certificate of {name} is of an unknown authority, or not for this name",
            f"An own authority? Name its file in {bundles}.",
        )
    if isinstance(error, known.ProxyError):
        return Broken("cannot be reached through the proxy", sent=False)
    if isinstance(error, known.ConnectTimeout):
        return Broken("cannot be reached", sent=False)
    if isinstance(error, known.ConnectionError):
        is_refused = "NewConnectionError" in repr(error)
        return Broken("cannot be reached" if is_refused else "broke the connection", sent=not is_refused)
    return Broken("broke off in the middle of an answer", sent=True)


def moved(place: object, name: str = "") -> EdgeFailed:
    """Give the error for a repository under another name: a forge would answer, but not always what was asked."""
    where = f"is {name} now" if name else "has moved to another address"
    return EdgeFailed(f"{place} {where}", "Correct the repository's URL.")


def read_json(text: object) -> Any:
    """Give the JSON of an answer; raises ValueError when it is none."""
    return json.loads(text) if isinstance(text, str | bytes) and text else None


def plain(text: str) -> str:
    """Give `text` on one line of at most 300 printable characters."""
    return "".join(c if c.isprintable() else " " for c in " ".join(text.split()))[:300]


def wait_said(headers: Mapping[str, str], remaining: str, reset: str, attempt: int) -> float:
    """Give how many seconds an answer asks to wait: `retry-after`, else until its reset, else a minute and longer.

    `remaining`, `reset`: the names of the headers of what is left, and of when there is more, in seconds since 1970.
    """
    after = headers.get("retry-after", "")
    if after.isascii() and after.isdigit():
        return float(after)
    until = headers.get(reset, "")
    if headers.get(remaining) == "0" and until.isascii() and until.isdigit():
        return max(0.0, float(until) - _now(headers)) + 1
    return 60.0 * (1 << attempt)


def _now(headers: Mapping[str, str]) -> float:
    """Give the server's time, so that a clock that is wrong here does not matter."""
    try:
        return parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError):
        return time.time()
