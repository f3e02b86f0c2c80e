"""The file form of `live`: how promoter learns what runs."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from promoter.policy.form import Form
from promoter.policy.node import Node, node_of
from promoter.policy.rules import Live
from promoter.policy.scalars import SomeTexts, said, template

KINDS = "kubernetes, commit_status, deployments, files, or none"

Place = Annotated[str, BeforeValidator(template("cluster", "environment", "app"))]


class KubernetesForm(Form):
    """The Kubernetes API: Flux, Argo CD and what they manage."""

    context: Place
    """The kubeconfig context to read, a template over {cluster}, {environment} and {app}."""


def _hide(schema: JsonDict) -> None:
    properties = schema.get("properties")
    if isinstance(properties, dict):
        properties.pop("none", None)


class LiveForm(Form):
    """One way to learn what runs."""

    model_config = ConfigDict(json_schema_extra=_hide)

    kubernetes: KubernetesForm | None = None
    commit_status: Place | None = None
    """The name of a commit status that a controller posts; `from` says who may."""
    deployments: SomeTexts | None = None
    """Who posts deployments on the forge."""
    files: Place | None = None
    """A folder of Kubernetes objects that an earlier job saved, a template over {cluster}, {environment} and {app}."""
    from_: SomeTexts | None = Field(default=None, alias="from")
    """Who may post the commit status."""
    none: Annotated[str, BeforeValidator(said)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        said_kinds = [
            kind for kind in ("kubernetes", "commit_status", "deployments", "files", "none") if getattr(self, kind)
        ]
        if len(said_kinds) != 1:
            raise ValueError(f"say one of {KINDS}")
        if (self.commit_status is None) != (self.from_ is None):
            raise ValueError('commit_status and from go together: {commit_status: "{environment}/*", from: [flux-bot]}')
        return self

    def build(self) -> Live:
        """Give the rule."""
        if self.kubernetes is not None:
            return Live("kubernetes", {"context": self.kubernetes.context})
        if self.commit_status is not None:
            return Live("commit_status", {"name": self.commit_status, "from": self.from_ or ()})
        if self.deployments is not None:
            return Live("deployments", {"from": self.deployments})
        return Live("none") if self.files is None else Live("files", {"path": self.files.rstrip("/")})


def _none(value: object) -> Node:
    node = node_of(value)
    if node.text == "none":
        return Node(node.file, node.line, {"none": node})
    if node.value is not None and not node.entries:
        raise ValueError(f"says nothing that is known; it is one of {KINDS}")
    return node


LiveField = Annotated[LiveForm, BeforeValidator(_none, json_schema_input_type=Literal["none"] | LiveForm)]


def show_live(live: Live) -> str:
    """Write it for people: `files status/{cluster}`."""
    words = [live.kind]
    for key, value in live.settings.items():
        text = value if isinstance(value, str) else ", ".join(value)
        words.append(f"from {text}" if key == "from" else text)
    return " ".join(words)
