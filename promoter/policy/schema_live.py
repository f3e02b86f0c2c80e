"""The file form of `live`: how promoter learns what runs."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from promoter.policy.form import Form
from promoter.policy.node import Node, node_of
from promoter.policy.rules import Live
from promoter.policy.scalars import SomeTexts, flag, said, template

KINDS = "kubernetes, commit_status, deployments, files, or none"

_VARIABLE = re.compile(r"[A-Za-z_](?:[A-Za-z0-9_]|\{[a-z]+\}){0,79}")
Place = Annotated[str, BeforeValidator(template("cluster", "environment", "app"))]


def _hide(schema: JsonDict) -> None:
    properties = schema.get("properties")
    if isinstance(properties, dict):
        properties.pop("none", None)


def _server(node: object) -> str:
    value = template("cluster", "environment", "app")(node)
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.netloc:
        raise ValueError(f"{'it' if '@' in value else value} is no https:// address of an API server")
    if "@" in parts.netloc:
        raise ValueError("the address holds a user or a password; write only host and port, and token")
    return value


def _variable(node: object) -> str:
    value = said(node)
    if not _VARIABLE.fullmatch(value):  # it may be a secret by mistake: it is not repeated
        raise ValueError("names an environment variable, TOKEN_{cluster}; the secret itself does not belong here")
    return template("cluster", "environment", "app")(node)


class KubernetesForm(Form):
    """The Kubernetes API: Flux, Argo CD and what they manage."""

    context: Place | None = None
    """The kubeconfig context to read, a template over {cluster}, {environment} and {app}. KUBECONFIG names the file."""
    server: Annotated[str, BeforeValidator(_server)] | None = None
    """Instead of a context: the API server's URL, a template as well."""
    token: Annotated[str, BeforeValidator(_variable)] | None = None
    """The name of the environment variable that holds the token for `server`, `TOKEN_{cluster}`; what is filled in is
    written in capitals: `TOKEN_EU_1`."""
    ca: Annotated[str, BeforeValidator(_variable)] | None = None
    """The name of the environment variable that holds the CA's certificate, PEM or its base64; default: the CAs that
    the machine knows."""
    namespaces: SomeTexts | None = None
    """All that is read; default: the whole cluster."""
    in_cluster: Annotated[bool, BeforeValidator(flag)] = False
    """The service account of the pod that promoter runs in, as the text `in-cluster` alone says, too."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        ways = [way for way in ("context", "server", "in_cluster") if getattr(self, way)]
        if len(ways) != 1:
            raise ValueError("say one of context, server (with token), or in_cluster")
        if (self.server is None) != (self.token is None) or (self.ca is not None and self.server is None):
            raise ValueError("server and token go together, and ca with them")
        return self

    def build(self) -> Live:
        """Give the rule."""
        names = ("context", "server", "token", "ca", "namespaces")
        settings = {name: value for name in names if (value := getattr(self, name))}
        return Live("kubernetes", {"in_cluster": "true", **settings} if self.in_cluster else settings)


def _pod(value: object) -> Node:
    node = node_of(value)
    if node.text == "in-cluster":
        return Node(node.file, node.line, {"in_cluster": Node(node.file, node.line, "true")})
    if node.text is not None:
        raise ValueError(f'{node.text} is not known; write {{context: "{{cluster}}"}}, or in-cluster')
    return node


KubernetesField = Annotated[
    KubernetesForm, BeforeValidator(_pod, json_schema_input_type=Literal["in-cluster"] | KubernetesForm)
]


class LiveForm(Form):
    """One way to learn what runs."""

    model_config = ConfigDict(json_schema_extra=_hide)

    kubernetes: KubernetesField | None = None
    """The Kubernetes API: Flux, Argo CD and what they manage; `in-cluster`: as the service account of the pod."""
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
            return self.kubernetes.build()
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
        words.append(_SHOWN.get(key, "{}").format(text))
    return " ".join(words)


_SHOWN = {
    "from": "from {}",
    "token": "with {}",
    "ca": "and {}",
    "in_cluster": "in-cluster",
    "namespaces": "in namespaces {}",
}
