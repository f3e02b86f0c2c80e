"""One HTTP request and its whole answer, within a time and a size.

Invariants: a redirect is an answer and never followed; messages name the host alone, so nothing that a URL or header
holds is shown. Proxies of the environment are not used.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from promoter.cluster.api.deadline import Deadline, in_time
from promoter.errors import PromoterError

MOST_BYTES = 1 << 20
_CHUNK = 1 << 16


class NotFetched(PromoterError):
    """There is no answer, or none that can be taken."""


@dataclass(frozen=True, slots=True)
class Call:
    """What to send; `url` is http or https, without user information."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None

    @property
    def host(self) -> str:
        """`prom.example:9090`."""
        return urlsplit(self.url).netloc


@dataclass(frozen=True, slots=True)
class Received:
    """An answer: header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def fetch(call: Call, seconds: float) -> Received:
    """Send `call` and give the answer. Raises NotFetched when there is none within `seconds`, or it is too large."""
    outcome = in_time({call.host: lambda deadline: _send(call, deadline)}, seconds, 1)[call.host]
    if outcome.value is not None:
        return outcome.value
    error = outcome.error
    if error is None or isinstance(error, TimeoutError):
        raise NotFetched(f"{call.host} does not answer within {seconds:g} s")
    if isinstance(error, PromoterError):
        raise error
    if isinstance(error, ssl.SSLError):
        raise NotFetched(f"{call.host}: no TLS connection could be made ({error.reason or 'broken off'})") from None
    if isinstance(error, (OSError, http.client.HTTPException, UnicodeError)):
        words = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        raise NotFetched(f"{call.host} cannot be asked: {words}") from None
    raise error


def _send(call: Call, deadline: Deadline) -> Received:
    parts = urlsplit(call.url)
    host, port = parts.hostname or "", parts.port
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(
            host, port, timeout=deadline.left(), context=ssl.create_default_context()
        )
    else:
        connection = http.client.HTTPConnection(host, port, timeout=deadline.left())
    target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
    try:
        connection.request(call.method, target, call.body, {"User-Agent": "promoter", **call.headers})
        with connection.getresponse() as response:
            body = _read(call, response, deadline)
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Received(response.status, headers, body)
    finally:
        connection.close()


def _read(call: Call, response: http.client.HTTPResponse, deadline: Deadline) -> bytes:
    body = bytearray()
    while chunk := response.read1(_CHUNK):
        body += chunk
        if len(body) > MOST_BYTES:
            raise NotFetched(f"{call.host} answers with more than {MOST_BYTES} bytes")
        if not deadline.left():
            raise TimeoutError
    if response.length:
        raise NotFetched(f"{call.host} breaks off its answer")
    return bytes(body)
