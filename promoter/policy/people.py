"""Who is meant: `write`, `team:sre`, `user:kim`, `codeowners`."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import WithJsonSchema

from promoter.model.forge import Permission
from promoter.policy.node import Node
from promoter.policy.scalars import items, said
from promoter.policy.spelling import guess

_WORDS = [permission.value for permission in Permission if permission is not Permission.NONE] + ["codeowners"]
_NAMED = re.compile(r"(?:team|user):[A-Za-z0-9][A-Za-z0-9_./-]{0,127}(?:\[bot\])?")

PEOPLE_PATTERN = Annotated[
    str, WithJsonSchema({"anyOf": [{"enum": _WORDS}, {"type": "string", "pattern": "^(team|user):.+$"}]})
]
"""One word for people, as checked by `people`."""


def people(node: object) -> list[str]:
    """Read a list of words for people. Raises ValueError."""
    found = [_word(item) for item in items(node)]
    if not found:
        raise ValueError("names nobody; then nobody could ever act")
    return list(dict.fromkeys(found))


def _word(node: Node) -> str:
    word = said(node)
    if word in _WORDS or _NAMED.fullmatch(word):
        return word
    if word.startswith("@"):
        raise ValueError(f"{word} is not known; write team:NAME or user:NAME without the organisation")
    near = guess(word, _WORDS)
    raise ValueError(f"{word} is not known; there is {', '.join(_WORDS)}, team:NAME, user:NAME{near}")
