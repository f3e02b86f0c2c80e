"""A hotfix: made from what is active, for some environments, past those before; and what comes after it."""

from __future__ import annotations

from pathlib import Path

import pytest

from promoter.errors import PromoterError
from promoter.git.repository import open_repository
from promoter.model.forge import Permission, PullState
from promoter.model.ledger import Ledger, Result
from promoter.model.release import ImageChange, Release
from promoter.plan.decide import decide
from promoter.run.command import NotAllowed, command
from promoter.run.hotfix import hotfix
from promoter.run.release import Wish
from tests.repos import commit_files, head, tip
from tests.run.shops import APP, IMAGE, LAYOUT, make_shop, manifest

HEAD = """\
version: 1
live: none
environments:
  - {name: dev, promote: auto}
  - {name: staging, promote: request}
  - {name: prod, promote: auto}
  - {name: far, promote: auto}
"""
NAMES = ("dev", "staging", "prod", "far")
RENDERED = f"{HEAD}{LAYOUT}apps: {{shop: {{{APP}}}}}\n"
IN_PLACE = f'{HEAD}apps: {{shop: {{path: "shop/{{environment}}", images: ["{IMAGE}"]}}}}\n'
WHY = "INC-412 crash on start"
FILES = {f"shop/{name}/app.yaml": manifest(name, f"{IMAGE}:1.0.0") for name in NAMES}


class Town:
    """A shop that goes to dev, by request to staging, to prod and to far; 1.3.9 runs everywhere, 1.4.0 in dev."""

    def __init__(self, folder: Path, config: str) -> None:
        self.shop = make_shop(folder, config, FILES)
        people = {"kim": Permission.MAINTAIN, "promoter": Permission.WRITE, "lin": Permission.WRITE}
        self.shop.forge.set_people(people, {}, self.shop.now)
        if config == IN_PLACE:
            self.shop.adopt()
        self.old = self.everywhere("1.3.9")
        self.new = self.shop.release("1.4.0")
        self.shop.run()

    def everywhere(self, version: str) -> Release:
        """Release a version and bring it everywhere."""
        made = self.shop.release(version)
        self.shop.run()
        self.promote(made, "staging")
        return made

    def promote(self, made: Release, environment: str) -> None:
        """Say `promoter promote`, and run."""
        self.shop.later()
        command(self.shop.workspace(), "promote", "shop", [environment], made.number)
        self.shop.run()

    def mend(self, version: str, *environments: str, reason: str = WHY, user: str = "kim") -> Release:
        """Make a hotfix."""
        self.shop.later()
        return hotfix(self.shop.workspace(user), "shop", environments, Wish(version), reason)

    def refused(self, version: str, *environments: str, reason: str = WHY) -> str:
        """Give the sentence of a refusal; nothing was written."""
        before = self.shop.repo.refs()
        with pytest.raises(PromoterError) as refusal:
            self.mend(version, *environments, reason=reason)
        assert self.shop.repo.refs() == before
        return str(refusal.value)

    @property
    def active(self) -> list[int | None]:
        """The releases that are active."""
        return [self.shop.active(name) for name in NAMES]

    @property
    def ledger(self) -> Ledger:
        """The ledger."""
        return self.shop.ledger

    def holds(self, environment: str) -> str:
        """Give the manifest that stands in an environment."""
        rendered = tip(self.shop.repo, f"environment/{environment}") is not None
        branch, path = (f"environment/{environment}", "shop") if rendered else ("main", f"shop/{environment}")
        entry = self.shop.repo.store.children(self.shop.repo.store.commit(head(self.shop.repo, branch)).tree, path)
        return self.shop.text(branch, f"{path}/{entry[0][0]}")

    def passed_over(self, environment: str) -> dict[int, str]:
        """Give what is passed over in an environment, and why."""
        ws = self.shop.workspace()
        plan = decide(ws.config, self.shop.look(), self.shop.now)
        return dict(next(slot for slot in plan.slots if slot.environment == environment).passed_over)


@pytest.fixture(params=[RENDERED, IN_PLACE], ids=["rendered", "in-place"])
def town(tmp_path: Path, request: pytest.FixtureRequest) -> Town:
    return Town(tmp_path, request.param)


def test_it_comes_past_the_environments_before_and_moves_the_version_alone(town: Town) -> None:
    assert town.active == [2, 1, 1, 1]
    before = town.holds("prod")
    made = town.mend("1.3.10", "prod")
    town.shop.run()
    assert (made.number, made.by, made.version) == (3, "kim", "1.3.10")
    assert made.images == (ImageChange(IMAGE, "1.3.9", "1.3.10"),)
    assert made.hotfix is not None
    assert (made.hotfix.base, made.hotfix.reason, list(made.content)) == (1, WHY, ["prod"])
    assert town.active == [2, 1, 3, 1]
    assert town.holds("prod") == before.replace("1.3.9", "1.3.10")
    assert town.ledger.place("prod").outcomes[3].result is Result.VERIFIED
    assert not town.shop.run().done


