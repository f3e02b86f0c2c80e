"""Reading from elsewhere: listing, fetching, the cache. Pushing is in `test_push.py`."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from promoter.errors import EdgeFailed, Rejected
from promoter.git.program import PACKS, Program
from promoter.git.ref import RefUpdate
from promoter.git.repository import Repository
from promoter.git.store import FILE, Entry, Store
from promoter.model.names import Oid
from tests.git.programs import CLEAN, git
from tests.git.servers import GitServer, elsewhere, serve
from tests.repos import KIM, START, commit_files, head, make_repo

NOWHERE = Oid("1" * 40)
FILES = {"apps/a.yaml": "a", "apps/b.yaml": "b", "other/c.yaml": "c"}


@pytest.fixture
def origin(tmp_path: Path) -> Repository:
    repo = make_repo(tmp_path / "origin.git", FILES)
    for number in range(3):
        commit_files(repo, "main", {"apps/a.yaml": f"a{number}"}, f"Change {number}")
    commit_files(repo, "team/dev", {"x": "team"}, "Team")
    commit_files(repo, "dev", {"x": "dev"}, "Dev")
    git(repo.store.path, "config", "uploadpack.allowFilter", "true")
    return repo


@pytest.fixture
def far(origin: Repository, tmp_path: Path) -> Repository:
    return elsewhere(f"file://{origin.store.path}", tmp_path / "cache.git")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    with serve(tmp_path) as running:
        yield running


def test_refs_are_listed_by_exact_prefix(origin: Repository, far: Repository) -> None:
    first = head(origin)
    git(origin.store.path, "tag", "-a", "-m", "v1", "v1", first)
    origin.update([RefUpdate("refs/notes/x", None, first)])
    assert far.refs() == origin.refs()
    assert far.refs(["refs/heads/dev"]) == {"refs/heads/dev": head(origin, "dev")}
    assert far.refs(["dev"]) == far.refs([]) == {}
    assert set(far.refs(["refs/heads/team/", "refs/notes/"])) == {"refs/heads/team/dev", "refs/notes/x"}
    assert far.default_branch() == "main"


def test_an_empty_repository_has_no_refs(tmp_path: Path) -> None:
    Store.create(tmp_path / "empty.git")
    far = elsewhere(f"file://{tmp_path}/empty.git", tmp_path / "cache.git")
    assert far.refs() == {}
    with pytest.raises(EdgeFailed, match="has no default branch"):
        far.default_branch()


def test_a_fetch_brings_history_and_trees_but_not_files(origin: Repository, far: Repository) -> None:
    first = head(origin)
    far.fetch([first])
    tree = far.store.commit(first).tree
    assert [name for name, _ in far.store.files(tree)] == sorted(FILES)
    assert len(list(far.store.history(first))) == 4
    assert len(far.store.missing([(tree, "")])) == 3
    far.fetch([], [(tree, "apps"), (tree, "apps/a.yaml"), (tree, "absent")])
    assert len(far.store.missing([(tree, "")])) == 1
    assert far.store.missing([(tree, "apps"), (tree, "other/c.yaml")]) == far.store.missing([(tree, "other")])
    assert far.store.read(tree, "apps/a.yaml") == b"a2"
    assert far.store.read(tree, "other/c.yaml") == b"c"
    assert far.store.missing([(tree, "")]) == set()


def test_a_batch_of_files_is_one_round_trip(origin: Repository, server: GitServer, tmp_path: Path) -> None:
    far = elsewhere(f"{server.url}/origin.git", tmp_path / "cache.git")
    first = far.refs()["refs/heads/main"]
    asked = len(server.faults.requests)
    far.fetch([first])
    tree = far.store.commit(first).tree
    fetched = len(server.faults.requests)
    assert fetched - asked <= 3  # capabilities, refs, pack
    far.fetch([], [(tree, "")])
    assert len(server.faults.requests) - fetched <= 2  # capabilities, pack
    fetched = len(server.faults.requests)
    far.fetch([first], [(tree, "")])
    assert far.store.read(tree, "other/c.yaml") == b"c"
    assert len(server.faults.requests) == fetched


def test_a_server_without_filters_sends_everything(origin: Repository, tmp_path: Path) -> None:
    git(origin.store.path, "config", "uploadpack.allowFilter", "false")
    far = elsewhere(f"file://{origin.store.path}", tmp_path / "cache.git")
    first = head(origin)
    far.fetch([first])
    tree = far.store.commit(first).tree
    assert far.store.missing([(tree, "")]) == set()
    assert far.store.read(tree, "other/c.yaml") == b"c"


@pytest.mark.parametrize("filters", ["true", "false"])
def test_a_server_of_the_old_protocol(origin: Repository, server: GitServer, tmp_path: Path, filters: str) -> None:
    git(origin.store.path, "config", "uploadpack.allowFilter", filters)
    git(origin.store.path, "config", "uploadpack.allowAnySHA1InWant", filters)
    server.faults.old_protocol = True
    far = elsewhere(f"{server.url}/origin.git", tmp_path / "cache.git")
    first = far.refs()["refs/heads/main"]
    far.fetch([first, "refs/heads/dev"])
    assert len(list(far.store.history(first))) == 4
    assert far.store.has(head(origin, "dev"))
    tree = far.store.commit(first).tree
    assert len(far.store.missing([(tree, "")])) == (3 if filters == "true" else 0)
    assert far.store.read(tree, "other/c.yaml") == b"c"


def test_fetching_by_name_follows_the_branch(origin: Repository, far: Repository) -> None:
    far.fetch(["refs/heads/main", "refs/heads/team/dev", "refs/heads/main"])
    assert far.store.has(head(origin))
    moved = commit_files(origin, "main", {"new": "1"}, "Moved")
    assert not far.store.has(moved)
    far.fetch(["refs/heads/main", head(origin, "dev")])
    assert far.store.has(moved)
    assert far.store.has(head(origin, "dev"))


def test_a_branch_that_was_rewritten_is_fetched(origin: Repository, far: Repository) -> None:
    far.fetch(["refs/heads/main"])
    old = head(origin)
    new = origin.store.put_commit(origin.store.put_files({"q": b"q"}), [], "Rewritten", KIM, START)
    origin.update([RefUpdate("refs/heads/main", old, new)])
    far.fetch(["refs/heads/main"])
    assert far.store.commit(new).subject == "Rewritten"
    assert far.store.has(old)


def test_a_branch_may_take_the_place_of_a_folder_of_branches(origin: Repository, far: Repository) -> None:
    far.fetch(["refs/heads/dev", "refs/heads/team/dev"])
    origin.update([RefUpdate("refs/heads/team/dev", head(origin, "team/dev"), None)])
    first = commit_files(origin, "team", {"x": "1"}, "Team")
    far.fetch(["refs/heads/team"])
    assert far.store.has(first)


def test_a_commit_that_no_branch_holds_any_more_is_fetched_by_id(origin: Repository, far: Repository) -> None:
    lost = head(origin, "dev")
    origin.update([RefUpdate("refs/heads/dev", lost, None)])
    far.fetch([lost])
    assert far.store.commit(lost).subject == "Dev"


def test_several_commits_are_fetched_at_once(origin: Repository, far: Repository) -> None:
    wants = [head(origin), head(origin, "dev"), head(origin, "team/dev")]
    listed = elsewhere(f"file://{origin.store.path}", far.store.path.with_name("listed.git"))
    listed.refs()
    for repo in (far, listed):
        repo.fetch([*wants, "refs/heads/dev"])
        assert [repo.store.commit(want).subject for want in wants] == ["Change 2", "Dev", "Team"]


def test_what_is_not_there_is_named(far: Repository) -> None:
    for want in (NOWHERE, "refs/heads/absent"):
        with pytest.raises(EdgeFailed, match=want) as failed:
            far.fetch([want])
        assert not isinstance(failed.value, Rejected)
        assert "not there" in str(failed.value.hint)
    with pytest.raises(EdgeFailed, match="cannot be the name of a ref"):
        far.fetch(["refs/heads/--upload-pack=touch"])
    with pytest.raises(EdgeFailed, match=NOWHERE):
        far.store.blob(NOWHERE)


def test_an_address_is_never_an_option(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "cache.git")
    with pytest.raises(EdgeFailed, match="cannot be the address"):
        Program(store, "--upload-pack=touch /tmp/x", CLEAN)


def test_no_such_repository(tmp_path: Path, server: GitServer) -> None:
    for url in (f"file://{tmp_path}/absent.git", f"{server.url}/absent.git"):
        with pytest.raises(EdgeFailed, match="cannot list from") as failed:
            elsewhere(url, tmp_path / "cache.git").refs()
        assert "Is the address right" in str(failed.value.hint)


def test_a_repository_with_sha256_ids_is_refused(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", "--object-format=sha256", "wide.git")
    tree = git(tmp_path / "wide.git", "mktree")
    commit = git(tmp_path / "wide.git", "commit-tree", "-m", "x", tree)
    git(tmp_path / "wide.git", "update-ref", "refs/heads/main", commit)
    far = elsewhere(f"file://{tmp_path}/wide.git", tmp_path / "cache.git")
    for call in (far.refs, lambda: far.fetch(["refs/heads/main"])):
        with pytest.raises(EdgeFailed, match="SHA-256"):
            call()


def test_a_read_is_tried_again_when_the_server_is_away(origin: Repository, server: GitServer, tmp_path: Path) -> None:
    far = elsewhere(f"{server.url}/origin.git", tmp_path / "cache.git")
    server.faults.unavailable = 1
    assert far.refs() == origin.refs()
    server.faults.unavailable = 100
    program = Program(far.store, f"{server.url}/origin.git", CLEAN, pauses=(0.01,))
    with pytest.raises(EdgeFailed, match="503"):
        program.refs()
    assert server.faults.unavailable == 98


def test_a_refused_login_is_not_tried_again(server: GitServer, origin: Repository, tmp_path: Path) -> None:
    server.faults.login = "kim:right"
    far = elsewhere(f"http://kim:wrong@{server.url.removeprefix('http://')}/origin.git", tmp_path / "cache.git")
    with pytest.raises(Rejected, match="Authentication failed") as failed:
        far.refs()
    assert "wrong" not in str(failed.value)
    assert server.faults.logins.count("kim:wrong") == 1
    with pytest.raises(Rejected, match="could not read Username"):
        elsewhere(f"{server.url}/origin.git", tmp_path / "cache.git").refs()


@pytest.mark.slow
def test_a_cache_with_many_packs_is_repacked_and_stays_whole(origin: Repository, far: Repository) -> None:
    start = head(origin)
    far.fetch([start])
    # On top of a commit whose file contents are not here: git cannot make a bitmap of that.
    entry = Entry(FILE, far.store.put_blob(b"1"))
    tree = far.store.edit_tree(far.store.commit(start).tree, {"mine": entry})
    mine = far.store.put_commit(tree, [start], "Not pushed yet", KIM, START)
    far.store.repo.references.create("refs/seen/mine", mine)
    for number in range(PACKS + 3):
        turn = commit_files(origin, "main", {"apps/a.yaml": f"turn {number}"}, "Turn")
        far.fetch([turn])
        tree = far.store.commit(turn).tree
    assert len(list((far.store.path / "objects/pack").glob("*.pack"))) < PACKS
    assert far.store.read(tree, "apps/a.yaml") == f"turn {PACKS + 2}".encode()
    assert far.store.commit(mine).subject == "Not pushed yet"
    assert len(list(far.store.history(head(origin)))) == PACKS + 7


def fetch_all(url: str, cache: Path, wants: list[Oid]) -> int:
    """Fetch commits one after the other into a cache that is shared; give how many came."""
    far = elsewhere(url, cache)
    for want in wants:
        far.fetch([want])
        far.store.read(far.store.commit(want).tree, "apps/a.yaml")
    return len(wants)


@pytest.mark.slow
def test_two_processes_share_a_cache(origin: Repository, far: Repository) -> None:
    wants = [commit_files(origin, "main", {"apps/a.yaml": f"turn {n}"}, "Turn") for n in range(8)]
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        jobs = [pool.submit(fetch_all, f"file://{origin.store.path}", far.store.path, wants) for _ in range(2)]
        assert [job.result() for job in jobs] == [8, 8]
    assert len(list(far.store.history(wants[-1]))) == 12


def test_a_file_may_move_without_being_read(origin: Repository, far: Repository) -> None:
    first = head(origin)
    far.fetch([first])
    tree = far.store.commit(first).tree
    file = far.store.entry(tree, "other/c.yaml")
    folder = far.store.entry(tree, "apps")
    edited = far.store.edit_tree(
        tree, {"moved/c.yaml": file, "copy": folder, "new": Entry(FILE, far.store.put_blob(b"n"))}
    )
    moved = far.store.put_commit(edited, [first], "Move", KIM, START)
    far.update([RefUpdate("refs/heads/main", first, moved)])
    there = origin.store.commit(head(origin)).tree
    assert {name: origin.store.blob(entry.id) for name, entry in origin.store.files(there)} == {
        "apps/a.yaml": b"a2",
        "apps/b.yaml": b"b",
        "copy/a.yaml": b"a2",
        "copy/b.yaml": b"b",
        "moved/c.yaml": b"c",
        "new": b"n",
        "other/c.yaml": b"c",
    }
    git(origin.store.path, "fsck", "--strict")
