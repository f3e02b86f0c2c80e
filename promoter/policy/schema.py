"""The file form of `promoter.yaml`, and the JSON Schema that editors check it with.

Everything that may be written stands in the `schema*` files; what it means is decided in `promoter.policy.load`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from promoter.policy.form import DO, Form
from promoter.policy.node import Node
from promoter.policy.rules import Freeze
from promoter.policy.scalars import (
    Day,
    ExactVersion,
    Flag,
    Said,
    SomeTexts,
    Timezone,
    choice,
    entries,
    inside,
    number,
    said,
    some_entries,
    some_items,
    template,
)
from promoter.policy.schema_app import App
from promoter.policy.schema_live import KINDS, LiveField
from promoter.policy.schema_previews import PreviewsForm
from promoter.policy.schema_rules import Environment, RulesForm
from promoter.policy.span_text import SpanTexts, parse_span
from promoter.policy.spans import opening
from promoter.policy.web import host_pattern

PolicyForm = RulesForm
_SOME_DAY = datetime(2024, 1, 1, tzinfo=UTC)


class LayoutForm(Form):
    """Where rendered manifests stand."""

    branch: Annotated[str, BeforeValidator(template("app", "environment"))]
    """The branch, `environment/{environment}`."""
    path: Annotated[str, BeforeValidator(inside("app", "environment"))]
    """The folder in it, `{app}`; `.` is the root."""


class FreezeForm(Form):
    """Days on which nothing moves, or times that come again."""

    from_: Day | None = Field(default=None, alias="from")
    """The first day."""
    until: Day | None = None
    """The first day that is free again."""
    when: SpanTexts = ()
    """In place of from and until: spans of time as in gates.window, one or a list, `Fri 12:00-24:00`."""
    environments: SomeTexts = ()
    """Names or glob patterns. Default: all."""
    reason: Said = ""
    """Why."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        days = (self.from_, self.until)
        if bool(self.when) == (days != (None, None)) or (not self.when and None in days):
            raise ValueError("says when by from and until (days), or by when (spans of time that come again)")
        if self.from_ is not None and self.until is not None and self.until <= self.from_:
            raise ValueError(f"until is the first free day, so it comes after {self.from_}")
        if self.when and opening((), self.build().when, UTC, _SOME_DAY) is None:
            raise ValueError("never ends; to let nothing move until somebody says so: promoter hold")
        return self

    def build(self) -> Freeze:
        """Give the rule."""
        return Freeze(self.from_, self.until, self.environments, self.reason, tuple(map(parse_span, self.when)))


class LimitsForm(Form):
    """How much at once."""

    open_pull_requests: Annotated[int, BeforeValidator(number(1, 10_000))] = 50
    """More wait their turn."""


class Way(StrEnum):
    """How a release's values reach the dry branch."""

    PUSH = "push"
    PULL_REQUEST = "pull_request"


class DryForm(Form):
    """How promoter writes to the dry branch."""

    commit: Annotated[Way, BeforeValidator(choice(Way))] = Way.PUSH
    """push, or pull_request."""


class Maker(StrEnum):
    """Who makes the commits of proposals."""

    PUSH = "push"
    API = "api"


class NamesForm(Form):
    """Names of what promoter makes."""

    ledger: Annotated[str, BeforeValidator(template("app"))] = "promoter-ledger/{app}"
    """The branch of an app's ledger."""


_PUBLIC_KEY = re.compile(r"(?:sk-)?(?:ssh|ecdsa)-[a-z0-9@.-]+ AAAA[A-Za-z0-9+/]{20,}={0,3}(?: [^\x00-\x1f\x7f]*)?")


def _public_key(node: object) -> str:
    value = said(node)
    if "PRIVATE KEY" in value:
        raise ValueError("is a private key, and public now; make another, and write its public half here")
    if _PUBLIC_KEY.fullmatch(value) is None:
        raise ValueError("is not a public SSH key; write the line of the .pub file: ssh-ed25519 AAAA... comment")
    return value


PublicKey = Annotated[str, BeforeValidator(_public_key)]


