from __future__ import annotations

import pytest

from promoter.errors import EditRefused
from promoter.layout.key_path import Where, nodes, parse
from promoter.layout.yaml_tree import Scalar, read


@pytest.mark.parametrize(
    ("key", "steps"),
    [
        ("a", ("a",)),
        ("image.tag", ("image", "tag")),
        ("env[0].value", ("env", 0, "value")),
        ("env[name=PORT].value", ("env", Where("name", "PORT"), "value")),
        ('env[name="PORT"]', ("env", Where("name", "PORT"))),
        ('labels."a.b/c"', ("labels", "a.b/c")),
        ('"a.b".c', ("a.b", "c")),
        ("[1][2]", (1, 2)),
        ("a-b_c.d e", ("a-b_c", "d e")),
    ],
)
def test_keys(key: str, steps: tuple[object, ...]) -> None:
    assert parse(key) == steps


@pytest.mark.parametrize("key", ["", ".", "a.", "a..b", ".a", "a[", "a[b]", "a]", 'a."b', "a[-1]"])
def test_what_is_no_key(key: str) -> None:
    with pytest.raises(EditRefused):
        parse(key)


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("l[1].v", ["2"]),
        ("l.1.v", ["2"]),
        ("l[name=x].v", ["1"]),
        ("l[name=z].v", []),
        ("l[name=twice].v", []),
        ("m.k", ["3"]),
        ("m[name=x]", []),
        ("l.k", []),
        ("l[9].v", []),
        ("m.k.x", []),
    ],
)
def test_nodes(key: str, values: list[str]) -> None:
    text = b"l: [{name: x, v: 1}, {name: y, v: 2}, {name: twice, v: 3}, {name: twice, v: 4}]\nm: {k: 3}\n"
    found = list(nodes(read("f.yaml", text), parse(key)))
    assert [node.value for node in found if isinstance(node, Scalar)] == values
