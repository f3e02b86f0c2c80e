"""Telling a person on their pull request what merging it would reach: one comment, kept up to date."""

from __future__ import annotations

from promoter.model.forge import PullState
from promoter.model.wording import spoken
from promoter.plan.report.explain_text import MARKER
from promoter.plan.report.foresight import Foreseen, foresight_markdown
from promoter.run.foresee import Foresight, foresee
from promoter.run.workspace import Workspace


def comment_text(ws: Workspace, found: Foresight) -> str:
    """Give the comment's text, with its marker."""
    reaches = [Foreseen(one.app, one.changed, one.failed, one.shown, one.unseen) for one in found.reaches]
    return foresight_markdown(found.config or ws.config, reaches, found.at_once, found.faults, found.trouble)


def foretell(ws: Workspace, number: int) -> str:
    """Write the comment on pull request `number`, when it is a person's into the dry branch; give its text, else "".

    Raises EdgeFailed.
    """
    pull = ws.forge.pull(number)
    if pull.state is not PullState.OPEN or pull.base_branch != ws.branch or pull.author == ws.forge.identity:
        return ""
    text = spoken(comment_text(ws, foresee(ws, pull.head)), ws.forge.called)
    ws.forge.upsert_comment(number, MARKER, text, ws.now())
    return text
