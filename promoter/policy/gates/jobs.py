"""Jobs of the repository that promoter starts on the forge: each must pass.

On GitHub a workflow with `workflow_dispatch`, started on the branch that people edit; on GitLab a job of its
`.gitlab-ci.yml`, in a pipeline with the input `job`; on the local forge an executable file, which promoter runs. It
gets those of the inputs `app`, `environment`, `release` (`r41`), `version`, `sha` (the proposed commit; after the merge
the active one) and `key` that it declares; the run's name must show `key`. It is started as soon as something is
proposed, once for each commit; after the merge when what is active has soaked. One that failed counts again when a
person runs it again on the forge, and `promoter retry` starts another.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Final

from pydantic import BeforeValidator

from promoter.model.ask import Ask
from promoter.model.job import JobNote, JobRun, note_on
from promoter.model.ledger import Place
from promoter.model.verdict import Answer, Verdict
from promoter.policy.form import Form
from promoter.policy.gate import Gate, Subject, asked
from promoter.policy.node import Node, node_of
from promoter.policy.scalars import Positive, entries, said, short

_WORKFLOW = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.@+/-]*")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,49}")
_ANSWERS = {"success": Answer.SUCCESS, "pending": Answer.PENDING, "failure": Answer.FAILURE}


@dataclass(frozen=True, slots=True)
class JobRule:
    """What to start, and how long it may take."""

    workflow: str
    within: timedelta = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Jobs:
    """Each of `jobs` passes."""

    kind: ClassVar[str] = "jobs"
    early: ClassVar[bool] = True
    jobs: tuple[tuple[str, JobRule], ...]

    def __str__(self) -> str:
        return " and ".join(f"{name} ({rule.workflow})" for name, rule in self.jobs)

    def asks(self, subject: Subject) -> tuple[Ask, ...]:
        """Give one ask for each job that has not passed; none while nothing is proposed."""
        found = ((asked(self.kind, name, subject, rule), _note(subject, name)) for name, rule in self.jobs)
        return tuple(ask for ask, note in found if ask is not None and not _settled(note))

    def evaluate(self, subject: Subject, now: datetime) -> tuple[Verdict, ...]:
        """Give one verdict for each job, named `jobs/NAME`."""
        return tuple(_judge(name, rule, subject) for name, rule in self.jobs)


def _note(subject: Subject, name: str) -> JobNote | None:
    if subject.head is None:
        return None
    return note_on(subject.places.get(subject.environment, Place()).jobs, name, subject.head, subject.merged)


def _settled(note: JobNote | None) -> bool:
    """Tell whether nothing but a person's word changes what is remembered."""
    return note is not None and note.run is not None and note.run.state in ("success", "refused")


def _judge(name: str, rule: JobRule, subject: Subject) -> Verdict:
    gate = f"{Jobs.kind}/{name}"
    ask, note = asked(Jobs.kind, name, subject, rule), _note(subject, name)
    if ask is None:
        return Verdict(gate, Answer.PENDING, "nothing is proposed yet")
    reply = subject.replies.get(ask) if not _settled(note) else None
    run = reply.job if reply is not None else note.run if note is not None else None
    if run is not None:
        return _verdict(gate, rule, run)
    if reply is not None:
        return Verdict(gate, reply.answer, reply.reason, until=reply.until)
    return Verdict(gate, Answer.PENDING, "is not started yet")


def _verdict(gate: str, rule: JobRule, run: JobRun) -> Verdict:
    if run.state == "pending":
        return Verdict(gate, Answer.PENDING, "runs", run.at, run.at + rule.within, url=run.url)
    words = {"success": "passed", "failure": "failed"}.get(run.state, "cannot be started")
    reason = f"{words}: {run.said}" if run.said else words
    if run.state == "refused":
        reason += " Then say promoter retry."
    answer = _ANSWERS.get(run.state, Answer.UNKNOWN)
    return Verdict(gate, answer, reason, run.ended or run.at, url=run.url)


def _workflow(node: object) -> str:
    text = said(node)
    if not _WORKFLOW.fullmatch(text) or ".." in text.split("/"):
        raise ValueError(f"{text or 'it'} is not the file of a job in this repository, such as smoke.yaml")
    return text


class JobForm(Form):
    """A job of the repository."""

    workflow: Annotated[str, BeforeValidator(_workflow)]
    """On GitHub the name of a file in .github/workflows; on the local forge the path of an executable file."""
    within: Positive = timedelta(minutes=30)
    """How long it may take; slower has failed. Default: 30m."""


def _jobs(value: object) -> dict[str, Node]:
    found = entries(value)
    for name in found:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name or 'a job'} needs a name of letters, digits, `.`, `_` and `-`, at most 50")
    return {name: short("workflow")(node_of(node)) for name, node in found.items()}


FORM: Final = Annotated[dict[str, JobForm], BeforeValidator(_jobs, json_schema_input_type=Mapping[str, str | JobForm])]
"""`{smoke: smoke.yaml}` or `{smoke: {workflow: smoke.yaml, within: 20m}}`."""
AFTER_MERGE: Final = True
GATE: Final[type[Gate]] = Jobs


def build(form: dict[str, JobForm]) -> Jobs | None:
    """Make the gate; None when no job is wanted."""
    return Jobs(tuple((name, JobRule(one.workflow, one.within)) for name, one in form.items())) if form else None
