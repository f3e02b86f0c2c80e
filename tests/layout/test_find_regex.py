from __future__ import annotations

import pytest

from promoter.errors import EditRefused
from promoter.layout.find_regex import compiled, find, replaced
from promoter.layout.place import Kind

REGEX = r'image: "ghcr\.io/acme/shop:([^"]+)"'


def test_one_match_a_file() -> None:
    files = {"a.tpl": b'x\n  image: "ghcr.io/acme/shop:1.3.9"\n', "b.tpl": b"nothing", "c.bin": b"\xff\xfe"}
    (place,) = find(files, REGEX, ("shop",), Kind.IMAGE)
    assert (place.where, place.value, place.path) == ("a.tpl:2", "1.3.9", ())


def test_two_matches_in_one_file_are_refused() -> None:
    with pytest.raises(EditRefused) as error:
        list(find({"a": b"v=1\nv=2\n"}, r"^v=(.+)$", ("x",), Kind.IMAGE))
    assert error.value.message == "a: ^v=(.+)$ matches 2 times (lines 1, 2)"


def test_an_optional_group_that_took_no_part_is_no_match() -> None:
    assert list(find({"a": b"v="}, r"v=(1)?$", ("x",), Kind.IMAGE)) == []


@pytest.mark.parametrize(
    ("regex", "why"), [("(", "not a regular expression"), ("a", "0 groups"), ("(a)(b)", "2 groups")]
)
def test_a_regex_that_cannot_say_where_is_refused(regex: str, why: str) -> None:
    with pytest.raises(EditRefused, match=why):
        compiled(regex)


def test_only_the_group_changes() -> None:
    data = 'é\r\nimage: "ghcr.io/acme/shop:1.3.9" # {{ x }}\r\n'.encode()
    assert replaced("a", data, REGEX, "1.4.0") == data.replace(b"1.3.9", b"1.4.0")


@pytest.mark.parametrize(
    ("data", "regex", "value"), [(b"v=1", r"v=(\d)", "x"), (b"v=1", r"v=(\d)", "12"), (b"", "v=(1)", "2")]
)
def test_a_change_that_would_not_be_found_again_is_refused(data: bytes, regex: str, value: str) -> None:
    with pytest.raises(EditRefused):
        replaced("a", data, regex, value)
