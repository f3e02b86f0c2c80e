"""The kinds that a cluster knows: Kubernetes' own of one version, and those of CustomResourceDefinitions.

Invariant: an object whose kind is not known here is never well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from promoter.policy.objects.structure import Schema, Structure
from promoter.policy.spelling import guess

META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_TYPED: Final[Schema] = {"type": "string"}
_OPEN: Final[Schema] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing is known of the kind."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """No such kind is served."""

    reason: str


@dataclass(frozen=True, slots=True)
class Kinds:
    """What one version of Kubernetes serves, with definitions; kinds are `apps/v1/Deployment`, `v1/Service`."""

    version: str
    """`1.34`."""
    own: Mapping[str, str]
    """Kind -> name of its definition."""
    definitions: Mapping[str, Schema]
    lifecycle: Mapping[str, Mapping[str, str]]
    """Kind -> `deprecated`, `removed`: versions of Kubernetes; `replacement`: a kind."""
    custom: Mapping[str, Schema | None] = field(default_factory=dict)
    """Kind -> schema; None: it is not served."""

    def structure(self, obj: Mapping[str, Any]) -> Structure | Unknown | Refused:
        """Give what `obj` must look like."""
        version, kind = obj.get("apiVersion"), obj.get("kind")
        if not isinstance(version, str) or not isinstance(kind, str) or not version or not kind:
            return Refused("has no apiVersion and kind")
        name = f"{version}/{kind}"
        if name in self.own:
            return Structure(self.definitions[self.own[name]], self.definitions)
        if name in self.custom:
            schema = self.custom[name]
            return (
                Structure(self._whole(schema), self.definitions, True) if schema else Refused(f"{name} is not served")
            )
        return self._missing(name)

    def deprecated(self, obj: Mapping[str, Any]) -> str:
        """Give since when the kind of `obj` is deprecated; empty when it is not."""
        name = f"{obj.get('apiVersion')}/{obj.get('kind')}"
        told = self.lifecycle.get(name, {})
        since = told.get("deprecated", "")
        if not since or number(since) > number(self.version):
            return ""
        gone = f", gone in {told['removed']}" if "removed" in told else ""
        return f"{name} is deprecated since {since}{gone}{_use(told)}"

    def _missing(self, name: str) -> Unknown | Refused:
        told = self.lifecycle.get(name, {})
        if "removed" in told and number(told["removed"]) <= number(self.version):
            return Refused(f"{name} is not served since Kubernetes {told['removed']}{_use(told)}")
        rest, _, kind = name.rpartition("/")
        group = rest.rpartition("/")[0]
        custom = [other for other in self.custom if _group(other) == group]
        served = [other for other in self.own if _group(other) == group] + custom
        same = sorted(other for other in served if other.endswith(f"/{kind}"))
        if same:
            return Refused(f"there is no {name}; there is {', '.join(same)}")
        if served and not custom:
            near = guess(kind, {other.rpartition("/")[2] for other in served})
            return Refused(f"Kubernetes {self.version} has no {name}{near}")
        return Unknown(f"nothing is known of {name}; keep its definition where schemas points to")

    def _whole(self, schema: Schema) -> Schema:
        """Give the schema of a custom object, with what stands in every object."""
        typed = {"apiVersion": _TYPED, "kind": _TYPED}
        return {**schema, "properties": {**(schema.get("properties") or {}), **typed, "metadata": _OPEN}}

    def metadata(self) -> Structure:
        """Give what the metadata of every object must look like."""
        return Structure(self.definitions[META], self.definitions)


def number(version: str) -> tuple[int, ...]:
    """Give `1.34` as numbers that compare."""
    return tuple(int(part) for part in version.split("."))


def definitions_in(documents: Iterable[Any]) -> Iterator[tuple[str, Schema | None]]:
    """Give kind -> schema of every CustomResourceDefinition. Raises ValueError for anything else among `documents`."""
    for document in documents:
        if not isinstance(document, Mapping) or document.get("kind") != "CustomResourceDefinition":
            raise ValueError("holds something else than CustomResourceDefinitions")
        try:
            spec = document["spec"]
            group, kind = str(spec["group"]), str(spec["names"]["kind"])
            for version in spec["versions"]:
                schema = dict(version["schema"]["openAPIV3Schema"])
                yield f"{group}/{version['name']}/{kind}", schema if version.get("served") is True else None
        except (KeyError, TypeError, ValueError):
            raise ValueError("holds a CustomResourceDefinition that is not one of apiextensions.k8s.io/v1") from None


def _group(name: str) -> str:
    return name.rpartition("/")[0].rpartition("/")[0]


def _use(told: Mapping[str, str]) -> str:
    return f"; use {told['replacement']}" if "replacement" in told else ""
