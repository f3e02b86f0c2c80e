from __future__ import annotations

import pytest

from promoter.layout.find_markers import find, markers
from promoter.layout.yaml_tree import read
from tests.layout.finding import A, found

P = '# {"$imagepolicy": "ns:shop"}'
T = '# {"$imagepolicy": "ns:shop:tag"}'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"a: ghcr.io/x/y:1.0 {P}\n", [("a", "REFERENCE", "1.0", "s")]),
        (f"a: '1.0' {T}\r\nb: 2\n", [("a", "TAG", "1.0", "s")]),
        (f"a: {{b: x, c: '1.0'}} {T}\n", [("a.c", "TAG", "1.0", "s")]),
        (f"- 1.0  #{T[1:]}\n- 2 {T.replace('shop', 'cart')}\n", [("[0]", "TAG", "1.0", "s")]),
        (f"a: {A} {T.replace(':tag', ':digest')}\n", [("a", "DIGEST", A, "s")]),
        (f"a: ghcr.io/x/y {T.replace(':tag', ':name')}\n", []),
        (f"a: 'x {T} y'\n", []),
        (f"a: 1.0\n{T}\n", []),
        (f"{T}\na: 1.0\n", []),
        (f"a: |\n  x: 1 {T}\nb: 2\n", []),
        (f"a: not a reference {P}\n", []),
        ('a: 1.0 #{"$imagepolicy":"ns:shop:tag"}\n', [("a", "TAG", "1.0", "s")]),
        (f"a: {T}\n", [("a", "TAG", "", "s")]),
    ],
)
def test_the_value_before_the_marker(text: str, expected: list[tuple[str, ...]]) -> None:
    assert found(lambda file: find(file, "ns:shop", "s"), text) == expected


def test_markers_are_listed() -> None:
    file = read("f.yaml", f"a: x:1 {P}\nb: 1 {T}\nc: 2 {T.replace('shop', 'cart')}\n".encode())
    assert markers(file) == {"ns:shop", "ns:cart"}
