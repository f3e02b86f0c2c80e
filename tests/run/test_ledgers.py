"""Ledgers on their branches: compare-and-swap, what is kept, and the same plan from the same look."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from promoter.errors import LostRace, PromoterError
from promoter.model.ledger import Asked, How, Kind, Ledger, Outcome, Place, Proposal, Result, Skip, Stay, Target
from promoter.model.names import ContentId, Oid
from promoter.model.release import Release
from promoter.model.state import plain
from promoter.plan.decide import decide
from promoter.plan.report.status import plan_json
from promoter.policy.rules import Config
from promoter.run.command import command
from promoter.run.ledgers import RELEASES_KEPT, ledger_ref, read_ledger, with_release, write_ledger
from promoter.run.look import look
from tests.repos import commit_files, head, make_repo
from tests.run.shops import NOW, Shop, make_shop

REF = "refs/heads/promoter-ledger/shop"


def release(number: int) -> Release:
    return Release(number, NOW, Oid("d" * 40), "kim", {"dev": ContentId("c" * 40)}, inputs={"dev": {"shop": "1" * 40}})


def test_the_branch_is_named_by_the_config() -> None:
    assert ledger_ref(Config((), {}), "shop") == REF
    assert ledger_ref(Config((), {}, ledger="ledgers/of-{app}"), "shop") == "refs/heads/ledgers/of-shop"


def test_what_is_written_is_read(tmp_path: Path) -> None:
    repo = make_repo(tmp_path / "fleet.git", {})
    book = Ledger("shop", 2, {1: release(1)})
    first = write_ledger(repo, REF, None, book, "  Begin\n\n", NOW)
    assert read_ledger(repo, first, "shop") == book
    assert repo.store.commit(first).message == "Begin\n"
    second = write_ledger(repo, REF, first, replace(book, next=3), "Go on", NOW)
    assert repo.store.commit(second).parents == (first,)
    assert repo.refs([REF]) == {REF: second}


def test_nobody_s_words_are_overwritten(tmp_path: Path) -> None:
    repo = make_repo(tmp_path / "fleet.git", {})
    first = write_ledger(repo, REF, None, Ledger("shop"), "Begin", NOW)
    second = write_ledger(repo, REF, first, Ledger("shop", 2), "Faster", NOW)
    for stale in (None, first):
        with pytest.raises(LostRace):
            write_ledger(repo, REF, stale, Ledger("shop", 3), "Slower", NOW)
    assert repo.refs([REF]) == {REF: second}


def test_a_branch_without_a_state_is_no_ledger(tmp_path: Path) -> None:
    repo = make_repo(tmp_path / "fleet.git", {})
    strange = commit_files(repo, "promoter-ledger/shop", {"README.md": "Hello\n"}, "Hello")
    with pytest.raises(PromoterError, match=r"the ledger of shop has no state\.yaml"):
        read_ledger(repo, strange, "shop")


# --- what is kept ---


def grown(place: Place, count: int = 60) -> Ledger:
    """Give a ledger to which `count` releases were added while dev was `place`."""
    book = Ledger("shop", 1, {}, {"dev": place})
    for number in range(1, count + 1):
        book = with_release(book, release(number))
    return book


def test_the_last_releases_are_kept() -> None:
    book = grown(Place())
    assert sorted(book.releases) == list(range(60 - RELEASES_KEPT + 1, 61))
    assert (RELEASES_KEPT, book.next) == (30, 61)


def stay(number: int) -> Stay:
    return Stay(number, ContentId("c" * 40), Oid("a" * 40), NOW, How.MERGED)


@pytest.mark.parametrize(
    ("place", "named"),
    [
        (Place(stay=stay(3)), {3}),
        (Place(proposal=Proposal(4, Kind.PROMOTION, NOW)), {4}),
        (Place(target=Target(5, Kind.ROLLBACK, "kim", NOW)), {5}),
        (Place(asked=Asked(6, "kim", NOW)), {6}),
        (Place(past=tuple(stay(number) for number in (9, 8, 7, 6, 5, 4, 3))), {9, 8, 7, 6, 5}),
    ],
    ids=["active", "proposed", "named by a command", "asked for", "the five before"],
)
def test_what_is_named_is_kept_however_old(place: Place, named: set[int]) -> None:
    assert set(grown(place).releases) == named | set(range(31, 61))


def test_words_about_releases_that_are_gone_go_with_them() -> None:
    outcomes = {number: Outcome(Result.VERIFIED, NOW) for number in (2, 3, 40)}
    skips = {number: Skip("kim", NOW) for number in (1, 3, 41)}
    book = grown(Place(stay=stay(3)))
    place = replace(book.places["dev"], outcomes=outcomes, skips=skips)
    place = with_release(replace(book, places={"dev": place}), release(61)).places["dev"]
    assert (set(place.outcomes), set(place.skips)) == ({3, 40}, {3, 41})


def test_only_the_newest_release_keeps_its_inputs() -> None:
    book = grown(Place(), 3)
    assert [bool(book.releases[number].inputs) for number in (1, 2, 3)] == [False, False, True]


def test_numbers_are_never_given_twice() -> None:
    assert with_release(Ledger("shop", 9), release(3)).next == 9


# --- the same look, the same plan ---


def config_map(name: str) -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n"


@pytest.fixture
def busy(tmp_path: Path) -> Shop:
    """A shop with a pull request that waits, a hold and a hand edit."""
    config = (
        'version: 1\nlive: none\nlayout: {branch: "environment/{environment}", path: "{app}"}\nenvironments:\n'
        "  - {name: dev, promote: auto}\n  - {name: staging}\n  - {name: prod, promote: auto}\n"
        'apps: {shop: {path: "shop/{environment}", render: plain}}\n'
    )
    names = ("dev", "staging", "prod")
    files = {f"shop/{name}/app.yaml": config_map(name) for name in names}
    shop = make_shop(tmp_path, config, files)
    shop.run()
    command(shop.workspace(), "hold", "shop", ["prod"], reason="INC-1", until=shop.now + timedelta(hours=3))
    shop.commit({"shop/dev/app.yaml": config_map("other")})
    return shop


def planned(shop: Shop) -> str:
    """Look and decide as a new process would, and give the plan as text."""
    ws = shop.workspace("promoter")
    seen = look(ws)
    plan = decide(ws.config, seen, ws.now())
    steps: list[Any] = [[type(it).__name__, plain(it)] for it in plan.actions]
    return json.dumps([plan_json(ws.config, seen, plan, ws.now()), steps, [plain(it) for it in plan.ledgers]])


def test_two_looks_at_the_same_world_give_the_same_bytes(busy: Shop) -> None:
    assert planned(busy) == planned(busy)
    busy.run()
    calm = planned(busy)
    assert planned(busy) == calm
    assert json.loads(calm)[0]["actions"] == []


def test_a_second_run_writes_nothing(busy: Shop) -> None:
    busy.run()
    before = busy.repo.refs()
    assert busy.run().done == ()
    assert {name: it for name, it in busy.repo.refs().items() if "local" not in name} == {
        name: it for name, it in before.items() if "local" not in name
    }
    assert head(busy.repo) == before["refs/heads/main"]


def test_what_was_adopted_leaves_the_newest_made_release_its_inputs() -> None:
    first, second = release(1), release(2)
    book = with_release(with_release(Ledger("shop"), first), second)
    assert book.newest == second
    for number in range(3, 40):
        book = with_release(book, Release(number, NOW, Oid("d" * 40), "kim", {}, adopted=True))
    assert book.newest == second
    assert [number for number, it in book.releases.items() if it.inputs] == [2]


def test_where_all_was_adopted_the_newest_of_that_counts() -> None:
    assert Ledger("shop").newest is None
    both = {number: Release(number, NOW, Oid("d" * 40), "kim", {}, adopted=True) for number in (0, 1)}
    assert Ledger("shop", 2, both).newest == both[1]