def test_the_next_release_that_is_not_older_takes_its_place_though_its_number_is_lower(town: Town) -> None:
    town.mend("1.3.10", "prod")
    town.shop.run()
    town.promote(town.new, "staging")
    assert town.active == [2, 2, 2, 2]
    assert town.ledger.place("prod").outcomes[3].result is Result.VERIFIED  # overtaken, not taken back
    assert not town.shop.run().done


def test_what_does_not_contain_it_stays_out_until_somebody_vouches_for_it(town: Town) -> None:
    town.mend("1.4.1", "prod")
    town.shop.run()
    town.promote(town.new, "staging")
    assert town.active == [2, 2, 3, 1]  # far waits for prod
    assert town.passed_over("prod") == {2: f"does not contain hotfix r3 (1.4.1): {IMAGE} is 1.4.0, not 1.4.1"}
    town.promote(town.new, "prod")
    assert town.active == [2, 2, 2, 2]


def test_a_later_release_without_the_fix_stays_out_and_one_with_it_comes(town: Town) -> None:
    town.mend("1.4.1", "prod")
    town.shop.run()
    same = town.shop.release("1.4.0")
    town.shop.run()
    town.promote(same, "staging")
    assert town.active[2] == 3
    fixed = town.shop.release("1.4.1")
    town.shop.run()
    town.promote(fixed, "staging")
    assert town.active == [5, 5, 5, 5]


def test_a_hotfix_of_a_hotfix_and_the_way_back(town: Town) -> None:
    town.mend("1.3.10", "prod", "far")
    town.shop.run()
    second = town.mend("1.3.11", "prod")
    town.shop.run()
    assert second.hotfix is not None
    assert (second.hotfix.after, town.active) == ((1, 3), [2, 1, 4, 3])
    town.shop.later()
    command(town.shop.workspace(), "rollback", "shop", ["prod"])
    town.shop.run()
    assert town.active == [2, 1, 3, 3]
    command(town.shop.workspace(), "resume", "shop", ["prod"])
    town.shop.run()
    assert town.active == [2, 1, 3, 3]
    town.promote(town.new, "staging")
    assert town.active == [2, 2, 2, 2]


def test_it_downgrades_nobody(town: Town) -> None:
    """What was made from 1.3.9 does not come over 1.4.0, which was there first."""
    town.shop.later()
    command(town.shop.workspace(), "hold", "shop", ["prod"])
    town.mend("1.3.10", "prod")
    town.shop.run()
    assert town.active == [2, 1, 1, 1]
    command(town.shop.workspace(), "skip", "shop", ["prod"], 3)
    command(town.shop.workspace(), "resume", "shop", ["prod"])
    town.promote(town.new, "staging")
    assert town.active == [2, 2, 2, 2]
    command(town.shop.workspace(), "retry", "shop", ["prod"], 3)
    assert not [event for event in town.shop.run().done if event.what != "recorded"]
    assert town.active == [2, 2, 2, 2]


def test_after_a_rollback_the_hotfix_comes_when_somebody_resumes_and_newer_marks_stay(town: Town) -> None:
    town.promote(town.new, "staging")
    assert town.active == [2, 2, 2, 2]
    town.shop.later()
    command(town.shop.workspace(), "rollback", "shop", ["prod"], reason="5xx")
    town.shop.run()
    town.mend("1.3.10", "prod")
    town.shop.run()
    assert town.active == [2, 2, 1, 2]  # held
    town.shop.later()
    command(town.shop.workspace(), "resume", "shop", ["prod"])
    town.shop.run()
    assert town.active == [2, 2, 3, 2]
    assert town.ledger.place("prod").mark == 2
    fixed = town.shop.release("1.4.1")
    town.shop.run()
    town.promote(fixed, "staging")
    assert town.active == [4, 4, 4, 4]


def test_gates_hold(town: Town) -> None:
    config = town.shop.text("main", "promoter.yaml")
    town.shop.commit(
        {"promoter.yaml": config.replace("prod, promote: auto", "prod, promote: auto, gates: {approvals: 1}")}
    )
    town.mend("1.3.10", "prod")
    town.shop.run()
    assert town.active == [2, 1, 1, 1]
    (pull,) = [pull for pull in town.shop.forge.all_pulls() if pull.state is PullState.OPEN]
    assert pull.title == "Hotfix shop 1.3.10 in prod"
    assert {"hotfix", "env/prod"} <= set(pull.labels)
    assert "crash on start" in pull.body
    assert "waits for no environment before" in pull.body
    town.shop.forge.approve(pull.number, "lin", town.shop.now)
    town.shop.run()
    assert town.active == [2, 1, 3, 1]


def test_it_needs_the_label_and_no_trailer_and_nobody_else_needs_to_run_it(town: Town) -> None:
    config = town.shop.text("main", "promoter.yaml")
    accept = 'accept: {labels: [hotfix], trailer: "Promote: prod", active_in: staging}'
    town.shop.commit({"promoter.yaml": config.replace("prod, promote: auto", f"prod, promote: auto, {accept}")})
    assert "prod does not take 1.3.10: has no label hotfix" in town.refused("1.3.10", "prod")
    hotfix(town.shop.workspace(), "shop", ["prod"], Wish("1.3.10", labels=("hotfix",)), WHY)
    town.shop.run()
    assert town.active == [2, 1, 3, 1]


