from __future__ import annotations

import pytest

from promoter.forge.codeowners import parse_codeowners
from promoter.layout.owners import Line, Owned, owned, owners_text

FILES = [
    "services/payments/base/app.yaml",
    "services/payments/base/kustomization.yaml",
    "services/payments/overlays/prod/kustomization.yaml",
]
PAY, SRE = ("@acme/payments",), ("@acme/sre",)


def lines(text: str) -> list[Line]:
    return [Line(rule.line, rule.owners, rule.matches) for rule in parse_codeowners(text).rules]


TABLE = [
    ("", Owned(())),
    ("services/payments/ @acme/payments", Owned(PAY)),
    ("/services/payments @acme/payments", Owned(PAY)),
    ("/services/payments/** @acme/payments", Owned(PAY)),
    ("payments/ @acme/payments", Owned(PAY)),
    ("/services/*/ @acme/payments", Owned(PAY)),
    ("/services/pay* @acme/payments", Owned(PAY)),
    ("**/payments/** @acme/payments", Owned(PAY)),
    ("* @acme/sre\nservices/payments/ @acme/payments", Owned(PAY)),
    ("services/payments/ @acme/payments\n* @acme/sre", Owned(SRE)),
    ("*.yaml @acme/payments", Owned(PAY)),
    ("services/ @acme/payments @acme/sre", Owned(PAY + SRE)),
    ("services/cart/ @acme/payments", Owned(())),
    ("/payments/ @acme/payments", Owned(())),
    ("services/payments/ @acme/payments\nservices/payments/", Owned(())),
    ("services/payments/ @acme/payments\n!services/payments/base/ @kim", Owned(PAY)),
    ("* @acme/sre\nservices/payments/base/ @acme/payments", Owned(SRE, (2,))),
    ("* @acme/sre\napp.yaml @kim\nservices/payments/ @acme/payments", Owned(PAY)),
    ("services/payments/overlays/prod/ @kim\nbase/ @lin", Owned((), (1, 2))),
]


@pytest.mark.parametrize(("text", "wanted"), TABLE, ids=[text for text, _ in TABLE])
def test_who_owns_what_is_made_of_several_files(text: str, wanted: Owned) -> None:
    assert owned(lines(text), FILES) == wanted


def test_what_is_made_of_nothing_belongs_to_nobody() -> None:
    assert owned(lines("* @kim"), []) == Owned(())


SLOTS = [
    ([], ""),
    ([("payments", ())], ""),
    ([("payments", PAY)], "# first\n/payments/ @acme/payments\n"),
    ([("prod/x", PAY), ("dev/x", SRE)], "# first\n/dev/x/ @acme/sre\n/prod/x/ @acme/payments\n"),
    ([(".github", SRE), ("", PAY)], "# first\n* @acme/payments\n/.github/ @acme/sre\n"),
    ([("a b*?", PAY + SRE)], "# first\n/a\\ b\\*\\?/ @acme/payments @acme/sre\n"),
]  # fmt: skip


@pytest.mark.parametrize(("slots", "text"), SLOTS)
def test_the_text(slots: list[tuple[str, tuple[str, ...]]], text: str) -> None:
    assert owners_text(slots, "# first") == text


def test_the_text_says_so_of_the_files_in_a_slot() -> None:
    text = owners_text([("", PAY), ("a b", SRE), (".github", ("@kim",))], "# first")
    found = parse_codeowners(text)
    assert [found.owners(path) for path in ("x/y.yaml", "a b/c.yaml", ".github/CODEOWNERS")] == [PAY, SRE, ("@kim",)]
