from __future__ import annotations

import re

import pytest

from promoter.model.forge import Permission
from tests.cli.fleet import Fleet

FORGE = "refs/promoter/forge"
UNTIL = "promoter: soon is not a time\n  write 2026-12-24T18:00, 2026-12-24 or 4h\n"


def test_a_rollback_and_back_again(running: Fleet) -> None:
    running.ok("release", "shop", "1.4.3")
    running.ok("run")
    assert running.ok("rollback", "shop", "dev", "INC-412 5xx") == (
        'shop: kim: roll back dev from r2 to r1 "INC-412 5xx"\n'
    )
    running.ok("run")
    out = running.ok("status", "shop", "dev")
    assert "shop  1.4.2 HELD since 20 Nov" in out
    assert 'rolled back from 1.4.3: "INC-412 5xx" (kim)' in out
    assert "held by kim: INC-412 5xx" in running.ok("explain", "shop", "dev")
    assert running.ok("retry", "shop", "dev", "1.4.3") == "shop: kim: retry r2 in dev\n"
    assert running.ok("resume", "shop", "dev") == "shop: kim: resume dev\n"
    running.ok("run")
    assert "shop  1.4.3 ok" in running.ok("status", "shop", "dev")


def test_a_hold_over_an_environment_and_its_end(running: Fleet) -> None:
    assert running.ok("hold", "prod", "--until", "4h", "--reason", "Friday") == (
        'shop: kim: hold prod "Friday"\ncart: kim: hold prod "Friday"\n'
    )
    assert "-  HELD" not in running.ok("status")
    assert "- HELD since 20 Nov   1.4.2 stays out" in running.ok("status", "shop")
    assert running.ok("resume", "prod", "cart") == "cart: kim: resume prod\n"
    assert running.ok("resume", "prod") == "shop: kim: resume prod\n"
    said = running("resume", "prod")
    assert (said.code, said.err) == (2, "promoter: nothing of prod is held\n")


def test_a_whole_app_is_held(running: Fleet) -> None:
    assert running.ok("hold", "shop").count("\n") == 3
    assert running("status", "--json", "shop").json["counts"]["held"] == 3
    assert running.ok("resume", "shop").count("\n") == 3


def test_everything_is_held(running: Fleet) -> None:
    assert running.ok("hold", "--all", "INC-412 nobody knows").count("\n") == 5
    assert running("status", "--json").json["counts"]["held"] == 5
    said = running("hold", "--all", "prod")
    assert (said.code, said.err) == (2, "promoter: name apps and environments, or say --all, not both\n")
    assert running.ok("resume", "--all").count("\n") == 5
    assert running("resume", "--all").err == "promoter: nothing is held\n"


def test_several_apps_go_back_together_or_none_does(running: Fleet) -> None:
    for app in ("shop", "cart"):
        running.ok("release", app, "1.4.3")
    running.ok("run")
    before = running.repo.refs()
    for argv in (["rollback", "shop", "cart", "dev", "r1"], ["rollback", "shop", "cart", "prod", "1.4.2"]):
        assert running(*argv).code == 2
    running.forge.set_people({"kim": Permission.READ}, {}, running.now)
    assert running("rollback", "shop", "cart", "dev", "INC-412 5xx").code == 1
    after = running.repo.refs()
    assert {**after, FORGE: before[FORGE]} == before
    running.forge.set_people({"kim": Permission.WRITE}, {}, running.now)
    said = running.ok("rollback", "shop", "cart", "dev", "INC-412 5xx")
    assert [line.partition(":")[0] for line in said.splitlines()] == ["shop", "cart"]
    running.ok("run")
    out = running.ok("status", "dev")
    assert "shop  1.4.2 HELD" in out
    assert "cart  1.0.0 HELD" in out or "cart  1.4.2 HELD" in out


def test_an_environment_goes_back_with_all_after_it(running: Fleet) -> None:
    running.ok("release", "shop", "1.4.3")
    running.ok("run")
    assert running.ok("rollback", "shop", "dev", "--and-after", "INC-412 5xx").splitlines() == [
        'shop: kim: roll back dev from r2 to r1 "INC-412 5xx"',
        'shop: kim: roll back staging from r2 to r1 "INC-412 5xx"',
    ]
    running.ok("run")
    assert len(re.findall("1.4.2 HELD", running.ok("status", "shop"))) == 2


def test_a_skip_by_version(running: Fleet) -> None:
    assert running.ok("skip", "prod", "1.4.2", "shop", "waits for the migration") == (
        'shop: kim: skip r1 in prod "waits for the migration"\n'
    )
    running.ok("run")
    assert "skipped by kim" in running.ok("history", "shop")


def test_json(running: Fleet) -> None:
    assert running("--json", "hold", "shop", "dev").json == {
        "schema": "promoter.said/v1",
        "said": [{"app": "shop", "environment": "dev", "text": "shop: kim: hold dev"}],
    }


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["promote", "shop"], "promoter: promote where?\n  name one of dev, staging, prod\n"),
        (["promote", "prod"], "promoter: which app?\n  name one of cart, shop\n"),
        (["hold"], "promoter: hold what?\n  name an app, an environment, or both; everything: --all\n"),
        (["skip", "cart", "staging"], "promoter: cart does not go to staging\n  it goes to dev, prod\n"),
        (["hold", "shop", "--until", "soon"], UNTIL),
        (
            ["rollback", "shop", "dev", "INC-1"],
            "promoter: shop has no release of version INC-1\n"
            "  it has r1 (1.4.2); a reason of one word goes after --reason, in a comment into quotes\n",
        ),
        (["rollback", "shop", "dev", "9.9"], "promoter: shop has no release of version 9.9\n  it has r1 (1.4.2)\n"),
    ],
)  # fmt: skip
def test_what_makes_no_sense(running: Fleet, argv: list[str], message: str) -> None:
    before = running.repo.refs()
    said = running(*argv)
    assert (said.code, said.out, said.err) == (2, "", message)
    assert running.repo.refs() == before


def test_whoever_may_not_is_refused_and_told_who_may(running: Fleet) -> None:
    running.forge.set_people({"kim": Permission.WRITE, "lin": Permission.READ}, {}, running.now)
    said = running("hold", "shop", "prod", user="lin")
    assert said.code == 1
    assert said.err.startswith("promoter: hold in prod needs write; lin has read\n")
    assert running("hold", "shop", "prod", "--as", "kim", user="lin").code == 0


def test_nothing_to_hold_before_the_first_release(fleet: Fleet) -> None:
    said = fleet("hold", "prod")
    assert (said.code, said.err) == (2, "promoter: nothing has been released to prod yet\n")


def test_an_override(running: Fleet) -> None:
    running.forge.set_people({"kim": Permission.MAINTAIN}, {}, running.now)
    assert running.ok("override", "shop", "prod", "approvals", "r1", "INC-412: nobody is there") == (
        'shop: kim: override approvals for r1 in prod "INC-412: nobody is there"\n'
    )
    running.ok("run")
    assert "overridden by kim, 20 Nov 15:05: INC-412: nobody is there" in running.ok("explain", "shop", "prod")
    said = running("override", "shop", "prod", "freeze", "why not")
    assert (said.code, said.err.splitlines()[0]) == (2, "promoter: freeze is no gate, and cannot be overridden")
    said = running("override", "shop", "prod", "why not")
    assert (said.code, said.err.splitlines()[0]) == (2, "promoter: override which gate?")
