from __future__ import annotations

import pytest

from promoter.layout.glob import matches


@pytest.mark.parametrize(
    ("pattern", "path", "match"),
    [
        ("values.yaml", "values.yaml", True),
        ("values.yaml", "a/values.yaml", False),
        ("./values.yaml", "values.yaml", True),
        ("*.yaml", "a.yaml", True),
        ("*.yaml", "a/b.yaml", False),
        ("**/*.yaml", "a/b/c.yaml", True),
        ("**/*.yaml", "c.yaml", True),
        ("config/**", "config/a/b.json", True),
        ("config/**", "config", False),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("[ab].yaml", "b.yaml", True),
        ("[!ab].yaml", "b.yaml", False),
        ("[!ab].yaml", "c.yaml", True),
        ("[", "[", True),
        ("a.yaml", "axyaml", False),
        ("*", "", True),
        ("a\\[]", "a\\[]", True),
    ],
)
def test_matches(pattern: str, path: str, *, match: bool) -> None:
    assert matches(pattern, path) is match
