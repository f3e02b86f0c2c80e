"""Folder and file names that stand for environments, and the order that they suggest."""

from __future__ import annotations

import re
from collections.abc import Iterable

from promoter.model.names import is_name

_ORDER = (
    ("local", "sandbox", "dev", "devel", "develop", "development"),
    ("ci", "int", "integration"),
    ("test", "testing", "tst", "sit", "nonprod"),
    ("qa",),
    ("uat", "acc", "acceptance"),
    ("stage", "staging", "stg", "preprod", "preproduction"),
    ("prod", "production", "prd", "live"),
)
_RANKS = {word: rank for rank, words in enumerate(_ORDER) for word in words}
_LATE = frozenset((*_ORDER[-2], *_ORDER[-1]))
_REGION = re.compile(
    r"[a-z]|[0-9]+|[a-z]{2}[0-9]*|east|west|north|south|central|[a-z]{3,9}(?:east|west|north|south|central)[0-9]*"
    r"|apac|emea|amer|blue|green|aws|gcp|azure|onprem|primary|secondary"
)
STRONG = frozenset({"overlays", "overlay", "envs", "env", "environments", "environment", "stages", "clusters"})
"""Names of folders whose subfolders are environments, even when there is only one."""


def rank(name: str) -> int | None:
    """Give where an environment called `name` stands, low is early; None when the name stands for none.

    `prod-eu`, `us-east-1-prod`, `staging2` and `pre-prod` count; `dev-tools` and `shop-prod` do not.
    """
    if not is_name(name):
        return None
    plain = re.sub(r"\b(pre|non)[-_.]?(prod)", r"\1\2", name)
    words = [word for word in re.split(r"[-_.]", plain) if word]
    bare = [re.sub(r"(?<=[a-z])[0-9]+$", "", word) for word in words]
    known = [word for word in bare if word in _RANKS]
    if len(known) != 1:
        return None
    rest = [word for word, stem in zip(words, bare, strict=True) if stem != known[0]]
    likely = all(_REGION.fullmatch(word) for word in rest) or (known[0] in _LATE and bare[0] == known[0])
    return _RANKS[known[0]] if likely else None


def is_production(name: str) -> bool:
    """Tell whether `name` stands for what customers use."""
    return rank(name) == len(_ORDER) - 1


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Put environments in the order that their names suggest; those of the same kind by name."""
    return tuple(sorted(set(names), key=lambda name: (_place(name), name)))


def _place(name: str) -> int:
    found = rank(name)
    return len(_ORDER) - 2 if found is None else found
