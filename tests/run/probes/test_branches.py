from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from promoter.model.forge import Protection
from promoter.model.names import Branch
from tests.github.records import Rules
from tests.run.probes.examined import said
from tests.run.probes.hosted import hosted
from tests.run.shops import RENDERED, Shop, make_shop

PROD = Branch("environment/prod")


def waiting(folder: Path, required: tuple[str, ...]) -> Shop:
    """Give a shop with a pull request into prod, which asks for `required`."""
    shop = make_shop(folder, RENDERED.replace("{name: prod, promote: auto}", "{name: prod}"))
    shop.forge.set_protection(PROD, Protection(may_push=False, required_checks=required), shop.now)
    shop.release("1.1.0")
    shop.run()
    return shop


def test_rules_that_leave_a_way_are_no_finding(tmp_path: Path) -> None:
    assert said(waiting(tmp_path, ("promoter",)), "branches") == []


def test_no_method_is_left(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    shop.forge.set_protection(PROD, Protection(may_push=False, methods=()), shop.now)
    text = "its rules leave no method by which a pull request could be merged"
    assert said(shop, "branches") == [("problem", PROD, text)]
    shop.forge.set_protection(PROD, Protection(may_push=True, methods=()), shop.now)
    assert said(shop, "branches") == []


def test_a_required_check_that_nobody_reports(tmp_path: Path) -> None:
    shop = waiting(tmp_path, ("promoter", "lint", "build"))
    assert said(shop, "branches") == [], "it may come yet"
    shop.now += timedelta(hours=2)
    [pull] = [one for one in shop.look().apps["shop"].slots["prod"].pulls if one.state == "open"]
    shop.forge.set_status(pull.head, "build", "pending", "", "", shop.now)
    text = f"the forge requires lint, of which nothing is reported on pull request {pull.number}"
    assert said(shop, "branches") == [("warning", PROD, text)]


def test_releases_cannot_be_pushed(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    shop.forge.set_protection(Branch("main"), Protection(may_push=False), shop.now)
    assert said(shop, "branches") == [("warning", "main", "promoter may not push there")]
    shop.commit({"promoter.yaml": RENDERED + "dry: {commit: pull_request}\n"})
    assert said(shop, "branches") == []


def test_on_github_history_is_linear_and_only_merges_are_allowed(tmp_path: Path) -> None:
    with hosted(tmp_path) as shop:
        shop.server.hub.rules[PROD] = Rules(linear=True, approvals=1)
        assert said(shop.workspace(), "branches") == []
        shop.server.hub.methods = ("merge",)
        [(severity, subject, _)] = said(shop.workspace(), "branches")
        assert (severity, subject) == ("problem", PROD)


def test_on_github_who_bypasses_may_push(tmp_path: Path) -> None:
    with hosted(tmp_path) as shop:
        shop.server.hub.rules["main"] = Rules(approvals=1)
        assert said(shop.workspace(), "branches") == [("warning", "main", "promoter-bot may not push there")]
        shop.server.hub.rules["main"] = Rules(approvals=1, bypass="always")
        assert said(shop.workspace(), "branches") == []
