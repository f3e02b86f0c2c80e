"""Releases from the branches of another hydrator, written as Argo CD's Source Hydrator writes them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from promoter.errors import ConfigInvalid, EdgeFailed
from promoter.git.hydrator import NOTES_REF, add_notes
from promoter.git.ref import RefUpdate
from promoter.model.names import Oid
from promoter.run.ledgers import IDENTITY
from promoter.run.make import make_release
from promoter.run.release import Edited, Wish, release
from tests.repos import commit_files, head, tip
from tests.run.shops import HEAD, IMAGE, LAYOUT, LEDGER, Shop, make_shop, manifest

APP = f'path: "shop/{{environment}}", render: external, images: ["{IMAGE}"]'
CONFIG = f"{HEAD}{LAYOUT}apps: {{shop: {{{APP}}}}}\n"
README = "# Manifest Hydration\n\ngit checkout {}\n"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path, CONFIG)


def hydrate(shop: Shop, *environments: str, dry: Oid | None = None, files: dict[str, str | None] | None = None) -> Oid:
    """Render the dry branch's tip (or `dry`) into `<environment>-next`, with the file names of the Source Hydrator."""
    store = shop.repo.store
    dry = dry or head(shop.repo)
    for name in environments or ("dev", "prod"):
        source = store.read(store.commit(dry).tree, f"shop/{name}/app.yaml")
        assert source is not None
        said = json.dumps({"repoURL": shop.repo.url, "drySha": dry})
        made: dict[str, str | None] = {
            "hydrator.metadata": said,
            "shop/hydrator.metadata": said,
            "shop/README.md": README.format(dry),
            "shop/manifest.yaml": source.decode(),
            **(files or {}),
        }
        commit_files(shop.repo, f"environment/{name}-next", made, f"[Argo CD Bot] hydrate {dry[:7]}", at=shop.now)
    return dry


def test_a_release_is_the_commit_that_was_rendered_for_all_environments(shop: Shop) -> None:
    first = hydrate(shop)
    shop.run()
    assert (shop.ledger.releases[1].dry, shop.ledger.releases[1].version) == (first, "1.0.0")
    assert shop.text("environment/prod", "shop/manifest.yaml") == manifest("prod", f"{IMAGE}:1.0.0")

    second = shop.tag("1.1.0")
    waits = f"shop waits for its hydrator to render {second[:7]}: it has rendered {first[:7]}"
    assert shop.look().apps["shop"].problems == (waits,)
    shop.run()
    assert shop.ledger.next == 2  # nobody has rendered it yet
    hydrate(shop, "dev", dry=second)
    assert "render one commit for all environments" in shop.look().apps["shop"].problems[0]
    shop.run()
    assert shop.ledger.next == 2
    hydrate(shop, "prod", dry=second)
    shop.run()
    assert (shop.active("dev"), shop.active("prod")) == (2, 2)
    assert [(image.old, image.new) for image in shop.ledger.releases[2].images] == [("1.0.0", "1.1.0")]
    assert shop.text("environment/prod", "shop/manifest.yaml") == manifest("prod", f"{IMAGE}:1.1.0")


def test_the_hydrators_branches_are_never_written(shop: Shop) -> None:
    hydrate(shop)
    before = {name: head(shop.repo, f"environment/{name}-next") for name in ("dev", "prod")}
    shop.run()
    assert {name: head(shop.repo, f"environment/{name}-next") for name in ("dev", "prod")} == before
    proposals = list(shop.repo.refs(["refs/heads/promoter/"]))
    assert proposals == ["refs/heads/promoter/dev/shop", "refs/heads/promoter/prod/shop"]


def test_a_commit_that_renders_to_the_same_is_no_release(shop: Shop) -> None:
    hydrate(shop)
    shop.run()
    shop.commit({"README.md": "Other words"})
    hydrate(shop)  # metadata and README name another commit, the manifests are the same
    outcome = shop.run()
    assert (outcome.done, outcome.plan.problems) == ((), ())
    assert shop.ledger.next == 2


