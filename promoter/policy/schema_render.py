"""The file form of `render`: how an app's manifests are made.

Settings are handed on as text: `{app}` and `{environment}` are filled in when rendering.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, model_validator

from promoter.policy.form import Form
from promoter.policy.node import Node, node_of
from promoter.policy.rules import Render
from promoter.policy.scalars import Flag, entries, items, some_items, template
from promoter.policy.spelling import guess

Filled = Annotated[str, BeforeValidator(template("app", "environment"))]
Filleds = Annotated[tuple[Filled, ...], BeforeValidator(items)]

_WORDS = ("auto", "kustomize", "helm", "plain", "external")


class RenderSettings(Form):
    """Settings that every renderer has."""

    single: Flag = False
    """One file `manifests.yaml` instead of one for each object."""

    def settings(self) -> dict[str, str | tuple[str, ...]]:
        """Give what was written, as text."""
        found: dict[str, str | tuple[str, ...]] = {}
        for name in sorted(self.model_fields_set):
            value = getattr(self, name)
            found[name] = str(value).lower() if isinstance(value, bool) else value
        return found


class HelmForm(RenderSettings):
    """Rendered with `helm template`."""

    chart: Filled = ""
    """The chart, relative to the app's path (its default) or, with a leading /, to the repository's root."""
    values: Filleds = ()
    """Values files in order, the last one wins. Default: found."""
    release: Filled = ""
    """The name of the Helm release. Default: the app's."""
    namespace: Filled = ""
    """What .Release.Namespace says."""
    kube_version: Filled = ""
    """What .Capabilities.KubeVersion says."""
    api_versions: Filleds = ()
    """What .Capabilities.APIVersions says."""
    crds: Flag = True
    """false leaves the chart's CRDs out."""
    hooks: Flag = True
    """false leaves the chart's hooks out."""


class CommandForm(RenderSettings):
    """Rendered by a program of your own."""

    run: Annotated[tuple[Filled, ...], BeforeValidator(some_items)]
    """The program and its arguments, without a shell."""
    inputs: Filleds = ()
    """What it reads beside the app's path."""
    output: Filled = ""
    """The folder that it writes to. Default: it prints."""
    tools: Filleds = ()
    """Programs whose exact version must be the one in `tools`."""


class ExternalForm(RenderSettings):
    """Another hydrator writes the manifests, such as Argo CD's Source Hydrator; its branches are only read."""

    branch: Filled = ""
    """Its branch, which `hydrateTo` names. Default: that of the slot with -next."""
    path: Filled = ""
    """The folder in that branch. Default: that of the slot."""


def _command(value: object) -> Node:
    node = node_of(value)
    return Node(node.file, node.line, {"run": node}) if isinstance(node.value, tuple) else node


class RenderForm(Form):
    """How manifests are made, with settings."""

    auto: RenderSettings | None = None
    """Found by what stands in the path."""
    kustomize: RenderSettings | None = None
    """Rendered with `kustomize build`."""
    helm: HelmForm | None = None
    plain: RenderSettings | None = None
    """Files taken as they are; a `render.yaml` beside them may name a base and patches."""
    external: ExternalForm | None = None
    command: (
        Annotated[CommandForm, BeforeValidator(_command, json_schema_input_type=list[str] | CommandForm)] | None
    ) = None
    """Rendered by a program of your own: its words, or what there is to say."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError(f"say one of {', '.join(self.keys())}")
        return self

    def build(self) -> Render:
        """Give the rule."""
        kind = next(iter(self.model_fields_set))
        form = getattr(self, kind)
        return Render(kind, form.settings() if isinstance(form, RenderSettings) else {})


def _word(value: object) -> Node:
    node = node_of(value)
    if node.text is None:
        return Node(node.file, node.line, entries(node))
    if node.text not in _WORDS:
        raise ValueError(f"{node.text} is not one of {', '.join(_WORDS)}, {{command: [...]}}{guess(node.text, _WORDS)}")
    return Node(node.file, node.line, {node.text: Node(node.file, node.line, {})})


RenderField = Annotated[
    RenderForm,
    BeforeValidator(
        _word, json_schema_input_type=Literal["auto", "kustomize", "helm", "plain", "external"] | RenderForm
    ),
]
