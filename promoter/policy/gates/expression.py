"""Expressions of CEL that must be true: one, or a name for each. What one cannot know is unknown, and does not pass.

Names: `app`, `environment`; `release` with `number`, `name`, `version`, `at`, `by`, `dry`; `images`, those that the
release moves, by name, with `tag`, `old`, `digest`; `commits`, a list with `id`, `author`, `subject`; `authors`, who
made the change; `labels` of the pull request; `environments` of this app, by name, with `release` (a number),
`version`, `since`, `result` (`verified`, `failed`, ...) and `held`; `now`. A key that has no value is not there:
`has(environments.staging.release)`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Final

from pydantic import BeforeValidator

from promoter.model.verdict import Answer, Verdict
from promoter.policy.cel import Missing, evaluated, names, tried
from promoter.policy.expression_facts import KEYS, NAMES, facts, sample
from promoter.policy.gate import Gate, Subject
from promoter.policy.node import Node, node_of
from promoter.policy.scalars import entries, said
from promoter.policy.spelling import guess

_KEYED = re.compile(r"\b(images|environments)\s*(?:\[\s*(?:\"([^\"]*)\"|'([^']*)')\s*\]|\.\s*([A-Za-z_]\w*))")
_LONG = 200


@dataclass(frozen=True, slots=True)
class Expression:
    """Each of `wanted` is true."""

    kind: ClassVar[str] = "expression"
    wanted: tuple[tuple[str, str], ...]
    """Name (empty for the only one) and text."""

    def __str__(self) -> str:
        return " and ".join(f"{name}: {text}" if name else text for name, text in self.wanted)

    def evaluate(self, subject: Subject, now: datetime) -> tuple[Verdict, ...]:
        """Give one verdict for each expression, named `expression/NAME`."""
        known = facts(subject, now)
        return tuple(_judge(name, text, known) for name, text in self.wanted)


def _judge(name: str, text: str, known: Mapping[str, object]) -> Verdict:
    gate = f"{Expression.kind}/{name}" if name else Expression.kind
    shown = " ".join(text.split())
    shown = shown if len(shown) <= _LONG else shown[: _LONG - 1] + "…"
    try:
        value = evaluated(text, known)
    except Missing as missing:
        if missing.name == "labels" and "labels" not in known:
            return Verdict(gate, Answer.PENDING, "no pull request yet")
        return Verdict(gate, Answer.UNKNOWN, f"{missing} in {shown}")
    except ValueError as error:
        return Verdict(gate, Answer.UNKNOWN, f"{shown}: {error}")
    if value is True:
        return Verdict(gate, Answer.SUCCESS, shown)
    if value is False:
        return Verdict(gate, Answer.PENDING, f"not true: {shown}")
    return Verdict(gate, Answer.UNKNOWN, f"{shown} gives neither true nor false")


def expression(node: object) -> str:
    """Give an expression over what the gate knows, tried with values of every kind. Raises ValueError."""
    text = said(node)
    for name in sorted(names(text) - NAMES):
        raise ValueError(f"{name} is not known{guess(name, NAMES) or '; there is ' + ', '.join(sorted(NAMES))}")
    keyed: dict[str, set[str]] = {"images": set(), "environments": set()}
    for kind, *found in _KEYED.findall(text):
        keyed[kind].update(filter(None, found))
    tried(text, sample(keyed["images"], keyed["environments"]), KEYS)
    return text


def _entries(value: object) -> dict[str, Node]:
    node = node_of(value)
    if not isinstance(node.value, Mapping):
        return {"": node}
    found = entries(node)
    if any(not name.strip() for name in found):
        raise ValueError("an expression needs a name")
    return found


FORM: Final = Annotated[
    dict[str, Annotated[str, BeforeValidator(expression)]],
    BeforeValidator(_entries, json_schema_input_type=str | dict[str, str]),
]
"""`images["a"].tag == images["b"].tag`, or `{NAME: ...}`, each of which must be true."""
AFTER_MERGE: Final = False
GATE: Final[type[Gate]] = Expression


def build(form: dict[str, str]) -> Expression | None:
    """Make the gate; None when no expression is wanted."""
    return Expression(tuple(form.items())) if form else None
