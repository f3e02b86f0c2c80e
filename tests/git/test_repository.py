from __future__ import annotations

from pathlib import Path

import pytest

from promoter.errors import EdgeFailed, Rejected
from promoter.git.direct import Direct
from promoter.git.program import Program
from promoter.git.ref import RefUpdate
from promoter.git.repository import Repository, open_repository
from promoter.model.names import Oid
from tests.git.programs import CLEAN, git
from tests.repos import KIM, START, commit_files, head, make_repo, tip

MAIN = "refs/heads/main"


@pytest.fixture
def origin(tmp_path: Path) -> Repository:
    repo = make_repo(tmp_path / "origin.git", {"a/file": "0", "b": "0"})
    commit_files(repo, "main", {"b": "1"}, "Second")
    return repo


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "deep"


def clone(origin: Repository, to: Path, *options: str) -> Path:
    git(to.parent, "clone", "-q", *options, f"file://{origin.store.path}", str(to))
    return to


def state(copy: Path) -> dict[str, bytes | str]:
    """Everything of a working copy that nobody may touch."""
    files: dict[str, bytes | str] = {
        str(path): path.read_bytes() for path in copy.rglob("*") if path.is_file() and ".git/objects/" not in str(path)
    }
    return files | {"status": git(copy, "status", "--porcelain=v2", "--branch")}


def push_something(repo: Repository) -> Oid:
    repo.fetch([MAIN])
    old = repo.refs([MAIN])[MAIN]
    new = repo.store.put_commit(repo.store.commit(old).tree, [old], "Empty", KIM, START)
    repo.update([RefUpdate(MAIN, old, new)])
    return new


def test_a_bare_repository_is_changed_in_place(origin: Repository, cache: Path) -> None:
    for where in (origin.store.path, str(origin.store.path), origin.store.path / "refs"):
        repo = open_repository(where, cache, CLEAN)
        assert isinstance(repo.remote, Direct)
        assert repo.refs() == origin.refs()
        assert repo.default_branch() == "main"
    assert not cache.exists()


def test_a_url_is_fetched_into_a_cache_of_its_own(origin: Repository, cache: Path) -> None:
    url = f"file://{origin.store.path}"
    repo = open_repository(url, cache, CLEAN)
    assert isinstance(repo.remote, Program)
    assert push_something(repo) == tip(origin, "main")
    assert open_repository(url, cache, CLEAN).store.path == repo.store.path
    assert open_repository(f"{url}/", cache, CLEAN).store.path != repo.store.path
    assert repo.store.path.parent == cache


@pytest.mark.parametrize("where", [".", "a"])
@pytest.mark.parametrize("options", [(), ("--depth=1",), ("--filter=blob:none",)], ids=["whole", "shallow", "blobless"])
def test_a_working_copy_stands_for_its_origin(
    origin: Repository, tmp_path: Path, cache: Path, where: str, options: tuple[str, ...]
) -> None:
    git(origin.store.path, "config", "uploadpack.allowFilter", "true")
    copy = clone(origin, tmp_path / "copy", *options)
    (copy / "b").write_text("half a thought")
    (copy / "new").write_text("not added yet")
    before = state(copy)
    repo = open_repository(copy / where, cache, CLEAN)
    assert repo.url == f"file://{origin.store.path}"
    pushed = push_something(repo)
    assert pushed == tip(origin, "main")
    assert len(list(repo.store.history(pushed))) == 3
    assert state(copy) == before


def test_a_detached_head_does_not_matter(origin: Repository, tmp_path: Path, cache: Path) -> None:
    copy = clone(origin, tmp_path / "copy")
    git(copy, "checkout", "-q", "--detach", "HEAD~1")
    before = state(copy)
    assert push_something(open_repository(copy, cache, CLEAN)) == tip(origin, "main")
    assert state(copy) == before


