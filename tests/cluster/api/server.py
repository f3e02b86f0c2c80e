"""A small API server that lists, watches, and misbehaves on command."""

from __future__ import annotations

import gzip
import json
import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

TOKEN = "a-token-that-nobody-may-see-9f8e7d6c5b4a"


@dataclass(frozen=True)
class Bad:
    """One answer that is not the right one."""

    status: int = 200
    body: bytes | None = None
    """None: the right body."""
    headers: tuple[tuple[str, str], ...] = ()
    cut: int | None = None
    """After so many bytes the connection is closed."""
    drip: float = 0
    """Seconds between single bytes."""
    stall: float = 0
    """Seconds until anything comes."""


def status(code: int, message: str = "") -> bytes:
    """Give what an API server sends with an error."""
    return json.dumps({"kind": "Status", "apiVersion": "v1", "code": code, "message": message}).encode()


@dataclass
class Kept:
    """What a server holds of one kind."""

    api: str
    kind: str
    plural: str
    objects: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Server:
    """A running server; `bad` is used up answer by answer, for paths that end so."""

    url: str
    aggregated: bool = True
    page: int = 500
    kept: list[Kept] = field(default_factory=list)
    bad: dict[str, list[Bad]] = field(default_factory=lambda: defaultdict(list))
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    events: list[list[dict[str, Any]]] = field(default_factory=list)
    """Of each watch, one after the other."""
    ca: bytes = b""
    version: int = 100
    zips: bool = False
    """As a real server sends long lists: packed, in chunks."""

    def hold(self, api: str, kind: str, plural: str, *objects: dict[str, Any]) -> None:
        self.kept.append(Kept(api, kind, plural, list(objects)))

    def lists(self) -> list[str]:
        """Give the paths of lists that were asked for, in their order, pages once."""
        return [
            path
            for path, query in self.asked
            if path.startswith(("/apis/", "/api/")) and "continue" not in query and path.count("/") > 3
        ]

    def kubeconfig(self, path: Path, *contexts: str, **cluster: Any) -> Path:
        """Write a kubeconfig whose contexts all lead here."""
        shown = {"server": self.url, **({"insecure-skip-tls-verify": False} if self.ca else {}), **cluster}
        made = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "here", "cluster": shown}],
            "users": [{"name": "kim", "user": {"token": TOKEN}}],
            "contexts": [{"name": name, "context": {"cluster": "here", "user": "kim"}} for name in contexts],
        }
        path.write_text(yaml.safe_dump(made))
        return path

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, bytes]:
        """Give the right answer."""
        if path == "/apis":
            return 200, json.dumps(self._groups()).encode()
        for kept in self.kept:
            root = f"/apis/{kept.api}" if "/" in kept.api else f"/api/{kept.api}"
            if path == root:
                return 200, json.dumps(self._resources(kept.api)).encode()
            if path.startswith(f"{root}/") and path.endswith(f"/{kept.plural}"):
                return 200, json.dumps(self._list(kept, path, query)).encode()
        return 404, b"404 page not found\n"

    def _groups(self) -> dict[str, Any]:
        names = sorted({kept.api for kept in self.kept if "/" in kept.api})
        groups = [name.split("/") for name in names]
        if not self.aggregated:
            versions = [
                {"name": group, "preferredVersion": {"groupVersion": f"{group}/{version}", "version": version}}
                for group, version in groups
            ]
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": versions}
        items = [
            {
                "metadata": {"name": group},
                "versions": [
                    {
                        "version": version,
                        "resources": [
                            {
                                "resource": kept.plural,
                                "scope": "Namespaced",
                                "responseKind": {"group": group, "version": version, "kind": kept.kind},
                            }
                            for kept in self.kept
                            if kept.api == f"{group}/{version}"
                        ],
                    }
                ],
            }
            for group, version in groups
        ]
        return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": items}

    def _resources(self, api: str) -> dict[str, Any]:
        found = [{"name": kept.plural, "kind": kept.kind, "namespaced": True} for kept in self.kept if kept.api == api]
        return {
            "kind": "APIResourceList",
            "groupVersion": api,
            "resources": [{"name": "x/status", "kind": "X"}, *found],
        }

    def _list(self, kept: Kept, path: str, query: dict[str, str]) -> dict[str, Any]:
        inside = path.split("/namespaces/")[1].split("/")[0] if "/namespaces/" in path else ""
        objects = [obj for obj in kept.objects if inside in ("", obj["metadata"]["namespace"])]
        start, size = int(query.get("continue", "0")), min(self.page, int(query.get("limit", "500")))
        metadata = {"resourceVersion": str(self.version)}
        if start + size < len(objects):
            metadata["continue"] = str(start + size)
        items = [{k: v for k, v in obj.items() if k not in ("apiVersion", "kind")} for obj in objects]
        own = items if kept.api == "apps/v1" else objects  # what the API server itself has is listed without
        return {
            "kind": f"{kept.kind}List", "apiVersion": kept.api, "metadata": metadata, "items": own[start : start + size]
        }  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    kept: Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the library's name)
        pass

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        server = self.kept
        server.asked.append((parts.path, query))
        server.headers.append({name.lower(): value for name, value in self.headers.items()})
        bad = next(
            (several.pop(0) for end, several in server.bad.items() if parts.path.endswith(end) and several), Bad()
        )
        time.sleep(bad.stall)
        if "watch" in query and bad == Bad():
            self._watch(server)
            return
        code, body = server.answer(parts.path, query)
        code, body = (bad.status, body if bad.body is None else bad.body) if bad != Bad() else (code, body)
        if server.zips and bad == Bad():
            self._send_zipped(gzip.compress(body))
            return
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in bad.headers:
            self.send_header(name, value)
        self.end_headers()
        self._send(body if bad.cut is None else body[: bad.cut], bad)
        if bad.cut is not None:
            self.close_connection = True

    def _send_zipped(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for start in range(0, len(body), 700):
            part = body[start : start + 700]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        self.wfile.write(b"0\r\n\r\n")

    def _send(self, body: bytes, bad: Bad) -> None:
        try:
            if not bad.drip:
                self.wfile.write(body)
                return
            for byte in body:
                self.wfile.write(bytes([byte]))
                time.sleep(bad.drip)
        except OSError:
            self.close_connection = True

    def _watch(self, server: Server) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for event in server.events.pop(0) if server.events else []:
            if event.get("cut"):
                self.close_connection = True
                return
            line = json.dumps(event).encode() + b"\n"
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            self.wfile.flush()
        time.sleep(0.05)
        self.wfile.write(b"0\r\n\r\n")


@contextmanager
def serving(tls: tuple[Path, Path] | None = None) -> Iterator[Server]:
    """Run a server; `tls` are the files of a certificate and its key."""
    handler = type("Handler", (_Handler,), {})
    http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    http.daemon_threads = True
    http.block_on_close = False
    scheme = "http"
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        http.socket = context.wrap_socket(http.socket, server_side=True, do_handshake_on_connect=False)
        scheme = "https"
    http.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients that hang up are what is tested
    made = Server(f"{scheme}://127.0.0.1:{http.server_address[1]}")
    handler.kept = made  # type: ignore[attr-defined]
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
