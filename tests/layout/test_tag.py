from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.errors import UsageError
from promoter.layout import tag
from promoter.layout.tag import Pin, Reference

A = "sha256:" + "a" * 64
LONG = "sha512:" + "b" * 128


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("redis", Reference("redis")),
        ("redis:7", Reference("redis", Pin("7"))),
        ("ghcr.io/acme/shop:1.3.9", Reference("ghcr.io/acme/shop", Pin("1.3.9"))),
        (f"ghcr.io/acme/shop@{A}", Reference("ghcr.io/acme/shop", Pin("", A))),
        (f"ghcr.io/acme/shop:1.3.9@{A}", Reference("ghcr.io/acme/shop", Pin("1.3.9", A))),
        ("registry.example:5000/acme/shop", Reference("registry.example:5000/acme/shop")),
        ("registry.example:5000/acme/shop:v1_2-x", Reference("registry.example:5000/acme/shop", Pin("v1_2-x"))),
        ("localhost/shop:1", Reference("localhost/shop", Pin("1"))),
        ("[::1]:5000/shop:1", Reference("[::1]:5000/shop", Pin("1"))),
        (f"a__b/c--d.e:1@{LONG}", Reference("a__b/c--d.e", Pin("1", LONG))),
    ],
)
def test_a_reference_is_read_and_written(text: str, reference: Reference) -> None:
    assert tag.parse_reference(text) == reference
    assert str(reference) == text


@pytest.mark.parametrize(
    "text",
    ["", ":1", "Redis:7", "https://example.com/x", "oci://ghcr.io/a/b", "{{ .Values.image }}:1", "a:1 ", "a b:1", "a:",
     "a@sha256:12", "a@md5:" + "a" * 32,
     "a//b:1", "-a:1", "a:" + "1" * 129, "a:-1", "x" * 300, "a:1@", "a/:1", "a:1\n"],
)  # fmt: skip
def test_what_is_no_reference(text: str) -> None:
    assert tag.parse_reference(text) is None


@pytest.mark.parametrize(
    ("text", "pin"),
    [("1.3.9", Pin("1.3.9")), (f"@{A}", Pin("", A)), (f"1@{A}", Pin("1", A)), ("", None), ("@", None), ("a@b", None)],
)
def test_a_pin_is_read(text: str, pin: Pin | None) -> None:
    assert tag.parse_pin(text) == pin
    if pin is not None:
        assert str(pin) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1.4.2; rm -rf", "';' may not stand in it"),
        ("$(id)", "'$' may not stand in it"),
        ("1\n2", "'\\n' may not stand in it"),
        ("", "it is empty"),
        ("-x", "it may not begin with '-'"),
        ("x" * 129, "it is too long"),
        ("1@sha256:zz", "'sha256:zz' is not a sha256 or sha512 digest"),
    ],
)
def test_a_tag_that_is_none_says_why(text: str, why: str) -> None:
    with pytest.raises(UsageError) as error:
        tag.check_pin(text)
    assert why in error.value.message
    assert "at most 128" in (error.value.hint or "")


def test_what_is_not_one_chart_version_is_refused() -> None:
    assert tag.check_version("6.6.1") == "6.6.1"
    with pytest.raises(UsageError, match="not one exact chart version"):
        tag.check_version(">=1.0")


@pytest.mark.parametrize("text", ["1.2.3", "v1.2.3", "1.2", "1", "0.0.0-rc.1+build.5", "1.0.0-0a-b"])
def test_versions(text: str) -> None:
    assert tag.is_version(text)


@pytest.mark.parametrize(
    "text", ["", "1.x", ">=1", "01.2.3", "1.2.3.4", "1.2.3-", "1.2.3 ", "latest", "1." + "0" * 200]
)
def test_what_is_no_version(text: str) -> None:
    assert not tag.is_version(text)


@pytest.mark.parametrize(
    ("name", "familiar"),
    [
        ("docker.io/library/redis", "redis"),
        ("index.docker.io/acme/shop", "acme/shop"),
        ("library/redis", "redis"),
        ("docker.io/redis", "redis"),
        ("docker.io/library/a/b", "library/a/b"),
        ("ghcr.io/library/redis", "ghcr.io/library/redis"),
    ],
)
def test_docker_hub_has_several_spellings(name: str, familiar: str) -> None:
    assert tag.familiar(name) == familiar


@given(st.text(max_size=40))
def test_what_passes_is_harmless_everywhere(text: str) -> None:
    pin = tag.parse_pin(text)
    if pin is not None:
        assert str(pin) == text
        assert not set(text) & set(" \t\r\n;$`'\"|&<>(){}[]*?!#\\,%")
    reference = tag.parse_reference(text)
    if reference is not None:
        assert str(reference) == text
