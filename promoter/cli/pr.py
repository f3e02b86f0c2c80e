"""`promoter pr`: what people do with pull requests of the local forge."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any

import click

from promoter.cli.screen import Cell
from promoter.cli.shell import Shell, shared_options
from promoter.errors import UsageError
from promoter.forge.chosen import forge_for
from promoter.forge.local import LocalForge
from promoter.forge.local_acts import DEPLOYED, STATES
from promoter.forge.local_merge import METHODS
from promoter.git.repository import open_repository
from promoter.model.forge import PullRequest, PullState, Review
from promoter.model.names import Oid
from promoter.model.state import stamp
from promoter.plan.report.foreign import plain, source
from promoter.run.open import cache_folder

_LONG = 10_000
"""Characters of one line of somebody's text that are shown."""

_shell = click.make_pass_decorator(Shell, ensure=True)
_number = click.argument("number", type=click.IntRange(min=1))
_head = click.option("--head", metavar="COMMIT", help="The head that you looked at; refused when it is another by now.")


@click.group(params=shared_options())
def pr() -> None:
    """Work with pull requests of a repository that has no other forge."""


def _verb(name: str) -> Callable[[Callable[..., Any]], click.Command]:
    return pr.command(name, params=shared_options())


@_verb("list")
@click.option(
    "--state", type=click.Choice([*(state.value for state in PullState), "all"]), default="open", show_default=True
)
@_shell
def list_pulls(shell: Shell, state: str) -> None:
    """List pull requests, newest first."""
    pulls = [pull for pull in _forge(shell, notices=False).all_pulls() if state in ("all", pull.state)]
    if shell.json:
        _print_json(shell, {"schema": "promoter.pull-requests/v1", "pull_requests": pulls})
    elif pulls:
        header = ("", "TITLE", "FROM", "INTO", "BY", "STATE", "REVIEWS", "CHECKS", "LABELS")
        shell.screen.table([_row(pull) for pull in pulls], header)
    else:
        shell.screen.line("no pull requests" if state == "all" else f"no {state} pull requests")


@_verb("show")
@_number
@_shell
def show(shell: Shell, number: int) -> None:
    """Show a pull request with its reviews, checks and comments."""
    forge = _forge(shell, notices=False)
    pull, comments = forge.pull(number), forge.comments(number)
    if shell.json:
        _print_json(shell, {"schema": "promoter.pull-request/v1", "pull_request": pull, "comments": comments})
        return
    shell.screen.line(f"{number}  {plain(pull.title)}", "head")
    shell.screen.table([(("dim", name), ("", plain(fact, _LONG))) for name, fact in _facts(pull)])
    for text in (pull.body, *(f"{one.user}, {stamp(one.at)}\n{one.body}" for one in comments)):
        shell.screen.line()
        for line in text.splitlines():
            shell.screen.line(source(line))


@_verb("approve")
@_number
@_head
@click.option("--request-changes", is_flag=True, help="Say no instead.")
@_shell
def approve(shell: Shell, number: int, head: str | None, request_changes: bool) -> None:
    """Approve a pull request, at its current head."""
    forge = _forge(shell)
    review = forge.request_changes if request_changes else forge.approve
    review(number, shell.who, shell.clock(), Oid(head) if head else None)


@_verb("comment")
@_number
@click.argument("text")
@_shell
def comment(shell: Shell, number: int, text: str) -> None:
    """Comment on a pull request; TEXT `-` reads it from standard input."""
    _forge(shell).comment(number, shell.who, sys.stdin.read() if text == "-" else text, shell.clock())


@_verb("check")
@_number
@click.argument("name")
@click.argument("state", type=click.Choice(STATES))
@click.option("--description", default="", help="One line of what was found.")
@click.option("--url", default="", help="Where the details are.")
@click.option("--head", metavar="COMMIT", help="The commit that was checked; else the current head.")
@_shell
def check(shell: Shell, number: int, name: str, state: str, description: str, url: str, head: str | None) -> None:
    """Post the result of check NAME on a pull request's head."""
    forge = _forge(shell)
    commit = Oid(head) if head else forge.pull(number).head
    forge.set_check(commit, name, state, shell.who, shell.clock(), description, url)


@_verb("deploy")
@click.argument("environment")
@click.argument("commit", metavar="COMMIT")
@click.argument("state", type=click.Choice(DEPLOYED))
@click.option("--url", default="", help="Where the details are.")
@_shell
def deploy(shell: Shell, environment: str, commit: str, state: str, url: str) -> None:
    """Post how the deployment of COMMIT to ENVIRONMENT (prod, or prod/shop) went."""
    _forge(shell).deploy_as(environment, Oid(commit), state, shell.who, shell.clock(), url)


