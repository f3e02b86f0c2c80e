"""Releases of a dry commit: their names, what they bring, what does not render, and what is rendered again."""

from __future__ import annotations

from pathlib import Path

import pytest

from promoter.errors import LostRace, RenderFailed
from promoter.model.ledger import Result
from promoter.model.release import ImageChange, ReleaseState
from promoter.run.brought import COMMITS_SHOWN
from promoter.run.make import make_release
from tests.repos import head
from tests.run.shops import APP, HEAD, IMAGE, LAYOUT, LEDGER, RENDERED, Shop, make_shop, manifest

BROKEN = "kind: [\n"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path)


def test_a_first_run_makes_r1_and_brings_it_everywhere(shop: Shop) -> None:
    shop.run()
    first = shop.ledger.releases[1]
    assert (first.number, first.version, first.by, first.state) == (1, "1.0.0", "promoter", ReleaseState.READY)
    assert first.dry == head(shop.repo)
    assert set(first.content) == {"dev", "prod"}
    assert [shop.active(name) for name in ("dev", "prod")] == [1, 1]
    assert shop.ledger.place("prod").outcomes[1].result is Result.VERIFIED


def test_a_release_is_named_by_the_tag_that_a_person_committed(shop: Shop) -> None:
    shop.run()
    commit = shop.tag("1.1.0")
    shop.run()
    made = shop.ledger.releases[2]
    assert (made.version, made.images) == ("1.1.0", (ImageChange(IMAGE, "1.0.0", "1.1.0"),))
    assert [(it.id, it.author, it.subject) for it in made.commits] == [(commit, "Kim", "Go to 1.1.0")]


def test_a_digest_is_no_part_of_the_name(shop: Shop) -> None:
    digest = "sha256:" + "5b0e" * 16
    shop.tag(f"1.1.0@{digest}")
    shop.run()
    assert shop.ledger.releases[1].version == "1.1.0"


def test_several_images_give_no_name_unless_one_of_them_moved(tmp_path: Path) -> None:
    images = RENDERED.replace(f'"{IMAGE}"', f'"{IMAGE}", "ghcr.io/acme/cart"')
    shop = make_shop(tmp_path, images)

    def both(one: str, other: str) -> None:
        text = {
            f"shop/{name}/app.yaml": manifest(name, f"{IMAGE}:{one}", f"ghcr.io/acme/cart:{other}")
            for name in ("dev", "prod")
        }
        shop.commit(text)
        shop.run()

    both("1.0.0", "5.0.0")
    both("1.0.0", "5.1.0")
    both("1.1.0", "5.2.0")
    assert [shop.ledger.releases[number].version for number in (1, 2, 3)] == ["", "5.1.0", ""]
    assert {it.new for it in shop.ledger.releases[3].images} == {"1.1.0", "5.2.0"}


def test_a_commit_that_changes_no_input_makes_no_release(shop: Shop) -> None:
    shop.run()
    shop.commit({"README.md": "# Shop\n"}, "Say what it is")
    assert shop.run().done == ()
    shop.tag("1.1.0")
    shop.run()
    assert [it.subject for it in shop.ledger.releases[2].commits] == ["Go to 1.1.0"]


def test_a_commit_that_changes_one_environment_keeps_the_content_of_the_other(shop: Shop) -> None:
    shop.run()
    shop.tag("1.1.0", "dev")
    shop.run()
    first, second = shop.ledger.releases[1], shop.ledger.releases[2]
    assert first.content["prod"] == second.content["prod"]
    assert first.content["dev"] != second.content["dev"]
    assert shop.active("prod") == 2


def test_a_release_keeps_its_content_in_the_commit_that_it_names(shop: Shop) -> None:
    shop.run()
    made = shop.ledger.releases[1]
    assert made.stored is not None
    kept = shop.repo.store.commit(made.stored).tree
    for name, content in made.content.items():
        entry = shop.repo.store.entry(kept, f"r1/{name}")
        assert entry is not None
        assert str(entry.id) == content


def test_so_many_commits_are_listed(shop: Shop) -> None:
    shop.run()
    for index in range(COMMITS_SHOWN + 3):
        shop.tag(f"1.1.{index}")
    shop.run()
    assert len(shop.ledger.releases[2].commits) == COMMITS_SHOWN
    assert shop.ledger.releases[2].commits[0].subject == f"Go to 1.1.{COMMITS_SHOWN + 2}"


