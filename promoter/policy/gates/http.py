"""Web services that decide: an answer is asked for, and an expression of CEL over it must be true.

Names: `status`, a number; `body`, the JSON; `text`; `headers`, by name in lower case. `{app}`, `{environment}`,
`{release}`, `{version}`, `{head}` and `{dry}` are filled in. It is asked when nothing else is missing; no answer, one
that is too large (1 MiB), and a status other than 2xx that `expect` does not speak of are unknown; a redirect is not
followed. Its host must stand in `hosts`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Final, Self

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema, model_validator

from promoter.model.ask import Ask
from promoter.model.verdict import Verdict
from promoter.policy.cel import names
from promoter.policy.form import Form
from promoter.policy.gate import Gate, Subject, asked, from_reply
from promoter.policy.node import Node, node_of
from promoter.policy.scalars import Positive, entries, said, short
from promoter.policy.spelling import guess
from promoter.policy.web import address, clear, host_of, variable

NAMES: Final = frozenset({"status", "body", "text", "headers"})
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_LONGEST: Final = timedelta(minutes=1)
_HEADER: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True)
class Service:
    """What to ask, and what must be true of the answer."""

    url: str
    expect: str
    method: str = "GET"
    body: str = ""
    token: str = ""
    """The variable that holds it."""
    header: str = ""
    """Where the token goes; empty: `Authorization: Bearer`."""
    within: timedelta = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Http:
    """Each of `services` answers as it should."""

    kind: ClassVar[str] = "http"
    services: tuple[tuple[str, Service], ...]

    def __str__(self) -> str:
        return " and ".join(f"{name} ({service.method} {service.url})" for name, service in self.services)

    @property
    def hosts(self) -> frozenset[str]:
        """Whom it asks."""
        return frozenset(host_of(service.url) for _, service in self.services)

    def asks(self, subject: Subject) -> tuple[Ask, ...]:
        """Give one ask for each service; none while nothing is proposed."""
        return tuple(filter(None, (asked(self.kind, name, subject, service) for name, service in self.services)))

    def evaluate(self, subject: Subject, now: datetime) -> tuple[Verdict, ...]:
        """Give one verdict for each service, named `http/NAME`."""
        return tuple(from_reply(self.kind, name, subject, service) for name, service in self.services)


def at_most_a_minute(value: timedelta) -> timedelta:
    """Refuse what a run would wait for too long."""
    if value > _LONGEST:
        raise ValueError("is more than 1m; a run waits for it")
    return value


def _expect(node: object) -> str:
    text = said(node)
    for name in sorted(names(text) - NAMES):
        raise ValueError(f"{name} is not known{guess(name, NAMES) or '; there is ' + ', '.join(sorted(NAMES))}")
    return text


def _method(node: object) -> str:
    method = said(node)
    if method not in METHODS:
        raise ValueError(f"{method} is not one of {', '.join(METHODS)}{guess(method.upper(), METHODS)}")
    return method


def _header(node: object) -> str:
    name = said(node)
    if not _HEADER.fullmatch(name):
        raise ValueError(f"{name} is not the name of a header")
    return name


class ServiceForm(Form):
    """A web service that decides."""

    url: Annotated[str, BeforeValidator(address)]
    """The address, `https://gate.example/{app}`."""
    expect: Annotated[str, BeforeValidator(_expect)] = "true"
    """What must be true of the answer. Default: that its status is 2xx."""
    method: Annotated[str, BeforeValidator(_method), WithJsonSchema({"enum": list(METHODS)})] = "GET"
    """How it is asked."""
    body: Annotated[str, BeforeValidator(said)] = ""
    """JSON to send; values stand in quotes, `{"app": "{app}"}`."""
    token: Annotated[str, BeforeValidator(variable)] = ""
    """The variable of the run's own environment that holds a token; it is sent as `Authorization: Bearer`."""
    header: Annotated[str, BeforeValidator(_header)] = ""
    """The header that the token is sent in, alone, in place of that."""
    within: Annotated[Positive, AfterValidator(at_most_a_minute)] = timedelta(seconds=10)
    """How long it may take, at most 1m. Default: 10s."""

    @model_validator(mode="after")
    def _secret(self) -> Self:
        if self.header and not self.token:
            raise ValueError("header says where a token goes; say which: token: NAME_OF_A_VARIABLE")
        if self.token and clear(self.url):
            raise ValueError("would send the token where everybody on the way can read it; write https")
        return self

    def build(self) -> Service:
        """Give the rule."""
        return Service(self.url, self.expect, self.method, self.body, self.token, self.header, self.within)


def named(value: object) -> dict[str, Node]:
    """Give the entries of a mapping of names; text alone is an address."""
    found = entries(value)
    if any(not name.strip() for name in found):
        raise ValueError("each of them needs a name")
    return found


def _services(value: object) -> dict[str, Node]:
    return {name: short("url")(node_of(node)) for name, node in named(value).items()}


FORM: Final = Annotated[
    dict[str, ServiceForm], BeforeValidator(_services, json_schema_input_type=Mapping[str, str | ServiceForm])
]
"""`{ready: "https://gate.example/{app}"}` or `{ready: {url: ..., expect: "body.ready"}}`."""
AFTER_MERGE: Final = True
GATE: Final[type[Gate]] = Http


def build(form: dict[str, ServiceForm]) -> Http | None:
    """Make the gate; None when no service is wanted."""
    return Http(tuple((name, one.build()) for name, one in form.items())) if form else None
