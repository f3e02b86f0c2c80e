"""What a person says about previews, at a terminal or in a comment: which preview is meant, of which apps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from promoter.errors import PromoterError, UsageError
from promoter.model.forge import PullRequest
from promoter.plan.words import sort_words
from promoter.run.preview.change import Done, Wanted, archive, create, delete, look, restore, update
from promoter.run.preview.pulls import head_of
from promoter.run.workspace import Workspace

VERBS = ("create", "update", "archive", "restore", "delete")
"""What can be said of one preview."""
_ENDINGS: dict[str, Callable[[Workspace, str, str], Done]] = {
    "archive": archive,
    "restore": restore,
    "delete": delete,
}


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence about a preview."""

    verb: str
    name: str
    words: tuple[str, ...]
    """Apps, an environment and a version, known by what they are."""
    wanted: Wanted = field(default_factory=Wanted)
    pull: PullRequest | None = None
    """The pull request that it is to be made of."""


def carry_out(ws: Workspace, said: Said) -> list[Done]:
    """Do it for each app that is meant, one after the other, each whole or not at all.

    Raises UsageError, NotAllowed, RenderFailed, EditRefused, LostRace, EdgeFailed.
    """
    found = sort_words(said.words, ws.config.apps, ws.config.environments)
    if found.release is not None or found.reason:
        raise UsageError("a preview is made of versions, not of a release, and needs no reason")
    if len(found.environments) > 1 or (found.environments and said.wanted.source not in ("", *found.environments)):
        raise UsageError("a preview is a copy of one environment", f"Named: {', '.join(found.environments)}.")
    wanted = replace(
        said.wanted,
        source=said.wanted.source or (found.environments[0] if found.environments else ""),
        version=found.version or "",
    )
    if said.verb in _ENDINGS:
        if wanted != Wanted():
            raise UsageError(f"{said.verb} takes a preview and its apps, and nothing else")
        return _each(_apps(ws, said, found.apps), lambda app: _ENDINGS[said.verb](ws, said.name, app))
    if said.pull is not None:
        wanted = replace(wanted, pull=said.pull.number, head=head_of(ws, said.pull))
    if said.verb == "update":
        return _each(_apps(ws, said, found.apps), lambda app: update(ws, said.name, app, wanted))
    apps = found.apps or (found.one_app(ws.config.apps),)
    return _each(apps, lambda app: create(ws, said.name, app, wanted))


def put(ws: Workspace, said: Said) -> list[Done]:
    """Create what is not there, and update what is: what a comment says that only names a preview."""
    there = {one.app for one in look(ws).of(said.name)}
    apps = sort_words(said.words, ws.config.apps, ws.config.environments).apps or tuple(there)
    rest = tuple(word for word in said.words if word not in ws.config.apps)
    if not apps:
        return carry_out(ws, replace(said, verb="create"))
    verbs = {app: "update" if app in there else "create" for app in apps}
    return _each(apps, lambda app: carry_out(ws, replace(said, verb=verbs[app], words=(app, *rest)))[0])


def _each(apps: Sequence[str], act: Callable[[str], Done]) -> list[Done]:
    """Do it for one app after the other; what fails says what was done before it."""
    done: list[Done] = []
    for app in apps:
        try:
            done.append(act(app))
        except PromoterError as error:
            if done:
                error.message += f" (done before that: {', '.join(one.preview.app for one in done)})"
            raise
    return done


def _apps(ws: Workspace, said: Said, named: Sequence[str]) -> Sequence[str]:
    """Give the apps that are named, or all that the preview has. Raises UsageError where there is none."""
    if named:
        return named
    now = look(ws)
    there = tuple(one.app for one in now.of(said.name))
    if not there:
        known = ", ".join(dict.fromkeys(name for name, _ in now.previews)) or "none yet"
        raise UsageError(f"there is no preview {said.name}", f"There is {known}.")
    return there
