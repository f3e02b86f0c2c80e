"""CODEOWNERS: who answers for a path.

Format: GitHub's "About code owners": gitignore's patterns without `!`, `[ ]` and a leading `\\#`; the last line that
matches counts, also when it names nobody. A line that is not a pattern and owners (a GitLab section, an unfinished
escape) owns nothing. Matching takes time in proportion to pattern times path, whatever the pattern.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
"""Where forges look, in this order; the first file that exists is the only one that counts."""
GITHUB_PLACES = PLACES[:3]
ROOT_PLACES = ("CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
"""GitLab's order: "Code Owners", "Set up Code Owners"."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rule:
    """One line: a pattern, as the names along a path, and who owns what it matches."""

    parts: tuple[str, ...]
    owners: tuple[str, ...]
    line: int

    def matches(self, path: str) -> bool:
        """Tell whether the line speaks of the file at `path`."""
        return _glob(path.split("/"), self.parts, "**", _fits)


@dataclass(frozen=True, slots=True)
class Codeowners:
    """The lines of a CODEOWNERS file, in their order."""

    rules: tuple[Rule, ...] = ()

    def rule(self, path: str) -> Rule | None:
        """Give the line that counts for the file at `path` (relative, with `/`)."""
        return next((rule for rule in reversed(self.rules) if rule.matches(path)), None)

    def owners(self, path: str) -> tuple[str, ...]:
        """Give the owners of `path` as they are written: `@kim`, `@acme/sre`, `kim@example.com`."""
        rule = self.rule(path)
        return rule.owners if rule is not None else ()

    def owns(self, user: str, teams: Collection[str], paths: Iterable[str], groups: Collection[str] = ()) -> bool:
        """Tell whether `user`, or one of their `teams`, owns every path of `paths` that has an owner, and at least one.

        `groups`: what they belong to by its whole name (`acme/sre`), where its last part alone may be another's.
        Paths that nobody owns ask for nobody. Upper and lower case are the same, as on forges.
        """
        names = {f"@{user}".casefold(), *(f"@{group}".casefold() for group in groups)}
        belongs = {team.casefold() for team in teams}
        asked = [owners for owners in map(self.owners, paths) if owners]
        return bool(asked) and all(
            any(owner.casefold() in names or _team(owner) in belongs for owner in owners) for owners in asked
        )


def parse_codeowners(text: str) -> Codeowners:
    """Read a CODEOWNERS file."""
    rules = []
    for number, line in enumerate(text.splitlines(), 1):
        words = _words(line)
        if words and words[0][0] not in "[!^":
            parts = _parts(words[0])
            if parts:
                rules.append(Rule(parts, tuple(words[1:]), number))
    return Codeowners(tuple(rules))


def _words(line: str) -> list[str]:
    """Split at white space that is not escaped; a `#` at a word's start begins a comment."""
    words: list[str] = []
    word, is_escaped = "", False
    for character in line:
        if is_escaped:
            word, is_escaped = word + character, False
        elif character == "\\":
            is_escaped = True
        elif character.isspace():
            words, word = [*words, word] if word else words, ""
        elif character == "#" and not word:
            break
        else:
            word += character
    return [*words, word] if word else words


def _parts(pattern: str) -> tuple[str, ...]:
    """Give the pattern as names along a path; `**` stands for any number of names."""
    is_anchored = "/" in pattern.rstrip("/")
    names = [name for name in pattern.split("/") if name]
    if not names:
        return ()
    if not is_anchored:
        names.insert(0, "**")
    # A name may be a file or a folder; `docs/*` alone means the files right there, by GitHub's own example.
    if pattern.endswith("/"):
        names += ["**", "*"]
    elif names[-1] != "*" or not is_anchored:
        names.append("**")
    return tuple(names)


def _team(owner: str) -> str:
    """Give `sre` for `@acme/sre`; nothing for a person or an address."""
    organisation, slash, team = owner.casefold().rpartition("/")
    return team if slash and organisation.startswith("@") else ""


def _fits(name: str, pattern: str) -> bool:
    return _glob(name, pattern, "*", lambda one, wanted: wanted in (one, "?"))


def _glob(items: Sequence[T], pattern: Sequence[T], any_run: T, fits: Callable[[T, T], bool]) -> bool:
    """Match `items` with `pattern`, in which `any_run` stands for any run of items; without backtracking twice."""
    at, wanted, star, resume = 0, 0, -1, 0
    while at < len(items):
        if wanted < len(pattern) and pattern[wanted] == any_run:
            star, resume = wanted, at
            wanted += 1
        elif wanted < len(pattern) and fits(items[at], pattern[wanted]):
            at, wanted = at + 1, wanted + 1
        elif star >= 0:
            resume += 1
            at, wanted = resume, star + 1
        else:
            return False
    return all(one == any_run for one in pattern[wanted:])
