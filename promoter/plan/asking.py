"""What the gates would have to know of the world before a decision can be made.

A gate is asked last: while anything else is missing nobody is bothered, and what it says is fresh when it is merged on.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from promoter.model.ask import Ask
from promoter.model.ledger import Kind
from promoter.model.plan import Plan
from promoter.model.snapshot import Snapshot
from promoter.plan.judge import judge, subject_of
from promoter.plan.sight import Sight
from promoter.policy.gate import AskingGate
from promoter.policy.rules import Config


def asks(config: Config, seen: Snapshot, plan: Plan, now: datetime) -> tuple[Ask, ...]:
    """Give what should be found out, now that `plan` was made of `seen`; nothing that was replied to already."""
    ledgers = {ledger.app: ledger for ledger in plan.ledgers}
    found: dict[Ask, None] = {}
    for slot in plan.slots:
        if slot.target is None or slot.kind is not Kind.PROMOTION or slot.app not in ledgers:
            continue
        rules = config.apps[slot.app]
        gates = [gate for gate in rules.environments[slot.environment].gates if isinstance(gate, AskingGate)]
        if not gates:
            continue
        app = replace(seen.apps[slot.app], ledger=ledgers[slot.app])
        sight = Sight(config, rules, app, now)
        kinds = {gate.kind for gate in gates}
        verdicts = judge(sight, slot.environment, slot.target, slot.kind)
        if all(verdict.passed or verdict.gate.partition("/")[0] in kinds for verdict in verdicts):
            subject = subject_of(sight, slot.environment, slot.target, slot.kind)
            passed = {verdict.gate for verdict in verdicts if verdict.passed}
            wanted = (ask for gate in gates for ask in gate.asks(subject))
            found |= dict.fromkeys(ask for ask in wanted if ask not in app.replies and ask.gate not in passed)
    return tuple(found)
