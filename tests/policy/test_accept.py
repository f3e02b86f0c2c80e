"""Which versions a range takes; ranges as Helm and Flux read them."""

from __future__ import annotations

import pytest

from promoter.policy.accept import accepts, parse_range
from promoter.policy.rules import Accept


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
    assert [version for version in inside if accepts(Accept(semver=text), version)] == []
    assert [version for version in outside if not accepts(Accept(semver=text), version)] == []


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
    assert accepts(rule, version) == why


@pytest.mark.parametrize("text", ["", ">=", "abc", ">=1.x", "1.2.3.4", ">>1"])
def test_bad_ranges_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="bound"):
        parse_range(text)
