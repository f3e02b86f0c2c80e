from __future__ import annotations

from pathlib import Path

import pytest

from promoter.model.names import Oid
from tests.repos import head
from tests.run.probes.examined import said
from tests.run.shops import RENDERED, Shop, make_shop


def proposed(folder: Path, rules: str) -> Shop:
    """Give a shop with a pull request into prod, whose rules are these."""
    shop = make_shop(folder, RENDERED.replace("{name: prod, promote: auto}", f"{{name: prod, {rules}}}"))
    shop.release("1.1.0")
    shop.run()
    return shop


def offered(shop: Shop) -> Oid:
    """Give the head of what is proposed to prod."""
    return next(pull.head for pull in shop.forge.all_pulls() if pull.base_branch == "environment/prod")


def post(shop: Shop, commit: Oid, *names: str) -> None:
    for name in names:
        shop.forge.set_status(commit, name, "success", "", "", shop.now)


NEWEST = "the newest proposal"


@pytest.mark.parametrize(
    ("asked", "posted", "text"),
    [
        ("[lint]", ("lint",), ""),
        ("['li*']", ("lint",), ""),
        ("[lint]", (), f"lint is not reported on {NEWEST}"),
        ("[lint]", ("build",), f"lint is not reported on {NEWEST}; there is build"),
        ("[lint]", tuple("abcde"), f"lint is not reported on {NEWEST}; there is a, b, c, d and more"),
        ("{lint: {from: [promoter]}}", ("lint",), ""),
        ("{lint: {from: [ci]}}", ("lint",), f"lint is reported by promoter on {NEWEST}, not by ci"),
    ],
)
def test_before_the_merge(tmp_path: Path, asked: str, posted: tuple[str, ...], text: str) -> None:
    shop = proposed(tmp_path, f"gates: {{checks: {asked}}}")
    post(shop, offered(shop), *posted)
    assert said(shop, "checks") == [], "it may come yet"
    shop.later(120)
    assert said(shop, "checks") == ([("warning", "prod", text)] if text else [])


def test_one_of_several_proposals_is_enough(tmp_path: Path) -> None:
    shop = proposed(tmp_path, "promote: auto, gates: {checks: [lint]}")
    post(shop, offered(shop), "lint")
    shop.run()
    assert shop.active("prod") == 1
    shop.release("1.2.0")
    shop.run()
    shop.later(120)
    assert said(shop, "checks") == []


def test_after_the_merge(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, RENDERED.replace("prod, promote: auto", "prod, promote: auto, verify: {checks: [e2e]}"))
    assert said(shop, "checks") == [], "nothing was merged yet"
    shop.release("1.1.0")
    shop.run()
    text = "e2e is not reported on the newest commits of environment/prod"
    assert said(shop, "checks") == [("warning", "prod", text)]
    post(shop, head(shop.repo, "environment/prod"), "e2e")
    assert said(shop, "checks") == []
