"""Ending previews that are over: too old, past their day, or of a pull request that is not open any more.

A part of every run. Invariants: nothing is written while nothing is due; archived previews stay until somebody ends
them; one that cannot be ended keeps no other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from promoter.errors import LostRace, PromoterError
from promoter.model.forge import PullState
from promoter.model.preview import Preview
from promoter.policy.previews import Previews
from promoter.policy.scalars import show_duration
from promoter.run.preview.change import clean
from promoter.run.preview.standing import ref_of, standing
from promoter.run.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What became of a preview that was due."""

    app: str
    what: str
    """`cleaned`, `lost`, `refused`."""
    text: str


def clean_up(ws: Workspace, apps: Collection[str] | None = None) -> Iterator[Cleaned]:
    """End what is due, of `apps` (None: of all), and tell of each. Raises EdgeFailed when none can be read."""
    previews = ws.config.previews
    if previews is None:
        return
    ref = ref_of(previews)
    for one in standing(ws, ws.repository.refs([ref]).get(ref)).previews.values():
        if apps is not None and one.app not in apps:
            continue
        try:
            why = _due(ws, previews, one)
            done = clean(ws, one, why) if why else None
        except LostRace as race:
            yield Cleaned(one.app, "lost", race.message)
        except PromoterError as error:
            yield Cleaned(one.app, "refused", f"preview {one.name}: {error}")
        else:
            if done is not None:
                yield Cleaned(one.app, "cleaned", f"preview {one.name}: {why}")
            if done is not None and done.trouble:
                yield Cleaned(one.app, "refused", done.trouble)


def _due(ws: Workspace, previews: Previews, one: Preview) -> str:
    """Give why a preview is over; empty while it is not."""
    ends = one.ends(previews.keep)
    if ends is None:
        return ""
    if ends <= ws.now():
        return "its time is over" if one.until is not None else f"not updated for {show_duration(previews.keep)}"
    if one.pull is not None:
        state = ws.forge.pull(one.pull).state
        if state is not PullState.OPEN:
            return f"its pull request {one.pull} is {state.value}"
    return ""
