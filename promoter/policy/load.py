"""The config of one commit: read, judged as a whole, and made effective.

Invariants: `load` gives a config in which every name is known and nothing collides, or raises `ConfigInvalid` with
everything that is wrong. What it gives depends on the dry tree and the dry branch's name alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from promoter.errors import ConfigInvalid, Problem
from promoter.policy.assemble import assemble
from promoter.policy.entries import Children
from promoter.policy.node import Fault, Node, place
from promoter.policy.origins import Origins
from promoter.policy.reading import read_form
from promoter.policy.rules import Config
from promoter.policy.schema import ConfigForm, PolicyForm
from promoter.policy.schema_rules import HereForm
from promoter.policy.source import parse
from promoter.policy.spelling import guess

FILE = "promoter.yaml"
POLICIES = "policies"
_APP = re.compile(r"apps(?:\.[^.\[]+|\[[^]]*\])")

Read = Callable[[str], bytes | None]
"""Path in the dry tree -> the file's bytes; None when there is no such file."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The config as it holds, and who says so."""

    config: Config
    origins: Origins
    warnings: tuple[Problem, ...] = ()
    """What is worth a look and stops nothing."""


def load(read: Read, children: Children, dry: str = "main") -> Loaded:
    """Read the config of one commit of the dry branch.

    `read` gives a file of the dry tree, `children` the names in one of its folders (`""`: the root; folders end with a
    `/`; nothing for a folder that does not exist), `dry` is the dry branch's name. Raises ConfigInvalid with all
    problems.
    """
    data = read(FILE)
    if data is None:
        raise ConfigInvalid([Problem(FILE, 0, "", "does not exist; promoter init writes one")])
    tree, problems = parse(FILE, data)
    if tree is None:
        raise ConfigInvalid(problems)
    form, faults = read_form(ConfigForm, tree)
    faults = [_told_better(fault, tree) for fault in faults]
    roots = [tree]
    if form is None:
        raise ConfigInvalid([*problems, *place(roots, faults)])
    roots.append(form.node)
    policies = _Policies(read, children)
    policies.take(form)
    assembled = assemble(form, policies.forms, children, dry)
    found = [*problems, *place(roots, faults)]
    known = list(found)
    found += policies.problems + place([*roots, *policies.roots], policies.faults)
    found += [problem for problem in place([*roots, *policies.roots], assembled.faults) if not _follows(problem, known)]
    if found:
        raise ConfigInvalid(found)
    return Loaded(assembled.config, assembled.origins, tuple(sorted(place(roots, assembled.warnings))))


def _follows(problem: Problem, known: Iterable[Problem]) -> bool:
    """Tell whether `problem`, of an app, may only come from a value of that app that was left out as wrong."""
    app = _app_of(problem)
    return app != "" and any(_app_of(other) == app and not other.message.startswith("unknown key") for other in known)


def _app_of(problem: Problem) -> str:
    match = _APP.match(problem.key)
    return match[0] if match else ""


def _told_better(fault: Fault, tree: Node) -> Fault:
    """Say of a soak among an environment's gates where it belongs: on the environment before."""
    if fault.key != "soak" or "after the merge" not in fault.message:
        return fault
    before = ""
    known = {item.find("name").text for item in tree.find("environments").items}
    for item in tree.find("environments").items:
        name = item.find("name").text or ""
        if item.entries.get("gates") is fault.node and name:
            after = item.find("after").text
            before = after if after is not None and after in known else before
            soak = fault.node.find("soak").text
            if not before or not soak:
                return fault
            message = (
                f'soak is a rule after the merge. For "{soak} in {before} before {name}" '
                f"write verify: {{soak: {soak}}} on {before}"
            )
            return Fault(fault.node, message, fault.key)
        before = name
    return fault


class _Policies:
    """Reads the policy files that are named, each once."""

    def __init__(self, read: Read, children: Children) -> None:
        self._read = read
        self._known = [name.removesuffix(".yaml") for name in children(POLICIES) if name.endswith(".yaml")]
        self.forms: dict[str, PolicyForm] = {}
        self.faults: list[Fault] = []
        self.problems: list[Problem] = []
        self.roots: list[Node] = []
        self._named: set[str] = set()

    def take(self, form: ConfigForm) -> None:
        """Read what `form` names."""
        for environment in form.environments:
            self._name(environment)
        for app in form.apps.values():
            self._name(app)
            for here in (app.environments or {}).values():
                self._name(here)

    def _name(self, form: HereForm) -> None:
        name = form.policy
        if name is None:
            return
        if name not in self._known:
            there = f"; there is {', '.join(sorted(self._known))}" if self._known else ""
            message = f"{POLICIES}/{name}.yaml does not exist{guess(name, self._known) or there}"
            self.faults.append(Fault(form.spot("policy"), message))
        elif name not in self._named:
            self._named.add(name)
            self._parse(name, f"{POLICIES}/{name}.yaml")

    def _parse(self, name: str, file: str) -> None:
        data = self._read(file)
        if data is None:
            self.problems.append(Problem(file, 0, "", "cannot be read; it must be a file"))
            return
        tree, problems = parse(file, data)
        self.problems += problems
        if tree is None:
            return
        form, faults = read_form(PolicyForm, tree)
        self.roots.append(tree)
        self.faults += faults
        if form is not None:
            self.roots.append(form.node)
            self.forms[name] = form
