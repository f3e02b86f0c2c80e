from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.policy.order import bridge, in_order
from promoter.policy.rules import After

NAMES = ["a", "b", "c", "d", "e"]


@st.composite
def graphs(draw: st.DrawFn) -> Mapping[str, After]:
    """A graph without circles, its names in any order."""
    line = draw(st.permutations(NAMES))
    after = {}
    for index, name in enumerate(line):
        before = draw(st.lists(st.sampled_from(line[:index]), unique=True)) if index else []
        after[name] = After(tuple(before), any=draw(st.booleans()) and len(before) > 1)
    return after


@given(graphs(), st.permutations(NAMES))
def test_each_stands_after_those_it_comes_after(after: Mapping[str, After], listed: list[str]) -> None:
    order, circle = in_order(listed, after)
    assert circle == ()
    assert sorted(order) == NAMES
    for index, name in enumerate(order):
        assert set(after[name].names) <= set(order[:index])


def test_the_order_of_the_list_is_kept_where_it_can_be() -> None:
    after = {"a": After(), "b": After(("d",)), "c": After(), "d": After()}
    assert in_order(["a", "b", "c", "d"], after)[0] == ("a", "c", "d", "b")


@given(st.permutations(NAMES), st.integers(1, 5))
def test_a_circle_is_told(listed: list[str], size: int) -> None:
    after = {name: After() for name in NAMES}
    for index in range(size):
        after[NAMES[index]] = After((NAMES[(index + 1) % size],))
    order, circle = in_order(listed, after)
    assert sorted(circle) == NAMES[:size]
    assert set(order) == set(NAMES[size:])
    for name, following in zip(circle, [*circle[1:], circle[0]], strict=True):
        assert following in after[name].names


ANY = After(("a", "b"), any=True)


@pytest.mark.parametrize(
    ("after", "present", "expected"),
    [
        ({"a": After(), "b": After(("a",)), "c": After(("b",))}, "ac", {"a": After(), "c": After(("a",))}),
        ({"a": After(), "b": After(("a",)), "c": After(("b",))}, "c", {"c": After()}),
        ({"a": After(), "b": After(), "c": ANY, "d": After(("c",))}, "abd", {"d": ANY}),
        ({"a": After(), "b": After(), "c": After(("a", "b")), "d": After(("c",))}, "abd", {"d": After(("a", "b"))}),
        ({"a": After(), "b": After(), "c": ANY}, "ac", {"c": After(("a",))}),
        # (a and b) or d cannot be said by one list: all of them.
        (
            {"a": After(), "b": After(), "c": After(("a", "b")), "d": After(), "e": After(("c", "d"), any=True)},
            "abde",
            {"e": After(("a", "b", "d"))},
        ),
        # (a or b) and d: all of them.
        (
            {"a": After(), "b": After(), "c": ANY, "d": After(), "e": After(("c", "d"))},
            "abde",
            {"e": After(("a", "b", "d"))},
        ),
        (
            {"a": After(), "b": After(), "c": ANY, "d": After(), "e": After(("c", "d"), any=True)},
            "abde",
            {"e": After(("a", "b", "d"), any=True)},
        ),
    ],
)
def test_what_is_left_out_is_bridged(after: Mapping[str, After], present: str, expected: Mapping[str, After]) -> None:
    found = bridge(sorted(after), after, set(present))
    assert {name: found[name] for name in expected} == expected
    assert set(found) == set(present)


def may_come(name: str, rules: Mapping[str, After], passed: set[str]) -> bool:
    before = rules[name]
    if not before.names:
        return True
    return any(one in passed for one in before.names) if before.any else set(before.names) <= passed


@given(graphs(), st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES)))
def test_leaving_out_never_lets_a_release_come_earlier(
    after: Mapping[str, After], present: set[str], passed: set[str]
) -> None:
    """If bridged rules let it in, so would the whole rules, what is left out passing whatever may come to it."""
    order, _ = in_order(NAMES, after)
    found = bridge(order, after, present)
    whole = passed & present
    for name in order:
        if name not in present and may_come(name, after, whole):
            whole = whole | {name}
    for name in present:
        if may_come(name, found, passed & present):
            assert may_come(name, after, whole)
