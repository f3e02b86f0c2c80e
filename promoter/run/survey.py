"""Looks at a repository that promoter does not know yet: environments, apps, versions, deliveries, other writers.

Invariants: nothing is written and no program runs; the same tree gives the same survey. What cannot be told is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from promoter.errors import RenderFailed
from promoter.layout.place import Kind
from promoter.policy.rules import Render
from promoter.render.detect import RENDERERS, detect
from promoter.render.port import RenderRequest
from promoter.render.reach import Reach
from promoter.run.survey_delivery import deliveries, delivers
from promoter.run.survey_found import AppFound, Delivery, Standing, Survey
from promoter.run.survey_names import in_order
from promoter.run.survey_naming import named
from promoter.run.survey_notes import app_notes, order_notes, tree_notes
from promoter.run.survey_places import SKIPPED, Position, positions
from promoter.run.survey_standing import standing
from promoter.run.survey_tree import Dry
from promoter.run.survey_writers import writers


def survey(dry: Dry, repository: str = "", *, rendered: bool = False) -> Survey:
    """Look at a tree. `repository` is what it is called, for an app that nothing else gives a name.

    With `rendered`, apps are what can be rendered as a whole; else what can be edited apart.
    """
    delivered = deliveries(dry)
    found: list[AppFound] = []
    used: list[Position] = []
    unused: list[Position] = []
    for place in positions(dry):
        position = _chart_of(dry, place) if rendered else place
        app = _app(dry, position, delivered)
        (unused if app is None else used).append(position)
        if app is not None:
            found += [app] if rendered else _split(app)
    apps = named(_without_inner(found), repository)
    environments = in_order(name for app in apps for name in app.environments)
    notes = [*order_notes(environments), *app_notes(environments, apps), *tree_notes(dry, used, unused)]
    return Survey(environments, apps, (*notes, *writers(dry)))


def look_at(dry: Dry, app: AppFound, environment: str) -> tuple[AppFound, tuple[Standing, ...]]:
    """Look at what `app` uses in `environment`; gives it with its renderer too, or with why it has none."""
    path = app.source(environment)
    own = {file: dry.read(file) for file in dry.below(path) if SKIPPED.isdisjoint(file.split("/")[:-1])}
    reach = Reach(dry.rendered_from)
    request = RenderRequest(app.name or "app", environment, path, Render(), {})
    renderer, needs, trouble = app.renderer, app.needs, app.trouble
    try:
        renderer = detect(request, reach)
        needs = tuple(dict.fromkeys((*needs, *RENDERERS[renderer](request, reach).needs)))
    except RenderFailed as error:
        trouble = trouble or f"in {environment}: {error.message}"
    elsewhere = {
        file: dry.read(file)
        for place in reach.inputs
        for file in dry.below(place)
        if file not in own and SKIPPED.isdisjoint(file.split("/")[:-1])
    }
    return replace(app, renderer=renderer, needs=needs, trouble=trouble), standing(own, elsewhere)


def _chart_of(dry: Dry, position: Position) -> Position:
    """Give the chart's folder for values files beside a chart: that is what is rendered."""
    folder, _, name = position.template.rpartition("/")
    beside = "Chart.yaml" in dry.children(folder) and "{environment}" in name
    return replace(position, template=folder) if beside and position.template.endswith((".yaml", ".yml")) else position


def _app(dry: Dry, position: Position, delivered: Sequence[Delivery]) -> AppFound | None:
    """Make an app of a position; None where nothing of one stands there."""
    app = AppFound(position.app, position.template, position.environments)
    by_environment: dict[str, tuple[Standing, ...]] = {}
    objects: dict[str, Delivery] = {}
    for environment in position.environments:
        app, by_environment[environment] = look_at(dry, app, environment)
        path = app.source(environment)
        found = delivers(delivered, path, is_file=path in dry.files)
        if found is not None:
            objects[environment] = found
    if not any(by_environment.values()):
        holds = [f"{app.source(name)}/" for name in app.environments]
        only_delivers = any(one.where.startswith(tuple(holds)) for one in delivered)
        if app.renderer not in ("kustomize", "helm") or only_delivers:
            return None
    return replace(app, standing=_one_name_each(by_environment), deliveries=objects)


def _one_name_each(standing: Mapping[str, tuple[Standing, ...]]) -> dict[str, tuple[Standing, ...]]:
    """Give images that go by several names, such as a mirror's, the first of them everywhere."""
    first: dict[str, str] = {}
    names: dict[str, dict[str, None]] = {}
    for several in standing.values():
        for one in several:
            if one.kind is Kind.IMAGE:
                every = (one.name, *one.also)
                known = next((first[name] for name in every if name in first), one.name)
                first.update(dict.fromkeys(every, known))
                names.setdefault(known, {}).update(dict.fromkeys([one.name]))
    return {
        environment: tuple(
            replace(one, name=first[one.name], also=tuple(n for n in names[first[one.name]] if n != first[one.name]))
            if one.kind is Kind.IMAGE
            else one
            for one in several
        )
        for environment, several in standing.items()
    }


def _split(app: AppFound) -> Iterator[AppFound]:
    """Give one app for each chart where an environment's folder holds several, each in its own file."""
    files: dict[str, set[str]] = {}
    others: set[str] = set()
    for environment, several in app.standing.items():
        for one in several:
            file = one.where.rpartition(":")[0].removeprefix(app.source(environment)).strip("/")
            if one.own and one.kind is Kind.CHART:
                files.setdefault(one.name, set()).add(file)
            elif one.own:
                others.add(file)
    single = {name: next(iter(where)) for name, where in files.items() if len(where) == 1}
    apart = len(files) > 1 and len(single) == len(files) == len(set(single.values()))
    if not apart or "" in single.values() or not others <= set(single.values()):
        yield app
        return
    for name, file in sorted(single.items()):
        mine: dict[str, tuple[Standing, ...]] = {}
        for environment, several in app.standing.items():
            path = f"{app.source(environment)}/{file}"
            kept = tuple(one for one in several if one.where.startswith(f"{path}:"))
            if kept:
                mine[environment] = kept
        yield replace(app, name=name, path=f"{app.path}/{file}", environments=tuple(mine), standing=mine)


def _without_inner(found: Sequence[AppFound]) -> list[AppFound]:
    """Leave out what lies inside another app's folder, such as values files beside an overlay."""
    kept: list[AppFound] = []
    for app in sorted(found, key=lambda app: (app.path.count("/"), app.path)):
        if not any(app.path.startswith(f"{other.path}/") for other in kept):
            kept.append(app)
    return sorted(kept, key=lambda app: app.path)
