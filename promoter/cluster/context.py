"""The names of commit statuses, and a pattern for them over `{cluster}`, `{environment}` and `{app}`.

Flux' notification-controller writes `kustomization/apps/0c9c2e41`: kind, name, and the first 8 digits of its Provider's
uid (since 0.30; before that `kustomization/apps`); neither namespace nor cluster are in it. Argo CD's notifications
write what their template says, by default `continuous-delivery/NAME`. `commitStatusExpr` writes anything.
"""

from __future__ import annotations

import re
from dataclasses import replace
from fnmatch import translate

from promoter.cluster.place import Place, fill

_GLOB = re.compile(r"[*?\[]")
_PROVIDER = re.compile(r"/[0-9a-f]{8}")


class Pattern:
    """A pattern with the names filled in; `str` gives it for people."""

    __slots__ = ("_exact", "_known", "_regex", "_text", "prefix")

    def __init__(self, template: str, place: Place) -> None:
        """Fill in the names of `place` as themselves: a name holds no wildcard."""
        self._text = fill(template, place)
        plain = {name: _GLOB.sub(r"[\g<0>]", getattr(place, name)) for name in ("cluster", "environment", "app")}
        pattern = fill(template, replace(place, **plain)).casefold()
        literal = re.sub(r"\[([*?\[])\]", "", pattern)
        self._exact = "" if _GLOB.search(literal) else self._text.casefold()
        self._regex = re.compile(translate(pattern))
        self._known: dict[str, bool] = {}
        wildcard = _GLOB.search(pattern)
        self.prefix = self._exact or (pattern[: wildcard.start()] if wildcard else pattern)
        """What every name that fits begins with, in lower case."""

    def __str__(self) -> str:
        return self._text

    def fits(self, name: str) -> bool:
        """Tell whether it asks for a status called `name`; upper and lower case are the same.

        `*` stands for anything, `/` too. Without a wildcard the name may be followed by a Provider's digits.
        """
        if name not in self._known:
            self._known[name] = self._fits(name.casefold())
        return self._known[name]

    def _fits(self, name: str) -> bool:
        if self._regex.fullmatch(name):
            return True
        rest = name.removeprefix(self._exact) if self._exact else name
        return rest != name and _PROVIDER.fullmatch(rest) is not None
