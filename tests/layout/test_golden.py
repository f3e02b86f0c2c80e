"""Whole repositories: a release changes exactly the lines that it must."""

from __future__ import annotations

import difflib
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from promoter.layout import values
from promoter.layout.apply import apply
from promoter.layout.moved import Moved, Tracked
from tests.layout.finding import A

REPOS = Path(__file__).parents[2] / "fixtures" / "repos"
SEARCH = os.pathsep.join([str(REPOS.parents[1] / ".tools" / "bin"), os.environ.get("PATH", os.defpath)])
SHOP = Moved("ghcr.io/acme/shop", also=("eu.gcr.io/acme/shop",))
TEMPLATE = Moved("ghcr.io/acme/shop", file="templates/*.yaml", regex=r'image: "ghcr\.io/acme/shop:([^"]+)"')


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def diff(before: Mapping[str, bytes], after: Mapping[str, bytes | None]) -> list[str]:
    lines = []
    for name, data in after.items():
        old, new = before[name].decode().splitlines(), (data or b"").decode().splitlines()
        changed = difflib.unified_diff(old, new, n=0, lineterm="")
        lines += [f"{name}: {line}" for line in changed if line[0] in "+-" and line[:3] not in ("+++", "---")]
    return lines


@pytest.mark.parametrize(
    ("folder", "tracked", "wanted", "lines"),
    [
        pytest.param(
            "kustomize-overlays/dev", Tracked((SHOP,)), {"image:ghcr.io/acme/shop": "1.4.2"},
            ["kustomization.yaml: -  newTag:   1.3.9     # moved by releases",
             "kustomization.yaml: +  newTag:   1.4.2     # moved by releases"],
            id="kustomize",
        ),
        pytest.param(
            "kustomize-overlays/prod", Tracked((SHOP,)), {"image:ghcr.io/acme/shop": f"1.4.2@{A}"},
            ["kustomization.yaml: -      newTag: '1.3.8'", f"kustomization.yaml: -      digest: sha256:{'1' * 64}",
             "kustomization.yaml: +      newTag: '1.4.2'", f"kustomization.yaml: +      digest: {A}"],
            id="kustomize with a digest and a mirror",
        ),
        pytest.param(
            "kustomize-overlays/base", Tracked(), {"image:nginx": "1.29.4"},
            ["deployment.yaml: -          image: docker.io/library/nginx:1.29.3",
             "deployment.yaml: +          image: docker.io/library/nginx:1.29.4"],
            id="a workload",
        ),
        pytest.param(
            "flux-helmrelease/staging", Tracked(charts=(Moved("cart"),)), {"chart:cart": "2.5.0"},
            ["cart.yaml: -      version: 2.4.0 # exact", "cart.yaml: +      version: 2.5.0 # exact"],
            id="HelmRelease patch",
        ),
        pytest.param(
            "flux-helmrelease/staging", Tracked(charts=(Moved("search"),)), {"chart:search": "3.2.0"},
            ["search.yaml: -    tag: 3.1.0", "search.yaml: +    tag: 3.2.0"],
            id="OCIRepository",
        ),
        pytest.param(
            "flux-helmrelease/staging", Tracked(), {"image:ghcr.io/acme/cart": "0.9.2"},
            ["cart.yaml: -      tag: 0.9.1", "cart.yaml: +      tag: 0.9.2"],
            id="HelmRelease values",
        ),
        pytest.param(
            "argocd-apps/staging", Tracked(charts=(Moved("cart"),)), {"chart:cart": "2.5.0"},
            ["cart.yaml: -    targetRevision: 2.4.0", "cart.yaml: +    targetRevision: 2.5.0"],
            id="Argo CD chart",
        ),
        pytest.param(
            "argocd-apps/staging", Tracked(charts=(Moved("search"),)), {"chart:search": "3.2.0"},
            ["search.yaml: -      targetRevision: 3.1.0", "search.yaml: +      targetRevision: 3.2.0"],
            id="Argo CD chart from a registry",
        ),
        pytest.param(
            "argocd-apps/staging", Tracked(), {"image:ghcr.io/acme/cart": "0.10"},
            ['cart.yaml: -          value: "0.9.1"', 'cart.yaml: +          value: "0.10"'],
            id="Argo CD parameter",
        ),
        pytest.param(
            "argocd-apps/staging", Tracked(), {"image:ghcr.io/acme/search": "5.1.0"},
            ["search.yaml: -          - search=ghcr.io/acme/search:5.0.2",
             "search.yaml: +          - search=ghcr.io/acme/search:5.1.0"],
            id="Argo CD kustomize image",
        ),
        pytest.param(
            "flux-markers/prod", Tracked((Moved("ghcr.io/acme/report", marker="shop:report"),)),
            {"image:ghcr.io/acme/report": "1.0.5"},
            ['job.yaml: -  runner: ghcr.io/acme/report:1.0.4 # {"$imagepolicy": "shop:report"}',
             'job.yaml: +  runner: ghcr.io/acme/report:1.0.5 # {"$imagepolicy": "shop:report"}',
             'job.yaml: -    version: 1.0.4 # {"$imagepolicy": "shop:report:tag"}',
             'job.yaml: +    version: 1.0.5 # {"$imagepolicy": "shop:report:tag"}'],
            id="Flux markers",
        ),
        pytest.param(
            "templates/prod", Tracked((TEMPLATE,)), {"image:ghcr.io/acme/shop": "1.4.2"},
            ['templates/deployment.yaml: -          image: "ghcr.io/acme/shop:1.3.9"',
             'templates/deployment.yaml: +          image: "ghcr.io/acme/shop:1.4.2"'],
            id="a template",
        ),
        pytest.param(
            "templates/prod", Tracked(charts=(Moved("cart"),)), {"chart:cart": "2.5.0"},
            ["Chart.yaml: -    version: 2.4.0", "Chart.yaml: +    version: 2.5.0"],
            id="a dependency",
        ),
    ],
)  # fmt: skip
def test_only_these_lines_change(folder: str, tracked: Tracked, wanted: Mapping[str, str], lines: list[str]) -> None:
    files = tree(REPOS / folder)
    changed = apply(files, tracked, wanted, {})
    assert diff(files, changed) == lines
    new = {**files, **{name: data for name, data in changed.items() if data is not None}}
    assert apply(new, tracked, wanted, {}) == {}


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("values-dev.yaml", ['-    tag: "1.3.9"', "-  replicas: 1", '+    tag: "1.4.2"', "+  replicas: 6"]),
        ("values-prod.yaml", ["-        tag: '1.3.8'    # not latest", "+        tag: '1.4.2'    # not latest"]),
    ],
)
def test_a_values_file_by_image_and_by_key(name: str, lines: list[str]) -> None:
    files = {name: (REPOS / "helm-values" / name).read_bytes()}
    tracked = Tracked((SHOP,), values=("shop.replicas",))
    changed = apply(files, tracked, {"image:ghcr.io/acme/shop": "1.4.2", "value:shop.replicas": "6"}, {})
    assert diff(files, changed) == [f"{name}: {line}" for line in lines]


