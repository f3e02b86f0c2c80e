"""Do the branches with rendered manifests have their CODEOWNERS, and what wakes promoter?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from promoter.run.branch_files import wanted
from promoter.run.finding import Finding, Ground, Probe, Severity

_FIX: Final = "promoter init --branches"


def probe(ground: Ground) -> Iterator[Finding]:
    """Compare each branch that there is with what it should have beside the manifests."""
    ws = ground.ws
    for one in wanted(ws, ground.refs).branches if ws.config.layout is not None else ():
        if one.tip is None:
            continue
        for path in one.files:
            there = ws.repository.store.read(ws.repository.store.commit(one.tip).tree, path) is not None
            text = f"{path} is not what it should be any more" if there else f"{path} is missing"
            if path.rpartition("/")[2] == "CODEOWNERS":
                means = "reviews there are asked of other people than on the branch that people edit"
                yield Finding(Severity.WARNING, one.branch, text, means, _FIX)
            else:
                means = "reviews and merges there wake nothing; the schedule finds them"
                yield Finding(Severity.NOTE, one.branch, text, means, _FIX)


PROBE: Final[Probe] = probe
