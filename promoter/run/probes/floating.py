"""Does every version behind a first environment say what runs? A range or a tag that moves goes round every gate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from promoter.model.names import Oid
from promoter.run.finding import Finding, Ground, Probe, Seat, Severity
from promoter.run.in_place import InPlace
from promoter.run.survey_standing import floats, standing


def probe(ground: Ground) -> Iterator[Finding]:
    """Look at the files of every environment that comes after another, on the branch that people edit."""
    tree = ground.ws.repository.store.commit(ground.ws.refresh(ground.refs)).tree
    later = [seat for seat in ground.seats if seat.rules.after.names]
    ground.ws.repository.fetch((), [(tree, seat.app.source(seat.environment)) for seat in later])
    for seat in later:
        yield from _of(ground, seat, tree)


def _of(ground: Ground, seat: Seat, tree: Oid) -> Iterator[Finding]:
    path = seat.app.source(seat.environment)
    found = InPlace(ground.ws.repository.store, seat.app).files(path, tree)
    single = len(found) == 1 and path.endswith(f"/{next(iter(found))}")
    files = {path if single else f"{path}/{name}".lstrip("/"): data for name, data in found.items()}
    for one in standing(files, {}):
        why = floats(one)
        if why:
            yield Finding(
                Severity.PROBLEM,
                str(seat),
                f"{one.name} in {one.where} {why}",
                "what runs there changes without a release, past every gate",
                "write an exact version there (promoter init --pin moves all of them), or a digest behind the tag",
            )


PROBE: Final[Probe] = probe
