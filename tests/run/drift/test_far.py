"""Drift of a repository that is reached over a wire, whose file contents come when they are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from promoter.run.drift.between import pairs
from promoter.run.drift.edits import hand_edits
from promoter.run.drift.rendered import Verdict, rendered_again
from promoter.run.drift.unclaimed import unclaimed
from promoter.run.open import open_workspace
from promoter.run.run import see
from promoter.run.workspace import Workspace
from tests.repos import commit_files
from tests.run.shops import IMAGE, IN_PLACE, RENDERED, Shop, make_shop, manifest


def far(shop: Shop, cache: Path) -> Workspace:
    """Give the workspace of a machine that never saw the repository."""
    for key in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        shop.repo.store.repo.config[key] = "true"
    env = {"PROMOTER_CACHE": str(cache), "GIT_ALLOW_PROTOCOL": "file"}
    return open_workspace(f"file://{shop.repo.url}", user="kim", now=lambda: shop.now, env=env, writes=False)


@pytest.mark.parametrize("config", [RENDERED, IN_PLACE])
def test_the_same_is_found_from_afar(tmp_path: Path, config: str) -> None:
    shop = make_shop(tmp_path, config)
    if config == IN_PLACE:
        shop.adopt()
        for version in ("1.1.0", "1.2.0"):
            shop.tag(version, "prod")
    else:
        shop.run()
        files = {"shop/deployment-shop.yaml": manifest("prod", f"{IMAGE}:9"), "debug/pod.yaml": "a: b\n"}
        commit_files(shop.repo, "environment/prod", files, "Quick fix", at=shop.now)
    near, away = shop.workspace(), far(shop, tmp_path / "cache")
    seen, plan = see(away)
    here, there = hand_edits(near, *see(near)), hand_edits(away, seen, plan)
    assert [edit.environment for edit in there] == ["prod"]
    assert [(edit.changes, edit.difference) for edit in there] == [(edit.changes, edit.difference) for edit in here]
    assert len(there[0].changes) == (2 if config == IN_PLACE else 1)
    sizes = [
        [(it.files, it.added, it.removed, it.difference) for it in pairs(ws, *see(ws), "dev", "prod")]
        for ws in (near, away)
    ]
    assert sizes[0] == sizes[1] != []
    assert unclaimed(away, seen) == unclaimed(near, see(near)[0])
    if config == RENDERED:
        found = rendered_again(away, seen, plan)
        assert [one.verdict for one in found] == [Verdict.EQUAL, Verdict.DIFFERENT]
        assert found[1].difference == there[0].difference
