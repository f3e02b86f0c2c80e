"""The order of environments: what each comes after, and one line in which that holds.

Invariant: an environment that an app does not have is bridged, never a way to come earlier than those before it.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping, Sequence

from promoter.policy.rules import After


def in_order(names: Sequence[str], after: Mapping[str, After]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Put `names` so that each stands after those it comes after, and else as they stand.

    Gives the order and, when there is none, one circle of names (then the order lacks them).
    """
    place = {name: index for index, name in enumerate(names)}
    waits = {name: set(after[name].names) & place.keys() for name in names}
    ready = [place[name] for name in names if not waits[name]]
    heapq.heapify(ready)
    done: list[str] = []
    while ready:
        name = names[heapq.heappop(ready)]
        done.append(name)
        for other, missing in waits.items():
            if name in missing:
                missing.remove(name)
                if not missing:
                    heapq.heappush(ready, place[other])
    return tuple(done), _circle({name: missing for name, missing in waits.items() if missing})


def _circle(waits: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    if not waits:
        return ()
    walked = [min(waits)]
    while True:
        before = min(name for name in waits[walked[-1]] if name in waits)
        if before in walked:
            return tuple(walked[walked.index(before) :])
        walked.append(before)


def bridge(order: Sequence[str], after: Mapping[str, After], present: Collection[str]) -> dict[str, After]:
    """Give what each environment in `present` comes after when the others are left out.

    A left-out environment is replaced by what it comes after itself. Where "any of" and "all of" meet in a way that one
    list cannot say, it is all of them: the stricter reading.
    """
    found: dict[str, After] = {}
    whole: dict[str, After] = {}
    for name in order:
        own = after[name]
        parts = [After((before,)) if before in present else whole[before] for before in own.names if before in whole]
        whole[name] = _join(parts, own.any)
        if name in present:
            found[name] = whole[name]
    return found


def ancestors(after: Mapping[str, After]) -> dict[str, frozenset[str]]:
    """Give all that each environment comes after, however far before; `after` in an order in which it holds."""
    found: dict[str, frozenset[str]] = {}
    for name, own in after.items():
        found[name] = frozenset(own.names).union(*(found[before] for before in own.names))
    return found


def _join(parts: Sequence[After], any_of: bool) -> After:
    if len(parts) == 1:
        return parts[0]
    names = tuple(dict.fromkeys(name for part in parts for name in part.names))
    loose = any_of and all(part.any or len(part.names) <= 1 for part in parts)
    return After(names, any=loose and len(names) > 1)
