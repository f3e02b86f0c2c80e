"""Which renderer a path needs: a table of all, and what tells them apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from promoter.errors import RenderFailed
from promoter.render import command, external, helm, kustomize, plain
from promoter.render.job import Prepare, place
from promoter.render.port import RenderRequest
from promoter.render.reach import Reach

RENDERERS: Final[Mapping[str, Prepare]] = {
    "kustomize": kustomize.PREPARE,
    "helm": helm.PREPARE,
    "plain": plain.PREPARE,
    "command": command.PREPARE,
    "external": external.PREPARE,
}
"""Kind in the config -> renderer."""


def detect(request: RenderRequest, reach: Reach) -> str:
    """Give the kind of renderer: the configured one, or with `auto` the one whose files are there.

    Raises RenderFailed that names what was looked for.
    """
    kind = request.rule.kind
    if kind in RENDERERS:
        return kind
    if kind != "auto":
        raise RenderFailed(f"there is no renderer {kind}", f"There are: auto, {', '.join(RENDERERS)}.")
    here = place(request, reach)
    names = reach.tree.children(here.folder).keys()
    if here.file is None:
        if not names.isdisjoint(kustomize.FILES):
            return "kustomize"
        if "Chart.yaml" in names:
            return "helm"
    if plain.fits(reach.tree, here):
        return "plain"
    if here.file is None:
        reach.add_folder(here.folder)
    raise RenderFailed(
        f"nothing in {request.path} can be rendered",
        "Looked for kustomization.yaml, Chart.yaml, render.yaml and YAML files. Another way: render: {command: ...}",
    )
