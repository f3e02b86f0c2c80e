"""The fixtures `kube` and `own_kube`; what they give is described in `tests/kube/server.py`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kube.keeper import joined
from tests.kube.programs import find
from tests.kube.server import Kube, Private, private


@pytest.fixture(scope="session")
def kube_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Give the one server of the run: every xdist worker has a folder below the run's."""
    base = tmp_path_factory.getbasetemp()
    run = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with joined(run / "kube") as found:
        yield found


@pytest.fixture
def kube(kube_server: dict[str, Any], tmp_path: Path) -> Iterator[Kube]:
    """Give the shared server; what the test makes is deleted after it."""
    folder = Path(kube_server["folder"])
    found = Kube(kube_server["url"], folder / "ca.crt", kube_server["tokens"], folder, tmp_path, find())
    yield found
    found.forget()


@pytest.fixture
def own_kube(tmp_path: Path) -> Iterator[Private]:
    """Give a server of the test's own, to pause and to kill."""
    with private(tmp_path / "own-kube") as found:
        yield found
