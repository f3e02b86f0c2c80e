"""One API server, asked over HTTP: raw answers, with everything that may go wrong said in words.

What may pass by itself (a lost connection, 5xx, 429) is tried again within the time that is there; `Retry-After` is
kept. A read is never sent with `resourceVersion=0`: it could be older than what was seen before.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from promoter.cluster.api.deadline import Deadline
from promoter.cluster.api.target import Target
from promoter.cluster.api.trouble import Asked, Passing, from_status, half, late
from promoter.errors import EdgeFailed

_TRIES = 3
_CHUNK = 1 << 16
_MISSING = "live: kubernetes needs the Kubernetes client, which is not installed"


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things may take, in seconds."""

    cluster: float = 60
    """One look at one cluster, all in all."""
    connect: float = 5
    read: float = 20
    """Until the next byte comes."""
    rest: float = 60
    """How long a cluster that could not be reached is not asked again."""
    pause: float = 0.3
    """Before a second try; twice that before a third."""
    width: int = 12
    """How many clusters are asked at a time."""


STANDARD: Final = Limits()


@dataclass(slots=True)
class Connection:
    """Asks one API server."""

    where: str
    """For people: `context eu-1 (api.eu-1.example:6443)`."""
    host: str
    """The server's URL."""
    pool: Any
    """The HTTP library's pool, with the TLS settings and the proxy."""
    header: Callable[[], Mapping[str, str]]
    """Gives the header that says who asks."""
    limits: Limits

    def get(self, path: str, query: Mapping[str, str], asked: Asked, deadline: Deadline, accept: str = "") -> Any:
        """Give the JSON of an answer. Raises Absent (404), Gone (410), Late, Passing, EdgeFailed."""
        for attempt in range(_TRIES):
            try:
                return self._once(path, query, asked, deadline, accept)
            except Passing as error:
                pause = error.wait if error.wait is not None else self.limits.pause * 2**attempt
                if attempt == _TRIES - 1 or pause >= deadline.left():
                    raise
                time.sleep(pause)
        raise AssertionError

    def _once(self, path: str, query: Mapping[str, str], asked: Asked, deadline: Deadline, accept: str) -> Any:
        with self._answer(path, query, asked, min(self.limits.read, deadline.left()), accept) as answer:
            body = bytearray()
            for chunk in answer.stream(_CHUNK, decode_content=True):  # chunked answers are not decoded unasked
                body += chunk
                if not deadline.left():
                    raise late(self.where, deadline.seconds)
        if answer.status >= 300:
            raise from_status(answer.status, bytes(body), asked, _seconds(answer.headers.get("Retry-After", "")))
        try:
            return json.loads(body)
        except ValueError:
            raise half(asked) from None

    def date(self, asked: Asked, deadline: Deadline) -> datetime | None:
        """Give the server's time, to the second; None when it does not tell it. Raises Late, Passing, EdgeFailed."""
        with self._answer("/version", {}, asked, min(self.limits.read, deadline.left()), "") as answer:
            answer.read(_CHUNK)
            said = str(answer.headers.get("Date", ""))  # a refusal has it, too
        try:
            told = parsedate_to_datetime(said)
        except ValueError:
            return None
        return told if told.tzinfo is not None else None

    def lines(
        self, path: str, query: Mapping[str, str], asked: Asked, read: float, opened: Callable[[Any], None]
    ) -> Iterator[bytes]:
        """Give the lines of an answer as they come; `read` is how long one may take. Raises as `get` does.

        `opened` is given the answer, whose `shutdown` ends it from another thread.
        """
        with self._answer(path, query, asked, read, "") as answer:
            if answer.status >= 300:
                raise from_status(answer.status, answer.read(_CHUNK), asked)
            opened(answer)
            rest = b""
            for chunk in answer.stream(amt=None) if answer.chunked else iter(lambda: answer.read1(_CHUNK), b""):
                *whole, rest = (rest + chunk).split(b"\n")
                yield from whole

    @contextmanager
    def _answer(self, path: str, query: Mapping[str, str], asked: Asked, read: float, accept: str) -> Iterator[Any]:
        import urllib3

        from promoter.cluster.api.transport import from_error

        headers = {
            "Accept": accept or "application/json",
            "Accept-Encoding": "gzip",
            "User-Agent": "promoter",
            **self.header(),
        }
        url = f"{self.host}{path}" + (f"?{urlencode(query)}" if query else "")
        wait = urllib3.Timeout(connect=min(self.limits.connect, max(read, 0.01)), read=max(read, 0.01))
        answer = None
        try:
            answer = self.pool.request(
                "GET", url, headers=headers, timeout=wait, preload_content=False, redirect=False, retries=False
            )
            yield answer
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise from_error(error, asked) from None
        finally:
            if answer is not None:
                answer.close()  # what was read to its end is kept open by the pool
                answer.release_conn()


def connect(
    target: Target, env: Mapping[str, str], limits: Limits = STANDARD, account: Path | None = None
) -> Connection:
    """Give a connection to `target`; nothing is sent yet, but a credential plugin may run. Raises EdgeFailed."""
    try:
        import urllib3
        from kubernetes.client.rest import RESTClientObject

        from promoter.cluster.api.credentials import ACCOUNT, authorization, configuration
    except ImportError:
        raise EdgeFailed(_MISSING, "Install it: pip install 'promoter[cluster]'.") from None
    made = configuration(target, env, account or ACCOUNT)
    if not made.verify_ssl:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # the kubeconfig says so, in so many words
    parts = urlsplit(made.host)
    if parts.scheme not in ("https", "http") or not parts.netloc:
        raise EdgeFailed(f"{target}: the server's address is no URL", "Correct it: https://host:6443.")
    host = parts.netloc.rpartition("@")[2]
    try:
        pool = RESTClientObject(made).pool_manager
    except (OSError, ValueError):
        raise EdgeFailed(f"{target}: its certificates cannot be read", "Look at its entry in the kubeconfig.") from None
    where = str(target) if str(target) == host else f"{target} ({host})"
    return Connection(where, made.host.rstrip("/"), pool, authorization(made), limits)


def _seconds(text: str) -> float | None:
    """Read a `Retry-After`; the API server writes whole seconds."""
    return float(text) if text.isascii() and text.isdigit() and len(text) < 6 else None
