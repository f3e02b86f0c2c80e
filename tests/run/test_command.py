"""Carrying out what people say: rights first, all environments or none, and never over somebody else's word."""

from __future__ import annotations

from pathlib import Path

import pytest

from promoter.errors import LostRace, PromoterError, UsageError
from promoter.model.forge import Permission
from promoter.model.ledger import Asked
from promoter.plan.report.foreign import BREAK
from promoter.run.command import TRIES, NotAllowed, command, may
from promoter.run.workspace import Workspace
from tests.repos import head, tip
from tests.run.shops import LEDGER, RENDERED, Shop, make_shop

REVIEWED = RENDERED.replace("{name: prod, promote: auto}", "{name: prod, allow: {rollback: [team:sre, user:lin]}}")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = make_shop(tmp_path, REVIEWED)
    shop.run()
    return shop


def say(shop: Shop, verb: str, *environments: str, user: str = "kim", release: int | None = None) -> list[str]:
    return command(shop.workspace(user), verb, "shop", environments, release, "INC-1")


def refusal(shop: Shop, verb: str, *environments: str, user: str = "kim") -> str:
    before = shop.repo.refs()
    with pytest.raises(PromoterError) as refused:
        say(shop, verb, *environments, user=user)
    assert shop.repo.refs() == before
    return str(refused.value)


def test_one_commit_says_it_for_all_environments(shop: Shop) -> None:
    before = head(shop.repo, LEDGER)
    assert say(shop, "hold", "dev", "prod") == ['kim: hold dev "INC-1"', 'kim: hold prod "INC-1"']
    commit = shop.repo.store.commit(head(shop.repo, LEDGER))
    assert commit.parents == (before,)
    key = f"INC-{BREAK}1"  # it links back from no tracker
    assert commit.message == f'kim: hold dev "{key}"\nkim: hold prod "{key}"\n'


def test_all_environments_or_none(shop: Shop) -> None:
    say(shop, "hold", "dev")
    assert refusal(shop, "resume", "dev", "prod") == "shop is not held in prod"
    assert refusal(shop, "hold", "dev", "qa") == "shop has no environment qa\n  It has dev, prod."


def test_a_word_before_the_first_release(tmp_path: Path) -> None:
    fresh = make_shop(tmp_path)
    assert refusal(fresh, "hold", "dev") == "shop has no release yet\n  Make one: promoter release shop VERSION"


@pytest.mark.parametrize(
    ("user", "verb", "said"),
    [
        ("kim", "rollback", "rollback in prod needs team:sre or user:lin; kim has write"),
        ("ada", "hold", "hold in prod needs write; ada has read"),
        ("eve", "hold", "hold in prod needs write; eve has none"),
        ("ada", "rollback", ""),
        ("lin", "rollback", ""),
        ("kim", "hold", ""),
        ("root", "hold", ""),
    ],
)
def test_who_may(shop: Shop, user: str, verb: str, said: str) -> None:
    rights = {"kim": Permission.WRITE, "ada": Permission.READ, "lin": Permission.READ, "root": Permission.ADMIN}
    shop.forge.set_people(rights, {"sre": ["ada"]}, shop.now)
    ws = shop.workspace(user)
    if not said:
        may(ws, ws.config.apps["shop"], verb, "prod")
        return
    with pytest.raises(NotAllowed) as refused:
        may(ws, ws.config.apps["shop"], verb, "prod")
    assert refused.value.message == said
    assert refusal(shop, verb, "prod", user=user).startswith(said)


@pytest.mark.parametrize(("release", "bound"), [(None, True), (1, True), (2, False)])
def test_promote_is_for_the_head_that_is_proposed_now(shop: Shop, release: int | None, bound: bool) -> None:
    proposed = tip(shop.repo, "environment/prod-next/shop")
    shop.tag("1.1.0", "dev")
    if release == 2:
        shop.release("1.2.0")
    assert say(shop, "promote", "prod", release=release) == [f'kim: promote r{release or 1} to prod "INC-1"']
    asked = shop.ledger.place("prod").asked
    assert asked == Asked(release or 1, "kim", shop.now, proposed if bound else None)


def busy(shop: Shop, times: int) -> Workspace:
    """Give a workspace whose first `times` updates come after somebody else's word."""
    return shop.interrupted(times, LEDGER, lambda: command(shop.workspace("ada"), "hold", "shop", ["dev"]))


@pytest.mark.parametrize("times", [1, TRIES - 1])
def test_a_lost_race_loses_nobody_s_word(shop: Shop, times: int) -> None:
    command(busy(shop, times), "hold", "shop", ["prod"])
    assert (shop.ledger.place("dev").hold is None, shop.ledger.place("prod").hold is None) == (False, False)


def test_a_race_that_is_always_lost_ends(shop: Shop) -> None:
    ws = busy(shop, TRIES)
    with pytest.raises(LostRace):
        command(ws, "hold", "shop", ["prod"])
    assert shop.ledger.place("prod").hold is None


def test_an_unknown_app(shop: Shop) -> None:
    with pytest.raises(UsageError, match="there is no app cart"):
        command(shop.workspace(), "hold", "cart", ["prod"])
