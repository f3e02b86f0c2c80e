"""`promoter release`: what it writes into the files, what it refuses, and what it does when somebody is faster."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from promoter.errors import LostRace, RenderFailed, UsageError
from promoter.forge.local import LocalForge
from promoter.model.forge import Permission
from promoter.model.release import ImageChange, Release
from promoter.run.command import NotAllowed, command
from promoter.run.release import TRIES, Wish, release
from promoter.run.workspace import Workspace
from tests.repos import START, commit_files, head
from tests.run.shops import IMAGE, IN_PLACE, LEDGER, RENDERED, Shop, make_shop, manifest

CART = "ghcr.io/acme/cart"
BOTH = {f"shop/{name}/app.yaml": manifest(name, f"{IMAGE}:1.0.0", f"{CART}:5.0.0") for name in ("dev", "prod")}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path)


def refused(shop: Shop, version: str = "", images: Mapping[str, str] | None = None) -> str:
    """Give the sentence of a refusal; nothing was written."""
    before = shop.repo.refs()
    with pytest.raises(UsageError) as refusal:
        shop.release(version, images)
    assert shop.repo.refs() == before
    return str(refusal.value)


def test_a_version_is_written_into_every_environment_s_files_byte_exact(shop: Shop) -> None:
    made = shop.release("1.1.0")
    assert (made.number, made.version, made.by) == (1, "1.1.0", "kim")
    assert made.images == (ImageChange(IMAGE, "1.0.0", "1.1.0"),)
    assert made.dry == head(shop.repo)
    for name in ("dev", "prod"):
        assert shop.text("main", f"shop/{name}/app.yaml") == manifest(name, f"{IMAGE}:1.1.0")
    assert shop.repo.store.commit(head(shop.repo)).message == "Release shop 1.1.0\n"


def test_our_own_commit_starts_no_second_release(shop: Shop) -> None:
    shop.release("1.1.0")
    shop.run()
    assert sorted(shop.ledger.releases) == [1]
    assert [shop.active(name) for name in ("dev", "prod")] == [1, 1]


def test_what_stands_there_already_needs_no_commit(shop: Shop) -> None:
    before = head(shop.repo)
    assert shop.release("1.0.0").images == (ImageChange(IMAGE, "1.0.0", "1.0.0"),)
    assert head(shop.repo) == before


def test_without_a_version_the_dry_branch_is_released_as_it_is(shop: Shop) -> None:
    before = head(shop.repo)
    assert shop.release().version == "1.0.0"
    assert head(shop.repo) == before


def test_in_place_the_dry_branch_is_changed_by_proposals_only(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, IN_PLACE)
    shop.adopt()
    before = head(shop.repo)
    made = shop.release("1.1.0")
    assert (made.number, made.images) == (1, (ImageChange(IMAGE, "1.0.0", "1.1.0"),))
    assert head(shop.repo) == before
    shop.run()
    assert shop.text("main", "shop/prod/app.yaml") == manifest("prod", f"{IMAGE}:1.1.0")


# --- what is refused ---


def test_a_release_that_goes_back_is_refused_as_overtaken(shop: Shop) -> None:
    shop.release("1.2.0")
    assert refused(shop, "1.1.0") == (
        "shop: 1.1.0 is older than 1.2.0, which was released already\n  To go back in an environment: promoter "
        "rollback. To release it all the same: --allow-older"
    )
    assert shop.release("1.1.0", older=True).number == 2


def test_what_people_brought_by_a_commit_overtakes_too(shop: Shop) -> None:
    shop.tag("1.5.0")
    shop.run()
    assert refused(shop, "1.4.0").startswith("shop: 1.4.0 is older than 1.5.0")


@pytest.mark.parametrize("version", ["1.2.1", "1.10.0", "26f50d8"])
def test_what_is_not_older_is_not_refused(shop: Shop, version: str) -> None:
    shop.release("1.2.0")
    assert shop.release(version).number == 2


def test_an_unknown_image(shop: Shop) -> None:
    assert refused(shop, images={"ghcr.io/acme/other": "1.1.0"}) == (
        f"nothing of shop uses ghcr.io/acme/other\n  It uses: {IMAGE}."
    )


def test_where_nothing_can_be_moved(tmp_path: Path) -> None:
    nothing = {f"shop/{name}/app.yaml": "kind: A\n" for name in ("dev", "staging", "prod")}
    shop = make_shop(tmp_path, IN_PLACE.replace(f', images: ["{IMAGE}"]', ""), nothing)
    assert refused(shop, "1.1.0") == (
        "no version of shop is found in the files of its environments\n  What they share: promoter init --pin moves it "
        "there. What has no usual place: images in promoter.yaml."
    )


def test_which_of_several_images_is_meant_is_asked(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, RENDERED.replace(f', images: ["{IMAGE}"]', ""), BOTH)
    assert refused(shop, "1.1.0") == (
        f"which image of shop is 1.1.0?\n  It uses: {CART}, {IMAGE}. Say --image NAME=1.1.0, or list the images in "
        "promoter.yaml."
    )
    made = shop.release(images={CART: "5.1.0"})
    assert (made.version, [it.name for it in made.images]) == ("5.1.0", [CART])
    assert shop.text("main", "shop/dev/app.yaml") == manifest("dev", f"{IMAGE}:1.0.0", f"{CART}:5.1.0")


def test_several_images_in_one_release(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, RENDERED.replace(f', images: ["{IMAGE}"]', ""), BOTH)
    made = shop.release(images={CART: "5.1.0", IMAGE: "1.1.0"})
    assert (made.version, len(made.images)) == ("", 2)
    assert shop.text("main", "shop/prod/app.yaml") == manifest("prod", f"{IMAGE}:1.1.0", f"{CART}:5.1.0")
    assert refused(shop, images={CART: "5.0.0"}).startswith("shop: 5.0.0 is older than 5.1.0")


def test_one_version_for_all_images_that_the_config_lists(tmp_path: Path) -> None:
    both = RENDERED.replace(f'["{IMAGE}"]', f'["{IMAGE}", "{CART}"]')
    shop = make_shop(tmp_path, both, BOTH)
    shop.release("7.0.0")
    assert shop.text("main", "shop/dev/app.yaml") == manifest("dev", f"{IMAGE}:7.0.0", f"{CART}:7.0.0")


def test_a_first_release_over_something_that_stands_there(shop: Shop) -> None:
    commit_files(shop.repo, "environment/prod", {"shop/old.yaml": "kind: ConfigMap\n"}, "Old")
    assert refused(shop, "1.1.0") == (
        "something of shop stands in prod already, and no ledger says what it is\n  Take what runs as the start: "
        "promoter adopt shop"
    )


# --- somebody is faster ---


def busy(shop: Shop, times: int) -> Workspace:
    """Give a workspace whose first `times` updates come after somebody else's release."""
    others = shop.workspace("ada")
    return shop.interrupted(times, LEDGER, lambda: release(others, "shop", Wish(allow_older=True)))


