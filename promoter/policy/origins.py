"""Who says what holds: for every effective key of an app in an environment, its value as text and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Origin:
    """One key that holds, and who says so."""

    key: str
    """Dotted: `verify.soak`."""
    value: str
    where: str
    """`promoter.yaml:12`, `promoter.yaml:12 (list order)`, `policies/tier-0.yaml:1`, or `default`."""


@dataclass(frozen=True, slots=True)
class Origins:
    """Where the whole config comes from."""

    apps: Mapping[str, tuple[Origin, ...]] = field(default_factory=dict)
    """App -> what holds for it everywhere (path, images, ...)."""
    rules: Mapping[tuple[str, str], tuple[Origin, ...]] = field(default_factory=dict)
    """(app, environment) -> the rules there."""
    places: Mapping[str, tuple[Origin, ...]] = field(default_factory=dict)
    """Environment -> what the calendar and the layout say of it."""

    def of(self, app: str, environment: str) -> tuple[Origin, ...]:
        """Give everything that holds for `app` in `environment`. Raises KeyError when it does not go there."""
        return self.rules[app, environment] + self.places[environment] + self.apps[app]
