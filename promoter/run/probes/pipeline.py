"""Where jobs are one pipeline, as on GitLab: does it run promoter, and does a schedule start it?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from promoter.forge.port import Pipelines
from promoter.model.names import Oid
from promoter.run.finding import Finding, Ground, Probe, Severity
from promoter.run.init_pipeline import ROOT, runs_promoter

_DOCUMENTED: Final = "see docs/gitlab.md"


def probe(ground: Ground) -> Iterator[Finding]:
    """Read the pipeline on the default branch, where schedules and web hooks start it."""
    ws = ground.ws
    if not isinstance(ws.forge, Pipelines):
        return
    default = ws.repository.default_branch()
    if not runs_promoter(_pipeline(ground, ground.refs.get(f"refs/heads/{default}"))):
        yield Finding(
            Severity.WARNING,
            ROOT,
            f"no pipeline on {default} runs promoter, as far as that file shows",
            "unless something else does, nothing is promoted by itself and no command in a comment is answered",
            "promoter init writes one in a working copy, to commit",
        )
        return
    on = ws.forge.scheduled()
    if on is not None and default not in on:
        yield Finding(
            Severity.WARNING,
            ROOT,
            f"no schedule starts the pipeline of {default}",
            "soaks, windows, approvals, comments and what is live are seen only when something else starts it",
            f"make one, every 10 minutes, by an account that may push to {default}: {_DOCUMENTED}",
        )


def _pipeline(ground: Ground, tip: Oid | None) -> bytes | None:
    if tip is None:
        return None
    repository = ground.ws.repository
    if not repository.store.has(tip):
        repository.fetch([tip])
    tree = repository.store.commit(tip).tree
    repository.fetch([], [(tree, ROOT)])
    return repository.store.read(tree, ROOT)


PROBE: Final[Probe] = probe
