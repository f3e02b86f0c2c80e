"""`promoter wait` on a real API server, by the real clock: it looks when something changed, not when its time comes."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from queue import SimpleQueue

import pytest

from promoter.cli.main import main
from promoter.cli.shell import Shell, system_clock
from tests.e2e.delivered import World
from tests.kube.server import Kube, Private

SELDOM = "10m"
"""How often it would look without news: never, in these tests."""


def merged(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The release is merged into dev by now, and the cluster still shows the one before."""
    monkeypatch.setenv("KUBECONFIG", str(world.kubeconfig()))
    world.fleet.now = system_clock() - timedelta(minutes=1)
    world.fleet.ok("release", "shop", "1.4.2")
    world.fleet.ok("run")
    world.pods("1.4.2", cluster="dev")
    return world


def waited(world: World, *argv: str) -> tuple[int, str, float]:
    """Wait for the release in dev; give the exit code, the answer, and when it came."""
    capsys = world.fleet.capsys
    assert capsys is not None
    capsys.readouterr()
    code = main(["wait", "shop", "dev", "--json", "--timeout", "25s", *argv], Shell(repo=world.repo.url, user="kim"))
    return code, json.loads(capsys.readouterr().out)["answer"], time.monotonic()


class Later:
    """Something that happens in so many seconds; what it starts ends with its thread, so that stays until `done`."""

    def __init__(self, seconds: float, deed: Callable[[], object]) -> None:
        self._deed = deed
        self._at: SimpleQueue[float] = SimpleQueue()
        self._over = threading.Event()
        threading.Timer(seconds, self._do).start()

    def _do(self) -> None:
        try:
            self._deed()
            self._at.put(time.monotonic())
        finally:
            self._over.wait(60)

    def done(self) -> float:
        """Give when it was done."""
        try:
            return self._at.get(timeout=20)
        finally:
            self._over.set()


@pytest.fixture
def world(kube: Kube, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> World:
    return merged(World({"dev": kube, "prod": kube}, tmp_path, capsys), monkeypatch)


def test_a_status_that_changes_ends_it(world: World) -> None:
    later = Later(1, lambda: world.report("dev"))
    code, answer, ended = waited(world, "--every", SELDOM)
    assert (code, answer) == (0, "arrived")
    assert ended - later.done() < 4


def test_what_counts_only_after_some_seconds_is_looked_at_then(world: World) -> None:
    world.fleet.now = system_clock()
    world.report("dev")
    later = Later(1, lambda: world.pods("1.4.2", cluster="dev"))
    code, answer, ended = waited(world, "--every", SELDOM)
    assert (code, answer) == (0, "arrived")
    assert ended - later.done() < 12


def test_the_time_is_over(world: World) -> None:
    begun = time.monotonic()
    code, answer, ended = waited(world, "--every", SELDOM, "--timeout", "2s")
    assert (code, answer) == (11, "waiting")
    assert 1 < ended - begun < 6


@pytest.mark.parametrize("every", [SELDOM, "1s"], ids=["watching", "looking"])
def test_a_server_that_dies_and_comes_back(
    own_kube: Private,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    every: str,
) -> None:
    world = merged(World({"dev": own_kube, "prod": own_kube}, tmp_path, capsys), monkeypatch)

    def outage() -> None:
        own_kube.kill()
        time.sleep(2)
        own_kube.revive()
        world.report("dev")

    later = Later(1, outage)
    code, answer, ended = waited(world, "--every", every)
    assert (code, answer) == (0, "arrived")
    assert ended - later.done() < 6
