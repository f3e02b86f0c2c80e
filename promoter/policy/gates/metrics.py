"""Prometheus queries whose values must stay within bounds, now or over a time.

`max` and `min` are bounds that count as good. With `over: 10m` every sample of that time counts, and `samples` says how
many there must be. No data, too few samples, what is no number and an answer with a warning, which may lack values, are
unknown. It is asked when nothing else is missing; `{app}`, `{environment}`, `{release}`, `{version}`, `{head}` and
`{dry}` are filled in. The host must stand in `hosts`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Final, Self

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema, model_validator

from promoter.model.ask import Ask
from promoter.model.verdict import Verdict
from promoter.policy.form import Form
from promoter.policy.gate import Gate, Subject, asked, from_reply
from promoter.policy.gates.http import at_most_a_minute, named
from promoter.policy.scalars import Positive, Said, number, said
from promoter.policy.web import address, clear, host_of, variable

_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")


@dataclass(frozen=True, slots=True)
class Metric:
    """What to ask Prometheus, and the bounds of its values."""

    prometheus: str
    query: str
    most: float | None = None
    least: float | None = None
    over: timedelta = timedelta(0)
    """Zero: now."""
    samples: int = 1
    token: str = ""
    """The variable that holds it."""
    within: timedelta = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Metrics:
    """Each of `queries` gives values within their bounds."""

    kind: ClassVar[str] = "metrics"
    queries: tuple[tuple[str, Metric], ...]

    def __str__(self) -> str:
        return " and ".join(f"{name} {bounds(metric)}" for name, metric in self.queries)

    @property
    def hosts(self) -> frozenset[str]:
        """Whom it asks."""
        return frozenset(host_of(metric.prometheus) for _, metric in self.queries)

    def asks(self, subject: Subject) -> tuple[Ask, ...]:
        """Give one ask for each query; none while nothing is proposed."""
        return tuple(filter(None, (asked(self.kind, name, subject, metric) for name, metric in self.queries)))

    def evaluate(self, subject: Subject, now: datetime) -> tuple[Verdict, ...]:
        """Give one verdict for each query, named `metrics/NAME`."""
        return tuple(from_reply(self.kind, name, subject, metric) for name, metric in self.queries)


def bounds(metric: Metric) -> str:
    """`at least 1 and at most 5`."""
    said = [("at least", metric.least), ("at most", metric.most)]
    return " and ".join(f"{words} {value:g}" for words, value in said if value is not None)


def _bound(node: object) -> float:
    text = said(node)
    if not _NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        raise ValueError(f"{text} is not a number, such as 0.01")
    return float(text)


Bound = Annotated[float, BeforeValidator(_bound), WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string"}]})]


class MetricForm(Form):
    """A query whose values must stay within bounds."""

    prometheus: Annotated[str, BeforeValidator(address)]
    """The address of a server with the API of Prometheus, `https://prom.example`."""
    query: Said
    """The query, in PromQL."""
    max: Bound | None = None
    """No value may be above it."""
    min: Bound | None = None
    """No value may be below it."""
    over: Positive = timedelta(0)
    """So long back each value counts. Default: the value of now alone."""
    samples: Annotated[int, BeforeValidator(number(1, 10_000))] = 1
    """So many values there must be at least."""
    token: Annotated[str, BeforeValidator(variable)] = ""
    """The variable of the run's own environment that holds a token; it is sent as `Authorization: Bearer`."""
    within: Annotated[Positive, AfterValidator(at_most_a_minute)] = timedelta(seconds=10)
    """How long it may take, at most 1m. Default: 10s."""

    @model_validator(mode="after")
    def _sense(self) -> Self:
        if self.max is None and self.min is None:
            raise ValueError("has no bound; write max, min or both")
        if self.max is not None and self.min is not None and self.min > self.max:
            raise ValueError("min is above max; no value could be good")
        if self.token and clear(self.prometheus):
            raise ValueError("would send the token where everybody on the way can read it; write https")
        return self

    def build(self) -> Metric:
        """Give the rule."""
        return Metric(
            self.prometheus, self.query, self.max, self.min, self.over, self.samples, self.token, self.within
        )  # fmt: skip


FORM: Final = Annotated[dict[str, MetricForm], BeforeValidator(named, json_schema_input_type=Mapping[str, MetricForm])]
"""`{error-rate: {prometheus: "https://prom.example", query: "...", max: "0.01"}}`."""
AFTER_MERGE: Final = True
GATE: Final[type[Gate]] = Metrics


def build(form: dict[str, MetricForm]) -> Metrics | None:
    """Make the gate; None when no query is wanted."""
    return Metrics(tuple((name, one.build()) for name, one in form.items())) if form else None
