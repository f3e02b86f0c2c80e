"""Merges in memory are the merges that git makes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promoter.errors import Rejected
from promoter.forge.local_merge import Merger
from promoter.git.ref import RefUpdate
from promoter.git.repository import Repository
from promoter.git.store import FILE, Entry
from promoter.git.tree import EXECUTABLE
from promoter.model.names import Oid
from tests.repos import KIM, START, commit_files, make_repo, tip

PATHS = ("a", "b", "d/a", "d/b", "d/e/a", "f/a")


Content = tuple[str, int] | None
"""Text and mode; None: nothing there."""
Files = dict[str, Content]


def contents(path: str) -> st.SearchStrategy[Content]:
    """Give what may stand at a path; no two paths are alike, as git would take one for the other, renamed."""
    lines = [f"{path} {number}\n" for number in range(12)]
    longer = ["".join([*lines[:at], f"{path} new\n", *lines[at + 1 :]]) for at in (1, 2, 9)]
    return st.none() | st.tuples(st.sampled_from([lines[0], lines[1], *longer]), st.sampled_from([FILE, EXECUTABLE]))


trees = st.fixed_dictionaries({path: contents(path) for path in PATHS})
# A file where others have a folder.
bent = st.builds(
    lambda files, content: {**{path: text for path, text in files.items() if not path.startswith("d/")}, "d": content},
    trees,
    contents("d"),
)
whole = trees | bent


@st.composite
def changed(draw: st.DrawFn, before: st.SearchStrategy[Files]) -> tuple[Files, Files, Files]:
    """Give a tree and two that come of it by few changes, so that many merges have no conflict."""
    root = draw(before)
    few = st.dictionaries(st.sampled_from(PATHS), st.none(), max_size=2)
    sides = [{**root, **{path: draw(contents(path)) for path in draw(few)}} for _ in range(2)]
    # What lies below a file cannot be there.
    ours, theirs = ({path: one for path, one in side.items() if "d" not in side or path[:2] != "d/"} for side in sides)
    return root, ours, theirs


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return make_repo(tmp_path_factory.mktemp("merge") / "r.git", {"start": ""})


def commit(repo: Repository, files: Files, *parents: Oid) -> Oid:
    store = repo.store
    entries = {path: Entry(one[1], store.put_blob(one[0].encode())) for path, one in files.items() if one is not None}
    return store.put_commit(store.edit_tree(None, entries), parents, "x", KIM, START)


def git_merge(repo: Repository, base: Oid, head: Oid) -> Oid | None:
    """Ask git: the merged tree, None on a conflict."""
    command = ["git", "-C", repo.url, "merge-tree", "--write-tree", base, head]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return Oid(done.stdout.split()[0]) if done.returncode == 0 else None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changed(whole) | st.tuples(whole, whole, whole))
def test_a_merge_is_what_git_makes_of_it(repo: Repository, sides: tuple[Files, Files, Files]) -> None:
    before, ours, theirs = sides
    root = commit(repo, before)
    base, head = commit(repo, ours, root), commit(repo, theirs, root)
    expected = git_merge(repo, base, head)
    merger = Merger(repo.store)
    assert merger.fits(base, head) is (expected is not None)
    if expected is None:
        with pytest.raises(Rejected, match="same lines"):
            merger.merge("merge", base, head, "m", KIM, START)
    else:
        merged = repo.store.commit(merger.merge("merge", base, head, "m", KIM, START))
        assert merged.tree == expected
        assert merged.parents == ((base, head))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=trees | bent, after=trees | bent)
def test_changed_paths_are_those_of_git(repo: Repository, before: Files, after: Files) -> None:
    base = commit(repo, before)
    head = commit(repo, after, base)
    command = ["git", "-C", repo.url, "diff", "--no-renames", "--name-only", "-z", base, head]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\0")[:-1]
    assert Merger(repo.store).changed(base, head) == tuple(sorted(told))


@pytest.fixture
def fresh(tmp_path: Path) -> Repository:
    repo = make_repo(tmp_path / "r.git", {"a": "1\n", "d/b": "1\n"})
    repo.update([RefUpdate("refs/heads/feature", None, tip(repo, "main"))])
    return repo


def test_a_rebase_puts_each_commit_on_top(fresh: Repository) -> None:
    commit_files(fresh, "feature", {"a": "2\n"}, "First", ("Ada", "ada@example.com"))
    head = commit_files(fresh, "feature", {"c": "2\n"}, "Second\n\nPromoter-Release: r1\n", ("Lin", "lin@example.com"))
    base = commit_files(fresh, "main", {"d/b": "2\n"}, "Elsewhere")
    done = Merger(fresh.store).merge("rebase", base, head, "", KIM, START)
    commits = list(fresh.store.history(done, first_parent=True))
    assert [(one.message, one.author) for one in commits[:3]] == [
        ("Second\n\nPromoter-Release: r1\n", "Lin"),
        ("First\n", "Ada"),
        ("Elsewhere\n", "Kim"),
    ]
    assert {path for path, _ in fresh.store.files(commits[0].tree)} == {"a", "c", "d/b"}


def test_a_rebase_leaves_out_what_is_there(fresh: Repository) -> None:
    commit_files(fresh, "feature", {"a": "2\n"}, "Same")
    head = commit_files(fresh, "feature", {"c": "2\n"}, "More")
    base = commit_files(fresh, "main", {"a": "2\n"}, "Same, by hand")
    done = Merger(fresh.store).merge("rebase", base, head, "", KIM, START)
    assert fresh.store.commit(done).parents == (base,)


def test_a_rebase_refuses_merges(fresh: Repository) -> None:
    commit_files(fresh, "feature", {"a": "2\n"}, "Mine")
    base = commit_files(fresh, "main", {"c": "2\n"}, "Elsewhere")
    merger = Merger(fresh.store)
    head = merger.merge("merge", tip(fresh, "feature") or base, base, "Update", KIM, START)
    with pytest.raises(Rejected, match="is a merge"):
        merger.merge("rebase", commit_files(fresh, "main", {"e": "1"}, "x"), head, "", KIM, START)


def test_a_squash_tells_everything_oldest_first(fresh: Repository) -> None:
    commit_files(fresh, "feature", {"a": "2\n"}, "First\n\nwith a body\n")
    head = commit_files(fresh, "feature", {"c": "2\n"}, "Second\n\nPromoter-Release: r1\n")
    base = tip(fresh, "main")
    assert base is not None
    done = Merger(fresh.store).merge("squash", base, head, "Both", KIM, START)
    commit_done = fresh.store.commit(done)
    assert commit_done.message == "Both\n\nFirst\n\nwith a body\n\nSecond\n\nPromoter-Release: r1\n"
    assert commit_done.parents == (base,)


def test_histories_that_share_nothing_do_not_merge(fresh: Repository) -> None:
    base = tip(fresh, "main")
    assert base is not None
    stranger = commit(fresh, {"a": ("2", FILE)})
    merger = Merger(fresh.store)
    assert merger.fork(base, stranger) is None
    assert merger.fits(base, stranger) is False
    assert merger.changed(base, stranger) == ()
    with pytest.raises(Rejected):
        merger.merge("squash", base, stranger, "m", KIM, START)


def test_a_commit_that_is_not_here_is_in_no_history(fresh: Repository) -> None:
    base = tip(fresh, "main")
    assert base is not None
    assert Merger(fresh.store).contains(base, Oid("1" * 40)) is False


def test_asking_writes_nothing(fresh: Repository) -> None:
    head = commit_files(fresh, "feature", {"a": "2\n"}, "Mine")
    base = commit_files(fresh, "main", {"c": "2\n"}, "Elsewhere")
    objects = Path(fresh.url) / "objects"
    before = sorted(objects.rglob("*"))
    assert Merger(fresh.store).fits(base, head)
    assert sorted(objects.rglob("*")) == before


def test_a_merge_finds_where_it_landed(fresh: Repository) -> None:
    head = commit_files(fresh, "feature", {"a": "2\n"}, "Mine")
    start = commit_files(fresh, "main", {"c": "2\n"}, "Elsewhere")
    merger = Merger(fresh.store)
    merged = merger.merge("merge", start, head, "m", KIM, START)
    fresh.update([RefUpdate("refs/heads/main", start, merged)])
    later = commit_files(fresh, "main", {"c": "3\n"}, "Later")
    assert merger.landed(later, head, start) == merged
    assert merger.landed(merged, head, start) == merged
    assert merger.landed(head, head, Oid("1" * 40)) == head
