"""Programs of the config repository that decide: each prints `{"answer": "success", "reason": "..."}`.

`answer` is success, pending or failure; `reason` a sentence; `until` may be a moment (RFC 3339) at which to ask again.
A program that fails, prints anything else or is too slow is unknown. It is asked when nothing else is missing, in a
copy of the branch that people edit (never of what the judged change brings), with a clean environment:
`PROMOTER_APP`, `PROMOTER_ENVIRONMENT`, `PROMOTER_RELEASE` (`r41`), `PROMOTER_VERSION`, `PROMOTER_DRY_COMMIT`,
`PROMOTER_HEAD` (the proposed commit), and `PROMOTER_CONTENT`, the path of a copy of what is proposed for the slot.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Final

from pydantic import AfterValidator, BeforeValidator

from promoter.model.ask import Ask
from promoter.model.verdict import Verdict
from promoter.policy.form import Form
from promoter.policy.gate import Gate, Subject, asked, from_reply
from promoter.policy.node import Node, node_of
from promoter.policy.scalars import Positive, Said, entries, some_items
from promoter.policy.web import variable

_PROGRAM = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+/-]*")
_LONGEST = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Program:
    """What to run: `run` is a file of the repository with its arguments; `variables` are handed on by name."""

    run: tuple[str, ...]
    within: timedelta
    variables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Commands:
    """Each of `programs` says success."""

    kind: ClassVar[str] = "commands"
    programs: tuple[tuple[str, Program], ...]

    def __str__(self) -> str:
        return " and ".join(f"{name} ({' '.join(program.run)})" for name, program in self.programs)

    def asks(self, subject: Subject) -> tuple[Ask, ...]:
        """Give one ask for each program; none while nothing is proposed."""
        return tuple(filter(None, (asked(self.kind, name, subject, program) for name, program in self.programs)))

    def evaluate(self, subject: Subject, now: datetime) -> tuple[Verdict, ...]:
        """Give one verdict for each program, named `commands/NAME`."""
        return tuple(from_reply(self.kind, name, subject, program) for name, program in self.programs)


def _within(value: timedelta) -> timedelta:
    if value > _LONGEST:
        raise ValueError("is more than 10m; a run waits for it")
    return value


def _run(node: object) -> tuple[Node, ...]:
    words = some_items(node)
    program = words[0].text or ""
    if not _PROGRAM.fullmatch(program) or ".." in program.split("/"):
        raise ValueError(f"{program or 'it'} is not the path of a file in this repository, such as ci/smoke.sh")
    return words


class ProgramForm(Form):
    """A program of the config repository."""

    run: Annotated[tuple[Said, ...], BeforeValidator(_run)]
    """An executable file of this repository and its arguments, without a shell."""
    within: Annotated[Positive, AfterValidator(_within)] = timedelta(minutes=1)
    """How long it may take, at most 10m. Default: 1m."""
    env: Annotated[tuple[Annotated[str, BeforeValidator(variable)], ...], BeforeValidator(some_items)] = ()
    """Variables of the run's own environment that it gets, by name, such as a token's. Their values are kept out of
    what is shown. Default: none."""


def _programs(value: object) -> dict[str, Node]:
    found = {}
    for name, node in entries(value).items():
        if not name.strip():
            raise ValueError("a program needs a name")
        found[name] = Node(node.file, node.line, {"run": node}) if isinstance(node.value, tuple) else node_of(node)
    return found


FORM: Final = Annotated[
    dict[str, ProgramForm],
    BeforeValidator(_programs, json_schema_input_type=Mapping[str, list[str] | ProgramForm]),
]
"""`{smoke: [ci/smoke.sh, --fast]}` or `{smoke: {run: [...], within: 5m, env: [TOKEN]}}`."""
AFTER_MERGE: Final = True
GATE: Final[type[Gate]] = Commands


def build(form: dict[str, ProgramForm]) -> Commands | None:
    """Make the gate; None when no program is wanted."""
    programs = tuple((name, Program(one.run, one.within, one.env)) for name, one in form.items())
    return Commands(programs) if programs else None
