"""Attending to comments: every command in a new one is done once, and answered.

A run looks for comments by itself, so it does not matter which event woke it, whether an event was lost, or whether
one came twice. What was done is told by our reaction on the comment; where a run died between the deed and the
reaction, the ledger remembers that the word was taken down (`promoter.run.heard`).

Invariants: a comment that was edited since, or that a program wrote, says nothing (a program may be allowed by name:
`allow: {promote: ["user:release-bot"]}`); rights are those of whoever wrote the comment; our own comments are never
read as commands; a reply is keyed by the comment that it answers; where there are no previews, `/preview` belongs to
another bot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from promoter.comments.answer import KNOWN, PREVIEW, Answer, answer
from promoter.comments.parse import Garbled, Spoken, parse
from promoter.comments.scene import Scene, scene_of
from promoter.errors import ConfigInvalid, PromoterError
from promoter.model.forge import Comment, Receipt
from promoter.model.wording import spoken
from promoter.plan.report.explain_text import MARKER
from promoter.run.heard import Said
from promoter.run.workspace import Workspace

RECENT: Final = timedelta(days=1)
"""How old a comment may be that nobody attended to yet."""


@dataclass(frozen=True, slots=True)
class Attended:
    """A command that was done or refused."""

    comment: Comment
    line: str
    answer: Answer


def attend(ws: Workspace, tell: Callable[[Attended], None] = lambda _attended: None) -> list[Attended]:
    """Do what is said in comments and was not done yet. Raises ConfigInvalid, EdgeFailed when none can be read.

    What could not be tried (a lost race, a ledger that cannot be read) is an answer too; the next run tries again.
    """
    done: list[Attended] = []
    short = ws.forge.short_verbs if ws.config.previews is not None else ws.forge.short_verbs - {PREVIEW}
    for comment in ws.forge.comments_since(ws.now() - RECENT):
        if _speaks(ws, comment):
            said = parse(comment.body, [entry.name for entry in KNOWN], short)
            done += _tried(ws, comment, said, tell) if said else []
    return done


def _tried(
    ws: Workspace, comment: Comment, said: list[Spoken | Garbled], tell: Callable[[Attended], None]
) -> list[Attended]:
    """Attend to one comment, whose trouble is nobody else's: other comments, and the run after them, go on."""
    try:
        return _attend(ws, comment, said, tell)
    except ConfigInvalid:
        raise
    except PromoterError as error:
        failed = Attended(comment, said[0].line, Answer(False, trouble=str(error)))
        tell(failed)
        return [failed]


def _speaks(ws: Workspace, comment: Comment) -> bool:
    """Tell whether a comment can say something to us."""
    if comment.user == ws.forge.identity or comment.edited or comment.receipt in (Receipt.DONE, Receipt.REFUSED):
        return False
    return not comment.bot or f"user:{comment.user}" in set(_allowed(ws))


def _allowed(ws: Workspace) -> Iterable[str]:
    for app in ws.config.apps.values():
        for rules in app.environments.values():
            for who in rules.allow.values():
                yield from who


def _attend(
    ws: Workspace, comment: Comment, said: list[Spoken | Garbled], tell: Callable[[Attended], None]
) -> list[Attended]:
    ws.forge.acknowledge(comment.number, comment.id, Receipt.SEEN, ws.now())
    pull = None if comment.on_issue else ws.forge.pull(comment.number)
    scene = Scene() if pull is None else replace(scene_of(ws, pull), pull=pull)
    theirs = replace(ws, user=comment.user)
    found: list[Attended] = []
    for index, one in enumerate(said):
        where = Said(f"{comment.number}/{comment.id}/{index}", comment.at)
        found.append(Attended(comment, one.line, answer(theirs, one, scene, where)))
        tell(found[-1])
    _reply(ws, comment, found)
    receipt = Receipt.DONE if all(one.answer.done for one in found) else Receipt.REFUSED
    ws.forge.acknowledge(comment.number, comment.id, receipt, ws.now())
    return found


def _reply(ws: Workspace, comment: Comment, found: list[Attended]) -> None:
    called = ws.forge.called
    sticky = [spoken(one.answer.text, called) for one in found if one.answer.sticky]
    if sticky:
        ws.forge.upsert_comment(comment.number, MARKER, f"{MARKER}\n{sticky[-1]}", ws.now())
    texts = [spoken(one.answer.text, called) for one in found if one.answer.text and not one.answer.sticky]
    if texts:
        marker = f"<!-- promoter:reply {comment.id} -->"
        ws.forge.upsert_comment(comment.number, marker, "\n\n".join([marker, *texts]), ws.now())
