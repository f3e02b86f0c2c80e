"""`/promoter preview` in a comment.

On a pull request it is about the preview `pr-NUMBER`: made, or made anew, of what the pull request would bring as it
stands when the comment is read; elsewhere the preview's name is the first word after the command.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from promoter.errors import EditRefused, RenderFailed, UsageError
from promoter.model.forge import PullRequest
from promoter.model.preview import Preview
from promoter.plan.report.foreign import code, prose
from promoter.plan.until import parse_until
from promoter.render.port import NotRendered, Unable
from promoter.run.preview.change import Done, Wanted, look
from promoter.run.preview.hooks import HookFailed
from promoter.run.preview.pulls import preview_name
from promoter.run.preview.said import VERBS, Said, carry_out, put
from promoter.run.scratch import NotRunnable
from promoter.run.workspace import Workspace

LIST: Final = "list"
_PUT: Final = ("", "create", "update")
_DONE: Final[Mapping[str, str]] = {"archive": "archived", "restore": "restored", "cleanup": "deleted"}
_OPTIONS: Final = ("--from", "--image", "--set", "--until")


@dataclass(slots=True)
class _Given:
    """What stands after `preview`."""

    rest: list[str] = field(default_factory=list)
    pairs: dict[str, dict[str, str]] = field(default_factory=lambda: {"--image": {}, "--set": {}})
    one: dict[str, str] = field(default_factory=dict)
    afresh: bool = False


def preview(ws: Workspace, words: Sequence[str], pull: PullRequest | None) -> str:
    """Do what a comment says about a preview, as the workspace's user, and give the reply, Markdown.

    `pull`: the pull request that it stands on. Raises UsageError (also for what cannot be made, whoever asks again),
    NotAllowed, LostRace, EdgeFailed.
    """
    given = _read(words)
    verb = given.rest.pop(0) if given.rest and given.rest[0] in (*VERBS, LIST) else ""
    if verb == LIST:
        return _listed(list(look(ws).previews.values()))
    if pull is None and not given.rest:
        raise UsageError("which preview?", f"/promoter preview {verb or 'create'} NAME ...")
    name = preview_name(pull.number) if pull is not None else given.rest.pop(0)
    until = given.one.get("--until")
    end = parse_until(until, ws.config.timezone, ws.now()) if until is not None else None
    images, values = given.pairs["--image"], given.pairs["--set"]
    wanted = Wanted(given.one.get("--from", ""), "", images, values, end, afresh=given.afresh)
    said = Said(verb, name, tuple(given.rest), wanted, pull if verb in _PUT else None)
    try:
        done = put(ws, said) if not verb else carry_out(ws, said)
    except (EditRefused, HookFailed, NotRunnable, RenderFailed) as no:
        if isinstance(no, Unable) or (isinstance(no, NotRendered) and not no.lasting):
            raise  # this machine's fault: the next run may do it
        raise UsageError(no.message, no.hint) from no
    return "\n".join(line for one in done for line in _told(one))


def _read(words: Sequence[str]) -> _Given:
    """Read the options. Raises UsageError."""
    given = _Given()
    left = iter(words)
    for word in left:
        if word == "--afresh":
            given.afresh = True
        elif word not in _OPTIONS:
            given.rest.append(word)
        else:
            text = next(left, "").strip("\"'\u201c\u201d")
            if word in given.pairs:
                name, equals, value = text.rpartition("=") if word == "--image" else _value(text)
                if not equals or not name:
                    raise UsageError(f"{word} what?", f"{word} {'NAME=TAG' if word == '--image' else 'KEY=VALUE'}")
                given.pairs[word][name] = value
            elif not text or word in given.one:
                raise UsageError(f"{word} what?" if not text else f"{word} was said twice")
            else:
                given.one[word] = text
    return given


def _value(text: str) -> tuple[str, str, str]:
    """Split at the first `=` outside of brackets: `Deployment/shop:env[name=A].value=1`."""
    depth = 0
    for index, sign in enumerate(text):
        depth += (sign == "[") - (sign == "]")
        if sign == "=" and depth == 0:
            return text[:index], "=", text[index + 1 :]
    return "", "", ""


def _told(done: Done) -> list[str]:
    one = done.preview
    if done.event in _DONE:
        lines = [f"Preview {code(one.name)} of {prose(one.app)}: {_DONE[done.event]}."]
    else:
        where = " and ".join(f"https://{host}" for host in one.hosts)
        at = f" at {one.head[:7]}" if one.head is not None else ""
        lines = [f"Preview {code(one.name)} of {prose(one.app)}{at}: namespace {code(one.namespace)}"]
        lines[0] += f", {where}" if where else ""
        if not done.changed:
            lines[0] += " (as it was)"
    lines += [f"- left out: {prose(what)}, which does not belong to one namespace alone" for what in done.left_out]
    return [*lines, *([f"- {prose(done.trouble, 500)}"] if done.trouble else [])]


def _listed(found: Sequence[Preview]) -> str:
    if not found:
        return "There are no previews."
    rows = [
        f"| {code(one.name)} | {prose(one.app)} | {prose(one.source)} | {prose(one.by)} | "
        f"{'archived' if one.archived is not None else ' '.join(f'https://{host}' for host in one.hosts)} |"
        for one in sorted(found, key=lambda one: one.key)
    ]
    return "\n".join(["| preview | app | from | by | where |", "|---|---|---|---|---|", *rows])