def test_a_linked_working_copy(origin: Repository, tmp_path: Path, cache: Path) -> None:
    copy = clone(origin, tmp_path / "copy")
    git(copy, "worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    assert open_repository(tmp_path / "side", cache, CLEAN).url == f"file://{origin.store.path}"
    git(copy, "remote", "remove", "origin")
    found = open_repository(tmp_path / "side", cache, CLEAN)
    assert found.store.path == copy / ".git"
    assert found.refs(["refs/heads/side"]) == {"refs/heads/side": head(origin)}


def test_an_origin_on_this_disk_is_used_directly(origin: Repository, tmp_path: Path, cache: Path) -> None:
    copy = clone(origin, tmp_path / "copy")
    git(copy, "remote", "set-url", "origin", "../origin.git")
    before = state(copy)
    repo = open_repository(copy / "a", cache, CLEAN)
    assert isinstance(repo.remote, Direct)
    assert push_something(repo) == tip(origin, "main")
    assert state(copy) == before


def test_a_working_copy_without_remote_stands_for_itself(origin: Repository, tmp_path: Path, cache: Path) -> None:
    copy = clone(origin, tmp_path / "copy")
    git(copy, "remote", "remove", "origin")
    git(copy, "worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    repo = open_repository(copy, cache, CLEAN)
    old = repo.refs([MAIN])[MAIN]
    new = repo.store.put_commit(repo.store.commit(old).tree, [old], "Empty", KIM, START)
    before = state(copy)
    for ref in (MAIN, "refs/heads/side"):
        for updates in (
            [RefUpdate(ref, old, new)],
            [RefUpdate("refs/heads/x", None, new), RefUpdate(ref, old, None)],
        ):
            with pytest.raises(Rejected, match=f"{ref} is checked out") as failed:
                repo.update(updates)
            assert "Check out another branch" in str(failed.value.hint)
    assert state(copy) == before
    repo.update([RefUpdate(MAIN, old, old), RefUpdate("refs/heads/dev", None, new)])
    repo.update([RefUpdate("refs/heads/dev", new, old)])
    assert git(copy, "rev-parse", "dev") == old
    assert git(copy, "status", "--porcelain") == ""
    git(copy, "checkout", "-q", "dev")
    repo.update([RefUpdate(MAIN, old, new)])


def test_which_of_several_remotes(origin: Repository, tmp_path: Path, cache: Path) -> None:
    copy = clone(origin, tmp_path / "copy")
    git(copy, "remote", "rename", "origin", "upstream")
    assert open_repository(copy, cache, CLEAN).url == f"file://{origin.store.path}"
    git(copy, "remote", "add", "fork", "https://h/fork.git")
    with pytest.raises(EdgeFailed, match=r"several remotes \(fork, upstream\)"):
        open_repository(copy, cache, CLEAN)
    git(copy, "remote", "add", "origin", "https://kim:hunter2@h/origin.git")
    repo = open_repository(copy, cache, CLEAN)
    assert repo.url == "https://h/origin.git"
    assert "hunter2" not in repr(repo)


@pytest.mark.parametrize(
    ("where", "message"),
    [("absent", "there is no folder"), ("plain", "is not in a Git repository"), ("wide.git", "SHA-256")],
)
def test_what_cannot_be_opened(tmp_path: Path, cache: Path, where: str, message: str) -> None:
    (tmp_path / "plain").mkdir()
    git(tmp_path, "init", "-q", "--bare", "--object-format=sha256", "wide.git")
    with pytest.raises(EdgeFailed, match=message) as failed:
        open_repository(tmp_path / where, cache, CLEAN)
    assert failed.value.hint


def test_an_empty_repository_opens_and_says_that_it_is_empty(tmp_path: Path, cache: Path) -> None:
    git(tmp_path, "init", "-q", "empty")
    repo = open_repository(tmp_path / "empty", cache, CLEAN)
    assert repo.refs() == {}
    with pytest.raises(EdgeFailed, match="has no default branch"):
        repo.default_branch()


def test_a_cache_that_cannot_be_made(origin: Repository, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(EdgeFailed, match="cannot make the folder"):
        open_repository(f"file://{origin.store.path}", tmp_path / "file" / "cache", CLEAN)
