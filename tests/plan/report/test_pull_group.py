"""What the pull request of a group says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter.model.names import Oid
from promoter.model.release import ImageChange, SourceCommit
from promoter.model.verdict import Answer, Verdict
from promoter.plan.report.pull import LIMIT, with_people
from promoter.plan.report.pull_group import Part, group_text, shared, some
from promoter.policy.rules import PullRules
from tests.plan.report.test_foreign import NASTY
from tests.plan.report.world import VERDICTS, config, ledger, oid

HEAD = oid(0x77AA01C)
PASSED = Verdict("order", Answer.SUCCESS, "verified in staging")
LATER = Verdict("order", Answer.SUCCESS, "verified in staging, later")
WAITS = Verdict("approvals", Answer.PENDING, "0 of 1 from team:sre")
FAILS = Verdict("drift", Answer.FAILURE, "the slot was changed by hand")


def part(
    name: str = "shop", verdicts: Sequence[Verdict] = VERDICTS, difference: str = "-a\n+b\n", **changes: object
) -> Part:
    """Give one app like any other: r41 on its way to prod-eu, where r39 is."""
    app, book = config().apps["shop"], ledger()
    crowded = replace(book.releases[41], inputs={"prod-eu": {"lib/common": oid(1)}}, **changes)  # type: ignore[arg-type]
    book = replace(book, app=name, releases={**book.releases, 41: crowded})
    return Part(replace(app, name=name), book, 41, tuple(verdicts), difference)


def body(*parts: Part, head: Oid = HEAD, changes: str = "") -> str:
    return group_text(config(), "prod-eu", parts, head=head, changes=changes).body


def test_the_whole_of_it() -> None:
    said = group_text(config(), "prod-eu", [part("cart", difference=""), part("shop")], head=HEAD, changes="lib/common")
    assert said.title == "Promote 2 apps to prod-eu (lib/common 0000d29)"
    assert said.labels == ("promoter", "env/prod-eu")
    image = "`ghcr.io/acme/shop` `1.3.9` → `1.4.2`"
    assert said.body.splitlines()[1:7] == [
        "**2 apps** go to **prod-eu** in one pull request: what `0000d29` changed. "
        "Who is held, or skipped, is left out.",
        "",
        "| app | runs now | this brings | images | |",
        "|---|---|---|---|---|",
        f"| cart | 1.3.9 (r39) | 1.4.2 (r41) | {image} | waits |",
        f"| shop | 1.3.9 (r39) | 1.4.2 (r41) | {image} | waits |",
    ]
    assert "**What is in it**: 3 commits\n" in said.body
    assert "<details><summary><b>shop</b>, manifests: lines +1 -1</summary>" in said.body
    assert "<b>cart</b>, manifests" not in said.body
    assert "### Waits for approvals (1 of 2 from team:sre) and window (until Mon 23 Nov 09:00)" in said.body
    assert "| **waits** | approvals | 1 of 2 from team:sre |" in said.body
    assert "Judged at `77aa01c`." in said.body


@pytest.mark.parametrize(
    ("parts", "changes", "title"),
    [
        ([part("cart")], "lib/common", "Promote cart to prod-eu (lib/common 0000d29)"),
        ([part("cart"), part()], "", "Promote 2 apps to prod-eu (0000d29)"),
        ([part("cart"), part()], "other", "Promote 2 apps to prod-eu (0000d29)"),
        ([part("cart"), part()], "lib", "Promote 2 apps to prod-eu (lib 0000d29)"),
        ([part("cart"), part()], "lib/common/base", "Promote 2 apps to prod-eu (lib/common/base 0000d29)"),
        ([part("cart"), part()], "lib/com", "Promote 2 apps to prod-eu (0000d29)"),
    ],
    ids=["one app", "no one folder", "none of them is made from it", "above it", "below it", "no folder of that name"],
)
def test_the_title_names_the_folder_that_changed_and_reaches_all(parts: list[Part], changes: str, title: str) -> None:
    assert group_text(config(), "prod-eu", parts, changes=changes).title == title


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ([("a", [PASSED, WAITS]), ("b", [PASSED, WAITS])], [PASSED, WAITS]),
        ([("a", [PASSED]), ("b", [LATER])], [replace(PASSED, reason="passed for each app")]),
        ([("a", [PASSED, WAITS]), ("b", [PASSED])], [PASSED, replace(WAITS, reason="a: " + WAITS.reason)]),
        ([("a", [PASSED]), ("b", [PASSED, FAILS])], [PASSED, replace(FAILS, reason="b: " + FAILS.reason)]),
        ([("a", []), ("b", [])], []),
    ],
    ids=["alike", "passed in different ways", "one waits", "one fails", "nothing"],
)
def test_what_all_share_is_said_once(said: list[tuple[str, list[Verdict]]], shown: list[Verdict]) -> None:
    assert list(shared(said)) == shown


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (list("abcdef"), "a, b, c, d, e and f"),
        (list("abcdefg"), "a, b, c, d, e and 2 more"),
    ],
)
def test_names_in_a_sentence(names: list[str], said: str) -> None:
    assert some(names) == said


def test_labels_and_reviewers_are_those_of_the_rules() -> None:
    rules = config().apps["shop"].environments["prod-eu"]
    asked = replace(rules, pull_request=PullRules(("urgent",), ("team:sre",), "environment"))
    one = part()
    app = replace(one.app, environments={**one.app.environments, "prod-eu": asked})
    said = group_text(config(), "prod-eu", [replace(one, app=app)])
    assert (said.labels, said.reviewers) == (("promoter", "env/prod-eu", "urgent"), ("team:sre",))


@settings(max_examples=30, deadline=None)
@given(NASTY, st.integers(1, 60), st.integers(0, 3000))
def test_any_text_of_others_keeps_the_body_whole_and_short(text: str, many: int, lines: int) -> None:
    commits = tuple(SourceCommit(oid(number), text, text * 5) for number in range(many))
    images = tuple(ImageChange(f"{text}{number}", text, f"{number}") for number in range(many))
    verdicts = tuple(Verdict(text or "gate", Answer.PENDING, f"{number} {text * 9}") for number in range(many))
    parts = [
        part(f"app{number}", verdicts, text * lines, commits=commits, images=images, version=text[:20])
        for number in range(many)
    ]
    written = body(*parts, changes=text)
    assert len(written) <= LIMIT
    assert re.findall(r"<!-- .*? -->", written) == [
        "<!-- promoter:what -->", "<!-- /promoter:what -->", "<!-- promoter:waiting -->", "<!-- /promoter:waiting -->",
    ]  # fmt: skip
    assert not re.search(r"@\w|::", written)
    assert with_people(written, written) == written
