"""The words of a command, known by what they are: an app, an environment, a release, a version, a quoted reason.

Invariant: a word has exactly one meaning whatever its place, or is refused; the config refuses an app that is named
like an environment. The terminal and comments share this grammar.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from promoter.errors import UsageError
from promoter.model.ledger import Ledger
from promoter.model.names import parse_release, release_name
from promoter.policy.accept import parse_version

_VERSION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,127}")
_QUOTES = {'"': '"', "\u201c": "\u201d", "\u201d": "\u201d", "\u201e": "\u201c"}
_TOKEN = re.compile(r'"[^"]*"|\u201c[^\u201d]*\u201d|\u201e[^\u201c]*\u201c|\S+')


@dataclass(frozen=True, slots=True)
class Words:
    """What the words of one command mean."""

    apps: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    release: int | None = None
    version: str | None = None
    reason: str = ""
    gate: str = ""

    def one_app(self, apps: Collection[str]) -> str:
        """Give the one app that is meant: the one named, else the only one there is. Raises UsageError."""
        if len(self.apps) == 1:
            return self.apps[0]
        if len(self.apps) > 1:
            raise UsageError(f"one app is meant here, not {_list(self.apps)}", "run the command once for each")
        if len(apps) == 1:
            return next(iter(apps))
        raise UsageError("which app?", f"name one of {_list(sorted(apps))}")

    def one_environment(self, environments: Collection[str]) -> str:
        """Give the one environment that is meant: the one named, else the only one there is. Raises UsageError."""
        if len(self.environments) == 1:
            return self.environments[0]
        if len(self.environments) > 1:
            raise UsageError(f"one environment is meant here, not {_list(self.environments)}")
        if len(environments) == 1:
            return next(iter(environments))
        raise UsageError("which environment?", f"name one of {_list(environments)}")

    def number(self, ledger: Ledger) -> int | None:
        """Give the release that is meant, a version being the newest release that carries it; None: none was named.

        Raises UsageError when `ledger` has no such release.
        """
        if self.release is not None:
            if self.release not in ledger.releases:
                raise UsageError(f"{ledger.app} has no release {release_name(self.release)}", _known(ledger))
            return self.release
        if self.version is None:
            return None
        found = [number for number, release in ledger.releases.items() if release.version == self.version]
        if not found:
            hint = _known(ledger)
            if parse_version(self.version) is None:  # INC-412
                hint += "; a reason of one word goes after --reason, in a comment into quotes"
            raise UsageError(f"{ledger.app} has no release of version {self.version}", hint)
        return max(found)


def split_line(line: str) -> tuple[str, ...]:
    """Split the rest of a comment's command line into words; a quoted one keeps its quotes."""
    return tuple(_TOKEN.findall(line))


def sort_words(
    words: Sequence[str], apps: Collection[str], environments: Collection[str], gates: Collection[str] = ()
) -> Words:
    """Find out what each of `words` is; a word in quotes, or with a space in it, is the reason.

    `gates`: kinds of gates, where one may be named, as `checks` or `checks/lint`. Raises UsageError for a word that is
    nothing of these, or when two releases, gates or reasons are given.
    """
    named = [word for word in words if word.partition("/")[0] in gates and word not in (*apps, *environments)]
    if len(named) > 1:
        raise UsageError(f"one gate is meant, not {_list(named)}", "run the command once for each")
    words = [word for word in words if word not in named]
    found_apps: list[str] = []
    found_environments: list[str] = []
    releases: list[int] = []
    versions: list[str] = []
    reasons: list[str] = []
    for word in words:
        number = parse_release(word)
        if word in apps:
            found_apps.append(word)
        elif word in environments:
            found_environments.append(word)
        elif number is not None:
            releases.append(number)
        elif _is_quoted(word):
            reasons.append(word[1:-1].strip())
        elif any(char.isspace() for char in word):
            reasons.append(word.strip())
        else:
            versions.append(_version(word, apps, environments))
    if len(releases) + len(versions) > 1:
        raise UsageError(f"one release is meant, not {_list([*map(release_name, releases), *versions])}")
    if len(reasons) > 1:
        raise UsageError("two reasons were given", "put the whole reason into one pair of quotes")
    return Words(
        tuple(dict.fromkeys(found_apps)),
        tuple(dict.fromkeys(found_environments)),
        releases[0] if releases else None,
        versions[0] if versions else None,
        reasons[0] if reasons else "",
        named[0] if named else "",
    )


def _version(word: str, apps: Collection[str], environments: Collection[str]) -> str:
    near = difflib.get_close_matches(word, [*apps, *environments], n=1, cutoff=0.75)
    if _VERSION.fullmatch(word) is not None and not near and any(char.isdigit() for char in word):
        return word
    if near:
        raise UsageError(f"{word} is not an app or environment here; did you mean {near[0]}?")
    raise UsageError(
        f"{word} is not an app, an environment, a release (r41) or a version",
        'a reason stands in quotes: "INC-412 5xx", one word after --reason; '
        + f"environments are {_list(environments)}",
    )


def _is_quoted(word: str) -> bool:
    return len(word) > 1 and _QUOTES.get(word[0]) == word[-1]


def _known(ledger: Ledger) -> str:
    newest = sorted(ledger.releases, reverse=True)[:5]
    if not newest:
        return f"{ledger.app} has no releases yet: promoter release {ledger.app} VERSION"
    named = (
        f"{release_name(n)} ({ledger.releases[n].version})" if ledger.releases[n].version else release_name(n)
        for n in newest
    )
    return f"the newest are {_list(named)}" if len(ledger.releases) > 1 else f"it has {_list(named)}"


def _list(names: Iterable[str], most: int = 8) -> str:
    shown = list(names)
    more = f" and {len(shown) - most} more" if len(shown) > most else ""
    return ", ".join(shown[:most]) + more
