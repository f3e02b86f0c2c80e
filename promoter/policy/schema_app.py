"""The file form of an app: where its sources stand, what moves, and how it is rendered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Self

from pydantic import BeforeValidator, model_validator

from promoter.layout.moved import Moved
from promoter.policy.admit import expression
from promoter.policy.form import DO, Form
from promoter.policy.node import Node
from promoter.policy.scalars import Duration, Range, Regex, inside, items, named_entries, short, template
from promoter.policy.schema_render import RenderField
from promoter.policy.schema_rules import HereForm

InApp = Annotated[str, BeforeValidator(template("app", "environment"))]
"""A template over {app} and {environment}."""
_REFERENCE = template("app")
Reference = Annotated[str, BeforeValidator(lambda node: reference(_REFERENCE(node)))]
"""The name of an image or chart."""

_NAMED = re.compile(r"(?:[A-Za-z0-9]|\{app\})(?:[A-Za-z0-9._/:+-]|\{app\})*")
_LOOKED_UP = dict.fromkeys(("order", "ignore", "git_tags", "repository"), DO)


def reference(name: str) -> str:
    """Check that `name` names an image or chart without a version. Raises ValueError."""
    last = name.rsplit("/", 1)[-1]
    bare = name.split("@")[0] if "@" in name else name[: len(name) - len(last)] + last.split(":")[0]
    if bare != name:
        raise ValueError(f"{name}: name it without tag or digest: {bare}")
    if not _NAMED.fullmatch(name):
        raise ValueError(f"{name} is not the name of an image or chart")
    return name


def moved_entries(node: object) -> dict[str, Node]:
    """Read names alone or names with settings. Raises ValueError."""
    found = named_entries(node)
    for name in found:
        reference(_REFERENCE(Node("", 0, name)))
    return found


class MovedForm(Form):
    """Which versions of an image or chart count, and where it stands if that cannot be found."""

    not_yet: ClassVar[Mapping[str, str]] = _LOOKED_UP

    semver: Range = ""
    """A range of versions that count."""
    tags: Regex = ""
    """Which tags count, a regular expression."""
    also: Annotated[tuple[Reference, ...], BeforeValidator(items)] = ()
    """Its names in other environments."""
    file: InApp = ""
    """The file in which it stands, relative to the environment's path."""
    key: InApp = ""
    """The key under which it stands, `image.tag`."""
    marker: InApp = ""
    """The Flux marker beside it, `namespace:policy`."""
    regex: Regex = ""
    """A regular expression with one group around the version, for files that are not YAML."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        places = [name for name in ("key", "marker", "regex") if getattr(self, name)]
        if len(places) > 1:
            raise ValueError(f"{' and '.join(places)} both say where it stands; keep one")
        if (self.key or self.regex) and not self.file:
            raise ValueError(f"{places[0]} needs the file in which it stands: file: values.yaml")
        return self

    def build(self, name: str, app: str) -> Moved:
        """Give the rule for `name` in `app`."""

        def fill(text: str) -> str:
            return text.replace("{app}", app)

        also = tuple(fill(other) for other in self.also)
        return Moved(
            fill(name), also, self.semver, self.tags, fill(self.file), fill(self.key), fill(self.marker), self.regex
        )


Many = Annotated[
    dict[str, MovedForm], BeforeValidator(moved_entries, json_schema_input_type=list[str] | dict[str, MovedForm])
]


class AppForm(HereForm):
    """One app, a group of apps ({app} in the path), or what one app of a group has of its own (no path)."""

    not_yet: ClassVar[Mapping[str, str]] = {"owners": DO, "layout": DO}

    path: Annotated[str, BeforeValidator(inside("app", "environment"))] | None = None
    """Folder or file in the dry branch. {app} makes one app of every folder that there is."""
    images: Many | None = None
    """The images that a release moves. Default: every image of the app that a release names."""
    charts: Many | None = None
    """The charts that a release moves."""
    values: Annotated[tuple[InApp, ...], BeforeValidator(items)] | None = None
    """YAML keys copied from the environment before, `KEY.PATH` or `FILE:KEY.PATH`."""
    files: Annotated[tuple[InApp, ...], BeforeValidator(items)] | None = None
    """Files copied from the environment before, deletions too; glob patterns relative to the environment's path."""
    render: RenderField | None = None
    """How manifests are made. Default: found."""
    environments: (
        Annotated[
            dict[str, HereForm], BeforeValidator(named_entries, json_schema_input_type=list[str] | dict[str, HereForm])
        ]
        | None
    ) = None
    """Where the app goes, as a list (default: everywhere), or what differs where; names or glob patterns."""
    settle: Duration | None = None
    """How long versions are gathered: a release is a draft for that long, and a newer one takes its place. Default:
    0."""
    admit: Annotated[str, BeforeValidator(expression)] | None = None
    """Which combinations make a release, an expression of CEL: `images["ghcr.io/acme/{app}"].tag ==
    images["ghcr.io/acme/{app}-ui"].tag`. Names: `images`, by name, with `tag` and `digest`; `charts`, by name, with
    `version`; `values`, text by key: all that stands in the files a release is made from. An incomplete set stays a
    draft until a newer release is complete."""
    object: Annotated[str, BeforeValidator(template("app", "environment", "cluster"))] | None = None
    """The object that delivers it, `Kustomization/flux-system/shop-{environment}`. Default: found by its source."""


App = Annotated[AppForm, BeforeValidator(short("path"), json_schema_input_type=str | AppForm)]
