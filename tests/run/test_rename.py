"""`was: NAME`: an environment goes on under another name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from promoter.errors import ConfigInvalid, LostRace
from promoter.git.ref import RefUpdate
from promoter.model.forge import PullRequest, PullState
from promoter.model.ledger import Result
from promoter.model.names import Branch
from promoter.model.plan import Rename
from promoter.plan.decide import decide
from promoter.run.look import look
from promoter.run.rename import rename as write_names
from promoter.run.run import run
from tests.repos import commit_files, head, tip
from tests.run.shops import IMAGE, IN_PLACE, LEDGER, NOW, RENDERED, Shop, make_shop, manifest


def renamed(config: str) -> str:
    return config.replace("{name: prod,", "{name: live, was: prod,")


def rename(shop: Shop, config: str = RENDERED) -> None:
    """Move the files and name the environment anew, in one commit as people do."""
    text = shop.text("main", "shop/prod/app.yaml")
    shop.commit({"promoter.yaml": renamed(config), "shop/prod/app.yaml": None, "shop/live/app.yaml": text}, "Rename")


def pulls(shop: Shop, branch: str) -> Sequence[PullRequest]:
    name = Branch(branch)
    return shop.forge.pulls([name])[name]


def test_the_slot_and_its_evidence_go_along(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    shop.run()
    shop.tag("1.1.0")
    shop.run()
    before = shop.ledger.place("prod")
    old = head(shop.repo, "environment/prod")
    rename(shop)
    shop.run()
    place = shop.ledger.place("live")
    assert "prod" not in shop.ledger.places
    assert place.stay is not None
    assert before.stay is not None
    assert (place.stay.content, place.stay.since) == (before.stay.content, before.stay.since)
    assert place.outcomes[2].result is Result.VERIFIED
    assert place.past[-1] == before.past[-1]
    assert (place.hold, shop.ledger.place("dev").hold) == (None, None)
    assert shop.text("environment/live", "shop/deployment-shop.yaml") == shop.text(
        "environment/prod", "shop/deployment-shop.yaml"
    )
    assert head(shop.repo, "environment/prod") == old  # for whoever reads it still
    assert all("prod" not in release.content for release in shop.ledger.releases.values())


def test_releases_go_on_under_the_new_name(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    shop.run()
    rename(shop)
    shop.run()
    shop.tag("1.2.0", "dev", "live")
    shop.run()
    newest = shop.ledger.next - 1
    assert (shop.active("dev"), shop.active("live")) == (newest, newest)
    assert f"{IMAGE}:1.2.0" in shop.text("environment/live", "shop/deployment-shop.yaml")
    assert shop.run().done == ()


def test_in_place_the_values_are_where_people_moved_them(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, IN_PLACE)
    shop.adopt()
    shop.release("1.1.0")
    shop.run()
    rename(shop, IN_PLACE)
    shop.run()
    assert shop.active("live") == shop.active("dev")
    assert shop.ledger.place("live").drift is None
    shop.release("1.2.0")
    shop.run()
    assert shop.text("main", "shop/live/app.yaml") == manifest("prod", f"{IMAGE}:1.2.0")


def test_what_later_environments_came_after_is_renamed_and_holds_nothing(tmp_path: Path) -> None:
    config = RENDERED.replace("  - {name: prod, promote: auto}\n", "  - {name: prod, promote: auto}\n  - {name: us}\n")
    shop = make_shop(tmp_path, config, {"shop/us/app.yaml": manifest("us", f"{IMAGE}:1.0.0")})
    shop.run()
    rename(shop, config)
    shop.run()
    assert shop.ledger.place("us").after == ("live",)
    assert shop.ledger.place("us").hold is None


def test_holds_and_skips_hold_on(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, RENDERED.replace("{name: prod, promote: auto}", "{name: prod, promote: review}"))
    shop.run()
    [pull] = pulls(shop, "environment/prod-next/shop")
    shop.forge.close_pull(pull.number, shop.now)
    shop.run()
    assert 1 in shop.ledger.place("prod").skips
    rename(shop, RENDERED.replace("{name: prod, promote: auto}", "{name: prod, promote: review}"))
    shop.run()
    assert 1 in shop.ledger.place("live").skips


def test_a_pull_request_under_the_old_name_is_closed_and_no_skip(tmp_path: Path) -> None:
    config = RENDERED.replace("{name: prod, promote: auto}", "{name: prod, promote: review}")
    shop = make_shop(tmp_path, config)
    shop.run()
    rename(shop, config)
    shop.run()
    [old] = pulls(shop, "environment/prod-next/shop")
    [new] = pulls(shop, "environment/live-next/shop")
    assert (old.state, new.state) == (PullState.CLOSED, PullState.OPEN)
    assert shop.ledger.place("live").skips == {}
    assert shop.ledger.place("live").announced == ()
    assert shop.run().done == ()


def test_what_somebody_put_into_the_new_slot_is_not_overwritten(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    shop.run()
    theirs = commit_files(shop.repo, "environment/live", {"shop/mine.yaml": "kind: Mine\n"}, "Mine", at=NOW)
    rename(shop)
    shop.run()
    assert head(shop.repo, "environment/live") == theirs
    assert shop.ledger.place("live").drift is not None


def test_somebody_who_writes_the_ledger_meanwhile_wins(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    shop.run()
    rename(shop)
    before = tip(shop.repo, LEDGER)
    outcome = run(shop.interrupted(1, LEDGER, lambda: shop.run()))
    assert "prod" not in shop.ledger.places
    assert [event.what for event in outcome.lost] == ["lost"]
    assert before != tip(shop.repo, LEDGER)
    assert shop.active("live") == shop.active("dev")


def test_a_slot_that_was_filled_before_the_ledger_was_written_is_taken_as_it_is(tmp_path: Path) -> None:
    """As where the server changes refs one by one, and the run died between them."""
    shop = make_shop(tmp_path)
    shop.run()
    rename(shop)
    ws = shop.workspace("promoter")
    [action] = decide(ws.config, look(ws), shop.now).actions
    assert isinstance(action, Rename)
    ledger = head(shop.repo, LEDGER)
    write_names(ws, action)
    shop.repo.update([RefUpdate(f"refs/heads/{LEDGER}", head(shop.repo, LEDGER), ledger)])
    filled = head(shop.repo, "environment/live")
    shop.run()
    assert head(shop.repo, "environment/live") == filled
    assert shop.ledger.place("live").drift is None
    assert shop.ledger.place("live").hold is None


def test_apps_that_share_a_branch_are_renamed_in_one_pass(tmp_path: Path) -> None:
    config = RENDERED.replace("apps: {shop: {", 'apps: {cart: {path: "cart/{environment}", render: plain}, shop: {')
    files = {f"cart/{name}/app.yaml": manifest(name, "cart:1") for name in ("dev", "prod")}
    shop = make_shop(tmp_path, config, files)
    shop.run()
    text = shop.text("main", "cart/prod/app.yaml")
    shop.commit({"cart/prod/app.yaml": None, "cart/live/app.yaml": text})
    rename(shop, config)
    outcome = shop.run()
    assert outcome.lost == ()
    assert shop.text("environment/live", "cart/deployment-shop.yaml") == text
    assert shop.active("live") == shop.ledger.next - 1


@pytest.mark.parametrize(
    ("environments", "said"),
    [
        ("[dev, {name: prod, was: dev}]", "dev is an environment still"),
        ("[{name: a, was: x}, {name: b, was: x}]", "a was x too"),
    ],
)
def test_names_that_cannot_be_taken_over(tmp_path: Path, environments: str, said: str) -> None:
    config = f"version: 1\nlive: none\nenvironments: {environments}\napps: {{shop: 'shop/{{environment}}'}}\n"
    with pytest.raises(ConfigInvalid, match=said):
        make_shop(tmp_path, config).look()


def test_a_stale_plan_writes_nothing(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    shop.run()
    rename(shop)
    ws = shop.workspace("promoter")
    [action] = decide(ws.config, look(ws), shop.now).actions
    assert isinstance(action, Rename)
    shop.run()
    at = (head(shop.repo, LEDGER), head(shop.repo, "environment/live"))
    with pytest.raises(LostRace):
        write_names(ws, action)
    assert (head(shop.repo, LEDGER), head(shop.repo, "environment/live")) == at
