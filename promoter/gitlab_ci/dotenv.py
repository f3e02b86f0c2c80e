"""Outputs of a job for the jobs after it: `artifacts:reports:dotenv`.

Source: "GitLab CI/CD artifacts reports types", dotenv: one `NAME=value` a line, no quotes, spaces, comments or blank
lines; at most 5 KiB and 20 variables.

Invariant: whatever a value holds, it is one value of its own name, and the file is never too large to be taken.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final

MOST: Final = 5 * 1024
"""Bytes that GitLab takes."""
CUT: Final = "..."
"""Ends a list that is too long: what follows stands in the plan."""
_ALLOWED: Final = re.compile(r"[^A-Za-z0-9._/:,+@=-]")


def dotenv(outputs: Mapping[str, str]) -> str:
    """Give the report for `outputs` (`promoter.ci.report.outputs`): `PROMOTER_MERGED=shop/dev,cart/dev`.

    A list is joined by commas; of the longest lists only so much is given as fits.
    """
    values = {f"PROMOTER_{name.upper().replace('-', '_')}": _entries(value) for name, value in outputs.items()}
    kept = {name: len(entries) for name, entries in values.items()}
    while len(text := _text(values, kept).encode()) >= MOST:
        longest = max(kept, key=lambda name: len(_value(values[name], kept[name])))
        if not kept[longest]:
            break
        kept[longest] = kept[longest] * 3 // 4
    return text.decode()


def _text(values: Mapping[str, list[str]], kept: Mapping[str, int]) -> str:
    return "".join(f"{name}={_value(entries, kept[name])}\n" for name, entries in values.items())


def _value(entries: list[str], kept: int) -> str:
    return ",".join([*entries[:kept], *([CUT] if kept < len(entries) else [])])


def _entries(value: str) -> list[str]:
    """Give the parts of an output, which is a JSON list or plain text."""
    listed = json.loads(value) if value.startswith("[") else [value]
    return [_ALLOWED.sub("_", str(one)) for one in listed if str(one)]
