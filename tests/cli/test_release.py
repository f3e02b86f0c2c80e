from __future__ import annotations

import pytest

from tests.cli.fleet import Fleet
from tests.repos import commit_files


def test_a_release_is_made_for_every_environment(fleet: Fleet) -> None:
    out = fleet.ok("release", "1.4.2", "shop")
    first, *rest = out.splitlines()
    assert first.startswith("shop r1 (1.4.2): ready, made for dev, staging, prod from ")
    assert rest == ["  ghcr.io/acme/shop  1.0.0  -> 1.4.2", "promoter run does the rest"]


def test_an_image_by_name_as_json(fleet: Fleet) -> None:
    made = fleet("release", "cart", "--image", "ghcr.io/acme/cart=2.0.1", "--json").json
    assert (made["schema"], made["release"], made["environments"]) == ("promoter.release/v1", "r1", ["dev", "prod"])
    assert made["images"] == [{"name": "ghcr.io/acme/cart", "from": "1.0.0", "to": "2.0.1", "digest": None}]


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["shop", "dev", "1.4.2"], "a release is made for all environments of one app"),
        (["shop", "1.4.2", "--image", "ghcr.io/acme/shop=1"], "give a version, or images with theirs, not both"),
        (["1.4.2"], "which app?"),
        (["shop", "--image", "ghcr.io/acme/nope=1"], "nothing of shop uses ghcr.io/acme/nope"),
    ],
)
def test_what_makes_no_sense(fleet: Fleet, argv: list[str], message: str) -> None:
    before = fleet.repo.refs()
    said = fleet("release", *argv)
    assert (said.code, said.err.splitlines()[0]) == (2, f"promoter: {message}")
    assert fleet.repo.refs() == before


def test_a_release_that_does_not_render_fails_and_says_why(fleet: Fleet) -> None:
    commit_files(fleet.repo, "main", {"cart/prod/extra.yaml": "kind: [broken"}, "Break it")
    said = fleet("release", "cart")
    assert said.code == 1
    assert said.out.startswith("cart r1 (1.0.0): failed, made for dev from ")
    assert "\n  prod  " in said.out
    assert "promoter run" not in said.out


def test_adopting_what_stands_there(fleet: Fleet) -> None:
    commit_files(fleet.repo, "environment/dev", {"shop/app.yaml": "kind: Old\n"}, "By hand")
    commit_files(fleet.repo, "environment/prod", {"shop/app.yaml": "kind: Old\n"}, "By hand")
    problems = fleet("status", "--json").json["problems"]
    assert any("promoter adopt shop" in problem for problem in problems)
    assert "Take it as the start: promoter adopt shop" in fleet.ok("status")
    assert fleet.ok("adopt", "--all").startswith("shop r0: adopted where it stands, in dev, prod\n")
    assert fleet.ok("adopt", "--all") == "Nothing to adopt.\n"
    assert fleet("adopt", "shop").code == 2


@pytest.mark.parametrize("argv", [["shop", "dev"], ["shop", "--all"], []])
def test_adopting_needs_an_app(fleet: Fleet, argv: list[str]) -> None:
    assert fleet("adopt", *argv).code == 2