@_verb("status")
@click.argument("commit", metavar="COMMIT")
@click.argument("name")
@click.argument("state", type=click.Choice(STATES))
@click.option("--description", default="", help="One line of what was found.")
@click.option("--url", default="", help="Where the details are.")
@_shell
def status(shell: Shell, commit: str, name: str, state: str, description: str, url: str) -> None:
    """Post status NAME on COMMIT, as a controller does on what it applied."""
    _forge(shell).set_check(Oid(commit), name, state, shell.who, shell.clock(), description, url)


@_verb("merge")
@_number
@_head
@click.option("--method", type=click.Choice(METHODS), default="merge", show_default=True)
@click.option("--message", default="", help="The commit's message; a rebase keeps those of its commits.")
@_shell
def merge(shell: Shell, number: int, method: str, message: str, head: str | None) -> None:
    """Merge a pull request, and print the commit."""
    expect = Oid(head) if head else None
    merged = _forge(shell).merge_as(number, shell.who, method, shell.clock(), message, expect)
    shell.screen.line(merged)


@_verb("close")
@_number
@_shell
def close(shell: Shell, number: int) -> None:
    """Close a pull request without merging it; its release is then skipped there."""
    _forge(shell).close_as(number, shell.who, shell.clock())


@_verb("reopen")
@_number
@_shell
def reopen(shell: Shell, number: int) -> None:
    """Open a closed pull request again."""
    _forge(shell).reopen_as(number, shell.who, shell.clock())


@_verb("label")
@_number
@click.option("--add", multiple=True, metavar="LABEL", help="May be given more than once.")
@click.option("--remove", multiple=True, metavar="LABEL", help="May be given more than once.")
@_shell
def label(shell: Shell, number: int, add: Sequence[str], remove: Sequence[str]) -> None:
    """Add and remove labels of a pull request."""
    if not add and not remove:
        raise UsageError("which label?", "--add LABEL or --remove LABEL")
    _forge(shell).change_labels(number, add, remove, shell.who, shell.clock())


def _forge(shell: Shell, notices: bool = True) -> LocalForge:
    repository = open_repository(shell.repo or ".", cache_folder(os.environ))
    elsewhere = forge_for(repository.url, os.environ)
    if elsewhere is not None:
        raise UsageError(
            f"the pull requests of {repository.url} are not in the repository itself",
            "Look at them, review and merge on the forge's pages; PROMOTER_FORGE=local keeps them in the repository.",
        )
    return LocalForge(repository, notices=notices)


def _row(pull: PullRequest) -> list[Cell]:
    texts = (
        str(pull.number),
        pull.title,
        pull.head_branch,
        pull.base_branch,
        pull.author,
        _state(pull),
        ", ".join(_opinion(pull, one) for one in pull.reviews),
        ", ".join(f"{one.name} {one.state}" for one in pull.checks),
        ", ".join(pull.labels),
    )
    return [("", plain(text)) for text in texts]


def _facts(pull: PullRequest) -> list[tuple[str, str]]:
    facts = [
        ("state", _state(pull)),
        ("merges", f"{pull.head_branch} at {pull.head} into {pull.base_branch}"),
        ("opened", f"by {pull.author}, {stamp(pull.opened_at)}"),
    ]
    if pull.state is not PullState.OPEN:
        at = stamp(pull.closed_at) if pull.closed_at else "at an unknown time"
        facts.append((pull.state.value, f"by {pull.closed_by or 'a push'}, {at}"))
    if pull.merged_commit:
        facts.append(("as", pull.merged_commit))
    if pull.labels:
        facts.append(("labels", ", ".join(pull.labels)))
    for review in pull.reviews:
        counts_as = ", ".join(sorted(review.groups - {f"user:{review.user}"})) or "nobody"
        facts.append(("review", f"{_opinion(pull, review)}, {stamp(review.at)}; counts as {counts_as}"))
    for one in pull.checks:
        words = (f"{one.name} {one.state}, by {one.reporter}", one.description, one.url)
        facts.append(("check", "; ".join(word for word in words if word)))
    return facts


def _state(pull: PullRequest) -> str:
    return "open, cannot be merged" if pull.mergeable is False else pull.state.value


def _opinion(pull: PullRequest, review: Review) -> str:
    words = review.state.replace("_", " ")
    return f"{review.user} {words}" + ("" if review.head == pull.head else " an older head")


def _print_json(shell: Shell, value: object) -> None:
    # ASCII, since text of others may hold what no encoding of a terminal knows.
    shell.screen.text(json.dumps(_jsonable(value), indent=2))


def _jsonable(value: object) -> object:
    if is_dataclass(value):
        return {one.name: _jsonable(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, dict):
        return {key: _jsonable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(one) for one in value]
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, datetime):
        return stamp(value)
    return value.value if isinstance(value, Enum) else value