def test_a_note_says_that_a_newer_commit_renders_to_the_same(shop: Shop) -> None:
    hydrate(shop)
    shop.run()
    dry = shop.tag("1.1.0", "dev")
    hydrate(shop, "dev", dry=dry)
    shop.run()
    assert shop.ledger.next == 2
    at = head(shop.repo, "environment/prod-next")
    notes = add_notes(shop.repo.store, None, {at: dry}, IDENTITY, shop.now)
    shop.repo.update([RefUpdate(NOTES_REF, None, notes)])
    shop.run()
    assert shop.ledger.releases[2].dry == dry
    assert (shop.active("dev"), shop.active("prod")) == (2, 2)


def test_an_older_commit_makes_no_release(shop: Shop) -> None:
    first = hydrate(shop)
    shop.run()
    shop.tag("1.1.0")
    hydrate(shop)
    shop.run()
    hydrate(shop, dry=first)
    assert not shop.look().apps["shop"].dry_changed
    with pytest.raises(EdgeFailed, match="nothing newer than r2"):
        make_release(shop.workspace(), "shop", tip(shop.repo, LEDGER))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"hydrator.metadata": None, "shop/hydrator.metadata": None}, "has no hydrator.metadata"),
        ({"hydrator.metadata": "{"}, "is not a JSON object"),
        ({"hydrator.metadata": '{"drySha": "' + "1" * 40 + '"}'}, "which is no commit of main"),
        ({"shop/manifest.yaml": None}, "has nothing in shop"),
    ],
)
def test_what_cannot_be_told_is_no_release(shop: Shop, files: dict[str, str | None], said: str) -> None:
    hydrate(shop, files=files)
    assert said in shop.look().apps["shop"].problems[0]
    shop.run()
    assert not shop.has_ledger()


def test_a_hydrator_that_has_not_begun_is_waited_for(shop: Shop) -> None:
    assert shop.look().apps["shop"].problems == (
        "shop waits for its hydrator: there is no branch environment/dev-next yet",
    )


def test_a_release_by_version_is_an_edit_that_waits_to_be_rendered(shop: Shop) -> None:
    hydrate(shop)
    shop.run()
    made = release(shop.workspace(), "shop", Wish("1.2.0"))
    assert isinstance(made, Edited)
    assert made.commit == head(shop.repo)
    shop.run()
    assert shop.ledger.next == 2
    hydrate(shop)
    shop.run()
    assert (shop.ledger.releases[2].version, shop.active("prod")) == ("1.2.0", 2)


def test_its_branch_and_folder_can_be_named(tmp_path: Path) -> None:
    render = 'render: {external: {branch: "dry/{environment}", path: "out/{app}"}}'
    shop = make_shop(tmp_path, CONFIG.replace("render: external", render))
    said = json.dumps({"drySha": head(shop.repo)})
    assert shop.workspace().app("shop").render.settings == {"branch": "dry/{environment}", "path": "out/{app}"}
    for name in ("dev", "prod"):
        made = {"hydrator.metadata": said, "out/shop/all.yaml": manifest(name, f"{IMAGE}:1.0.0")}
        commit_files(shop.repo, f"dry/{name}", made, "Hydrate", at=shop.now)
    shop.run()
    assert shop.text("environment/prod", "shop/all.yaml") == manifest("prod", f"{IMAGE}:1.0.0")


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (CONFIG.replace(LAYOUT, ""), "external needs a layout"),
        (
            CONFIG.replace("render: external", 'render: {external: {branch: "environment/{environment}"}}'),
            r"let it write to a branch of its own \(hydrateTo\)",
        ),
        (
            CONFIG.replace("{shop: {", '{web: {path: web, render: external, images: [x]}, shop: {').replace(
                "render: external", 'render: {external: {branch: "x/{environment}", path: all}}'
            ),
            "would both be read from all in branch x/dev",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_when_loaded(tmp_path: Path, config: str, said: str) -> None:
    with pytest.raises(ConfigInvalid, match=said):
        make_shop(tmp_path, config).look()
