"""A marker: another hydrator, such as Argo CD's Source Hydrator, writes the manifests; its branches are only read."""

from __future__ import annotations

from typing import Final

from promoter.errors import RenderFailed
from promoter.render.job import Job, Prepare
from promoter.render.port import RenderRequest
from promoter.render.reach import Reach


def prepare(request: RenderRequest, reach: Reach) -> Job:
    """Refuse: there is nothing to render here."""
    raise RenderFailed(
        f"{request.app} is rendered by another hydrator (render: external), so promoter cannot render it",
        "Its content is read from that hydrator's branches.",
    )


PREPARE: Final[Prepare] = prepare
