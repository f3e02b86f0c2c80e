"""Hand edits: found, with who made them, in rendered slots and in place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter.git.ref import RefUpdate
from promoter.model.forge import PullState
from promoter.model.names import Oid
from promoter.run.drift.edits import SHOWN, Edit, Kind, hand_edits
from promoter.run.run import see
from tests.repos import KIM, commit_files, head
from tests.run.shops import IMAGE, IN_PLACE, RENDERED, Shop, make_shop, manifest

ADA = ("Ada", "ada@example.com")
PROD = "environment/prod"
FILE = "deployment-shop.yaml"


def edits(shop: Shop) -> list[Edit]:
    ws = shop.workspace()
    seen, plan = see(ws)
    return hand_edits(ws, seen, plan)


def person(shop: Shop, text: str | None, message: str, who: tuple[str, str] = KIM, path: str = f"shop/{FILE}") -> Oid:
    shop.later()
    return commit_files(shop.repo, PROD, {path: text}, message, author=who, at=shop.now)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = make_shop(tmp_path)
    made.run()
    return made


def test_nothing_is_found_where_nothing_was_changed(shop: Shop) -> None:
    person(shop, "x", "Elsewhere", path="other/x.yaml")
    person(shop, "{}", "A file of other tools", path="shop/hydrator.metadata")
    assert edits(shop) == []


def test_everybody_who_changed_the_slot_since_the_release_is_named(shop: Shop) -> None:
    one = person(shop, manifest("prod", f"{IMAGE}:9.9.9"), "Quick fix")
    person(shop, "x", "Elsewhere", path="other/x.yaml")
    two = person(shop, "kind: Extra\n", "And more", ADA, "shop/extra.yaml")
    (edit,) = edits(shop)
    assert (edit.app, edit.environment, edit.kind, edit.release, edit.trouble) == ("shop", "prod", Kind.EDITED, 1, "")
    assert [(it.commit, it.author, it.subject) for it in edit.changes] == [
        (two, "Ada", "And more"), (one, "Kim", "Quick fix"),
    ]  # fmt: skip
    assert edit.changes[0].at == shop.now
    assert "# extra.yaml (added)\n+kind: Extra" in edit.difference
    assert f"+        - {{name: c0, image: '{IMAGE}:9.9.9'}}" in edit.difference


def test_what_a_run_recorded_keeps_its_time(shop: Shop) -> None:
    person(shop, manifest("prod", f"{IMAGE}:9.9.9"), "Quick fix")
    shop.run()
    recorded = shop.now
    shop.later()
    (edit,) = edits(shop)
    assert edit.since == recorded
    assert [it.subject for it in edit.changes] == ["Quick fix"]


def test_an_edit_that_came_by_a_merge_is_of_its_author(shop: Shop) -> None:
    before = head(shop.repo, PROD)
    shop.repo.update([RefUpdate("refs/heads/side", None, before)])
    shop.later()
    side = commit_files(shop.repo, "side", {f"shop/{FILE}": "kind: Mine\n"}, "On a branch", author=ADA, at=shop.now)
    person(shop, "x", "Elsewhere meanwhile", path="other/x.yaml")
    tip, store = head(shop.repo, PROD), shop.repo.store
    entry = store.entry(store.commit(side).tree, "shop")
    tree = store.edit_tree(store.commit(tip).tree, {"shop": entry})
    merge = store.put_commit(tree, [tip, side], "Merge side", KIM, shop.now)
    shop.repo.update([RefUpdate(f"refs/heads/{PROD}", tip, merge)])
    (edit,) = edits(shop)
    assert [(it.commit, it.author) for it in edit.changes] == [(side, "Ada")]


def test_a_slot_that_was_emptied_shows_what_is_gone(shop: Shop) -> None:
    person(shop, None, "Clear it")
    (edit,) = edits(shop)
    assert edit.difference.startswith("# deployment-shop.yaml (removed)\n-apiVersion: apps/v1")
    assert [it.subject for it in edit.changes] == ["Clear it"]


def test_a_branch_that_was_begun_anew_names_whom_it_can(shop: Shop) -> None:
    store, tip = shop.repo.store, head(shop.repo, PROD)
    root = store.put_commit(store.put_files({"shop/app.yaml": b"kind: New\n"}), [], "Begin", KIM, shop.now)
    shop.repo.update([RefUpdate(f"refs/heads/{PROD}", tip, root)])
    (edit,) = edits(shop)
    assert [it.subject for it in edit.changes] == ["Begin"]


def test_a_deleted_branch_has_nobody_to_name(shop: Shop) -> None:
    shop.repo.update([RefUpdate(f"refs/heads/{PROD}", head(shop.repo, PROD), None)])
    (edit,) = edits(shop)
    assert (edit.changes, edit.kind) == ((), Kind.EDITED)
    assert "# deployment-shop.yaml (removed)" in edit.difference


def test_many_edits_are_cut(shop: Shop) -> None:
    for index in range(SHOWN + 3):
        person(shop, manifest("prod", f"{IMAGE}:9.9.{index}"), f"Edit {index}")
    (edit,) = edits(shop)
    assert len(edit.changes) == SHOWN
    assert edit.changes[0].subject == f"Edit {SHOWN + 2}"


def test_what_was_merged_together_with_a_release(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, RENDERED.replace("{name: prod, promote: auto}", "{name: prod, promote: review}"))
    shop.run()
    merge_prod(shop)
    shop.tag("1.1.0")
    shop.run()
    mine = person(shop, "kind: Extra\n", "Beside the proposal", ADA, "shop/extra.yaml")
    merge_prod(shop)
    (edit,) = edits(shop)
    assert (edit.kind, edit.release) == (Kind.MIXED, 2)
    assert edit.difference == "# extra.yaml (added)\n+kind: Extra"
    assert [it.commit for it in edit.changes if it.author == "Ada"] == [mine]


def merge_prod(shop: Shop) -> None:
    branch = shop.workspace().app("shop").slots["prod"].proposal_branch
    pull = next(pull for pull in shop.forge.pulls([branch])[branch] if pull.state is PullState.OPEN)
    shop.forge.merge_as(pull.number, "kim", "merge", shop.now)
    shop.run()


# --- in place ---


def test_in_place_only_what_moves_counts(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, IN_PLACE)
    shop.adopt()
    shop.commit({"shop/prod/app.yaml": manifest("prod", f"{IMAGE}:1.0.0").replace("replicas: 1", "replicas: 3")})
    assert edits(shop) == []
    changed = shop.tag("1.1.0", "prod")
    shop.commit({"README.md": "x"}, "Elsewhere")
    (edit,) = edits(shop)
    assert (edit.environment, edit.release) == ("prod", 0)
    assert edit.difference == f"-image:{IMAGE} 1.0.0\n+image:{IMAGE} 1.1.0"
    assert [(it.commit, it.author, it.subject) for it in edit.changes] == [(changed, "Kim", "Go to 1.1.0")]


def test_in_place_other_images_are_not_shown(tmp_path: Path) -> None:
    every = IN_PLACE.replace(f', images: ["{IMAGE}"]', "")
    files = {"shop/prod/app.yaml": manifest("prod", f"{IMAGE}:1.0.0", "ghcr.io/acme/proxy:1")}
    shop = make_shop(tmp_path, every, files)
    shop.adopt()
    shop.release("", {IMAGE: "1.1.0"})
    shop.run()
    assert shop.active("prod") == 1
    shop.commit({"shop/prod/app.yaml": manifest("prod", f"{IMAGE}:9", "ghcr.io/acme/proxy:2")}, "Both")
    (edit,) = edits(shop)
    assert edit.difference == f"-image:{IMAGE} 1.1.0\n+image:{IMAGE} 9"


# --- against a plain model ---

STEPS = st.lists(
    st.tuples(st.sampled_from([f"shop/{FILE}", "shop/b.yaml", "other/x.yaml"]), st.sampled_from(["a", "b", None])),
    min_size=1, max_size=8,
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(steps=STEPS)
def test_the_commits_named_are_those_that_changed_the_slot(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str | None]]
) -> None:
    shop = make_shop(tmp_path_factory.mktemp("fleet"))
    shop.run()
    start = files_of(shop)
    state, wanted = dict(start), list[str]()
    for index, (path, text) in enumerate(steps):
        before = dict(state)
        state.pop(path, None)
        if text is not None:
            state[path] = text
        person(shop, text, f"Step {index}", path=path)
        if in_slot(before) != in_slot(state):
            wanted.insert(0, f"Step {index}")
    found = edits(shop)
    if in_slot(state) == in_slot(start):
        assert found == []
    else:
        assert [[it.subject for it in edit.changes] for edit in found] == [wanted]


def files_of(shop: Shop) -> dict[str, str]:
    store = shop.repo.store
    tree = store.commit(head(shop.repo, PROD)).tree
    return {path: store.blob(entry.id).decode() for path, entry in store.files(tree)}


def in_slot(files: dict[str, str]) -> dict[str, str]:
    return {path: text for path, text in files.items() if path.startswith("shop/")}
