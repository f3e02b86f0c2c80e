"""Sections of a CODEOWNERS file as GitLab has them.

A path is owned section by section: in each the last line that matches counts, and whoever may speak for the path must
own it in every section that names it, but for optional ones (`^[...]`). Owners behind a section's name are those of its
lines without owners. Roles as owners (`@@maintainer`) and lines that take paths out (`!path`) are not known here: more
is asked for then than GitLab asks. Source: "Code Owners syntax and error handling".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from promoter.forge.codeowners import Codeowners, parse_codeowners

_HEADER: Final = re.compile(r"(\^)?\[([^\]]+)\](?:\[\d+\])?(?:\s+(.*))?")


def parse_sections(text: str) -> tuple[Codeowners, ...]:
    """Read the sections that count; sections of one name are one, whatever its case."""
    found: dict[str, list[str]] = {"": []}
    optional: set[str] = set()
    name, usual = "", ""
    for line in text.splitlines():
        header = _HEADER.fullmatch(line.strip())
        if header is not None:
            name, usual = header[2].strip().casefold(), (header[3] or "").strip()
            found.setdefault(name, [])
            optional |= {name} if header[1] else set()
            continue
        rules = parse_codeowners(line).rules
        found[name].append(f"{line} {usual}" if rules and not rules[0].owners else line)
    return tuple(parse_codeowners("\n".join(lines)) for name, lines in found.items() if name not in optional)


def owns(sections: Sequence[Codeowners], user: str, groups: Collection[str], paths: Iterable[str]) -> bool:
    """Tell whether `user`, or a group of theirs by its whole path, owns all that has owners among `paths`."""
    listed = list(paths)
    asked = [one for one in sections if any(map(one.owners, listed))]
    return bool(asked) and all(one.owns(user, (), listed, groups) for one in asked)
