from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.git.trailers import Trailers, all_trailers, flatten, format_trailers, parse_trailers
from promoter.model.ledger import Kind
from promoter.model.names import is_name

SHOP = Trailers("shop", "prod-eu", 41, Kind.PROMOTION)
BLOCK = "Promoter-App: shop\nPromoter-Environment: prod-eu\nPromoter-Release: r41\nPromoter-Kind: promotion"
OTHER = Trailers("cart", "dev", 3, Kind.ROLLBACK)

MESSAGES = {
    "ours": (f"Promote shop\n\n{BLOCK}\n", [SHOP]),
    "crlf": (f"Promote shop\n\n{BLOCK}\n".replace("\n", "\r\n"), [SHOP]),
    "no final line break": (f"Promote shop\n\nWhy.\n\n{BLOCK}", [SHOP]),
    "signed off": (f"Promote\n\n{BLOCK}\nSigned-off-by: Kim <k@x>\nLong: one\n  more", [SHOP]),
    "squashed with authors": (f"Promote (#7)\n\n{BLOCK}\n\n---------\n\nCo-authored-by: Kim <k@x>\n", [SHOP]),
    "squashed commits": (f"Title (#7)\n\n* One\n\n{BLOCK}\n\n* Two\n\n{format_trailers(OTHER)}\n", [SHOP, OTHER]),
    "a group": (f"Promote\n\n{BLOCK}\n{format_trailers(OTHER)}", [SHOP, OTHER]),
    "spaces": (f"P\n\n{BLOCK.replace(': ', ':   ')}  \n", [SHOP]),
    "first paragraph": (BLOCK, []),
    "subject and block without a gap": (f"Promote shop\n{BLOCK}", []),
    "in prose": (f"P\n\nHe wrote:\n{BLOCK}", []),
    "followed by prose": (f"P\n\n{BLOCK}\nand so on", []),
    "quoted": ("P\n\n> " + BLOCK.replace("\n", "\n> "), []),
    "a list": ("P\n\n- " + BLOCK.replace("\n", "\n- "), []),
    "indented": ("P\n\n  " + BLOCK.replace("\n", "\n  "), []),
    "one missing": ("P\n\n" + BLOCK.rpartition("\n")[0], []),
    "over two paragraphs": ("P\n\n" + BLOCK.replace("\nPromoter-R", "\n\nPromoter-R"), []),
    "one twice": (f"P\n\n{BLOCK}\nPromoter-Release: r42", []),
    "another order": ("P\n\n" + "\n".join(reversed(BLOCK.split("\n"))), []),
    "another case": (f"P\n\n{BLOCK.lower()}", []),
    "no release": (f"P\n\n{BLOCK.replace('r41', '41')}", []),
    "no such kind": (f"P\n\n{BLOCK.replace('promotion', 'magic')}", []),
    "no name": (f"P\n\n{BLOCK.replace('shop', '../shop')}", []),
    "value on the next line": ("P\n\n" + BLOCK.replace(": shop", ":\n shop"), []),
    "nothing": ("", []),
}


@pytest.mark.parametrize(("message", "expected"), MESSAGES.values(), ids=MESSAGES.keys())
def test_which_trailers_count(message: str, expected: list[Trailers]) -> None:
    assert parse_trailers(message) == expected


trailers = st.builds(
    Trailers,
    app=st.from_regex(r"[a-z0-9][a-z0-9._-]{0,8}[a-z0-9]", fullmatch=True).filter(is_name),
    environment=st.sampled_from(["dev", "prod-eu"]),
    release=st.integers(0, 999_999_999),
    kind=st.sampled_from(Kind),
)
hostile = (
    st.lists(
        st.sampled_from(
            [*BLOCK.split("\n"), "\n", "\n\n", "\r\n\r\n", "\u2028", "\x0b", "\x85", "promoter-app:", " ", "x", "\x00"]
        ),
        max_size=12,
    ).map("".join)
    | st.text()
)


@given(written=trailers)
def test_what_is_written_is_read(written: Trailers) -> None:
    assert parse_trailers(f"Subject\n\n{format_trailers(written)}") == [written]


@given(
    texts=st.lists(hostile, min_size=1, max_size=8), written=trailers, bullet=st.sampled_from(["", "- ", "* ", "  "])
)
def test_flattened_text_is_one_line_and_never_a_trailer(texts: list[str], written: Trailers, bullet: str) -> None:
    flat = [flatten(text) for text in texts]
    for line in flat:
        assert len(line.splitlines()) <= 1
        assert line == flatten(line)
        line.encode()
    body = "\n".join(f"{bullet}{line}" for line in flat)
    assert parse_trailers(f"Subject {flat[0]}\n\n{body}\n\n{format_trailers(written)}") == [written]
    assert parse_trailers(f"Subject {flat[0]}\n\n{body}") == []
    assert parse_trailers(f"{flat[0]}\n\n{body}\n{format_trailers(written)}") in ([], [written])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fix: a  b\n", "fix: a b"),
        ("a\u202eb\u200bc\x1b[31m", "a b c [31m"),
        ("Promoter-Application: x", "Promoter-Application: x"),
        ("see PROMOTER-App : x", "see PROMOTER\u2011App : x"),
        ("", ""),
    ],
)
def test_flatten(text: str, expected: str) -> None:
    assert flatten(text) == expected


@pytest.mark.parametrize(
    ("message", "found"),
    [
        (
            "Fix\n\nWhy.\n\nPromote: prod\nSigned-off-by: Kim <k@x>",
            [("Promote", "prod"), ("Signed-off-by", "Kim <k@x>")],
        ),
        (
            "Squash (#7)\n\n* One\n\nPromote: prod\n\n* Two\n\nPromoter-Label: hotfix",
            [("Promote", "prod"), ("Promoter-Label", "hotfix")],
        ),
        ("Fix\r\n\r\nPromote:   prod  \r\n", [("Promote", "prod")]),
        ("Promote: prod", []),
        ("Fix\n\nHe said:\nPromote: prod", []),
        ("Fix\n\nPromote: prod\nand so on", []),
        ("Fix\n\n  Promote: prod", []),
    ],
)
def test_trailers_of_anybody(message: str, found: list[tuple[str, str]]) -> None:
    assert all_trailers(message) == found
