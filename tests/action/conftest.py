"""A runner's folder, shared by all tests of the run."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A runner's folder with one installation, for all tests of the run."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if base.name.startswith("popen-") else base
    folder = shared / "runner-temp"
    folder.mkdir(exist_ok=True)
    return folder