class LedgerForm(Form):
    """Who may write the ledger."""

    signers: Annotated[tuple[PublicKey, ...], BeforeValidator(some_items)] = ()
    """Public SSH keys, `ssh-ed25519 AAAA... comment`. Ledgers are signed with PROMOTER_SIGNING_KEY; one that ends
    with a commit by any other key is not believed, and nothing is done for its app."""


class RenderingForm(Form):
    """How releases are rendered."""

    all_or_nothing: Flag = False
    """Whether a release that does not render in one environment is none at all."""


def _edit(node: object) -> object:
    return None if isinstance(node, Node) and node.text == "edit" else node


def _version(node: object) -> str:
    if said(node) != "1":
        raise ValueError(f"{said(node)} is not a version that is known; this promoter reads version: 1")
    return "1"


def _hydrator(node: object) -> str:
    if said(node) != "hydrator":
        raise ValueError(f"{said(node)} is not one of hydrator")
    return "hydrator"


class ConfigForm(Form):
    """promoter.yaml: what is promoted, through which environments, and by which rules."""

    not_yet: ClassVar[Mapping[str, str]] = dict.fromkeys(("notify", "dashboard"), DO)
    missing: ClassVar[Mapping[str, str]] = {
        "version": "is missing; write version: 1",
        "environments": "is missing; write them in order: environments: [dev, staging, prod]",
        "apps": 'is missing; write what is promoted: apps: {shop: "apps/shop/overlays/{environment}"}',
        "live": f'how does promoter learn what runs? {KINDS}; for example live: {{files: "status/{{cluster}}"}}',
    }

    stand_in: ClassVar[Mapping[str, str]] = {"version": "1", "live": "none"}

    version: Annotated[str, BeforeValidator(_version), WithJsonSchema({"const": 1})]
    """The version of this language."""
    environments: Annotated[tuple[Environment, ...], BeforeValidator(some_items)]
    """The pipeline, in order: each environment follows the one before it unless it says otherwise."""
    apps: Annotated[dict[str, App], BeforeValidator(entries)]
    """Name -> path, or what there is to say."""
    live: LiveField
    """How promoter learns what runs."""
    layout: Annotated[LayoutForm | None, BeforeValidator(_edit, json_schema_input_type=str | LayoutForm)] = None
    """Where rendered manifests stand. Default: edit, values are edited in place."""
    tools: Annotated[dict[str, ExactVersion], BeforeValidator(some_entries)] = Field(default_factory=dict)
    """Program -> exact version; required with a layout."""
    timezone: Timezone = "UTC"
    """For freezes and for times that people read."""
    freeze: Annotated[tuple[FreezeForm, ...], BeforeValidator(some_items)] = ()
    hosts: Annotated[tuple[Annotated[str, BeforeValidator(host_pattern)], ...], BeforeValidator(some_items)] = ()
    """Whom gates may ask, `prom.example`, `prom.example:9090` or `*.acme.example`. Default: nobody."""
    limits: LimitsForm = Field(default_factory=LimitsForm.model_construct)
    dry: DryForm = Field(default_factory=DryForm.model_construct)
    names: NamesForm = Field(default_factory=NamesForm.model_construct)
    ledger: LedgerForm = Field(default_factory=LedgerForm.model_construct)
    render: RenderingForm = Field(default_factory=RenderingForm.model_construct)
    interchange: Annotated[str, BeforeValidator(_hydrator), WithJsonSchema({"enum": ["hydrator"]})] = ""
    """hydrator: hydrated commits carry hydrator.metadata."""
    deployments: Flag = False
    """Whether the forge shows what promoter brings to an environment as a deployment to ENVIRONMENT/APP."""
    commits: Annotated[Maker, BeforeValidator(choice(Maker))] = Maker.PUSH
    """push: promoter makes the commits of proposals and pushes them; api: the forge makes them, and signs them."""
    previews: PreviewsForm | None = None


class _Schema(GenerateJsonSchema):
    """Without null: a key that has no value is refused, so editors must not offer it."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])


def json_schema() -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of `promoter.yaml` for editors."""
    schema = ConfigForm.model_json_schema(schema_generator=_Schema)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "promoter.yaml"}


def policy_json_schema() -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of a file in `policies/`."""
    schema = PolicyForm.model_json_schema(schema_generator=_Schema)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "policies/*.yaml"}
