"""Where commit statuses or deployments say what is live: does anybody post them?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from promoter.cluster.context import Pattern
from promoter.cluster.place import Place
from promoter.cluster.posted import WINDOW
from promoter.model.forge import Check
from promoter.model.names import Oid
from promoter.policy.gates.checks import OURS
from promoter.policy.rules import Live
from promoter.run.finding import Finding, Ground, Probe, Seat, Severity

_SHOWN = 4
_BLIND = "nothing is never a success, so nothing passes"
_PROVIDER = re.compile(r"/[0-9a-f]{8}")


def probe(ground: Ground) -> Iterator[Finding]:
    """Look at the newest commits of every branch that something is delivered from."""
    read: dict[Oid, list[Check]] = {}
    for live, seats in ground.by_live():
        if live.kind not in ("commit_status", "deployments"):
            continue
        for seat in seats:
            if len(seat.rules.clusters) > 1 and not _tells_apart(live):
                yield _together(live, seat)
                continue
            tip = ground.tip(seat)
            if tip is None:
                continue  # nothing was ever merged there
            if live.kind == "deployments":
                yield from _deployed(ground, live, seat)
            else:
                yield from _statuses(live, seat, _checks(ground, tip, read))


def _tells_apart(live: Live) -> bool:
    return live.kind == "commit_status" and "{cluster}" in _text(live)


def _together(live: Live, seat: Seat) -> Finding:
    return Finding(
        Severity.PROBLEM,
        str(seat),
        f"live: {live.kind} cannot tell {', '.join(seat.rules.clusters)} apart",
        "one of them could speak for the others, so the answer is unknown and nothing passes",
        "write {cluster} into commit_status, and the cluster's name into what each controller posts "
        "(Flux: commitStatusExpr of its Provider; Argo CD: the label of its template)",
    )


def _checks(ground: Ground, tip: Oid, read: dict[Oid, list[Check]]) -> list[Check]:
    """Give what stands on the newest commits."""
    if tip not in read:
        store = ground.ws.repository.store
        if not store.has(tip):
            ground.ws.repository.fetch([tip])
        commits = [commit.id for commit in store.history(tip, limit=WINDOW, first_parent=True)]
        read[tip] = [check for commit in commits for check in ground.ws.forge.checks(commit) if check.name != OURS]
    return read[tip]


def _statuses(live: Live, seat: Seat, checks: list[Check]) -> Iterator[Finding]:
    allowed, branch = _allowed(live), seat.app.slots[seat.environment].branch
    for cluster in seat.rules.clusters:
        wanted = Pattern(_text(live), Place(cluster, seat.environment, seat.app.name))
        fitting = [check for check in checks if wanted.fits(check.name)]
        counted = {check.name for check in fitting if check.reporter in allowed}
        makers = {_PROVIDER.sub("", name) for name in counted if _PROVIDER.fullmatch(name[-9:])}
        if not counted:
            yield Finding(
                Severity.PROBLEM,
                str(seat),
                f"no {wanted} by {' or '.join(allowed)} on the newest {WINDOW} commits of {branch}"
                + _instead(fitting, [check for check in checks if check.reporter in allowed]),
                _BLIND,
                "see that the controller posts there (Flux: a Provider and an Alert with the Kustomization among its "
                "eventSources; Argo CD: a subscription), or correct commit_status and from",
            )
        elif len(makers) < len([name for name in counted if _PROVIDER.fullmatch(name[-9:])]):
            yield Finding(
                Severity.WARNING,
                str(seat),
                f"{_some(counted)} are the same but for their Providers",
                "either two clusters post under one name, or one Provider was made anew and the old name is waited for",
                "name the environment's clusters and write {cluster} into commit_status, or name the one that is left",
            )


def _instead(fitting: list[Check], by_allowed: list[Check]) -> str:
    if fitting:
        return f"; by others: {_some({check.reporter or 'nobody' for check in fitting})}"
    return f"; they post {_some({check.name for check in by_allowed})}" if by_allowed else ""


def _deployed(ground: Ground, live: Live, seat: Seat) -> Iterator[Finding]:
    allowed = _allowed(live)
    names = (f"{seat.environment}/{seat.app.name}", seat.environment)
    found = [one for name in names for one in ground.ws.forge.deployments(name)]
    if not any(one.creator in allowed for one in found):
        others = f"; by others: {_some({one.creator or 'nobody' for one in found})}" if found else ""
        yield Finding(
            Severity.PROBLEM,
            str(seat),
            f"no deployment to {' or '.join(names)} by {' or '.join(allowed)}{others}",
            _BLIND,
            "see that the controller or job posts deployments under one of these names, or correct deployments",
        )


def _some(names: set[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(sorted(names)[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _allowed(live: Live) -> tuple[str, ...]:
    by = live.settings.get("from", ())
    return (by,) if isinstance(by, str) else by


def _text(live: Live) -> str:
    name = live.settings.get("name", "")
    return name if isinstance(name, str) else ""


PROBE: Final[Probe] = probe
