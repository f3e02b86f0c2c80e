"""What a survey found: environments, apps, versions, and who delivers and writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from promoter.layout.place import Kind


class Tone(StrEnum):
    """What kind of sentence a note is."""

    FOUND = "found"
    ASSUMED = "assumed"
    UNKNOWN = "could not tell"
    WARNING = "look out"


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence for people, and the places that it speaks of, `FILE:LINE` or `FILE`."""

    tone: Tone
    text: str
    where: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """A version that is used by an app in one environment."""

    kind: Kind
    name: str
    """The name that a release moves it by."""
    value: str
    """Tag, version or range; empty when none is written."""
    where: str
    """`FILE:LINE`."""
    own: bool
    """It stands in the environment's own files."""
    chart: str = ""
    """Of a Flux HelmRelease: the chart's name, which may differ from the release's."""
    also: tuple[str, ...] = ()
    """Other names of the image, in this or other environments."""
    overrides: bool = False
    """It decides over what stands elsewhere under the same name."""
    object: str = ""
    """Kind of the Flux object that holds it, when it is one."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An object in the repository that delivers a folder of it."""

    object: str
    """`Kustomization/flux-system/apps`."""
    path: str
    """The folder in this repository."""
    where: str
    direct: bool
    """It names the folder of the repository itself; else through an artifact, and cannot be found by its path."""


@dataclass(frozen=True, slots=True)
class AppFound:
    """One app."""

    name: str
    path: str
    """A template over `{environment}`."""
    environments: tuple[str, ...]
    renderer: str = ""
    """Empty when nothing renders it."""
    needs: tuple[str, ...] = ()
    """Programs that rendering takes."""
    standing: Mapping[str, tuple[Standing, ...]] = field(default_factory=dict)
    """Environment -> what is used there."""
    deliveries: Mapping[str, Delivery] = field(default_factory=dict)
    trouble: str = ""
    """Why it does not render, where that is seen without rendering."""

    def source(self, environment: str) -> str:
        """Give the path in the dry branch for `environment`."""
        return self.path.replace("{environment}", environment)

    def names(self, kind: Kind, *, own: bool | None = None) -> tuple[str, ...]:
        """Give the names of one kind in all environments, in their order; `own` True or False: only those."""
        found = [
            one.name
            for several in self.standing.values()
            for one in several
            if one.kind is kind and own in (None, one.own)
        ]
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Survey:
    """What a repository looks like."""

    environments: tuple[str, ...]
    """In their likely order."""
    apps: tuple[AppFound, ...]
    notes: tuple[Note, ...] = ()
