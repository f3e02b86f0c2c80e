"""Files of the documentation that `init` writes for people: one text of each, which a package carries along."""

from __future__ import annotations

from pathlib import Path

from promoter.errors import EdgeFailed


def read_documented(carried: str, documented: str) -> str:
    """Give the text of a file: `carried` below the installed package, `documented` in a checkout.

    Raises EdgeFailed when promoter is not installed whole.
    """
    here = Path(__file__)
    for place in (here.parents[1] / carried, here.parents[2] / documented):
        if place.is_file():
            return place.read_text(encoding="utf-8")
    raise EdgeFailed(
        f"{documented}, which comes with promoter, is missing",
        "Install promoter again, or leave the file out: --no-workflow",
    )
