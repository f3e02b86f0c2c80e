"""The rows of the inventory that clusters give: every object that was read, whose slot it belongs to, what it runs.

An object belongs to the slot that it delivers, or whose object applied it, at any number of steps. What belongs to none
is what nobody promotes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from promoter.cluster.appraise import Appraised, appraise
from promoter.cluster.health import Health
from promoter.cluster.images import parse_image
from promoter.cluster.objects import GroupKind, Key, dig, entries, moment, text
from promoter.cluster.owners import Cluster
from promoter.cluster.port import Listed, Wanted
from promoter.model.names import ContentId, Oid
from promoter.plan.report.moment import stamp_or_none
from promoter.policy.rules import Config
from promoter.run.inventory_database import Row
from promoter.run.inventory_slots import image_row

APPLICATIONS: Final[frozenset[GroupKind]] = frozenset(
    {
        ("app.k8s.io", "Application"),
        ("argoproj.io", "Application"),
        ("argoproj.io", "Rollout"),
        ("flagger.app", "Canary"),
        ("helm.fluxcd.io", "HelmRelease"),
        ("helm.toolkit.fluxcd.io", "HelmRelease"),
        ("kustomize.toolkit.fluxcd.io", "Kustomization"),
    }
)
"""What counts as an Application: kinds that stand for something that is delivered as one."""
SOURCES: Final[frozenset[GroupKind]] = frozenset(
    ("source.toolkit.fluxcd.io", kind)
    for kind in ("Bucket", "ExternalArtifact", "GitRepository", "HelmChart", "HelmRepository", "OCIRepository")
)
"""Without these nobody can tell what a Flux object should have."""
WORKLOADS: Final[frozenset[GroupKind]] = frozenset(
    ("apps", kind) for kind in ("DaemonSet", "Deployment", "StatefulSet")
)

Slots = Mapping[Key, tuple[str, str]]
"""Object -> (app, environment) that it belongs to."""
Only = Collection[tuple[str, str]] | None
"""(app, environment) of the slots that are asked for; None: everything, also what belongs to no slot."""
_VERSION = "app.kubernetes.io/version"


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one cluster gave, judged."""

    listed: Listed
    judged: tuple[Appraised, ...]
    slots: Slots


def object_rows(
    config: Config | None, read: Iterable[Listed], repository: str, now: datetime, only: Only = None
) -> dict[str, list[Row]]:
    """Give table -> rows for all that was read; without a config no object belongs to a slot.

    `repository` is the config repository's URL; `only`: objects of these slots, and no other.
    """
    rows: dict[str, list[Row]] = {"objects": [], "images": [], "reads": []}
    seen = [_seen(config, listed, repository, now) for listed in read]
    # One that serves several clusters may have been read under several names: it is one object all the same.
    slots = {_uid(each): one.slots[key] for one in seen for each in one.judged if (key := each.report.key) in one.slots}
    done: set[str] = set()
    for one in seen:
        cluster = one.listed.cluster
        rows["reads"].append((cluster, len(one.listed.objects), one.listed.trouble or None))
        for each in one.judged:
            uid = _uid(each)
            slot = one.slots.get(each.report.key) or (slots.get(uid) if uid else None)
            if (only is not None and slot not in only) or (uid and uid in done):
                continue
            app, environment = slot or (None, None)
            done.add(uid)
            number = len(rows["objects"]) + 1
            rows["objects"].append(_row(number, cluster, each, app, environment))
            images = dict.fromkeys(each.report.images)
            rows["images"] += [image_row(app, environment, cluster, number, image) for image in images]
    return rows


def _uid(each: Appraised) -> str:
    return text(each.obj, "metadata", "uid")


def _seen(config: Config | None, listed: Listed, repository: str, now: datetime) -> _Seen:
    judged = [each for each in appraise(listed.objects, now, listed.cluster) if _counts(each)]
    found = _delivering(config, listed, repository, now) if config is not None else {}
    return _Seen(listed, tuple(judged), _with_applied(found, {each.report.key: each for each in judged}))


def _counts(each: Appraised) -> bool:
    return each.report.key.group_kind in APPLICATIONS or each.report.health is not Health.NONE


def _delivering(config: Config, listed: Listed, repository: str, now: datetime) -> Slots:
    cluster = Cluster(listed.objects, repository)
    found: dict[Key, tuple[str, str]] = {}
    for app in config.apps.values():
        for name, slot in app.slots.items():
            if listed.cluster in app.environments[name].clusters:
                named = app.object.replace("{environment}", name)
                owner = cluster.owner(Wanted(slot, listed.cluster, ContentId(""), Oid(""), now, object=named))
                if not isinstance(owner, str):
                    found.setdefault(owner.key, (app.name, name))
    return found


def _with_applied(found: Slots, judged: Mapping[Key, Appraised]) -> Slots:
    """Add what the objects of slots applied, and what that applied in turn."""
    known = dict(found)
    todo = sorted(known)
    while todo:
        key = todo.pop()
        each = judged.get(key)
        applied = each.report.inventory if each is not None and not each.report.remote else None
        for below in applied or ():
            if below not in known:
                known[below] = known[key]
                todo.append(below)
    return known


def _row(number: int, cluster: str, each: Appraised, app: str | None, environment: str | None) -> Row:
    report, obj, key = each.report, each.obj, each.report.key
    source = next(iter(each.sources), None)
    return (
        number,
        int(key.group_kind in APPLICATIONS),
        cluster,
        key.group,
        key.kind,
        key.namespace,
        key.name,
        app,
        environment,
        report.health.value,
        report.reason,
        _version(each),
        report.revision or None,
        source.repository or None if source is not None else None,
        source.branch or None if source is not None else None,
        source.path if source is not None else None,
        stamp_or_none(report.updated),
        stamp_or_none(moment(obj, "metadata", "creationTimestamp")),
    )


def _version(each: Appraised) -> str | None:
    """Give the first that says it: `spec.descriptor.version`, the chart, the label, the only image."""
    obj = each.obj
    chart = text(next(iter(entries(obj, "status", "history")), {}), "chartVersion")
    if not chart and text(obj, "spec", "source", "chart"):
        chart = text(obj, "status", "sync", "revision")
    label = text(dig(obj, "metadata", "labels"), _VERSION)
    said = text(obj, "spec", "descriptor", "version") or chart or label
    if said or len(set(each.report.images)) != 1:
        return said or None
    return parse_image(each.report.images[0])[1] or None


def kinds_of(*, workloads: bool) -> frozenset[GroupKind]:
    """Give what to read."""
    return APPLICATIONS | SOURCES | (WORKLOADS if workloads else frozenset())
