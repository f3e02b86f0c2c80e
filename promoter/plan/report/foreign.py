"""Text of others (commit subjects, names, reasons, descriptions) made safe to show.

Invariants: what comes out mentions nobody, closes or links no issue, opens no comment or marker, commands no runner and
no bot, and holds no control or formatting characters; it looks the same as before, because what breaks a pattern is a
zero-width space. Every function gives its own output back unchanged when asked again, `prose` aside (it escapes).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

BREAK = "\u200b"
"""Zero-width space: not seen by people, and no pattern of a forge reaches over it."""

_SPEAKS = (
    # Mentions, also of teams, and `owner/name@commit`.
    re.compile(r"@(?=\w)"),
    # Issues, merge requests, epics, milestones, labels, snippets: GitHub knows `#12`, GitLab the others as well.
    re.compile(r"[#!&%~$](?=\w)"),
    # `GH-12`, and the keys of other trackers that act on commit messages.
    re.compile(r"\b(?:[Gg][Hh]|[A-Z][A-Z0-9_]+)-(?=\d)"),
    # A bare URL of an issue is a link back from it.
    re.compile(r":(?=//)"),
    re.compile(r"\bwww(?=\.)", re.IGNORECASE),
)
_COMMANDS = (
    # GitHub: `::command::` at the start of a line, `##[command]` anywhere.
    re.compile(r":(?=:)"),
    re.compile(r"##(?=\[)"),
)
_LINE_STARTS = (
    # GitLab's quick actions and the slash commands of bots.
    re.compile(r"^\s*/(?=\w)", re.MULTILINE),
    # Trailers are data of ours: nobody else's text may become one in a squashed commit message.
    re.compile(r"^\s*Promoter(?=-)", re.MULTILINE | re.IGNORECASE),
)
_MARKERS = (re.compile(r"<(?=[!/?])"), re.compile(r"-(?=->)"))
_NOTABLE = re.compile(r"[@#!&%~$:/<]|-[->\d]|www|promoter", re.IGNORECASE)
"""Some of it stands in every text in which one of the patterns above is found: most texts hold none of it."""
_MARKDOWN = re.compile(r"([\\`*_\[\]|~])")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories that never come out: control, formatting (direction marks too), surrogates, separators."""
_FENCE = re.compile(r"^(\s*)(`{3,}|~{3,})", re.MULTILINE)


def plain(text: str, limit: int = 200) -> str:
    """Give `text` as one line for a terminal or a log: no control characters, no command to a runner."""
    return _cut(_broken(_one_line(text), _COMMANDS), limit)


def source(line: str) -> str:
    """Give a line of a file for a terminal or a log, spaces kept: nothing that steers a terminal or a runner."""
    return _broken(_printable(line.expandtabs(4)), _COMMANDS)


def title(text: str, limit: int = 200) -> str:
    """Give `text` as one line of plain text for a pull request's title or a commit message."""
    return _cut(_broken(_one_line(text), (*_COMMANDS, *_SPEAKS, *_LINE_STARTS, *_MARKERS)), limit)


@lru_cache(maxsize=4096)
def prose(text: str, limit: int = 200) -> str:
    """Give `text` as one line of Markdown that shows exactly that text, also in a table."""
    escaped = title(text, limit).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKDOWN.sub(r"\\\1", escaped)


def code(text: str, limit: int = 200) -> str:
    """Give `text` as a Markdown code span, also for a table; backquotes and bars in it become look-alikes."""
    inner = title(text, limit).replace("`", "\u2035").replace("|", "\u00a6")
    return f"`{inner}`" if inner else ""


def block(text: str) -> str:
    """Give `text` as the inside of a fenced code block, line by line as it was."""
    lines = "\n".join(_printable(line.expandtabs(4)) for line in text.splitlines()).rstrip("\n")
    broken = _broken(lines, (*_COMMANDS, *_SPEAKS, *_LINE_STARTS, *_MARKERS))
    return _FENCE.sub(rf"\1{BREAK}\2", broken)


def _one_line(text: str) -> str:
    return " ".join(_printable(" ".join(text.split())).split())


def _printable(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(char for char in text if unicodedata.category(char) not in _UNSEEN)


def _broken(text: str, patterns: tuple[re.Pattern[str], ...]) -> str:
    if _NOTABLE.search(text) is None:
        return text
    for pattern in patterns:
        text = pattern.sub(lambda match: match.group() + BREAK, text)
    return text


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
