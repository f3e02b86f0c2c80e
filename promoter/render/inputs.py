"""What a rendering reads, without rendering: where an app's versions are looked for."""

from __future__ import annotations

from collections.abc import Mapping

from promoter.render import helm
from promoter.render.detect import RENDERERS, detect
from promoter.render.port import RenderRequest, Source
from promoter.render.reach import Reach
from promoter.render.tree import Tree


def inputs_of(source: Source, request: RenderRequest) -> Mapping[str, str]:
    """Give path -> object id of all that rendering `request` reaches. Raises RenderFailed."""
    reach = Reach(Tree(source))
    RENDERERS[detect(request, reach)](request, reach)
    return reach.inputs


def values_of(source: Source, request: RenderRequest) -> tuple[str, ...]:
    """Give the files that a chart's values come from, those that win last; none without a chart.

    Raises RenderFailed.
    """
    reach = Reach(Tree(source))
    return helm.values_files(request, reach) if detect(request, reach) == "helm" else ()
