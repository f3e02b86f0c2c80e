"""Deciding what to do: a pure function of (config, snapshot, now).

It closes the facts to a fixpoint first, then chooses for each environment what should come next, judges it, and gives
the steps. Invariants: the same input gives the same plan; an unchanged world gives no actions; an app's ledger is
written before anything that it announces is done.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from promoter.model.forge import PullState
from promoter.model.ledger import Kind
from promoter.model.names import ContentId
from promoter.model.plan import (
    Action,
    AdoptEdits,
    ClosePullRequest,
    LeaveQueue,
    MakeRelease,
    MergePullRequest,
    Plan,
    Record,
    SlotPlan,
    State,
)
from promoter.model.snapshot import AppSeen, Snapshot
from promoter.model.verdict import Answer, Verdict
from promoter.plan.draft import ripen
from promoter.plan.facts import close_facts
from promoter.plan.filing import deploys
from promoter.plan.gathering import gathering
from promoter.plan.grouping import Groups, Wish, branch_of, leave, moves, stands
from promoter.plan.jobs import job_steps
from promoter.plan.judge import judge, merge_word, subject_of
from promoter.plan.rename import close_former, renaming
from promoter.plan.sight import Sight
from promoter.plan.standing import standing
from promoter.plan.steps import Room, advance, withdraw
from promoter.plan.target import choose
from promoter.plan.together import Bound, advance_group, company, crew
from promoter.policy.freeze import freeze_for
from promoter.policy.rules import AppRules, Config, OnDrift


def decide(config: Config, seen: Snapshot, now: datetime) -> Plan:
    """Give what to do now, and what every slot waits for. Apps that the config does not name are left alone."""
    problems: list[str] = []
    room = Room(config.open_pull_requests - _open(seen))
    courses = [_begin(config, rules, seen.apps[name], now) for name, rules in config.apps.items() if name in seen.apps]
    shared, along = _together(courses, seen.only, room)
    records: list[Action] = []
    actions: list[Action] = []
    slots: list[SlotPlan] = []
    ledgers = []
    for course in courses:
        if seen.only is not None and course.name not in seen.only:
            records += _record(course) if course.name in along else []
            continue
        problems += course.seen.problems
        todo, plans = _app(course, room, problems)
        records += [action for action in todo if isinstance(action, Record)]
        actions += [action for action in todo if not isinstance(action, Record)]
        slots += [gathering(course.sight, plan) for plan in plans]
        ledgers.append(course.sight.ledger())
    looks = [plan.next_look for plan in slots if plan.next_look is not None]
    moves = (*_strays(seen), *shared, *actions)
    every = (
        *records,
        *_leave_queues(courses, seen.only, moves),
        *moves,
    )  # what leaves a group is out of it before it goes alone
    return Plan(every, tuple(slots), tuple(ledgers), tuple(problems), min(looks, default=None))


def _open(seen: Snapshot) -> int:
    """Count the open pull requests; one that several apps share counts once."""
    pulls = (pull for app in seen.apps.values() for slot in app.slots.values() for pull in slot.pulls)
    return len({pull.number for pull in pulls if pull.state is PullState.OPEN} | {it.number for it in seen.strays})


def _strays(seen: Snapshot) -> list[Action]:
    why = "nothing is proposed in it any more"
    return [ClosePullRequest(stray.apps[0], why, stray.slot, stray.number, stray.apps) for stray in seen.strays]


def _leave_queues(courses: Sequence[_Course], only: Collection[str] | None, todo: Sequence[Action]) -> list[Action]:
    """Let every pull request leave its merge queue that would not be put there now: the queue would merge it."""
    merged = {action.number for action in todo if isinstance(action, MergePullRequest)}
    found: dict[int, Action] = {}
    for course in courses:
        for slot in course.seen.slots.values() if only is None or course.name in only else ():
            for pull in slot.pulls:
                if pull.state is PullState.OPEN and pull.queued and pull.number not in merged:
                    why = f"pull request {pull.number} is not to be merged now"
                    found.setdefault(pull.number, LeaveQueue(course.name, why, slot.slot, pull.number))
    return list(found.values())


@dataclass(slots=True)
class _Course:
    """One app on its way through one plan."""

    sight: Sight
    seen: AppSeen
    wishes: dict[str, Wish] = field(default_factory=dict)
    """Environment -> what should come next."""
    verdicts: dict[str, tuple[Verdict, ...]] = field(default_factory=dict)
    grouped: dict[str, tuple[Verdict, ...]] = field(default_factory=dict)
    """Environment whose steps are a group's -> what is said of that."""

    @property
    def name(self) -> str:
        return self.sight.app.name


