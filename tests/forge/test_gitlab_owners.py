"""Sections of CODEOWNERS: a path must be owned in each that names it, but for optional ones."""

from __future__ import annotations

import pytest

from promoter.forge.gitlab_owners import owns, parse_sections

FILE = """\
* @root
/shop/ @kim
[Security] @sec
/shop/secret.yaml
/shop/*.key @ada
^[Docs]
/shop/readme.md @docs
[security][2]
/shop/more.yaml @acme/sre
"""


@pytest.mark.parametrize(
    ("user", "groups", "paths", "wanted"),
    [
        ("kim", (), ["shop/app.yaml"], True),
        ("root", (), ["shop/app.yaml"], False),
        ("root", (), ["other"], True),
        ("kim", (), ["shop/secret.yaml"], False),
        ("sec", (), ["shop/secret.yaml"], False),
        ("kim", (), ["shop/readme.md"], True),
        ("docs", (), ["shop/readme.md"], False),
        ("kim", ("acme/sre",), ["shop/more.yaml", "shop/app.yaml"], True),
        ("kim", ("other/sre",), ["shop/more.yaml"], False),
        ("kim", (), [], False),
    ],
)
def test_who_owns(user: str, groups: tuple[str, ...], paths: list[str], wanted: bool) -> None:
    assert owns(parse_sections(FILE), user, groups, paths) is wanted


def test_owners_of_a_section_are_those_of_its_lines_without_any() -> None:
    [first, second] = parse_sections(FILE)
    assert second.owners("shop/secret.yaml") == ("@sec",)
    assert second.owners("shop/a.key") == ("@ada",)
    assert first.owners("shop/secret.yaml") == ("@kim",)


def test_a_file_without_sections_is_one() -> None:
    assert [one.owners("a") for one in parse_sections("* @kim # all\n")] == [("@kim",)]
    assert not owns(parse_sections(""), "kim", (), ["a"])
