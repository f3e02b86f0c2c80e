"""What drifted, on a terminal: a part for each place that was looked at, what is as it should be in one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from promoter.cli.drift_report import Drifted
from promoter.cli.screen import Cell, Screen
from promoter.plan.report.brings import named
from promoter.plan.report.foreign import plain, source
from promoter.plan.report.moment import Times, times
from promoter.plan.report.view import View
from promoter.policy.rules import OnDrift
from promoter.run.drift import live, rendered
from promoter.run.drift.between import Pair
from promoter.run.drift.edits import Edit, Kind

_LINES = {"+": "ok", "-": "fail", "#": "head"}
_RENDERED = {rendered.Verdict.DIFFERENT: "fail", rendered.Verdict.UNKNOWN: "unknown"}
_LIVE = {live.Verdict.DIFFERENT: "fail", live.Verdict.UNKNOWN: "unknown"}
_LONG = 2_000


def show_drift(screen: Screen, found: Drifted) -> None:
    """Print everything that was looked for."""
    at = times(found.config.timezone, found.now)
    _edits(screen, found, at)
    if found.rendered is not None:
        screen.line()
        _rendered(screen, found, found.rendered)
    if found.live is not None:
        screen.line()
        _live(screen, found, found.live)
    if found.unclaimed:
        screen.line()
        screen.line("folders that belong to no slot", "head")
        screen.table([[("", plain(one.branch)), ("", plain(one.path))] for one in found.unclaimed], indent=2)
    for problem in found.plan.problems:
        screen.cells(("fail", "problem  "), ("", plain(problem, 500)))


def show_lines(screen: Screen, difference: str) -> None:
    """Print a difference, made safe, below what it is of."""
    for line in difference.splitlines():
        screen.line(f"  {source(line)}", _LINES.get(line[:1], ""))


def _edits(screen: Screen, found: Drifted, at: Times) -> None:
    looked = len(found.plan.slots)
    if not found.edits:
        screen.line(f"no hand edits: {looked} slot{'' if looked == 1 else 's'} looked at")
        return
    for index, edit in enumerate(found.edits):
        if index:
            screen.line()
        screen.line(_heading(found, edit, at), "head")
        for change in edit.changes:
            screen.cells(
                ("dim", f"  {at.moment(change.at)}  {change.commit[:7]}  "), ("", plain(change.author, 60)),
                ("", f"  {plain(change.subject)}"),
            )  # fmt: skip
        if not edit.changes:
            screen.line("  the history of the branch does not say who it was", "dim")
        if edit.trouble:
            screen.cells(("fail", f"  {edit.trouble}"))
        show_lines(screen, edit.difference)
        screen.line(f"  {_ways(found, edit)}", "dim")


def _heading(found: Drifted, edit: Edit, at: Times) -> str:
    what = "nothing" if edit.release is None else plain(named(found.ledgers[edit.app], edit.release))
    how = "was changed by hand" if edit.kind is Kind.EDITED else "was merged together with other changes"
    return f"{edit.app} {edit.environment}  {what} {how}, seen {at.moment(edit.since)}"


def _ways(found: Drifted, edit: Edit) -> str:
    if edit.kind is Kind.MIXED:
        return f"let the next release replace it: promoter resume {edit.app} {edit.environment}; or git revert"
    if found.config.apps[edit.app].environments[edit.environment].drift is OnDrift.ADOPT:
        return (
            "drift: adopt; promoter run makes a release of it, unless somebody holds; or take it back with git revert"
        )
    return f"keep it: promoter adopt {edit.app}; or take it back with git revert"


def _rendered(screen: Screen, found: Drifted, again: Sequence[rendered.Again]) -> None:
    counts = Counter(one.verdict for one in again)
    shown = {(edit.app, edit.environment): (edit.difference,) for edit in found.edits if edit.difference}
    said = [f"{counts[verdict]} {text}" for verdict, text in _COUNTED.items() if counts[verdict]]
    screen.line(f"rendered again: {', '.join(said) or 'nothing is active'}", "head")
    for one in again:
        if one.verdict not in _RENDERED:
            continue
        release = plain(named(found.ledgers[one.app], one.release))
        screen.cells(
            (_RENDERED[one.verdict], f"  {one.verdict.value:<9}"), ("", f"  {one.app} {one.environment}  {release}"),
            ("dim", f"  from {one.commit[:7]}"),
        )  # fmt: skip
        for line in one.reason.splitlines():
            screen.line(f"    {plain(line, _LONG)}")
        if one.difference in shown.get((one.app, one.environment), ()):
            screen.line("    the difference is the one above", "dim")
        else:
            show_lines(screen, one.difference)


_COUNTED = {
    rendered.Verdict.EQUAL: "equal",
    rendered.Verdict.DIFFERENT: "different",
    rendered.Verdict.UNKNOWN: "cannot be rendered here",
    rendered.Verdict.NONE: "not rendered by promoter",
}


def _live(screen: Screen, found: Drifted, compared: Sequence[live.Compared]) -> None:
    same = sum(one.verdict is live.Verdict.SAME for one in compared)
    screen.line(f"live: {same} of {len(compared)} run what Git holds", "head")
    screen.table([list(_cluster(found, one)) for one in compared if one.verdict in _LIVE], indent=2)


def _cluster(found: Drifted, one: live.Compared) -> Iterator[Cell]:
    ledger = found.ledgers[one.app]
    yield ("wait" if one.on_its_way else _LIVE[one.verdict]), one.verdict.value
    yield "", f"{one.app} {one.environment}"
    yield "", plain(one.cluster)
    yield "", f"Git has {plain(named(ledger, one.release))}" if one.release is not None else ""
    if one.image is not None:
        yield "", f"runs {plain(one.image[1])}"
    elif one.verdict is live.Verdict.DIFFERENT:
        runs = named(ledger, one.reported) if one.reported is not None else one.revision[:7]
        yield "", f"runs {plain(runs)}"
    else:
        yield "", ""
    yield "dim", ("on its way: " if one.on_its_way else "") + plain(one.reason, 500)


def show_between(screen: Screen, names: tuple[str, str], found: Sequence[Pair], *, whole: bool) -> None:
    """Print a row for each app; `whole`: with the difference."""
    if not found:
        screen.line(f"no app has something in {names[0]} or {names[1]}, and goes to both")
        return
    screen.table([_row(pair) for pair in found], ["APP", *names, "DIFFERS"])
    for pair in found:
        for change in pair.images if whole else ():
            screen.line(f"  {plain(change.name)}  {plain(change.old) or '-'} -> {plain(change.new) or '-'}")
        if whole:
            show_lines(screen, pair.difference)


def _row(pair: Pair) -> list[Cell]:
    return [("", pair.app), _side(pair.one), _side(pair.other), ("", _differs(pair))]


def _side(view: View) -> Cell:
    stay = view.place.stay
    edited = " edited by hand" if view.place.drift is not None else ""
    return ("fail" if edited else ""), (plain(named(view.ledger, stay.release)) if stay is not None else "-") + edited


def _differs(pair: Pair) -> str:
    if pair.same:
        return "nothing"
    what = "value" if pair.one.seen is not None and pair.one.seen.slot.in_place else "file"
    lines = "" if what == "value" else f", +{pair.added} -{pair.removed}"
    return f"{pair.files} {what}{'' if pair.files == 1 else 's'}{lines}"