def _begin(config: Config, rules: AppRules, seen: AppSeen, now: datetime) -> _Course:
    """Close the facts, and choose for each environment what should come next."""
    ripened, said = ripen(rules, seen.ledger, now)
    course = _Course(Sight(config, rules, replace(seen, ledger=ripened), now, changes=said), seen)
    if seen.doubt or seen.ledger_tip is None or renaming(rules, course.sight.seen) is not None:
        return course
    close_facts(course.sight)
    for environment in rules.environments:
        chosen = choose(course.sight, environment)
        if chosen is not None:
            course.wishes[environment] = Wish(course.sight, environment, *chosen)
            course.verdicts[environment] = judge(course.sight, environment, *chosen)
    return course


def _together(courses: Sequence[_Course], only: Collection[str] | None, room: Room) -> tuple[list[Action], set[str]]:
    """Give the steps of all groups that one of `only` is in, and the apps that are in those."""
    groups = Groups([course.sight for course in courses])
    bound: dict[tuple[str, str], list[tuple[_Course, Bound | None]]] = {}
    along: set[str] = set()
    for apps in _standing(courses).values() if only is not None else ():
        along |= apps if only is not None and not apps.isdisjoint(only) else set()
    for course in courses:
        for environment, wish in course.wishes.items():
            if _same(course.sight, environment, wish.release):
                continue
            name = groups.name(wish)
            moved = moves(course.sight, wish, name)
            if moved:
                course.grouped[environment] = ()
            if name:
                verdicts = course.verdicts[environment]
                one = None if moved else Bound(course.sight, environment, wish.release, verdicts)
                bound.setdefault((environment, branch_of(course.sight, environment, name)), []).append((course, one))
    actions: list[Action] = []
    for (environment, _), every in bound.items():
        if only is not None and not any(course.name in only for course, _ in every):
            continue
        along |= {course.name for course, _ in every}
        here = [one for _, one in every if one is not None]
        members = crew(here) if here else []
        actions += advance_group(members, room) if members else []
        for course, one in every:
            said = company(one, members) if one is not None else None
            course.grouped[environment] = (said,) if said is not None else ()
    return actions, along


def _standing(courses: Sequence[_Course]) -> dict[tuple[str, str], set[str]]:
    """Give (environment, branch of a group) -> the apps that the look saw in it."""
    found: dict[tuple[str, str], set[str]] = {}
    for course in courses:
        for environment in course.sight.places:
            if group := stands(course.sight, environment):
                found.setdefault((environment, branch_of(course.sight, environment, group)), set()).add(course.name)
    return found


def _app(course: _Course, room: Room, problems: list[str]) -> tuple[list[Action], list[SlotPlan]]:
    sight = course.sight
    if sight.seen.doubt:
        problems.append(sight.seen.doubt)
        return [], [_doubted(sight, name) for name in sight.app.environments]
    start = _start(sight.app.name, sight.seen, problems)
    if start is not None:
        return start, [standing(sight, name, None, ()) for name in sight.app.environments]
    rename = renaming(sight.app, sight.seen)
    if rename is not None:
        return [rename], [standing(sight, name, None, ()) for name in sight.app.environments]
    actions: list[Action] = close_former(sight)
    plans: list[SlotPlan] = []
    for environment in sight.app.environments:
        wish = course.wishes.get(environment)
        if wish is None:
            actions += job_steps(sight, environment, None)
            actions += leave(sight, environment) if stands(sight, environment) else withdraw(sight, environment)
            plans.append(standing(sight, environment, None, ()))
            continue
        release, kind, verdicts = wish.release, wish.kind, course.verdicts[environment]
        judged = subject_of(sight, environment, release, kind) if kind is not Kind.ROLLBACK else None
        actions += job_steps(sight, environment, judged)
        if environment not in course.grouped and not _same(sight, environment, release):
            actions += advance(sight, environment, release, kind, verdicts, room)
        word = merge_word(sight, environment, release, kind)
        said = (*verdicts, *((word,) if word else ()), *course.grouped.get(environment, ()))
        plans.append(standing(sight, environment, (release, kind), said))
    record = _record(course)
    actions += deploys(sight)
    return record + ([] if record else _fresh(sight)) + actions, plans  # a release is made on what is recorded


