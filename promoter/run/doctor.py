"""The doctor: looks at access and wiring, and says what is wrong and what to do. It writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from promoter.errors import ConfigInvalid, PromoterError
from promoter.run.finding import Finding, Ground, Severity
from promoter.run.probes import PROBES
from promoter.run.workspace import Workspace

_ORDER = tuple(Severity)


@dataclass(frozen=True, slots=True)
class Examined:
    """What was looked at, and what was found: (probe, finding), the worst first."""

    findings: tuple[tuple[str, Finding], ...]
    slots: int
    clusters: int


def examine(ws: Workspace) -> Examined:
    """Look at everything. Raises ConfigInvalid, and EdgeFailed when the repository cannot be read at all."""
    refs = dict(ws.repository.refs(["refs/heads/"]))
    ws.refresh(refs)
    ground = Ground(ws, refs)
    found = _together([(name, finding) for name in PROBES for finding in _probed(name, ground)])
    found.sort(key=lambda entry: _ORDER.index(entry[1].severity))
    clusters = {cluster for seat in ground.seats for cluster in seat.rules.clusters}
    return Examined(tuple(found), len(ground.seats), len(clusters))


def problems(examined: Examined) -> Sequence[Finding]:
    """Give the findings that somebody must do something about."""
    return [finding for _, finding in examined.findings if finding.severity is Severity.PROBLEM]


def _together(found: list[tuple[str, Finding]]) -> list[tuple[str, Finding]]:
    """Make one finding of what stopped several probes: a token that is missing stops all that ask the forge."""
    stopped: dict[str, list[str]] = {}
    for name, finding in found:
        if finding.subject == name:
            stopped.setdefault(finding.text, []).append(name)
    return [
        (name, replace(finding, subject=", ".join(stopped[finding.text])) if finding.subject == name else finding)
        for name, finding in found
        if finding.subject != name or stopped[finding.text][0] == name
    ]


def _probed(name: str, ground: Ground) -> Iterator[Finding]:
    try:
        yield from PROBES[name](ground)
    except ConfigInvalid:
        raise
    except PromoterError as error:
        yield Finding(
            Severity.PROBLEM,
            name,
            f"this could not be looked at: {error.message}",
            "whatever is wrong there is not shown",
            error.hint or "see what the message says, and run promoter doctor again",
        )
