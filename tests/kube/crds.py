"""Get the CustomResourceDefinitions of the delivery tools from the tools' own Go modules, at exact versions.

`python tests/kube/crds.py GO FOLDER` is a step of `make tools`: GO is the program `go`, FOLDER gets one file for each
definition, `PLURAL.GROUP.yaml`. Go checks what it downloads against its checksum database.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

SOURCES: Mapping[str, tuple[str, ...]] = {
    "github.com/argoproj/argo-cd/v3@v3.5.7": (
        "manifests/crds/application-crd.yaml",
        "manifests/crds/appproject-crd.yaml",
    ),
    "github.com/argoproj/argo-rollouts@v1.9.2": (
        "manifests/crds/analysis-run-crd.yaml",
        "manifests/crds/rollout-crd.yaml",
    ),
    "github.com/fluxcd/flagger@v1.36.1": ("artifacts/flagger/crd.yaml",),
    "github.com/fluxcd/helm-controller@v1.6.4": ("config/crd/bases/*.yaml",),
    "github.com/fluxcd/helm-operator@v1.4.4": ("chart/helm-operator/crds/helmrelease.yaml",),
    "github.com/fluxcd/kustomize-controller@v1.7.3": ("config/crd/bases/*.yaml",),
    "github.com/fluxcd/notification-controller@v1.6.0": ("config/crd/bases/*.yaml",),
    "github.com/fluxcd/source-controller@v1.8.5": ("config/crd/bases/*.yaml",),
    "sigs.k8s.io/application@v0.8.3": ("config/crd/bases/*.yaml",),
}
"""Module and version -> where in it the definitions are."""


def definitions(text: str) -> Iterator[tuple[str, str]]:
    """Give (name, YAML) of every definition in a file, as `apiextensions.k8s.io/v1`."""
    for part in ("\n" + text).split("\n---"):
        found = yaml.load(part, Loader=yaml.CSafeLoader)
        if isinstance(found, dict) and found.get("kind") == "CustomResourceDefinition":
            old = found["apiVersion"] == "apiextensions.k8s.io/v1beta1"
            yield found["metadata"]["name"], yaml.safe_dump(modern(found)) if old else part.lstrip("\n")


def modern(definition: dict[str, Any]) -> dict[str, Any]:
    """Give a v1beta1 definition as v1, with the same schema; servers since 1.22 take no other.

    The rules are those of "Use CustomResourceDefinitions" in the Kubernetes documentation of 1.16: what stood beside
    the versions stands in every one of them, and columns spell `jsonPath` so.
    """
    spec = dict(definition["spec"])
    spec.pop("version", None)
    spec.pop("preserveUnknownFields", None)
    each: dict[str, Any] = {"schema": spec.pop("validation")}
    each["subresources"] = spec.pop("subresources", {})
    columns = spec.pop("additionalPrinterColumns", [])
    each["additionalPrinterColumns"] = [
        {("jsonPath" if key == "JSONPath" else key): value for key, value in column.items()} for column in columns
    ]
    spec["versions"] = [{**each, **version} for version in spec["versions"]]
    metadata = {"name": definition["metadata"]["name"], "annotations": {PROTECTED: "unapproved, from v1beta1"}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": metadata,
        "spec": spec,
    }


PROTECTED = "api-approved.kubernetes.io"
"""What definitions in a group below `k8s.io` must carry since v1."""


def download(go: str, module: str) -> Path:
    """Give the folder of a module, from Go's cache where it is there."""
    environment = {**os.environ, "GOFLAGS": "", "GOWORK": "off"}
    command = [go, "mod", "download", "-json", module]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, cwd=Path(__file__).parent
    )
    answer = json.loads(done.stdout or "{}")
    if done.returncode or "Dir" not in answer:
        sys.exit(f"{module} cannot be downloaded: {answer.get('Error') or done.stderr.strip()}")
    return Path(answer["Dir"])


def main(go: str, folder: Path) -> None:
    """Write every definition into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.yaml"):
        old.unlink()
    for module, patterns in SOURCES.items():
        root = download(go, module)
        for pattern in patterns:
            files = sorted(root.glob(pattern))
            if not files:
                sys.exit(f"{module} has no {pattern}")
            for file in files:
                for name, text in definitions(file.read_text(encoding="utf-8")):
                    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
