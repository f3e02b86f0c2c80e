"""May promoter do at the forge what it has to do?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from promoter.forge.port import Access
from promoter.run.finding import Finding, Ground, Probe, Severity
from promoter.run.rights import reads

SOON: Final = timedelta(days=14)
"""A token that ends so soon is worth a word."""


def probe(ground: Ground) -> Iterator[Finding]:
    """Ask the forge what our token may, as far as it tells."""
    forge = ground.ws.forge
    if not isinstance(forge, Access):
        return
    found = forge.standing(reads(ground))
    subject = f"the token of {forge.identity}"
    if found.archived:
        yield Finding(
            Severity.PROBLEM,
            ground.ws.repository.url,
            "the repository is archived",
            "nobody can write to it, so nothing is promoted",
            "unarchive it, or let promoter rest",
        )
    if found.lacks:
        yield Finding(
            Severity.PROBLEM,
            subject,
            f"it lacks {', '.join(found.lacks)}",
            "what needs that is refused: releases, merges, ledgers, or what a gate reads",
            "give it these rights: permissions of the workflow's job, the rights of the App, or those of the token",
        )
    if found.expires is not None and found.expires - ground.ws.now() < SOON:
        yield Finding(
            Severity.WARNING,
            subject,
            f"it ends on {found.expires:%Y-%m-%d}",
            "nothing is promoted after that",
            "renew it, or use an App, whose tokens are made when they are needed",
        )


PROBE: Final[Probe] = probe
