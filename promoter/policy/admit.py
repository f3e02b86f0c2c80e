"""Which combinations of versions make a release: an expression of CEL over all that the app's files say.

Names: `images`, by name, with `tag` and `digest`; `charts`, by name, with `version`; `values`, text by key. Where one
stands in several versions they are joined by `|`, which equals no version. A key that has no value is not there.
Invariant: what cannot be evaluated admits nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from promoter.policy.cel import Missing, evaluated, names, tried
from promoter.policy.scalars import said
from promoter.policy.spelling import guess

NAMES: Final = ("images", "charts", "values")
_KEYED = re.compile(
    r"\b(images|charts|values)\s*(?:\[\s*(?:\"([^\"]*)\"|'([^']*)')\s*\]|\.\s*([A-Za-z_]\w*)\b(?!\s*\())"
)
_SHOWN = 8
_LONG = 200


def unmet(text: str, versions: Mapping[str, str]) -> str:
    """Say why what stands in `versions` (item -> version) is no complete set; empty when it is, or nothing is asked."""
    return _unmet(text, tuple(sorted(versions.items()))) if text else ""


@lru_cache(maxsize=1024)
def _unmet(text: str, versions: tuple[tuple[str, str], ...]) -> str:
    shown = " ".join(text.split())
    shown = shown if len(shown) <= _LONG else shown[: _LONG - 1] + "…"
    known = dict(versions)
    try:
        value = evaluated(text, _facts(known))
    except Missing as missing:
        return f"{missing} in {shown}"
    except ValueError as error:
        return f"{shown}: {error}"
    if value is True:
        return ""
    kinds = {"images": "image", "charts": "chart", "values": "value"}
    said = [(name, known.get(f"{kinds[kind]}:{name}", "missing")) for kind, name in keyed(text)]
    there = ", ".join(f"{name} is {version}" for name, version in said[:_SHOWN])
    return f"not {shown}" + (f" ({there})" if there else "")


def keyed(text: str) -> list[tuple[str, str]]:
    """Give what `text` names: `images` and a name, `charts` and a name, `values` and a key."""
    found = [(kind, next(filter(None, names), "")) for kind, *names in _KEYED.findall(text)]
    return list(dict.fromkeys((kind, name) for kind, name in found if name))


def expression(node: object) -> str:
    """Read an expression, tried with values of every kind. Raises ValueError."""
    text = said(node)
    for name in sorted(names(text) - set(NAMES)):
        raise ValueError(f"{name} is not known{guess(name, NAMES) or '; there is ' + ', '.join(NAMES)}")
    tried(text, _sample(keyed(text)), ("tag", "digest", "version"))
    return text


def _facts(versions: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {name: {} for name in NAMES}
    for item, version in versions.items():
        kind, _, name = item.partition(":")
        if kind == "image":
            tag, at, digest = version.partition("@") if "|" not in version else (version, "", "")
            found["images"][name] = {
                key: text for key, text in (("tag", tag), ("digest", digest if at else "")) if text
            }
        elif kind == "chart":
            found["charts"][name] = {"version": version}
        elif kind == "value":
            found["values"][name] = version
    return found


def _sample(wanted: Iterable[tuple[str, str]]) -> dict[str, Any]:
    texts = {"images": ("image", "1.4.2@sha256:0"), "charts": ("chart", "1.4.2"), "values": ("value", "3")}
    return _facts({f"{texts[kind][0]}:{name}": texts[kind][1] for kind, name in wanted})
