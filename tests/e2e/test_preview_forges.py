"""A preview of a person's pull request on every forge, said in comments and typed, from its making to its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.grounds import FORGES, Ground, stand
from tests.repos import commit_files, head, tip
from tests.run.shops import IMAGE, manifest

PREVIEWS = "previews: {from: dev}\n"
BRANCH = "environment/previews"


def shown(ground: Ground, name: str) -> str:
    """Give the manifests of a preview; empty when there are none."""
    commit = tip(ground.repo, BRANCH)
    store = ground.repo.store
    entry = store.entry(store.commit(commit).tree, f"{name}/shop") if commit is not None else None
    return "" if entry is None else "".join(store.blob(one.id).decode() for _, one in store.files(entry.id))


def said(ground: Ground, number: int, line: str) -> str:
    """Say it in a comment, and let promoter run."""
    ground.later()
    ground.people.comment(number, "kim", line)
    out = ground("run")
    assert "refused" not in out, out
    return out


@pytest.mark.parametrize("way", ["terminal", "comment"])
@pytest.mark.parametrize("name", FORGES)
def test_a_preview_lives_and_ends(
    name: str, way: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with stand(name, tmp_path, capsys, monkeypatch, more=PREVIEWS) as ground:
        ground.everywhere("1.4.2")
        before = ground.prod
        ground.repo.store.repo.references.create("refs/heads/feature", head(ground.repo))
        change = manifest("dev", f"{IMAGE}:1.4.2").replace("replicas: 1", "replicas: 3")
        commit_files(ground.repo, "feature", {"shop/dev/app.yaml": change}, "Three", at=ground.now)
        number = ground.people.offer("feature", "Three", "lin")
        preview = f"pr-{number}" if way == "comment" else "three"

        def do(verb: str, *words: str) -> None:
            if way == "comment":
                said(ground, number, f"/preview {'' if verb == 'create' else verb} {' '.join(words)}")
            else:
                ground("preview", verb, preview, "shop", *words)

        do("create", "--image", f"{IMAGE}=1.5.0-rc1")
        assert f"{IMAGE}:1.5.0-rc1" in shown(ground, preview)
        assert ("replicas: 3" in shown(ground, preview)) == (way == "comment")  # what is typed is made from main
        made = shown(ground, preview)
        do("archive")
        assert shown(ground, preview) == ""
        do("restore")
        assert shown(ground, preview) == made
        assert preview in ground("preview", "list")
        if way == "comment":
            ground.people.close(number, "lin")
            ground("run")
        else:
            do("delete")
        assert shown(ground, preview) == ""
        assert ground.prod == before
        assert "Nothing to do" in ground("run")
