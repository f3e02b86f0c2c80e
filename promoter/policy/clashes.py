"""What cannot stand beside each other: names, slots, branches, and values that two apps would both move."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from promoter.layout.group import GROUP, is_group
from promoter.layout.moved import Moved
from promoter.layout.slots import is_branch, nested_branches, overlapping
from promoter.model.snapshot import Slot
from promoter.policy.rules import AppRules

VERBS = frozenset(
    [
        "action",
        "adopt",
        "config",
        "dashboard",
        "demo",
        "diff",
        "docs",
        "doctor",
        "drift",
        "explain",
        "health",
        "help",
        "history",
        "hold",
        "init",
        "inventory",
        "ledger",
        "override",
        "plan",
        "pr",
        "preview",
        "promote",
        "query",
        "rbac",
        "release",
        "resume",
        "retry",
        "rollback",
        "run",
        "schema",
        "serve",
        "simulate",
        "skip",
        "status",
        "wait",
    ]
)
"""Words of the command line: nothing may be named like one."""

HYDRATOR = "the branch of another hydrator"


def name_clashes(environments: Collection[str], apps: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """Give (kind, name, message) for names that commands could not tell apart; kind `app` or `environment`."""
    for kind, names in (("environment", environments), ("app", apps)):
        for name in names:
            if name in VERBS:
                yield kind, name, f"{name} is a command; commands could not tell them apart"
    for name in apps:
        if name in environments:
            yield (
                "app",
                name,
                f"an app and an environment share the name {name}; commands could not tell them apart",
            )


def slot_clashes(apps: Mapping[str, AppRules]) -> Iterator[tuple[str, str]]:
    """Give (app, message) for slots that hold each other, and for values that two of them would both move."""
    slots = [slot for app in apps.values() for slot in app.slots.values()]
    for one, other in overlapping(slot for slot in slots if not slot.in_place):
        where = one.path or "the root"
        yield other.app, f"{_called(one)} and {_called(other)} share {where} in branch {one.branch}; change the layout"
    for one, other in overlapping(slot for app in apps.values() for slot in app.hydrated.values()):
        where = f"{one.path or 'the root'} in branch {one.branch}"
        yield (
            other.app,
            f"{_called(one)} and {_called(other)} would both be read from {where}; say render.external.path",
        )
    owners: dict[tuple[str, str, str], Slot] = {}
    told: set[tuple[str, str]] = set()
    for slot in slots:
        if not slot.in_place:
            continue
        for key, what in _values(apps[slot.app], slot.environment):
            first = owners.setdefault((slot.branch, slot.path, key), slot)
            if first is not slot and (first.app, slot.app) not in told:
                told.add((first.app, slot.app))
                yield slot.app, _both_own(first, slot, what)


def _called(slot: Slot) -> str:
    return f"{slot.app} in {slot.environment}"


def _both_own(one: Slot, other: Slot, what: str) -> str:
    where = other.path or "the root"
    if one.app == other.app:
        here = f"{one.environment} and {other.environment}"
        return f"{here} would both move {what} of {one.app} in {where}; put {{environment}} into its path"
    if one.environment == other.environment:
        return f"{one.app} and {other.app} both own {what} in {where}"
    return f"{_called(one)} and {_called(other)} both own {what} in {where}"


def _values(app: AppRules, environment: str) -> Iterator[tuple[str, str]]:
    """Give (key, words) of everything that `app` moves under its path, where the config tells it."""
    tracked = app.tracked
    named = [("image", moved) for moved in tracked.images] + [("chart", moved) for moved in tracked.charts]
    for kind, moved in named:
        for name in (moved.name, *moved.also):
            yield f"{kind} {name} {_place(moved, environment)}", f"{kind} {name}"
    for text in tracked.values:
        yield f"value {text.replace('{environment}', environment)}", f"value {text}"
    for text in tracked.files:
        yield f"file {text.replace('{environment}', environment)}", f"file {text}"
    if not named and not tracked.values and not tracked.files:
        yield "every image", "every image"


def _place(moved: Moved, environment: str) -> str:
    text = f"{moved.file} {moved.key} {moved.marker} {moved.regex}"
    return text.replace("{environment}", environment)


def branch_clashes(
    slots: Sequence[Slot],
    ledgers: Mapping[str, str],
    dry: str,
    offers: Mapping[str, str] | None = None,
    hydrated: Sequence[Slot] = (),
    others: Mapping[str, str] | None = None,
) -> Iterator[tuple[str, str]]:
    """Give (app, message) for branches that Git could not keep beside each other, or that two things would write.

    `ledgers` and `offers` (to the dry branch): app -> branch. `hydrated`: where another hydrator writes.
    `others`: branch -> what else it is for.
    """
    uses: dict[str, tuple[str, str]] = {dry: ("", "the dry branch")}
    for slot in slots:
        if slot.branch == dry and not slot.in_place:
            what = f"{dry} would be the dry branch and the active branch of {_called(slot)}"
            yield slot.app, f"{what}; rendered manifests need a branch beside it"
        uses.setdefault(slot.branch, (slot.app, f"the active branch of {_called(slot)}"))
    for slot in hydrated:
        if slot.branch in uses and not uses[slot.branch][1].startswith(HYDRATOR):
            what = f"{slot.branch} would be {uses[slot.branch][1]} and where another hydrator writes {_called(slot)}"
            yield slot.app, f"{what}; let it write to a branch of its own (hydrateTo), and name that"
        uses.setdefault(slot.branch, (slot.app, f"{HYDRATOR} for {_called(slot)}"))
    owned: list[tuple[str, str, str]] = [
        (slot.proposal_branch, slot.app, f"the proposal branch of {_called(slot)}") for slot in slots
    ]
    owned += [(ledger, app, f"the ledger of {app}") for app, ledger in ledgers.items()]
    owned += [(branch, app, f"the branch that offers {app} to {dry}") for app, branch in (offers or {}).items()]
    owned += [(branch, "", what) for branch, what in (others or {}).items()]
    for branch, app, what in owned:
        if branch in uses:
            yield app, f"{branch} would be {uses[branch][1]} and {what}"
        else:
            uses[branch] = (app, what)
    told: defaultdict[str, set[str]] = defaultdict(set)
    for branch, (app, what) in uses.items():
        if is_group(branch):
            yield app, f"{branch}, {what}, is in a folder {GROUP}: those hold what several apps propose together"
        if not is_branch(branch) and branch != dry:
            yield app, f"{branch!r}, {what}, is no branch name that Git takes"
    for outer, inner in nested_branches({branch: what for branch, (_, what) in uses.items()}):
        app = uses[inner][0] or uses[outer][0]
        if outer not in told[app]:
            told[app].add(outer)
            yield (
                app,
                (
                    f"{outer} ({uses[outer][1]}) and {inner} ({uses[inner][1]}) cannot both be branches: "
                    "Git keeps no branch below another"
                ),
            )
