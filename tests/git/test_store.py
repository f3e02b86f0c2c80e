from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter.errors import EdgeFailed, EditRefused
from promoter.git.ref import RefUpdate
from promoter.git.store import EMPTY_TREE, FILE, TREE, Entry, Store
from promoter.git.tree import EXECUTABLE, SUBMODULE, SYMLINK
from promoter.model.names import Oid
from tests.git.programs import git
from tests.repos import KIM, START, commit_files, head, make_repo

NOWHERE = Oid("1" * 40)
FILES = {"a/b/c.yaml": b"c", "a/b/d.yaml": b"d", "a.yaml": b"a", "a-b/x": b"x", "z": b"z"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.create(tmp_path / "store.git")


def contents(store: Store, tree: Oid, path: str = "") -> dict[str, bytes]:
    return {name: store.blob(entry.id) for name, entry in store.files(tree, path)}


def listing(store: Store, tree: Oid) -> list[str]:
    return git(store.path, "ls-tree", "-r", "-z", "--name-only", tree).split("\0")[:-1]


def test_what_is_written_is_what_git_reads(store: Store) -> None:
    tree = store.put_files(FILES)
    assert contents(store, tree) == FILES
    assert listing(store, tree) == [name for name, _ in store.files(tree)]
    assert git(store.path, "cat-file", "blob", f"{tree}:a/b/c.yaml") == "c"
    assert git(store.path, "fsck", "--strict") in ("", f"dangling tree {tree}")


def test_read_gives_regular_files_only(store: Store) -> None:
    target = store.put_blob(b"../secret")
    tree = store.edit_tree(
        store.put_files({"file": b"text", "folder/x": b"x"}),
        {"link": Entry(SYMLINK, target), "tool": Entry(EXECUTABLE, target), "module": Entry(SUBMODULE, NOWHERE)},
    )
    found = {name: store.read(tree, name) for name in ("file", "tool", "link", "folder", "module", "absent", "file/x")}
    assert found == {
        "file": b"text",
        "tool": b"../secret",
        "link": None,
        "folder": None,
        "module": None,
        "absent": None,
        "file/x": None,
    }
    assert [name for name, _ in store.files(tree)] == ["file", "folder/x", "link", "module", "tool"]


def test_entry_and_children(store: Store) -> None:
    tree = store.put_files(FILES)
    assert store.entry(tree, "") == Entry(TREE, tree)
    folder = store.entry(tree, "a/b")
    assert folder is not None
    assert folder.is_tree
    assert store.children(tree, "a/b") == store.children(folder.id)
    assert [name for name, _ in store.children(tree)] == ["a-b", "a.yaml", "a", "z"]
    assert store.children(tree, "a.yaml") == store.children(tree, "nothing/here") == []
    assert contents(store, tree, "a") == {"b/c.yaml": b"c", "b/d.yaml": b"d"}
    assert store.entry(tree, "a/b/") is None
    assert store.entry(tree, "/a") is None


def test_edit_changes_deletes_and_puts_folders(store: Store) -> None:
    tree = store.put_files(FILES)
    folder = store.entry(tree, "a/b")
    new = Entry(FILE, store.put_blob(b"new"))
    edited = store.edit_tree(
        tree, {"a/b/c.yaml": new, "a-b/x": None, "copy": folder, "deep/er/file": new, "nope/x": None}
    )
    assert contents(store, edited) == {
        "a.yaml": b"a",
        "a/b/c.yaml": b"new",
        "a/b/d.yaml": b"d",
        "copy/c.yaml": b"c",
        "copy/d.yaml": b"d",
        "deep/er/file": b"new",
        "z": b"z",
    }
    assert store.entry(edited, "a-b") is None


def test_edit_below_a_folder_that_is_put_or_deleted_in_the_same_edit(store: Store) -> None:
    tree = store.put_files(FILES)
    folder, new = store.entry(tree, "a/b"), Entry(FILE, store.put_blob(b"new"))
    assert contents(store, store.edit_tree(tree, {"a": folder, "a/d.yaml": None, "a/e": new}))["a/e"] == b"new"
    replaced = contents(store, store.edit_tree(tree, {"a": None, "a/b/e": new, "a.yaml": None, "a.yaml/x": new}))
    assert replaced == {"a-b/x": b"x", "a.yaml/x": b"new", "a/b/e": b"new", "z": b"z"}


def test_an_edit_that_leaves_nothing_gives_the_empty_tree(store: Store) -> None:
    assert store.edit_tree(None, {}) == EMPTY_TREE
    assert store.edit_tree(store.put_files({"a/b": b"x"}), {"a/b": None}) == EMPTY_TREE
    assert store.edit_tree(EMPTY_TREE, {"a": None}) == EMPTY_TREE
    tree = store.edit_tree(store.put_files({"a": b"x"}), {"b": Entry(TREE, EMPTY_TREE)})
    assert listing(store, tree) == ["a"]


def test_an_edit_does_not_put_anything_below_a_file(store: Store) -> None:
    tree = store.put_files(FILES)
    new = Entry(FILE, store.put_blob(b"new"))
    for changes in ({"a.yaml/x": new}, {"a.yaml/x/y": new}, {"q": new, "q/r": new}):
        with pytest.raises(EditRefused, match="is a file"):
            store.edit_tree(tree, changes)
    assert store.edit_tree(tree, {"a.yaml/x": None}) == tree


@pytest.mark.parametrize(
    "path",
    [
        *("", "/a", "a/", "a//b", ".", "..", "a/../b", "./a", "a/..", "a\0b"),
        *(".git", "a/.git/config", ".GIT", ".Git ", ".git.", "GIT~1", ".git::$INDEX_ALLOCATION", "a\\.git\\hooks"),
        *(".g\u200cit", "\u200e.git"),
    ],
)
def test_paths_that_may_not_stand_in_a_tree(store: Store, path: str) -> None:
    entry = Entry(FILE, store.put_blob(b"x"))
    for change in (entry, None):
        with pytest.raises(EditRefused, match="cannot stand in a Git tree"):
            store.edit_tree(None, {path: change})
    with pytest.raises(EditRefused):
        store.put_files({path: b"x"})


def test_names_that_only_look_odd_are_kept(store: Store) -> None:
    files = dict.fromkeys((".github/w.yml", ".gitignore", "...", "a b", "ü/ö", "-x", "��", "a\nb", "git~2"), b"x")
    tree = store.put_files(files)
    assert contents(store, tree) == files
    assert sorted(listing(store, tree)) == sorted(files)


def test_old_modes_survive_an_edit_beside_them(store: Store) -> None:
    blob = store.put_blob(b"x")
    tree = Oid(
        git(
            store.path,
            "hash-object",
            "-t",
            "tree",
            "-w",
            "--literally",
            "--stdin",
            stdin=b"100664 old\0" + bytes.fromhex(blob),
        )
    )
    edited = store.edit_tree(tree, {"new": Entry(FILE, blob)})
    assert [(name, entry.mode) for name, entry in store.children(edited)] == [("new", FILE), ("old", 0o100664)]


def test_a_malformed_tree_is_an_error(store: Store) -> None:
    blob = bytes.fromhex(store.put_blob(b"x"))
    for data in (b"100644 a\0short", b"100644 a\0" + blob + b"100644 a\0" + blob, b"100644 \0" + blob):
        tree = Oid(git(store.path, "hash-object", "-t", "tree", "-w", "--literally", "--stdin", stdin=data))
        with pytest.raises(EdgeFailed, match=f"the tree {tree} in .* is malformed"):
            store.children(tree)


def test_without_leaves_names_out_of_the_top_level_only(store: Store) -> None:
    tree = store.put_files({"s/x": b"x", "s/skip": b"1", "s/t/skip": b"2", "skip": b"3"})
    assert contents(store, store.without(tree, {"skip"}, "s")) == {"x": b"x", "t/skip": b"2"}
    assert contents(store, store.without(tree, {"skip"})) == {"s/x": b"x", "s/skip": b"1", "s/t/skip": b"2"}
    assert store.without(tree, {"other"}, "s") == store.without(tree, (), "s")
    assert store.without(tree, {"x"}, "absent") == store.without(tree, {"x"}, "skip") == EMPTY_TREE
    assert store.without(tree, {"s", "skip"}) == EMPTY_TREE


def test_a_commit_is_the_same_everywhere(store: Store, tmp_path: Path) -> None:
    other = Store.create(tmp_path / "other.git")
    berlin = START.astimezone(timezone(timedelta(hours=1)))
    made = []
    for place, at in ((store, START), (other, berlin)):
        tree = place.put_files({"a": b"1"})
        root = place.put_commit(tree, [], "Root", KIM, at)
        made.append(place.put_commit(tree, [root], "Subject\n\nBody ü\n\n", ("A <b>\nX", "a>\0@b"), at))
    assert made[0] == made[1]
    text = git(store.path, "cat-file", "commit", made[0])
    assert "author A b X <a @b> 1767603600 +0000\n" in text
    info = store.commit(made[0])
    assert (info.author, info.email, info.at, info.subject) == ("A b X", "a @b", START, "Subject")
    assert info.message == "Subject\n\nBody ü\n"
    assert len(info.parents) == 1
    assert (
        git(store.path, "log", "-1", "--format=%an|%ae|%ct|%s|%b", made[0]) == "A b X|a @b|1767603600|Subject|Body ü\n"
    )
    git(store.path, "fsck", "--strict")


def test_commits_of_other_programs_are_read(store: Store) -> None:
    header = (
        f"tree {EMPTY_TREE}\nauthor Zoë <> 5 +0100\ncommitter Ann <ann@x> 1767603600 -0830\n"
        "encoding latin1\ngpgsig a\n b\n\nGrüße"
    )
    store.edit_tree(None, {})
    oid = Oid(
        git(store.path, "hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=header.encode("latin1"))
    )
    info = store.commit(oid)
    assert (info.author, info.email, info.message, info.at) == ("Zoë", "", "Grüße", START)
    assert info.tree == EMPTY_TREE
    strange = header.replace("latin1", "klingon").encode("latin1")
    oid = Oid(git(store.path, "hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=strange))
    assert store.commit(oid).message == "Gr\ufffd\ufffde"


def test_a_naive_time_is_a_bug(store: Store) -> None:
    with pytest.raises(ValueError, match="time zone"):
        store.put_commit(store.edit_tree(None, {}), [], "x", KIM, datetime(2026, 1, 1))  # noqa: DTZ001


def test_missing_and_wrong_objects_are_named(store: Store) -> None:
    tree = store.put_files({"a": b"1"})
    blob = store.put_blob(b"1")
    commit = store.put_commit(tree, [], "x", KIM, START)
    wanted = f"the object {NOWHERE} is missing"
    for call in (
        lambda: store.commit(NOWHERE),
        lambda: store.blob(NOWHERE),
        lambda: store.children(NOWHERE),
        lambda: store.put_commit(NOWHERE, [], "x", KIM, START),
        lambda: store.put_commit(tree, [NOWHERE], "x", KIM, START),
        lambda: store.edit_tree(tree, {"b": Entry(FILE, NOWHERE)}),
        lambda: store.is_ancestor(NOWHERE, commit),
        lambda: store.is_ancestor(commit, NOWHERE),
        lambda: list(store.history(NOWHERE)),
    ):
        with pytest.raises(EdgeFailed, match=NOWHERE):
            call()
    with pytest.raises(EdgeFailed, match=wanted):
        store.commit(NOWHERE)
    with pytest.raises(EdgeFailed, match="is not a commit"):
        store.commit(tree)
    with pytest.raises(EdgeFailed, match="is not a blob"):
        store.blob(tree)
    with pytest.raises(EdgeFailed, match="is not a tree"):
        store.children(blob)
    with pytest.raises(EdgeFailed, match="cannot read the object nonsense"):
        store.commit(Oid("nonsense"))


def test_history_and_ancestors(tmp_path: Path) -> None:
    repo = make_repo(tmp_path / "r.git", {"a": "0"})
    store = repo.store
    root = head(repo)
    left = commit_files(repo, "main", {"a": "1"}, "left", at=START + timedelta(seconds=1))
    repo.update([RefUpdate("refs/heads/side", None, root)])
    right = commit_files(repo, "side", {"b": "1"}, "right", at=START + timedelta(seconds=2))
    merge = store.put_commit(store.commit(left).tree, [left, right], "merge", KIM, START + timedelta(seconds=3))
    assert [commit.id for commit in store.history(merge)] == [merge, right, left, root]
    assert [commit.id for commit in store.history(merge, first_parent=True)] == [merge, left, root]
    assert [commit.id for commit in store.history(merge, stop=[right])] == [merge, left]
    assert [commit.id for commit in store.history(merge, stop=[merge])] == []
    assert [commit.id for commit in store.history(merge, limit=2)] == [merge, right]
    assert store.is_ancestor(root, merge)
    assert store.is_ancestor(merge, merge)
    assert not store.is_ancestor(left, right)
    assert not store.is_ancestor(merge, root)


@contextmanager
def full_disk() -> Iterator[None]:
    """No file can grow: what a full disk does to whoever writes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_an_error_and_changes_no_ref(tmp_path: Path) -> None:
    repo = make_repo(tmp_path / "r.git", {"a": "0"})
    before = head(repo)
    tree = repo.store.commit(before).tree
    later = repo.store.put_commit(tree, [before], "later", KIM, START)
    with full_disk():
        with pytest.raises(EdgeFailed, match="cannot write to the Git repository") as failed:
            repo.store.put_blob(b"new")
        with pytest.raises(EdgeFailed, match="cannot write to the Git repository"):
            repo.store.put_commit(tree, [before], "x", KIM, START)
        with pytest.raises(EdgeFailed, match="cannot change refs"):
            repo.update([RefUpdate("refs/heads/main", before, later)])
    assert failed.value.hint is not None
    assert "disk full" in failed.value.hint
    assert head(repo) == before
    repo.update([RefUpdate("refs/heads/main", before, later)])


def test_opening_what_is_no_repository(tmp_path: Path) -> None:
    with pytest.raises(EdgeFailed, match="is not a Git repository"):
        Store(tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(EdgeFailed, match="cannot make a Git repository"):
        Store.create(tmp_path / "file" / "x.git")


def test_creating_twice_keeps_what_is_there(store: Store) -> None:
    blob = store.put_blob(b"x")
    assert Store.create(store.path).blob(blob) == b"x"


names = st.sampled_from(["a", "b", "a.b", "a-b", "c"])
paths = st.lists(names, min_size=1, max_size=3).map("/".join)


def fits(files: dict[str, bytes]) -> bool:
    """Tell whether no path is a file and a folder at once."""
    return not any(other.startswith(f"{path}/") for path in files for other in files)


@settings(max_examples=150, deadline=None)
@given(
    before=st.dictionaries(paths, st.binary(max_size=2), max_size=6).filter(fits),
    changes=st.dictionaries(paths, st.none() | st.binary(max_size=2), max_size=5),
)
def test_an_edit_does_to_trees_what_it_says(
    tmp_path_factory: pytest.TempPathFactory, before: dict[str, bytes], changes: dict[str, bytes | None]
) -> None:
    store = Store.create(tmp_path_factory.getbasetemp() / "properties.git")
    after = {
        path: data
        for path, data in before.items()
        if not any(gone == path or path.startswith(f"{gone}/") for gone in changes)
    }
    after |= {path: data for path, data in changes.items() if data is not None}
    entries = {path: Entry(FILE, store.put_blob(data)) if data is not None else None for path, data in changes.items()}
    tree = store.put_files(before)
    if fits(after):
        edited = store.edit_tree(tree, entries)
        assert contents(store, edited) == after
        assert edited == store.put_files(after)
    else:
        with pytest.raises(EditRefused):
            store.edit_tree(tree, entries)


def test_times_are_in_utc(store: Store) -> None:
    commit = store.put_commit(store.edit_tree(None, {}), [], "x", KIM, START)
    assert store.commit(commit).at.tzinfo is UTC
