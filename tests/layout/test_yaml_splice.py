from __future__ import annotations

import time

import pytest

from promoter.errors import EditRefused
from promoter.layout.yaml_splice import Edit, is_typed, splice
from promoter.layout.yaml_tree import LIMIT, NotYaml, Path, read


def edited(text: str, path: Path, value: str, *, name: str = "f.yaml", document: int = 0, typed: bool = False) -> str:
    file = read(name, text.encode())
    return splice(file, [Edit(document, path, value, typed)]).data().decode()


@pytest.mark.parametrize(
    ("before", "path", "value", "after"),
    [
        pytest.param("a: 1.2.3", ("a",), "1.2.4", "a: 1.2.4", id="plain, no final newline"),
        pytest.param("a:   1.2.3   # c\n", ("a",), "2.0.0", "a:   2.0.0   # c\n", id="alignment and comment"),
        pytest.param("a:\t1.2.3\t# c\n", ("a",), "2.0.0", "a:\t2.0.0\t# c\n", id="tabs after the colon"),
        pytest.param("a: '1.2.3'\n", ("a",), "it's", "a: 'it''s'\n", id="single quotes stay"),
        pytest.param('a: "1.2.3"\n', ("a",), 'x"\\', 'a: "x\\"\\\\"\n', id="double quotes stay"),
        pytest.param("a: x\r\nb: y\r\n", ("b",), "z", "a: x\r\nb: z\r\n", id="CRLF"),
        pytest.param("\ufeffa: x\n", ("a",), "z", "\ufeffa: z\n", id="byte order mark"),
        pytest.param("é: ü # 🚀\nb: x # ö\n", ("b",), "ß", "é: ü # 🚀\nb: ß # ö\n", id="beyond ASCII and the BMP"),
        pytest.param('a: "x\u2028 b"\nc: d\n', ("c",), "e", 'a: "x\u2028 b"\nc: e\n', id="line separator"),
        pytest.param("a: [x, {b: y}]\n", ("a", 1, "b"), "z", "a: [x, {b: z}]\n", id="flow"),
        pytest.param("a: [x, y]\n", ("a", 0), "p, q", 'a: ["p, q", y]\n', id="a comma in flow is quoted"),
        pytest.param("a: x\n", ("a",), "p, q", "a: p, q\n", id="a comma in a block is not"),
        pytest.param("- - x\n  - y\n", (0, 1), "z", "- - x\n  - z\n", id="nested lists"),
        pytest.param("a:\nb: 1\n", ("a",), "x", "a: x\nb: 1\n", id="empty value"),
        pytest.param("a:   # c\nb: 1\n", ("a",), "x", "a: x   # c\nb: 1\n", id="empty value before a comment"),
        pytest.param("a:", ("a",), "x", "a: x", id="empty value at the end"),
        pytest.param("{a: , b: 1}", ("a",), "x", "{a: x, b: 1}", id="empty value in flow"),
        pytest.param("- \n- b\n", (0,), "x", "- x \n- b\n", id="empty item"),
        pytest.param("a: ''\n", ("a",), "1", "a: '1'\n", id="empty string"),
        pytest.param("a: x\n", ("a",), "", 'a: ""\n', id="made empty"),
        pytest.param("a: one\n  two\nb: 1\n", ("a",), "x", "a: x\nb: 1\n", id="plain over two lines"),
        pytest.param('{"a": "x",\n\t"b": 1}\n', ("a",), "y", '{"a": "y",\n\t"b": 1}\n', id="JSON with tabs"),
        pytest.param("a: &n v\nb: *n\nc: x\n", ("c",), "z", "a: &n v\nb: *n\nc: z\n", id="beside aliases"),
        pytest.param("? [k, l]\n: v\nb: x\n", ("b",), "z", "? [k, l]\n: v\nb: z\n", id="beside a key that is a list"),
        pytest.param("a: x\na.b: y\n", ("a.b",), "z", "a: x\na.b: z\n", id="dot in a key"),
        pytest.param("t: |\n  a: x\n  b\na: x\n", ("a",), "z", "t: |\n  a: x\n  b\na: z\n", id="after a block scalar"),
    ],
)  # fmt: skip
def test_only_the_bytes_of_the_value_change(before: str, path: Path, value: str, after: str) -> None:
    assert edited(before, path, value) == after


@pytest.mark.parametrize(
    "value",
    ["0x10", "1e3", "yes", "No", "on", "y", "N", "1.10", "1", "-1", "010", "0o17", "0b1", "1_000", "12:30", "1:30:00",
     "2026-12-20", "null", "~", "true", ".inf", ".5", "5.", "1e03", "123456e7", "=", "<<", "a: b", "a #b", "- a",
     "? a", "[a", "{a", "*a", "&a", "!a", "|", ">", "%a", "@a", "`a", "'a", '"a', " a", "a ", "a:", "#a"],
)  # fmt: skip
def test_what_a_reader_would_take_for_something_else_is_quoted(value: str) -> None:
    after = edited("a: x # c\n", ("a",), value)
    assert after[3] in "\"'"
    assert read("f.yaml", after.encode()).scalars[0].value == value


@pytest.mark.parametrize("value", ["1.4.2", "v1", "latest", "26f50d8", "main-20261120", "1.3.9@sha256:" + "a" * 64])
def test_a_version_stays_plain(value: str) -> None:
    assert edited("a: x\n", ("a",), value) == f"a: {value}\n"


