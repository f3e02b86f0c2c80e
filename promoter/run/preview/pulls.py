"""Previews of pull requests: what one may be made of.

Invariant: a preview is made of a branch of this repository, which only people with the right to push can write; what
stands in a fork can be anybody's, and is never deployed.
"""

from __future__ import annotations

from promoter.errors import UsageError
from promoter.model.forge import PullRequest, PullState
from promoter.model.names import Oid
from promoter.run.workspace import Workspace


def preview_name(number: int) -> str:
    """Give what a preview of a pull request is called."""
    return f"pr-{number}"


def head_of(ws: Workspace, pull: PullRequest) -> Oid:
    """Give the head of `pull`, at hand. Raises UsageError where no preview may be made of it, EdgeFailed."""
    called = f"{pull.number}"
    if pull.base_branch != ws.branch:
        message = f"pull request {called} goes to {pull.base_branch}, and previews are made of {ws.branch}"
        raise UsageError(message, "Name an image: promoter preview create NAME --image NAME=TAG")
    if pull.state is not PullState.OPEN:
        raise UsageError(f"pull request {called} is not open", "What it brought is previewed by its images.")
    ref = f"refs/heads/{pull.head_branch}"
    if ws.repository.refs([ref]).get(ref) != pull.head:
        message = f"pull request {called} is not one of a branch of this repository"
        raise UsageError(message, "What comes from a fork is deployed nowhere before it is merged.")
    if not ws.repository.store.has(pull.head):
        ws.repository.fetch([ref])
    return pull.head
