"""Which releases an environment takes at all. A release that it does not take is passed over, it does not wait."""

from __future__ import annotations

import re
from functools import lru_cache

from semver import Version

from promoter.policy.rules import Accept

_COMPARATOR = re.compile(r"(>=|<=|!=|>|<|=|\^|~)?\s*v?(\S+)")


def accepts(rule: Accept, version: str) -> str:
    """Say why `version` is not taken; empty when it is."""
    if rule.tags and re.fullmatch(rule.tags, version) is None:
        return f"{version or 'no version'} does not match {rule.tags}"
    return _in_range(rule.semver, version) if rule.semver else ""


@lru_cache(maxsize=4096)
def _in_range(text: str, version: str) -> str:
    number = parse_version(version)
    if number is None:
        return f"{version or 'no version'} is not a version; only {text}"
    comparators = parse_range(text)
    if number.prerelease and not any(bound.prerelease for _, bound in comparators):
        return f"not in {text} (pre-release)"
    if all(_holds(number, operator, bound) for operator, bound in comparators):
        return ""
    return f"not in {text}"


def parse_version(text: str) -> Version | None:
    """Read a version as SemVer 2.0.0, a leading `v` and missing minor or patch allowed; None when it is none."""
    try:
        return Version.parse(text.removeprefix("v"), optional_minor_and_patch=True)
    except ValueError:
        return None


@lru_cache(maxsize=256)
def parse_range(text: str) -> tuple[tuple[str, Version], ...]:
    """Read `>=1.0 <2` (all must hold; `^` and `~` as in Helm). Raises ValueError, saying which part is wrong."""
    found: list[tuple[str, Version]] = []
    for part in re.sub(r"([<>=!^~])\s+", r"\1", text).replace(",", " ").split():
        match = _COMPARATOR.fullmatch(part)
        bound = parse_version(match.group(2)) if match else None
        if match is None or bound is None:
            raise ValueError(f"{part!r} is not a version bound; write for example >=1.0 <2")
        operator = match.group(1) or "="
        if operator in "^~":
            found += [(">=", bound), ("<", _next(operator, bound))]
        else:
            found.append((operator, bound))
    if not found:
        raise ValueError("a range needs at least one bound, for example >=1.0")
    return tuple(found)


def _next(operator: str, bound: Version) -> Version:
    if operator == "~":
        return Version(bound.major, bound.minor + 1, 0)
    if bound.major:
        return Version(bound.major + 1, 0, 0)
    return Version(0, bound.minor + 1, 0) if bound.minor else Version(0, 0, bound.patch + 1)


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
