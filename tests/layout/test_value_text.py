from __future__ import annotations

import pytest

from promoter.errors import EditRefused
from promoter.layout.value_text import LIMIT, parse, text_of
from promoter.layout.yaml_splice import Edit, splice
from promoter.layout.yaml_tree import read


def text(yaml: str) -> str:
    file = read("f.yaml", yaml.encode())
    root = file.documents[0]
    assert root is not None
    return text_of(file, root)


@pytest.mark.parametrize(
    ("yaml", "expected"),
    [
        ("prod", "prod"),
        ("'prod'", "prod"),
        ("3", "3"),
        ("'3'", '"3"'),
        ("yes", "yes"),
        ('"yes"', '"yes"'),
        ("0x1F", "0x1F"),
        ("1.10", "1.10"),
        ("1.4.2", "1.4.2"),
        ("~", "null"),
        ("null", "null"),
        ("''", '""'),
        ("'null'", '"null"'),
        ("'a|b'", '"a|b"'),
        ("'{a'", '"{a"'),
        ("|\n  a\n  b\n", '"a\\nb\\n"'),
        ("!x 1", '!!x "1"'),
        ("[1, '1', {b: x, a: ~}]", '["1","\\"1\\"",{"a":"null","b":"x"}]'),
        ("a: &n x\nb: *n", '{"a":"x","b":"x"}'),
    ],
)
def test_a_text_says_its_type(yaml: str, expected: str) -> None:
    assert text(yaml) == expected


@pytest.mark.parametrize(
    "yaml",
    ["&a [*a]", "[" * 500 + "]" * 500, "\n".join(f"a{i}: &a{i} [{f'*a{i - 1}, ' * 9 if i else 1}]" for i in range(20))],
)
def test_cycles_and_nests_of_aliases_end(yaml: str) -> None:
    with pytest.raises(EditRefused, match=f"more than {LIMIT} values"):
        text(yaml)


@pytest.mark.parametrize("written", ["[1]", "{}", "!x 1"])
def test_a_collection_cannot_be_written(written: str) -> None:
    with pytest.raises(EditRefused, match="cannot be moved"):
        parse(written)


@pytest.mark.parametrize(
    "yaml", ["prod", "3", "'3'", "yes", "'yes'", "~", "''", "'a|b'", '"\\u2028"', "1e3", "' x '", "'#'"]
)
@pytest.mark.parametrize("target", ["k: old", "k: 'old'", 'k: "old"', "k: 7", "{k: old}"])
def test_what_is_read_is_what_is_written(yaml: str, target: str) -> None:
    file = read("f.yaml", target.encode())
    value, typed = parse(text(yaml))
    new = splice(file, [Edit(0, ("k",), value, typed)])
    assert text_of(new, new.scalars[0]) == text(yaml)
