"""`promoter init`: the smallest `promoter.yaml` for a repository, and each version where it can be moved.

Invariants: a proposal writes nothing; the config that it holds was loaded and is valid; what is written replaces no
`promoter.yaml` and no edit of a person.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from promoter.errors import ConfigInvalid, EdgeFailed, UsageError
from promoter.git.store import Store
from promoter.layout.slots import fill
from promoter.layout.yaml_insert import Value
from promoter.model.names import Oid
from promoter.policy.load import FILE, Loaded, load
from promoter.render.program import Programs
from promoter.run.init_entries import Entry, entry_of, grouped
from promoter.run.init_live import live_note, parse_live
from promoter.run.init_notes import apps_found, next_commands, pin_notes
from promoter.run.init_pipeline import offer_pipeline
from promoter.run.init_text import config_text
from promoter.run.init_workflow import Offer, offer
from promoter.run.pin import pin
from promoter.run.pin_found import Pins, parse_asked
from promoter.run.pin_proof import edited, version_of
from promoter.run.presets import policy_files
from promoter.run.survey import survey
from promoter.run.survey_found import AppFound, Note, Survey, Tone
from promoter.run.survey_tree import Dry


class Layouts(StrEnum):
    """Where manifests are to stand."""

    EDIT = "edit"
    BRANCHES = "branches"
    FOLDERS = "folders"


TEMPLATES: Mapping[Layouts, Mapping[str, Value]] = {
    Layouts.BRANCHES: {"branch": "environment/{environment}", "path": "{app}"},
    Layouts.FOLDERS: {"branch": "deploy", "path": "{environment}/{app}"},
}


_PROGRAMS = frozenset({"kustomize", "helm"})


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants of `init`."""

    layout: Layouts = Layouts.EDIT
    live: str = ""
    """`none`, `files:PATH` or `kubernetes:CONTEXT`; empty: not decided."""
    pin: tuple[str, ...] | None = None
    """`NAME=VERSION` texts, none of them needed; None: nothing is pinned."""
    policies: tuple[str, ...] = ()
    """Names of policies that come with promoter and are to be copied."""
    workflow: bool = True
    """What runs promoter is wanted: a workflow on GitHub, a pipeline on GitLab."""


