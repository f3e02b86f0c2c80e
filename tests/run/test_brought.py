"""What releases bring along from the commits since the one before: labels and trailers."""

from __future__ import annotations

from pathlib import Path

import pytest

from promoter.model.release import ReleaseState
from promoter.run.run import see
from tests.cli.fleet import make_fleet
from tests.run.shops import APP, HEAD, IMAGE, LAYOUT, Shop, make_shop, manifest

ONLY = HEAD.replace(
    "{name: prod, promote: auto}", '{name: prod, promote: auto, accept: {labels: [hotfix], trailer: "Promote: prod"}}'
)
ASKING = f"{ONLY}{LAYOUT}apps: {{shop: {{{APP}}}}}\n"
SAID = "Promote: prod\nPromoter-Label: hotfix\n"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = make_shop(tmp_path, ASKING)
    made.run()
    return made


def go(shop: Shop, version: str, message: str) -> None:
    files = {f"shop/{name}/app.yaml": manifest(name, f"{IMAGE}:{version}") for name in ("dev", "prod")}
    shop.commit(files, message)
    shop.run()


def test_a_release_goes_where_its_commits_say(shop: Shop) -> None:
    go(shop, "1.1.0", "Go on")
    go(shop, "1.2.0", f"Mend it\n\n{SAID}")
    go(shop, "1.3.0", f"Again\n\nPromote: nowhere\n{SAID.partition(chr(10))[2]}")
    kept = {number: (made.labels, made.trailers) for number, made in shop.ledger.releases.items()}
    assert kept == {
        1: ((), ()),
        2: ((), ()),
        3: (("hotfix",), ("Promote: prod",)),
        4: (("hotfix",), ("Promote: nowhere",)),
    }
    assert [shop.active(name) for name in ("dev", "prod")] == [4, 3]
    _, plan = see(shop.workspace("promoter"), ["shop"])
    assert plan.slots[1].passed_over == ((4, "none of its commits says Promote: prod"),)


def test_only_what_is_asked_for_is_kept_and_only_of_commits_that_touch_the_app(shop: Shop) -> None:
    shop.commit({"README.md": "Read me."}, f"Write\n\n{SAID}")
    go(shop, "1.1.0", "Go on\n\nSigned-off-by: Kim <kim@acme.example>\nPROMOTER-LABEL: urgent\nPromoter-Label: a/\n")
    made = shop.ledger.releases[2]
    assert (made.labels, made.trailers) == (("urgent",), ())


def test_what_did_not_render_loses_no_label(shop: Shop) -> None:
    shop.commit({"shop/prod/app.yaml": "kind: [\n"}, f"Break it\n\n{SAID}")
    shop.run()
    assert shop.ledger.releases[2].state is ReleaseState.FAILED
    go(shop, "1.1.0", "Mend it")
    assert (shop.ledger.releases[3].labels, shop.active("prod")) == (("hotfix",), 3)


def test_a_draft_that_another_replaces_loses_no_label(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, ASKING.replace("render: plain", "settle: 1h, render: plain"))
    shop.run()
    shop.later(60)
    shop.run()
    go(shop, "1.1.0", f"Mend it\n\n{SAID}")
    go(shop, "1.2.0", "Go on")
    assert (shop.ledger.releases[3].labels, shop.ledger.releases[3].trailers) == (("hotfix",), ("Promote: prod",))


def test_a_label_that_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fleet = make_fleet(tmp_path, capsys)
    fleet.ok("release", "shop", "1.1.0", "--label", "hotfix", "--label", "eu 1")
    fleet.later(minutes=5)
    again = fleet("--json", "release", "shop", "1.1.0", "--label", "hotfix").json
    assert (again["release"], again["changed"], again["labels"]) == ("r1", False, ["hotfix", "eu 1"])
    assert fleet("--json", "release", "shop", "1.1.0", "--label", "other").json["release"] == "r2"
    said = fleet("release", "shop", "1.2.0", "--label", "a,b")
    assert (said.code, "a,b is not a label" in said.err) == (2, True)
