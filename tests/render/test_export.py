from __future__ import annotations

from pathlib import Path

import pytest

from promoter.errors import RenderFailed
from promoter.render.export import export
from promoter.render.reach import Reach
from promoter.render.tree import Tree
from tests.render.commits import Commit, commit, link, program


@pytest.fixture
def source(tmp_path: Path) -> Commit:
    plain = commit(
        tmp_path, {"app/one.txt": b"\x00\r\n", "shared/two.txt": "2", "shared/three.txt": "3", "other/x": ""}
    )
    return plain.edited({"app/two": link(plain, "../shared/two.txt"), "app/run": program(plain, "#!/bin/sh\n")})


def test_exactly_what_is_reached_is_written(source: Commit, tmp_path: Path) -> None:
    tree = Tree(source)
    reach = Reach(tree)
    reach.add_root("app")
    target = tmp_path / "out"
    target.mkdir()
    export(tree, reach.inputs, target)
    written = sorted(str(path.relative_to(target)) for path in target.rglob("*") if not path.is_dir())
    assert written == ["app/one.txt", "app/run", "app/two", "shared/two.txt"]
    assert (target / "app/one.txt").read_bytes() == b"\x00\r\n"
    assert (target / "app/two").is_symlink()
    assert (target / "app/two").read_text() == "2"
    assert (target / "app/run").stat().st_mode & 0o111 == 0o111
    assert (target / "app/one.txt").stat().st_mode & 0o111 == 0


def test_the_whole_commit_can_be_written(source: Commit, tmp_path: Path) -> None:
    tree = Tree(source)
    reach = Reach(tree)
    reach.add_root("")
    assert reach.inputs == {"": source.tree}
    target = tmp_path / "out"
    target.mkdir()
    export(tree, reach.inputs, target)
    assert (target / "other/x").is_file()


def test_other_content_than_was_reached_is_refused(source: Commit, tmp_path: Path) -> None:
    with pytest.raises(RenderFailed, match="app changed"):
        export(Tree(source), {"app": "0" * 40}, tmp_path)
