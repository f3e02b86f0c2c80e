"""The names of commit statuses, and a pattern for them over `{cluster}`, `{environment}` and `{app}`.

Flux' notification-controller writes `kustomization/apps/0c9c2e41`: kind, name, and the first 8 digits of its Provider's
uid (since 0.30; before that `kustomization/apps`); neither namespace nor cluster are in it. Argo CD's notifications
write what their template says, by default `continuous-delivery/NAME`. `commitStatusExpr` writes anything.
"""

from __future__ import annotations

import re
from dataclasses import replace
from fnmatch import fnmatchcase

from promoter.cluster.place import Place, fill

_GLOB = re.compile(r"[*?\[]")
_PROVIDER = re.compile(r"/[0-9a-f]{8}")


def pattern(template: str, place: Place) -> str:
    """Give `template` with the names filled in, as themselves: a name holds no wildcard."""
    plain = {name: _GLOB.sub(r"[\g<0>]", getattr(place, name)) for name in ("cluster", "environment", "app")}
    return fill(template, replace(place, **plain))


def fits(wanted: str, name: str) -> bool:
    """Tell whether a status called `name` is one that `wanted` asks for; upper and lower case are the same.

    `*` stands for anything, `/` too. Without a wildcard the name may be followed by a Provider's digits.
    """
    wanted, name = wanted.casefold(), name.casefold()
    if fnmatchcase(name, wanted):
        return True
    exact = re.sub(r"\[(.)\]", r"\1", wanted)
    return not _GLOB.search(re.sub(r"\[.\]", "", wanted)) and bool(
        name.startswith(exact) and _PROVIDER.fullmatch(name[len(exact) :])
    )
