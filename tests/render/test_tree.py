from __future__ import annotations

import posixpath
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.errors import RenderFailed
from promoter.git.store import Entry
from promoter.model.names import Oid
from promoter.render.reach import Reach
from promoter.render.tree import SUBMODULE, Tree
from tests.render.commits import Commit, commit, link

FILES = {"a/b/one": "1", "a/two": "2", "c/three": "3"}


@pytest.fixture
def linked(tmp_path: Path) -> Commit:
    plain = commit(tmp_path, FILES)
    return plain.edited(
        {
            "a/to-c": link(plain, "../c"),
            "a/to-three": link(plain, "to-c/three"),
            "a/dangling": link(plain, "nothing"),
            "a/up": link(plain, ".."),
            "out": link(plain, "../../etc/passwd"),
            "absolute": link(plain, "/etc/passwd"),
            "circle": link(plain, "square"),
            "square": link(plain, "circle"),
        }
    )


@pytest.mark.parametrize(
    ("folder", "path", "leads_to", "over"),
    [
        ("", "a/two", "a/two", ()),
        ("a/b", "../two", "a/two", ()),
        ("a/b", "./../../c//three", "c/three", ()),
        ("a/b", "../..", "", ()),
        ("a", "to-c/three", "c/three", ("a/to-c",)),
        ("a", "to-three", "c/three", ("a/to-three", "a/to-c")),
        ("a", "up/c", "c", ("a/up",)),
    ],
)
def test_a_path_is_followed_to_where_it_leads(
    linked: Commit, folder: str, path: str, leads_to: str, over: tuple[str, ...]
) -> None:
    found = Tree(linked).find(folder, path, "it")
    assert found is not None
    assert (found.path, found.links) == (leads_to, over)


@pytest.mark.parametrize("path", ["a/none", "a/two/below", "a/dangling", "none/../a", ""])
def test_what_is_not_there_is_nothing(linked: Commit, path: str) -> None:
    found = Tree(linked).find("", path, "it")
    assert found is None if path else found is not None


@pytest.mark.parametrize(
    ("folder", "path", "why"),
    [
        ("", "/etc/passwd", "absolute path"),
        ("", "..", "leaves the repository"),
        ("a", "../../x", "leaves the repository"),
        ("a", "none/../../../x", "leaves the repository"),
        ("", "out", "leaves the repository"),
        ("", "absolute", "leaves the repository"),
        ("a", "up/../x", "leaves the repository"),
        ("", "circle", "round in circles"),
    ],
)
def test_a_path_that_leaves_is_refused(linked: Commit, folder: str, path: str, why: str) -> None:
    with pytest.raises(RenderFailed, match=why):
        Tree(linked).find(folder, path, "it")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Commit:
    return commit(tmp_path_factory.mktemp("plain"), FILES)


@given(
    folder=st.sampled_from(["", "a", "a/b", "c"]),
    parts=st.lists(st.sampled_from(["a", "b", "c", "one", "two", "three", "..", "."]), max_size=6),
)
def test_without_symlinks_a_path_means_what_it_means_everywhere(plain: Commit, folder: str, parts: list[str]) -> None:
    tree = Tree(plain)
    path = "/".join(parts)
    clean = posixpath.normpath(posixpath.join(folder, path)).removeprefix(".").removeprefix("/")
    try:
        found = tree.find(folder, path, "it")
    except RenderFailed:
        # Either the whole leaves, or it leaves on its way.
        starts = [posixpath.normpath(posixpath.join(folder, *parts[:at])) for at in range(len(parts) + 1)]
        assert any(start == ".." or start.startswith("../") for start in starts)
        return
    if found is not None:
        assert found.path == clean
        assert found.entry.id == tree.entry(clean).id  # type: ignore[union-attr]
    else:
        exists = {"", "a", "a/b", "c", *FILES}
        walked = [posixpath.normpath(posixpath.join(folder, *parts[:at])) for at in range(1, len(parts) + 1)]
        assert any(step.removeprefix(".") not in exists or step in FILES for step in walked)


def test_reach_takes_a_link_s_target_along(linked: Commit) -> None:
    tree = Tree(linked.edited({"out": None, "absolute": None, "circle": None, "square": None}))
    reach = Reach(tree)
    found = tree.find("", "a/to-three", "it")
    assert found is not None
    reach.add(found)
    assert list(reach.inputs) == ["a/to-c", "a/to-three", "c"]


def test_reach_names_nothing_below_a_whole_folder(linked: Commit) -> None:
    tree = Tree(commit(Path(linked.store.path).parent / "more", FILES))
    reach = Reach(tree)
    for path in ("a/two", "a/b", "a", "a/b/one"):
        found = tree.find("", path, "it")
        assert found is not None
        reach.add(found)
    assert list(reach.inputs) == ["a"]


def test_reach_leaves_out_folders_that_are_rendered_by_themselves(tmp_path: Path) -> None:
    files = {
        "app/kustomization.yaml": "",
        "app/own/file": "1",
        "app/overlays/dev/kustomization.yaml": "",
        "app/overlays/x": "",
    }
    reach = Reach(Tree(commit(tmp_path, files)))
    reach.add_root("app")
    assert list(reach.inputs) == ["app/kustomization.yaml", "app/own"]


@pytest.mark.parametrize("where", ["a/escape", "a/b/escape"])
def test_reach_refuses_a_folder_with_a_symlink_out_of_it(tmp_path: Path, where: str) -> None:
    plain = commit(tmp_path, FILES)
    tree = Tree(plain.edited({where: link(plain, "../../../secret")}))
    with pytest.raises(RenderFailed, match=f"the symlink {where} leaves the repository"):
        Reach(tree).add_root("a")


def test_reach_refuses_a_submodule(tmp_path: Path) -> None:
    tree = Tree(commit(tmp_path, FILES).edited({"a/module": Entry(SUBMODULE, Oid("1" * 40))}))
    with pytest.raises(RenderFailed, match="a/module is a submodule"):
        Reach(tree).add_root("a")