def _start(app: str, seen: AppSeen, problems: list[str]) -> list[Action] | None:
    """Say how an app without a ledger begins; None when it has one."""
    if seen.ledger_tip is not None:
        return None
    if any(slot.our_trailers for slot in seen.slots.values()):
        problems.append(
            f"{app}: its active branches carry promoter's commits, but its ledger is missing. Restore that branch, "
            f"or start again from what runs: promoter adopt {app} --lost-ledger"
        )
        return []
    if any(slot.content is not None for slot in seen.slots.values()):
        problems.append(f"{app}: something stands in its slots already. Take it as the start: promoter adopt {app}")
        return []
    return [MakeRelease(app, "the first release of an app with empty slots", None)] if seen.dry_changed else []


def _doubted(sight: Sight, environment: str) -> SlotPlan:
    """Describe a slot of which nothing is known, because the ledger is not believed."""
    verdict = Verdict("ledger", Answer.UNKNOWN, sight.seen.doubt)
    return SlotPlan(sight.app.name, environment, State.UNKNOWN, None, waiting_for=(verdict,))


def _record(course: _Course) -> list[Action]:
    """Write down what is new since the ledger was read."""
    sight = course.sight
    ledger = sight.ledger()
    if ledger == course.seen.ledger:
        return []
    return [Record(sight.app.name, "\n".join(sight.changes), sight.seen.ledger_tip, ledger)]


def _fresh(sight: Sight) -> list[Action]:
    """Make a release of what people changed: a slot, the dry branch, or a moved value in a first environment."""
    name, tip = sight.app.name, sight.seen.ledger_tip
    if edited := _adoptable(sight):  # first, or it would stand above what the dry branch has now
        return [AdoptEdits(name, f"adopt what was changed by hand in {', '.join(edited)}", tip, edited)]
    if sight.seen.dry_changed:
        return [MakeRelease(name, "the dry branch has changed what is rendered", tip)]
    for environment, rules in sight.app.environments.items():
        drift = sight.places[environment].drift
        if drift is not None and not rules.after.names and sight.slot(environment).slot.in_place:
            return [MakeRelease(name, f"somebody changed a value in {environment}", tip, environment)]
    return []


def _adoptable(sight: Sight) -> dict[str, ContentId]:
    """Give the hand edits that the policy takes for releases: environment -> content.

    A person's word goes first: nothing is adopted where somebody holds or has named a release to go to.
    """
    found: dict[str, ContentId] = {}
    for environment, rules in sight.app.environments.items():
        place, slot = sight.places[environment], sight.slot(environment)
        if place.drift is None or place.drift.content is None or rules.drift is not OnDrift.ADOPT:
            continue
        first = slot.slot.in_place and not rules.after.names  # a value changed there is a release for all
        still = sight.hold(environment) is not None or freeze_for(sight.config, environment, sight.now) is not None
        if not first and not still and place.target is None:
            found[environment] = place.drift.content
    return found


def _same(sight: Sight, environment: str, release: int) -> bool:
    """The slot holds the target already: it only waits to be taken note of (a hold is over, somebody resumes)."""
    place = sight.places[environment]
    return (
        place.stay is not None
        and place.drift is None
        and sight.slot(environment).holds(sight.release(release).content.get(environment))
    )
