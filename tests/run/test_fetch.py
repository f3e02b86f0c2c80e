"""One request to a real server: what is an answer, and what is none."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from promoter.run.fetch import MOST_BYTES, Call, NotFetched, fetch
from tests.web import Site, say, serving


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as found:
        yield found


@pytest.mark.parametrize("status", [200, 204, 401, 404, 500])
def test_every_status_is_an_answer(site: Site, status: int) -> None:
    site.answer = lambda handler: say(handler, b"" if status == 204 else b"text", status, X_Kind="test")
    answer = fetch(Call(f"{site.url}/a?b=c"), 5)
    assert (answer.status, answer.headers["x-kind"]) == (status, "test")
    assert answer.body == (b"" if status == 204 else b"text")
    (asked,) = site.asked
    assert (asked.method, asked.path, asked.headers["User-Agent"]) == ("GET", "/a?b=c", "promoter")


def test_a_method_headers_and_a_body(site: Site) -> None:
    fetch(Call(site.url, "POST", {"Authorization": "Bearer x"}, b'{"a": 1}'), 5)
    (asked,) = site.asked
    assert (asked.method, asked.path, asked.body) == ("POST", "/", b'{"a": 1}')
    assert asked.headers["Authorization"] == "Bearer x"


def test_a_redirect_is_not_followed(site: Site) -> None:
    with serving() as other:
        site.answer = lambda handler: say(handler, b"", 302, Location=f"{other.url}/stolen")
        answer = fetch(Call(site.url, headers={"Authorization": "Bearer x"}), 5)
        assert (answer.status, len(site.asked), other.asked) == (302, 1, [])


def test_a_huge_answer(site: Site) -> None:
    site.answer = lambda handler: say(handler, b"x" * MOST_BYTES)
    assert len(fetch(Call(site.url), 10).body) == MOST_BYTES
    site.answer = lambda handler: say(handler, b"x" * (MOST_BYTES + 1))
    assert refusal(site) == f"{site.host} answers with more than {MOST_BYTES} bytes"


def test_an_answer_that_is_broken_off(site: Site) -> None:
    site.answer = lambda handler: say(handler, b"half", Content_Length="8")
    assert refusal(site) in (f"{site.host} breaks off its answer", f"{site.host} cannot be asked: IncompleteRead")


@pytest.mark.parametrize("part", ["nothing", "drops"])
def test_no_answer_in_time(site: Site, part: str) -> None:
    over = threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if part == "drops":  # each comes in time, all of them do not
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
            while not over.wait(0.1):
                handler.wfile.write(b"x")
                handler.wfile.flush()
        over.wait(5)

    site.answer = answer
    begun = time.monotonic()
    assert refusal(site, 0.5) == f"{site.host} does not answer within 0.5 s"
    assert time.monotonic() - begun < 3
    over.set()


def test_nobody_is_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(NotFetched) as raised:
        fetch(Call(f"http://127.0.0.1:{port}/secret?token=x"), 5)
    assert raised.value.message == f"127.0.0.1:{port} cannot be asked: Connection refused"


def test_tls_with_somebody_who_speaks_none(site: Site) -> None:
    with pytest.raises(NotFetched) as raised:
        fetch(Call(site.url.replace("http:", "https:")), 5)
    assert raised.value.message.startswith(f"{site.host}: no TLS connection could be made (")


def refusal(site: Site, seconds: float = 10) -> str:
    with pytest.raises(NotFetched) as raised:
        fetch(Call(f"{site.url}/path?query", headers={"Authorization": "Bearer s3cret"}), seconds)
    assert "s3cret" not in str(raised.value)
    return raised.value.message
