"""`drift: overwrite`: what promoter recorded comes back over a hand edit, in the open, by the environment's own way."""

from __future__ import annotations

from pathlib import Path

import pytest

from promoter.model.forge import Permission, PullState
from promoter.model.ledger import Result
from promoter.model.names import Oid
from promoter.plan.words import Words
from promoter.run.said import take_down
from tests.repos import commit_files, head
from tests.run.shops import IN_PLACE, RENDERED, make_shop

PROD = "{name: prod, promote: auto}"
FILES = {"rendered": ("environment/prod", "shop/deployment-shop.yaml"), "in-place": ("main", "shop/prod/app.yaml")}
WHERE = Words(("shop",), ("prod",))


class Town:
    """1.4.0 runs in dev and prod; prod overwrites hand edits."""

    def __init__(self, folder: Path, layout: str, promote: str = "auto", more: str = "") -> None:
        config = RENDERED if layout == "rendered" else IN_PLACE
        rules = PROD.replace("auto", f"{promote}, drift: overwrite{more}")
        self.shop = make_shop(folder, config.replace(PROD, rules))
        self.branch, self.path = FILES[layout]
        self.shop.forge.set_people({"kim": Permission.WRITE, "lin": Permission.WRITE}, {}, self.shop.now)
        if layout == "in-place":
            self.shop.adopt()
        self.release("1.4.0")
        self.recorded = self.text

    @property
    def text(self) -> str:
        return self.shop.text(self.branch, self.path)

    @property
    def pulls(self) -> list[int]:
        """The open pull requests."""
        return [pull.number for pull in self.shop.forge.all_pulls() if pull.state is PullState.OPEN]

    def release(self, version: str) -> None:
        """Bring a version to prod, whoever merges there."""
        self.shop.release(version)
        self.shop.run()
        for number in self.pulls:
            self.shop.forge.merge_as(number, "kim", "squash", self.shop.now)
        self.shop.run()

    def edit(self, image: str = "1.4.0-debug") -> Oid:
        """Kim changes prod by hand."""
        self.shop.later()
        edited = self.text.replace("shop:1.4.0", f"shop:{image}")
        return commit_files(self.shop.repo, self.branch, {self.path: edited}, "Try it, fixes #7", at=self.shop.now)

    def message(self) -> str:
        """The newest commit's."""
        return self.shop.repo.store.commit(head(self.shop.repo, self.branch)).message


