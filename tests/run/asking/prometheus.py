"""A real Prometheus of this machine, built by `make tools`; samples are sent to it as OpenTelemetry does."""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).parents[3] / ".tools" / "bin" / "prometheus"
SECONDS = 60.0
_LISTENS = re.compile(r'msg="Listening on" .*address=127\.0\.0\.1:([0-9]+)')


@dataclass
class Prometheus:
    """A server."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def sample(self, name: str, values: Sequence[float], every: int = 10, **labels: str) -> None:
        """Store a gauge: the last of `values` is of now, the others each `every` seconds earlier."""
        now = time.time_ns() // 10**6
        points = [
            {
                "asDouble": value,
                "timeUnixNano": str((now - 1000 * every * (len(values) - 1 - index)) * 10**6),
                "attributes": [{"key": key, "value": {"stringValue": text}} for key, text in labels.items()],
            }
            for index, value in enumerate(values)
        ]
        metric = {"name": name, "gauge": {"dataPoints": points}}
        body = {"resourceMetrics": [{"resource": {}, "scopeMetrics": [{"scope": {}, "metrics": [metric]}]}]}
        status, said = self.ask("POST", "/api/v1/otlp/v1/metrics", body)
        assert status == 200, said

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        """Ask the server."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            data = None if body is None else json.dumps(body).encode()
            connection.request(method, path, data, {"Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


@contextmanager
def prometheus(folder: Path, *flags: str) -> Iterator[Prometheus]:
    """Give a server that scrapes nothing and keeps its samples in `folder`."""
    assert PROGRAM.exists(), "run `make tools`"
    folder.mkdir(parents=True, exist_ok=True)
    config, said = folder / "prometheus.yaml", folder / "said"
    config.write_text(json.dumps({"storage": {"tsdb": {"out_of_order_time_window": "1h"}}}))
    with said.open("wb") as log:
        process = subprocess.Popen(
            [
                PROGRAM,
                f"--config.file={config}",
                f"--storage.tsdb.path={folder / 'samples'}",
                "--web.listen-address=127.0.0.1:0",
                "--web.enable-otlp-receiver",
                *flags,
            ],
            cwd=folder,
            stdout=log,
            stderr=log,
            env={"PATH": os.defpath},
        )
    try:
        yield _ready(process, said)
    finally:
        process.kill()
        process.wait()


def _ready(process: subprocess.Popen[bytes], said: Path) -> Prometheus:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and process.poll() is None:
        if found := _LISTENS.search(said.read_text()):
            server = Prometheus(int(found[1]))
            if server.ask("GET", "/-/ready")[0] == 200:
                return server
        time.sleep(0.02)
    raise AssertionError(said.read_text())