@pytest.mark.parametrize(("times", "number"), [(1, 3), (TRIES - 1, TRIES + 1)])
def test_a_lost_race_is_tried_again_from_a_fresh_look(shop: Shop, times: int, number: int) -> None:
    shop.release("1.1.0")
    made = release(busy(shop, times), "shop", Wish("1.2.0"))
    assert isinstance(made, Release)
    assert made.number == number
    assert shop.ledger.releases[number].version == "1.2.0"
    assert sorted(shop.ledger.releases) == list(range(1, number + 1)), "nobody's release is lost"


def test_a_race_that_is_always_lost_ends(shop: Shop) -> None:
    shop.release("1.1.0")
    with pytest.raises(LostRace):
        release(busy(shop, TRIES), "shop", Wish("1.2.0"))


def test_a_release_that_this_machine_cannot_render_moves_nothing(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    config = shop.repo.store.read(shop.repo.store.commit(head(shop.repo)).tree, "promoter.yaml") or b""
    other = config.replace(b"render: plain", b"render: {command: [no-such-program]}")
    assert other != config
    commit_files(shop.repo, "main", {"promoter.yaml": other}, "Render with something else")
    before = shop.repo.refs()
    with pytest.raises(RenderFailed, match="no-such-program"):
        shop.release("1.4.2")
    assert shop.repo.refs() == before


def test_a_release_needs_the_right_to_write(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    LocalForge(shop.repo, "promoter").set_people({"kim": Permission.READ}, {}, START)
    before = shop.repo.refs()
    with pytest.raises(NotAllowed, match="release in dev needs write; kim has read"):
        shop.release("1.4.2")
    assert shop.repo.refs() == before


@pytest.mark.parametrize("config", [RENDERED, IN_PLACE])
def test_the_same_wish_again_is_the_same_release(tmp_path: Path, config: str) -> None:
    shop = make_shop(tmp_path, config)
    if config == IN_PLACE:
        shop.adopt()
    made = shop.release("1.1.0")
    before = shop.repo.refs()
    again = shop.release("1.1.0")
    assert (again.number, again.at) == (made.number, made.at)
    assert shop.repo.refs() == before
    shop.run()
    assert shop.release("1.1.0").number == made.number  # verified
    assert shop.release(images={IMAGE: "1.1.0"}).number == made.number
    assert shop.release("1.2.0").number == made.number + 1
    assert shop.release("1.1.0", older=True).number == made.number + 2


def test_the_same_wish_after_a_change_is_a_new_release(shop: Shop) -> None:
    made = shop.release("1.1.0")
    manifests = {"shop/dev/app.yaml": manifest("dev", f"{IMAGE}:1.1.0", "sidecar:1")}
    shop.commit(manifests)
    assert shop.release("1.1.0").number == made.number + 1


def test_the_same_wish_after_a_refusal_is_another_try(shop: Shop) -> None:
    shop.release("1.1.0")
    shop.run()
    made = shop.release("1.2.0")
    command(shop.workspace(), "skip", "shop", ["prod"], made.number)
    assert shop.release("1.2.0").number == made.number + 1
