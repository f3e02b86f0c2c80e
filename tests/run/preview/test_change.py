"""Previews from their making to their end: each step one commit, and nothing of it moves an environment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from promoter.errors import PromoterError
from promoter.model.forge import Permission
from promoter.run.preview.change import archive, delete, restore
from tests.repos import head, tip
from tests.run.preview.shows import BRANCH, CONFIG, Show, make_show, shop_files
from tests.run.shops import HEAD, IMAGE, LEDGER


@pytest.fixture
def show(tmp_path: Path) -> Show:
    return make_show(tmp_path)


def test_a_preview_is_the_environment_under_other_names(show: Show) -> None:
    done = show.make(images={IMAGE: "1.5.0-rc.1"}, values={"Deployment/shop:spec.replicas": "1"})
    assert (done.changed, done.left_out, done.trouble) == (True, (), "")
    assert done.preview.hosts == ("login-shop.dev.example.com",)
    files = show.files()
    assert sorted(files) == [
        "clusterrolebinding-shop.yaml",
        "deployment-shop.yaml",
        "ingress-shop.yaml",
        "namespace-shop-login.yaml",
        "persistentvolumeclaim-data.yaml",
    ]
    assert files["deployment-shop.yaml"] == show.text("main", "shop/dev/app.yaml").replace(
        "namespace: dev ", "namespace: shop-login "
    ).replace(":1.0.0", ":1.5.0-rc.1").replace("replicas: 2", "replicas: 1").replace(
        "https://shop.dev", "https://login-shop.dev"
    )
    assert "namespace: shop-login" in files["ingress-shop.yaml"]
    assert files["ingress-shop.yaml"].count("login-shop.dev.example.com") == 2
    assert "{name: shop-shop-login}" in files["clusterrolebinding-shop.yaml"]
    assert "namespace: shop-login}" in files["clusterrolebinding-shop.yaml"]


def test_what_is_known_of_it_stands_beside_it(show: Show) -> None:
    show.make(images={IMAGE: "1.5.0-rc.1"})
    described = show.text(BRANCH, "login/shop.preview")
    assert described.startswith("schema: promoter.preview/v1\nname: login\napp: shop\nsource: dev\n")
    assert f"images:\n  {IMAGE}: 1.5.0-rc.1\n" in described
    (one,) = show.previews.values()
    assert (one.by, one.created, one.updated, one.archived) == ("kim", show.now, show.now, None)
    assert show.repo.store.commit(head(show.repo, BRANCH)).message == "Create preview login of shop, by kim\n"


def test_the_same_again_writes_nothing(show: Show) -> None:
    first = show.make(images={IMAGE: "1.5.0"})
    again = show.make(images={IMAGE: "1.5.0"})
    assert (again.changed, again.preview) == (False, first.preview)
    assert not show.make(version="1.5.0").changed
    assert not show.change().changed
    assert not show.change(values={}).changed
    assert show.commits == 1


def test_two_at_once_make_the_same_bytes(tmp_path: Path) -> None:
    shows = [make_show(tmp_path / name) for name in ("one", "two")]
    for show in shows:
        show.make(images={IMAGE: "1.5.0"})
    assert head(shows[0].repo, BRANCH) == head(shows[1].repo, BRANCH)


def test_an_update_keeps_what_was_wished_and_takes_what_changed(show: Show) -> None:
    show.make(images={IMAGE: "1.5.0"}, values={"Deployment/shop:spec.replicas": "1"})
    show.commit({"shop/dev/data.yaml": show.text("main", "shop/dev/data.yaml").replace("1Gi", "2Gi")})
    done = show.change(images={IMAGE: "1.6.0"})
    assert done.changed
    files = show.files()
    assert "2Gi" in files["persistentvolumeclaim-data.yaml"]
    assert "replicas: 1" in files["deployment-shop.yaml"]
    assert f"{IMAGE}:1.6.0" in files["deployment-shop.yaml"]
    assert done.preview.created < done.preview.updated
    show.change(afresh=True)
    assert "replicas: 2" in show.files()["deployment-shop.yaml"]
    assert f"{IMAGE}:1.0.0" in show.files()["deployment-shop.yaml"]


def test_an_archived_preview_keeps_what_holds_data_and_comes_back_as_it_was(show: Show) -> None:
    show.make(images={IMAGE: "1.5.0"})
    before = show.files()
    show.later()
    assert archive(show.workspace(), "login", "shop").changed
    assert sorted(show.files()) == ["namespace-shop-login.yaml", "persistentvolumeclaim-data.yaml"]
    assert not archive(show.workspace(), "login", "shop").changed
    show.tag("2.0.0", "dev")
    show.later()
    done = restore(show.workspace(), "login", "shop")
    assert (done.changed, done.preview.archived) == (True, None)
    assert show.files() == before
    assert not restore(show.workspace(), "login", "shop").changed
    assert show.commits == 3


def test_what_keeps_nothing_goes_with_its_namespace(tmp_path: Path) -> None:
    show = make_show(tmp_path, CONFIG.replace("previews: {}", "previews: {keep_kinds: []}"))
    show.make()
    before = show.files()
    archive(show.workspace(), "login", "shop")
    assert show.files() == {}
    restore(show.workspace(), "login", "shop")
    assert show.files() == before


def test_a_deleted_preview_leaves_nothing_but_history(show: Show) -> None:
    show.make()
    show.make("other")
    delete(show.workspace(), "login", "shop")
    assert (show.files(), list(show.previews)) == ({}, ["other"])
    with pytest.raises(PromoterError, match="there is no preview login of shop"):
        delete(show.workspace(), "login", "shop")
    assert show.make().changed


def test_no_environment_is_touched_and_nothing_is_promoted(tmp_path: Path) -> None:
    with_previews, without = make_show(tmp_path / "one"), make_show(tmp_path / "two")
    for show in (with_previews, without):
        show.release("1.1.0")
        show.run()
    with_previews.now = without.now
    with_previews.make(images={IMAGE: "1.5.0"})
    with_previews.make("other")
    with_previews.now = without.now
    ours, theirs = (show.look() for show in (with_previews, without))
    assert ours.apps == theirs.apps
    assert with_previews.run().done == without.run().done == ()
    branches = [ref for ref in without.repo.refs() if not ref.startswith("refs/heads/promoter/")]
    assert f"refs/heads/{LEDGER}" in branches
    assert with_previews.repo.refs().keys() - without.repo.refs().keys() == {f"refs/heads/{BRANCH}"}
    assert {ref: with_previews.repo.refs()[ref] for ref in branches} == {
        ref: without.repo.refs()[ref] for ref in branches
    }


def test_somebody_elses_preview_is_kept_when_two_write_at_once(show: Show) -> None:
    show.make("first")
    ws = show.interrupted(1, BRANCH, lambda: show.make("other"))
    done = archive(ws, "first", "shop")
    assert done.changed
    assert set(show.previews) == {"first", "other"}
    assert show.commits == 3


@pytest.mark.parametrize(
    "name", ["", "Login", "-x", "x-", "a.b", "a/b", "../main", "x" * 64, "r41", "dev", "shop", "a b", "x\nkind: Pod"]
)
def test_a_name_is_one_part_of_a_host_and_nothing_else(show: Show, name: str) -> None:
    assert "name of a preview" in show.refused(name)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"source": "qa"}, "shop has no environment qa"),
        ({"images": {"ghcr.io/acme/nope": "1"}}, "nothing of shop uses ghcr.io/acme/nope"),
        ({"images": {IMAGE: "1\nx: y"}}, "1"),
        ({"values": {"replicas": "1"}}, "replicas: shop has no chart whose values could change"),
        ({"values": {"Deployment/shop:spec.replica": "1"}}, "Did you mean Deployment/shop:spec.replicas?"),
        ({"values": {"Deployment/shop:metadata.namespace": "prod"}}, "metadata makes the object what it is"),
        ({"values": {"Deployment/other:spec.replicas": "1"}}, "nothing is called Deployment/other:spec.replicas here"),
    ],
)
def test_what_makes_no_sense_is_refused_whole(show: Show, wanted: dict[str, Any], said: str) -> None:
    assert said in show.refused(**wanted)


def test_only_so_many_stand_at_once(tmp_path: Path) -> None:
    show = make_show(tmp_path, CONFIG.replace("previews: {}", "previews: {max: 2}"))
    show.make("one")
    show.make("two")
    assert "there are 2 previews, and previews.max is 2" in show.refused("three")
    archive(show.workspace(), "one", "shop")
    show.make("three")
    with pytest.raises(PromoterError, match=r"previews\.max"):
        restore(show.workspace(), "one", "shop")


def test_two_previews_never_share_a_namespace(tmp_path: Path) -> None:
    app = '{path: "shop/{environment}", render: plain}'
    config = CONFIG.replace("apps: {shop:", f"apps: {{shop-a: {app}, shop:")
    show = make_show(tmp_path, config)
    show.make("b", app="shop-a")
    assert "shop-a-b is the namespace of the preview b of shop-a" in show.refused("a-b")


def test_a_preview_never_takes_the_namespace_of_an_environment(tmp_path: Path) -> None:
    live = {path: text.replace("namespace: prod", "namespace: shop-live") for path, text in shop_files("prod").items()}
    show = make_show(tmp_path, files=live)
    show.release("1.0.1")
    show.run()
    assert "shop stands in the namespace shop-live in prod" in show.refused("live")
    assert show.make("lives").changed


def test_it_takes_the_right_of_the_environment(tmp_path: Path) -> None:
    config = CONFIG.replace("{name: dev, promote: auto}", "{name: dev, promote: auto, allow: {preview: [maintain]}}")
    show = make_show(tmp_path, config)
    people = {"kim": Permission.MAINTAIN, "lin": Permission.WRITE, "promoter": Permission.WRITE}
    show.forge.set_people(people, {}, show.now)
    assert "preview in dev needs maintain; lin has write" in show.refused(user="lin")
    show.make(user="lin", source="prod")
    show.make("other")
    with pytest.raises(PromoterError, match="lin has write"):
        delete(show.workspace("lin"), "other", "shop")
    delete(show.workspace("lin"), "login", "shop")


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (CONFIG.replace("previews: {}\n", ""), "this repository has no previews"),
        (f'{HEAD}apps: {{shop: "shop/{{environment}}"}}\npreviews: {{}}\n', "previews: needs a layout"),
        (CONFIG.replace("{}", "{from: qa}"), "no environment is called qa"),
        (CONFIG.replace("{}", '{name: "x"}'), "previews.name: must hold {preview}"),
        (CONFIG.replace("{}", '{name: "{preview}"}'), "previews.name: is a namespace such as"),
        (CONFIG.replace("{}", '{hosts: "x.example"}'), "previews.hosts: must hold {preview}"),
        (CONFIG.replace("{}", "{branch: environment/dev}"), "would be the active branch of shop in dev and the branch"),
        (CONFIG.replace("{}", "{keep: 14}"), "previews.keep: 14 has no unit"),
        (CONFIG.replace("{}", "{hooks: {after made: [ci/x.sh]}}"), "after made is no hook"),
    ],
)
def test_a_config_without_room_for_them_says_so(tmp_path: Path, config: str, said: str) -> None:
    show = make_show(tmp_path, config)
    assert said in show.refused()
    assert tip(show.repo, BRANCH) is None
