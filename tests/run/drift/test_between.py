"""Two environments side by side."""

from __future__ import annotations

from pathlib import Path

import pytest

from promoter.model.release import ImageChange
from promoter.run.drift.between import Pair, pairs
from promoter.run.run import see
from tests.repos import commit_files
from tests.run.shops import IMAGE, IN_PLACE, RENDERED, Shop, make_shop


def between(shop: Shop, one: str = "dev", other: str = "prod") -> list[Pair]:
    ws = shop.workspace()
    return pairs(ws, *see(ws), one, other)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = make_shop(tmp_path, RENDERED.replace("{name: prod, promote: auto}", "{name: prod, promote: review}"))
    shop.run()
    return shop


def test_an_empty_side(shop: Shop) -> None:
    (pair,) = between(shop)
    assert (pair.files, pair.added, pair.images, pair.same) == (1, 0, (), False)
    assert pair.removed == len(shop.text("environment/dev", "shop/deployment-shop.yaml").splitlines())
    assert between(shop, "prod", "dev")[0].added == pair.removed


def test_versions_images_and_lines(shop: Shop) -> None:
    branch = shop.workspace().app("shop").slots["prod"].proposal_branch
    shop.forge.merge_as(shop.forge.pulls([branch])[branch][-1].number, "kim", "merge", shop.now)
    shop.run()
    shop.release("1.1.0")
    shop.run()
    (pair,) = between(shop, "prod", "dev")
    assert pair.one.place.stay is not None
    assert pair.other.place.stay is not None
    assert (pair.one.place.stay.release, pair.other.place.stay.release) == (1, 2)
    assert pair.images == (ImageChange(IMAGE, "1.0.0", "1.1.0"),)
    assert (pair.files, pair.added, pair.removed) == (1, 2, 2)
    assert f"+        - {{name: c0, image: '{IMAGE}:1.1.0'}}" in pair.difference


def test_hand_edits_count(shop: Shop) -> None:
    lines = between(shop)[0].removed
    commit_files(shop.repo, "environment/dev", {"shop/x.yaml": "kind: Extra\n"}, "Mine", at=shop.now)
    (pair,) = between(shop)
    assert (pair.files, pair.removed) == (2, lines + 1)
    assert pair.one.place.drift is not None


def test_in_place_values_are_counted(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, IN_PLACE)
    shop.adopt()
    assert [pair.same for pair in between(shop)] == [True]
    shop.tag("1.1.0", "prod")
    (pair,) = between(shop)
    assert (pair.files, pair.added, pair.removed) == (1, 1, 1)
    assert pair.difference == f"-image:{IMAGE} 1.0.0\n+image:{IMAGE} 1.1.0"


def test_what_holds_nothing_in_both_is_left_out(tmp_path: Path) -> None:
    assert between(make_shop(tmp_path)) == []
