"""Rows as CSV (RFC 4180) that a spreadsheet can open: no cell of others' text becomes a formula there.

Invariant: numbers stay numbers; a text that begins like a formula gets an apostrophe before it, and control characters
become spaces.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence

_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Give a header and `rows`; None is an empty cell."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow([_cell(column) for column in columns])
    writer.writerows([[_cell(value) for value in row] for row in rows])
    return written.getvalue()


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not (value.isascii() and value.isprintable()):
        value = "".join(" " if unicodedata.category(sign) in _UNSEEN else sign for sign in value)
    return f"'{value}" if value.lstrip().startswith(_FORMULA) else value
