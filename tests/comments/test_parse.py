"""Which lines of a comment are commands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.comments.parse import LONGEST, MANY, Garbled, Spoken, parse

VERBS = ("explain", "help", "hold", "promote", "resume", "rollback", "status")
SHORT = tuple(verb for verb in VERBS if verb != "promote")


def said(body: str) -> list[tuple[str, ...]]:
    return [(one.verb, *one.words) for one in parse(body, VERBS, SHORT) if isinstance(one, Spoken)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("/promoter hold shop prod", [("hold", "shop", "prod")]),
        ("/hold shop prod", [("hold", "shop", "prod")]),
        ("/promote shop", []),  # not a short form here
        ("/promoter promote r41", [("promote", "r41")]),
        ("/Promoter HOLD", [("hold",)]),
        ("/promoter /hold", [("hold",)]),
        ("   /hold  ", [("hold",)]),
        ('/rollback prod "INC-412: 5xx, again"', [("rollback", "prod", '"INC-412: 5xx, again"')]),
        ("/rollback prod “bad day”", [("rollback", "prod", "“bad day”")]),
        ('/hold "see `kubectl get pods`"', [("hold", '"see `kubectl get pods`"')]),
        ('/hold "*really* __now__"', [("hold", '"*really* __now__"')]),
        ("Looks bad.\n/hold prod\nThanks!", [("hold", "prod")]),
        ("Looks bad.\r\n\r\n/hold prod\r\n", [("hold", "prod")]),
        ("/hold a\n/resume b\n\n/status", [("hold", "a"), ("resume", "b"), ("status",)]),
        ("", []),
        ("/", []),
        ("/ hold", []),
        ("//hold", []),
        ("please /hold prod", []),
        ("> /hold prod", []),
        ("> Kim wrote\n/hold prod", []),  # goes on with the quotation
        ("- /hold prod", []),
        ("1. /hold prod", []),
        ("# /hold prod", []),
        ("    /hold prod", []),
        ("```\n/hold prod\n```", []),
        ("~~~\n/hold prod", []),
        ("`/hold prod`", []),
        ("`code\n/hold prod\n`", []),
        ("<!-- /hold prod -->", []),
        ("<!--\n/hold prod\n-->", []),
        ("words <!--\n/hold prod\n-->", []),
        ("<details>\n/hold prod\n</details>", []),
        ("/hold <b>prod</b>", []),
        ("/hold [prod](https://example.com)", []),
        ("/hold ![x](y)", []),
        ("| a |\n|---|\n| /hold |", []),
        ("/retest", []),
        ("/lgtm\n/hold", [("hold",)]),
        ("/promoterhold", []),
        ("\u200b/hold prod", []),
        ("/hold\u00a0prod", [("hold", "prod")]),
    ],
)
def test_what_is_a_command(body: str, expected: list[tuple[str, ...]]) -> None:
    assert said(body) == expected


@pytest.mark.parametrize(
    ("body", "message", "hint"),
    [
        ("/promoter", "no verb", "I know explain, help, hold, promote, resume, rollback, status."),
        ("/promoter rollbak prod", "rollbak is no verb", "Did you mean rollback?"),
        ("/promoter dance", "dance is no verb", "I know explain, help, hold, promote, resume, rollback, status."),
    ],
)
def test_what_was_meant_for_us_is_answered(body: str, message: str, hint: str) -> None:
    assert parse(body, VERBS, SHORT) == [Garbled(body, message, hint)]


def test_so_many_and_no_more() -> None:
    found = parse("\n".join(["/hold"] * (MANY + 2)), VERBS, SHORT)
    assert len(found) == MANY + 1
    assert isinstance(found[-1], Garbled)
    assert parse("/hold\n" + "x" * LONGEST, VERBS, SHORT) == []


@given(st.text(max_size=400))
def test_any_text_is_read_and_commands_begin_with_a_slash(body: str) -> None:
    assert all(one.line.startswith("/") for one in parse(body, VERBS, SHORT))


QUOTED = st.sampled_from(["> {}", ">> {}", "- {}", "* > {}", "    {}", "```\n{}\n```", "<!--\n{}\n-->", "`{}`", "# {}"])
AROUND = st.text("abc \n", max_size=20)


@given(QUOTED, AROUND, st.sampled_from(["/promoter rollback prod", "/hold shop"]))
def test_what_is_quoted_is_never_a_command(frame: str, before: str, command: str) -> None:
    assert said(f"{before}\n\n{frame.format(command)}") == []


@given(AROUND, AROUND, st.sampled_from(["/promoter rollback prod", "/hold shop"]))
def test_a_paragraph_of_its_own_always_is(before: str, after: str, command: str) -> None:
    words = tuple(command.removeprefix("/promoter ").removeprefix("/").split())
    assert said(f"{before}\n\n{command}\n\n{after}") == [words]
