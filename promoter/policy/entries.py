"""Entries under `apps` to apps: one each, or one for every folder that `{app}` in the path finds.

Invariant: an app whose folder for an environment is missing is a fault, never an app with a shorter way to production.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from promoter.layout.slots import clean_path, fill
from promoter.model.names import is_name
from promoter.policy.node import Fault
from promoter.policy.scalars import NAME_RULE
from promoter.policy.schema_app import AppForm
from promoter.policy.spelling import guess

Children = Callable[[str], Sequence[str]]
"""Folder (`""`: the root) -> the names in it, folders with a `/` behind; nothing for a folder that does not exist."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One app: what its own entry says, and its group's."""

    name: str
    path: str
    """A template over `{environment}`."""
    own: AppForm | None
    group: AppForm | None
    environments: tuple[str, ...]

    @property
    def forms(self) -> tuple[AppForm, ...]:
        """Nearest first."""
        return tuple(form for form in (self.own, self.group) if form is not None)


class Tree:
    """The dry tree's folders, each listed once."""

    def __init__(self, children: Children) -> None:
        self._children = children
        self._seen: dict[str, frozenset[str]] = {}

    def names(self, folder: str) -> frozenset[str]:
        """Give the names in `folder`, folders with a `/` behind."""
        if folder not in self._seen:
            self._seen[folder] = frozenset(self._children(folder))
        return self._seen[folder]

    def has(self, path: str) -> bool:
        """Tell whether there is a file or folder at `path`."""
        folder, _, name = path.rpartition("/")
        return not path or name in self.names(folder) or f"{name}/" in self.names(folder)


@dataclass(slots=True)
class Found:
    """The apps, and what is wrong or worth a word."""

    entries: list[Entry] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)


def expand(apps: Mapping[str, AppForm], environments: Sequence[str], children: Children) -> Found:
    """Find the apps in the dry tree. `environments`: all of them, in pipeline order."""
    found = Found()
    tree = Tree(children)
    members: dict[str, str] = {}
    groups = {name: form for name, form in apps.items() if form.path is not None and "{app}" in form.path}
    own = {name: form for name, form in apps.items() if name not in groups}
    for group, form in groups.items():
        for name in _members(group, form, environments, tree, found):
            if name in members:
                spot = form.spot("path")
                found.faults.append(Fault(spot, f"{name} is in {members[name]} and in {group}; an app has one path"))
                continue
            members[name] = group
            entry = _entry(name, form.path or "", own.get(name), form, environments, found)
            _add(entry, name not in own, tree, found)
    for name, form in own.items():
        if form.path is None and name not in members:
            near = guess(name, [*members, *own.keys() - {name}])
            message = f"{name} has no path and no group has such a folder; write its path{near}"
            found.faults.append(Fault(form.node, message))
        elif form.path is not None and name in members:
            message = f"{name} is in the group {members[name]} and has a path of its own; keep one of them"
            found.faults.append(Fault(form.spot("path"), message))
        elif form.path is not None:
            _add(_entry(name, form.path, form, None, environments, found), False, tree, found)
    return found


def _entry(
    name: str, path: str, own: AppForm | None, group: AppForm | None, environments: Sequence[str], found: Found
) -> Entry:
    listed = tuple(environments)
    for form in (own, group):
        patterns = form.spot("environments") if form is not None and form.environments is not None else None
        if (
            patterns is not None
            and isinstance(patterns.value, tuple)
            and form is not None
            and form.environments is not None
        ):
            listed = tuple(one for one in environments if any(fnmatchcase(one, key) for key in form.environments))
            break
    return Entry(name, clean_path(path.replace("{app}", name)), own, group, listed)


def _members(group: str, form: AppForm, environments: Sequence[str], tree: Tree, found: Found) -> list[str]:
    parts = clean_path(form.path or "").split("/")
    index = next(number for number, part in enumerate(parts) if "{app}" in part)
    if parts[index].count("{app}") > 1:
        found.faults.append(Fault(form.spot("path"), "{app} may stand only once between two slashes"))
        return []
    names: dict[str, str] = {}
    for environment in environments:
        folder = fill("/".join(parts[:index]), "", environment)
        before, _, behind = fill(parts[index], "{app}", environment).partition("{app}")
        files = index == len(parts) - 1 and bool(before or behind)
        for child in tree.names(folder):
            bare = child.removesuffix("/")
            if (child.endswith("/") or files) and _fits(bare, before, behind):
                names[bare[len(before) : len(bare) - len(behind)]] = f"{folder}/{bare}".lstrip("/")
    good = []
    for name, folder in sorted(names.items()):
        if not any(tree.has(path) for path in _paths(form.path or "", name, environments)):
            if not name.startswith("."):
                missing = " or ".join(dict.fromkeys(_paths(form.path or "", name, environments)))
                found.warnings.append(Fault(form.spot("path"), f"{folder} is no app of {group}: there is no {missing}"))
        elif not is_name(name):
            found.faults.append(Fault(form.spot("path"), f"{folder} cannot be an app: {NAME_RULE}"))
        else:
            good.append(name)
    if not good and not found.faults:
        found.faults.append(Fault(form.spot("path"), f"no folder fits {form.path}; then {group} is empty"))
    return good


def _fits(name: str, before: str, behind: str) -> bool:
    return name.startswith(before) and name.endswith(behind) and len(name) > len(before) + len(behind)


def _paths(path: str, app: str, environments: Sequence[str]) -> Iterator[str]:
    for environment in environments:
        yield clean_path(fill(path, app, environment))


def _add(entry: Entry, quiet: bool, tree: Tree, found: Found) -> None:
    """Keep `entry`, and say which of its paths are missing."""
    spot = entry.forms[-1].spot("path") if quiet else entry.forms[0].spot("path")
    found.entries.append(entry)
    paths = {one: clean_path(fill(entry.path, entry.name, one)) for one in entry.environments}
    missing = [one for one, path in paths.items() if not tree.has(path)]
    if not missing:
        return
    absent = ", ".join(dict.fromkeys(paths[one] for one in missing))
    there = [one for one in entry.environments if one not in missing]
    if there and "{environment}" in entry.path:
        way = f"add it, or list where {entry.name} goes: {entry.name}: {{environments: [{', '.join(there)}]}}"
    else:
        way = "add it, or correct the path"
    found.faults.append(Fault(spot, f"{absent} does not exist; {way}"))
