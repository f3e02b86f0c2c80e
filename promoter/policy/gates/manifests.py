"""Manifests as they should be: every object that is proposed for the slot is judged.

With `kubernetes: "1.34"` each must have a kind that this version serves, and the structure of that kind, without fields
that are not known; custom kinds by the definitions in `schemas`, files or folders of the branch that people edit (never
of what the judged change brings). A kind of which nothing is known is unknown, unless `unknown_kinds: allow`. With
`registries` every image comes from there. Expressions of CEL in `cel` must be true of each object; names: `object`;
`images`, a list of the references in it; `app`, `environment`, `version`. Judged is what stands in the slot: manifests
that promoter rendered, or plain ones.

`conftest` runs that program, which must be on PATH (at the version in `tools`, where one stands there), with policies
in Rego of the branch that people edit. Each object is an input of its own. `deny` and `violation` fail, `warn` is
shown; no program, a policy that cannot be used and a package without rules are unknown. It runs with a clean
environment, at most two minutes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Final, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from promoter.layout.slots import clean_path, is_path
from promoter.model.ask import Ask
from promoter.model.verdict import Verdict
from promoter.policy.cel import names
from promoter.policy.form import Form
from promoter.policy.gate import Gate, Subject, asked, from_reply
from promoter.policy.image_name import full_name, image_name
from promoter.policy.node import Node, node_of
from promoter.policy.objects.engines import Conftest
from promoter.policy.objects.judge import NAMES, Rules
from promoter.policy.scalars import said, some_entries, some_items, text
from promoter.policy.spelling import guess

VERSIONS: Final = ("1.31", "1.32", "1.33", "1.34", "1.35", "1.36")
"""Of Kubernetes: those whose kinds are known."""
NAME: Final = "objects"
"""Of its question."""
_WORDS: Final = ("allow", "refuse")
_PACKAGE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")


@dataclass(frozen=True, slots=True)
class Manifests:
    """Every object is as `rules` say, and as programs say."""

    kind: ClassVar[str] = "manifests"
    rules: Rules
    conftest: Conftest | None = None

    def __str__(self) -> str:
        rules = self.rules
        parts = [f"objects of Kubernetes {rules.kubernetes}"] if rules.kubernetes else []
        parts += [f"images from {', '.join(rules.registries)}"] if rules.registries else []
        parts += [f"{name}: {expression}" for name, expression in rules.cel]
        return " and ".join(parts + ([f"conftest with {', '.join(self.conftest.policy)}"] if self.conftest else []))

    def asks(self, subject: Subject) -> tuple[Ask, ...]:
        """Give one ask for the rules and one for each program; none while nothing is proposed."""
        return tuple(filter(None, (asked(self.kind, name, subject, wanted) for name, wanted in self._wanted())))

    def evaluate(self, subject: Subject, now: datetime) -> tuple[Verdict, ...]:
        """Give `manifests/objects` and `manifests/conftest`, as far as they are wanted."""
        return tuple(from_reply(self.kind, name, subject, wanted) for name, wanted in self._wanted())

    def _wanted(self) -> Iterator[tuple[str, Rules | Conftest]]:
        if self.rules != Rules():
            yield NAME, self.rules
        if self.conftest is not None:
            yield self.conftest.program, self.conftest


def _version(node: object) -> str:
    found = re.fullmatch(r"v?(1\.[0-9]{1,3})(?:\.[0-9]+)?", said(node))
    if found is None or found[1] not in VERSIONS:
        raise ValueError(f"{said(node)} is not known; there is {', '.join(VERSIONS)}")
    return found[1]


def _path(node: object) -> str:
    path = clean_path(said(node))
    if not is_path(path):
        raise ValueError(f"{said(node)} is no path inside the repository")
    return path


def _package(node: object) -> str:
    name = said(node)
    if not _PACKAGE.fullmatch(name):
        raise ValueError(f"{name} is no name of a package, such as main or kubernetes.security")
    return name


def _listed(node: object) -> str:
    path = _path(node)
    if not path or "," in path or '"' in path:
        raise ValueError(
            f"{said(node)} cannot be handed to the program; name a folder or file without comma and quotes"
        )
    return path


def _one_or_more(value: object) -> tuple[Node, ...]:
    node = node_of(value)
    return (node,) if node.text is not None else some_items(node)


def _word(node: object) -> str:
    word = text(node)
    if word not in _WORDS:
        raise ValueError(f"{word} is not one of {', '.join(_WORDS)}{guess(word, _WORDS)}")
    return word


def _registry(node: object) -> str:
    place = said(node).rstrip("/")
    try:
        image_name(f"{place}/x")
    except ValueError:
        raise ValueError(f"{said(node)} is no registry, such as ghcr.io or ghcr.io/acme") from None
    first = place.partition("/")[0]
    host = "." in first or ":" in first or first == "localhost"
    return place if host else full_name(place)


def _expression(node: object) -> str:
    expression = said(node)
    for name in sorted(names(expression) - NAMES):
        raise ValueError(f"{name} is not known{guess(name, NAMES) or '; there is ' + ', '.join(sorted(NAMES))}")
    return expression


def _expressions(value: object) -> dict[str, Node]:
    found = some_entries(value)
    if any(not name.strip() for name in found):
        raise ValueError("an expression needs a name")
    return found


_WORD_SCHEMA: Final = WithJsonSchema({"enum": list(_WORDS)})


_Paths = tuple[Annotated[str, BeforeValidator(_listed)], ...]


class ConftestForm(Form):
    """Policies in Rego, for conftest."""

    policy: Annotated[_Paths, BeforeValidator(_one_or_more, json_schema_input_type=str | list[str])]
    """Files or folders of the branch that people edit, `policies/rego`."""
    data: Annotated[_Paths, BeforeValidator(_one_or_more, json_schema_input_type=str | list[str])] = ()
    """Files or folders of that branch with data for the policies."""
    namespaces: Annotated[tuple[Annotated[str, BeforeValidator(_package)], ...], BeforeValidator(some_items)] = (
        "main",
    )
    """The packages whose rules count. Default: main, as conftest has it."""

    def build(self) -> Conftest:
        """Give what is wanted."""
        return Conftest(self.policy, self.data, self.namespaces)


class ManifestsForm(Form):
    """What must be true of every object."""

    kubernetes: Annotated[str, BeforeValidator(_version), WithJsonSchema({"enum": list(VERSIONS)})] = ""
    """The version of Kubernetes whose kinds count. Default: kinds and structure are not judged."""
    schemas: Annotated[tuple[Annotated[str, BeforeValidator(_path)], ...], BeforeValidator(some_items)] = ()
    """CustomResourceDefinitions: files or folders of the branch that people edit."""
    unknown_kinds: Annotated[str, BeforeValidator(_word), _WORD_SCHEMA] = "refuse"
    """Whether objects of which nothing is known may pass: refuse (default), allow."""
    deprecated: Annotated[str, BeforeValidator(_word), _WORD_SCHEMA] = "allow"
    """Whether kinds may be used that a later version drops: allow (default; the verdict tells of them), refuse."""
    registries: Annotated[tuple[Annotated[str, BeforeValidator(_registry)], ...], BeforeValidator(some_items)] = ()
    """Where images may come from, `ghcr.io` or `ghcr.io/acme`. Default: anywhere."""
    cel: Annotated[dict[str, Annotated[str, BeforeValidator(_expression)]], BeforeValidator(_expressions)] = Field(
        default_factory=dict
    )
    """Name -> expression: `{no-latest: "images.all(image, !image.endsWith(':latest'))"}`."""
    conftest: ConftestForm | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.kubernetes and (self.schemas or self.unknown_kinds == "allow" or self.deprecated == "refuse"):
            raise ValueError(f'judges kinds; say of which Kubernetes: kubernetes: "{VERSIONS[-1]}"')
        return self


FORM: Final = ManifestsForm
"""`{kubernetes: "1.34", schemas: [crds/], registries: [ghcr.io/acme], cel: {NAME: EXPRESSION}}`."""
AFTER_MERGE: Final = False
GATE: Final[type[Gate]] = Manifests


def build(form: ManifestsForm) -> Manifests | None:
    """Make the gate; None when nothing is asked for."""
    cel: Mapping[str, str] = form.cel
    if not form.kubernetes and not form.registries and not cel and form.conftest is None:
        return None
    rules = Rules(
        form.kubernetes, form.schemas, form.unknown_kinds == "allow", form.deprecated == "allow", form.registries,
        tuple(cel.items()),
    )  # fmt: skip
    return Manifests(rules, form.conftest.build() if form.conftest is not None else None)
