"""What the gates would have to know of the world before a decision can be made.

A gate is asked last: while anything else is missing nobody is bothered, and what it says is fresh when it is merged on.
An early one is asked as soon as something is proposed, and the last ones wait for it.
After the merge it is asked once what is active is healthy and has soaked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from promoter.model.ask import Ask
from promoter.model.ledger import Kind
from promoter.model.plan import Plan, SlotPlan
from promoter.model.snapshot import Snapshot
from promoter.plan.judge import judge, subject_of
from promoter.plan.outcome import active_subject, due
from promoter.plan.sight import Sight
from promoter.policy.gate import AskingGate, EarlyGate, Gate
from promoter.policy.rules import Config


def asks(config: Config, seen: Snapshot, plan: Plan, now: datetime) -> tuple[Ask, ...]:
    """Give what should be found out, now that `plan` was made of `seen`; nothing that was replied to already."""
    ledgers = {ledger.app: ledger for ledger in plan.ledgers}
    found: dict[Ask, None] = {}
    for slot in plan.slots:
        rules = config.apps[slot.app].environments.get(slot.environment)
        if slot.app not in ledgers or rules is None:
            continue
        before, after = _asking(rules.gates), _asking(rules.verify.gates)
        if not before and not after:
            continue
        app = replace(seen.apps[slot.app], ledger=ledgers[slot.app])
        sight = Sight(config, config.apps[slot.app], app, now)
        wanted = [*_before(sight, slot, before), *_after(sight, slot, after)]
        found |= dict.fromkeys(ask for ask in wanted if ask not in app.replies)
    return tuple(found)


def _asking(gates: Iterable[Gate]) -> list[AskingGate]:
    return [gate for gate in gates if isinstance(gate, AskingGate)]


def _before(sight: Sight, slot: SlotPlan, gates: list[AskingGate]) -> Iterator[Ask]:
    if not gates or slot.target is None or slot.kind is Kind.ROLLBACK:
        return
    early = [gate for gate in gates if isinstance(gate, EarlyGate) and gate.early]
    last = [gate for gate in gates if gate not in early]
    kinds = {gate.kind for gate in last}
    verdicts = judge(sight, slot.environment, slot.target, slot.kind)
    subject = subject_of(sight, slot.environment, slot.target, slot.kind)
    passed = {verdict.gate for verdict in verdicts if verdict.passed}
    ready = all(verdict.passed or verdict.gate.partition("/")[0] in kinds for verdict in verdicts)
    yield from (ask for gate in early for ask in gate.asks(subject) if ask.gate not in passed)
    yield from (ask for gate in last if ready for ask in gate.asks(subject) if ask.gate not in passed)


def _after(sight: Sight, slot: SlotPlan, gates: list[AskingGate]) -> Iterator[Ask]:
    if gates and due(sight, slot.environment):
        subject = active_subject(sight, slot.environment)
        yield from (ask for gate in gates for ask in gate.asks(subject)) if subject is not None else ()
