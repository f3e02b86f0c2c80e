"""Going back to a commit of the active branch: with a ledger that knows it, one that forgot it, and none at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from promoter.errors import PromoterError
from promoter.git.ref import RefUpdate
from promoter.model.forge import Permission
from promoter.model.ledger import How, Result
from promoter.model.names import Oid
from promoter.plan.back import Reach
from promoter.plan.words import Words
from promoter.run.said import Sentence, take_down
from tests.repos import commit_files, head
from tests.run.shops import IMAGE, IN_PLACE, LEDGER, RENDERED, make_shop

WHERE = Words(("shop",), ("prod",), reason="INC-412")
FILES = {IN_PLACE: ("main", "shop/prod/app.yaml"), RENDERED: ("environment/prod", "shop/deployment-shop.yaml")}


class Town:
    """1.1.0, 1.2.0 and 1.3.0 went to dev and prod, one after the other."""

    def __init__(self, folder: Path, config: str) -> None:
        self.shop = make_shop(folder, config)
        self.branch, self.path = FILES[config]
        self.tips: dict[str, Oid] = {}
        self.texts: dict[str, str] = {}
        self.shop.forge.set_people({"kim": Permission.WRITE, "lin": Permission.READ}, {}, self.shop.now)
        if config == IN_PLACE:
            self.shop.adopt()
        for version in ("1.1.0", "1.2.0", "1.3.0"):
            self.release(version)

    def release(self, version: str) -> None:
        """Bring a version everywhere."""
        self.shop.release(version)
        self.shop.run()
        self.tips[version], self.texts[version] = head(self.shop.repo, self.branch), self.text

    @property
    def text(self) -> str:
        """What stands in prod."""
        return self.shop.text(self.branch, self.path)

    def back(self, to: str, user: str = "kim", **more: bool) -> list[Sentence]:
        """Say `promoter rollback shop prod --to COMMIT "INC-412"`."""
        self.shop.later()
        return take_down(self.shop.workspace(user), "rollback", WHERE, reach=Reach(to=to, **more))

    def lose(self) -> None:
        """Somebody deletes the ledger's branch."""
        ref = f"refs/heads/{LEDGER}"
        self.shop.repo.update([RefUpdate(ref, head(self.shop.repo, LEDGER), None)])


@pytest.fixture(params=[RENDERED, IN_PLACE], ids=["rendered", "in-place"])
def town(tmp_path: Path, request: pytest.FixtureRequest) -> Town:
    return Town(tmp_path, request.param)


def test_what_the_ledger_knows_is_a_rollback_to_that_release(town: Town) -> None:
    (said,) = town.back(town.tips["1.1.0"])
    before = town.shop.ledger.place("prod").target
    assert before is not None
    assert said.text.endswith(
        f'roll back prod to r{before.release}, what it held in {town.tips["1.1.0"][:7]} "INC-412"'
    )
    town.shop.run()
    assert town.text == town.texts["1.1.0"]
    place = town.shop.ledger.place("prod")
    assert place.stay is not None
    assert (place.stay.release, place.stay.how) == (before.release, How.ROLLED_BACK)
    assert set(place.skips) == {before.release + 1, before.release + 2}
    assert place.hold is not None
    assert not town.shop.run().done


def test_without_a_ledger_the_commit_is_enough(town: Town) -> None:
    town.lose()
    town.back(town.tips["1.2.0"])
    town.shop.run()
    assert town.text == town.texts["1.2.0"]
    ledger = town.shop.ledger
    place = ledger.place("prod")
    assert place.stay is not None
    assert (place.stay.how, ledger.releases[place.stay.release].adopted) == (How.ROLLED_BACK, True)
    assert [place.outcomes[number].result for number in place.skips] == [Result.LEFT]
    assert place.hold is not None
    assert (place.hold.by, place.hold.reason) == ("kim", "INC-412")
    assert not town.shop.run().done


def test_what_was_on_its_way_comes_when_somebody_resumes(town: Town) -> None:
    """What is taken from history has a high number, and stands in order where it stood."""
    town.lose()
    town.back(town.tips["1.2.0"])
    town.shop.run()
    town.shop.release("1.4.0")
    town.shop.run()
    assert town.text == town.texts["1.2.0"], "held"
    town.shop.later()
    take_down(town.shop.workspace(), "resume", WHERE)
    town.shop.run()
    assert f"{IMAGE}:1.4.0" in town.text


def test_a_hand_edit_that_no_release_explains_can_be_gone_back_to(tmp_path: Path) -> None:
    town = Town(tmp_path, RENDERED)
    edited = town.text.replace("replicas: 1", "replicas: 5")
    at = commit_files(town.shop.repo, town.branch, {town.path: edited}, "Five", at=town.shop.now)
    town.shop.run()
    known = town.texts["1.3.0"]
    commit_files(town.shop.repo, town.branch, {town.path: known}, "One", at=town.shop.now)
    town.shop.run()
    town.release("1.4.0")
    town.shop.release("1.5.0")
    town.back(at[:9])
    town.shop.run()
    assert town.text == edited
    ledger = town.shop.ledger
    place = ledger.place("prod")
    assert place.stay is not None
    order = ledger.order
    assert order(3) < order(place.stay.release) < order(4), "where it stood in time, whatever its number"
    assert (place.mark, set(place.skips)) == (4, {4})


def test_others_edits_beside_the_values_stay(tmp_path: Path) -> None:
    town = Town(tmp_path, IN_PLACE)
    theirs = town.text.replace("replicas: 1   # theirs", "replicas: 7   # theirs")
    commit_files(town.shop.repo, "main", {town.path: theirs}, "Seven", at=town.shop.now)
    town.back(town.tips["1.1.0"])
    town.shop.run()
    assert town.text == theirs.replace("1.3.0", "1.1.0")


def test_refusals_write_nothing(town: Town) -> None:
    before = town.shop.repo.refs()
    for to, sentence in (
        ("4f1c9d2", "was never at a commit 4f1c9d2"),
        (town.tips["1.2.0"][:6], "was never at a commit"),
        (town.tips["1.3.0"], f"prod holds what it held in {town.tips['1.3.0'][:7]}"),
        (head(town.shop.repo, LEDGER), "was never at a commit"),
    ):
        with pytest.raises(PromoterError) as refusal:
            town.back(to)
        assert sentence in str(refusal.value)
    with pytest.raises(PromoterError) as refusal:
        town.back(town.tips["1.2.0"], user="lin")
    assert str(refusal.value).startswith("rollback in prod needs write; lin has read")
    with pytest.raises(PromoterError) as refusal:
        take_down(town.shop.workspace(), "rollback", Words(("shop",), ("prod",), 1), reach=Reach(to=town.tips["1.2.0"]))
    assert str(refusal.value).startswith("a release or a commit, not both")
    assert town.shop.repo.refs() == before


def test_forward_is_another_verb(town: Town) -> None:
    town.back(town.tips["1.1.0"])
    town.shop.run()
    with pytest.raises(PromoterError) as refusal:
        town.back(town.tips["1.3.0"])
    assert "To give it another try: promoter retry shop prod r" in str(refusal.value)
