"""Deployments that the forge shows of what we bring: `deployments: true`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from promoter.forge.local_store import FORGE_REF
from promoter.model.forge import Deployment
from promoter.model.plan import Deploy
from promoter.run.act import act
from promoter.run.command import command
from promoter.run.run import see
from tests.repos import commit_files, head
from tests.run.shops import LEDGER, RENDERED, Shop, make_shop

SOAK = "{name: prod, promote: auto, verify: {soak: 30m}}"
CHECKED = "{name: prod, promote: auto, verify: {checks: [e2e], on_failure: continue}}"
PROD = "{name: prod, promote: auto}"
PLACE = "prod/shop"


def config(prod: str = PROD, deployments: str = "deployments: true\n") -> str:
    return RENDERED.replace(PROD, prod).replace("live: none\n", f"live: none\n{deployments}")


def filed(shop: Shop, place: str = PLACE) -> list[tuple[str, str]]:
    return [(one.commit, one.state) for one in shop.forge.filed(place)]


def told(shop: Shop) -> tuple[object, ...]:
    """Give all that people could see, and the ledger."""
    return shop.repo.refs([FORGE_REF]).get(FORGE_REF), head(shop.repo, LEDGER)


def prod(shop: Shop) -> str:
    return head(shop.repo, "environment/prod")


def test_nothing_is_filed_unless_asked_for(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, config(deployments=""))
    shop.release("1.1.0")
    shop.run()
    assert shop.active("prod") == 1
    assert filed(shop) == filed(shop, "dev/shop") == []
    assert shop.ledger.place("prod").filing is None


def test_in_progress_until_it_is_verified(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, config(SOAK))
    shop.release("1.1.0")
    shop.run()
    assert filed(shop, "dev/shop") == [(head(shop.repo, "environment/dev"), "success")]
    assert filed(shop) == [(prod(shop), "pending")]
    before = told(shop)
    shop.run()
    assert told(shop) == before, "while nothing changes nothing is said"
    shop.later(30)
    shop.run()
    assert filed(shop) == [(prod(shop), "success")]
    before = told(shop)
    shop.run()
    assert told(shop) == before


def test_what_fails_is_a_failure(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, config(CHECKED))
    shop.release("1.1.0")
    shop.run()
    assert filed(shop) == [(prod(shop), "pending")]
    shop.forge.set_check(head(shop.repo, "environment/prod"), "e2e", "failure", "ci", shop.now)
    shop.run()
    assert filed(shop) == [(prod(shop), "failure")]


def test_the_next_one_and_the_way_back_are_deployments_of_their_own(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, config())
    commits = []
    for version in ("1.1.0", "1.2.0"):
        shop.release(version)
        shop.run()
        commits.append(prod(shop))
    assert filed(shop) == [(commits[1], "success"), (commits[0], "inactive")]
    shop.commit({"promoter.yaml": config(PROD.replace("auto}", "auto, rollback: auto}"))})
    command(shop.workspace(), "rollback", "shop", ["prod"], 1, "INC-1")
    shop.run()
    assert shop.active("prod") == 1
    assert filed(shop) == [(prod(shop), "success"), (commits[1], "inactive"), (commits[0], "inactive")]


def test_what_a_person_brings_is_no_deployment_of_ours(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, config())
    files = []
    for version in ("1.1.0", "1.2.0"):
        shop.release(version)
        shop.run()
        tree, store = shop.repo.store.commit(head(shop.repo, "environment/prod")).tree, shop.repo.store
        files.append({f"shop/{name}": store.blob(one.id).decode() for name, one in store.children(tree, "shop")})
    ours = prod(shop)
    commit_files(shop.repo, "environment/prod", files[0], "Back by hand")
    shop.run()
    assert shop.active("prod") == 1, "taken back by hand"
    assert (ours, "inactive") in filed(shop)
    assert prod(shop) not in dict(filed(shop))


class Killed(BaseException):
    """The process is gone."""


def kill() -> None:
    raise Killed


def interrupted(shop: Shop) -> None:
    """Run everything else, then say what is deployed, and die before the ledger knows."""
    ws = shop.workspace("promoter")
    while True:
        seen, plan = see(ws)
        others = [action for action in plan.actions if not isinstance(action, Deploy)]
        deploys = [action for action in plan.actions if isinstance(action, Deploy)]
        if not others:
            break
        act(ws, seen, others, lambda _: None)
    assert deploys
    dying = shop.interrupted(1, LEDGER, kill)
    with pytest.raises(Killed):
        act(dying, seen, deploys, lambda _: None)


def test_a_run_that_dies_in_between_says_it_once(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, config())
    shop.release("1.1.0")
    interrupted(shop)
    first = shop.forge.filed("dev/shop")
    assert [one.state for one in first] == ["success"]
    filing = shop.ledger.place("dev").filing
    assert filing is not None
    assert filing.told == "", "the ledger does not know of it"
    shop.run()
    assert shop.forge.filed("dev/shop") == first
    assert shop.ledger.place("dev").filing is not None
    assert shop.active("prod") == 1
    assert filed(shop) == [(prod(shop), "success")]


def test_what_the_ledger_says_no_more_is_not_said(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, config())
    shop.release("1.1.0")
    ws = shop.workspace("promoter")
    seen, plan = see(ws)
    while not (deploys := [action for action in plan.actions if isinstance(action, Deploy)]):
        act(ws, seen, plan.actions, lambda _: None)
        seen, plan = see(ws)
    shop.run()
    shop.release("1.2.0")
    shop.run()
    before = told(shop)
    events: list[str] = []
    act(ws, seen, deploys, lambda event: events.append(event.what))
    assert events == ["lost"]
    assert told(shop) == before


@pytest.mark.parametrize("turn", [lambda text: text.replace("deployments: true\n", ""), lambda text: text])
def test_switched_off_nothing_more_is_said(tmp_path: Path, turn: Callable[[str], str]) -> None:
    shop = make_shop(tmp_path, config(SOAK))
    shop.release("1.1.0")
    shop.run()
    off = turn(config(SOAK))
    shop.commit({"promoter.yaml": off})
    shop.later(60)
    shop.run()
    assert filed(shop) == [(prod(shop), "pending" if off != config(SOAK) else "success")]


def test_our_own_deployments_are_no_evidence(tmp_path: Path) -> None:
    """Even where the config believes whoever we are."""
    shop = make_shop(tmp_path, config().replace("live: none", "live: {deployments: [promoter]}"))
    shop.release("1.1.0")
    shop.run()
    assert filed(shop, "dev/shop") == [(head(shop.repo, "environment/dev"), "pending")]
    assert shop.active("prod") is None, "not verified in dev"
    shop.forge.deploy_as("dev/shop", head(shop.repo, "environment/dev"), "success", "promoter", shop.now)
    assert [type(one) for one in shop.forge.deployments("dev/shop")] == [Deployment]
    shop.run()
    assert shop.active("prod") == 1
