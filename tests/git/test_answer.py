from __future__ import annotations

import pytest

from promoter.errors import EdgeFailed, Rejected
from promoter.git.answer import RefAnswer, explain, is_race, is_transient, last_lines, parse_push, server_words


def test_the_lines_of_a_push() -> None:
    output = (
        "To https://h/x.git\n"
        " \tabc:refs/heads/main\t0123456..89abcde\n"
        "+\tabc:refs/heads/next\t0123456...89abcde (forced update)\n"
        "*\tabc:refs/heads/new\t[new branch]\n"
        "-\t:refs/heads/old\t[deleted]\n"
        "=\tabc:refs/heads/same\t[up to date]\n"
        "!\tabc:refs/heads/a\t[rejected] (stale info)\n"
        "!\tabc:refs/heads/b\t[remote rejected] (protected branch hook declined)\n"
        "Done\n"
    )
    answers = parse_push(output)
    assert [answer.flag for answer in answers] == [" ", "+", "*", "-", "=", "!", "!"]
    assert [answer.ref for answer in answers][:4] == [
        "refs/heads/main",
        "refs/heads/next",
        "refs/heads/new",
        "refs/heads/old",
    ]
    assert [answer.rejected for answer in answers] == [False] * 5 + [True] * 2
    assert [answer.is_stale for answer in answers] == [False] * 5 + [True, False]
    assert answers[-1] == RefAnswer("!", "refs/heads/b", "[remote rejected] (protected branch hook declined)")
    assert parse_push("") == parse_push("Everything up-to-date\n") == []


WORDS = [
    ("fatal: unable to access 'https://h/': Could not resolve host: h", True, EdgeFailed, None),
    (
        "ssh: connect to host h port 22: Connection refused\nfatal: Could not read from remote repository.",
        True,
        EdgeFailed,
        None,
    ),
    ("error: RPC failed; HTTP 502 curl 22 The requested URL returned error: 502", True, EdgeFailed, None),
    ("fatal: the remote end hung up unexpectedly", True, EdgeFailed, None),
    ("fatal: Authentication failed for 'https://h/'", False, Rejected, "credential"),
    ("fatal: could not read Username for 'https://h': terminal prompts disabled", False, Rejected, "credential"),
    (
        "git@h: Permission denied (publickey).\nfatal: the remote end hung up unexpectedly",
        False,
        Rejected,
        "credential",
    ),
    (
        "remote: Permission to a/x.git denied to kim.\nfatal: The requested URL returned error: 403",
        False,
        Rejected,
        "credential",
    ),
    ("remote: Repository not found.\nfatal: repository 'https://h/x/' not found", False, EdgeFailed, "address"),
    ("fatal: '/x' does not appear to be a git repository", False, EdgeFailed, "address"),
    ("fatal: remote error: upload-pack: not our ref 1111", False, EdgeFailed, "not there"),
    ("error: Server does not allow request for unadvertised object 1111", False, EdgeFailed, "not there"),
    ("fatal: couldn't find remote ref refs/heads/x", False, EdgeFailed, "not there"),
    ("fatal: mismatched algorithms: client sha1; server sha256", False, EdgeFailed, "SHA-1"),
    ("fatal: something new", False, EdgeFailed, None),
    ("", False, EdgeFailed, None),
]


@pytest.mark.parametrize(
    ("words", "transient", "kind", "hint"), WORDS, ids=[words[:40] or "nothing" for words, *_ in WORDS]
)
def test_what_words_mean(words: str, transient: bool, kind: type[EdgeFailed], hint: str | None) -> None:
    error = explain("cannot list from h", words)
    assert is_transient(words) is transient
    assert type(error) is kind
    assert error.message.startswith("cannot list from h: ")
    assert (error.hint is None) is (hint is None)
    assert hint is None or hint in str(error.hint)


def test_a_race_on_the_server() -> None:
    assert is_race(
        "remote: error: cannot lock ref 'refs/heads/a': Unable to create '/x/refs/heads/a.lock': File exists."
    )
    assert is_race(f"cannot lock ref 'refs/heads/a': is at {'a' * 40} but expected {'b' * 40}")
    assert is_race("cannot lock ref 'refs/heads/a': reference already exists")
    assert not is_race("cannot lock ref 'refs/heads/a/b': 'refs/heads/a' exists; cannot create 'refs/heads/a/b'")


def test_words_of_a_server_are_one_harmless_line() -> None:
    words = "remote: \nremote: GH006: Protected branch.  \nTo h\nremote: \x1b[31mNo\x07\n"
    assert server_words(words) == "GH006: Protected branch.; ?[31mNo?"
    assert last_lines("a\n\n b \r\n") == "a; b"
    assert len(last_lines("x" * 2000)) == 500
