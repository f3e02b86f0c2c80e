"""Writing elsewhere: what a push answers, and what is never done."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from promoter.errors import EdgeFailed, LostRace, Rejected
from promoter.git.program import Program
from promoter.git.ref import RefUpdate
from promoter.git.repository import Repository
from promoter.git.store import FILE, Entry, Store
from promoter.model.names import Oid
from tests.git.programs import CLEAN, git
from tests.git.servers import GitServer, elsewhere, serve
from tests.repos import KIM, START, commit_files, head, make_repo, tip

MAIN = "refs/heads/main"


@pytest.fixture
def origin(tmp_path: Path) -> Repository:
    repo = make_repo(tmp_path / "origin.git", {"a": "0"})
    git(repo.store.path, "config", "uploadpack.allowFilter", "true")
    git(repo.store.path, "config", "http.receivepack", "true")
    return repo


@pytest.fixture
def far(origin: Repository, tmp_path: Path) -> Repository:
    return elsewhere(f"file://{origin.store.path}", tmp_path / "cache.git")


@pytest.fixture
def server(origin: Repository) -> Iterator[GitServer]:
    with serve(origin.store.path.parent) as running:
        yield running


@pytest.fixture
def web(server: GitServer, tmp_path: Path) -> Repository:
    return elsewhere(f"{server.url}/origin.git", tmp_path / "web.git")


def fetched(far: Repository) -> Oid:
    first = far.refs()[MAIN]
    far.fetch([first])
    return first


def child(repo: Repository, parent: Oid, word: str) -> Oid:
    entry = Entry(FILE, repo.store.put_blob(word.encode()))
    tree = repo.store.edit_tree(repo.store.commit(parent).tree, {"a": entry})
    return repo.store.put_commit(tree, [parent], word, KIM, START)


def hook(origin: Repository, name: str, script: str) -> None:
    path = origin.store.path / "hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_refs_are_made_moved_and_deleted(origin: Repository, far: Repository) -> None:
    first = fetched(far)
    second = child(far, first, "second")
    far.update([RefUpdate("refs/heads/dev", None, first)])
    far.update([RefUpdate(MAIN, first, second), RefUpdate("refs/heads/team/dev", None, first)])
    assert origin.refs() == {MAIN: second, "refs/heads/dev": first, "refs/heads/team/dev": first}
    far.update([RefUpdate("refs/heads/dev", first, None), RefUpdate(MAIN, second, second)])
    assert origin.refs() == {MAIN: second, "refs/heads/team/dev": first}
    far.update([])
    assert origin.store.read(origin.store.commit(second).tree, "a") == b"second"


def test_a_proposal_is_rewritten_only_from_what_was_seen(origin: Repository, far: Repository) -> None:
    first = fetched(far)
    left, right = child(far, first, "left"), child(far, first, "right")
    far.update([RefUpdate("refs/heads/next", None, left)])
    far.update([RefUpdate("refs/heads/next", left, right)])
    with pytest.raises(LostRace):
        far.update([RefUpdate("refs/heads/next", left, first)])
    assert tip(origin, "next") == right


def test_a_lost_race_changes_nothing(origin: Repository, far: Repository) -> None:
    first = fetched(far)
    second = child(far, first, "second")
    theirs = commit_files(origin, "main", {"b": "theirs"}, "Theirs")
    before = origin.refs()
    for lost in (
        [RefUpdate(MAIN, first, second)],
        [RefUpdate(MAIN, None, second)],
        [RefUpdate(MAIN, first, None)],
        [RefUpdate("refs/heads/absent", first, second)],
        [RefUpdate("refs/heads/absent", first, None)],
        [RefUpdate("refs/heads/new", None, first), RefUpdate(MAIN, first, second)],
        [RefUpdate("refs/heads/new", None, first), RefUpdate(MAIN, first, first)],
    ):
        with pytest.raises(LostRace, match="somebody else wrote it"):
            far.update(lost)
        assert origin.refs() == before
    far.fetch([theirs])
    far.update([RefUpdate(MAIN, theirs, child(far, theirs, "on top"))])


def test_who_comes_second_with_the_same_commit_has_lost(origin: Repository, far: Repository) -> None:
    first = fetched(far)
    second = child(far, first, "second")
    far.update([RefUpdate(MAIN, first, second)])
    with pytest.raises(LostRace):
        far.update([RefUpdate(MAIN, first, second)])
    with pytest.raises(LostRace):
        far.update([RefUpdate(MAIN, first, second), RefUpdate("refs/heads/x", None, first)])


def test_a_hook_that_refuses_is_quoted(origin: Repository, far: Repository) -> None:
    first = fetched(far)
    second = child(far, first, "second")
    hook(origin, "pre-receive", "echo 'Only robots on Tuesdays' >&2; exit 1")
    for updates in (
        [RefUpdate(MAIN, first, second)],
        [RefUpdate("refs/heads/x", None, first), RefUpdate(MAIN, first, second)],
        [RefUpdate(MAIN, first, None)],
    ):
        with pytest.raises(Rejected, match=r"pre-receive hook declined.*Only robots on Tuesdays") as failed:
            far.update(updates)
        assert "protected" in str(failed.value.hint)
        assert origin.refs() == {MAIN: first}


def test_a_protected_branch_holds_back_the_others(origin: Repository, far: Repository) -> None:
    first = fetched(far)
    hook(origin, "update", f'test "$1" != {MAIN}')
    with pytest.raises(Rejected, match=f"{MAIN}.*hook declined"):
        far.update([RefUpdate("refs/heads/x", None, first), RefUpdate(MAIN, first, child(far, first, "second"))])
    assert origin.refs() == {MAIN: first}


def test_a_server_that_forbids_rewriting_is_a_refusal(origin: Repository, far: Repository) -> None:
    first = fetched(far)
    second = child(far, first, "second")
    far.update([RefUpdate(MAIN, first, second)])
    git(origin.store.path, "config", "receive.denyNonFastForwards", "true")
    with pytest.raises(Rejected, match="non-fast-forward"):
        far.update([RefUpdate(MAIN, second, child(far, first, "other"))])
    assert tip(origin, "main") == second


def test_a_ref_is_not_made_below_another(origin: Repository, far: Repository) -> None:
    first = fetched(far)
    with pytest.raises(Rejected, match="refs/heads/main/x"):
        far.update([RefUpdate("refs/heads/main/x", None, first)])
    assert origin.refs() == {MAIN: first}


def test_a_lock_on_the_server_is_a_lost_race(origin: Repository, far: Repository) -> None:
    first = fetched(far)
    (origin.store.path / f"{MAIN}.lock").touch()
    with pytest.raises(LostRace, match="somebody else writes"):
        far.update([RefUpdate(MAIN, first, child(far, first, "second"))])
    assert origin.refs() == {MAIN: first}


def test_without_atomic_pushes_refs_go_in_turn_and_say_so(origin: Repository, far: Repository) -> None:
    git(origin.store.path, "config", "receive.advertiseAtomic", "false")
    first = fetched(far)
    second = child(far, first, "second")
    far.update([RefUpdate("refs/heads/x", None, first), RefUpdate(MAIN, first, second)])
    assert origin.refs() == {MAIN: second, "refs/heads/x": first}
    third = child(far, second, "third")
    with pytest.raises(LostRace) as failed:
        far.update([RefUpdate(MAIN, second, third), RefUpdate("refs/heads/x", None, first)])
    assert f"changed before that: {MAIN}" in str(failed.value.hint)
    with pytest.raises(LostRace) as failed:
        far.update([RefUpdate("refs/heads/x", None, first), RefUpdate(MAIN, third, second)])
    assert "before that" not in str(failed.value.hint)
    assert origin.refs() == {MAIN: third, "refs/heads/x": first}


def test_a_push_whose_answer_was_lost_has_arrived(server: GitServer, web: Repository, origin: Repository) -> None:
    first = fetched(web)
    second = child(web, first, "second")
    server.faults.lose_push = "after"
    web.update([RefUpdate(MAIN, first, second), RefUpdate("refs/heads/x", None, first)])
    assert origin.refs() == {MAIN: second, "refs/heads/x": first}
    assert server.faults.requests.count("POST /origin.git/git-receive-pack") == 1


@pytest.mark.slow
def test_a_push_that_takes_too_long_may_have_arrived(server: GitServer, web: Repository, origin: Repository) -> None:
    first = fetched(web)
    second = child(web, first, "second")
    hasty = Program(web.store, f"{server.url}/origin.git", CLEAN, push_seconds=2)
    server.faults.lose_push = "silent"
    hasty.update([RefUpdate(MAIN, first, second)])
    server.faults.woken.set()
    assert origin.refs() == {MAIN: second}


def test_a_push_that_broke_off_is_not_repeated(server: GitServer, web: Repository, origin: Repository) -> None:
    first = fetched(web)
    server.faults.lose_push = "before"
    with pytest.raises(EdgeFailed, match="cannot push to") as failed:
        web.update([RefUpdate(MAIN, first, child(web, first, "second"))])
    assert not isinstance(failed.value, LostRace | Rejected)
    assert "not known whether it arrived" in str(failed.value.hint)
    assert origin.refs() == {MAIN: first}
    assert server.faults.requests.count("POST /origin.git/git-receive-pack") == 1


def test_a_push_that_broke_off_while_others_wrote_is_a_lost_race(
    server: GitServer, web: Repository, origin: Repository
) -> None:
    first = fetched(web)
    commit_files(origin, "main", {"b": "1"}, "Theirs")
    server.faults.lose_push = "before"
    with pytest.raises(LostRace):
        web.update([RefUpdate(MAIN, first, child(web, first, "second"))])


def test_a_push_that_broke_off_and_a_server_that_is_gone(
    server: GitServer, web: Repository, origin: Repository
) -> None:
    first = fetched(web)
    server.faults.lose_push = "for good"
    with pytest.raises(EdgeFailed, match="broke off, and then: cannot list") as failed:
        web.update([RefUpdate(MAIN, first, child(web, first, "second"))])
    assert "not known whether it arrived" in str(failed.value.hint)


def test_a_right_that_is_missing_is_a_refusal(server: GitServer, web: Repository, origin: Repository) -> None:
    first = fetched(web)
    server.faults.deny_push = True
    with pytest.raises(Rejected, match="403") as failed:
        web.update([RefUpdate(MAIN, first, child(web, first, "second"))])
    assert "credential" in str(failed.value.hint)
    assert origin.refs() == {MAIN: first}


def test_only_what_is_here_is_pushed(origin: Repository, far: Repository) -> None:
    first = fetched(far)
    with pytest.raises(EdgeFailed, match="the object is not in"):
        far.update([RefUpdate(MAIN, first, Oid("1" * 40))])


def test_the_config_of_a_person_does_not_matter(origin: Repository, server: GitServer, tmp_path: Path) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("pre-push", "reference-transaction", "post-checkout"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\nexit 1\n")
        (hooks / name).chmod(0o755)
    config = {
        "core.hooksPath": str(hooks),
        "push.followTags": "true",
        "push.gpgSign": "true",
        "push.pushOption": "ci.skip",
        "push.useForceIfIncludes": "true",
        "fetch.prune": "true",
        "fetch.recurseSubmodules": "true",
        "core.fsmonitor": f"{hooks}/pre-push",
        "remote.origin.url": "/nowhere",
        "gc.auto": "1",
    }
    for key, value in config.items():
        git(tmp_path, "config", "--file", str(tmp_path / ".gitconfig"), key, value)
    store = Store.create(tmp_path / "cache.git")
    env = {**CLEAN, "HOME": str(tmp_path), "GIT_DIR": "/nowhere", "GIT_WORK_TREE": "/nowhere", "GIT_INDEX_FILE": "/x"}
    far = Repository(store, Program(store, f"{server.url}/origin.git", env), "far")
    first = fetched(far)
    second = child(far, first, "second")
    far.update([RefUpdate(MAIN, first, second)])
    far.fetch(["refs/heads/main"], [(store.commit(second).tree, "")])
    assert tip(origin, "main") == second
    assert not (tmp_path / "ran").exists()


def count_up(url: str, cache: Path, times: int, name: str) -> None:
    """Add `times` commits to main, each one more in the file `a`."""
    far = elsewhere(url, cache)
    done = 0
    while done < times:
        old = fetched(far)
        number = int(far.store.read(far.store.commit(old).tree, "a") or b"0") + 1
        entry = Entry(FILE, far.store.put_blob(b"%d" % number))
        tree = far.store.edit_tree(far.store.commit(old).tree, {"a": entry})
        try:
            far.update([RefUpdate(MAIN, old, far.store.put_commit(tree, [old], f"{name} {number}", KIM, START))])
            done += 1
        except LostRace:
            continue


@pytest.mark.slow
def test_two_machines_lose_no_update(origin: Repository, tmp_path: Path) -> None:
    url = f"file://{origin.store.path}"
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        for job in [pool.submit(count_up, url, tmp_path / f"{name}.git", 5, name) for name in ("left", "right")]:
            job.result()
    last = head(origin)
    assert origin.store.read(origin.store.commit(last).tree, "a") == b"10"
    assert len(list(origin.store.history(last))) == 11
