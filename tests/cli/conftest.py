"""The fleet as fixtures: fresh, and with a first release everywhere but in prod, which waits for an approval."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.fleet import Fleet, copy_fleet, make_fleet


@pytest.fixture
def fleet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Fleet:
    return make_fleet(tmp_path, capsys)


@pytest.fixture(scope="session")
def first_release(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    made = make_fleet(tmp_path_factory.mktemp("running"))
    made.ok("release", "shop", "1.4.2")
    made.ok("run")
    return made


@pytest.fixture
def running(first_release: Fleet, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Fleet:
    return copy_fleet(first_release, tmp_path, capsys)
