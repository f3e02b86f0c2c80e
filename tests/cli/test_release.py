from __future__ import annotations

import pytest

from promoter.model.forge import Permission
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


PEOPLE = {"kim": Permission.MAINTAIN, "lin": Permission.WRITE, "promoter": Permission.WRITE}


@pytest.fixture
def running(fleet: Fleet) -> Fleet:
    """1.3.9 runs everywhere, 1.4.0 is on its way; kim may make hotfixes."""
    fleet.forge.set_people(PEOPLE, {}, fleet.now)
    fleet.ok("release", "shop", "1.3.9")
    fleet.ok("run", user="promoter")
    fleet.later(minutes=5)
    (pull,) = (pull for pull in fleet.forge.all_pulls() if pull.head_branch == "environment/prod-next/shop")
    fleet.forge.approve(pull.number, "lin", fleet.now)
    fleet.forge.merge_as(pull.number, "kim", "merge", fleet.now)
    fleet.ok("run", user="promoter")
    fleet.later(minutes=5)
    fleet.ok("release", "shop", "1.4.0")
    return fleet


def test_a_hotfix_says_what_it_is_everywhere(running: Fleet) -> None:
    out = running.ok("release", "shop", "1.3.10", "--hotfix", "prod", "INC-412 crash on start")
    assert out.splitlines() == [
        "shop r3 (1.3.10): hotfix of r1 for prod",
        "  ghcr.io/acme/shop  1.3.9  -> 1.3.10",
        "It waits for no environment before; the gates of its own hold. promoter run does the rest",
        "main does not have it: merge promoter/release/shop+r3 into it, or release a version with the fix",
    ]
    running.ok("run", user="promoter")
    assert '1.3.10 is a hotfix: "INC-412 crash on start" (kim)' in running.ok("status", "shop")
    said = running.ok("explain", "shop", "prod")
    assert 'hotfix of r1 by kim, waits for no environment before: "INC-412 crash on start"' in said
    assert "1.3.10 (hotfix)" in running.ok("history", "shop")
    assert "hotfix of r1 for prod: INC-412 crash on start" in running.ok("history", "shop", "r3")
    slots = {slot["environment"]: slot for slot in running("status", "shop", "--json").json["slots"]}
    word = {"of": "r1", "by": "kim", "reason": "INC-412 crash on start"}
    assert (slots["prod"]["proposed"]["release"], slots["prod"]["proposed"]["hotfix"]) == ("r3", word)
    assert (slots["prod"]["active"]["hotfix"], slots["dev"]["active"]["hotfix"]) == (None, None)
    assert [one["hotfix"] for one in running("history", "shop", "--json").json["releases"]] == [word, None, None]


def test_a_hotfix_as_json(running: Fleet) -> None:
    made = running("release", "shop", "1.3.10", "--hotfix", "prod", "--reason", "INC-412", "--json").json
    assert (made["release"], made["environments"]) == ("r3", ["prod"])
    assert made["hotfix"] == {"of": "r1", "by": "kim", "reason": "INC-412"}
    assert made["branch"] == "promoter/release/shop+r3"


def test_a_hotfix_for_what_is_held_says_so(running: Fleet) -> None:
    running.ok("hold", "shop", "prod", "INC-412 5xx")
    out = running.ok("release", "shop", "1.3.10", "--hotfix", "prod", "INC-412 5xx")
    assert "prod is held, and nothing moves there before: promoter resume shop prod" in out.splitlines()


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--hotfix", "prod"], "a hotfix needs a reason"),
        (["--hotfix", "a b"], "a hotfix for which environments?"),
        (["--hotfix", "prod", "a b", "--allow-older"], "no environment goes back by a hotfix"),
        (["prod", "a b"], "a release is made for all environments of one app"),
    ],
)
def test_a_hotfix_that_makes_no_sense(running: Fleet, argv: list[str], message: str) -> None:
    said = running("release", "shop", "1.3.10", *argv)
    assert (said.code, said.err.splitlines()[0]) == (2, f"promoter: {message}")
