from __future__ import annotations

import pytest

from promoter.run.open import open_workspace
from promoter.run.run import run
from tests.cli.fleet import Fleet


def test_a_release_that_is_there_already(running: Fleet) -> None:
    assert running.ok("wait", "shop", "staging", "r1") == "shop r1 is verified in staging\n"
    assert running.slept == []


def run_beside(fleet: Fleet) -> None:
    """Do what another process that runs promoter would do now."""
    ws = open_workspace(fleet.repo.url, now=lambda: fleet.now)
    assert run(ws).done


def test_it_waits_while_another_process_works(running: Fleet) -> None:
    running.ok("release", "shop", "1.4.3")
    running.on_sleep = lambda: run_beside(running)
    said = running("wait", "shop", "staging", "1.4.3", "--every", "20s", "--json")
    assert (said.code, running.slept) == (0, [20.0])
    assert said.json == {
        "schema": "promoter.wait/v1",
        "app": "shop",
        "environment": "staging",
        "release": "r2",
        "answer": "arrived",
        "text": "shop r2 is verified in staging",
    }
    assert said.err.startswith("shop r2 is not in staging yet")


def test_the_time_is_over(running: Fleet) -> None:
    said = running("wait", "shop", "prod", "--timeout", "1m", "--every", "25s")
    assert (said.code, running.slept) == (11, [25.0, 25.0, 10.0])
    assert said.out.startswith("shop r1 is not in prod yet: approvals: 0 of 1 ")


def test_a_release_that_somebody_skips(running: Fleet) -> None:
    running.ok("skip", "shop", "prod", "r1", "not today")
    said = running("wait", "shop", "prod", "r1")
    assert (said.code, said.out) == (12, "shop r1 is skipped in prod by kim: not today\n")


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["shop", "prod", "--timeout", "90"], "promoter: 90 is not a length of time\n"),
        (["shop", "prod", "r9"], "promoter: shop has no release r9\n"),
        (["cart", "staging"], "promoter: cart does not go to staging\n"),
    ],
)
def test_what_makes_no_sense(running: Fleet, argv: list[str], message: str) -> None:
    said = running("wait", *argv)
    assert said.code == 2
    assert said.err.startswith(message)


def test_nothing_on_its_way(fleet: Fleet) -> None:
    said = fleet("wait", "shop", "prod")
    assert (said.code, said.err.splitlines()[0]) == (2, "promoter: shop has nothing on its way to prod")
