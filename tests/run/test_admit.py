"""Images that go together: an incomplete set is a draft, and is said to wait."""

from __future__ import annotations

from pathlib import Path

import pytest

from promoter.model.names import Oid
from promoter.model.plan import SlotPlan, State
from promoter.model.release import ReleaseState
from promoter.run.run import see
from tests.run.shops import HEAD, IMAGE, LAYOUT, Shop, make_shop, manifest

UI = "ghcr.io/acme/ui"
RULE = f'images["{IMAGE}"].tag == images["{UI}"].tag'
APP = f'path: "shop/{{environment}}", render: plain, images: ["{IMAGE}", "{UI}"], admit: \'{RULE}\''
RENDERED = f"{HEAD}{LAYOUT}apps: {{shop: {{{APP}}}}}\n"
IN_PLACE = f"{HEAD}apps: {{shop: {{{APP.replace('render: plain, ', '')}}}}}\n"


def files(shop: str, ui: str, *environments: str) -> dict[str, str]:
    found = environments or ("dev", "prod")
    return {f"shop/{name}/app.yaml": manifest(name, f"{IMAGE}:{shop}", f"{UI}:{ui}") for name in found}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = make_shop(tmp_path, RENDERED, files("1.0.0", "1.0.0"))
    made.run()
    return made


def slots(shop: Shop) -> tuple[SlotPlan, ...]:
    return see(shop.workspace("promoter"), ["shop"])[1].slots


def test_half_a_set_waits_until_the_other_half_is_there(shop: Shop) -> None:
    assert shop.release(images={IMAGE: "1.1.0"}).state is ReleaseState.DRAFT
    shop.run()
    assert [shop.active(name) for name in ("dev", "prod")] == [1, 1]
    dev, prod = slots(shop)
    (said,) = dev.waiting_for
    why = f"r2 (1.1.0) waits for a complete set: not {RULE} ({IMAGE} is 1.1.0, {UI} is 1.0.0)"
    assert (dev.state, dev.draft, said.gate, said.reason, dev.passed_over) == (State.WAITING, 2, "admit", why, ())
    assert prod.waiting_for == ()
    assert shop.release(images={UI: "1.1.0"}).state is ReleaseState.READY
    shop.run()
    assert [shop.active(name) for name in ("dev", "prod")] == [3, 3]
    assert slots(shop)[0].waiting_for == ()


def test_a_set_that_stays_incomplete_is_said_to_and_nothing_is_written(shop: Shop) -> None:
    shop.release(images={IMAGE: "1.1.0"})
    shop.run()
    before = shop.repo.refs()
    shop.later(120)
    shop.run()
    dev, _ = slots(shop)
    assert (dev.state, shop.repo.refs()) == (State.BLOCKED, before)
    assert dev.waiting_for[0].reason.startswith("r2 (1.1.0) was to be a complete set by ")


def test_a_rule_that_goes_frees_what_waits(shop: Shop) -> None:
    shop.release(images={IMAGE: "1.1.0"})
    shop.commit({"promoter.yaml": RENDERED.replace(f", admit: '{RULE}'", "")})
    shop.run()
    assert shop.active("prod") == 2


def test_what_a_person_brings_to_the_first_environment_waits_before_the_next(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, IN_PLACE, files("1.0.0", "1.0.0"))
    shop.adopt()

    def change(one: str, other: str) -> Oid:
        return shop.commit(files(one, other, "dev"))

    change("1.1.0", "1.0.0")
    shop.run()
    made = shop.ledger.newest
    assert made is not None
    assert (made.state, shop.active("dev")) == (ReleaseState.DRAFT, made.number)
    dev, prod = slots(shop)
    assert (dev.draft, prod.draft, prod.waiting_for[0].gate) == (None, made.number, "admit")
    assert f"{UI} is 1.0.0" in prod.waiting_for[0].reason
    change("1.1.0", "1.1.0")
    shop.run()
    assert [shop.active(name) for name in ("dev", "prod")] == [made.number + 1] * 2
