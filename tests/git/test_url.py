from __future__ import annotations

import pytest

from promoter.errors import EdgeFailed
from promoter.git.url import Address, is_url, mask, split_secret


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("https://github.com/acme/config", True),
        ("http://localhost:8080/x.git", True),
        ("ssh://git@host/x.git", True),
        ("file:///srv/config.git", True),
        ("git@github.com:acme/config.git", True),
        ("host:config.git", True),
        (".", False),
        ("../config.git", False),
        ("/srv/config.git", False),
        ("./odd:name", False),
        ("C:\\repos\\config", False),
        ("C:/repos/config", False),
        ("config", False),
    ],
)
def test_urls_and_paths(where: str, expected: bool) -> None:
    assert is_url(where) is expected


@pytest.mark.parametrize(
    ("url", "expected", "origin"),
    [
        ("https://h/x.git", Address("https://h/x.git"), "https://h"),
        ("https://kim:s%40crt@h:8443/x.git", Address("https://h:8443/x.git", "kim", "s@crt"), "https://h:8443"),
        ("https://ghp_1234@h/x", Address("https://h/x", "x-access-token", "ghp_1234"), "https://h"),
        ("ssh://git@h/x.git", Address("ssh://git@h/x.git"), ""),
        ("git@h:x.git", Address("git@h:x.git"), ""),
        ("file:///x@y.git", Address("file:///x@y.git"), ""),
    ],
)
def test_passwords_are_taken_out(url: str, expected: Address, origin: str) -> None:
    found = split_secret(url)
    assert found == expected
    assert found.origin == origin
    assert not found.password or found.password not in repr(found)


def test_what_only_looks_like_a_url() -> None:
    with pytest.raises(EdgeFailed, match="is not a URL") as failed:
        split_secret("https://kim:hunter2@[half/x.git")
    assert "hunter2" not in str(failed.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://kim:secret@h/x.git", "https://***@h/x.git"),
        ("fatal: unable to access 'https://token@h/x/': no", "fatal: unable to access 'https://***@h/x/': no"),
        ("https://a:p@ss@h/x and http://b:c@i", "https://***@h/x and http://***@i"),
        ("mail kim@example.com, see https://h/@kim", "mail kim@example.com, see https://h/@kim"),
    ],
)
def test_nothing_secret_is_shown(text: str, expected: str) -> None:
    assert mask(text) == expected