@pytest.fixture(params=["rendered", "in-place"])
def layout(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("promote", ["commit", "auto"])
def test_it_is_put_back_and_the_edit_stays_in_history(tmp_path: Path, layout: str, promote: str) -> None:
    town = Town(tmp_path, layout, promote)
    edit = town.edit()
    town.shop.run()
    assert town.text == town.recorded
    store = town.shop.repo.store
    assert store.is_ancestor(edit, head(town.shop.repo, town.branch))
    assert town.message().startswith("Put back shop 1.4.0 in prod\n\nIt was changed by hand, in:\n\n")
    assert f"- {edit[:7]} " in town.message()
    place = town.shop.ledger.place("prod")
    assert (place.drift, place.proposal, place.outcomes[max(place.outcomes)].result) == (None, None, Result.VERIFIED)
    assert not town.shop.run().done


@pytest.mark.parametrize("promote", ["review", "request"])
def test_where_a_person_merges_the_pull_request_names_the_edit(tmp_path: Path, layout: str, promote: str) -> None:
    town = Town(tmp_path, layout, "review")
    if promote == "request":
        dry = town.shop.text("main", "promoter.yaml").replace("promote: review", "promote: request")
        commit_files(town.shop.repo, "main", {"promoter.yaml": dry}, "On request", at=town.shop.now)
    edit = town.edit()
    edited = town.text
    town.shop.run()
    (number,) = town.pulls
    pull = town.shop.forge.pull(number)
    assert pull.title == "Put back shop 1.4.0 in prod"
    assert {"drift", "env/prod"} <= set(pull.labels)
    assert f"- `{edit[:7]}` Try it, fixes #\u200b7" in pull.body
    assert "shop:1.4.0-debug" in pull.body
    assert town.text == edited
    assert not town.shop.run().done
    take_down(town.shop.workspace(), "promote", WHERE)
    town.shop.run()
    assert town.text == town.recorded
    assert town.shop.ledger.place("prod").asked is None


def test_closing_it_keeps_the_edit_and_reopening_puts_it_back(tmp_path: Path, layout: str) -> None:
    town = Town(tmp_path, layout, "review")
    town.edit()
    edited = town.text
    town.shop.run()
    (number,) = town.pulls
    town.shop.forge.close_as(number, "kim", town.shop.now)
    for _ in range(2):
        town.shop.run()
    assert (town.pulls, town.text) == ([], edited)
    place = town.shop.ledger.place("prod")
    assert place.drift is not None
    assert (place.drift.kept_by, dict(place.skips)) == ("kim", {})
    town.shop.forge.reopen_as(number, "kim", town.shop.now)
    town.shop.run()
    assert town.pulls == [number]
    town.shop.forge.merge_as(number, "kim", "squash", town.shop.now)
    town.shop.run()
    assert town.text == town.recorded
    assert not town.shop.run().done


def test_skip_and_retry_say_the_same(tmp_path: Path, layout: str) -> None:
    town = Town(tmp_path, layout, "review")
    town.edit()
    town.shop.run()
    (said,) = take_down(town.shop.workspace(), "skip", WHERE)
    assert said.text == "shop: kim: keep what was changed by hand in prod"
    town.shop.run()
    assert town.pulls == []
    take_down(town.shop.workspace(), "retry", WHERE)
    town.shop.run()
    assert len(town.pulls) == 1


def test_another_edit_is_another_question(tmp_path: Path, layout: str) -> None:
    town = Town(tmp_path, layout, "review")
    town.edit()
    town.shop.run()
    town.shop.forge.close_as(town.pulls[0], "kim", town.shop.now)
    town.shop.run()
    commit_files(
        town.shop.repo, town.branch, {town.path: town.text.replace("-debug", "-trace")}, "More", at=town.shop.now
    )
    town.shop.run()
    (number,) = town.pulls
    assert "-trace" in town.shop.forge.pull(number).body


@pytest.mark.parametrize("word", ["hold", "freeze", "gate"])
def test_what_stops_a_release_stops_it_too(tmp_path: Path, word: str) -> None:
    town = Town(tmp_path, "rendered", "auto", ", gates: {approvals: 1}" if word == "gate" else "")
    town.edit()
    edited = town.text
    if word == "hold":
        take_down(town.shop.workspace(), "hold", WHERE)
    if word == "freeze":
        frozen = town.shop.text("main", "promoter.yaml") + "freeze: [{from: 2026-03-01, until: 2026-04-01}]\n"
        commit_files(town.shop.repo, "main", {"promoter.yaml": frozen}, "Freeze", at=town.shop.now)
    town.shop.run()
    town.shop.run()
    assert town.text == edited
    assert len(town.pulls) == (1 if word == "gate" else 0)
    if word == "gate":
        town.shop.forge.approve(town.pulls[0], "lin", town.shop.now)
    if word == "hold":
        take_down(town.shop.workspace(), "resume", WHERE)
    if word != "freeze":
        town.shop.run()
        assert town.text == town.recorded


def test_by_default_nothing_is_overwritten(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    shop.run()
    path = FILES["rendered"][1]
    edited = shop.text("environment/prod", path).replace("replicas: 1", "replicas: 3")
    commit_files(shop.repo, "environment/prod", {path: edited}, "Three", at=shop.now)
    shop.run()
    assert shop.text("environment/prod", path) == edited