# --- what does not render ---


def test_what_does_not_render_is_recorded_and_goes_nowhere(shop: Shop) -> None:
    shop.run()
    shop.commit({"shop/prod/app.yaml": BROKEN})
    shop.run()
    made = shop.ledger.releases[2]
    assert made.state is ReleaseState.FAILED
    assert set(made.failures) == {"prod"}
    assert "shop/prod/app.yaml" in made.failures["prod"]
    assert set(made.content) == {"dev"}
    assert [shop.active(name) for name in ("dev", "prod")] == [1, 1]


def test_what_does_not_render_is_tried_again_when_its_inputs_change_and_not_before(shop: Shop) -> None:
    shop.run()
    shop.commit({"shop/prod/app.yaml": BROKEN})
    shop.run()
    assert shop.run().done == ()
    shop.commit({"README.md": "# Shop\n"})
    assert shop.run().done == ()
    shop.tag("1.1.0", "prod")
    shop.run()
    assert shop.ledger.releases[3].state is ReleaseState.READY
    assert [shop.active(name) for name in ("dev", "prod")] == [3, 3]


def test_what_did_not_render_is_tried_again_beside_what_changed(shop: Shop) -> None:
    shop.commit({"shop/prod/app.yaml": BROKEN})
    shop.run()
    shop.tag("1.1.0", "dev")
    shop.run()
    made = shop.ledger.releases[2]
    assert (made.state, set(made.failures), set(made.content)) == (ReleaseState.FAILED, {"prod"}, {"dev"})


def test_what_renders_to_nothing_is_a_failure(shop: Shop) -> None:
    shop.run()
    shop.commit({"shop/prod/app.yaml": "# nothing\n"})
    shop.run()
    made = shop.ledger.releases[2]
    assert (made.state, set(made.failures)) == (ReleaseState.FAILED, {"prod"})


def test_all_or_nothing_leaves_no_release(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, RENDERED + "render: {all_or_nothing: true}\n")
    shop.run()
    before = head(shop.repo, LEDGER)
    shop.commit({"shop/prod/app.yaml": BROKEN})
    with pytest.raises(RenderFailed, match="shop: nothing was released") as refusal:
        make_release(shop.workspace(), "shop", before)
    assert "shop/prod/app.yaml" in str(refusal.value)
    assert head(shop.repo, LEDGER) == before
    assert [event.what for event in shop.run().refused] == ["refused"]


# --- the graph ---


def test_a_new_environment_makes_a_release_of_the_newest_commit(shop: Shop) -> None:
    shop.run()
    more = RENDERED.replace("  - {name: prod,", "  - {name: staging, promote: auto}\n  - {name: prod,")
    shop.commit({"promoter.yaml": more, "shop/staging/app.yaml": manifest("staging", f"{IMAGE}:1.0.0")})
    shop.run()
    assert set(shop.ledger.releases[2].content) == {"dev", "staging", "prod"}
    assert shop.active("staging") == 2
    assert shop.ledger.place("prod").hold is not None, "prod came after dev, now after staging"


def test_a_release_is_written_on_the_ledger_that_was_seen_or_not_at_all(shop: Shop) -> None:
    shop.run()
    old = shop.repo.store.commit(head(shop.repo, LEDGER)).parents[0]
    before = head(shop.repo, LEDGER)
    with pytest.raises(LostRace):
        make_release(shop.workspace(), "shop", old)
    assert head(shop.repo, LEDGER) == before


def test_two_apps_do_not_see_each_other_s_commits(tmp_path: Path) -> None:
    other = 'cart: {path: "cart/{environment}", render: plain}'
    files = {f"cart/{name}/app.yaml": manifest(name, "ghcr.io/acme/cart:1") for name in ("dev", "prod")}
    shop = make_shop(tmp_path, f"{HEAD}{LAYOUT}apps: {{shop: {{{APP}}}, {other}}}\n", files)
    shop.run()
    shop.commit({"cart/dev/app.yaml": manifest("dev", "ghcr.io/acme/cart:2")}, "Cart only")
    shop.run()
    assert sorted(shop.ledger.releases) == [1]
