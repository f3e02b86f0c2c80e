"""What may stand after a verb in a comment beside its words, spelled as at a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from promoter.errors import UsageError
from promoter.plan.back import Reach

UNTIL = "--until"
_VALUES = {UNTIL: "write 2026-12-24T18:00, 2026-12-24 or 4h", "--to": "write a commit of the active branch"}
"""Option that takes a word -> what that is."""
_FLAGS = frozenset({"--and-after", "--all"})


@dataclass(frozen=True, slots=True)
class Options:
    """What was given."""

    until: str | None = None
    reach: Reach = field(default_factory=Reach)


def take_options(words: Sequence[str]) -> tuple[tuple[str, ...], Options]:
    """Give `words` without options, and the options. Raises UsageError where one lacks its word, or is said twice."""
    rest: list[str] = []
    found: dict[str, str] = {}
    left = iter(words)
    for word in left:
        if word not in _VALUES and word not in _FLAGS:
            rest.append(word)
            continue
        if word in found:
            raise UsageError(f"{word} was said twice")
        found[word] = next(left, "") if word in _VALUES else word
        if not found[word]:
            raise UsageError(f"{word} what?", _VALUES[word])
    reach = Reach("--and-after" in found, found.get("--to", ""), "--all" in found)
    return tuple(rest), Options(found.get(UNTIL), reach)
