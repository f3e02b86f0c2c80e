"""Which releases an environment takes at all. A release that it does not take is passed over, it does not wait."""

from __future__ import annotations

import re
from functools import lru_cache

from semver import Version

from promoter.model.release import Release
from promoter.policy.rules import Accept

_COMPARATOR = re.compile(r"(>=|<=|!=|>|<|=|\^|~)?\s*v?(\S+)")


def accepts(rule: Accept, release: Release) -> str:
    """Say why `release` is not taken, as far as the release alone tells; empty when it is.

    A hotfix is made of what runs, not of commits, so no trailer is asked of it.
    """
    version = release.version
    if rule.tags and re.fullmatch(rule.tags, version) is None:
        return f"{version or 'no version'} does not match {rule.tags}"
    if rule.semver and (why := _in_range(rule.semver, version)):
        return why
    if rule.labels and not set(rule.labels) & set(release.labels):
        return f"has no label {' or '.join(rule.labels)}"
    if rule.trailer and release.hotfix is None and trailer(rule.trailer) not in map(trailer, release.trailers):
        return f"none of its commits says {rule.trailer}"
    return ""


def trailer(text: str) -> tuple[str, str]:
    """Give key and value of `Key: value`; keys are the same in capitals, as Git has it."""
    key, _, value = text.partition(":")
    return key.casefold(), value.strip()


@lru_cache(maxsize=4096)
def _in_range(text: str, version: str) -> str:
    number = parse_version(version)
    if number is None:
        return f"{version or 'no version'} is not a version; only {text}"
    ranges = parse_range(text)
    fits = [bounds for bounds in ranges if all(_holds(number, operator, bound) for operator, bound in bounds)]
    if not fits:
        return f"not in {text}"
    if number.prerelease and not any(bound.prerelease for bounds in fits for _, bound in bounds):
        return f"not in {text} (pre-release)"
    return ""


def parse_version(text: str) -> Version | None:
    """Read a version as SemVer 2.0.0, a leading `v` and missing minor or patch allowed; None when it is none."""
    try:
        return Version.parse(text.removeprefix("v"), optional_minor_and_patch=True)
    except ValueError:
        return None


Bound = tuple[str, Version]


@lru_cache(maxsize=256)
def parse_range(text: str) -> tuple[tuple[Bound, ...], ...]:
    """Read `>=1.0 <2 || ^3`: alternatives of bounds that all must hold; `^`, `~` and `x` as Helm and Flux read them.

    Raises ValueError, saying which part is wrong. Source: Masterminds/semver, the library of both.
    """
    return tuple(_alternative(part) for part in text.split("||"))


def _alternative(text: str) -> tuple[Bound, ...]:
    found: list[Bound] = []
    for part in re.sub(r"([<>=!^~])\s+", r"\1", text).replace(",", " ").split():
        match = _COMPARATOR.fullmatch(part)
        numbers, operator = match.group(2) if match else "", (match.group(1) or "") if match else ""
        given = [number for number in re.split(r"[-+]", numbers)[0].split(".") if number not in ("x", "X", "*")]
        wild = len(given) < len(re.split(r"[-+]", numbers)[0].split("."))
        bound = parse_version(".".join(given)) if wild and given else parse_version(numbers)
        if wild and not given and operator in ("", "=", "^", "~", ">="):
            continue  # any version
        if match is None or bound is None or (wild and operator not in ("", "=", "^", "~")):
            raise ValueError(f"{part!r} is not a version bound; write for example >=1.0 <2")
        if operator in ("^", "~") or (operator in ("", "=") and len(given) < 3):
            found += [(">=", bound), ("<", _next(operator, bound, len(given)))]
        else:
            found.append((operator or "=", bound))
    if not found and "*" not in text and "x" not in text.lower():
        raise ValueError("a range needs at least one bound, for example >=1.0")
    return tuple(found)


def _next(operator: str, bound: Version, given: int) -> Version:
    """The first version that is out: `~1.2.3` stays in 1.2, `~1` in 1, `^1.2` in 1, `^0.2` in 0.2, `1.2` in 1.2."""
    if given < 2 or (operator == "^" and bound.major):
        return Version(bound.major + 1, 0, 0)
    if operator == "^" and given == 3 and not bound.minor:
        return Version(0, 0, bound.patch + 1)
    return Version(bound.major, bound.minor + 1, 0)


def _holds(number: Version, operator: str, bound: Version) -> bool:
    order = number.compare(bound)
    return {
        ">=": order >= 0,
        "<=": order <= 0,
        ">": order > 0,
        "<": order < 0,
        "=": order == 0,
        "!=": order != 0,
    }[operator]
