"""A real registry of this machine: the reference implementation, built by `make tools`, filled over its own API."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).parents[2] / ".tools" / "bin" / "registry"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
SECONDS = 20.0


@dataclass
class Hub:
    """A registry that is served."""

    port: int
    headers: dict[str, str] = field(default_factory=dict)
    """Sent along when something is pushed."""

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def push(self, name: str, tag: str, platform: str = "linux/amd64", content: str = "") -> str:
        """Push an image without layers, and give its digest."""
        config = self.blob(
            name, json.dumps({**_platform(platform), "config": {"Labels": {"content": content}}}).encode()
        )
        manifest = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": {**config, "mediaType": OCI_CONFIG},
            "layers": [],
        }
        return self.manifest(name, tag, manifest)

    def push_index(self, name: str, tag: str, platforms: Sequence[str]) -> str:
        """Push an image for several platforms, with an attestation as builders add it, and give its digest."""
        entries: list[dict[str, Any]] = []
        for platform in platforms:
            digest = self.push(name, f"{tag}-{platform.replace('/', '-')}", platform)
            size = len(self.ask("GET", f"/v2/{name}/manifests/{digest}", accept=OCI_MANIFEST)[2])
            entries.append({"mediaType": OCI_MANIFEST, "digest": digest, "size": size, "platform": _platform(platform)})
        attestation = {**entries[0], "platform": {"os": "unknown", "architecture": "unknown"}}
        index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [*entries, attestation]}
        return self.manifest(name, tag, index)

    def blob(self, name: str, content: bytes) -> dict[str, Any]:
        """Push a blob, and give its descriptor."""
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        _, headers, _ = self.ask("POST", f"/v2/{name}/blobs/uploads/")
        place = headers["location"].partition(self.host)[2]
        status, _, said = self.ask("PUT", f"{place}&digest={digest}", content, "application/octet-stream")
        assert status == 201, said
        return {"digest": digest, "size": len(content)}

    def manifest(self, name: str, tag: str, manifest: Mapping[str, Any]) -> str:
        """Push a manifest, and give its digest."""
        status, headers, said = self.ask(
            "PUT", f"/v2/{name}/manifests/{tag}", json.dumps(manifest).encode(), manifest["mediaType"]
        )
        assert status == 201, said
        return headers["docker-content-digest"]

    def ask(
        self, method: str, path: str, body: bytes | None = None, kind: str = "", accept: str = "*/*"
    ) -> tuple[int, dict[str, str], bytes]:
        """Ask the registry."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            headers = {"Accept": accept, **self.headers, **({"Content-Type": kind} if kind else {})}
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, {key.lower(): value for key, value in response.getheaders()}, response.read()
        finally:
            connection.close()


@contextmanager
def registry(folder: Path, **settings: Any) -> Iterator[Hub]:
    """Give a registry that keeps its images in `folder`; `settings` are of its config, such as `auth`."""
    assert PROGRAM.exists(), "run `make tools`"
    config = {
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "images")}},
        "http": {"addr": "127.0.0.1:0", "secret": "x"},
        **settings,
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "config.yaml"
    path.write_text(json.dumps(config))
    said = folder / "said"
    with said.open("wb") as log:
        process = subprocess.Popen(
            [PROGRAM, "serve", str(path)],
            stdout=log,
            stderr=log,
            env={"PATH": os.defpath, "OTEL_TRACES_EXPORTER": "none"},
        )
    try:
        yield Hub(_port(process, said))
    finally:
        process.kill()
        process.wait()


def _port(process: subprocess.Popen[bytes], said: Path) -> int:
    """Give the port that the system gave to the process; it says so nowhere but in /proc."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and process.poll() is None:
        sockets = set()
        for entry in Path(f"/proc/{process.pid}/fd").iterdir():
            try:
                sockets.add(str(entry.readlink()))
            except FileNotFoundError:
                continue
        for line in Path(f"/proc/{process.pid}/net/tcp").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == "0A" and f"socket:[{words[9]}]" in sockets:
                return int(words[1].partition(":")[2], 16)
        time.sleep(0.02)
    raise AssertionError(said.read_text())


def _platform(platform: str) -> dict[str, str]:
    return dict(zip(("os", "architecture", "variant"), platform.split("/"), strict=False))
