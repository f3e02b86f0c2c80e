"""Adding to YAML: the old text with one piece put in, in the style of its neighbours."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from promoter.errors import EditRefused
from promoter.layout.yaml_insert import Value, block, inline, insert
from promoter.layout.yaml_tree import Path

ENTRY = {"name": "ghcr.io/acme/shop", "newTag": "1.10"}


@pytest.mark.parametrize(
    ("text", "path", "key", "value", "wanted"),
    [
        pytest.param(
            "resources:\n  - ../base # c\n", (), "images", [ENTRY],
            'resources:\n  - ../base # c\nimages:\n  - name: ghcr.io/acme/shop\n    newTag: "1.10"\n',
            id="a list, indented as the others",
        ),
        pytest.param(
            "resources:\n- ../base\n", (), "images", [ENTRY],
            'resources:\n- ../base\nimages:\n- name: ghcr.io/acme/shop\n  newTag: "1.10"\n',
            id="a list, not indented as the others",
        ),
        pytest.param(
            "images:\n    - name: a\n      newTag: b # c\n# tail\nx: y\n", ("images",), None, ENTRY,
            'images:\n    - name: a\n      newTag: b # c\n    - name: ghcr.io/acme/shop\n      newTag: "1.10"\n'
            "# tail\nx: y\n",
            id="an item before a comment",
        ),
        pytest.param(
            "images: [{name: a, newTag: b}] # c\n", ("images",), None, ENTRY,
            'images: [{name: a, newTag: b}, {name: ghcr.io/acme/shop, newTag: "1.10"}] # c\n',
            id="an item in a flow list",
        ),
        pytest.param("images: []\n", ("images",), None, "a", "images: [a]\n", id="the first item of a flow list"),
        pytest.param("a: {}\nb: c\n", ("a",), "k", "v", "a: {k: v}\nb: c\n", id="the first key of a flow mapping"),
        pytest.param("a: [{b: c}]\n", ("a", 0), "k", "v", "a: [{b: c, k: v}]\n", id="a key in a flow mapping"),
        pytest.param(
            "a:\n  b: |\n    text\n\n# end\nc: d\n", ("a",), "k", "v",
            "a:\n  b: |\n    text\n\n  k: v\n# end\nc: d\n",
            id="behind a block scalar",
        ),
        pytest.param("a:\n  b:", ("a",), "k", "v", "a:\n  b:\n  k: v\n", id="behind an empty value at the end"),
        pytest.param(
            "a:\r\n- x\r\nb: c", ("a",), None, "z", "a:\r\n- x\r\n- z\r\nb: c", id="line ends of Windows"
        ),
        pytest.param(
            "spec:\n  interval: 5m # c\n", ("spec",), "chart", {"spec": {"version": "2.0.0"}},
            "spec:\n  interval: 5m # c\n  chart:\n    spec:\n      version: 2.0.0\n",
            id="nested mappings",
        ),
        pytest.param(
            "\ufeffa: b\n", (), "k", "no", '\ufeffa: b\nk: "no"\n', id="a byte order mark; no boolean"
        ),
        pytest.param("a: {b: c}\n", (), "k", "v", "a: {b: c}\nk: v\n", id="a block behind a flow mapping"),
    ],
)  # fmt: skip
def test_insert(text: str, path: Path, key: str | None, value: Value, wanted: str) -> None:
    assert insert("k.yaml", text.encode(), 0, path, key, value).decode() == wanted


def test_insert_into_a_later_document() -> None:
    assert insert("k.yaml", b"a: b\n---\nc: d\n", 1, (), "k", "v") == b"a: b\n---\nc: d\nk: v\n"
    assert insert("k.yaml", b"a: b\n---\nc: d\n", 0, (), "k", "v") == b"a: b\nk: v\n---\nc: d\n"


@pytest.mark.parametrize(
    ("text", "path", "key", "message"),
    [
        ("a: [", (), "k", "k.yaml:2: is no YAML"),
        ("a: &x {b: c}\nd: *x\n", ("a",), "k", "k.yaml: holds YAML aliases"),
        ("a: b\n", ("a",), "k", "k.yaml: has no mapping or list at a"),
        ("a:\n", ("a",), None, "k.yaml: has no mapping or list at a"),
        ("a: [b]\n", ("a",), "k", "k.yaml:1: a is not a mapping"),
        ("x: 1\na: {b: c}\n", ("a",), None, "k.yaml:2: a is not a list"),
        ("a: {b: c}\n", ("a",), "b", "k.yaml:1: a.b stands there already"),
        ("", (), "k", "k.yaml: has no mapping or list at (the whole document)"),
        ("a: b\n...\n", (), "k", ""),
    ],
)
def test_refusals(text: str, path: Path, key: str | None, message: str) -> None:
    if not message:
        assert insert("k.yaml", text.encode(), 0, path, key, "v") == b"a: b\nk: v\n...\n"
        return
    with pytest.raises(EditRefused) as caught:
        insert("k.yaml", text.encode(), 0, path, key, "v")
    assert caught.value.message.startswith(message)


WORDS = st.text(st.sampled_from("ab1.:#-{}[]' \"\n|>&*!%@`nulltrueé"), max_size=8)
VALUES: st.SearchStrategy[Value] = st.recursive(
    WORDS,
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(WORDS, inner, min_size=1, max_size=3),
    max_leaves=6,
)


@given(VALUES)
def test_what_is_written_reads_as_it_was(value: Value) -> None:
    """Both styles hold exactly the value, every scalar a string."""
    assert yaml.load(inline({"k": value}), Loader=yaml.CSafeLoader) == {"k": value}
    written = "".join(f"{line}\n" for line in block({"k": value}))
    assert yaml.load(written, Loader=yaml.CSafeLoader) == {"k": value}


@given(
    st.dictionaries(st.sampled_from("abcd"), VALUES, min_size=1, max_size=3),
    VALUES,
    st.booleans(),
    st.sampled_from(["", "# end\n", "\n\n", "# end\n\n# more\n"]),
)
def test_an_addition_adds_itself_only(before: dict[str, Value], value: Value, flow: bool, tail: str) -> None:
    """Whatever stands there, the new text is the old one with one piece in it, and reads as both."""
    text = yaml.dump(before, Dumper=yaml.CSafeDumper, default_flow_style=flow, allow_unicode=True, sort_keys=False)
    old = text + tail
    new = insert("k.yaml", old.encode(), 0, (), "new", value).decode()
    assert yaml.load(new, Loader=yaml.CSafeLoader) == {**before, "new": value}
    at = next((n for n in range(len(old)) if old[n] != new[n : n + 1]), len(old))
    assert any(new.endswith(old[start:]) and new.startswith(old[:start]) for start in range(at + 1))
