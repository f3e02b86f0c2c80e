"""Does the time ever come at which a merge may happen: a window that opens while nothing is frozen?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from promoter.model.moment import zone_of
from promoter.policy.freeze import freeze_for, freeze_over
from promoter.policy.gates.window import Window
from promoter.policy.rules import Config
from promoter.policy.spans import open_at, opening
from promoter.run.finding import Finding, Ground, Probe, Severity

SOON: Final = timedelta(days=400)
"""A year, and what a yearly freeze may last beyond it."""
_STEPS: Final = 5_000
"""So many windows are tried; in a calendar that is finer than that, some moment is free."""


def probe(ground: Ground) -> Iterator[Finding]:
    """Look for a free moment of every environment and window."""
    known: dict[tuple[str, Window | None], str] = {}
    config, now = ground.ws.config, ground.ws.now()
    for seat in ground.seats:
        window = next((gate for gate in seat.rules.gates if isinstance(gate, Window)), None)
        key = (seat.environment, window)
        if key not in known:
            known[key] = never(config, seat.environment, window, now)
        if known[key]:
            text = f"nothing may be merged in the next {SOON.days} days: {known[key]}"
            fix = "change the window or the freeze; to let nothing move until somebody says so: promoter hold"
            yield Finding(Severity.PROBLEM, str(seat), text, "all that comes there waits for ever", fix)


def never(config: Config, environment: str, window: Window | None, now: datetime) -> str:
    """Say why there is no free moment within `SOON`; empty when there is one."""
    timezone = (window.timezone if window is not None else "") or config.timezone
    zone, at, frozen = zone_of(timezone), now, ""
    said = f"its window is {window}{'' if window.timezone else f' {timezone}'}" if window is not None else ""
    for _ in range(_STEPS):
        if at > now + SOON:
            break
        if window is not None and not open_at(window.allow, window.deny, zone, at):
            opens = opening(window.allow, window.deny, zone, at)
            if opens is None or opens > now + SOON:
                break
            at = opens
            continue
        freeze = freeze_for(config, environment, at)
        if freeze is None:
            return ""
        frozen = f"frozen {freeze}" + (f' "{freeze.reason}"' if freeze.reason else "")
        over = freeze_over(config, freeze, at)
        if over is None:
            break
        at = over
    else:
        return ""
    return " and ".join(filter(None, (said, frozen)))


PROBE: Final[Probe] = probe
