"""What merging a person's change would reach, on real repositories."""

from __future__ import annotations

from pathlib import Path

import pytest

from promoter.git.ref import RefUpdate
from promoter.model.forge import PullText
from promoter.model.names import Branch, Oid
from promoter.plan.report.explain_text import MARKER
from promoter.run.foresee import Foresight, foresee
from promoter.run.foretell import comment_text, foretell
from tests.repos import commit_files, head
from tests.run.shops import IMAGE, IN_PLACE, RENDERED, Shop, make_shop, manifest


def branch(shop: Shop, files: dict[str, str | None], name: str = "feature") -> Oid:
    """Give a person's branch that changes `files` of the dry branch."""
    shop.repo.update([RefUpdate(f"refs/heads/{name}", None, head(shop.repo))])
    return commit_files(shop.repo, name, files, "Feature", at=shop.now)


def told(shop: Shop, files: dict[str, str | None]) -> Foresight:
    return foresee(shop.workspace(), branch(shop, files))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = make_shop(tmp_path)
    shop.run()
    return shop


def test_only_what_changes_is_named(shop: Shop) -> None:
    found = told(shop, {"shop/dev/app.yaml": manifest("dev", f"{IMAGE}:1.1.0")})
    [reach] = found.reaches
    assert (reach.app, reach.changed) == ("shop", {"dev": 1})
    assert f"+      - image: {IMAGE}:1.1.0" in reach.shown or "1.1.0" in reach.shown
    text = comment_text(shop.workspace(), found)
    assert text.startswith(f"{MARKER}\n**promoter**: merging this makes a release of **shop**; it changes **dev**.")
    assert "| shop | 1 file | no change |" in text
    assert "It will go dev (by itself), prod (by itself)." in text


def test_other_files_change_nothing(shop: Shop) -> None:
    found = told(shop, {"README.md": "x"})
    assert found == Foresight()
    assert "merging this changes no app" in comment_text(shop.workspace(), found)


def test_what_stands_on_the_dry_branch_since_is_not_blamed_on_it(shop: Shop) -> None:
    feature = branch(shop, {"README.md": "x"})
    shop.tag("1.1.0", "prod")
    found = foresee(shop.workspace(), feature)
    assert [reach.changed for reach in found.reaches] == [{"prod": 1}]  # main has it, and no release has it yet
    shop.run()
    assert foresee(shop.workspace(), feature) == Foresight()


def test_a_conflict_is_said(shop: Shop) -> None:
    feature = branch(shop, {"shop/dev/app.yaml": manifest("dev", f"{IMAGE}:2.0.0")})
    shop.tag("1.1.0")
    found = foresee(shop.workspace(), feature)
    assert found.trouble == "it conflicts with main"
    assert "so nothing can be said" in comment_text(shop.workspace(), found)


def test_a_config_that_would_be_refused_is_said(shop: Shop) -> None:
    found = told(shop, {"promoter.yaml": RENDERED + "dependsOn: x\n"})
    assert len(found.faults) == 1
    assert "makes the config invalid" in comment_text(shop.workspace(), found)


def test_what_would_not_render_is_said(shop: Shop) -> None:
    found = told(shop, {"shop/prod/app.yaml": "kind: ["})
    [reach] = found.reaches
    assert list(reach.failed) == ["prod"]
    text = comment_text(shop.workspace(), found)
    assert "**prod does not render**" in text
    assert "| shop | no change | **does not render** |" in text


def test_a_new_app_is_told_by_the_config_that_it_brings(shop: Shop) -> None:
    more = RENDERED.replace("apps: {shop:", 'apps: {cart: {path: "cart/{environment}", render: plain}, shop:')
    files = {f"cart/{name}/app.yaml": manifest(name, "cart:1") for name in ("dev", "prod")}
    found = told(shop, {"promoter.yaml": more, **files})
    assert [(one.app, one.changed) for one in found.reaches] == [("cart", {"dev": 1, "prod": 1})]
    assert "makes a release of **cart**; it changes **dev**, **prod**" in comment_text(shop.workspace(), found)


def test_no_program_of_an_unmerged_change_is_run(shop: Shop, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    theirs = RENDERED.replace("render: plain", f"render: {{command: {{run: [touch, {ran}]}}}}")
    found = told(shop, {"promoter.yaml": theirs})
    assert not ran.exists()
    [reach] = found.reaches
    assert (reach.changed, reach.failed, reach.unseen) == ({}, {}, ("dev", "prod"))
    text = comment_text(shop.workspace(), found)
    assert "it may change **dev**, **prod**" in text
    assert "| shop | may change | may change |" in text
    assert "A command makes **shop**; none is run for a change that is not merged." in text


def test_a_persons_pull_request_gets_one_comment(shop: Shop) -> None:
    branch(shop, {"shop/dev/app.yaml": manifest("dev", f"{IMAGE}:1.1.0")})
    text = PullText("Feature", "Please")
    pull = shop.forge.open_as("kim", Branch("feature"), Branch("main"), text, shop.now)
    ws = shop.workspace("promoter")
    said = foretell(ws, pull.number)
    before = shop.repo.refs()
    assert foretell(ws, pull.number) == said
    assert shop.repo.refs() == before
    [comment] = shop.forge.comments(pull.number)
    assert (comment.user, comment.body) == ("promoter", said)
    assert foretell(ws, 1) == ""  # a promotion: its own text says what it brings


def test_nothing_is_written(shop: Shop) -> None:
    feature = branch(shop, {"shop/dev/app.yaml": manifest("dev", f"{IMAGE}:1.1.0")})
    before = shop.repo.refs()
    foresee(shop.workspace(), feature)
    assert shop.repo.refs() == before


def test_a_file_that_environments_share_reaches_them_at_once(tmp_path: Path) -> None:
    base = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [app.yaml]\n"
    overlay = base.replace("app.yaml", "../base")
    files = {
        "shop/base/kustomization.yaml": base, "shop/base/app.yaml": manifest("base", f"{IMAGE}:1.0.0"),
        "shop/dev/kustomization.yaml": overlay + f"images: [{{name: {IMAGE}, newTag: 1.0.0}}]\n",
        "shop/prod/kustomization.yaml": overlay + f"images: [{{name: {IMAGE}, newTag: 1.0.0}}]\n",
    }  # fmt: skip
    shop = make_shop(tmp_path, IN_PLACE, files)
    shop.commit({"shop/dev/app.yaml": None, "shop/prod/app.yaml": None})
    found = told(shop, {"shop/base/app.yaml": manifest("base", f"{IMAGE}:1.0.0").replace("replicas: 1", "replicas: 3")})
    assert found.at_once == {"shop/base/app.yaml": ("dev", "prod")}
    text = comment_text(shop.workspace(), found)
    assert "`shop/base/app.yaml` is edited in place: this change reaches **dev and prod at once**, past every" in text
    alone = foresee(shop.workspace(), branch(shop, {"shop/prod/x.yaml": "kind: X"}, "other"))
    assert (alone.at_once, [reach.changed for reach in alone.reaches]) == ({}, [{"prod": 1}])
