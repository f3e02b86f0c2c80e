"""Starting jobs again, because a person says so: another attempt, with a key of its own."""

from __future__ import annotations

from promoter.model.job import JobNote
from promoter.model.ledger import Place


def _failed(note: JobNote) -> bool:
    return note.run is not None and note.run.state in ("failure", "refused")


def job_failed(place: Place) -> bool:
    """Tell whether a job of what is proposed failed, or could not be started."""
    return any(_failed(note) for note in place.jobs if not note.merged)


def started_again(place: Place, number: int) -> tuple[JobNote, ...]:
    """Give what to remember of the jobs of `place` so that those of release `number` that failed start again."""
    proposed = place.proposal is not None and place.proposal.release == number
    active = place.stay is not None and place.stay.release == number
    return tuple(
        JobNote(note.name, note.head, note.attempt + 1, note.merged)
        if _failed(note) and (active if note.merged else proposed)
        else note
        for note in place.jobs
    )
