"""Random files in random styles: an edit changes one value and no other byte, or it is refused."""

from __future__ import annotations

import warnings
from typing import Any

import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from promoter.errors import EditRefused
from promoter.layout.yaml_splice import Edit, splice
from promoter.layout.yaml_tree import NotYaml, Scalar, YamlFile, read

PLAIN = ["1.3.9", "yes", "0x10", "~", "ä ö", "http://x/y#z", "a b", "1e3", "", "3", "🚀", "x-y_z", "2026-11-20", "<<x"]
SINGLE = ["'it''s'", "''", "'ä: # b'", "'1.10'"]
DOUBLE = ['"a\\tb"', '"\\u00e9"', '""', '"x\\\\"', '"\u2028"']
FLOW = ["[a, 'b', {c: 1.0}]", '{k: v, l: [1, "2"]}', "[]", "{}", "[ a , b ]", "{k: , l: ''}"]
ODD = ["|\n{i}  text\n{i}  more", ">-\n{i}  text", "&n v", "!t v", "*n", "&m {{k: v}}"]
KEYS = ["a", "tag", "image", "ключ", "x-y", "'q k'", '"d"', "n1", "?x"]
NEW = st.one_of(
    st.sampled_from(["1.4.2", "0x10", "1e3", "yes", "1.10", "", "~", "a: b", "x # y", "it's",
                     '"', "\\", "é", "\u2028", "- a"]),
    st.text(max_size=12),
)  # fmt: skip


@st.composite
def blocks(draw: st.DrawFn, indent: int = 0, depth: int = 0) -> list[str]:
    """Draw the lines of a block mapping or list."""
    lines: list[str] = []
    pad = " " * indent
    keys = draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=4, unique=True))
    listed = draw(st.booleans())
    for key in keys:
        lead = f"{pad}-" if listed else f"{pad}{key}:"
        if draw(st.booleans()):
            lines.append(draw(st.sampled_from([f"{pad}# ä note: x", "", f"{pad}   "])))
        shape = draw(st.sampled_from(["value", "value", "value", "odd", "deeper"]))
        if shape == "deeper" and depth < 3:
            lines += [lead, *draw(blocks(indent=indent + draw(st.sampled_from([2, 4])), depth=depth + 1))]
            continue
        gaps = [" ", "   ", " "] if listed or shape == "odd" else [" ", "   ", " ", " ", " \t"]
        gap = draw(st.sampled_from(gaps))
        comment = draw(st.sampled_from(["", "  # c", "  # é: 1", "   ", " "]))
        if shape == "odd":
            lines.append(lead + gap + draw(st.sampled_from(ODD)).format(i=pad))
        else:
            lines.append(lead + gap + draw(st.sampled_from(PLAIN + SINGLE + DOUBLE + FLOW)) + comment)
    return lines


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """Draw a file of one to three documents."""
    documents = draw(st.lists(blocks(), min_size=1, max_size=3))
    start = draw(st.sampled_from(["", "---\n", "# first\n---\n"]))
    text = start + "\n---\n".join("\n".join(lines) for lines in documents) + draw(st.sampled_from(["", "\n", "\n\n"]))
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    return (draw(st.sampled_from(["", "\ufeff"])) + text).encode()


def parsed(data: bytes) -> YamlFile:
    try:
        return read("f.yaml", data)
    except NotYaml:
        assume(condition=False)
        raise


def spliced(file: YamlFile, edit: Edit) -> YamlFile | EditRefused:
    try:
        return splice(file, [edit])
    except EditRefused as error:
        return error


def flat(value: Any, path: tuple[Any, ...] = ()) -> dict[tuple[Any, ...], Any]:
    """Spread a loaded value over its paths, with what type it has."""
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = list(enumerate(value))
    else:
        return {path: (type(value), str(value))}
    found: dict[tuple[Any, ...], Any] = {(*path, "kind"): type(value)}
    for key, child in pairs:
        found |= flat(child, (*path, (type(key), str(key))))
    return found


def loaded(data: bytes, *, yaml12: bool) -> list[dict[tuple[Any, ...], Any]] | None:
    """Load all documents with a reader of its own; None when that reader cannot read the file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if yaml12:
                return [flat(document) for document in YAML(typ="safe", pure=True).load_all(data.decode())]
            return [flat(document) for document in yaml.load_all(data, Loader=yaml.CSafeLoader)]
    except (YAMLError, yaml.YAMLError, ValueError, TypeError, NotImplementedError):
        return None


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(data=files(), value=NEW, pick=st.randoms(use_true_random=False))
def test_one_value_changes_and_no_other_byte(data: bytes, value: str, pick: Any) -> None:
    file = parsed(data)
    assert file.data() == data
    assume(file.scalars)
    scalar: Scalar = pick.choice(file.scalars)
    new = spliced(file, Edit(scalar.document, scalar.path, value))
    if isinstance(new, EditRefused):
        assert new.message.startswith("f.yaml:")
        assert new.hint
        return
    start, end = scalar.start, scalar.end
    assert new.text.startswith(file.text[:start])
    assert new.text.endswith(file.text[end:])
    assert new.bom == file.bom
    for yaml12 in (False, True):
        before, after = loaded(data, yaml12=yaml12), loaded(new.data(), yaml12=yaml12)
        if before is None:
            continue
        assert after is not None
        assert len(before) == len(after)
        changed = [
            (document, path)
            for document, (one, other) in enumerate(zip(before, after, strict=True))
            for path in one.keys() | other.keys()
            if one.get(path) != other.get(path)
        ]
        assert len(changed) <= 1
        if changed:
            document, path = changed[0]
            assert document == scalar.document
            assert after[document][path] == (str, value)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(data=files(), pick=st.randoms(use_true_random=False))
def test_a_version_can_always_be_written_into_a_simple_value(data: bytes, pick: Any) -> None:
    """Refusing everything would satisfy the other property: here nothing may be refused."""
    file = parsed(data)
    simple = [s for s in file.scalars if s.style in ("", "'", '"') and not s.anchor and not s.tag and s.end > s.start]
    shared = {anchor for s in file.scalars for anchor in [s.anchor] if anchor} | file.aliased
    simple = [s for s in simple if not _under(s, shared)]
    assume(simple)
    scalar = pick.choice(simple)
    new = splice(file, [Edit(scalar.document, scalar.path, "1.4.2")])
    quote = scalar.style
    written = f"{quote}1.4.2{quote}"
    assert new.text == file.text[: scalar.start] + written + file.text[scalar.end :]


def _under(scalar: Scalar, anchors: set[str]) -> bool:
    node = scalar.parent
    while node is not None:
        if node.anchor in anchors:
            return True
        node = node.parent
    return False
