"""Finding out what gates ask: a file for each kind, found by listing this folder.

A file `<kind>.py` defines `prepare(ws, seen, ask) -> Callable[[], Reply]`: what needs the repository is done at once,
the rest by the function that it gives, which may run beside others. Where it defines `KEPT = False` every look asks
again. Invariant: every ask gets a reply; whatever goes wrong is `unknown`, with the reason, and hides no other reply.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib import import_module
from typing import Final

from promoter.errors import PromoterError
from promoter.model.ask import Ask, Replies, Reply
from promoter.model.plan import Plan
from promoter.model.snapshot import Snapshot
from promoter.model.verdict import Answer
from promoter.plan.asking import asks
from promoter.plan.decide import decide
from promoter.run.workspace import Workspace

AT_ONCE = 4
"""So many are found out beside each other."""
MOST_ROUNDS = 5
"""So often one look asks: what is not asked by then, the next look asks."""

Finding = Callable[[], Reply]
Prepare = Callable[[Workspace, Snapshot, Ask], Finding]


_FILES = {
    name: import_module(f"{__name__}.{name}") for name in sorted(it.name for it in pkgutil.iter_modules(__path__))
}
ASKED: Mapping[str, Prepare] = {name: file.prepare for name, file in _FILES.items()}
"""Kind -> who can answer."""
CHANGING = frozenset(name for name, file in _FILES.items() if not getattr(file, "KEPT", True))
"""Kinds whose replies hold for one look."""
OURS: Final = frozenset({"manifests"})
"""Kinds that are judged by the repository alone."""


def answered(ws: Workspace, seen: Snapshot, plan: Plan, known: dict[Ask, Reply]) -> tuple[Snapshot, Plan]:
    """Give what was seen and decided once everything that gates ask is answered; `known`: what was, in this run."""
    for old in [ask for ask in known if ask.kind in CHANGING]:
        del known[old]
    for _ in range(MOST_ROUNDS):
        wanted = asks(ws.config, seen, plan, ws.now())
        if not wanted:
            break
        fresh = [ask for ask in wanted if ask not in known]
        known |= find_out(ws, seen, fresh)
        apps = {name: replace(app, replies=_of(name, known)) for name, app in seen.apps.items()}
        seen = replace(seen, apps=apps)
        plan = decide(ws.config, seen, ws.now())
    return seen, plan


def _of(app: str, known: Mapping[Ask, Reply]) -> Replies:
    return {ask: reply for ask, reply in known.items() if ask.app == app}


def find_out(ws: Workspace, seen: Snapshot, wanted: Sequence[Ask]) -> Replies:
    """Give a reply to each of `wanted`."""
    if ws.answers is not None:
        played = {ask: ws.answers(ask) for ask in wanted if ask.kind not in OURS}
        ws, wanted = replace(ws, answers=None), [ask for ask in wanted if ask not in played]
        return {**played, **find_out(ws, seen, wanted)} if wanted else played
    found = [_prepared(ws, seen, ask) for ask in wanted]
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        return dict(zip(wanted, pool.map(_found, found), strict=True))


def _prepared(ws: Workspace, seen: Snapshot, ask: Ask) -> Finding:
    try:
        return ASKED[ask.kind](ws, seen, ask)
    except PromoterError as error:
        reply = unknown(str(error))
        return lambda: reply


def _found(finding: Finding) -> Reply:
    try:
        return finding()
    except PromoterError as error:
        return unknown(str(error))


def unknown(reason: str) -> Reply:
    """Give the reply to what could not be found out."""
    return Reply(Answer.UNKNOWN, " ".join(reason.split())[:300])
