from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.fleet import CONFIG, Fleet, make_fleet
from tests.plan.report.schemas import check

WAITS = "approvals: 0 of 1 from anybody with write · merge: a person merges it, or says promoter promote"


def body(out: str) -> str:
    """Leave out the commit in the first line."""
    first, _, rest = out.partition("\n")
    words = first.split("  ")
    words[1] = words[1].split(" ")[0]
    return "  ".join(words) + "\n" + rest


def test_a_fleet_that_waits_for_people(running: Fleet) -> None:
    assert body(running.ok("status")) == (
        "FLEET  main  Fri 20 Nov 15:05 Europe/Berlin  2 wait for people\n"
        "\n"
        "APP   dev       staging   prod\n"
        "shop  1.4.2 ok  1.4.2 ok  -   1.4.2 waits\n"
        "cart  1.0.0 ok            -   1.0.0 waits\n"
        "\n"
        "waits for people\n"
        f"  shop prod  {WAITS}\n"
        f"  cart prod  {WAITS}\n"
        "\n"
        "promoter explain shop prod\n"
    )


def test_a_fresh_fleet_says_what_to_do(fleet: Fleet) -> None:
    assert body(fleet.ok("status")) == (
        "FLEET  main  Fri 20 Nov 15:05 Europe/Berlin\n"
        "\n"
        "APP   dev  staging  prod\n"
        "shop  -    -        -\n"
        "cart  -             -\n"
        "\n"
        "2 to do: promoter run\n"
    )


def test_words_choose_apps_and_environments(running: Fleet) -> None:
    assert "cart" not in running.ok("status", "shop")
    assert [slot["environment"] for slot in running("status", "--json", "staging", "dev").json["slots"]] == [
        "dev", "staging", "dev",
    ]  # fmt: skip


def test_json_is_what_its_schema_says(running: Fleet) -> None:
    said = running("status", "--json")
    check("status", said.json)
    assert said.json["counts"]["waiting"] == 2
    assert running("--json", "status").out == said.out


@pytest.mark.parametrize(
    ("argv", "code"), [(["status"], 0), (["status", "--exit-code"], 11), (["status", "dev", "--exit-code"], 0)]
)
def test_exit_codes(running: Fleet, argv: list[str], code: int) -> None:
    assert running(*argv).code == code


def test_something_to_do_and_something_blocked_have_codes(fleet: Fleet) -> None:
    assert fleet("status", "--exit-code").code == 10


def test_looking_writes_nothing(running: Fleet) -> None:
    before = running.repo.refs()
    for argv in (["status"], ["plan"], ["explain", "shop", "prod"], ["history", "shop"], ["diff", "shop", "prod"]):
        running.ok(*argv)
    assert running.repo.refs() == before


def test_a_large_fleet_shows_what_needs_somebody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"app-{number:03}" for number in range(80)]
    config = CONFIG.partition("apps:")[0] + "apps:\n"
    config += "".join(f'  {name}: {{path: "shop/{{environment}}", images: ["ghcr.io/acme/shop"]}}\n' for name in names)
    large = make_fleet(tmp_path, capsys, config)
    out = large.ok("status")
    assert "240 of 240 slots are current" in out
    assert "app-001" not in out
    assert len(large.ok("status", "--all").splitlines()) > 80
