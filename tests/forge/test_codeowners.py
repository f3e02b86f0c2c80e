"""CODEOWNERS: tables of pattern and path, and of whole files."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter.forge.codeowners import parse_codeowners


@pytest.mark.parametrize(
    ("pattern", "path", "is_owned"),
    [
        ("*", "a", True),
        ("*", "a/b/c.yaml", True),
        ("*.js", "a.js", True),
        ("*.js", "src/deep/a.js", True),
        ("*.js", "a.json", False),
        ("/build/logs/", "build/logs/a.log", True),
        ("/build/logs/", "build/logs/x/y.log", True),
        ("/build/logs/", "sub/build/logs/a.log", False),
        ("/build/logs/", "build/logs", False),
        ("docs/*", "docs/getting-started.md", True),
        ("docs/*", "docs/build-app/troubleshooting.md", False),
        ("docs/*", "x/docs/a.md", False),
        ("apps/", "apps/a", True),
        ("apps/", "x/apps/y/z", True),
        ("apps/", "x/apps", False),
        ("/docs/", "docs/a", True),
        ("/docs/", "x/docs/a", False),
        ("/apps/github", "apps/github", True),
        ("/apps/github", "apps/github/a", True),
        ("/apps/github", "apps/github-x/a", False),
        ("apps/github", "x/apps/github", False),
        ("**/logs", "logs", True),
        ("**/logs", "build/logs/a", True),
        ("**/logs", "deeply/nested/logs/a/b", True),
        ("**/logs", "build/logs-x", False),
        ("a/**", "a/b/c", True),
        ("a/**/z", "a/z", True),
        ("a/**/z", "a/b/c/z", True),
        ("a/**/z", "b/a/z", False),
        ("/*", "a", True),
        ("/*", "a/b", False),
        ("shop", "shop/app.yaml", True),
        ("shop", "x/shop", True),
        ("shop", "shopping", False),
        ("ap?.yaml", "app.yaml", True),
        ("ap?.yaml", "appp.yaml", False),
        ("a*b*c", "aXbYc", True),
        ("a*b*c", "aXbY", False),
        ("/a.b", "aXb", False),
        ("With\\ space/", "With space/a", True),
        ("ünï/", "ünï/a", True),
        ("Shop/", "shop/a", False),
        ("/", "a", False),
    ],
)
def test_patterns(pattern: str, path: str, is_owned: bool) -> None:
    assert parse_codeowners(f"{pattern} @kim\n").owners(path) == (("@kim",) if is_owned else ())


FILE = """\
# Who answers for what
* @acme/all   # everything

/shop/         @kim @acme/sre kim@example.com
/shop/docs/
*.md @Ada
[GitLab section] @lin
^[Optional] @lin
!/shop/x @lin
"""


@pytest.mark.parametrize(
    ("path", "owners"),
    [
        ("README", ("@acme/all",)),
        ("shop/app.yaml", ("@kim", "@acme/sre", "kim@example.com")),
        ("shop/docs/index.html", ()),
        ("shop/docs/index.md", ("@Ada",)),
        ("shop/x", ("@kim", "@acme/sre", "kim@example.com")),
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_the_last_line_that_matches_counts(path: str, owners: tuple[str, ...], ending: str) -> None:
    assert parse_codeowners(FILE.replace("\n", ending)).owners(path) == owners


def test_the_line_that_counts_is_named() -> None:
    rule = parse_codeowners(FILE).rule("shop/docs/index.html")
    assert rule is not None
    assert (rule.line, rule.owners) == (5, ())
    assert parse_codeowners("/a @kim").rule("b") is None


@pytest.mark.parametrize(
    ("user", "teams", "paths", "is_owner"),
    [
        ("kim", [], ["shop/a"], True),
        ("KIM", [], ["shop/a"], True),
        ("ada", [], ["shop/a.md"], True),
        ("lin", [], ["shop/a"], False),
        ("lin", ["SRE"], ["shop/a"], True),
        ("lin", ["re"], ["shop/a"], False),
        ("lin", ["kim"], ["shop/a"], False),
        ("kim", [], ["shop/a", "README"], False),
        ("kim", ["all"], ["shop/a", "README"], True),
        ("kim", [], ["shop/a", "shop/docs/x.html"], True),
        ("kim", [], ["shop/docs/x.html"], False),
        ("kim", [], [], False),
        ("kim@example.com", [], ["shop/a"], False),
    ],
)
def test_an_owner_owns_all_that_is_owned(user: str, teams: list[str], paths: list[str], is_owner: bool) -> None:
    assert parse_codeowners(FILE).owns(user, teams, paths) is is_owner


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing", "\\", "[x", "/ @kim"])
def test_a_file_without_rules_owns_nothing(text: str) -> None:
    assert parse_codeowners(text).rules == ()


@settings(deadline=None)
@given(st.text(), st.text(min_size=1))
def test_any_text_can_be_read(text: str, path: str) -> None:
    for rule in parse_codeowners(text).rules:
        assert isinstance(rule.matches(path), bool)


def test_a_hostile_pattern_takes_no_time() -> None:
    file = parse_codeowners("a*" * 500 + "b @kim\n" + "**/a/" * 500 + "b @kim\n")
    begin = time.perf_counter()
    assert file.owners("a" * 2000) == ()
    assert file.owners("/".join(["a"] * 1000)) == ()
    assert time.perf_counter() - begin < 5
