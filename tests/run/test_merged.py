"""What a person's branch would make of the dry branch: the same as a merge, near and from afar."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from promoter.git.ref import RefUpdate
from promoter.run.foresee import foresee
from promoter.run.merged import merged
from promoter.run.open import open_workspace
from promoter.run.workspace import Workspace
from tests.repos import commit_files, head
from tests.run.shops import IMAGE, Shop, make_shop, manifest

START = {"a.txt": "1\n2\n3\n4\n5\n", "b.txt": "b\n", "folder/c.txt": "c\n", "big.bin": "x" * 5000}


def far(shop: Shop, cache: Path) -> Workspace:
    """Give the workspace of a machine that never saw the repository."""
    for key in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        shop.repo.store.repo.config[key] = "true"
    env = {"PROMOTER_CACHE": str(cache), "GIT_ALLOW_PROTOCOL": "file", "PATH": os.environ["PATH"]}
    return open_workspace(f"file://{shop.repo.url}", user="kim", now=lambda: shop.now, env=env, writes=False)


@pytest.mark.parametrize(
    ("theirs", "ours", "wanted"),
    [
        ({"b.txt": "B\n"}, {}, {"b.txt": "B\n"}),
        ({"a.txt": "0\n2\n3\n4\n5\n"}, {"a.txt": "1\n2\n3\n4\n6\n"}, {"a.txt": "0\n2\n3\n4\n6\n"}),
        (
            {"folder/c.txt": None, "new/d.txt": "d\n"},
            {"b.txt": None},
            {"folder/c.txt": None, "new/d.txt": "d\n", "b.txt": None},
        ),
        ({"b.txt": "B\n"}, {"b.txt": "B\n"}, {"b.txt": "B\n"}),
        ({"b.txt": "B\n"}, {"b.txt": "other\n"}, None),
        ({"b.txt": None}, {"b.txt": "other\n"}, None),
        ({"folder/c.txt": None, "folder": "now a file\n"}, {}, {"folder/c.txt": None, "folder": "now a file\n"}),
    ],
)
def test_it_is_what_a_merge_would_be(
    tmp_path: Path,
    theirs: Mapping[str, str | None],
    ours: Mapping[str, str | None],
    wanted: Mapping[str, str | None] | None,
) -> None:
    shop = make_shop(tmp_path, files=START)
    shop.repo.update([RefUpdate("refs/heads/feature", None, head(shop.repo))])
    feature = commit_files(shop.repo, "feature", theirs, "Theirs", at=shop.now)
    dry = shop.commit(ours)
    tree = merged(shop.workspace(), dry, feature)
    if wanted is None:
        assert tree is None
    else:
        store = shop.repo.store
        start = {path: data for path, data in {**START, **wanted}.items() if data is not None}
        assert tree is not None
        assert {path: store.read(tree, path) for path in start} == {path: data.encode() for path, data in start.items()}
        assert {path for path, _ in store.files(tree) if not path.startswith(("shop/", "promoter"))} == set(start)
    away = far(shop, tmp_path / "cache")
    away.repository.fetch([feature, dry])
    assert merged(away, dry, feature) == tree
    assert not any(
        away.repository.store.has(entry.id)
        for path, entry in shop.repo.store.files(shop.repo.store.commit(dry).tree)
        if path == "big.bin"
    )


def test_histories_that_never_met_conflict(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    stranger = commit_files(shop.repo, "stranger", {"x": "y"}, "Elsewhere", at=shop.now)
    assert merged(shop.workspace(), head(shop.repo), stranger) is None


def test_a_change_is_foreseen_from_afar(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    shop.run()
    shop.repo.update([RefUpdate("refs/heads/feature", None, head(shop.repo))])
    files = {"shop/dev/app.yaml": manifest("dev", f"{IMAGE}:1.1.0")}
    feature = commit_files(shop.repo, "feature", files, "Feature", at=shop.now)
    [reach] = foresee(far(shop, tmp_path / "cache"), feature).reaches
    assert reach.changed == {"dev": 1}