def test_it_comes_before_what_waits_there_and_waits_for_no_outcome_of_what_it_mends(tmp_path: Path) -> None:
    town = Town(tmp_path, RENDERED.replace("prod, promote: auto", "prod, promote: auto, verify: {soak: 24h}"))
    assert town.active == [2, 1, 1, None]
    town.mend("1.3.10", "prod")
    town.shop.run()
    assert town.active == [2, 1, 3, None]


def test_its_commit_stands_on_a_branch_and_the_dry_branch_has_nothing_of_it(tmp_path: Path) -> None:
    town = Town(tmp_path, RENDERED)
    before = head(town.shop.repo)
    made = town.mend("1.3.10", "prod")
    assert head(town.shop.repo) == before
    assert head(town.shop.repo, "promoter/release/shop+r3") == made.dry
    store = town.shop.repo.store
    assert store.commit(made.dry).parents == (town.old.dry,)
    assert store.read(store.commit(made.dry).tree, "shop/prod/app.yaml") == manifest("prod", f"{IMAGE}:1.3.10").encode()
    assert store.read(store.commit(made.dry).tree, "shop/dev/app.yaml") == manifest("dev", f"{IMAGE}:1.3.9").encode()
    town.shop.run()
    assert sorted(town.ledger.releases) == [1, 2, 3]  # nothing was made of it


def test_who_may(town: Town) -> None:
    before = town.shop.repo.refs()
    with pytest.raises(NotAllowed, match="hotfix in prod needs maintain; lin has write"):
        town.mend("1.3.10", "prod", user="lin")
    assert town.shop.repo.refs() == before


def test_what_makes_no_sense(town: Town) -> None:
    assert "for which environments" in town.refused("1.3.10")
    assert "needs a version" in town.refused("", "prod")
    assert "needs a reason" in town.refused("1.3.10", "prod", reason="")
    assert "shop has no environment moon" in town.refused("1.3.10", "moon")
    assert "1.3.8 is older" in town.refused("1.3.8", "prod")
    assert "runs that already" in town.refused("1.3.9", "prod")
    assert "dev runs r2, prod runs r1" in town.refused("1.4.1", "dev", "prod")


def test_what_was_changed_by_hand_is_not_a_base(town: Town) -> None:
    branch, path = (
        ("environment/prod", "shop")
        if town.holds("prod") and tip(town.shop.repo, "environment/prod")
        else ("main", "shop/prod")
    )
    commit_files(
        town.shop.repo,
        branch,
        {f"{path}/{'app.yaml' if branch == 'main' else 'hand.yaml'}": manifest("prod", f"{IMAGE}:6.6.6")},
        "By hand",
    )
    assert "does not hold what r1 put there" in town.refused("1.3.10", "prod")


def test_several_environments_and_a_fresh_machine(town: Town, tmp_path: Path) -> None:
    """What a hotfix of a hotfix needs is fetched."""
    town.mend("1.3.10", "prod", "far")
    town.shop.run()
    assert town.active == [2, 1, 3, 3]
    far = open_repository(town.shop.repo.store.path.as_uri(), tmp_path / "cache")
    for key in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        town.shop.repo.store.repo.config[key] = True
    ws = town.shop.workspace()
    ws.repository = far
    made = hotfix(ws, "shop", ["far"], Wish("1.3.11"), WHY)
    assert made.hotfix is not None
    assert made.hotfix.after == (1, 3)
    town.shop.run()
    assert town.active == [2, 1, 3, 4]


def test_what_was_adopted_is_no_base_where_manifests_are_rendered(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, RENDERED, FILES)
    for name in NAMES:
        commit_files(shop.repo, f"environment/{name}", {"shop/app.yaml": manifest(name, f"{IMAGE}:1.0.0")}, "By hand")
    shop.adopt()
    shop.forge.set_people({"kim": Permission.MAINTAIN}, {}, shop.now)
    with pytest.raises(PromoterError, match="runs r0, which was adopted as it stood"):
        hotfix(shop.workspace(), "shop", ["prod"], Wish("1.0.1"), WHY)


def test_what_does_not_render_is_not_made(tmp_path: Path) -> None:
    town = Town(
        tmp_path,
        RENDERED.replace(
            "render: plain", "render: {command: [sh, -c, 'grep -v 1.3.10 app.yaml && exit $(grep -c 1.3.10 app.yaml)']}"
        ),
    )
    assert "the hotfix does not render in prod, and was not made" in town.refused("1.3.10", "prod")


def test_an_accept_rule_and_a_target_refuse_it_at_once(tmp_path: Path) -> None:
    town = Town(tmp_path, RENDERED.replace("{name: prod,", "{name: prod, accept: {semver: '<1.3.10 || >=1.4.0'},"))
    assert "prod does not take 1.3.10" in town.refused("1.3.10", "prod")
    town.promote(town.new, "staging")
    town.shop.later()
    command(town.shop.workspace(), "rollback", "shop", ["prod"])
    assert "prod is about to change: r1 was asked for by kim" in town.refused("1.4.1", "prod")