@pytest.mark.parametrize(
    ("text", "path", "why"),
    [
        ("a: &n x\nb: *n\n", ("a",), "f.yaml:1: a carries the anchor &n"),
        ("a: &n x\n", ("a",), "f.yaml:1: a carries the anchor &n"),
        ("a: &n x\nb: *n\n", ("b",), "f.yaml:2: b is an alias"),
        ("a: &n {c: x}\nb: *n\n", ("a", "c"), "f.yaml:1: a.c stands under the anchor &n"),
        ("a: &n {c: x}\nb: {<<: *n}\n", ("b", "c"), "f.yaml:2: there is no b.c"),
        ("a: !!str x\n", ("a",), "f.yaml:1: a carries the tag"),
        ("a: !x y\n", ("a",), "f.yaml:1: a carries the tag !x"),
        ("a: x\nb:\n  c: 1\n  c: 2\n", ("b", "c"), "f.yaml:3: b.c stands twice"),
        ("b: {c: {d: 1}, c: {d: 2}}\n", ("b", "c", "d"), "f.yaml:1: b.c stands twice"),
        ("x: 1\na: |\n  t\n", ("a",), "f.yaml:2: a is a block scalar"),
        ("a: >-\n  t\n", ("a",), "f.yaml:1: a is a block scalar"),
        ("a: 1\n", ("b",), "f.yaml:1: there is no b"),
        ("a: [x]\n", ("a", 3), "f.yaml:1: there is no a[3]"),
        ("a: [x]\n", ("a", "b"), "f.yaml:1: there is no a.b"),
        ("a: {b: 1}\n", ("a",), "f.yaml:1: a is not a single value"),
        ("a: {b}\n", ("a", "b"), "f.yaml:1: a.b has no room"),
        ("# nothing\n", ("a",), "f.yaml: there is no a"),
        ("--- \n", (), "has no room"),
    ],
)
def test_what_cannot_change_alone_is_refused(text: str, path: Path, why: str) -> None:
    with pytest.raises(EditRefused) as error:
        edited(text, path, "z")
    assert why in error.value.message
    assert error.value.hint


def test_a_document_that_is_missing_is_refused() -> None:
    with pytest.raises(EditRefused, match="there is no a"):
        edited("a: 1\n", ("a",), "2", document=3)


def test_an_anchor_that_nothing_names_does_not_hinder_what_stands_under_it() -> None:
    assert edited("a: &n {c: x}\n", ("a", "c"), "z") == "a: &n {c: z}\n"


def test_several_edits_of_several_documents_at_once() -> None:
    file = read("f.yaml", b"a: 1.0.0\nb: x\n---\na: '1'\n---\n- c:\n")
    edits = [Edit(2, (0, "c"), "new"), Edit(0, ("a",), "1.0.10"), Edit(1, ("a",), "2")]
    assert splice(file, edits).data() == b"a: 1.0.10\nb: x\n---\na: '2'\n---\n- c: new\n"


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [("a: 3\n", "5", "a: 5\n"), ("a: '3'\n", "5", "a: 5\n"), ("a: x\n", "true", "a: true\n"), ("a:\n", "~", "a: ~\n")],
)
def test_a_typed_value_is_written_plain(before: str, value: str, after: str) -> None:
    assert edited(before, ("a",), value, typed=True) == after


@pytest.mark.parametrize("value", ["5 # x", "b: 1", "[1]", '"5"', "*a", "5\nb: 6"])
def test_a_typed_value_that_is_not_one_plain_scalar_is_refused(value: str) -> None:
    with pytest.raises(EditRefused):
        edited("a: 3\nc: 1\n", ("a",), value, typed=True)


def test_json_stays_json() -> None:
    assert edited('{"a": 3}', ("a",), "x", name="f.json") == '{"a": "x"}'
    assert edited('{"a": "3"}', ("a",), "é\u2028\x07", name="f.json") == '{"a": "é\\u2028\\u0007"}'


@pytest.mark.parametrize(
    ("data", "line", "why"),
    [
        (b"a: 1\n\tb: 2\n", 2, "tab character"),
        (b"a: {{ .Values.x }}:1\nb: [\n", 1, ""),
        (b"a: 1\n b: 2\n", 2, ""),
        (b"a: \xff\n", 1, "not UTF-8"),
        ("a: x\n".encode("utf-16"), 1, "not UTF-8"),
        (b"a: *nowhere_closed [\n", 1, ""),
        (b"a: \x00\n", 0, ""),
    ],
)
def test_what_is_no_yaml_says_so(data: bytes, line: int, why: str) -> None:
    with pytest.raises(NotYaml) as error:
        read("f.yaml", data)
    assert why in error.value.reason
    assert error.value.reason
    if line:
        assert error.value.line == line


def test_a_file_of_ten_megabytes_is_turned_away_at_once() -> None:
    start = time.perf_counter()
    with pytest.raises(NotYaml, match="larger than 8 MiB"):
        read("f.yaml", b"a: 1\n" * (2 * LIMIT // 5))
    assert time.perf_counter() - start < 1


def test_nested_aliases_cost_what_they_weigh() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    text = "\n".join([*lines, "tag: 1.0.0", ""])
    assert edited(text, ("tag",), "1.0.1") == text.replace("1.0.0", "1.0.1")


def test_deep_nesting_is_read() -> None:
    text = "[" * 5000 + "1.0.0" + "]" * 5000
    assert edited(text, (0,) * 5000, "1.0.1") == text.replace("1.0.0", "1.0.1")
    with pytest.raises(NotYaml, match="nested more than 10000 deep"):
        read("it.yaml", b"[" * 1_000_000)


@pytest.mark.parametrize(("text", "typed"), [("3", True), ("yes", True), ("y", True), ("1e3", True), ("1.4.2", False)])
def test_is_typed(text: str, *, typed: bool) -> None:
    assert is_typed(text) is typed
