"""Trees to look at: fixtures, and small ones made of a few shapes of files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from promoter.git.store import Store
from promoter.render.program import Programs
from promoter.run.init import Place, Proposal, Wish, propose
from promoter.run.survey_tree import Dry

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "fixtures" / "repos"
SEARCH = f"{ROOT / '.tools' / 'bin'}:/usr/local/bin:/usr/bin:/bin"
PROGRAMS = Programs(SEARCH)


def fixture_files(name: str) -> dict[str, bytes]:
    """Give the files of a fixture repository."""
    root = FIXTURES / name
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def dry_of(folder: Path, files: Mapping[str, str | bytes]) -> Dry:
    """Put files into a new store."""
    store = Store.create(folder / "store.git")
    data = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    return Dry(store, store.put_files(data))


def proposed(dry: Dry, wish: Wish, programs: Programs = PROGRAMS, repository: str = "fleet") -> Proposal:
    """Propose for a tree."""
    return propose(Place(dry.source.store, dry.source.tree, repository, "main"), wish, programs)


def deployment(image: str, name: str = "web") -> str:
    """Give a Deployment."""
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  template:\n    spec:\n"
        f'      containers:\n        - name: main\n          image: "{image}"\n'
    )


def overlay(*resources: str, images: Mapping[str, str] | None = None) -> str:
    """Give a kustomization."""
    text = "resources:\n" + "".join(f"  - {path}\n" for path in resources)
    if images:
        text += "images:\n" + "".join(f'  - name: {name}\n    newTag: "{tag}"\n' for name, tag in images.items())
    return text


def helm_release(name: str, version: str = "", chart: str = "") -> str:
    """Give a HelmRelease, or a patch of one."""
    spec = (f"      chart: {chart}\n" if chart else "") + (f'      version: "{version}"\n' if version else "")
    return (
        f"apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: {name}, namespace: {name}}}\n"
        f"spec:\n  chart:\n    spec:\n{spec}  values: {{}}\n"
    )


def kustomization(name: str, path: str, source: str = "GitRepository") -> str:
    """Give a Flux Kustomization."""
    return (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
        f"metadata: {{name: {name}, namespace: flux-system}}\n"
        f"spec: {{path: {path}, sourceRef: {{kind: {source}, name: fleet}}}}\n"
    )
