from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.layout.slots import (
    clean_path,
    in_place_slot,
    is_branch,
    is_path,
    nested_branches,
    overlapping,
    rendered_slot,
)
from promoter.model.names import Branch
from promoter.model.snapshot import Slot


@pytest.mark.parametrize(
    ("branch", "path", "expected"),
    [
        ("environment/{environment}", "{app}", ("environment/dev", "shop", "environment/dev-next/shop")),
        ("environment/{environment}", "", ("environment/dev", "", "environment/dev-next")),
        ("environment/{environment}", ".", ("environment/dev", "", "environment/dev-next")),
        ("environment/{environment}", "/a/{app}/", ("environment/dev", "a/shop", "environment/dev-next/a/shop")),
        ("{app}/{environment}", "", ("shop/dev", "", "shop/dev-next")),
        ("deploy", "{environment}/{app}", ("deploy", "dev/shop", "promoter/dev/shop")),
        ("{app}", "{environment}", ("shop", "dev", "promoter/dev/shop")),
    ],
)
def test_rendered(branch: str, path: str, expected: tuple[str, str, str]) -> None:
    slot = rendered_slot(branch, path, "shop", "dev")
    assert (slot.branch, slot.path, slot.proposal_branch) == expected
    assert (slot.app, slot.environment, slot.in_place) == ("shop", "dev", False)


def test_in_place() -> None:
    slot = in_place_slot("trunk", "apps/{environment}.yaml", "shop", "dev")
    assert slot == Slot("shop", "dev", Branch("trunk"), "apps/dev.yaml", Branch("promoter/dev/shop"), in_place=True)


def slots(*places: tuple[str, str]) -> list[Slot]:
    return [
        Slot(f"a{index}", "dev", Branch(branch), path, Branch(f"p{index}"), in_place=False)
        for index, (branch, path) in enumerate(places)
    ]


@pytest.mark.parametrize(
    ("places", "pairs"),
    [
        ([("b", "x"), ("b", "y"), ("c", "x")], set()),
        ([("b", "x"), ("b", "x")], {("a0", "a1")}),
        ([("b", "x/y"), ("b", "x")], {("a1", "a0")}),
        ([("b", "x"), ("b", "x2"), ("b", "x/a/b")], {("a0", "a2")}),
        ([("b", "x"), ("b", "")], {("a1", "a0")}),
        ([("b", ""), ("c", "")], set()),
    ],
)
def test_overlapping(places: list[tuple[str, str]], pairs: set[tuple[str, str]]) -> None:
    assert {(one.app, other.app) for one, other in overlapping(slots(*places))} == pairs


names = st.lists(st.sampled_from(["a", "b", "ab"]), max_size=3).map("/".join)


@given(st.lists(st.tuples(st.sampled_from(["x", "y"]), names), max_size=6))
def test_overlapping_finds_a_pair_exactly_when_there_is_one(places: list[tuple[str, str]]) -> None:
    found = list(overlapping(slots(*places)))
    expected = any(
        one[0] == other[0] and (f"{other[1]}/".startswith(f"{one[1]}/") or not one[1])
        for index, one in enumerate(places)
        for position, other in enumerate(places)
        if index != position
    )
    assert bool(found) == expected


def test_nested_branches() -> None:
    used = dict.fromkeys(["a", "a/b/c", "ab", "b/c", "b/d"], "")
    assert list(nested_branches(used)) == [("a", "a/b/c")]


@pytest.mark.parametrize(
    ("path", "clean", "good"),
    [
        ("a/b", "a/b", True),
        ("/a/b/", "a/b", True),
        ("./a", "a", True),
        (".", "", True),
        ("", "", True),
        ("a/../b", "a/../b", False),
        ("..", "..", False),
        ("a//b", "a//b", False),
        (".git/x", ".git/x", False),
        ("a/.GIT", "a/.GIT", False),
        ("a\\b", "a\\b", False),
        ("a\nb", "a\nb", False),
    ],
)
def test_paths(path: str, clean: str, good: bool) -> None:
    assert clean_path(path) == clean
    assert is_path(clean) is good


BRANCHES = [
    "main", "a/b", "-a", "a b", "a..b", "a/", "/a", "a//b", ".a", "a/.b", "a.lock", "a.lock/b", "a~1", "a^", "a:b",
    "a?", "a*", "a[", "a\\b", "@", "a@{b", "a.", "HEAD", "", "ä", "a\x7f", "a@b", "a-", "a/-b",
]  # fmt: skip


def test_branches_as_git_sees_them() -> None:
    for name in BRANCHES:
        git = subprocess.run(["git", "check-ref-format", f"refs/heads/{name}"], check=False)
        # Git allows these too, but reads them as something else on a command line.
        confusing = name in ("@", "HEAD") or name.startswith("-")
        assert is_branch(name) is (git.returncode == 0 and not confusing), name


def test_a_full_ref_is_no_branch() -> None:
    assert not is_branch("refs/heads/main")
