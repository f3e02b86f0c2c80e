"""Which API server a question goes to: the config's words, with the question's names filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from promoter.cluster.place import Place, fill

Settings = Mapping[str, str | tuple[str, ...]]
"""`{"context": "{cluster}"}`, `{"in_cluster": "true"}` or `{"server": ..., "token": ..., "ca": ...}`."""

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_]")


@dataclass(frozen=True, slots=True)
class Target:
    """One API server, and as whom it is asked. `token` and `ca` are names of environment variables, never values."""

    context: str = ""
    server: str = ""
    token: str = ""
    ca: str = ""
    namespaces: tuple[str, ...] = ()
    """What is read; empty: all of the cluster."""

    def __str__(self) -> str:
        if self.context:
            return f"context {self.context}"
        return urlsplit(self.server).netloc.rpartition("@")[2] if self.server else "this cluster"


def target(settings: Settings, place: Place) -> Target:
    """Give the API server of `place`."""
    namespaces = settings.get("namespaces", ())
    shouted = Place(*(_variable(name) for name in (place.cluster, place.environment, place.app)))
    return Target(
        context=fill(_text(settings, "context"), place),
        server=fill(_text(settings, "server"), place),
        token=fill(_text(settings, "token"), shouted),
        ca=fill(_text(settings, "ca"), shouted),
        namespaces=tuple(sorted(namespaces)) if isinstance(namespaces, tuple) else (),
    )


def _variable(name: str) -> str:
    """Give a name as it stands in a variable's: `eu-1` as `EU_1`."""
    return _NOT_IN_NAMES.sub("_", name).upper()


def _text(settings: Settings, key: str) -> str:
    value = settings.get(key, "")
    return value if isinstance(value, str) else ""
