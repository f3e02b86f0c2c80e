"""What a survey has to say: what it assumed, what it could not tell, and what to look out for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promoter.layout.find_values import orphans
from promoter.layout.yaml_tree import show
from promoter.run.survey_found import AppFound, Note, Tone
from promoter.run.survey_names import is_production, rank
from promoter.run.survey_places import Position, odd_neighbours
from promoter.run.survey_standing import floats
from promoter.run.survey_tree import Dry

SHOWN = 3
"""How many places a note names."""


def order_notes(environments: Sequence[str]) -> Iterator[Note]:
    """Say how the environments were put in order."""
    if not environments:
        text = "no folder or file that stands for an environment (dev, staging, production, ...) and holds versions"
        yield Note(Tone.UNKNOWN, text)
        return
    if len(environments) == 1:
        yield Note(Tone.UNKNOWN, f"{environments[0]} is the only environment, so nothing moves further")
        return
    yield Note(Tone.ASSUMED, f"the order {', '.join(environments)}: by their names")
    production = [name for name in environments if is_production(name)]
    if len(production) > 1:
        chain = ", then ".join(production)
        how = "for all at once write the same after: on each of them"
        yield Note(Tone.ASSUMED, f"production goes one by one: {chain}; {how}")
    others = [rank(name) for name in environments if name not in production]
    if len(set(others)) < len(others):
        yield Note(Tone.UNKNOWN, "which of the environments with names of one kind comes first; put them in order")


def app_notes(environments: Sequence[str], apps: Sequence[AppFound]) -> Iterator[Note]:
    """Say what is odd about apps: environments that they do not have, renderers that refuse them, floating versions."""
    for app in apps:
        missing = [name for name in environments if name not in app.environments]
        if missing:
            text = f"{app.name} has no {' and no '.join(missing)}, and that is taken as meant"
            yield Note(Tone.ASSUMED, text)
        if app.trouble:
            yield Note(Tone.UNKNOWN, f"whether {app.name} renders: {app.trouble}")
        yield from _floating(app)


def _floating(app: AppFound) -> Iterator[Note]:
    told: dict[str, tuple[list[str], list[str]]] = {}
    for environment, several in app.standing.items():
        for one in several:
            why = floats(one)
            if why:
                environments, where = told.setdefault(f"{one.kind.value} {one.name} {why}", ([], []))
                environments.append(environment)
                where.append(one.where)
    for text, (environments, where) in told.items():
        names = ", ".join(dict.fromkeys(environments))
        yield Note(Tone.WARNING, f"{app.name} in {names}: {text}", tuple(dict.fromkeys(where))[:SHOWN])


def tree_notes(dry: Dry, used: Sequence[Position], unused: Sequence[Position]) -> Iterator[Note]:
    """Say what stands beside what was found: folders that may be environments, tags whose image is not known."""
    for position in dict.fromkeys(used):
        for folder in odd_neighbours(dry, position):
            yield Note(Tone.UNKNOWN, f"whether {folder} is an environment; if it is, add it to the list")
    for position in unused:
        where, key = [], ""
        for environment in position.environments:
            for path in dry.below(position.template.replace("{environment}", environment)):
                file = dry.yaml(path)
                for scalar in orphans(file) if file is not None else ():
                    where.append(f"{path}:{scalar.line}")
                    key = key or show(scalar.path)
        if where:
            text = (
                f"which image the tags under {position.template} belong to; if they move, write an app by hand, "
                f"with images: {{NAME: {{file: FILE, key: {key}}}}}"
            )
            yield Note(Tone.UNKNOWN, text, tuple(where[:SHOWN]))