@dataclass(frozen=True, slots=True)
class Place:
    """What is looked at."""

    store: Store
    tree: Oid
    repository: str
    """What it is called."""
    dry: str
    """The branch that people edit."""
    branches: Collection[str] = ()
    """Branches that there are."""
    forge: str = ""
    """Of a working copy: where its repository is, `github` or `gitlab`, so that what runs promoter can be written."""

    @property
    def on_github(self) -> bool:
        """It is a working copy of a repository on GitHub."""
        return self.forge == "github"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What `init` would write, and what it has to say."""

    files: Mapping[str, bytes]
    """Path in the repository -> content."""
    config: str
    """The text of the new `promoter.yaml`; empty when there is one already."""
    survey: Survey
    notes: tuple[Note, ...]
    commands: tuple[str, ...]
    """What to type next."""
    pins: Pins = field(default_factory=Pins)


def propose(place: Place, wish: Wish, programs: Programs) -> Proposal:
    """Look at the repository and propose.

    Raises UsageError when there is a config already and nothing else is to be done, EdgeFailed when no app is found,
    EditRefused and RenderFailed from pinning, ConfigInvalid when no valid config fits what was found.
    """
    live, copied = parse_live(wish.live), policy_files(wish.policies)
    rendered = wish.layout is not Layouts.EDIT
    if wish.pin is not None and rendered:
        raise UsageError(
            f"--pin is for values that are edited in place; --layout {wish.layout} renders them",
            "Leave one of the two out.",
        )
    dry = Dry(place.store, place.tree)
    if FILE in dry.files:
        return _pin_only(place, wish, dry, programs) if wish.pin is not None else _workflow_only(place, wish, dry)
    found = survey(dry, place.repository, rendered=rendered)
    _refuse_empty(found)
    pins = Pins()
    if wish.pin is not None:
        pins = _pinned(place, wish, found.apps, programs)
        dry = Dry(place.store, edited(place.store, place.tree, pins.files))
        found = survey(dry, place.repository)
    tools = _tools(found.apps, programs) if rendered else {}
    text = _valid(dry, place.dry, found, wish, live, tools)
    adopt = not rendered or any(branch in place.branches for branch in _slots(found.apps, wish.layout))
    notes = [*apps_found(found.apps, rendered=rendered), *found.notes]
    notes += [live_note(wish.live, found.environments), *_layout_notes(found.apps, wish.layout)]
    notes += pin_notes(pins.pinned, pins.left)
    notes += [Note(Tone.FOUND, f"{path}: name it on an environment, policy: {Path(path).stem}") for path in copied]
    offered = _offered(place, wish, str(TEMPLATES[wish.layout]["branch"]) if rendered else "")
    notes += offered.notes
    return Proposal(
        {**pins.files, **copied, **offered.files, FILE: text.encode()},
        text,
        found,
        tuple(notes),
        (
            *next_commands(found.apps, adopt=adopt, rendered=rendered),
            *(("promoter init --branches",) if rendered and place.forge else ()),
        ),
        pins,
    )


def _pin_only(place: Place, wish: Wish, dry: Dry, programs: Programs) -> Proposal:
    """Pin what an existing config names."""
    config = _load(dry, place.dry).config
    if config.layout is not None:
        raise UsageError(
            f"{FILE} has a layout: every environment is rendered from one commit, so there is nothing to pin"
        )
    apps = [AppFound(name, app.path, tuple(app.environments)) for name, app in config.apps.items()]
    pins = _pinned(place, wish, apps, programs)
    return Proposal(
        pins.files,
        "",
        Survey(config.environments, tuple(apps)),
        tuple(pin_notes(pins.pinned, pins.left)),
        ("promoter plan",),
        pins,
    )


def _workflow_only(place: Place, wish: Wish, dry: Dry) -> Proposal:
    """Add the workflow to an existing config."""
    if place.forge and wish.workflow:
        config = _load(dry, place.dry).config
        offered = _offered(place, wish, config.layout.branch if config.layout is not None else "")
        if offered.files or any(note.tone is Tone.WARNING for note in offered.notes):
            return Proposal(offered.files, "", Survey(config.environments, ()), offered.notes, ("promoter doctor",))
    raise UsageError(
        f"{FILE} is there already, and is not overwritten",
        "promoter config checks it. promoter init --pin moves versions into each environment's own files.",
    )


def _offered(place: Place, wish: Wish, template: str) -> Offer:
    """Give what runs promoter where that can be written and is wanted."""
    if not (place.forge and wish.workflow):
        return Offer()
    if place.forge == "gitlab":
        return offer_pipeline(place.store, place.tree, template)
    return offer(place.store, place.tree, place.dry, template) if place.on_github else Offer()


def _pinned(place: Place, wish: Wish, apps: Sequence[AppFound], programs: Programs) -> Pins:
    environments = {name for app in apps for name in app.environments}
    asked = [parse_asked(text, environments) for text in wish.pin or () if text]
    return pin(place.store, place.tree, apps, asked, programs)


def _refuse_empty(found: Survey) -> None:
    if not found.apps:
        said = "\n  ".join(f"{note.text} {' '.join(note.where)}".rstrip() for note in found.notes)
        raise EdgeFailed(
            f"nothing here looks like an app in environments:\n  {said}",
            "Write promoter.yaml by hand; promoter config --here checks it.",
        )


def _tools(apps: Sequence[AppFound], programs: Programs) -> dict[str, str]:
    """Give the exact versions that render the apps; of one that does not render yet, what its files are for."""
    needs = dict.fromkeys(need for app in apps for need in app.needs or (app.renderer,) if need in _PROGRAMS)
    return {name: version_of(name, programs) for name in needs}


def _valid(
    dry: Dry, branch: str, found: Survey, wish: Wish, live: Value, tools: Mapping[str, str]
) -> str:  # fmt: skip
    """Give the text of a config that loads and has exactly the apps that were found, the shortest that does."""
    rendered = wish.layout is not Layouts.EDIT
    entries = {
        app.name: entry_of(app, found.environments, rendered=rendered, plain=rendered and not tools)
        for app in found.apps
    }
    layout = TEMPLATES.get(wish.layout)

    def text(apps: Mapping[str, Entry]) -> str:
        return config_text(found.environments, apps, live, layout, tools)

    short = text(grouped(entries))
    try:
        if set(_load(dry, branch, short).config.apps) == set(entries):
            return short
    except ConfigInvalid:
        pass  # A group may take in folders that are no apps; one by one they are named.
    long = text(entries)
    _load(dry, branch, long)
    return long


def _load(dry: Dry, branch: str, text: str | None = None) -> Loaded:
    read, children = dry.loader()
    return load(lambda path: text.encode() if path == FILE and text is not None else read(path), children, branch)


def _slots(apps: Sequence[AppFound], layout: Layouts) -> list[str]:
    template = str(TEMPLATES[layout]["branch"])
    return [fill(template, app.name, environment) for app in apps for environment in app.environments]


def _layout_notes(apps: Sequence[AppFound], layout: Layouts) -> list[Note]:
    """Say where controllers have to look from now on."""
    notes = []
    for app in apps if layout is not Layouts.EDIT else ():
        for environment in app.environments[:1]:
            branch, path = (fill(str(TEMPLATES[layout][key]), app.name, environment) for key in ("branch", "path"))
            old = app.deliveries.get(environment)
            who = f"{old.object} ({old.where})" if old is not None else "its Flux Kustomization or Argo CD Application"
            text = f"{app.name} in {environment} will stand in branch {branch}, path {path}: point {who} there"
            notes.append(Note(Tone.FOUND, text + (", and so on for the others" if len(app.environments) > 1 else "")))
    return notes
