"""Who can write the ledgers? What stands there is believed, up to `verified`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from promoter.forge.local import LocalForge
from promoter.forge.port import Access
from promoter.model.forge import Protection, Writers
from promoter.model.names import Branch
from promoter.run.finding import Finding, Ground, Probe, Severity

_SHOWN = 3
_FORGED = "whoever can push there can write that a release was verified, and it goes on"
_SIGN = "sign the ledgers: ledger: {signers: [...]}"


def probe(ground: Ground) -> Iterator[Finding]:
    """Ask the forge what protects each ledger's branch, as far as it tells."""
    config, ws = ground.ws.config, ground.ws
    branches = [Branch(config.ledger.replace("{app}", app)) for app in config.apps]
    writers = _writers(ground, branches)
    shut = [branch for branch in branches if not writers[branch].we]
    if shut:
        yield Finding(
            Severity.PROBLEM,
            _some(shut),
            f"{ws.forge.identity} may not push there",
            "nothing can be remembered, so nothing is done for these apps",
            f"let {ws.forge.identity} push there, and nobody else",
        )
    if config.signers:
        if ws.signing_key is None:
            yield Finding(
                Severity.WARNING,
                _some(branches),
                "ledgers are signed, and this machine has no key",
                "what a run writes from here is not believed by others",
                "give the key's file: PROMOTER_SIGNING_KEY",
            )
        return
    bare = [branch for branch in branches if not writers[branch].kept]
    if bare and isinstance(ws.forge, LocalForge):
        why = f"{_FORGED}; without a forge nobody can be kept from it"
        yield Finding(Severity.NOTE, _some(bare), "nothing protects the ledgers", why, _SIGN)
    elif bare:
        yield Finding(
            Severity.WARNING,
            _some(bare),
            "the forge tells of no protection",
            _FORGED,
            f"protect these branches so that only {ws.forge.identity} may push, or {_SIGN}",
        )
    yield from _leaky({branch: one for branch, one in writers.items() if one.kept}, ws.forge.identity)


def _writers(ground: Ground, branches: list[Branch]) -> Mapping[Branch, Writers]:
    """Give who may push to each; a forge that does not tell has some rule, or none."""
    forge = ground.ws.forge
    if isinstance(forge, Access):
        return forge.writers(branches)
    asked = {branch: forge.protection(branch) for branch in branches}
    return {branch: Writers(we=asks.may_push, kept=asks != Protection()) for branch, asks in asked.items()}


def _leaky(kept: Mapping[Branch, Writers], us: str) -> Iterator[Finding]:
    """Find protection with holes."""
    shared: dict[tuple[str, ...], list[Branch]] = {}
    for branch, one in kept.items():
        if one.others:
            shared.setdefault(one.others, []).append(branch)
    for others, branches in shared.items():
        yield Finding(
            Severity.WARNING,
            _some(branches),
            f"{', '.join(others)} may push there too",
            _FORGED,
            f"let only {us} bypass that rule, or {_SIGN}",
        )
    loose = [branch for branch, one in kept.items() if one.deletable]
    if loose:
        yield Finding(
            Severity.WARNING,
            _some(loose),
            "whoever may write may delete these branches",
            "what they remember would be gone, and others can be made in their place",
            "forbid their deletion and creation in the same rule",
        )


def _some(branches: list[Branch]) -> str:
    more = len(branches) - _SHOWN
    return ", ".join(branches[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


PROBE: Final[Probe] = probe
