from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from promoter.errors import RenderFailed
from promoter.render.documents import chunks, dump_styled, load, load_styled


@pytest.mark.parametrize(
    ("stream", "texts"),
    [
        ("", []),
        ("---\n---\n# only a comment\n---\n", []),
        ("a: 1", ["a: 1\n"]),
        ("a: 1\n---\nb: 2\n", ["a: 1\n", "b: 2\n"]),
        ("--- # first\na: 1\n...\n---\nb: 2\n", ["a: 1\n", "b: 2\n"]),
        ("--- {a: 1}\n--- {b: 2}\n", ["--- {a: 1}\n", "--- {b: 2}\n"]),
        ("\n\n# about a\na: 1\n\n\n---\n", ["# about a\na: 1\n"]),
        ("a: |\n  ---\n  text\n", ["a: |\n  ---\n  text\n"]),
        ("a: |+\n  text\n\n\n---\nb: 1\n", ["a: |+\n  text\n\n\n", "b: 1\n"]),
        ("a: 1\r\n---\r\nb: 2\r\n", ["a: 1\r\n", "b: 2\r\n"]),
        ("\ufeffa: 1\n", ["a: 1\n"]),
        ("a: ---x\n----\n", ["a: ---x\n----\n"]),
        ('a: "x\u2028y"\n', ['a: "x\u2028y"\n']),
    ],
)
def test_a_stream_is_cut_at_its_markers(stream: str, texts: list[str]) -> None:
    assert chunks(stream.encode(), "it") == texts


KEYS = st.text("abcdef", min_size=1, max_size=4)
VALUES = st.recursive(
    st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"), max_size=30)
    | st.integers()
    | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4), max_size=5), st.sampled_from(["flow", "block"]))
def test_the_texts_mean_what_the_stream_means(documents: list[dict[str, object]], flow: str) -> None:
    stream = yaml.safe_dump_all(documents, allow_unicode=True, default_flow_style=flow == "flow")
    texts = chunks(stream.encode(), "it")
    assert [yaml.safe_load(text) for text in texts] == documents


def test_scalars_stay_text() -> None:
    assert load("a: on\nb: 012\nc: =\nd: !x y\ne: 2024-99-99\n", "it") == [
        {"a": "on", "b": "012", "c": "=", "d": "y", "e": "2024-99-99"}
    ]


def test_a_fault_says_where_it_is() -> None:
    with pytest.raises(RenderFailed, match=r"it is not YAML: line 3: .*"):
        load("a: 1\nb: [\n", "it")
    with pytest.raises(RenderFailed, match=r"it is not UTF-8 \(byte 3\)"):
        chunks(b"a: \xff\n", "it")
    with pytest.raises(RenderFailed, match="it is not YAML"):
        load_styled("a: 1\na: 2\n", "it")


@pytest.mark.parametrize(
    "text", ["a: 'x'\nb: \"12e4\"  # why\nc: yes\nd: 012\nf: {g: [1, 2]}\n", f"a: {'x ' * 200}y\n"]
)
def test_what_is_not_changed_is_written_as_it_was(text: str) -> None:
    assert dump_styled(load_styled(text, "it")) == text


@pytest.mark.parametrize(
    "stream", ["[" * 400_000 + "]" * 400_000, "- " * 400_000 + "a", "{a: " * 300 + "1" + "}" * 300]
)
def test_depth_does_not_end_the_process(stream: str) -> None:
    with pytest.raises(RenderFailed, match=r"^it, line 1 is nested more than 200 deep$"):
        load(stream, "it")


def test_a_key_that_stands_twice_is_refused_when_asked() -> None:
    twice = "a: 1\nb:\n  c: 1\n  c: 2\n"
    assert load(twice, "it") == [{"a": "1", "b": {"c": "2"}}]
    with pytest.raises(RenderFailed, match=r"^it, line 4: c stands twice\n  Remove one of the two\.$"):
        load(twice, "it", unique=True)
    assert load("a: {c: 1}\nb: {c: 1}\n", "it", unique=True) == [{"a": {"c": "1"}, "b": {"c": "1"}}]


@pytest.mark.parametrize(
    ("stream", "message"), [("a: *b\n", "it, line 1: *b names nothing"), ("{a: 1}: 2\n", "key must")]
)
def test_what_has_no_meaning_as_an_object(stream: str, message: str) -> None:
    with pytest.raises(RenderFailed) as failed:
        load(stream, "it")
    assert message in str(failed.value)


@given(st.lists(VALUES, max_size=3))
def test_it_reads_what_the_library_reads(documents: list[object]) -> None:
    text = yaml.dump_all(documents, explicit_start=True)
    known = [one for one in yaml.load_all(text, Loader=yaml.BaseLoader) if one not in ("", "null")]
    assert load(text, "it") == known
