"""The commands in a comment: `/promoter VERB [words] ["reason"]`, or `/VERB ...` where the forge lets it through.

A command is a whole line of plain text in an ordinary paragraph, read as CommonMark
(version 0.31.2): what stands in a quotation, a list, a table, code, HTML or an HTML comment is
somebody's text about a command. The tokens of the Markdown parser decide that, not patterns over the text.

Invariants: whatever the text, parsing ends with a list and never raises; a line that is not exactly a command says
nothing; `/something` that is no verb of ours belongs to another bot.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from promoter.plan.words import split_line

PREFIX: Final = "/promoter"
MANY: Final = 10
"""So many commands of one comment are read; whoever needs more writes another comment."""
LONGEST: Final = 65_536
"""Characters of a comment that are read: what GitHub takes at most. A longer comment holds no command."""

_TEXT: Final = frozenset({"text", "text_special"})
_MARKS: Final = frozenset({"em_open", "em_close", "strong_open", "strong_close", "s_open", "s_close"})
_BREAKS: Final = frozenset({"softbreak", "hardbreak"})


@dataclass(frozen=True, slots=True)
class Spoken:
    """A command as it was said."""

    verb: str
    words: tuple[str, ...]
    """As `promoter.plan.words.sort_words` takes them: a quoted one keeps its quotes."""
    line: str


@dataclass(frozen=True, slots=True)
class Garbled:
    """A line that was meant for us and is no command."""

    line: str
    message: str
    hint: str = ""


def parse(body: str, verbs: Collection[str], short: Collection[str] = ()) -> list[Spoken | Garbled]:
    """Give the commands in the comment `body`, in order.

    `verbs` may be said after `/promoter`, those of `short` also alone, as `/VERB`.
    """
    if len(body) > LONGEST:
        return []
    found: list[Spoken | Garbled] = []
    for line in _lines(_PARSER.parse(body)):
        said = _said(line, verbs, short)
        if said is not None:
            found.append(said)
    if len(found) > MANY:
        more = Garbled(found[MANY].line, f"{len(found)} commands in one comment", f"The first {MANY} are read.")
        return [*found[:MANY], more]
    return found


def _said(line: str, verbs: Collection[str], short: Collection[str]) -> Spoken | Garbled | None:
    head, *rest = line.split(maxsplit=1)
    after = rest[0] if rest else ""
    if head.lower() == PREFIX:
        name, *more = after.split(maxsplit=1) or [""]
        verb = name.removeprefix("/").lower()
        if verb in verbs:
            return Spoken(verb, split_line(more[0] if more else ""), line)
        return _unknown(line, verb, verbs)
    verb = head.removeprefix("/").lower()
    return Spoken(verb, split_line(after), line) if verb in short else None


def _unknown(line: str, verb: str, verbs: Collection[str]) -> Garbled:
    known = f"I know {', '.join(sorted(verbs))}."
    if not verb:
        return Garbled(line, "no verb", known)
    near = difflib.get_close_matches(verb, sorted(verbs), n=1, cutoff=0.6)
    return Garbled(line, f"{verb} is no verb", f"Did you mean {near[0]}?" if near else known)


def _lines(tokens: Sequence[Token]) -> Iterator[str]:
    """Give the lines of ordinary paragraphs that begin with a slash and are nothing but text."""
    for before, token in pairwise(tokens):
        if before.type == "paragraph_open" and before.level == 0 and token.type == "inline":
            yield from _plain(token.children or [])


def _plain(children: Sequence[Token]) -> Iterator[str]:
    line, ours = "", True
    for child in children:
        if child.type in _BREAKS:
            yield from _command(line, ours)
            line, ours = "", True
        elif child.type in _TEXT:
            line += child.content
        elif child.type in _MARKS:
            line += child.markup
        elif child.type == "code_inline":  # a reason may hold some code; a command does not begin with it
            line += f"{child.markup}{child.content}{child.markup}"
        else:
            ours = False
    yield from _command(line, ours)


def _command(line: str, ours: bool) -> Iterator[str]:
    if ours and line.startswith("/") and line.strip() != "/":
        yield line.strip()


_PARSER: Final = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
