"""What may be a name of an app or environment, and how releases are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.git.ref import check_ref
from promoter.model.names import is_name, parse_release, release_name


@pytest.mark.parametrize("text", ["a", "7", "dev", "prod-eu", "shop.v2", "a_b", "r", "rx41", "r41-eu", "a" * 63])
def test_a_name(text: str) -> None:
    assert is_name(text)


@pytest.mark.parametrize(
    "text",
    ["", "Dev", "-dev", "dev-", ".dev", "dev.", "a..b", "a/b", "a b", "dév", "dev\n", "a.lock", "r41", "r0", "a" * 64],
)
def test_no_name(text: str) -> None:
    assert not is_name(text)


@given(st.text("abr019.-_/ @{~^:", max_size=8))
def test_a_name_can_stand_in_a_branch_and_is_never_a_release(text: str) -> None:
    if is_name(text):
        check_ref(f"refs/heads/environment/{text}-next/{text}")
        assert parse_release(text) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("r41", 41), ("R41", 41), ("r0", 0), ("r007", 7), ("r123456789", 123456789), ("41", None), ("r", None),
        ("r-1", None), ("r1 ", None), ("r1.2", None), ("r1234567890", None), ("#41", None), ("r٣", None),
    ],
)  # fmt: skip
def test_a_release_by_name(text: str, number: int | None) -> None:
    assert parse_release(text) == number


@given(st.integers(0, 10**9 - 1))
def test_a_release_s_name_is_its_number(number: int) -> None:
    assert parse_release(release_name(number)) == number
