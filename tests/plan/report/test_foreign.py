from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.plan.report.foreign import (
    _COMMANDS,
    _LINE_STARTS,
    _MARKERS,
    _NOTABLE,
    _SPEAKS,
    BREAK,
    block,
    code,
    plain,
    prose,
    source,
    title,
)

SPICES = ["@kim", "#12", "GH-12", "!7", "acme/shop#3", "<!-- promoter:what -->", "-->", "::error::x", "##[add-path]/x"]
SPICES += [
    "&#64;kim",
    "https://github.com/a/b/issues/1",
    "www.x.y",
    "/close",
    "\x1b[31m",
    "\u202e",
    "```",
    "~~~",
    "\r\n",
]
SPICES += [
    "Promoter-Release: r9",
    "PROJ-44",
    ":::",
    "@@",
    "##[[",
    "<script>",
    "|",
    "`",
    "*a*",
    "[x](y)",
    "\\",
    "\u2028",
]
NASTY = st.lists(st.one_of(st.sampled_from(SPICES), st.text(max_size=8)), max_size=8).map("".join)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Raise memory limit", "Raise memory limit"),
        ("fixes #12", f"fixes #{BREAK}12"),
        ("see acme/shop#12 and !7", f"see acme/shop#{BREAK}12 and !{BREAK}7"),
        ("closes GH-12", f"closes GH-{BREAK}12"),
        ("PROJ-44 #done", f"PROJ-{BREAK}44 #{BREAK}done"),
        ("thanks @kim, @acme/sre", f"thanks @{BREAK}kim, @{BREAK}acme/sre"),
        ("https://github.com/a/b/issues/1", f"https:{BREAK}//github.com/a/b/issues/1"),
        ("::set-output name=a::b", f":{BREAK}:set-output name=a:{BREAK}:b"),
        ("##[error]x", f"##{BREAK}[error]x"),
        ("/close", f"/{BREAK}close"),
        ("Promoter-Release: r9", f"Promoter{BREAK}-Release: r9"),
        ("a\x1b[31mb\x00c\u202ed", "a[31mbcd"),
        ("two\r\nlines\tand more", "two lines and more"),
    ],
)
def test_titles(text: str, shown: str) -> None:
    assert title(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<!-- promoter:what -->", f"&lt;{BREAK}!-{BREAK}- promoter:what -{BREAK}-&gt;".replace(f"!-{BREAK}-", "!--")),
        ("&#64;kim", f"&amp;#{BREAK}64;kim"),
        ("a | b `c` *d* [e](f)", r"a \| b \`c\` \*d\* \[e\](f)"),
        ("~~gone~~", f"\\~\\~{BREAK}gone\\~\\~"),
    ],
)
def test_prose_shows_the_text_itself(text: str, shown: str) -> None:
    assert prose(text) == shown


@given(NASTY)
def test_nothing_written_speaks_to_anybody(text: str) -> None:
    for written in (title(text), prose(text), code(text), block(text)):
        assert not re.search(r"@\w|(?<!&)#\w|![0-9]|::|##\[|<!--|-->|://", written), written
        assert not re.search(r"(?i)\bgh-\d|^\s*/\w|^\s*promoter-", written, re.MULTILINE), written
        allowed = {"\n", BREAK}
        assert not [char for char in written if unicodedata.category(char) in {"Cc", "Cf"} and char not in allowed]


@given(NASTY)
def test_markdown_of_others_cannot_leave_its_place(text: str) -> None:
    assert "\n" not in prose(text) + title(text) + code(text) + plain(text)
    assert not re.search(r"(?<!\\)(?:\\\\)*[|`*_\[\]]", prose(text))
    assert "`" not in code(text)[1:-1]
    assert not re.search(r"^\s*(?:```|~~~)", block(text), re.MULTILINE)


@given(NASTY)
def test_saying_it_twice_changes_nothing(text: str) -> None:
    assert title(title(text)) == title(text)
    assert plain(plain(text)) == plain(text)
    assert block(block(text)) == block(text)


@given(NASTY)
def test_lines_of_files_keep_their_shape_and_command_nobody(text: str) -> None:
    for line in text.splitlines():
        shown = source(f"  {line}")
        assert shown.startswith("  ")
        assert not re.search(r"::|##\[|[\x00-\x1f\x7f]", shown)


@given(NASTY, st.integers(min_value=5, max_value=50))
def test_long_text_is_cut(text: str, limit: int) -> None:
    assert len(title(text, limit)) <= limit
    assert len(plain(text * 9, limit)) <= limit


@given(st.text(alphabet="abc XYZ.,+=()", max_size=60))
def test_harmless_text_stays_as_it_is(text: str) -> None:
    wanted = " ".join(text.split())
    assert title(text) == plain(text) == prose(text) == wanted


@given(st.text(alphabet="aA01_ -.@#!&%~$:/<>wWpPromter?[\n", max_size=40))
def test_every_text_that_a_pattern_is_found_in_is_looked_at(text: str) -> None:
    patterns = (*_SPEAKS, *_COMMANDS, *_LINE_STARTS, *_MARKERS)
    assert _NOTABLE.search(text) is not None or not any(pattern.search(text) for pattern in patterns)
