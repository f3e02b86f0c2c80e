"""A small client of the API, to set up with: what is tested has its own."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]


class Refused(Exception):
    """The server said no."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


@dataclass
class Api:
    """One user's way to one server; a connection for each thread, kept open."""

    url: str
    ca_file: Path
    token: str = field(repr=False)
    timeout: float = 60.0
    _here: threading.local = field(repr=False, default_factory=threading.local)
    _opened: list[HTTPSConnection] = field(repr=False, default_factory=list)

    def __call__(
        self, method: str, path: str, body: Mapping[str, Any] | bytes | None = None, kind: str = "json"
    ) -> Json:
        """Ask, and give the answer; the body is of `kind` `json`, `yaml` or `merge-patch+json`. Raises `Refused`."""
        data = json.dumps(body).encode() if isinstance(body, Mapping) else body
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        if data is not None:
            headers["Content-Type"] = f"application/{kind}"
        status, text = self._ask(method, path, data, headers)
        answer: Json = json.loads(text) if text.startswith((b"{", b"[")) else {"message": text.decode(errors="replace")}
        if status >= 400:
            raise Refused(status, str(answer.get("message")))
        return answer

    def close(self) -> None:
        """Close every connection."""
        for connection in self._opened:
            connection.close()
        self._opened.clear()
        self._here = threading.local()

    def _ask(self, method: str, path: str, data: bytes | None, headers: Mapping[str, str]) -> tuple[int, bytes]:
        kept: HTTPSConnection | None = getattr(self._here, "connection", None)
        connection = kept or self._connect()
        try:
            connection.request(method, path, data, dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, HTTPException):
            connection.close()
            if kept is None:
                raise
            self._here.connection = None  # it was closed while nobody used it
            return self._ask(method, path, data, headers)

    def _connect(self) -> HTTPSConnection:
        at = urlsplit(self.url)
        context = ssl.create_default_context(cafile=str(self.ca_file))
        connection = HTTPSConnection(at.hostname or "", at.port, context=context, timeout=self.timeout)
        self._opened.append(connection)
        self._here.connection = connection
        return connection
