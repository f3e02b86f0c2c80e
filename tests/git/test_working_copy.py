"""Working copies are found from any folder in them; bare repositories are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from promoter.errors import EdgeFailed
from promoter.git.working_copy import working_copy
from tests.git.programs import git


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    folder = tmp_path / "fleet"
    (folder / "apps").mkdir(parents=True)
    (folder / "apps" / "a.yaml").write_text("a: b\n")
    git(folder, "init", "--quiet", "--initial-branch=trunk")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message=Start")
    return folder


def test_found_from_a_folder_in_it(clone: Path) -> None:
    found = working_copy(clone / "apps")
    assert found is not None
    assert (found.root.resolve(), found.branch) == (clone.resolve(), "trunk")
    assert found.head == git(clone, "rev-parse", "HEAD")
    assert found.store.read(found.store.commit(found.head).tree, "apps/a.yaml") == b"a: b\n"


def test_a_commit_without_a_branch(clone: Path) -> None:
    git(clone, "checkout", "--quiet", "--detach")
    found = working_copy(clone)
    assert found is not None
    assert found.branch == ""


def test_a_linked_working_copy_has_its_own_commit(clone: Path, tmp_path: Path) -> None:
    git(clone, "worktree", "add", "--quiet", "-b", "other", str(tmp_path / "other"))
    (tmp_path / "other" / "b.yaml").write_text("b: c\n")
    git(tmp_path / "other", "add", ".")
    git(tmp_path / "other", "commit", "--quiet", "--message=More")
    found = working_copy(tmp_path / "other")
    assert found is not None
    assert (found.root.resolve(), found.branch) == ((tmp_path / "other").resolve(), "other")
    assert found.store.read(found.store.commit(found.head).tree, "b.yaml") == b"b: c\n"


def test_none(clone: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--bare", str(clone), "bare.git")
    (tmp_path / "empty").mkdir()
    assert working_copy(tmp_path / "bare.git") is None
    assert working_copy(tmp_path / "empty") is None
    assert working_copy(tmp_path / "missing") is None


def test_no_commit_yet(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    with pytest.raises(EdgeFailed, match="has no commit yet"):
        working_copy(tmp_path)
