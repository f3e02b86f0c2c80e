"""Who owns the code of an app may say what `allow: {VERB: [codeowners]}` says, and nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from promoter.model.forge import Permission
from promoter.run.command import NotAllowed, command
from tests.run.shops import RENDERED, Shop, make_shop

CONFIG = RENDERED.replace("{name: prod, promote: auto}", "{name: prod, promote: auto, allow: {hold: [codeowners]}}")
PEOPLE = {"kim": Permission.WRITE, "lin": Permission.WRITE, "guest": Permission.READ, "promoter": Permission.WRITE}


def owned(folder: Path, lines: str | None, place: str = ".github/CODEOWNERS") -> Shop:
    shop = make_shop(folder, CONFIG, {place: lines} if lines is not None else None)
    shop.run()
    shop.forge.set_people(PEOPLE, {"sre": ["lin"], "qa": ["guest"]}, shop.now)
    return shop


def may_hold(shop: Shop, user: str) -> bool:
    try:
        command(shop.workspace(user), "hold", "shop", ["prod"])
    except NotAllowed:
        return False
    return True


@pytest.mark.parametrize(
    ("lines", "who"),
    [
        ("/shop/ @kim\n", {"kim"}),
        ("* @kim @lin\n", {"kim", "lin"}),
        ("/shop/ @acme/sre\n", {"lin"}),
        ("/shop/prod/ @Kim\n/shop/dev/ @lin\n", {"kim"}),
        ("/shop/ @kim\n/shop/prod/app.yaml @lin\n", {"lin"}),
        ("/shop/ @kim\n/shop/prod/\n", set()),
        ("/cart/ @kim\n", set()),
        ("/shop/ @guest @acme/qa\n", set()),  # an owner who may not write is none
        ("", set()),
        (None, set()),
    ],
)
def test_owners_of_what_it_is_made_from(tmp_path: Path, lines: str | None, who: set[str]) -> None:
    shop = owned(tmp_path, lines)
    assert {user for user in ("kim", "lin", "guest", "nobody") if may_hold(shop, user)} == who


def test_only_the_branch_that_people_edit_says_who(tmp_path: Path) -> None:
    shop = owned(tmp_path, "/shop/ @lin\n")
    shop.commit({".github/CODEOWNERS": "/shop/ @kim\n"})
    assert (may_hold(shop, "lin"), may_hold(shop, "kim")) == (False, True)
