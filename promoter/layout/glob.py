"""Glob patterns over relative paths: `*` and `?` within a folder, `**` across folders, `[abc]` for one character."""

from __future__ import annotations

import re
from functools import lru_cache


def matches(pattern: str, path: str) -> bool:
    """Tell whether `path` as a whole matches `pattern`; a leading `./` in the pattern means nothing."""
    return _compiled(pattern.removeprefix("./")).fullmatch(path) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts: list[str] = []
    position = 0
    for match in re.finditer(r"\*\*/|\*\*|\*|\?|\[!?[^\]/]+\]", pattern):
        parts.append(re.escape(pattern[position : match.start()]))
        word = match.group()
        if word.startswith("["):
            inner = word[1:-1].replace("\\", "\\\\").replace("^", "\\^").replace("[", "\\[")
            parts.append(f"[^/{inner[1:]}]" if inner.startswith("!") else f"[{inner}]")
        else:
            parts.append({"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}[word])
        position = match.end()
    parts.append(re.escape(pattern[position:]))
    return re.compile("".join(parts), re.DOTALL)
