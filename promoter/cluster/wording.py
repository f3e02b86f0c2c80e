"""Foreign text, made fit for a reason: one short line that does not change while the world stands still."""

from __future__ import annotations

import re

_DURATION = re.compile(
    r",?\s*\b(?:after|within|with a timeout of|retrying in)\s+(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+"
)
_LONGEST = 200


def one_line(message: str) -> str:
    """Give `message` without line breaks, control characters and measured durations, cut to 200 characters.

    Controllers write how long an attempt took ("failed after 30.02s"): left in, each retry would read as news.
    """
    steady = _DURATION.sub("", message)
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in steady).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
