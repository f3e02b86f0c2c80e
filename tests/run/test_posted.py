"""What controllers post on the local forge lets a release go on, from a real repository and without any cluster."""

from __future__ import annotations

from pathlib import Path

import pytest

from promoter.model.ledger import Result
from promoter.model.names import Oid
from promoter.model.verdict import Answer
from tests.repos import commit_files, head
from tests.run.shops import IN_PLACE, RENDERED, Shop, make_shop

STATUS = 'live: {commit_status: "kustomization/{app}-{environment}", from: [flux-bot]}'
DEPLOYED = "live: {deployments: [argo-bot]}"
BRANCH = {RENDERED: "environment/dev", IN_PLACE: "main"}


def shop_with(folder: Path, config: str, live: str) -> tuple[Shop, str]:
    """Give a shop whose first release was merged in dev, and dev's branch."""
    made = make_shop(folder, config.replace("live: none", live))
    if config == IN_PLACE:
        made.adopt()
    made.release("1.1.0")
    made.run()
    assert (made.active("dev"), made.active("prod")) in ((1, None), (1, 0))
    return made, BRANCH[config]


def seen(shop: Shop, environment: str = "dev") -> tuple[Answer, str]:
    (live,) = shop.look().apps["shop"].slots[environment].live
    return live.answer, live.reason


@pytest.mark.parametrize("config", BRANCH)
def test_a_commit_status_lets_it_go_on(tmp_path: Path, config: str) -> None:
    shop, branch = shop_with(tmp_path, config, STATUS)
    answer, reason = seen(shop)
    assert (answer, reason.startswith("no kustomization/shop-dev from flux-bot on ")) == (Answer.PENDING, True)
    tip = head(shop.repo, branch)
    name = "kustomization/shop-dev/0c9c2e41"
    shop.forge.set_check(tip, name, "success", "mallory", shop.now)
    shop.run()
    assert shop.active("prod") != 1
    shop.forge.set_check(tip, name, "success", "flux-bot", shop.now)
    assert seen(shop) == (Answer.SUCCESS, f"{name}: success")
    shop.run()
    assert shop.ledger.place("dev").outcomes[1].result is Result.VERIFIED
    assert shop.active("prod") == 1


@pytest.mark.parametrize("config", BRANCH)
def test_a_commit_that_leaves_the_slot_alone_says_the_same(tmp_path: Path, config: str) -> None:
    shop, branch = shop_with(tmp_path, config, STATUS)
    commit_files(shop.repo, branch, {"other/app.yaml": "1"}, "Elsewhere")
    later = commit_files(shop.repo, branch, {"other/app.yaml": "2"}, "Elsewhere again")
    parent = shop.repo.store.commit(later).parents[0]
    shop.forge.set_check(parent, "kustomization/shop-dev", "failure", "flux-bot", shop.now)
    assert seen(shop) == (Answer.FAILURE, "kustomization/shop-dev: failure; same content")
    shop.forge.set_check(later, "kustomization/shop-dev", "success", "flux-bot", shop.now)
    assert seen(shop) == (Answer.SUCCESS, "kustomization/shop-dev: success")


@pytest.mark.parametrize("config", BRANCH)
def test_a_deployment_lets_it_go_on(tmp_path: Path, config: str) -> None:
    shop, branch = shop_with(tmp_path, config, DEPLOYED)
    assert seen(shop)[0] is Answer.PENDING
    shop.forge.deploy_as("dev/shop", head(shop.repo, branch), "pending", "argo-bot", shop.now)
    shop.run()
    assert shop.active("prod") != 1
    shop.forge.deploy_as("dev/shop", head(shop.repo, branch), "success", "argo-bot", shop.now)
    shop.run()
    assert shop.ledger.place("dev").outcomes[1].result is Result.VERIFIED
    assert shop.active("prod") == 1


def test_an_idle_look_writes_nothing(tmp_path: Path) -> None:
    shop, branch = shop_with(tmp_path, RENDERED, STATUS)
    shop.forge.set_check(head(shop.repo, branch), "kustomization/shop-dev", "success", "flux-bot", shop.now)
    shop.run()
    before: dict[str, Oid] = shop.repo.refs()
    shop.run()
    assert shop.repo.refs() == before
