"""Values edited where they stand: what a slot holds, what a release moves, and what cannot be edited."""

from __future__ import annotations

from pathlib import Path

import pytest

from promoter.errors import EdgeFailed, EditRefused
from promoter.git.store import FILE, Entry, Store
from promoter.layout.moved import Tracked
from promoter.model.ledger import Result
from promoter.model.names import Branch, ContentId, Oid
from promoter.model.release import ImageChange
from promoter.model.snapshot import Slot
from promoter.policy.rules import After, AppRules, Rules
from promoter.run.in_place import InPlace
from tests.run.shops import IMAGE, IN_PLACE, Shop, make_shop, manifest

CART = "ghcr.io/acme/cart"


def slot(environment: str, path: str = "") -> Slot:
    branch = Branch(f"promoter/{environment}/shop")
    return Slot("shop", environment, Branch("main"), path or f"shop/{environment}", branch, in_place=True)


def app(*environments: str) -> AppRules:
    return AppRules(
        "shop", "shop/{environment}", {name: Rules(After()) for name in environments},
        {name: slot(name) for name in environments}, Tracked(),
    )  # fmt: skip


class Fleet:
    """A store, and trees of manifests in it."""

    def __init__(self, folder: Path) -> None:
        self.store = Store.create(folder / "store.git")
        self.contents = InPlace(self.store, app("dev", "prod"))

    def tree(self, **images: tuple[str, ...]) -> Oid:
        files = {f"shop/{name}/app.yaml": manifest(name, *running).encode() for name, running in images.items()}
        return self.store.put_files(files)

    def content(self, *images: str) -> ContentId:
        held = self.contents.held(slot("dev"), self.tree(dev=images), ()).content
        assert held is not None
        return held

    def text(self, tree: Oid, path: str) -> str:
        data = self.store.read(tree, path)
        assert data is not None
        return data.decode()


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path)


def test_what_people_edit_around_the_values_is_not_content(fleet: Fleet) -> None:
    one = fleet.tree(dev=(f"{IMAGE}:1.0.0",))
    other = fleet.store.put_files(
        {"shop/dev/app.yaml": manifest("dev", f"{IMAGE}:1.0.0").replace("replicas: 1", "replicas: 5").encode()}
    )
    assert one != other
    assert fleet.contents.held(slot("dev"), one, ()) == fleet.contents.held(slot("dev"), other, ())


def test_a_slot_without_values_holds_nothing(fleet: Fleet) -> None:
    assert fleet.contents.held(slot("dev"), fleet.tree(prod=(f"{IMAGE}:1",)), ()).content is None
    empty = fleet.store.put_files({"shop/dev/notes.md": b"nothing here\n"})
    assert fleet.contents.held(slot("dev"), empty, ()).content is None


def test_a_slot_holds_every_known_content_whose_values_stand_there(fleet: Fleet) -> None:
    both, one = fleet.content(f"{IMAGE}:2", f"{CART}:5"), fleet.content(f"{IMAGE}:2")
    other, lost = fleet.content(f"{IMAGE}:3"), ContentId("f" * 40)
    here = fleet.tree(dev=(f"{IMAGE}:2", f"{CART}:5"))
    found = fleet.contents.held(slot("dev"), here, [lost, one, other, both, one])
    assert (found.content, found.also) == (one, frozenset({both}))
    assert fleet.contents.held(slot("dev"), here, [other, lost]).content == both


def test_a_content_is_put_into_its_values_and_no_other_byte(fleet: Fleet) -> None:
    tree = fleet.tree(dev=(f"{IMAGE}:1", f"{CART}:5"), prod=(f"{IMAGE}:1",))
    made = fleet.contents.put(slot("dev"), tree, fleet.content(f"{IMAGE}:2"))
    assert fleet.text(made, "shop/dev/app.yaml") == manifest("dev", f"{IMAGE}:2", f"{CART}:5")
    assert fleet.text(made, "shop/prod/app.yaml") == manifest("prod", f"{IMAGE}:1")
    assert fleet.contents.put(slot("dev"), made, fleet.content(f"{IMAGE}:2")) == made


def test_a_slot_may_be_one_file_and_its_mode_stays(fleet: Fleet) -> None:
    run = fleet.store.put_blob(manifest("dev", f"{IMAGE}:1").encode())
    tree = fleet.store.edit_tree(None, {"apps/dev.yaml": Entry(0o100755, run)})
    made = fleet.contents.put(slot("dev", "apps/dev.yaml"), tree, fleet.content(f"{IMAGE}:2"))
    entry = fleet.store.entry(made, "apps/dev.yaml")
    assert entry is not None
    assert entry.mode == 0o100755
    assert fleet.text(made, "apps/dev.yaml") == manifest("dev", f"{IMAGE}:2")
    assert fleet.contents.files("apps/none", tree) == {}


