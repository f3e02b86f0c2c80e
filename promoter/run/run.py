"""The run: look, decide, act, and look again until nothing is left to do but wait."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from promoter.errors import LostRace, PromoterError
from promoter.model.ask import Ask, Reply
from promoter.model.plan import Action, AdoptEdits, Deploy, MakeRelease, Plan, StartJob
from promoter.model.snapshot import Snapshot
from promoter.plan.decide import decide
from promoter.run.act import Event, act, where
from promoter.run.asking import answered
from promoter.run.interchange import annotate
from promoter.run.look import look
from promoter.run.preview.clean import clean_up
from promoter.run.workspace import Workspace

PASSES = 60
"""How often one run looks at most; what is left then is done by the next run."""
LOSSES = 5
"""How often in a row a run may lose to others without doing anything itself; a lock that stays is such a loss."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did, and how things stand after it."""

    done: tuple[Event, ...]
    plan: Plan
    snapshot: Snapshot
    lost: tuple[Event, ...] = ()
    refused: tuple[Event, ...] = ()


@dataclass(slots=True)
class _Diary:
    events: list[Event] = field(default_factory=list)
    tell: Callable[[Event], None] = lambda _event: None

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        self.tell(event)

    def of(self, *kinds: str) -> tuple[Event, ...]:
        return tuple(event for event in self.events if event.what in kinds)


def see(
    ws: Workspace, apps: Sequence[str] | None = None, known: dict[Ask, Reply] | None = None
) -> tuple[Snapshot, Plan]:
    """Look and decide, without doing anything; `known`: what gates asked before in this run, to be added to."""
    seen = look(ws, apps)
    return answered(ws, seen, decide(ws.config, seen, ws.now()), {} if known is None else known)


def run(
    ws: Workspace, apps: Sequence[str] | None = None, on_event: Callable[[Event], None] = lambda _event: None
) -> Outcome:
    """Do everything that can be done now. What is refused once is not tried again in this run."""
    diary = _Diary(tell=on_event)
    refused: set[tuple[str, str]] = set()
    losses = 0
    known: dict[Ask, Reply] = {}
    for _ in range(PASSES):
        seen, plan = see(ws, apps, known)
        todo = [action for action in plan.actions if not refused & {_try(action), (action.app, "")}]
        if not todo or losses == LOSSES:
            break
        before = len(diary.events)
        refused |= {_try(action) for action in act(ws, seen, todo, diary)}
        losses = losses + 1 if all(event.what == "lost" for event in diary.events[before:]) else 0
    _annotate(ws, seen, diary)
    _clean_up(ws, apps, diary)
    said = [event for event in diary.events if event.what not in ("lost", "refused")]
    return Outcome(tuple(said), plan, seen, diary.of("lost"), diary.of("refused"))


def _annotate(ws: Workspace, seen: Snapshot, diary: _Diary) -> None:
    """Tell other tools of releases that arrived without a commit; what cannot be written now, the next run writes."""
    try:
        for slot, text in annotate(ws, seen):
            diary(Event(slot.app, slot.environment, "noted", text))
    except LostRace as race:
        diary(Event("", "", "lost", race.message))
    except PromoterError as error:
        diary(Event("", "", "refused", str(error)))


def _clean_up(ws: Workspace, apps: Sequence[str] | None, diary: _Diary) -> None:
    """End previews that are over; they are no part of what was decided, and stop nothing of it."""
    try:
        for one in clean_up(ws, apps):
            diary(Event(one.app, "", one.what, one.text))
    except PromoterError as error:
        diary(Event("", "", "refused", str(error)))


def _try(action: Action) -> tuple[str, str]:
    """What is not tried again in this run when `action` was refused: the environment; for a ledger, the whole app."""
    if isinstance(action, StartJob):
        return action.app, f"{where(action)} {action.ask.gate}"
    if isinstance(action, Deploy):
        return action.app, f"{where(action)} as a deployment"
    return action.app, "a release" if isinstance(action, MakeRelease | AdoptEdits) else where(action)
