"""The forms of one config made into the config that holds. Judges what only the whole shows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from fnmatch import fnmatchcase

from promoter.layout.slots import DRY_PROPOSAL, hydrated_slot, in_place_slot, rendered_slot
from promoter.model.names import is_name
from promoter.model.snapshot import Slot
from promoter.policy.app import admits, described, moved
from promoter.policy.clashes import branch_clashes, name_clashes, slot_clashes
from promoter.policy.effective import layers, rules, show_after
from promoter.policy.entries import Children, Entry, expand
from promoter.policy.gate import AskingGate
from promoter.policy.node import Fault
from promoter.policy.order import ancestors, bridge
from promoter.policy.origins import Origin, Origins
from promoter.policy.pipeline import Pipeline, pipeline
from promoter.policy.rules import After, AppRules, Config, Layout, Promote, Render, Rules
from promoter.policy.scalars import NAME_RULE
from promoter.policy.schema import ConfigForm, Way
from promoter.policy.schema_app import AppForm
from promoter.policy.schema_rules import HereForm, RulesForm
from promoter.policy.spelling import guess
from promoter.policy.web import allowed

MANY = 10
"""So many clashes of one kind are told one by one."""


@dataclass(frozen=True, slots=True)
class Assembled:
    """The config, wrong where there are faults."""

    config: Config
    origins: Origins
    faults: list[Fault]
    warnings: list[Fault]


def assemble(form: ConfigForm, policies: Mapping[str, RulesForm], children: Children, dry: str) -> Assembled:
    """Make the config of `form`. `policies`: the policy files that it names; `dry`: the dry branch."""
    order = pipeline(form.environments)
    found = expand(form.apps, order.order, children)
    maker = _Maker(form, order, policies, dry)
    apps = {entry.name: maker.app(entry) for entry in found.entries}
    bad = [name for name in form.apps if not is_name(name)]
    faults = [Fault(form.node.find("apps", name), f"{name} cannot be a name: {NAME_RULE}") for name in bad]
    faults += [*order.faults, *found.faults, *_names(form, order, apps), *maker.faults]
    faults += [*_patterns(form, order.order), *_external(form, apps, found.entries), *_previews(form, order.order)]
    layout_faults = [*_layout(form, len(order.order), len(apps), dry), *_tools(form, apps)]
    faults += layout_faults or _clashes(form, apps, found.entries, dry)
    return Assembled(
        _config(form, order, apps),
        Origins(
            {entry.name: described(entry, apps[entry.name]) for entry in found.entries},
            maker.origins,
            {environment: _places(form, environment) for environment in order.order},
        ),
        faults,
        found.warnings,
    )


def _config(form: ConfigForm, order: Pipeline, apps: Mapping[str, AppRules]) -> Config:
    layout = Layout(form.layout.branch, form.layout.path) if form.layout is not None else None
    return Config(
        environments=order.order,
        apps=apps,
        layout=layout,
        tools=form.tools,
        timezone=form.timezone,
        freeze=tuple(one.build() for one in form.freeze),
        open_pull_requests=form.limits.open_pull_requests,
        ledger=form.names.ledger,
        signers=form.ledger.signers,
        dry_commit=form.dry.commit.value,
        all_or_nothing=form.render.all_or_nothing,
        interchange=form.interchange,
        deployments=form.deployments,
        commits=form.commits.value,
        previews=form.previews.build(order.order[0] if order.order else "") if form.previews is not None else None,
    )


@dataclass(slots=True)
class _Maker:
    """Makes apps; what they share is made once."""

    form: ConfigForm
    order: Pipeline
    policies: Mapping[str, RulesForm]
    dry: str
    origins: dict[tuple[str, str], tuple[Origin, ...]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    _made: dict[tuple[object, ...], tuple[Rules, tuple[Origin, ...]]] = field(default_factory=dict)
    _after: dict[tuple[str, ...], dict[str, After]] = field(default_factory=dict)

    def app(self, entry: Entry) -> AppRules:
        """Make one app."""
        if entry.environments not in self._after:
            self._after[entry.environments] = bridge(self.order.order, self.order.after, entry.environments)
        after = self._after[entry.environments]
        said = next((form.render for form in entry.forms if form.render is not None), None)
        render = said.build() if said is not None else Render()
        environments: dict[str, Rules] = {}
        slots: dict[str, Slot] = {}
        former: dict[str, Slot] = {}
        for environment in entry.environments:
            environments[environment], origins = self._rules(entry, environment, after[environment])
            self.origins[entry.name, environment] = origins
            self._active_in(entry, environment, environments[environment], after)
            slots[environment] = self._slot(entry, environment, render)
            old = self.order.forms[environment].was
            if old is not None:
                former[environment] = self._slot(entry, old, render)
        settle = next((form.settle for form in entry.forms if form.settle is not None), timedelta(0))
        admitted, unknown = admits(entry)
        self.faults += unknown
        reference = next((form.object for form in entry.forms if form.object is not None), "")
        return AppRules(
            entry.name,
            entry.path,
            environments,
            slots,
            moved(entry),
            render,
            reference.replace("{app}", entry.name),
            _hydrated(render, slots),
            former,
            settle,
            admitted,
        )

    def _slot(self, entry: Entry, environment: str, render: Render) -> Slot:
        layout = self.form.layout
        if layout is None:
            return in_place_slot(self.dry, entry.path, entry.name, environment)
        external = render.kind == EXTERNAL
        return rendered_slot(layout.branch, layout.path, entry.name, environment, external=external)

    def _here(self, entry: Entry, environment: str) -> list[HereForm]:
        """Give what is said of `environment`, nearest first."""
        here: list[HereForm] = []
        for form in entry.forms:
            here += _differs(form, environment)
            here.append(form)
        return [form for form in here if form.model_fields_set & RULES] + [self.order.forms[environment]]

    def _rules(self, entry: Entry, environment: str, after: After) -> tuple[Rules, tuple[Origin, ...]]:
        here = self._here(entry, environment)
        key = (environment, after, *map(id, here))
        if key not in self._made:
            said = layers(here, self.policies)
            made, origins = rules(environment, said, after, self.form.live)
            self._made[key] = made, (self._origin(environment, after), *origins)
            self._judge(made, said)
        return self._made[key]

    def _active_in(self, entry: Entry, environment: str, made: Rules, after: Mapping[str, After]) -> None:
        """Find an environment whose active release is wanted, and that does not come before this one."""
        name = made.accept.active_in
        if not name or name in ancestors(after)[environment]:
            return
        if name not in self.order.order:
            message = f"no environment is called {name}{guess(name, self.order.order)}"
        elif name in entry.environments:
            message = f"{name} does not come before {environment}"
        else:
            message = f"{entry.name} does not go to {name}, so nothing of it would ever come to {environment}"
        said = layers(self._here(entry, environment), self.policies)
        form = next(form for form in said if form.accept is not None)
        fault = Fault(form.node.find("accept", "active_in"), message)
        if not any(one.node is fault.node and one.message == message for one in self.faults):
            self.faults.append(fault)

    def _origin(self, environment: str, after: After) -> Origin:
        where = self.order.where(environment)
        if after != self.order.after[environment]:
            where += ", without the environments that the app leaves out"
        return Origin("after", show_after(after), where)

    def _judge(self, made: Rules, said: Sequence[RulesForm]) -> None:
        self._hosts(made, said)
        if made.promote is not Promote.COMMIT:
            return
        spot = next(form.spot("promote") for form in said if form.promote is not None)
        kinds = {gate.kind for gate in made.gates}
        if "approvals" in kinds:
            message = "commit makes no pull request, so nobody could approve; write promote: auto, or approvals: 0"
            self.faults.append(Fault(spot, message))
        if "checks" in kinds:
            message = "commit proposes nothing that could be checked before; write promote: auto, or verify: {checks}"
            self.faults.append(Fault(spot, message))
        for gate in made.gates:
            if isinstance(gate, AskingGate):
                message = f"commit proposes nothing that {gate.kind} could be asked about; write promote: auto"
                self.faults.append(Fault(spot, message))

    def _hosts(self, made: Rules, said: Sequence[RulesForm]) -> None:
        """Find hosts that gates would ask and that the config does not name."""
        for part, gate in [("gates", gate) for gate in made.gates] + [("verify", gate) for gate in made.verify.gates]:
            for host in sorted(getattr(gate, "hosts", ())):
                if not allowed(host, self.form.hosts):
                    form = next(form for form in said if getattr(getattr(form, part), gate.kind, None) is not None)
                    message = f"{host} may not be asked; write it in promoter.yaml: hosts: [{host}]"
                    self.faults.append(Fault(form.node.find(part, gate.kind), message))


RULES = frozenset(HereForm.model_fields)
EXTERNAL = "external"


def _hydrated(render: Render, slots: Mapping[str, Slot]) -> dict[str, Slot]:
    """Give where another hydrator writes; nothing when promoter renders."""
    if render.kind != EXTERNAL:
        return {}
    branch, path = (str(render.settings.get(key, "")) for key in ("branch", "path"))
    return {name: hydrated_slot(slot, branch, path or None) for name, slot in slots.items()}


def _differs(form: AppForm, environment: str) -> list[HereForm]:
    """Give what differs for the app in `environment`, nearest (the later entry) first."""
    found = [here for pattern, here in (form.environments or {}).items() if fnmatchcase(environment, pattern)]
    return found[::-1]


def _names(form: ConfigForm, order: Pipeline, apps: Mapping[str, AppRules]) -> list[Fault]:
    return [
        Fault(order.forms[name].spot("name") if kind == "environment" else form.node.find("apps", name), message)
        for kind, name, message in name_clashes(order.order, apps)
    ]


def _patterns(form: ConfigForm, environments: Iterable[str]) -> list[Fault]:
    """Find names and patterns that mean no environment."""
    known = list(environments)
    said = [(freeze.spot("environments"), freeze.environments) for freeze in form.freeze]
    said += [(app.spot("environments"), tuple(app.environments or ())) for app in form.apps.values()]
    return [
        Fault(node.find(word), f"no environment is called {word}{guess(word, known)}")
        for node, words in said
        for word in words
        if not any(fnmatchcase(name, word) for name in known)
    ]


def _layout(form: ConfigForm, environments: int, apps: int, dry: str) -> list[Fault]:
    layout = form.layout
    if layout is None and form.dry.commit is Way.PULL_REQUEST:
        message = "needs a layout: without one a release commits nothing, its values move by the environments' own ways"
        return [Fault(form.dry.spot("commit"), message)]
    if layout is None and form.interchange:
        return [Fault(form.spot("interchange"), "needs a layout: without one nothing is hydrated")]
    if layout is None:
        return []
    both = layout.branch + layout.path
    faults = []
    for name, number in (("environment", environments), ("app", apps)):
        if number > 1 and f"{{{name}}}" not in both:
            message = f"{{{name}}} is missing: put it into branch or path, or {name}s overwrite each other"
            faults.append(Fault(layout.node, message))
    if layout.branch == dry:
        message = f"rendered manifests need a branch beside {dry}, which holds what they are made from"
        faults.append(Fault(layout.spot("branch"), message))
    return faults


def _previews(form: ConfigForm, environments: Collection[str]) -> list[Fault]:
    """Previews are made of manifests, and of an environment that there is."""
    if form.previews is None:
        return []
    if form.layout is None:
        message = (
            "needs a layout: values that are edited in place belong to their environment, and nothing can be copied"
        )
        return [Fault(form.spot("previews"), message)]
    named = form.previews.from_
    if named is not None and named not in environments:
        message = f"no environment is called {named}{guess(named, environments)}"
        return [Fault(form.previews.spot("from"), message)]
    return []


def _external(form: ConfigForm, apps: Mapping[str, AppRules], entries: Iterable[Entry]) -> list[Fault]:
    """Another hydrator needs a layout."""
    if form.layout is not None:
        return []
    message = "external needs a layout: without one nothing is hydrated, values move where they stand"
    mine = [entry for entry in entries if apps[entry.name].render.kind == EXTERNAL]
    return [Fault(next(form.spot("render") for form in entry.forms if form.render), message) for entry in mine]


def _tools(form: ConfigForm, apps: Mapping[str, AppRules]) -> list[Fault]:
    faults = []
    for program in form.tools:
        near = guess(program, ("kustomize", "helm", "kubectl"))
        if near and f" {program}?" not in near:
            faults.append(Fault(form.spot("tools"), f"unknown program {program}{near}", program))
    own = ("plain", "external", "command")
    if (
        form.layout is not None
        and form.spot("tools") is form.node
        and any(app.render.kind not in own for app in apps.values())
    ):
        message = "is required with a layout, so that every run renders the same bytes: tools: {kustomize: 5.8.1}"
        faults.append(Fault(form.node, message, "tools"))
    return faults


def _clashes(form: ConfigForm, apps: Mapping[str, AppRules], entries: Iterable[Entry], dry: str) -> list[Fault]:
    spots = {entry.name: entry.forms[-1].spot("path") for entry in entries}
    faults = []
    for app, message in _few(list(slot_clashes(apps))):
        faults.append(Fault(form.layout.node if form.layout is not None else spots[app], message))
    apps = {name: app for name, app in apps.items() if is_name(name)}  # what is no name is told once, as that
    slots = [slot for app in apps.values() for slot in app.slots.values()]
    if "{app}" not in form.names.ledger and len(apps) > 1:
        message = "{app} is missing: every app has a ledger of its own"
        return [*faults, Fault(form.names.spot("ledger"), message)]
    hydrated = [slot for app in apps.values() for slot in app.hydrated.values()]
    ledgers = {name: form.names.ledger.replace("{app}", name) for name in apps}
    offered = apps if form.dry.commit is Way.PULL_REQUEST else ()
    offers = {name: DRY_PROPOSAL.replace("{app}", name) for name in offered}
    others = {form.previews.branch: "the branch of previews"} if form.previews is not None else {}
    for _, message in _few(list(branch_clashes(slots, ledgers, dry, offers, hydrated, others))):
        node = form.layout.spot("branch") if form.layout is not None else form.names.spot("ledger")
        faults.append(Fault(node if node.file else form.node, message))
    return faults


def _few(clashes: list[tuple[str, str]]) -> list[tuple[str, str]]:
    if len(clashes) <= MANY:
        return clashes
    app, _ = clashes[MANY]
    return [*clashes[:MANY], (app, f"and {len(clashes) - MANY} more like these")]


def _places(form: ConfigForm, environment: str) -> tuple[Origin, ...]:
    """Tell what the calendar and the layout say of `environment`."""
    found = []
    if form.layout is not None:
        text = f"branch {form.layout.branch}, path {form.layout.path or '.'}"
        found.append(Origin("layout", text.replace("{environment}", environment), form.layout.node.where))
    for one in form.freeze:
        if not one.environments or any(fnmatchcase(environment, name) for name in one.environments):
            reason = f' "{one.reason}"' if one.reason else ""
            found.append(Origin("freeze", f"{one.build()}{reason}", one.node.where))
    spot = form.spot("timezone")
    if form.freeze or spot is not form.node:
        found.append(Origin("timezone", form.timezone, "default" if spot is form.node else spot.where))
    return tuple(found)
