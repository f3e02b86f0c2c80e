"""`drift: adopt`: a hand edit becomes a release where it stands, by the run itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from promoter.errors import LostRace
from promoter.model.ledger import How, Result
from promoter.model.plan import AdoptEdits
from promoter.model.release import ReleaseState
from promoter.plan.decide import decide
from promoter.policy.rules import OnDrift
from promoter.run.act import act
from promoter.run.adopt import adopt_edits
from promoter.run.command import command
from promoter.run.look import look
from tests.repos import commit_files
from tests.run.shops import IMAGE, IN_PLACE, RENDERED, Shop, make_shop, manifest

ADOPTING = RENDERED.replace("{name: dev,", "{name: dev, drift: adopt,").replace(
    "{name: prod,", "{name: prod, drift: adopt,"
)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = make_shop(tmp_path, ADOPTING)
    made.run()
    return made


def edit(shop: Shop, environment: str = "prod", text: str = "kind: Extra\n") -> None:
    shop.later()
    branch = f"environment/{environment}"
    commit_files(shop.repo, branch, {"shop/extra.yaml": text}, "Quick fix", at=shop.now)


def planned(shop: Shop) -> AdoptEdits:
    """Let the edit be recorded, and give the adoption that would follow."""
    ws = shop.workspace("promoter")
    seen = look(ws)
    act(ws, seen, decide(ws.config, seen, ws.now()).actions, lambda _: None)
    seen = look(ws)
    (action,) = [it for it in decide(ws.config, seen, ws.now()).actions if isinstance(it, AdoptEdits)]
    return action


def test_it_is_a_release_of_that_environment_alone(shop: Shop) -> None:
    edit(shop)
    done = [event.text for event in shop.run().done if event.what == "released"]
    assert done == ["r2 adopted in prod"]
    made, place = shop.ledger.releases[2], shop.ledger.place("prod")
    assert (set(made.content), made.adopted, made.state, made.by) == ({"prod"}, True, ReleaseState.READY, "promoter")
    assert place.stay is not None
    assert (place.stay.release, place.stay.how, place.drift) == (2, How.ADOPTED, None)
    assert place.outcomes[2].result is Result.VERIFIED
    assert shop.active("dev") == 1
    assert shop.text("environment/prod", "shop/extra.yaml") == "kind: Extra\n"
    assert shop.run().done == ()


def test_an_edit_in_the_first_environment_goes_nowhere_and_what_was_verified_there_still_does(tmp_path: Path) -> None:
    shop = make_shop(
        tmp_path, ADOPTING.replace("drift: adopt, promote: auto}\nlayout", "gates: {approvals: 1}}\nlayout")
    )
    shop.run()
    edit(shop, "dev")
    shop.run()
    assert (shop.active("dev"), shop.active("prod")) == (2, None)
    proposal = shop.ledger.place("prod").proposal
    assert proposal is not None
    assert proposal.release == 1


def test_the_next_release_replaces_it(shop: Shop) -> None:
    edit(shop)
    shop.run()
    shop.tag("1.1.0")
    shop.run()
    assert (shop.active("dev"), shop.active("prod")) == (3, 3)
    assert shop.ledger.releases[3].content.keys() == {"dev", "prod"}


def test_what_people_changed_in_the_sources_meanwhile_comes_after_it(shop: Shop) -> None:
    edit(shop)
    shop.tag("1.1.0")
    shop.run()
    assert [number for number, it in sorted(shop.ledger.releases.items()) if it.adopted] == [2]
    assert (shop.active("dev"), shop.active("prod")) == (3, 3)


def test_several_places_are_one_release(shop: Shop) -> None:
    edit(shop, "dev")
    edit(shop, "prod")
    shop.run()
    assert set(shop.ledger.releases[2].content) == {"dev", "prod"}
    assert (shop.active("dev"), shop.active("prod")) == (2, 2)


def test_the_sources_are_still_compared_with_what_was_made_of_them(shop: Shop) -> None:
    edit(shop)
    shop.run()
    assert shop.ledger.releases[1].inputs
    shop.commit({"README.md": "x"}, "Elsewhere")
    assert shop.run().done == ()
    wider = ADOPTING.replace("layout:", "  - {name: live, promote: auto}\nlayout:")
    shop.commit({"promoter.yaml": wider, "shop/live/app.yaml": manifest("live", f"{IMAGE}:1.0.0")}, "One more")
    shop.run()
    assert [shop.active(name) for name in ("dev", "prod", "live")] == [3, 3, 3]


@pytest.mark.parametrize("verb", ["hold", "rollback"])
def test_a_persons_word_goes_first(shop: Shop, verb: str) -> None:
    shop.tag("1.1.0")
    shop.run()
    assert shop.active("prod") == 2
    edit(shop)
    shop.later()
    command(shop.workspace(), verb, "shop", ["prod"])
    shop.run()
    assert not any(it.adopted for it in shop.ledger.releases.values())
    if verb == "hold":
        assert shop.ledger.place("prod").drift is not None
        command(shop.workspace(), "resume", "shop", ["prod"])
        shop.run()
        assert shop.active("prod") == 3


def test_a_freeze_stops_it(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, ADOPTING)
    shop.run()
    edit(shop)
    frozen = ADOPTING + "freeze: [{from: 2026-03-01, until: 2026-04-01, reason: Spring}]\n"
    shop.commit({"promoter.yaml": frozen}, "Freeze")
    shop.run()
    assert shop.ledger.place("prod").drift is not None


def test_an_emptied_slot_is_nothing_to_adopt(shop: Shop) -> None:
    shop.later()
    gone = {"shop/deployment-shop.yaml": None}
    commit_files(shop.repo, "environment/prod", gone, "Clear", at=shop.now)
    shop.run()
    assert shop.ledger.place("prod").drift is not None
    assert shop.run().done == ()


def test_block_is_the_default(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    shop.run()
    edit(shop)
    shop.run()
    assert shop.ledger.place("prod").drift is not None
    assert shop.workspace().app("shop").environments["prod"].drift is OnDrift.BLOCK


def test_in_place_a_value_is_adopted_where_it_comes_after_others(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, IN_PLACE.replace("{name: prod,", "{name: prod, drift: adopt,"))
    shop.adopt()
    shop.tag("1.1.0", "prod")
    shop.run()
    assert (shop.active("dev"), shop.active("prod")) == (0, 1)
    shop.tag("1.2.0", "dev")
    shop.run()
    assert (shop.active("dev"), shop.active("prod")) == (2, 2)
    assert shop.text("main", "shop/prod/app.yaml") == manifest("prod", f"{IMAGE}:1.2.0")


def test_it_is_of_exactly_what_was_seen(shop: Shop) -> None:
    edit(shop)
    action = planned(shop)
    before = shop.ledger
    edit(shop, text="kind: Other\n")
    with pytest.raises(LostRace, match="environment/prod has changed meanwhile"):
        adopt_edits(shop.workspace("promoter"), action)
    with pytest.raises(LostRace, match="the ledger of shop has moved meanwhile"):
        adopt_edits(shop.workspace("promoter"), replace(action, expect=None))
    assert shop.ledger == before
    shop.run()
    assert shop.active("prod") == 2
