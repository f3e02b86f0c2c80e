"""Rendering after a change of one app in 200."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from benchmarks.fleet import CLEAN, bare
from benchmarks.measure import Figure, Row, peak, ratio, rounds
from promoter.git.store import FILE, Entry
from promoter.policy.rules import Render
from promoter.render.hydrate import hydrate
from promoter.render.port import Previous, Rendered, RenderRequest, Unchanged
from promoter.run.inputs import SourceTree

WORK = "hydrate after a one-app change in 200"
KUSTOMIZE = "5.8.1"
BASE = """apiVersion: apps/v1
kind: Deployment
metadata: {{name: {app}}}
spec:
  selector: {{matchLabels: {{app: {app}}}}}
  template:
    metadata: {{labels: {{app: {app}}}}}
    spec: {{containers: [{{name: {app}, image: ghcr.io/acme/{app}}}]}}
"""
OVERLAY = """apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: prod
resources: [../../base]
images: [{{name: ghcr.io/acme/{app}, newTag: {tag}}}]
"""


def files(apps: int) -> dict[str, bytes]:
    """Give the fleet's files: a base and an overlay an app."""
    found = {}
    for number in range(apps):
        app = f"app-{number}"
        found[f"{app}/base/deployment.yaml"] = BASE.format(app=app).encode()
        found[f"{app}/base/kustomization.yaml"] = b"resources: [deployment.yaml]\n"
        found[f"{app}/overlays/prod/kustomization.yaml"] = OVERLAY.format(app=app, tag="1.0.0").encode()
    return found


def measure(folder: Path, quick: bool) -> Row:
    """Measure; `quick`: with few apps and one round."""
    apps, times = (3, 1) if quick else (200, 3)
    fleet = files(apps)
    for path, data in fleet.items():
        (folder / "copy" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "copy" / path).write_bytes(data)
    store = bare(folder / "fleet.git", fleet).store
    first = store.put_files(fleet)
    tools = {"kustomize": KUSTOMIZE}
    requests = [
        RenderRequest(f"app-{number}", "prod", f"app-{number}/overlays/prod", Render("kustomize"), tools)
        for number in range(apps)
    ]
    results = hydrate(SourceTree(store, first), requests, {})
    if not all(isinstance(result, Rendered) for result in results.values()):
        raise AssertionError(f"not everything rendered: {next(iter(results.values()))}")
    previous = {
        key: Previous(result.inputs, result.tools) for key, result in results.items() if isinstance(result, Rendered)
    }
    trees = []
    for number in range(times + 1):
        data = OVERLAY.format(app="app-1", tag=f"1.{number + 1}.0").encode()
        trees.append(
            store.edit_tree(first, {"app-1/overlays/prod/kustomization.yaml": Entry(FILE, store.put_blob(data))})
        )

    def change(number: int) -> int:
        found = hydrate(SourceTree(store, trees[number]), requests, previous)
        return sum(not isinstance(result, Unchanged) for result in found.values())

    with peak() as memory:
        rendered = change(0)
    found = rounds({"all": lambda _: _all(folder / "copy", apps), "change": change}, times)
    return Row(
        "hydrate",
        WORK,
        (
            Figure("renders after the change", rendered, ""),
            Figure("fewer renders", apps / rendered, "x", goal=3 if quick else 50, at_least=True),
            found["all"].figure("kustomize build of every app"),
            found["change"].figure("hydrate after the change"),
            ratio("build of every app / hydrate", found["all"], found["change"]),
            memory.figure("hydrate"),
        ),
    )


def _all(copy: Path, apps: int) -> None:
    for number in range(apps):
        subprocess.run(
            ["kustomize", "build", f"app-{number}/overlays/prod"], cwd=copy, check=True, stdout=subprocess.DEVNULL,
            env={**CLEAN, "PATH": os.environ["PATH"]},
        )  # fmt: skip
