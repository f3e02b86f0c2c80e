"""Rendering again: equal, different and whose doing, or not possible here and why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from promoter.errors import UsageError
from promoter.git.ref import RefUpdate
from promoter.model.names import Oid
from promoter.run.drift.recorded import Recorded, Unrecorded, request_of
from promoter.run.drift.rendered import Again, Verdict, rendered_again
from promoter.run.run import see
from promoter.run.workspace import Workspace
from tests.repos import KIM, commit_files, head
from tests.run.shops import IMAGE, IN_PLACE, RENDERED, Shop, make_shop, manifest

KUSTOMIZE = RENDERED.replace(", render: plain", "").replace("live: none", "live: none\ntools: {kustomize: 5.8.1}")
OVERLAYS = {
    f"shop/{name}/kustomization.yaml": f"namePrefix: {name}-\nresources: [app.yaml]\n" for name in ("dev", "prod")
}
CLOCK = "{command: {run: [sh, -c, 'sed \"s/replicas: 1/replicas: $(date +%s%N)/\" app.yaml']}}"


def again(shop: Shop, ws: Workspace | None = None) -> list[Again]:
    ws = ws or shop.workspace()
    seen, plan = see(ws)
    return rendered_again(ws, seen, plan)


def verdicts(found: Sequence[Again]) -> list[tuple[str, int, str, str]]:
    return [(one.environment, one.release, one.verdict.value, one.reason) for one in found]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path, KUSTOMIZE, OVERLAYS)


def two_releases(shop: Shop) -> None:
    """Let dev run r2 and prod r1, of two commits."""
    shop.run()
    shop.commit({"promoter.yaml": KUSTOMIZE.replace("{name: prod, promote: auto}", "{name: prod}")}, "By people")
    shop.tag("1.1.0")
    shop.run()
    assert (shop.active("dev"), shop.active("prod")) == (2, 1)


def test_every_slot_renders_to_what_stands_there_from_its_own_commit(shop: Shop) -> None:
    two_releases(shop)
    ws, told = shop.workspace(), list[tuple[int, int]]()
    seen, plan = see(ws)
    found = rendered_again(ws, seen, plan, lambda done, total: told.append((done, total)))
    assert verdicts(found) == [("dev", 2, "equal", ""), ("prod", 1, "equal", "")]
    assert [one.commit for one in found] == [shop.ledger.releases[number].dry for number in (2, 1)]
    assert told == [(1, 2), (2, 2)]


def test_what_is_not_recorded_is_taken_from_that_commit_and_not_from_today(shop: Shop) -> None:
    shop.run()
    elsewhere = {f"shop/{name}/{file}": None for name in ("dev", "prod") for file in ("app.yaml", "kustomization.yaml")}
    moved = KUSTOMIZE.replace("shop/{environment}", "new/{environment}").replace("5.8.1", "9.9.9")
    shop.commit({"promoter.yaml": moved, "new/dev/x.yaml": "", "new/prod/x.yaml": "", **elsewhere}, "Move it")
    assert {one.verdict for one in again(shop)} == {Verdict.EQUAL}


def test_an_environment_goes_by_the_name_that_it_had(shop: Shop) -> None:
    shop.run()
    text = KUSTOMIZE.replace("{name: prod, promote: auto}", "{name: live, was: prod}")
    files = {f"shop/prod/{name}": None for name in ("app.yaml", "kustomization.yaml")}
    newer = {"shop/live/app.yaml": manifest("live", f"{IMAGE}:2.0.0")}
    same = {"shop/live/kustomization.yaml": shop.text("main", "shop/prod/kustomization.yaml")}
    shop.commit({"promoter.yaml": text, **files, **same, **newer}, "Rename")
    shop.run()
    assert verdicts(again(shop)) == [("dev", 2, "equal", ""), ("live", 1, "equal", "")]


def test_a_hand_edit_is_the_slots_doing(shop: Shop) -> None:
    shop.run()
    commit_files(shop.repo, "environment/prod", {"shop/extra.yaml": "kind: Extra\n"}, "Mine", at=shop.now)
    found = again(shop)
    assert verdicts(found) == [("dev", 1, "equal", ""), ("prod", 1, "different", "the slot was changed since")]
    assert found[1].difference == "# extra.yaml (added)\n+kind: Extra"


def test_what_does_not_render_the_same_twice(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, RENDERED.replace("render: plain", f"render: {CLOCK}"))
    shop.run()
    commit_files(shop.repo, "environment/prod", {"shop/extra.yaml": "kind: Extra\n"}, "Mine", at=shop.now)
    found = again(shop)
    assert verdicts(found) == [
        ("dev", 1, "different", "it renders otherwise now"),
        ("prod", 1, "different", "it renders otherwise now, and the slot was changed since"),
    ]
    assert "-  replicas: " in found[0].difference


def test_a_missing_tool_is_named(shop: Shop, tmp_path: Path) -> None:
    shop.run()
    ws = shop.workspace()
    ws.path = str(tmp_path / "nothing")
    found = again(shop, ws)
    assert {one.verdict for one in found} == {Verdict.UNKNOWN}
    assert "kustomize 5.8.1 is needed, and there is none" in found[0].reason


def test_a_commit_that_is_gone_is_named(shop: Shop) -> None:
    shop.run()
    dry, store = shop.ledger.releases[1].dry, shop.repo.store
    root = store.put_commit(store.commit(dry).tree, [], "Begin anew", KIM, shop.now)
    shop.repo.update([RefUpdate("refs/heads/main", dry, root)])
    (Path(shop.repo.url) / "objects" / dry[:2] / dry[2:]).unlink()
    fresh = Shop(type(shop.repo)(type(store)(store.path), shop.repo.remote, shop.repo.url), shop.now)
    found = again(fresh)
    assert {one.verdict for one in found} == {Verdict.UNKNOWN}
    assert f"the commit {dry[:7]} that it was made from" in found[0].reason


def test_what_was_adopted_was_never_rendered(shop: Shop) -> None:
    shop.run()
    commit_files(shop.repo, "environment/prod", {"shop/extra.yaml": "kind: Extra\n"}, "Mine", at=shop.now)
    shop.run()
    shop.adopt()
    assert verdicts(again(shop)) == [("dev", 1, "equal", ""), ("prod", 2, "none", "adopted as it stood")]


def test_in_place_nothing_is_rendered(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, IN_PLACE)
    with pytest.raises(UsageError, match="values are edited in place"):
        again(shop)


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ("version: 1\n", "the config of {short} does not hold any more: promoter.yaml:1:apps: is missing"),
        (KUSTOMIZE.replace("  - {name: prod, promote: auto}\n", ""), "{short} has no shop in prod"),
        (KUSTOMIZE.replace("apps: {shop:", "apps: {cart:"), "{short} has no shop in prod"),
    ],
    ids=["a config that does not hold", "no such environment", "no such app"],
)
def test_a_commit_that_does_not_say_how(shop: Shop, config: str, reason: str) -> None:
    shop.run()
    release, ws = shop.ledger.releases[1], shop.workspace()
    other = shop.commit({"promoter.yaml": config}, "Another")
    shop.repo.update([RefUpdate("refs/heads/main", other, release.dry)])
    ws.refresh(shop.repo.refs([ws.ref]))
    found = request_of(Recorded(ws), "shop", "prod", replace(release, dry=Oid(other)))
    assert isinstance(found, Unrecorded)
    assert found.lost
    assert found.reason.startswith(reason.format(short=other[:7]))


def test_commits_with_the_same_config_share_it_but_not_the_apps_that_a_pattern_finds(tmp_path: Path) -> None:
    pattern = RENDERED.replace("shop:", "all:").replace("shop/{environment}", "{app}/{environment}")
    shop = make_shop(tmp_path, pattern)
    before, ws = head(shop.repo), shop.workspace()
    cart = {f"cart/{name}/app.yaml": manifest(name, f"{IMAGE}:1") for name in ("dev", "prod")}
    after = shop.commit(cart, "Another app")
    ws.refresh(shop.repo.refs([ws.ref]))
    recorded = Recorded(ws)
    assert recorded.app(before, "cart", ("dev",)) is None
    for commit, app in [(before, "shop"), (after, "shop"), (after, "cart"), (before, "shop")]:
        found = recorded.app(commit, app, ("gone", "prod"))
        assert found is not None
        assert (found[1].name, found[2]) == (app, "prod")


def test_what_another_hydrator_writes_is_not_rendered(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, RENDERED.replace("render: plain", "render: external"))
    for name in ("dev", "prod"):
        said = json.dumps({"repoURL": shop.repo.url, "drySha": head(shop.repo)})
        files = {"hydrator.metadata": said, "shop/app.yaml": manifest(name, f"{IMAGE}:1.0.0")}
        commit_files(shop.repo, f"environment/{name}-next", files, "hydrate", at=shop.now)
    shop.run()
    assert verdicts(again(shop)) == [(name, 1, "none", "another hydrator renders it") for name in ("dev", "prod")]
