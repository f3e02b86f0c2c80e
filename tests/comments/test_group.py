"""Commands on the pull request of a group: all its apps are meant, unless one is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from promoter.comments.attend import Attended, attend
from promoter.model.forge import Permission
from tests.run.shops import Shop
from tests.run.test_groups import APPS, active, carried, fleet, only, place, raised


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """r2 of three apps waits in one pull request into prod for a person."""
    shop = fleet(tmp_path)
    raised(shop)
    names = {"kim": Permission.WRITE, "guest": Permission.READ}
    shop.forge.set_people(names, {}, shop.now)
    return shop


def say(shop: Shop, body: str, user: str = "kim") -> list[Attended]:
    shop.later()
    shop.forge.comment(only(shop).number, user, body, shop.now)
    return attend(shop.workspace("promoter"))


def test_asking_for_it_merges_all(shop: Shop) -> None:
    assert [one.answer.done for one in say(shop, "/promoter promote")] == [True]
    assert {(place(shop, app).asked or None) is not None for app in APPS} == {True}
    shop.run()
    assert active(shop) == dict.fromkeys(APPS, 2)


def test_asking_for_one_brings_that_alone(shop: Shop) -> None:
    say(shop, "/promoter promote cart")
    shop.run()
    assert active(shop) == {"blog": 1, "cart": 2, "shop": 1}
    assert carried(shop, only(shop)) == ["blog", "shop"]


def test_asking_for_all_is_for_what_is_proposed_now(shop: Shop) -> None:
    say(shop, "/promoter promote")
    raised(shop, "3Gi")
    assert active(shop) == dict.fromkeys(APPS, 2)
    assert carried(shop, only(shop)) == list(APPS), "the newer one waits for a word of its own"


def test_skipping_it_skips_all(shop: Shop) -> None:
    say(shop, "/promoter skip")
    assert {app: list(place(shop, app).skips) for app in APPS} == {app: [2] for app in APPS}


def test_one_of_it_is_held(shop: Shop) -> None:
    say(shop, '/promoter hold cart "INC-1"')
    assert {app for app in APPS if place(shop, app).hold is not None} == {"cart"}
    shop.run()
    assert carried(shop, only(shop)) == ["blog", "shop"]


def test_what_makes_no_sense_for_one_is_told_and_done_for_the_others(shop: Shop) -> None:
    say(shop, "/promoter hold cart")
    [one] = say(shop, "/promoter resume")
    assert one.answer.done
    assert one.answer.text.splitlines() == ["- blog is not held in prod", "- shop is not held in prod"]
    assert place(shop, "cart").hold is None


def test_without_the_right_nothing_is_said_for_any(shop: Shop) -> None:
    [one] = say(shop, "/promoter hold", "guest")
    assert not one.answer.done
    assert [place(shop, app).hold for app in APPS] == [None, None, None]


def test_help_names_what_is_meant(shop: Shop) -> None:
    [one] = say(shop, "/promoter help")
    assert "Here `blog`, `cart`, `shop` and `prod` are meant" in one.answer.text