def test_a_tag_without_its_image_by_key() -> None:
    files = {"values-dev.yaml": (REPOS / "helm-values" / "values-dev.yaml").read_bytes()}
    moved = Moved("ghcr.io/acme/worker", key="worker.image.tag")
    changed = apply(files, Tracked((moved,)), {"image:ghcr.io/acme/worker": "1.4.2"}, {})
    assert diff(files, changed) == [
        "values-dev.yaml: -worker: {image: {tag: 1.3.9}}",
        "values-dev.yaml: +worker: {image: {tag: 1.4.2}}",
    ]


@pytest.mark.parametrize(
    ("overlay", "value", "image"),
    [
        ("dev", "1.4.2", "ghcr.io/acme/shop:1.4.2"),
        ("dev", f"1.4.2@{A}", f"ghcr.io/acme/shop:1.4.2@{A}"),
        ("prod", "1.4.2", "eu.gcr.io/acme/shop:1.4.2"),
        ("prod", f"1.4.2@{A}", f"eu.gcr.io/acme/shop:1.4.2@{A}"),
    ],
)
def test_kustomize_renders_what_was_asked_for(tmp_path: Path, overlay: str, value: str, image: str) -> None:
    shutil.copytree(REPOS / "kustomize-overlays", tmp_path / "repo")
    folder = tmp_path / "repo" / overlay
    for name, data in apply(tree(folder), Tracked((SHOP,)), {"image:ghcr.io/acme/shop": value}, {}).items():
        assert data is not None
        (folder / name).write_bytes(data)
    kustomize = shutil.which("kustomize", path=SEARCH)
    assert kustomize is not None, "kustomize must be on PATH or in .tools/bin"
    built = subprocess.run([kustomize, "build", folder], capture_output=True, text=True, check=True).stdout
    assert f"image: {image}\n" in built


def test_every_fixture_has_a_line_about_it() -> None:
    ours = ["kustomize-overlays", "helm-values", "flux-helmrelease", "argocd-apps", "flux-markers", "templates"]
    for name in ours:
        assert len((REPOS / name / "README.md").read_text().strip()) > 20
    assert "image:nginx" in values.items(tree(REPOS / "kustomize-overlays"), Tracked())
