"""What the config says of each app that was found: the least that is not found again by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from promoter.layout.place import Kind
from promoter.layout.yaml_insert import Value
from promoter.model.names import is_name
from promoter.policy.clashes import VERBS
from promoter.run.survey_found import AppFound, Delivery, Standing
from promoter.run.survey_naming import main_image


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry under `apps`."""

    keys: Mapping[str, Value]
    """In the order in which they are written; `path` is first where there is one."""
    comments: Mapping[str, str] = field(default_factory=dict)
    """Key -> why it is there, where that is not plain."""


def entry_of(app: AppFound, environments: Sequence[str], *, rendered: bool, plain: bool = False) -> Entry:
    """Give the entry of one app. With `plain` its manifests are said to be plain files."""
    keys: dict[str, Value] = {"path": app.path}
    comments: dict[str, str] = {}
    images = _images(app, rendered=rendered)
    if images:
        keys["images"] = images
        if rendered:
            comments["images"] = f"what promoter release {app.name} VERSION moves; other images stand beside it"
    charts = _charts(app, rendered=rendered)
    if charts:
        keys["charts"] = charts
    if plain:
        keys["render"] = "plain"
    if list(app.environments) != list(environments):
        keys["environments"] = list(app.environments)
    reference = None if rendered else object_of(app)
    if reference:
        keys["object"] = reference
        comments["object"] = "delivers it, but not by this path of the repository"
    return Entry(keys, comments)


def object_of(app: AppFound) -> str | None:
    """Give the object that delivers the app, where its path alone does not tell; None when that is no one template."""
    if not any(_is_hidden(app, name, one) for name, one in app.deliveries.items()):
        return None
    if set(app.deliveries) != set(app.environments):
        return None
    names = {one.object for one in app.deliveries.values()}
    if len(names) > 1:
        names = {one.object.replace(name, "{environment}") for name, one in app.deliveries.items()}
    return names.pop() if len(names) == 1 else None


def _is_hidden(app: AppFound, environment: str, delivery: Delivery) -> bool:
    path = app.source(environment)
    folder = path.rpartition("/")[0] if path.endswith((".yaml", ".yml")) else path
    return not delivery.direct or delivery.path not in (path, folder)


def grouped(entries: Mapping[str, Entry]) -> dict[str, Entry]:
    """Give the entries with those alike made one, `{app}` standing for their names; what one differs in stays its own.

    Which apps a group has is for the tree to say: whoever writes this checks that they are the same.
    """
    alike: dict[str, list[str]] = {}
    for name, entry in entries.items():
        path = str(entry.keys.get("path", ""))
        alike.setdefault(_general_path(path, name), []).append(name)
    done: dict[str, Entry] = {}
    for path, names in alike.items():
        if len(names) < 2 or "{app}" not in path:
            done |= {name: entries[name] for name in names}
            continue
        generals = {name: _general(entries[name].keys, name) for name in names}
        first = generals[names[0]]
        shared = {
            key: value
            for key, value in first.items()
            if key != "path" and all(general.get(key) == value for general in generals.values())
        }
        comments = {key: text for key, text in entries[names[0]].comments.items() if key in shared and key != "images"}
        done[_group_name(path, {*entries, *done})] = Entry({"path": path, **shared}, comments)
        for name in names:
            own = {key: value for key, value in entries[name].keys.items() if key not in (*shared, "path")}
            if own:
                done[name] = Entry(own, entries[name].comments)
    return done


def _general_path(path: str, name: str) -> str:
    """Put `{app}` for the name where it is a part of the path, or how one begins."""
    parts = path.split("/")
    for index, part in enumerate(parts):
        rest = part.removeprefix(name)
        if part.startswith(name) and (not rest or rest[0] in "-._"):
            parts[index] = "{app}" + rest
            return "/".join(parts)
    return path


def _general(keys: Mapping[str, Value], name: str) -> dict[str, Value]:
    return {key: _generalised(value, name) for key, value in keys.items()}


def _generalised(value: Value, name: str) -> Value:
    if isinstance(value, str):
        head, slash, last = value.rpartition("/")
        return f"{head}{slash}{{app}}" if last == name else value
    if isinstance(value, Mapping):
        return {str(_generalised(key, name)): _generalised(below, name) for key, below in value.items()}
    return [_generalised(item, name) for item in value]


def _group_name(path: str, taken: set[str]) -> str:
    before = [part for part in path.split("{app}")[0].split("/") if part and "{" not in part]
    for name in (*reversed(before), "apps", "services", "group"):
        if is_name(name) and name not in taken and name not in VERBS:
            return name
    return "app-group"


def _images(app: AppFound, *, rendered: bool) -> Value:
    """Give which images a release moves; nothing where all of them may, or the one that there is."""
    used = [one for several in app.standing.values() for one in several if one.kind is Kind.IMAGE]
    own = used if rendered else [one for one in used if one.own]
    also = dict(_mirrors(own))
    names = list(dict.fromkeys(one.name for one in own))
    if also:
        return {name: {"also": list(also[name])} if name in also else {} for name in names}
    main = main_image(app)
    return [main] if rendered and len(names) > 1 and main else []


def _mirrors(standing: Sequence[Standing]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for one in standing:
        if one.also:
            yield one.name, one.also


def _charts(app: AppFound, *, rendered: bool) -> list[str]:
    found = [one for several in app.standing.values() for one in several if one.kind is Kind.CHART]
    if rendered:
        names = [one.name if one.own or not one.chart else one.chart.rpartition("/")[2] for one in found if one.value]
    else:
        names = [one.name for one in found if one.own]
    return list(dict.fromkeys(names))
