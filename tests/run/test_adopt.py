"""`promoter adopt`: the start on a living repository, hand edits, and a ledger that is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from promoter.errors import UsageError
from promoter.forge.local import LocalForge
from promoter.git.ref import RefUpdate
from promoter.model.forge import Permission
from promoter.model.ledger import How, Result
from promoter.model.plan import State
from promoter.run.command import NotAllowed, command
from promoter.run.run import see
from tests.repos import KIM, START, commit_files, head
from tests.run.shops import IMAGE, IN_PLACE, LEDGER, Shop, make_shop, manifest

MISSING = (
    "shop: its active branches carry promoter's commits, but its ledger is missing. Restore that branch, or start "
    "again from what runs: promoter adopt shop --lost-ledger"
)


@pytest.fixture
def living(tmp_path: Path) -> Shop:
    """A shop whose branches were filled by somebody else."""
    shop = make_shop(tmp_path)
    for name, version in (("dev", "0.9.0"), ("prod", "0.8.0")):
        commit_files(
            shop.repo, f"environment/{name}", {"shop/app.yaml": manifest(name, f"{IMAGE}:{version}")}, "Old way"
        )
    return shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A shop that has promoted r1 everywhere."""
    shop = make_shop(tmp_path)
    shop.run()
    return shop


def refusal(shop: Shop, lost: bool = False) -> str:
    """Give why nothing is adopted."""
    with pytest.raises(UsageError) as refused:
        shop.adopt(lost)
    return str(refused.value)


def test_nothing_is_done_before_what_stands_there_is_adopted(living: Shop) -> None:
    before = living.repo.refs()
    outcome = living.run()
    assert outcome.plan.problems == (
        "shop: something stands in its slots already. Take it as the start: promoter adopt shop",
    )
    assert living.repo.refs() == before


def test_adopting_needs_the_right_to_write(living: Shop) -> None:
    people = LocalForge(living.repo, "promoter")
    people.set_people({"kim": Permission.READ}, {}, START)
    with pytest.raises(NotAllowed, match="adopt in dev needs write; kim has read"):
        living.adopt()
    assert LEDGER not in living.repo.refs()


def test_r0_is_what_stands_in_each_environment(living: Shop) -> None:
    made = living.adopt()
    assert (made.number, made.adopted, set(made.content)) == (0, True, {"dev", "prod"})
    for name in ("dev", "prod"):
        place = living.ledger.place(name)
        assert place.stay is not None
        assert (place.stay.release, place.stay.how, place.mark) == (0, How.ADOPTED, 0)
        assert place.outcomes[0].result is Result.VERIFIED
        assert place.outcomes[0].reason == "adopted by kim"
    assert living.ledger.next == 1
    assert living.ledger.place("prod").after == ("dev",)


def test_r0_goes_nowhere_and_the_sources_as_they_are_make_no_release(living: Shop) -> None:
    living.adopt()
    outcome = living.run()
    assert outcome.done == ()
    assert [slot.state for slot in outcome.plan.slots] == [State.CURRENT, State.CURRENT]


def test_the_next_change_makes_r1(living: Shop) -> None:
    living.adopt()
    living.tag("1.0.1")
    living.run()
    assert [living.active(name) for name in ("dev", "prod")] == [1, 1]


def test_what_was_adopted_can_be_gone_back_to(living: Shop) -> None:
    living.adopt()
    living.tag("1.0.1")
    living.run()
    living.later()
    command(living.workspace(), "rollback", "shop", ["prod"], reason="INC-1")
    living.run()
    assert living.active("prod") == 0
    assert living.text("environment/prod", "shop/app.yaml") == manifest("prod", f"{IMAGE}:0.8.0")


