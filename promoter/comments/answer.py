"""Doing what one command in a comment says, and what to answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from promoter.comments.options import UNTIL, take_options
from promoter.comments.parse import Garbled, Spoken
from promoter.comments.preview import preview
from promoter.comments.scene import Scene
from promoter.errors import PromoterError, UsageError
from promoter.model.forge import RANKS, Permission
from promoter.plan.back import Reach
from promoter.plan.report.explain import explain
from promoter.plan.report.explain_text import MARKER, markdown
from promoter.plan.report.foreign import prose
from promoter.plan.report.summary import status_markdown
from promoter.plan.until import parse_until
from promoter.plan.verbs import VERBS, Verb
from promoter.plan.words import Words, sort_words
from promoter.run.command import NotAllowed, groups, may
from promoter.run.heard import Said
from promoter.run.run import see
from promoter.run.said import VERBS as SAID
from promoter.run.said import gates_for, take_down
from promoter.run.workspace import Workspace

KNOWN = tuple(entry for entry in VERBS if entry.comment)
"""The verbs that can be said in a comment."""


PREVIEW: Final = "preview"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one command."""

    done: bool
    text: str = ""
    """Markdown for people; empty: a receipt is enough."""
    sticky: bool = False
    """It belongs into the one comment that explains, not into a reply."""
    trouble: str = ""
    """Why it could not be tried; the next run does."""


def answer(ws: Workspace, said: Spoken | Garbled, scene: Scene, where: Said) -> Answer:
    """Do `said`, as the workspace's user; `where` it was said. Refusals are answers; raises EdgeFailed and LostRace."""
    try:
        if isinstance(said, Garbled):
            return Answer(False, refusal(said.line, UsageError(said.message, said.hint)))
        return carry_out(ws, said, scene, where)
    except (UsageError, NotAllowed) as no:
        return Answer(False, refusal(said.line, no))


def refusal(line: str, no: PromoterError) -> str:
    """Give the reply that says why not."""
    hint = f" {prose(no.hint, 500)}" if no.hint else ""
    return f"> {prose(line, 300)}\n\n{prose(str(no.message), 500)}.{hint}"


def carry_out(ws: Workspace, said: Spoken, scene: Scene, where: Said) -> Answer:
    """Do `said`, as the workspace's user. Raises UsageError, NotAllowed, EdgeFailed, LostRace."""
    if said.verb == PREVIEW:
        return Answer(True, preview(ws, said.words, scene.pull))
    words, options = take_options(said.words)
    found = sort_words(words, ws.config.apps, ws.config.environments, gates_for(said.verb))
    if said.verb == "help":
        return Answer(True, help_text(ws, scene))
    if said.verb in SAID:
        end = parse_until(options.until, ws.config.timezone, ws.now()) if options.until is not None else None
        if end is not None and said.verb != "hold":
            raise UsageError(f"{said.verb} has no end", f"{UNTIL} belongs to hold")
        bound = replace(where, wants_head=bool(scene.apps) and set(found.environments) <= set(scene.environments))
        if scene.together(found) and options.reach == Reach():
            return _each(ws, said.verb, scene, found, end, replace(bound, together=True))
        meant = found if options.reach.everything else scene.complete(found)
        take_down(ws, said.verb, meant, until=end, said=bound, reach=options.reach)
        return Answer(True)
    _may_look(ws, said.verb)
    found = scene.complete(found)
    if said.verb == "explain":
        return _explain(ws, found)
    seen, plan = see(ws, found.apps or None)
    return Answer(True, status_markdown(ws.config, seen, plan, ws.now()))


def _each(ws: Workspace, verb: str, scene: Scene, found: Words, end: datetime | None, where: Said) -> Answer:
    """Say it for every app of a group: rights for all of them or nothing; what makes no sense for one is answered."""
    whole = scene.complete(found)
    for app in whole.apps:
        for environment in whole.environments:
            if environment in ws.config.apps[app].environments:
                may(ws, ws.config.apps[app], verb, environment)
    refused: list[UsageError] = []
    for app in whole.apps:
        try:
            take_down(ws, verb, replace(whole, apps=(app,)), until=end, said=where)
        except UsageError as no:
            refused.append(no)
    if len(refused) == len(whole.apps):
        raise refused[0]
    return Answer(True, "\n".join(f"- {prose(str(no.message), 300)}" for no in refused))


def _explain(ws: Workspace, found: Words) -> Answer:
    app = found.one_app(ws.config.apps)
    environment = found.one_environment(list(ws.config.apps[app].environments))
    if environment not in ws.config.apps[app].environments:
        raise UsageError(f"{app} does not go to {environment}", f"it goes to {', '.join(ws.config.apps[app].slots)}")
    seen, plan = see(ws, [app])
    text = markdown(explain(ws.config, seen, plan, app, environment, ws.now()))
    return Answer(True, text.removeprefix(MARKER).lstrip("\n"), sticky=True)


def _may_look(ws: Workspace, verb: str) -> None:
    if RANKS[ws.forge.permission(ws.user).value] < RANKS[Permission.READ.value]:
        raise NotAllowed(f"{verb} needs read on this repository; {ws.user} has none")


def help_text(ws: Workspace, scene: Scene) -> str:
    """Give the verbs, and what the workspace's user may do where the comment stands."""
    mine = groups(ws, ws.user)
    rows = [
        f"| `/promoter {entry.name} {entry.arguments}` | {prose(entry.summary)} | {_may(ws, entry, scene, mine)} |"
        for entry in KNOWN
    ]
    lines = ["| say | what | you may |", "|---|---|---|", *rows]
    apps, environments = (", ".join(f"`{name}`" for name in names) for names in (scene.apps, scene.environments))
    here = f"Here {apps} and {environments} are meant when you name none." if scene.apps else ""
    return "\n".join([*lines, *(["", here] if here else [])])


def _may(ws: Workspace, entry: Verb, scene: Scene, mine: frozenset[str]) -> str:
    if entry.name not in (*SAID, PREVIEW):
        return "yes"
    places = [
        (name, rules)
        for app in (scene.apps or tuple(ws.config.apps))
        for name, rules in ws.config.apps[app].environments.items()
        if not scene.environments or name in scene.environments
    ]
    may = {name for name, rules in places if not mine.isdisjoint(rules.allow.get(entry.name, ("write",)))}
    every = {name for name, _ in places}
    if may == every:
        return "yes"
    return f"in {', '.join(name for name in ws.config.environments if name in may)}" if may else "no"
