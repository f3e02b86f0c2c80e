"""Trying what may be read of an API server, and what its clock says: one object of each kind, and no more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta

from promoter.cluster.access import Access
from promoter.cluster.api.connection import Limits, connect
from promoter.cluster.api.deadline import Deadline, in_time
from promoter.cluster.api.kinds import KINDS
from promoter.cluster.api.pages import Served
from promoter.cluster.api.rbac import rules
from promoter.cluster.api.target import Settings, Target, target
from promoter.cluster.api.trouble import Absent, Asked, Forbidden, Late, late
from promoter.cluster.objects import GroupKind
from promoter.cluster.place import Place
from promoter.errors import EdgeFailed, PromoterError


def access(
    settings: Settings,
    env: Mapping[str, str],
    places: Collection[Place],
    kinds: Collection[GroupKind],
    clock: Callable[[], datetime],
    limits: Limits,
) -> list[Access]:
    """Try every API server that `places` go to; see `AccessSource.access`."""
    clusters: dict[Target, set[str]] = defaultdict(set)
    for place in places:
        clusters[target(settings, place)].add(place.cluster)
    tasks = {one: _task(one, tuple(sorted(named)), env, kinds, clock, limits) for one, named in clusters.items()}
    ended = in_time(tasks, limits.cluster, limits.width)
    found = []
    for one, outcome in sorted(ended.items(), key=lambda entry: str(entry[0])):
        if outcome.value is not None:
            found.append(outcome.value)
            continue
        error = outcome.error or late(str(one), limits.cluster)
        if not isinstance(error, PromoterError):
            raise error  # a bug, or the person's own interrupt
        found.append(Access(str(one), tuple(sorted(clusters[one])), error.message, error.hint or ""))
    return found


def _task(
    one: Target,
    clusters: tuple[str, ...],
    env: Mapping[str, str],
    kinds: Collection[GroupKind],
    clock: Callable[[], datetime],
    limits: Limits,
) -> Callable[[Deadline], Access]:
    def task(deadline: Deadline) -> Access:
        connection = connect(one, env, limits)
        told = connection.date(Asked(connection.where), deadline)
        skew: timedelta | None = told - clock() if told is not None else None
        served = Served(connection, deadline)
        absent, forbidden, broken = set(), [], []
        for kind in sorted(kinds):
            resource = served.resource(kind, deadline)
            try:
                if resource is None:
                    absent.add(kind)
                    continue
                for namespace in one.namespaces or ("",):
                    inside = namespace if resource.namespaced else ""
                    asked = Asked(connection.where, resource.group, resource.plural, inside)
                    connection.get(resource.path(inside), {"limit": "1"}, asked, deadline)
            except Absent:
                absent.add(kind)
            except Forbidden:
                forbidden.append(kind)
            except Late:
                raise
            except EdgeFailed as error:
                broken.append(f"{error.message}. {error.hint}" if error.hint else error.message)
        return Access(
            connection.where,
            clusters,
            absent=frozenset(absent),
            forbidden=tuple(forbidden),
            missing=_rules(forbidden, one.namespaces),
            broken=tuple(dict.fromkeys(broken)),
            skew=skew,
        )

    return task


def _rules(kinds: Collection[GroupKind], namespaces: tuple[str, ...]) -> str:
    if not kinds:
        return ""
    quoted = '""'
    known = [kind for kind in kinds if kind in KINDS]
    said = [
        f"{{apiGroups: [{rule['apiGroups'][0] or quoted}], resources: [{', '.join(rule['resources'])}], "
        f"verbs: [{', '.join(rule['verbs'])}]}}"
        for rule in rules(known)
    ]
    where = f"a Role in {', '.join(namespaces)}" if namespaces else "a ClusterRole"
    return f"{where} with {' and '.join(said)}"
