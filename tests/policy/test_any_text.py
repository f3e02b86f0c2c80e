"""No config, however wrong, gives anything but a config or `ConfigInvalid`."""

from __future__ import annotations

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter.errors import ConfigInvalid
from tests.policy.test_load import SMALLEST
from tests.policy.test_schema import GOOD
from tests.policy.trees import load_files, overlays

TREE = overlays("shop", "dev", "staging", "prod")
SPOKEN = """
version environments apps live layout tools timezone freeze limits dry names ledger render interchange name after
promote gates checks approvals verify soak within accept semver tags policy clusters allow path images charts values
files object count from authors any kubernetes context commit_status none helm command run branch reason until single
key marker regex also
"""
KEYS = st.sampled_from(SPOKEN.split())
WORDS = st.sampled_from(
    [
        "dev",
        "prod",
        "shop",
        "auto",
        "1h",
        "1",
        "0",
        "none",
        "{app}",
        "{environment}",
        "*",
        "p*",
        "..",
        ".",
        "",
        "/",
        "main",
    ]
)
VALUES = st.recursive(
    WORDS | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | WORDS, inner, max_size=4),
    max_leaves=12,
)


def loads(text: str | bytes) -> bool:
    """Whether it loads, or is refused without a word; anything but ConfigInvalid is raised."""
    try:
        load_files({**TREE, "promoter.yaml": text, "policies/dev.yaml": text})
    except ConfigInvalid as invalid:
        return not (invalid.problems and str(invalid))
    return True


@given(st.text(max_size=80))
def test_any_text(text: str) -> None:
    assert not loads(text.encode("utf-8", "surrogatepass"))


@given(st.binary(max_size=40))
def test_any_bytes(data: bytes) -> None:
    assert not loads(data)


@settings(deadline=None, max_examples=50)
@given(st.dictionaries(KEYS, VALUES, max_size=6))
def test_any_tree_of_known_words(tree: dict[str, object]) -> None:
    loads(yaml.safe_dump({**yaml.safe_load(SMALLEST), **tree}, allow_unicode=True))


@settings(deadline=None)
@given(st.sampled_from(GOOD), st.integers(0, 1500), st.integers(0, 6), st.text(max_size=3))
def test_any_slip_in_a_good_config(text: str, start: int, length: int, typed: str) -> None:
    loads((text[:start] + typed + text[start + length :]).encode("utf-8", "surrogatepass"))


@settings(deadline=None, max_examples=50)
@given(st.recursive(KEYS, lambda inner: st.dictionaries(KEYS, inner, min_size=1, max_size=2), max_leaves=6), KEYS)
def test_any_value_at_any_key(value: object, key: str) -> None:
    good = yaml.safe_load(GOOD[1])
    good["environments"][1][key] = value
    good["apps"]["cart"][key] = value
    good[key] = value
    loads(yaml.safe_dump(good, allow_unicode=True))
