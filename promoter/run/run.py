"""The run: look, decide, act, and look again until nothing is left to do but wait."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from promoter.errors import LostRace, PromoterError
from promoter.model.plan import Action, Plan
from promoter.model.snapshot import Snapshot
from promoter.plan.decide import decide
from promoter.run.act import Event, act
from promoter.run.interchange import annotate
from promoter.run.look import look
from promoter.run.workspace import Workspace

PASSES = 60
"""How often one run looks at most; what is left then is done by the next run."""


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


def see(ws: Workspace, apps: Sequence[str] | None = None) -> tuple[Snapshot, Plan]:
    """Look and decide, without doing anything."""
    seen = look(ws, apps)
    return seen, decide(ws.config, seen, ws.now())


def run(
    ws: Workspace, apps: Sequence[str] | None = None, on_event: Callable[[Event], None] = lambda _event: None
) -> Outcome:
    """Do everything that can be done now. What is refused once is not tried again in this run."""
    diary = _Diary(tell=on_event)
    refused: set[tuple[object, ...]] = set()
    for _ in range(PASSES):
        seen, plan = see(ws, apps)
        todo = [action for action in plan.actions if _key(action) not in refused]
        if not todo:
            break
        before = len(diary.events)
        act(ws, seen, todo, diary)
        for event in diary.events[before:]:
            if event.what == "refused":
                refused |= {_key(action) for action in todo if action.app == event.app}
    _annotate(ws, seen, diary)
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


def _key(action: Action) -> tuple[object, ...]:
    """What makes two actions the same try: kind, app, place; not the ledger's text."""
    slot = getattr(action, "slot", None)
    return (type(action), action.app, slot.environment if slot is not None else "", getattr(action, "number", None))