def test_a_branch_that_does_not_exist_is_not_edited(fleet: Fleet) -> None:
    with pytest.raises(EditRefused, match="main does not exist"):
        fleet.contents.put(slot("dev"), None, fleet.content(f"{IMAGE}:2"))


def test_a_content_is_kept_as_text(fleet: Fleet) -> None:
    content = fleet.content(f"{IMAGE}:2")
    assert fleet.contents.entry(content) == Entry(FILE, Oid(content))
    assert fleet.contents.wanted(content) == {f"image:{IMAGE}": "2"}


# --- a new release ---


def test_every_environment_takes_the_values_that_it_has(fleet: Fleet) -> None:
    tree = fleet.tree(dev=(f"{IMAGE}:1", f"{CART}:5"), prod=(f"{IMAGE}:0",))
    content, images = fleet.contents.fresh(fleet.contents.app, tree, {IMAGE: "2"}, None, {})
    assert images == (ImageChange(IMAGE, "1", "2"),)
    assert fleet.contents.wanted(content["prod"]) == {f"image:{IMAGE}": "2"}


def test_what_somebody_changed_in_the_first_environment_is_what_moves(fleet: Fleet) -> None:
    before = {name: fleet.content(f"{IMAGE}:1", f"{CART}:5") for name in ("dev", "prod")}
    tree = fleet.tree(dev=(f"{IMAGE}:1", f"{CART}:6"), prod=(f"{IMAGE}:1", f"{CART}:5"))
    content, images = fleet.contents.fresh(fleet.contents.app, tree, {}, "dev", before)
    assert images == (ImageChange(CART, "5", "6"),)
    assert fleet.contents.wanted(content["prod"])[f"image:{CART}"] == "6"


def test_what_moves_is_read_where_somebody_changed_it(fleet: Fleet) -> None:
    before = {name: fleet.content(f"{IMAGE}:1") for name in ("dev", "prod")}
    tree = fleet.tree(dev=(f"{IMAGE}:1",), prod=(f"{IMAGE}:2",))
    content, images = fleet.contents.fresh(fleet.contents.app, tree, {}, "prod", before)
    assert images == (ImageChange(IMAGE, "1", "2"),)
    assert fleet.contents.wanted(content["dev"]) == {f"image:{IMAGE}": "2"}


def test_what_the_first_environment_does_not_use_is_refused(fleet: Fleet) -> None:
    tree = fleet.tree(dev=(f"{IMAGE}:1",), prod=(f"{IMAGE}:1",))
    with pytest.raises(EditRefused) as refusal:
        fleet.contents.fresh(fleet.contents.app, tree, {CART: "6"}, None, {})
    assert str(refusal.value) == f"shop moves no {CART} in dev\n  What it moves there: image:{IMAGE}"


def test_an_environment_that_uses_nothing_of_it_is_refused(fleet: Fleet) -> None:
    tree = fleet.tree(dev=(f"{IMAGE}:1",), prod=(f"{CART}:5",))
    with pytest.raises(EdgeFailed, match="shop/prod holds nothing that shop moves"):
        fleet.contents.fresh(fleet.contents.app, tree, {IMAGE: "2"}, None, {})


# --- a whole run ---


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = make_shop(tmp_path, IN_PLACE)
    shop.adopt()
    return shop


def test_a_tag_that_somebody_changed_in_dev_goes_on_to_prod(shop: Shop) -> None:
    shop.tag("1.1.0", "dev")
    shop.run()
    made = shop.ledger.releases[1]
    assert (made.version, made.images) == ("1.1.0", (ImageChange(IMAGE, "1.0.0", "1.1.0"),))
    assert [shop.active(name) for name in ("dev", "prod")] == [1, 1]
    assert shop.text("main", "shop/prod/app.yaml") == manifest("prod", f"{IMAGE}:1.1.0")
    assert shop.run().done == ()


def test_a_tag_that_somebody_changed_in_prod_is_a_hand_edit(shop: Shop) -> None:
    shop.tag("1.1.0", "prod")
    shop.run()
    place = shop.ledger.place("prod")
    assert place.drift is not None
    assert shop.active("prod") == 0
    assert shop.text("main", "shop/prod/app.yaml") == manifest("prod", f"{IMAGE}:1.1.0")
    assert place.outcomes[0].result is Result.VERIFIED
