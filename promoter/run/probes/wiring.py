"""Does exactly one controller deliver every slot, from there, and is it at work?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from promoter.cluster.objects import Key, Object, dig, entries, flag, group_of, key_of, text
from promoter.cluster.owners import Cluster, Owner
from promoter.cluster.port import Wanted
from promoter.cluster.reader import Source
from promoter.cluster.readers import READERS
from promoter.model.snapshot import Slot
from promoter.run.finding import Finding, Ground, Probe, Seat, Severity
from promoter.run.probes.access import DELIVERY

Known = Collection[tuple[str, str]]
"""(branch, path) of every slot."""
_SHOWN = 3
_KUSTOMIZATION = ("kustomize.toolkit.fluxcd.io", "Kustomization")
_APPLICATION = ("argoproj.io", "Application")
_FLUX_SOURCE = "source.toolkit.fluxcd.io"


@dataclass(frozen=True, slots=True)
class Seen:
    """One cluster, and what in it delivers from the config repository."""

    name: str
    cluster: Cluster
    sources: tuple[tuple[Key, Source], ...]


def probe(ground: Ground) -> Iterator[Finding]:
    """Look for the owner of every slot in every cluster that can be read."""
    slots = [seat.app.slots[seat.environment] for seat in ground.seats]
    known = {(str(slot.branch), slot.path) for slot in slots}
    for live, seats in ground.by_live():
        for name, listed in ground.listed(live, seats, DELIVERY).items():
            if listed.trouble:
                continue  # that is said elsewhere, and what cannot be read may be the owner
            cluster = Cluster(listed.objects, ground.ws.repository.url)
            seen = Seen(name, cluster, tuple(_sources(cluster, listed.objects, slots[0])))
            for seat in seats:
                for question in ground.questions(seat):
                    if question.cluster == name:
                        yield from _of(seat, question, seen, known)


def _sources(cluster: Cluster, objects: Iterable[Object], any_slot: Slot) -> Iterator[tuple[Key, Source]]:
    """Give everything that delivers from the config repository, as far as that can be told."""
    for obj in objects:
        key = key_of(obj)
        reader = READERS.get(key.group_kind) if key is not None else None
        for source in reader.sources(obj, cluster.related) if key is not None and reader is not None else ():
            if key and cluster.matches(replace(any_slot, path=source.path), replace(source, branch=any_slot.branch)):
                yield key, source


def _of(seat: Seat, question: Wanted, seen: Seen, known: Known) -> Iterator[Finding]:
    subject = f"{seat} in {seen.name}"
    owner = seen.cluster.owner(question)
    if isinstance(owner, Owner):
        yield from _at_work(subject, owner, seen.cluster)
        return
    near = sorted(dict.fromkeys(_near(question.slot, seen, known)))
    yield Finding(
        Severity.PROBLEM,
        subject,
        owner + "".join(f"; {said}" for said, _ in near[:_SHOWN]),
        "what runs there cannot be known, so nothing passes",
        near[0][1] if len(near) == 1 else _mend(seat, question.slot),
    )


def _mend(seat: Seat, slot: Slot) -> str:
    path = slot.path or "the root"
    return (
        f"let one Kustomization or Application deliver {path} of branch {slot.branch} there, or name the one that "
        f"does: object: Kustomization/NAMESPACE/NAME on {seat.app.name}"
    )


def _near(slot: Slot, seen: Seen, known: Known) -> Iterator[tuple[str, str]]:
    """Give what nearly delivers the slot, and how it would: the same path of another branch, or the other way round."""
    for key, source in seen.sources:
        where = f"{source.path or 'the root'} of branch {source.branch or 'by default'}"
        if source.path == slot.path and source.branch not in ("", slot.branch):
            yield f"{key} delivers {where}", f"let the source of {key} follow branch {slot.branch}"
        elif source.branch in ("", slot.branch) and (slot.branch, source.path) not in known:
            yield f"{key} delivers {where}, which is no slot", f"let the path of {key} be {slot.path or './'}"


def _at_work(subject: str, owner: Owner, cluster: Cluster) -> Iterator[Finding]:
    kind, obj = owner.key.group_kind, owner.obj
    still = "what is merged does not get there"
    if flag(obj, "spec", "suspend"):
        yield Finding(
            Severity.WARNING, subject, f"{owner.key} is suspended", still, f"resume it: flux resume, for {owner.key}"
        )
    source = _source(owner.key, obj)
    found = cluster.related(source) if source is not None else None
    if source is not None and found is not None and flag(found, "spec", "suspend"):
        yield Finding(
            Severity.WARNING, subject, f"{source}, which {owner.key} comes from, is suspended", still, "resume it"
        )
    if kind == _APPLICATION and dig(obj, "spec", "syncPolicy", "automated") is None:
        yield Finding(
            Severity.NOTE,
            subject,
            f"{owner.key} is synced by hand",
            f"{still} until somebody syncs it, and verification waits no longer than within says",
            "set spec.syncPolicy.automated, or sync it after each merge",
        )
    if kind == _KUSTOMIZATION and not (flag(obj, "spec", "wait") or entries(obj, "spec", "healthChecks")):
        yield Finding(
            Severity.NOTE,
            subject,
            f"{owner.key} does not wait for what it applies",
            "nobody there assesses health: promoter does, from the workloads that it can read",
            "set spec.wait: true on it",
        )


def _source(key: Key, obj: Object) -> Key | None:
    if key.group_kind != _KUSTOMIZATION:
        return None
    at = dig(obj, "spec", "sourceRef")
    group = group_of(text(at, "apiVersion")) or _FLUX_SOURCE
    return Key(group, text(at, "kind"), text(at, "namespace") or key.namespace, text(at, "name"))


PROBE: Final[Probe] = probe
