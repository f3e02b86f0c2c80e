"""The file form of a simulation: what happens, in order, and what is to come of it.

Invariants: as in the config, every scalar is text until the form types it, an unknown key is a fault, and all faults
are told at once as `file:line:key`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema, model_validator

from promoter.errors import ConfigInvalid, Problem
from promoter.model.forge import Permission
from promoter.model.verdict import Answer
from promoter.policy.form import Form
from promoter.policy.node import Node, place
from promoter.policy.reading import read_form
from promoter.policy.scalars import (
    Duration,
    Flag,
    Positive,
    Said,
    SomeTexts,
    Texts,
    choice,
    entries,
    number,
    said,
    some_entries,
    some_items,
    text,
)
from promoter.policy.schema import _Schema as Schema
from promoter.policy.source import parse

WORDS = ("hold", "resume", "skip", "retry", "promote", "rollback", "override")
"""Verbs that a person says, with the words of the command line."""
ON_PULLS = ("approve", "request_changes", "close", "reopen", "merge")
"""What a person does with the pull request of an app into an environment."""
EVENTS = (
    "release", "commit", "later", "until", "check", "cluster", "answer", "comment", "repeat", *ON_PULLS, *WORDS,
)  # fmt: skip
"""The keys of a step that make something happen; a step has at most one."""
_EMPTY = "nothing happens in it"
COUNTED = "{n}"
"""Stands for the number of the round in the texts of a repeated step."""


class Doing(StrEnum):
    """How a cluster behaves from now on."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    HANGS = "hangs"
    UNREACHABLE = "unreachable"


class CheckSays(StrEnum):
    """What a check says."""

    SUCCESS = "success"
    PENDING = "pending"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Claim:
    """What is expected of an app in an environment."""

    node: Node
    app: str
    """Empty: the only one there is."""
    environment: str
    words: tuple[str, ...]


def _claims(value: object) -> tuple[Claim, ...]:
    found = []
    for key, entry in some_entries(value).items():
        if isinstance(entry.value, Mapping):
            found += [Claim(below, key, name, _words(below)) for name, below in some_entries(entry).items()]
        else:
            found.append(Claim(entry, "", key, _words(entry)))
    return tuple(found)


def _words(node: Node) -> tuple[str, ...]:
    return (said(node),) if node.text is not None else tuple(said(item) for item in some_items(node))


_ONE_OR_MORE: dict[str, Any] = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
Claims = Annotated[
    tuple[Claim, ...],
    PlainValidator(_claims),
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": {
                "anyOf": [*_ONE_OR_MORE["anyOf"], {"type": "object", "additionalProperties": _ONE_OR_MORE}]
            },
        }
    ),
]


class CommitForm(Form):
    """A commit of a person to the branch that people edit."""

    files: Annotated[dict[str, Annotated[str, BeforeValidator(text)]], BeforeValidator(some_entries)]
    """Path -> its whole text."""
    message: Said = "Change it"


class CheckForm(Form):
    """A commit status."""

    name: Said
    says: Annotated[CheckSays, BeforeValidator(choice(CheckSays))]
    """success, pending or failure."""
    in_: Said = Field(alias="in")
    """The environment."""
    app: Said = ""
    from_: Said = Field(default="ci", alias="from")
    """Who reports it."""
    merged: Flag = False
    """On the commit that is active, not on the one that is proposed."""
    always: Flag = False
    """And from now on on every other as soon as there is one."""


class ClusterForm(Form):
    """How a cluster behaves from now on."""

    in_: Said = Field(alias="in")
    """The environment."""
    is_: Annotated[Doing, BeforeValidator(choice(Doing))] = Field(alias="is")
    """healthy, degraded (what runs is not well), hangs (takes no new commit), or unreachable."""
    app: Said = ""
    """Default: all."""
    cluster: Said = ""
    """Default: all of the environment's."""
    running: Said = ""
    """Only while it runs this release or version."""


class AnswerForm(Form):
    """What the world answers a gate from now on."""

    gate: Said
    """`http/qa`, or `http` for all of that kind."""
    says: Annotated[Answer, BeforeValidator(choice(Answer))]
    """success, pending, failure or unknown."""
    in_: Said = Field(default="", alias="in")
    """The environment. Default: all."""
    app: Said = ""
    """Default: all."""


class CommentForm(Form):
    """A comment of a person on the pull request of an app into an environment."""

    in_: Said = Field(alias="in")
    """The environment."""
    text: Said
    """`/promoter hold "INC-412"`."""
    app: Said = ""