def test_an_environment_that_is_empty_is_not_adopted(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    commit_files(shop.repo, "environment/dev", {"shop/app.yaml": manifest("dev", f"{IMAGE}:0.9.0")}, "Old way")
    assert set(shop.adopt().content) == {"dev"}
    assert shop.active("prod") is None


def test_values_in_place_are_adopted_where_they_stand(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, IN_PLACE)
    assert shop.adopt().number == 0
    assert shop.run().done == ()


@pytest.mark.parametrize("released", [False, True], ids=["empty slots", "nothing was changed by hand"])
def test_there_is_nothing_to_adopt(tmp_path: Path, released: bool) -> None:
    shop = make_shop(tmp_path)
    if released:
        shop.run()
    assert refusal(shop) == "nothing of shop is there to adopt\n  Make a release: promoter release shop"


# --- hand edits ---


def edit(shop: Shop) -> None:
    """Change prod by hand, and let a run see it."""
    commit_files(shop.repo, "environment/prod", {"shop/app.yaml": manifest("prod", f"{IMAGE}:9.9.9")}, "Quick fix")
    shop.run()


def test_a_hand_edit_is_adopted_as_the_next_release(shop: Shop) -> None:
    edit(shop)
    assert shop.ledger.place("prod").drift is not None
    made = shop.adopt()
    assert (made.number, set(made.content), made.adopted) == (2, {"prod"}, True)
    place = shop.ledger.place("prod")
    assert (place.drift, place.mark, [it.release for it in place.past]) == (None, 2, [1])
    assert place.outcomes[2].result is Result.VERIFIED
    assert shop.active("dev") == 1
    assert shop.run().done == ()


def test_what_was_adopted_by_hand_is_left_when_something_newer_is_verified(shop: Shop) -> None:
    edit(shop)
    shop.adopt()
    shop.tag("1.1.0")
    shop.run()
    assert [shop.active(name) for name in ("dev", "prod")] == [3, 3]


# --- a lost ledger ---


def lose(shop: Shop) -> None:
    """Delete the ledger's branch."""
    shop.repo.update([RefUpdate(f"refs/heads/{LEDGER}", head(shop.repo, LEDGER), None)])


def test_a_lost_ledger_is_no_fresh_start(shop: Shop) -> None:
    lose(shop)
    before = shop.repo.refs()
    assert shop.run().plan.problems == (MISSING,)
    assert shop.repo.refs() == before
    assert refusal(shop) == (
        "environment/dev carries promoter's commits for shop, but its ledger is missing\n  Restore refs/heads/"
        "promoter-ledger/shop, or start again, without its holds and skips: promoter adopt shop --lost-ledger"
    )


def test_a_lost_ledger_is_started_again_on_a_person_s_word(shop: Shop) -> None:
    """No number is given twice, and what was merged under the lost ledger is not taken for something new."""
    shop.tag("1.0.1")
    shop.run()
    lose(shop)
    assert shop.adopt(lost=True).number == 3
    shop.tag("1.1.0")
    shop.run()
    assert [shop.active(name) for name in ("dev", "prod")] == [4, 4]
    assert shop.ledger.place("dev").skips == {}


def test_old_merges_are_old_also_where_the_branches_were_made_anew(shop: Shop) -> None:
    """Without trailers in the history numbers begin again, and the pull requests of old still carry r1."""
    for name in ("dev", "prod"):
        branch, store = f"environment/{name}", shop.repo.store
        old = head(shop.repo, branch)
        new = store.put_commit(store.commit(old).tree, [], "All in one", KIM, shop.now)
        proposal = f"{branch}-next/shop"
        gone = RefUpdate(f"refs/heads/{proposal}", head(shop.repo, proposal), None)
        shop.repo.update([RefUpdate(f"refs/heads/{branch}", old, new), gone])
    lose(shop)
    assert shop.adopt().number == 0
    shop.tag("1.1.0")
    shop.run()
    assert [shop.active(name) for name in ("dev", "prod")] == [1, 1]


def test_a_ledger_that_was_restored_goes_on(shop: Shop) -> None:
    old = head(shop.repo, LEDGER)
    lose(shop)
    shop.run()
    shop.repo.update([RefUpdate(f"refs/heads/{LEDGER}", None, old)])
    assert shop.run().done == ()
    assert see(shop.workspace())[1].problems == ()
