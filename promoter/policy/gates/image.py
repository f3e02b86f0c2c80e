"""Images that are there: every image that the proposed content brings stands in its registry.

A tag must still have the digest that stands beside it, or that the release recorded; with `platforms` the image is made
for each of them. Asked are the registries that the images name, by TLS (`localhost` without); where one cannot be
asked, or does not let us read, the answer is unknown. A login comes from `login`, else from Docker's `config.json`
(`DOCKER_CONFIG`). With `all` the images that stood there before are asked for too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Final

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from promoter.model.ask import Ask
from promoter.model.verdict import Verdict
from promoter.policy.form import Form
from promoter.policy.gate import Gate, Subject, asked, from_reply
from promoter.policy.node import Node, node_of
from promoter.policy.scalars import Flag, Positive, Said, said, some_entries, some_items
from promoter.policy.web import host_pattern, variable

NAME: Final = "registry"
"""Of its question."""
_LONGEST: Final = timedelta(minutes=2)
_PLATFORM: Final = re.compile(r"[a-z0-9]+/[a-z0-9_]+(?:/[a-z0-9._-]+)?")


@dataclass(frozen=True, slots=True)
class Account:
    """Who we are to a registry: a name, and the variable that holds a password or token."""

    user: str
    password: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What must be true of images."""

    platforms: tuple[str, ...] = ()
    all: bool = False
    """Also of those that stood there before."""
    login: tuple[tuple[str, Account], ...] = ()
    """By registry."""
    within: timedelta = timedelta(seconds=30)
    recorded: tuple[tuple[str, str, str], ...] = ()
    """Name, tag and digest, as the app's releases have them."""


@dataclass(frozen=True, slots=True)
class Image:
    """The images are there, as they were when they were released."""

    kind: ClassVar[str] = "image"
    wanted: Wanted

    def __str__(self) -> str:
        which = "all images are" if self.wanted.all else "new images are"
        return f"{which} in their registries{' for ' * bool(self.wanted.platforms)}{', '.join(self.wanted.platforms)}"

    def asks(self, subject: Subject) -> tuple[Ask, ...]:
        """Give its one ask; none while nothing is proposed."""
        return tuple(filter(None, [asked(self.kind, NAME, subject, self._settings(subject))]))

    def evaluate(self, subject: Subject, now: datetime) -> tuple[Verdict, ...]:
        """Give one verdict, `image/registry`."""
        return (from_reply(self.kind, NAME, subject, self._settings(subject)),)

    def _settings(self, subject: Subject) -> Wanted:
        known = {number: release for number, release in subject.releases.items() if number <= subject.release.number}
        known[subject.release.number] = subject.release
        digests: dict[tuple[str, str], str] = {}
        for _, release in sorted(known.items()):
            for change in release.images:
                tag, at, digest = change.new.partition("@")
                if change.digest or at:
                    digests[change.name, tag] = change.digest or digest
        recorded = tuple(sorted((name, tag, digest) for (name, tag), digest in digests.items()))
        wanted = self.wanted
        return Wanted(wanted.platforms, wanted.all, wanted.login, wanted.within, recorded)


def _platform(node: object) -> str:
    text = said(node)
    if not _PLATFORM.fullmatch(text):
        raise ValueError(f"{text} is no platform, such as linux/amd64 or linux/arm64")
    return text


def one_registry_each(value: object) -> dict[str, Node]:
    """Give entries whose keys are registries. Raises ValueError."""
    found = some_entries(value)
    for host, node in found.items():
        if "*" in host_pattern(Node(node.file, node.line, host)):
            raise ValueError(f"{host} is not one exact registry, such as ghcr.io")
    return found


def at_most(value: timedelta) -> timedelta:
    """Refuse what a run would wait for too long."""
    if value > _LONGEST:
        raise ValueError("is more than 2m; a run waits for it")
    return value


class AccountForm(Form):
    """A login."""

    user: Said
    """The name."""
    password: Annotated[str, BeforeValidator(variable)]
    """The variable of the run's own environment that holds the password, or a token."""


class ImageForm(Form):
    """What must be true of images."""

    platforms: Annotated[tuple[Annotated[str, BeforeValidator(_platform)], ...], BeforeValidator(some_items)] = ()
    """What each image must be made for, `[linux/amd64, linux/arm64]`. Default: whatever it is made for."""
    all: Flag = False
    """Whether images that stood there before are asked for too. Default: false."""
    login: Annotated[dict[str, AccountForm], BeforeValidator(one_registry_each)] = Field(default_factory=dict)
    """Registry -> login. Default: what Docker's config.json holds."""
    within: Annotated[Positive, AfterValidator(at_most)] = timedelta(seconds=30)
    """How long all of it may take, at most 2m. Default: 30s."""


def _wanted(value: object) -> Node:
    node = node_of(value)
    return Node(node.file, node.line, {}) if node.text == "true" else node


FORM: Final = Annotated[
    ImageForm,
    BeforeValidator(_wanted, json_schema_input_type=Annotated[bool, WithJsonSchema({"const": True})] | ImageForm),
]
"""`true`, or `{platforms: [linux/amd64, linux/arm64]}`."""
AFTER_MERGE: Final = False
GATE: Final[type[Gate]] = Image


def build(form: ImageForm) -> Image:
    """Make the gate."""
    login = tuple((host.lower(), Account(one.user, one.password)) for host, one in sorted(form.login.items()))
    return Image(Wanted(form.platforms, form.all, login, form.within))
