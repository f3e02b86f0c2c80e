"""An app's history on a terminal: many releases in a table, or one with all that is known of it."""

from __future__ import annotations

from collections.abc import Sequence

from promoter.cli.released import image_rows
from promoter.cli.screen import Cell, Screen
from promoter.model.ledger import How, Ledger, Result
from promoter.model.release import Release, ReleaseState
from promoter.plan.report.foreign import plain
from promoter.plan.report.history import Visit, chosen, visits
from promoter.plan.report.moment import Times

_STYLES = {
    Result.VERIFIED: "ok",
    Result.FAILED: "failed",
    Result.UNHEALTHY: "failed",
    Result.UNVERIFIED: "unknown",
    Result.LEFT: "wait",
}
_SAID = {Result.LEFT: "taken back"}


def show_history(screen: Screen, ledger: Ledger, environments: Sequence[str], limit: int, at: Times) -> None:
    """Print the newest `limit` releases, a row each."""
    rows: list[list[Cell]] = []
    for number in chosen(ledger, limit, None):
        release = ledger.releases[number]
        newest = {visit.environment: visit for visit in visits(ledger, number, environments)}
        been = [_cell(newest[name], at) if name in newest else ("", "") for name in environments]
        rows.append([*_about(release, at), *been])
    if not rows:
        screen.line("no releases")
    screen.table(rows, ["RELEASE", "VERSION", "MADE", "BY", *environments])
    if len(ledger.releases) > len(rows):
        screen.line(f"{len(ledger.releases) - len(rows)} older ones: --limit {len(ledger.releases)}", "dim")


def show_release_history(screen: Screen, ledger: Ledger, environments: Sequence[str], number: int, at: Times) -> None:
    """Print one release: what it moved, what is in it, and each time it was somewhere."""
    release = ledger.releases[number]
    version = f" ({plain(release.version)})" if release.version else ""
    state = "" if release.state is ReleaseState.READY else f", {release.state}"
    made = f"made {at.moment(release.at)} by {plain(release.by)} from {release.dry[:7]}"
    screen.line(f"{ledger.app} {release.name}{version}: {made}{state}", "head")
    if release.hotfix is not None:
        where = ", ".join(release.content)
        screen.line(f"hotfix of r{release.hotfix.base} for {where}: {plain(release.hotfix.reason, 500)}")
    screen.table(image_rows(release.images), indent=2)
    screen.table(
        [
            [("dim", commit.id[:7]), ("", plain(commit.subject)), ("dim", plain(commit.author))]
            for commit in release.commits
        ],
        indent=2,
    )
    for environment, failure in release.failures.items():
        screen.cells(("fail", f"  {environment}  "), ("", plain(failure, 2000)))
    screen.line()
    screen.table([_visit(visit, at) for visit in visits(ledger, number, environments)], indent=2)


def _about(release: Release, at: Times) -> list[Cell]:
    state = "failed" if release.state is ReleaseState.FAILED else ""
    version = plain(release.version, 40) + (" (did not render)" if state else "")
    version += " (hotfix)" if release.hotfix is not None else ""
    return [("head", release.name), (state, version.strip()), ("", at.moment(release.at)), ("", plain(release.by, 40))]


def _cell(visit: Visit, at: Times) -> Cell:
    if visit.stay is None:
        return ("wait", f"skipped by {plain(visit.skip.by, 40)}") if visit.skip is not None else ("", "")
    if visit.outcome is None:
        return "", f"{at.moment(visit.stay.since)}"
    result = visit.outcome.result
    return _STYLES[result], f"{at.moment(visit.stay.since)} {_SAID.get(result, result.value)}"


def _visit(visit: Visit, at: Times) -> list[Cell]:
    stay, outcome, skip = visit.stay, visit.outcome, visit.skip
    came = ("", "")
    if stay is not None:
        until = f" to {at.moment(visit.until)}" if visit.until is not None else ""
        how = "" if stay.how is How.MERGED else f", {stay.how}"
        came = ("", f"{at.moment(stay.since)}{until}{how}")
    said: Cell = ("", "")
    if outcome is not None:
        reason = f": {outcome.reason}" if outcome.reason else ""
        what = _SAID.get(outcome.result, outcome.result.value)
        said = (_STYLES[outcome.result], f"{what} {at.moment(outcome.at)}{plain(reason, 300)}")
    no = ("", "")
    if skip is not None:
        no = ("wait", plain(f"skipped by {skip.by}" + (f': "{skip.reason}"' if skip.reason else "")))
    return [("", visit.environment), came, said, no]
