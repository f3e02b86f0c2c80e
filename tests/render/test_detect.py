from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from promoter.errors import RenderFailed
from promoter.render.detect import RENDERERS, detect
from promoter.render.reach import Reach
from promoter.render.tree import Tree
from tests.render.commits import commit, render, request


@pytest.mark.parametrize(
    ("files", "path", "kind"),
    [
        ({"app/kustomization.yaml": "", "app/Chart.yaml": "", "app/x.yaml": ""}, "app", "kustomize"),
        ({"app/kustomization.yml": ""}, "app", "kustomize"),
        ({"app/Kustomization": ""}, "app", "kustomize"),
        ({"app/Chart.yaml": "", "app/values.yaml": ""}, "app", "helm"),
        ({"app/render.yaml": ""}, "app", "plain"),
        ({"app/x.yml": ""}, "app", "plain"),
        ({"app/more/x.json": ""}, "app", "plain"),
        ({"app/x.yaml": ""}, "app/x.yaml", "plain"),
        ({"kustomization.yaml": ""}, "", "kustomize"),
    ],
)
def test_a_renderer_is_found_by_its_files(tmp_path: Path, files: Mapping[str, str], path: str, kind: str) -> None:
    reach = Reach(Tree(commit(tmp_path, files)))
    assert detect(request(path), reach) == kind


@pytest.mark.parametrize("kind", RENDERERS)
def test_a_configured_renderer_is_taken(tmp_path: Path, kind: str) -> None:
    reach = Reach(Tree(commit(tmp_path, {"app/x.yaml": ""})))
    assert detect(request("app", kind), reach) == kind


@pytest.mark.parametrize(
    ("path", "kind", "why"),
    [
        ("app", "auto", "(?s)nothing in app can be rendered.*kustomization.yaml, Chart.yaml, render.yaml"),
        ("app/README.md", "auto", "nothing in app/README.md can be rendered"),
        ("none", "auto", "none is not in this commit"),
        ("../x", "auto", "leaves the repository"),
        ("/app", "auto", "absolute path"),
        ("app", "jsonnet", "(?s)there is no renderer jsonnet.*kustomize, helm, plain, command, external"),
        ("app", "plain", "app holds no YAML file"),
        ("app", "external", "(?s)shop is rendered by another hydrator.*read from that hydrator's branches"),
    ],
)
def test_nothing_that_fits_says_what_was_looked_for(tmp_path: Path, path: str, kind: str, why: str) -> None:
    source = commit(tmp_path, {"app/README.md": "x", "app/dev/kustomization.yaml": ""})
    with pytest.raises(RenderFailed, match=why):
        render(source, request(path, kind))
