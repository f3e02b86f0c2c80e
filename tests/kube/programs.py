"""Where the programs of the Kubernetes API are.

`KUBEBUILDER_ASSETS` names a folder that holds all three, as controllers' tests have it; else `make tools` built them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

TOOLS = Path(__file__).parents[2] / ".tools"
NAMES = ("etcd", "kube-apiserver", "kubectl")


class Missing(Exception):
    """Something that the tests need is not installed."""


@dataclass(frozen=True, slots=True)
class Programs:
    """Paths of the programs, and the folder of the definitions."""

    etcd: Path
    apiserver: Path
    kubectl: Path
    crds: Path


def find(assets: str | None = None, tools: Path = TOOLS) -> Programs:
    """Find the programs; `assets` stands for `KUBEBUILDER_ASSETS`. Raises `Missing`, with what to do."""
    given = os.environ.get("KUBEBUILDER_ASSETS", "") if assets is None else assets
    folder = Path(given) if given and all((Path(given) / name).exists() for name in NAMES) else tools / "bin"
    absent = [name for name in NAMES if not (folder / name).exists()]
    if not list((tools / "crds").glob("*.yaml")):
        absent.append("CustomResourceDefinitions")
    if absent:
        raise Missing(f"{', '.join(absent)} not found in {tools}: run `make tools`")
    etcd, apiserver, kubectl = (folder / name for name in NAMES)
    return Programs(etcd, apiserver, kubectl, tools / "crds")
