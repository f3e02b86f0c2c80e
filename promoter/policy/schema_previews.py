"""The file form of `previews`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from promoter.layout.slots import is_branch
from promoter.policy.form import Form
from promoter.policy.gates.commands import ProgramForm
from promoter.policy.node import Node, node_of
from promoter.policy.previews import BRANCH, HOOKS, Hook, Previews
from promoter.policy.scalars import Positive, Said, SomeTexts, entries, number, said, template
from promoter.policy.spelling import guess

_KIND = re.compile(r"[A-Z][A-Za-z0-9]*(?:\.[a-z0-9.-]+)?")


def _name(node: object) -> str:
    value = template("app", "preview")(node)
    if "{preview}" not in value:
        raise ValueError("must hold {preview}, or all previews share one namespace")
    rest = value.replace("{app}", "").replace("{preview}", "")
    if re.fullmatch(r"[a-z0-9-]*", rest) is None or value in ("{preview}",):
        raise ValueError("is a namespace such as {app}-{preview}: {preview} beside {app} or some lower-case letters")
    return value


def _hosts(node: object) -> str:
    value = template("app", "preview", "host")(node)
    if "{preview}" not in value:
        raise ValueError("must hold {preview}, or previews answer to each other's hosts")
    return value


def _branch(node: object) -> str:
    value = said(node)
    if not is_branch(value):
        raise ValueError(f"{value} is no branch name that Git takes")
    return value


def _kinds(node: object) -> tuple[str, ...]:
    value = node_of(node)
    items = value.value if isinstance(value.value, tuple) else ()
    if not isinstance(value.value, tuple):
        raise ValueError("must be a list of kinds: [PersistentVolumeClaim]")  # noqa: TRY004  pydantic's way
    for item in items:
        if _KIND.fullmatch(said(item)) is None:
            raise ValueError(f"{said(item)} is no kind, such as PersistentVolumeClaim")
    return tuple(said(item) for item in items)


def _hooks(value: object) -> dict[str, Node]:
    found = {}
    for name, node in entries(value).items():
        if name not in HOOKS:
            raise ValueError(f"{name} is no hook{guess(name, HOOKS)}; there are {', '.join(HOOKS)}")
        found[name] = Node(node.file, node.line, {"run": node}) if isinstance(node.value, tuple) else node_of(node)
    return found


HookName = Literal[
    "before create", "after create", "before update", "after update", "before archive", "after archive",
    "before restore", "after restore", "before cleanup", "after cleanup",
]  # fmt: skip


class PreviewsForm(Form):
    """Copies of an app under names of their own, for a while; needs a layout. See docs/previews.md."""

    from_: Said | None = Field(default=None, alias="from")
    """The environment whose manifests are copied. Default: the first."""
    max: Annotated[int, BeforeValidator(number(1, 1000))] = 20
    """So many may stand at once; archived ones do not count."""
    keep: Positive = Previews("").keep
    """A run cleans up what was not updated for so long. Default: 14d."""
    name: Annotated[str, BeforeValidator(_name)] = Previews("").name
    """The namespace of a preview."""
    hosts: Annotated[str, BeforeValidator(_hosts)] = Previews("").hosts
    """What becomes of a host, {host} being the one that the environment answers to."""
    keep_kinds: Annotated[tuple[str, ...], BeforeValidator(_kinds, json_schema_input_type=SomeTexts)] = Previews(
        ""
    ).keep_kinds
    """Kinds of objects that an archived preview keeps. Default: [PersistentVolumeClaim]."""
    branch: Annotated[str, BeforeValidator(_branch)] = BRANCH
    """The branch that previews stand on, each in the folder PREVIEW/APP."""
    hooks: Annotated[
        dict[HookName, ProgramForm],
        BeforeValidator(_hooks, json_schema_input_type=Mapping[HookName, list[str] | ProgramForm]),
    ] = Field(default_factory=dict)
    """Programs of this repository that run before or after create, update, archive, restore and cleanup:
    {after create: [ci/seed.sh]}."""

    def build(self, first: str) -> Previews:
        """Give the rules; `first`: the environment that is copied unless another is named."""
        hooks: dict[str, Hook] = {name: Hook(form.run, form.within, form.env) for name, form in self.hooks.items()}
        return Previews(
            self.from_ or first, self.max, self.keep, self.name, self.hosts, self.keep_kinds, self.branch, hooks
        )
