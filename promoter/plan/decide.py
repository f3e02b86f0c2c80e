"""Deciding what to do: a pure function of (config, snapshot, now).

It closes the facts to a fixpoint first, then chooses for each environment what should come next, judges it, and gives
the steps. Invariants: the same input gives the same plan; an unchanged world gives no actions; an app's ledger is
written before anything that it announces is done.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from promoter.model.forge import PullState
from promoter.model.ledger import Ledger
from promoter.model.plan import Action, MakeRelease, Plan, Record, SlotPlan, State
from promoter.model.snapshot import AppSeen, Snapshot
from promoter.model.verdict import Answer, Verdict
from promoter.plan.draft import ripen
from promoter.plan.facts import close_facts
from promoter.plan.gathering import gathering
from promoter.plan.judge import judge, merge_word
from promoter.plan.rename import close_former, renaming
from promoter.plan.sight import Sight
from promoter.plan.standing import standing
from promoter.plan.steps import Room, advance, withdraw
from promoter.plan.target import choose
from promoter.policy.rules import Config


def decide(config: Config, seen: Snapshot, now: datetime) -> Plan:
    """Give what to do now, and what every slot waits for. Apps that the config does not name are left alone."""
    actions: list[Action] = []
    slots: list[SlotPlan] = []
    ledgers = []
    problems: list[str] = []
    room = Room(config.open_pull_requests - _open(seen))
    for name, rules in config.apps.items():
        app = seen.apps.get(name)
        if app is None:
            continue
        ripened, said = ripen(rules, app.ledger, now)
        sight = Sight(config, rules, replace(app, ledger=ripened), now, changes=said)
        problems += app.problems
        todo, plans = _app(sight, app.ledger, room, problems)
        actions += todo
        slots += [gathering(sight, plan) for plan in plans]
        ledgers.append(sight.ledger())
    looks = [plan.next_look for plan in slots if plan.next_look is not None]
    return Plan(tuple(actions), tuple(slots), tuple(ledgers), tuple(problems), min(looks, default=None))


def _open(seen: Snapshot) -> int:
    return sum(
        pull.state is PullState.OPEN
        for app in seen.apps.values()
        for slot in app.slots.values()
        for pull in slot.pulls
    )  # fmt: skip


def _app(sight: Sight, known: Ledger, room: Room, problems: list[str]) -> tuple[list[Action], list[SlotPlan]]:
    if sight.seen.doubt:
        problems.append(sight.seen.doubt)
        return [], [_doubted(sight, name) for name in sight.app.environments]
    start = _start(sight.app.name, sight.seen, problems)
    if start is not None:
        return start, [standing(sight, name, None, ()) for name in sight.app.environments]
    rename = renaming(sight.app, sight.seen)
    if rename is not None:
        return [rename], [standing(sight, name, None, ()) for name in sight.app.environments]
    close_facts(sight)
    actions: list[Action] = close_former(sight)
    plans: list[SlotPlan] = []
    for environment in sight.app.environments:
        chosen = choose(sight, environment)
        if chosen is None:
            actions += withdraw(sight, environment)
            plans.append(standing(sight, environment, None, ()))
            continue
        release, kind = chosen
        verdicts = judge(sight, environment, release, kind)
        steps = [] if _same(sight, environment, release) else advance(sight, environment, release, kind, verdicts, room)
        actions += steps
        word = merge_word(sight, environment, release, kind)
        plans.append(standing(sight, environment, chosen, (*verdicts, word) if word else verdicts))
    record = _record(sight, known)
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


def _record(sight: Sight, known: Ledger) -> list[Action]:
    """Write down what is new; `known` is the ledger as it was read."""
    ledger = sight.ledger()
    if ledger == known:
        return []
    return [Record(sight.app.name, "\n".join(sight.changes), sight.seen.ledger_tip, ledger)]


def _fresh(sight: Sight) -> list[Action]:
    """Make a release of what people changed: the dry branch, or a moved value in a first environment."""
    name, tip = sight.app.name, sight.seen.ledger_tip
    if sight.seen.dry_changed:
        return [MakeRelease(name, "the dry branch has changed what is rendered", tip)]
    for environment, rules in sight.app.environments.items():
        drift = sight.places[environment].drift
        if drift is not None and not rules.after.names and sight.slot(environment).slot.in_place:
            return [MakeRelease(name, f"somebody changed a value in {environment}", tip, environment)]
    return []


def _same(sight: Sight, environment: str, release: int) -> bool:
    """The slot holds the target already: it only waits to be taken note of (a hold is over, somebody resumes)."""
    place = sight.places[environment]
    return (
        place.stay is not None
        and place.drift is None
        and sight.slot(environment).holds(sight.release(release).content.get(environment))
    )
