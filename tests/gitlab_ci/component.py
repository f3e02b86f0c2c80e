"""Inputs of a component filled in, as "CI/CD inputs" describes it: checked by type and regex, then put in as text.

Only what our files use is known here; anything else is an error, so that nothing is taken for granted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

PLACE = re.compile(r"\$\[\[\s*(?P<path>[^\]]*?)\s*\]\]")
KNOWN = {"description", "default", "type", "regex"}


class Refused(Exception):
    """GitLab would make no pipeline of this."""


def header(text: str) -> Mapping[str, Mapping[str, Any]]:
    """Give the inputs that the file declares."""
    head, mark, _ = text.partition("\n---\n")
    return dict(yaml.safe_load(head)["spec"]["inputs"]) if mark else {}


def expand(file: Path, given: Mapping[str, object] | None = None) -> dict[str, Any]:
    """Give the file's pipeline with the inputs `given`. Raises Refused."""
    text = file.read_text("utf-8")
    specs, given = header(text), given or {}
    if set(given) - set(specs):
        raise Refused(f"unknown inputs {sorted(set(given) - set(specs))}")
    values = {name: _value(name, spec, given) for name, spec in specs.items()}

    def put(match: re.Match[str]) -> str:
        kind, _, name = match["path"].partition(".")
        if kind != "inputs" or name not in values:
            raise Refused(f"{match[0]} is not known")
        return values[name]

    body = text.partition("\n---\n")[2] if specs else text
    return dict(yaml.safe_load(PLACE.sub(put, body)))


def _value(name: str, spec: Mapping[str, Any], given: Mapping[str, object]) -> str:
    assert set(spec) <= KNOWN, f"{name} uses what is not known here: {set(spec) - KNOWN}"
    if name not in given and "default" not in spec:
        raise Refused(f"{name} is missing")
    value = given.get(name, spec.get("default"))
    wanted = {"string": str, "boolean": bool}[spec.get("type", "string")]
    if not isinstance(value, wanted):
        raise Refused(f"{name} is no {wanted.__name__}")
    # RE2 without the flag (?m): $ is the end of the text
    pattern = str(spec.get("regex", "")).removesuffix("$")
    if pattern and re.fullmatch(pattern.removeprefix("^"), str(value)) is None:
        raise Refused(f"{name} does not match {spec['regex']}")
    return str(value).lower() if isinstance(value, bool) else str(value)
