"""What a slot holds and how it is filled: interchange files, roots of branches, and the same commit twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from promoter.errors import EdgeFailed
from promoter.git.store import TREE, Entry, Store
from promoter.git.trailers import Trailers
from promoter.model.ledger import Kind
from promoter.model.names import Branch, ContentId, Oid
from promoter.model.release import Release
from promoter.model.snapshot import Slot
from promoter.run.content import Held, Rendered, content_of, make_commit, subject
from promoter.run.trailers import carries, highest, newest
from tests.repos import commit_files, make_repo
from tests.run.shops import NOW

IN_FOLDER = Slot("shop", "prod", Branch("live"), "apps/shop", Branch("live-next/shop"), in_place=False)
AT_ROOT = replace(IN_FOLDER, path="")
MANIFESTS = {"deployment.yaml": "kind: Deployment\n", "sub/service.yaml": "kind: Service\n"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.create(tmp_path / "store.git")


def tree(store: Store, files: Mapping[str, str]) -> Oid:
    return store.put_files({path: text.encode() for path, text in files.items()})


def below(folder: str, files: Mapping[str, str] = MANIFESTS) -> dict[str, str]:
    return {f"{folder}/{path}": text for path, text in files.items()}


@pytest.mark.parametrize(
    ("slot", "files"),
    [
        (IN_FOLDER, below("apps/shop")),
        (IN_FOLDER, {**below("apps/shop"), "apps/cart/x.yaml": "x: 1\n", "README.md": "Hi\n"}),
        (IN_FOLDER, {**below("apps/shop"), "apps/shop/hydrator.metadata": '{"drySha": "1"}'}),
        (AT_ROOT, MANIFESTS),
        (
            AT_ROOT,
            {**MANIFESTS, "hydrator.metadata": "{}", "CODEOWNERS": "* @sre\n", ".github/workflows/x.yaml": "x: 1\n"},
        ),
        (AT_ROOT, {**MANIFESTS, ".gitattributes": "* text\n", ".gitlab-ci.yml": "x: 1\n"}),
    ],
    ids=["a folder", "beside others", "with an interchange file", "a root", "a root with what forges read", "and more"],
)
def test_what_a_slot_holds_is_its_manifests(store: Store, slot: Slot, files: dict[str, str]) -> None:
    assert Rendered(store).held(slot, tree(store, files), ()) == Held(ContentId(tree(store, MANIFESTS)))


@pytest.mark.parametrize(
    "files",
    [{}, {"apps/cart/x.yaml": "x: 1\n"}, {"apps/shop/hydrator.metadata": "{}"}, {"apps/shop": "a file\n"}],
    ids=["nothing", "others", "interchange only", "a file in the folder's place"],
)
def test_an_empty_slot_holds_nothing(store: Store, files: dict[str, str]) -> None:
    assert Rendered(store).held(IN_FOLDER, tree(store, files), ()) == Held(None)


def test_a_root_with_what_forges_read_alone_is_empty(store: Store) -> None:
    assert Rendered(store).held(AT_ROOT, tree(store, {"CODEOWNERS": "* @sre\n"}), ()) == Held(None)


@pytest.mark.parametrize(
    ("slot", "before", "after"),
    [
        (IN_FOLDER, None, below("apps/shop")),
        (IN_FOLDER, {"apps/shop/old.yaml": "x: 1\n", "README.md": "Hi\n"}, {**below("apps/shop"), "README.md": "Hi\n"}),
        (AT_ROOT, None, MANIFESTS),
        (AT_ROOT, {"old.yaml": "x: 1\n", "CODEOWNERS": "* @sre\n"}, {**MANIFESTS, "CODEOWNERS": "* @sre\n"}),
    ],
    ids=["a new branch", "others stay", "a new root", "what forges read stays"],
)
def test_a_slot_is_filled_and_nothing_else(
    store: Store, slot: Slot, before: dict[str, str] | None, after: dict[str, str]
) -> None:
    content = ContentId(tree(store, MANIFESTS))
    made = Rendered(store).put(slot, tree(store, before) if before is not None else None, content)
    assert made == tree(store, after)
    assert Rendered(store).held(slot, made, ()).content == content


def test_a_content_is_kept_as_its_tree(store: Store) -> None:
    content = tree(store, MANIFESTS)
    assert Rendered(store).entry(ContentId(content)) == Entry(TREE, content)


# --- commits ---


def release(store: Store, **changes: str) -> Release:
    content = {"prod": ContentId(tree(store, MANIFESTS))}
    made = Release(41, NOW, Oid("d" * 40), "kim", content)
    return replace(made, version=changes.get("version", "1.4.2"))


def test_two_runs_make_the_same_commit(tmp_path: Path) -> None:
    repo = make_repo(tmp_path / "fleet.git", {})
    parent = commit_files(repo, "live", {"README.md": "Hi\n"}, "Start")
    contents, made = Rendered(repo.store), release(repo.store)
    first = make_commit(repo, contents, IN_FOLDER, made, Kind.PROMOTION, parent)
    assert make_commit(repo, contents, IN_FOLDER, made, Kind.PROMOTION, parent) == first
    commit = repo.store.commit(first)
    assert (commit.parents, commit.at) == ((parent,), made.at)
    assert carries(commit, "shop", "prod") == Trailers("shop", "prod", 41, Kind.PROMOTION)
    assert carries(commit, "shop", "dev") is None
    assert carries(commit, "cart", "prod") is None
    assert repo.store.commit(make_commit(repo, contents, IN_FOLDER, made, Kind.ROLLBACK, None)).parents == ()


@pytest.mark.parametrize(
    ("version", "kind", "line"),
    [
        ("1.4.2", Kind.PROMOTION, "Promote shop 1.4.2 to prod"),
        ("", Kind.PROMOTION, "Promote shop r41 to prod"),
        ("1.4.2", Kind.ROLLBACK, "Roll back shop to 1.4.2 in prod"),
        ("1.4\n\nPromoter-Release: r9", Kind.PROMOTION, "Promote shop 1.4 Promoter\u2011Release: r9 to prod"),
    ],
)
def test_the_first_line(store: Store, version: str, kind: Kind, line: str) -> None:
    assert subject(IN_FOLDER, release(store, version=version), kind) == line


def test_what_was_not_made_for_here_is_refused(store: Store) -> None:
    with pytest.raises(EdgeFailed, match="r41 was not made for dev"):
        content_of(release(store), "dev")


def test_which_release_came_last_and_which_is_highest(tmp_path: Path) -> None:
    repo = make_repo(tmp_path / "fleet.git", {})
    start = commit_files(repo, "live", {"README.md": "Hi\n"}, "Start")
    contents, made = Rendered(repo.store), release(repo.store)
    first = make_commit(repo, contents, IN_FOLDER, made, Kind.PROMOTION, start)
    second = make_commit(repo, contents, IN_FOLDER, replace(made, number=40), Kind.ROLLBACK, first)
    assert newest(repo.store, second, None, "shop", "prod") == Trailers("shop", "prod", 40, Kind.ROLLBACK)
    assert newest(repo.store, second, first, "shop", "prod") == Trailers("shop", "prod", 40, Kind.ROLLBACK)
    assert newest(repo.store, second, second, "shop", "prod") is None
    assert newest(repo.store, start, None, "shop", "prod") is None
    assert highest(repo.store, second, "shop", "prod") == 41
    assert highest(repo.store, second, "shop", "dev") is None
