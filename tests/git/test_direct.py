from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter.errors import EdgeFailed, LostRace, Rejected
from promoter.git.direct import Direct
from promoter.git.ref import RefUpdate
from promoter.git.repository import Repository
from promoter.git.store import FILE, Entry, Store
from promoter.model.names import Oid
from tests.git.programs import git
from tests.repos import KIM, START, commit_files, head, make_repo, tip

MAIN = "refs/heads/main"
NOWHERE = Oid("1" * 40)


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    return make_repo(tmp_path / "r.git", {"a": "0"})


def child(repo: Repository, parent: Oid, word: str) -> Oid:
    return repo.store.put_commit(repo.store.commit(parent).tree, [parent], word, KIM, START)


def refs_by_git(repo: Repository) -> dict[str, str]:
    lines = git(repo.store.path, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    return dict(tuple(line.split(" ")) for line in lines)  # type: ignore[misc]


def test_refs_are_made_moved_and_deleted(repo: Repository) -> None:
    first = head(repo)
    second = child(repo, first, "second")
    repo.update([RefUpdate(MAIN, first, second), RefUpdate("refs/heads/team/dev", None, first)])
    repo.update([RefUpdate("refs/heads/dev", None, first)])
    assert repo.refs() == refs_by_git(repo) == {MAIN: second, "refs/heads/dev": first, "refs/heads/team/dev": first}
    assert repo.refs(["refs/heads/dev"]) == {"refs/heads/dev": first}
    assert repo.refs(["refs/heads/team/", "refs/heads/m"]) == {"refs/heads/team/dev": first, MAIN: second}
    assert repo.refs(["dev", "refs/tags/"]) == repo.refs([]) == {}
    repo.update([RefUpdate("refs/heads/dev", first, None)])
    assert refs_by_git(repo) == {MAIN: second, "refs/heads/team/dev": first}
    repo.update([])


def test_what_does_not_move_is_compared_too(repo: Repository) -> None:
    first = head(repo)
    second = child(repo, first, "second")
    repo.update([RefUpdate(MAIN, first, first)])
    repo.update([RefUpdate(MAIN, first, first), RefUpdate("refs/heads/x", None, second)])
    with pytest.raises(LostRace):
        repo.update([RefUpdate(MAIN, second, second)])
    with pytest.raises(LostRace):
        repo.update([RefUpdate(MAIN, second, second), RefUpdate("refs/heads/y", None, second)])
    assert repo.refs() == {MAIN: first, "refs/heads/x": second}


@pytest.mark.parametrize("pack", [False, True], ids=["loose", "packed"])
def test_a_lost_race_changes_nothing(repo: Repository, pack: bool) -> None:
    first = head(repo)
    second = child(repo, first, "second")
    third = child(repo, second, "third")
    repo.update([RefUpdate("refs/heads/x", None, first)])
    if pack:
        git(repo.store.path, "pack-refs", "--all")
    before = repo.refs()
    for lost in (
        [RefUpdate(MAIN, second, third)],
        [RefUpdate(MAIN, None, third)],
        [RefUpdate(MAIN, second, None)],
        [RefUpdate("refs/heads/absent", second, third)],
        [RefUpdate("refs/heads/absent", second, None)],
        [RefUpdate("refs/heads/x", first, second), RefUpdate(MAIN, second, third)],
        [
            RefUpdate("refs/heads/new", None, second),
            RefUpdate("refs/heads/x", first, None),
            RefUpdate(MAIN, None, third),
        ],
    ):
        with pytest.raises(LostRace, match="somebody else wrote it") as failed:
            repo.update(lost)
        assert failed.value.exit_code == 4
        assert repo.refs() == before == refs_by_git(repo)
    repo.update([RefUpdate("refs/heads/x", first, None), RefUpdate(MAIN, first, second)])
    assert repo.refs() == {MAIN: second} == refs_by_git(repo)


@pytest.mark.parametrize("pack", [False, True], ids=["loose", "packed"])
def test_a_ref_is_not_made_above_or_below_another(repo: Repository, pack: bool) -> None:
    first = head(repo)
    repo.update([RefUpdate("refs/heads/team/dev", None, first)])
    if pack:
        git(repo.store.path, "pack-refs", "--all")
    for name in ("refs/heads/team", "refs/heads/team/dev/x", "refs/heads/team/dev/x/y"):
        with pytest.raises(Rejected, match=f"{name} cannot be made beside"):
            repo.update([RefUpdate(name, None, first)])
        with pytest.raises(EdgeFailed):
            repo.update([RefUpdate(name, None, first), RefUpdate("refs/heads/other", None, first)])
    repo.update([RefUpdate("refs/heads/team/dev", first, None)])
    repo.update([RefUpdate("refs/heads/team", None, first)])
    assert refs_by_git(repo) == {MAIN: first, "refs/heads/team": first} == repo.refs()


def test_a_ref_only_points_at_what_is_here(repo: Repository) -> None:
    first = head(repo)
    for updates in (
        [RefUpdate(MAIN, first, NOWHERE)],
        [RefUpdate("refs/heads/x", None, first), RefUpdate(MAIN, first, NOWHERE)],
    ):
        with pytest.raises(EdgeFailed, match="the object is not in"):
            repo.update(updates)
    assert repo.refs() == {MAIN: first}


def test_fetch_says_what_is_not_here(repo: Repository) -> None:
    first = head(repo)
    tree = repo.store.commit(first).tree
    repo.fetch([first, MAIN], [(tree, ""), (tree, "a"), (tree, "absent")])
    for want in (NOWHERE, "refs/heads/absent"):
        with pytest.raises(EdgeFailed, match=f"{want} is not in"):
            repo.fetch([want])
    with pytest.raises(EdgeFailed, match=f"the object {NOWHERE} is missing"):
        repo.remote.fetch_blobs([NOWHERE])


def test_hooks_are_not_run(repo: Repository, tmp_path: Path) -> None:
    for name in ("reference-transaction", "update", "pre-receive"):
        hook = repo.store.path / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\nexit 1\n")
        hook.chmod(0o755)
    first = head(repo)
    repo.update([RefUpdate("refs/heads/x", None, first), RefUpdate("refs/heads/y", None, first)])
    repo.update([RefUpdate("refs/heads/x", first, None)])
    assert not (tmp_path / "ran").exists()


def test_symbolic_refs_count_as_what_they_mean(repo: Repository) -> None:
    first = head(repo)
    git(repo.store.path, "symbolic-ref", "refs/remotes/origin/HEAD", MAIN)
    git(repo.store.path, "symbolic-ref", "refs/remotes/other/HEAD", "refs/heads/absent")
    assert repo.refs() == {MAIN: first, "refs/remotes/origin/HEAD": first}


def test_the_default_branch(tmp_path: Path) -> None:
    empty = Store.create(tmp_path / "empty.git")
    repo = Repository(empty, Direct(empty), "here")
    with pytest.raises(EdgeFailed, match="here has no default branch") as failed:
        repo.default_branch()
    assert "empty" in str(failed.value.hint)
    first = commit_files(repo, "trunk", {"a": "1"}, "Start")
    with pytest.raises(EdgeFailed, match="no default branch"):
        repo.default_branch()
    git(empty.path, "symbolic-ref", "HEAD", "refs/heads/trunk")
    assert repo.default_branch() == "trunk"
    (empty.path / "HEAD").write_text(first + "\n")
    with pytest.raises(EdgeFailed, match="no default branch"):
        repo.default_branch()


@pytest.mark.parametrize("kind", ["one", "several"])
def test_a_lock_is_waited_for(repo: Repository, kind: str) -> None:
    first = head(repo)
    lock = repo.store.path / "refs/heads/main.lock"
    lock.touch()
    others = [RefUpdate("refs/heads/x", None, first)] if kind == "several" else []
    timer = threading.Timer(0.2, lock.unlink)
    timer.start()
    began = time.monotonic()
    second = child(repo, first, "second")
    repo.update([RefUpdate(MAIN, first, second), *others])
    assert time.monotonic() - began > 0.15
    timer.join()
    assert tip(repo, "main") == second


def test_a_lock_that_stays_is_a_lost_race_that_names_the_file(repo: Repository) -> None:
    first = head(repo)
    (repo.store.path / "refs/heads/main.lock").touch()
    hasty = Direct(repo.store, lock_wait=0.01)
    update = RefUpdate(MAIN, first, child(repo, first, "second"))
    for updates in ([update], [update, RefUpdate("refs/heads/x", None, first)]):
        with pytest.raises(LostRace, match=f"{MAIN}.* is locked by another writer") as failed:
            hasty.update(updates)
        assert "main.lock" in failed.value.message
    assert repo.refs() == {MAIN: first}
    assert tip(repo, "main") == first


def count_up(path: Path, times: int, name: str) -> int:
    """Add `times` commits to main, each one more in the file `n`; give how many races were lost."""
    store = Store(path)
    repo = Repository(store, Direct(store), str(path))
    lost = done = 0
    while done < times:
        old = head(repo)
        tree = store.commit(old).tree
        number = int(store.read(tree, "n") or b"0") + 1
        new = store.edit_tree(tree, {"n": Entry(FILE, store.put_blob(b"%d" % number))})
        try:
            repo.update([RefUpdate(MAIN, old, store.put_commit(new, [old], f"{name} {number}", KIM, START))])
            done += 1
        except LostRace:
            lost += 1
    return lost


@pytest.mark.slow
def test_two_processes_lose_no_update(repo: Repository) -> None:
    path = repo.store.path
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        jobs = [pool.submit(count_up, path, 50, name) for name in ("left", "right")]
        # Somebody packs refs meanwhile, as `git gc` does.
        while not all(job.done() for job in jobs):
            git(path, "pack-refs", "--all")
            time.sleep(0.02)
        lost = [job.result() for job in jobs]
    history = list(repo.store.history(head(repo)))
    subjects = {commit.subject for commit in history[:-1]}
    assert len(history) == 101
    assert repo.store.read(history[0].tree, "n") == b"100"
    assert len(subjects) == 100
    assert all(count >= 0 for count in lost)
    git(path, "fsck", "--strict")


Model = dict[str, Oid]
refs = st.sampled_from(["refs/heads/a", "refs/heads/b", "refs/tags/a"])
values = st.sampled_from([None, 0, 1])


@settings(max_examples=40, deadline=None)
@given(
    steps=st.lists(
        st.lists(st.tuples(refs, values, values), min_size=1, max_size=2, unique_by=lambda step: step[0]).filter(
            lambda steps: all(old is not None or new is not None for _, old, new in steps)
        ),
        max_size=8,
    ),
    pack=st.booleans(),
)
def test_refs_behave_like_a_dictionary(
    tmp_path_factory: pytest.TempPathFactory, steps: list[list[tuple[str, int | None, int | None]]], pack: bool
) -> None:
    repo = make_repo(tmp_path_factory.mktemp("model") / "r.git", {"a": "0"})
    commits = [head(repo), child(repo, head(repo), "second")]
    model: Model = {MAIN: commits[0]}
    pick: Callable[[int | None], Oid | None] = lambda index: None if index is None else commits[index]  # noqa: E731
    for number, step in enumerate(steps):
        updates = [RefUpdate(ref, pick(old), pick(new)) for ref, old, new in step]
        fits = all(model.get(update.ref) == update.old for update in updates)
        if not fits:
            with pytest.raises(LostRace):
                repo.update(updates)
        else:
            repo.update(updates)
            for update in updates:
                model.pop(update.ref, None)
                model.update({update.ref: update.new} if update.new is not None else {})
        assert repo.refs() == model
        if pack and number % 2:
            git(repo.store.path, "pack-refs", "--all")
    assert refs_by_git(repo) == model
