from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.policy.node import Node, walk
from promoter.policy.source import MAX_BYTES, parse


def read(text: str) -> Node:
    tree, problems = parse("f.yaml", text.encode())
    assert problems == []
    assert tree is not None
    return tree


def test_scalars_stay_the_text_that_they_look_like() -> None:
    tree = read("a: 1.10\nb: no\nc: 0644\nd: 12:00\ne: 2026-12-20\nf: ~\ng: 'x'\nh:\ni: ''\nj: 1e3\n")
    values = {key: node.value for key, node in tree.entries.items()}
    assert values == {
        "a": "1.10",
        "b": "no",
        "c": "0644",
        "d": "12:00",
        "e": "2026-12-20",
        "f": "~",
        "g": "x",
        "h": None,
        "i": "",
        "j": "1e3",
    }


def test_every_node_knows_its_line_and_path() -> None:
    tree = read("environments:\n  - dev\n  - name: prod\n    gates:\n      checks: [a]\nimages:\n  ghcr.io/x: {}\n")
    assert [(path, node.line) for path, node in sorted(walk(tree), key=lambda found: found[0])] == [
        ("", 1),
        ("environments", 1),
        ("environments[dev]", 2),
        ("environments[prod]", 3),
        ("environments[prod].gates", 4),
        ("environments[prod].gates.checks", 5),
        ("environments[prod].gates.checks[0]", 5),
        ("environments[prod].name", 3),
        ("images", 6),
        ("images[ghcr.io/x]", 7),
    ]


def test_glob_keys_need_no_quotes_in_flow_style() -> None:
    assert list(read("a: {prod-*: {b: c}}").entries["a"].entries) == ["prod-*"]


QUOTE = "a value that begins with {0} must be quoted: "
BAD = [
    ("a: 1\nb: 2\na: 3\n", "f.yaml:3:a: stands here a second time, first in line 1; keep one"),
    ("x: {a: 1, a: 2}\n", "f.yaml:1:x.a: stands here a second time, first in line 1; keep one"),
    ("\ta: b\n", "f.yaml:1: a tab is not indentation in YAML; use spaces"),
    ("a:\n\t- b\n", "f.yaml:2: a tab is not indentation in YAML; use spaces"),
    ("a:\tb\n", "f.yaml:1: a tab stands where YAML wants a space; use spaces"),
    ("a: *x\n", 'f.yaml:1:a: a value that begins with * must be quoted: a: "*x"; aliases are not read'),
    ("a: [*-prod]\n", 'f.yaml:1:a[0]: a value that begins with * must be quoted: "*-prod"; aliases are not read'),
    ("a: b\n---\nc: d\n", "f.yaml:2: a second document begins here; a config file holds one: remove the ---"),
    ("%YAML 1.1\n---\na: b\n", "f.yaml:2: is read as YAML 1.2; remove the %YAML line"),
    ("", "f.yaml: is empty"),
    ("# nothing\n", "f.yaml: is empty"),
    ("a: b\x00\n", "f.yaml:1: is binary, not YAML text"),
    ("\ufeffa: b\n", "f.yaml:1: begins with a byte order mark; save it as UTF-8 without one"),
    ("a: b\nc: d\r\n", "f.yaml:2: has Windows line ends; save it with LF, for example: sed -i 's/\\r$//' f.yaml"),
    ("a: !!int 3\n", "f.yaml:1:a: remove tag:yaml.org,2002:int: the type of a value is known from its key"),
    ("path: {app}/x\n", 'f.yaml:1:path: a value that begins with { must be quoted: path: "{app}/x"'),
    ("a: {path: {app}/x}\n", 'f.yaml:1:path: a value that begins with { must be quoted: path: "{app}/x"'),
    ("- {app}/x\n", 'f.yaml:1: a value that begins with { must be quoted: "{app}/x"'),
    (
        "layout: {branch: env/{environment}, path: x}\n",
        'f.yaml:1:branch: a value that holds { must be quoted: branch: "env/{environment}"',
    ),
    ("images: [ghcr.io/{app}]\n", 'f.yaml:1: a value that holds { must be quoted: "ghcr.io/{app}"'),
    ("semver: >=1.0.0\n", 'f.yaml:1:semver: a value that begins with > must be quoted: semver: ">=1.0.0"'),
    ("a: {semver: >=1 <2}\n", 'f.yaml:1:semver: a value that begins with > must be quoted: semver: ">=1 <2"'),
    ("a: >1\nb: c\n", "f.yaml:1:a: a value that begins with > must be quoted"),
    ("a: @acme/x\n", 'f.yaml:1:a: a value that begins with @ must be quoted: a: "@acme/x"'),
    ("{a: b}: c\n", "f.yaml:1: a key must be text; quote it if it begins with [ or {"),
    ("[" * 100, "f.yaml:1: is nested more than 40 deep"),
    (
        "a: [1,\n",
        "f.yaml:2: is not YAML: while parsing a flow node, expected the node content, but found '<stream end>';"
        " check indentation, brackets and quotes up to here",
    ),
    (
        'a: "\\U99999999"\n',
        "f.yaml: is not YAML: Python int too large to convert to C int; check escapes and quotes",
    ),
]


@pytest.mark.parametrize(("text", "problem"), BAD, ids=[repr(text[:30]) for text, _ in BAD])
def test_what_cannot_be_read_is_one_problem_with_a_next_step(text: str, problem: str) -> None:
    _, problems = parse("f.yaml", text.encode())
    assert [str(one) for one in problems] == [problem]


def test_bytes_that_are_no_text() -> None:
    assert [str(one) for one in parse("f.yaml", b"a: b\nc: \xff\xfe\xff")[1]] == [
        "f.yaml:2: is not UTF-8; save it as UTF-8"
    ]
    assert [str(one) for one in parse("f.yaml", "a: b".encode("utf-16"))[1]] == [
        "f.yaml:1: is UTF-16; save it as UTF-8"
    ]


def test_a_huge_file_is_refused_unread() -> None:
    _, problems = parse("f.yaml", b"a: b\n" * 2_000_000)
    assert [str(one) for one in problems] == ["f.yaml: is 10.0 MB; a config file has at most 1 MB"]
    assert MAX_BYTES == 1_000_000


def test_an_alias_is_not_followed() -> None:
    tree, problems = parse("f.yaml", b"a: &x [1]\nb: *x\n")
    assert len(problems) == 2
    assert tree is not None
    assert tree.entries["b"].value == "*x"


@given(st.text(max_size=60))
def test_any_text_gives_a_tree_or_problems(text: str) -> None:
    tree, problems = parse("f.yaml", text.encode("utf-8", "surrogatepass"))
    assert tree is not None or problems


@given(st.binary(max_size=60))
def test_any_bytes_give_a_tree_or_problems(data: bytes) -> None:
    tree, problems = parse("f.yaml", data)
    assert tree is not None or problems


@given(st.text(st.sampled_from("{}[]:,-&*!|>'\"%@`?#~ \n\tab/\\"), max_size=40))
def test_any_signs_give_a_tree_or_problems(text: str) -> None:
    tree, problems = parse("f.yaml", text.encode())
    assert tree is not None or problems
