"""What a look reads, and what it need not."""

from __future__ import annotations

from pathlib import Path

import pytest

from promoter.model.forge import Protection, PullState
from promoter.model.names import Branch
from tests.run.shops import RENDERED, Shop, make_shop

REVIEW = RENDERED.replace("{name: prod, promote: auto}", "{name: prod, promote: review}")
PROD, NEXT = Branch("environment/prod"), Branch("environment/prod-next/shop")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Give a shop with 1.1.0 everywhere, which lin merged into prod."""
    shop = make_shop(tmp_path, REVIEW)
    shop.forge.set_protection(PROD, Protection(may_push=False), shop.now)
    shop.release("1.1.0")
    shop.run()
    [pull] = shop.forge.pulls([NEXT])[NEXT]
    shop.forge.merge_as(pull.number, "lin", "merge", shop.now)
    shop.run()
    return shop


def test_a_pull_request_that_is_dealt_with_is_not_read_and_who_merged_it_is_known(shop: Shop) -> None:
    stay = shop.ledger.place("prod").stay
    assert stay is not None
    assert stay.by == "lin"
    assert [slot.pulls for slot in shop.look().apps["shop"].slots.values()] == [(), ()]


def test_what_comes_after_it_is_read_and_so_is_what_somebody_opened_again(shop: Shop) -> None:
    shop.release("1.2.0")
    shop.run()
    [pull] = shop.look().apps["shop"].slots["prod"].pulls
    assert pull.state is PullState.OPEN
    shop.forge.close_as(pull.number, "kim", shop.now)
    assert [one.number for one in shop.look().apps["shop"].slots["prod"].pulls] == [pull.number]
    shop.run()
    assert 2 in shop.ledger.place("prod").skips
    assert shop.look().apps["shop"].slots["prod"].pulls == ()
    shop.forge.reopen_as(pull.number, "kim", shop.now)
    shop.run()
    assert 2 not in shop.ledger.place("prod").skips
    shop.forge.close_as(pull.number, "kim", shop.now)
    shop.run()
    assert 2 in shop.ledger.place("prod").skips, "closed again, although its number is dealt with"


def test_a_proposal_is_opened_where_all_before_it_are_dealt_with(shop: Shop) -> None:
    for version in ("1.2.0", "1.3.0"):
        shop.release(version)
        shop.run()
        pull = shop.look().apps["shop"].slots["prod"].pulls[-1]
        shop.forge.close_as(pull.number, "kim", shop.now)
        shop.run()
    shop.release("1.4.0")
    shop.run()
    assert [one.state for one in shop.look().apps["shop"].slots["prod"].pulls] == [PullState.OPEN]