class OnceForm(Form):
    """One thing that happens, and what is expected after it."""

    elsewhere: ClassVar[Mapping[str, str]] = {
        "wait": "unknown key wait; time passes with later: 2h, or until: Mon 09:00",
        "pass": "unknown key pass; time passes with later: 2h, or until: Mon 09:00",
        "never": "never holds for the whole script; write it at the top",
        "sync": "unknown key sync; did you mean cluster: {in: prod, is: hangs}?",
    }

    release: Said = ""
    """`shop 1.4.2`, as after promoter release."""
    commit: CommitForm | None = None
    later: Positive | None = None
    """So much time passes."""
    until: Said = ""
    """Time passes until `Mon 09:00`, `14:00`, or `2026-12-24 09:00`, in the config's time zone."""
    check: CheckForm | None = None
    cluster: ClusterForm | None = None
    answer: AnswerForm | None = None
    comment: CommentForm | None = None
    approve: Said = ""
    """`shop prod`: the pull request of shop into prod."""
    request_changes: Said = ""
    close: Said = ""
    reopen: Said = ""
    merge: Said = ""
    hold: Said = ""
    """`shop prod "INC-412"`, as after promoter hold; so are the next six."""
    resume: Said = ""
    skip: Said = ""
    retry: Said = ""
    promote: Said = ""
    rollback: Said = ""
    override: Said = ""
    by: Said = ""
    """Who does it. Default: kim; reviews: lin."""
    refused: Flag = False
    """It is expected to be refused."""
    expect: Claims = ()
    """App -> environment -> what is there: `r2`, `1.4.2`, `nothing`, or a state such as `held`; or a list of these."""
    waiting: Claims = ()
    """App -> environment -> the gates, or the state, that it waits for."""

    @model_validator(mode="after")
    def _one_event(self) -> Self:
        given = [key for key in EVENTS if getattr(self, key, None)]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} are two things; write a step for each")
        if not given and not self.expect and not self.waiting:
            raise ValueError(f"{_EMPTY}; there is {', '.join(EVENTS)}")
        return self

    @property
    def event(self) -> str:
        """The key of what happens; empty when it only expects."""
        return next((key for key in EVENTS if getattr(self, key, None)), "")


class RepeatForm(Form):
    """Steps that come again."""

    times: Annotated[int, BeforeValidator(number(1, 10_000))]
    every: Positive
    """From one round to the next."""
    steps: Annotated[tuple[OnceForm, ...], BeforeValidator(some_items)]
    """`{n}` in their texts is the number of the round."""


class StepForm(OnceForm):
    """A step, or several that come again."""

    repeat: RepeatForm | None = None


class ScriptForm(Form):
    """A simulation: what happens on a scratch copy, in order, and what is to come of it."""

    missing: ClassVar[Mapping[str, str]] = {
        "steps": "is missing; write what happens: steps: [{release: shop 1.4.2}, {later: 1h}]"
    }

    config: Said = ""
    """The text of a promoter.yaml, for a repository that is made up. Default: the config repository's."""
    files: Annotated[dict[str, Annotated[str, BeforeValidator(text)]], BeforeValidator(entries)] = Field(
        default_factory=dict
    )
    """Path -> text: files of the scratch copy, over what stands there."""
    start: Said = "2026-01-05 09:00"
    """When it begins, in the config's time zone."""
    apps: SomeTexts | None = None
    """Who is played. Default: all."""
    people: Annotated[
        dict[str, Annotated[Permission, BeforeValidator(choice(Permission))]], BeforeValidator(some_entries)
    ] = Field(default_factory=dict)
    """Who has which right: none, read, triage, write, maintain, admin. Default: everybody may write."""
    teams: Annotated[dict[str, Texts], BeforeValidator(some_entries)] = Field(default_factory=dict)
    """Team -> who is in it."""
    healthy_after: Duration = timedelta(minutes=2)
    """How long a cluster takes from a merge until what was merged is healthy."""
    answers: Annotated[tuple[AnswerForm, ...], BeforeValidator(some_items)] = ()
    """What the world answers gates that ask it, from the beginning. Default: unknown."""
    never: Claims = ()
    """App -> environment -> what must never be there."""
    steps: Annotated[tuple[StepForm, ...], BeforeValidator(some_items)]
    """What happens, in order."""


@dataclass(frozen=True, slots=True)
class Script:
    """A script as it was read, and its tree."""

    file: str
    root: Node
    form: ScriptForm


def read_script(file: str, data: bytes) -> Script:
    """Read the text of a script; `file` is its name for people. Raises ConfigInvalid with all problems."""
    tree, problems = parse(file, data)
    if tree is None:
        raise ConfigInvalid(problems)
    form, faults = read_form(ScriptForm, tree)
    named = {id(fault.node) for fault in faults if fault.key}
    empty = [fault for fault in faults if fault.message.startswith(_EMPTY) and id(fault.node) in named]
    found = [*problems, *place([tree], (fault for fault in faults if fault not in empty))]
    if form is None or found:
        raise ConfigInvalid(found)
    return Script(file, tree, form)


def counted(step: OnceForm, round_: int) -> OnceForm:
    """Give `step` with the number of its round where `{n}` stands. Raises ConfigInvalid when that makes no sense."""
    form, _ = read_form(OnceForm, _filled(step.node, str(round_)))
    if form is None:
        raise ConfigInvalid([Problem(step.node.file, step.node.line, "", "makes no sense with {n} filled in")])
    return form


def _filled(node: Node, word: str) -> Node:
    if node.text is not None:
        return Node(node.file, node.line, node.text.replace(COUNTED, word))
    if node.entries:
        return Node(node.file, node.line, {key: _filled(entry, word) for key, entry in node.entries.items()})
    return Node(node.file, node.line, tuple(_filled(item, word) for item in node.items)) if node.items else node


def script_schema() -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of a script."""
    schema = ScriptForm.model_json_schema(schema_generator=Schema)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "promoter simulate SCRIPT"}
