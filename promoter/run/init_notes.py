"""What `promoter init` says of what it found, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promoter.layout.place import Kind
from promoter.run.pin_found import Left, Pinned
from promoter.run.survey_found import AppFound, Note, Standing, Tone
from promoter.run.survey_naming import main_image

_SHOWN = 3
_APPS = 20


def apps_found(apps: Sequence[AppFound], *, rendered: bool) -> Iterator[Note]:
    """Say where apps and their versions stand, and who delivers them; of very many, the first."""
    for app in apps[:_APPS]:
        yield from _app(app, rendered=rendered)
    if len(apps) > _APPS:
        yield Note(Tone.FOUND, f"and {len(apps) - _APPS} more apps: {', '.join(app.name for app in apps[_APPS:])}")
    if not rendered:
        yield from _undelivered(apps)


def _app(app: AppFound, *, rendered: bool) -> Iterator[Note]:
    how = f"rendered with {app.renderer}" if app.renderer and rendered else "edited in place"
    yield Note(Tone.FOUND, f"app {app.name}: {app.path} for {', '.join(app.environments)}, {how}")
    for kind in Kind:
        for name in app.names(kind):
            yield from _version(app, kind, name, rendered=rendered)
    if not rendered and not _movable(app):
        yield Note(
            Tone.WARNING,
            f"no version of {app.name} stands in its environments' own files, so none can move alone: promoter init "
            "--pin puts them there, or --layout branches renders each environment",
        )
    if not rendered:
        yield from _delivered(app)


def _version(app: AppFound, kind: Kind, name: str, *, rendered: bool) -> Iterator[Note]:
    own: dict[str, Standing] = {}
    shared: dict[str, list[Standing]] = {}
    for environment, several in app.standing.items():
        for one in several:
            if (one.kind, one.name) != (kind, name):
                continue
            if one.own:
                own.setdefault(environment, one)
            else:
                shared.setdefault(environment, []).append(one)
    if own:
        values = ", ".join(f"{environment} {one.value or 'none'}" for environment, one in own.items())
        where = tuple(dict.fromkeys(one.where for one in own.values()))
        yield Note(Tone.FOUND, f"{kind.value} {name}: {values}", where[:_SHOWN])
    places = list(dict.fromkeys(one.where for several in shared.values() for one in several))
    if not places:
        return
    values = ", ".join(sorted({one.value or "no version" for several in shared.values() for one in several}))
    at = f"{kind.value} {name} {values} stands in files that {', '.join(shared)} share"
    if rendered:
        yield Note(Tone.FOUND, f"{at}; each environment has its own when it is rendered", _few(places))
    else:
        yield Note(Tone.WARNING, f"{at}: a change there reaches all of them at once, past every gate", _few(places))


def _few(places: Sequence[str]) -> tuple[str, ...]:
    more = len(places) - _SHOWN
    return (*places[:_SHOWN], f"and {more} more") if more > 0 else tuple(places)


def _delivered(app: AppFound) -> Iterator[Note]:
    for environment, one in app.deliveries.items():
        text = f"{one.object} delivers {app.name} in {environment}"
        if one.path != app.source(environment):
            text += f", with all of {one.path or 'the repository'}"
        yield Note(Tone.FOUND, text, (one.where,))


def _undelivered(apps: Sequence[AppFound]) -> Iterator[Note]:
    missing: dict[str, list[str]] = {}
    for app in apps:
        for environment in app.environments:
            if environment not in app.deliveries:
                missing.setdefault(app.name, []).append(environment)
    if missing:
        some = [f"{name} in {', '.join(environments)}" for name, environments in missing.items()]
        yield Note(
            Tone.UNKNOWN,
            f"what delivers {'; '.join(_few(some))}: nothing in this repository names the path. In the cluster it is "
            "found by repository, branch and path; else name it: object: Kustomization/NAMESPACE/NAME",
        )


def pin_notes(pinned: Sequence[Pinned], left: Sequence[Left]) -> Iterator[Note]:
    """Say what was pinned, what that changes, and what was not."""
    for one in pinned:
        was = "" if not one.changes else f" instead of {one.old or 'no version'}: that much the manifests change"
        text = f"pinned {one.name} {one.new} for {one.environment} in {one.file}{was}"
        yield Note(Tone.WARNING if one.changes else Tone.FOUND, text, (one.came_from,))
    reasons: dict[tuple[str, str], list[Left]] = {}
    for item in left:
        generic = item.reason.replace(f"--pin {item.environment}:", "--pin ")
        reasons.setdefault((item.name, generic), []).append(item)
    for (name, reason), several in reasons.items():
        where = tuple(dict.fromkeys(one.where for one in several))
        environments = ", ".join(dict.fromkeys(one.environment for one in several))
        yield Note(Tone.WARNING, f"not pinned for {environments}: {name}: {reason}", where)


def next_commands(apps: Sequence[AppFound], *, adopt: bool, rendered: bool) -> Iterator[str]:
    """Give the commands that follow, once `promoter.yaml` is on the branch that people edit."""
    yield "promoter config"
    if not rendered and apps and any(apps[0].standing.values()) and not _movable(apps[0]):
        yield "promoter init --pin"
    for app in apps[:1]:
        if adopt:
            yield "promoter adopt --all" if len(apps) > 1 else f"promoter adopt {app.name}"
        yield f"promoter release {app.name} {_example(app, rendered=rendered)}"
    yield "promoter run"
    yield "promoter status"


def _movable(app: AppFound) -> bool:
    """Tell whether a version stands in the environments' own files."""
    return any(one.own for several in app.standing.values() for one in several)


def _example(app: AppFound, *, rendered: bool) -> str:
    """Give how a version of the app is said: alone where it can mean one thing only."""
    used = [one for several in app.standing.values() for one in several if rendered or one.own]
    charts = {one.name for one in used if one.kind is Kind.CHART}
    images = {one.name for one in used if one.kind is Kind.IMAGE}
    if len(charts) == 1 or (not charts and (len(images) == 1 or (rendered and main_image(app)))):
        return "VERSION"
    names = sorted(charts or images)
    main = main_image(app) if not charts else ""
    return f"--image {main or (names[0] if names else 'NAME')}=VERSION"
