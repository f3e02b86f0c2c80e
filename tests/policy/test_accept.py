"""Which versions a range takes; ranges as Helm and Flux read them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from promoter.model.names import Oid
from promoter.model.release import Hotfix, Release
from promoter.policy.accept import accepts, parse_range
from promoter.policy.rules import Accept


def made(version: str = "", labels: str = "", *trailers: str, hotfix: bool = False) -> Release:
    """Give a release."""
    fix = Hotfix((1,), (), "INC-1") if hotfix else None
    at, dry = datetime(2026, 11, 20, tzinfo=UTC), Oid("a" * 40)
    words = tuple(labels.split())
    return Release(2, at, dry, "kim", {}, version=version, hotfix=fix, labels=words, trailers=trailers)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        (">=1.0", ["1.0.0", "v1.0.0", "1.0", "2.3.4"], ["0.9.9", "1.0.0-rc.1"]),
        (">=1.0 <2", ["1.9.9"], ["2.0.0", "2.0.0-rc.1"]),
        (">=1.0, <2", ["1.9.9"], ["2.0.0"]),
        (">= 1.0.0-0", ["1.0.0-rc.1", "1.0.0"], ["0.9.9"]),
        ("~1.2.3", ["1.2.3", "1.2.9"], ["1.3.0"]),
        ("~1", ["1.0.0", "1.9.0"], ["2.0.0", "0.9.0"]),
        ("^1.2", ["1.2.0", "1.9.0"], ["2.0.0", "1.1.9"]),
        ("^0.2.3", ["0.2.9"], ["0.3.0", "0.2.2"]),
        ("^0.0.3", ["0.0.3"], ["0.0.4"]),
        ("1.2.x", ["1.2.0", "1.2.7"], ["1.3.0"]),
        ("1.2", ["1.2.7"], ["1.3.0"]),
        ("1", ["1.7.0"], ["2.0.0"]),
        ("*", ["0.0.1", "9.9.9"], ["1.0.0-rc.1"]),
        ("<1 || >=3", ["0.9.0", "3.0.0"], ["2.0.0"]),
        ("!=1.5.0", ["1.4.0"], ["1.5.0"]),
        ("1.2.3", ["1.2.3"], ["1.2.4"]),
    ],
)
def test_ranges(text: str, inside: list[str], outside: list[str]) -> None:
    assert [version for version in inside if accepts(Accept(semver=text), made(version))] == []
    assert [version for version in outside if not accepts(Accept(semver=text), made(version))] == []


@pytest.mark.parametrize(
    ("rule", "version", "why"),
    [
        (Accept(semver=">=1.0.0"), "26f50d8", "26f50d8 is not a version; only >=1.0.0"),
        (Accept(semver=">=1.0.0"), "", "no version is not a version; only >=1.0.0"),
        (Accept(semver=">=1.0.0"), "1.5.0-rc1", "not in >=1.0.0 (pre-release)"),
        (Accept(tags=r"\d+\.\d+\.\d+"), "1.5.0-rc1", r"1.5.0-rc1 does not match \d+\.\d+\.\d+"),
        (Accept(), "anything", ""),
    ],
)
def test_reasons(rule: Accept, version: str, why: str) -> None:
    assert accepts(rule, made(version)) == why


@pytest.mark.parametrize("text", ["", ">=", "abc", ">=1.x", "1.2.3.4", ">>1"])
def test_bad_ranges_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="bound"):
        parse_range(text)


@pytest.mark.parametrize(
    ("rule", "release", "why"),
    [
        (Accept(labels=("hotfix",)), made("1.0", "hotfix other"), ""),
        (Accept(labels=("hotfix", "urgent")), made("1.0", "urgent"), ""),
        (Accept(labels=("hotfix", "urgent")), made("1.0", "Hotfix"), "has no label hotfix or urgent"),
        (Accept(labels=("hotfix",)), made(hotfix=True), "has no label hotfix"),
        (Accept(trailer="Promote: prod"), made("1.0", "", "promote: prod"), ""),
        (Accept(trailer="Promote:prod"), made("1.0", "", "Other: x", "Promote: prod"), ""),
        (Accept(trailer="Promote: prod"), made("1.0", "", "Promote: Prod"), "none of its commits says Promote: prod"),
        (Accept(trailer="Promote: prod"), made("1.0"), "none of its commits says Promote: prod"),
        (Accept(trailer="Promote: prod"), made("1.0", hotfix=True), ""),
        (Accept(semver=">=2", labels=("hotfix",)), made("1.0", "hotfix"), "not in >=2"),
        (Accept(semver=">=2", labels=("hotfix",)), made("2.0"), "has no label hotfix"),
    ],
)
def test_labels_and_trailers(rule: Accept, release: Release, why: str) -> None:
    assert accepts(rule, release) == why
