from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter.model.ledger import Asked, How, Kind, Skip, Stay, Target
from promoter.model.release import ImageChange, SourceCommit
from promoter.model.verdict import Answer, Verdict
from promoter.plan.report.foreign import BREAK
from promoter.plan.report.pull import LIMIT, pull_text, with_people
from promoter.policy.rules import After, Live, Newer, OnFailure, Promote, PullRules, Rules, Verify
from tests.plan.report.test_foreign import NASTY
from tests.plan.report.world import LIVE, VERDICTS, at, config, content, ledger, oid

WANTED = f"""\
<!-- promoter:what -->
**shop 1.4.2** (r41) goes to **prod-eu**, which runs 1.3.9 (r39) since 14 Nov.

| | runs now | this brings |
|---|---|---|
| `ghcr.io/acme/shop` | `1.3.9` | `1.4.2` · `sha256:5b0e…5b0e` |
| configuration | `main` at `0000d27` | `main` at `0000d29` |

**Where it has been**

| | merged | live | verified |
|---|---|---|---|
| dev | 19 Nov 15:02 | 15:04 | 15:04 |
| staging | 19 Nov 15:10 | 15:13 | 19:13 · soaked 4 h, e2e passed |
| **prod-eu** | this pull request | | |
| prod-us | after prod-eu | | |

**What is in it**: 3 commits by Kim, Ada and Lin, with r40

- `3f9c2e1` Raise memory limit to 512Mi (Kim)
- `88ab01c` Retry payment on 503, fixes #{BREAK}12 (Ada)
- `1111111` Count @{BREAK}carts (Lin)

<details><summary><b>Manifests</b>: lines +1 -1</summary>

```diff
Deployment prod/shop
-  image: ghcr.io/acme/shop:1.3.9
+  image: ghcr.io/acme/shop:1.4.2
```

</details>
<!-- /promoter:what -->

<!-- promoter:waiting -->
### Waits for approvals (1 of 2 from team:sre) and window (until Mon 23 Nov 09:00)

| | gate | |
|---|---|---|
| passed | order | verified in staging, 19 Nov 19:13 |
| passed | checks/smoke | 12 checks by github-actions |
| **waits** | approvals | 1 of 2 from team:sre |
| **waits** | window | Mon-Thu 09:00-16:00 Europe/Berlin, opens Mon 23 Nov 09:00 |

When all pass, promoter merges this. Then it must be live and healthy within 1 h and stay so for 4 h; else prod-eu is \
held. Judged at `77aa01c`. A newer release takes its place here until a person has approved it.

At a terminal: `promoter explain shop prod-eu`
<!-- /promoter:waiting -->
"""
DIFFERENCE = "Deployment prod/shop\n-  image: ghcr.io/acme/shop:1.3.9\n+  image: ghcr.io/acme/shop:1.4.2\n"


def body(**given: object) -> str:
    """Give the body for prod-eu with some of the arguments changed."""
    rules = config() if "rules" not in given else config(prod_eu=given.pop("rules"))  # type: ignore[arg-type]
    book = given.pop("book", ledger())
    kind = given.pop("kind", Kind.PROMOTION)
    return pull_text(rules, rules.apps["shop"], book, "prod-eu", 41, kind, **given).body  # type: ignore[arg-type]


def test_the_whole_text() -> None:
    text = pull_text(
        config(), config().apps["shop"], ledger(), "prod-eu", 41, Kind.PROMOTION, VERDICTS,
        head=oid(0x77AA01C), difference=DIFFERENCE, dry_branch="main",
    )  # fmt: skip
    assert text.title == "Promote shop 1.4.2 to prod-eu"
    assert text.body == WANTED
    assert text.labels == ("promoter", "env/prod-eu")


def test_a_release_without_version_is_named_by_its_newest_commit() -> None:
    book = ledger()
    book = replace(book, releases={**book.releases, 41: replace(book.releases[41], version="")})
    shop = config().apps["shop"]
    text = pull_text(config(), shop, book, "prod-eu", 41, Kind.PROMOTION)
    assert text.title == "Promote shop r41 to prod-eu: Raise memory limit to 512Mi"
    assert "**shop r41** goes to **prod-eu**" in text.body


def test_a_rollback_says_what_it_takes_away_and_who_asked() -> None:
    book = ledger()
    place = replace(book.place("dev"), target=Target(40, Kind.ROLLBACK, "kim", at(20, 8), "5xx, see #412"))
    book = replace(book, places={**book.places, "dev": place})
    text = pull_text(config(), config().apps["shop"], book, "dev", 40, Kind.ROLLBACK)
    assert text.title == "Roll back shop to 1.4.1 in dev"
    assert text.labels == ("promoter", "env/dev", "rollback")
    assert "**dev** goes back to **shop 1.4.1** (r40), from 1.4.2 (r41). Asked for by kim, 20 Nov 09:00: " in text.body
    assert f'"5xx, see #{BREAK}412"' in text.body
    assert "| `ghcr.io/acme/shop` | `1.4.2` | `1.4.1` " in text.body
    assert "**What it takes away**: 2 commits by Kim and Ada" in text.body
    assert "newer release" not in text.body


def test_the_first_release_of_an_empty_slot() -> None:
    book = replace(ledger(), places={})
    assert "**shop 1.4.2** (r41) goes to **prod-eu**, where nothing runs yet." in body(book=book)


def test_labels_and_reviewers_of_the_config() -> None:
    rules = Rules(After(("staging",)), pull_request=PullRules(("production", "promoter"), ("codeowners",)))
    text = pull_text(config(prod_eu=rules), config(prod_eu=rules).apps["shop"], ledger(), "prod-eu", 41, Kind.PROMOTION)
    assert text.labels == ("promoter", "env/prod-eu", "production")
    assert text.reviewers == ("codeowners",)


@pytest.mark.parametrize(
    ("answers", "promote", "heading"),
    [
        ([Answer.SUCCESS], Promote.AUTO, "### Nothing is missing: promoter merges this"),
        ([Answer.SUCCESS], Promote.REVIEW, "### Waits for a person to merge it"),
        ([], Promote.REQUEST, "### Waits for a person to merge it"),
        ([Answer.PENDING, Answer.SUCCESS], Promote.AUTO, "### Waits for g0 (why 0)"),
        ([Answer.UNKNOWN, Answer.PENDING], Promote.AUTO, "### Waits for g0 (why 0) and g1 (why 1)"),
        ([Answer.PENDING, Answer.FAILURE], Promote.AUTO, "### Blocked by g1 (why 1)"),
    ],
)  # fmt: skip
def test_the_first_line_says_what_is_missing(answers: list[Answer], promote: Promote, heading: str) -> None:
    verdicts = tuple(Verdict(f"g{index}", answer, f"why {index}") for index, answer in enumerate(answers))
    assert heading + "\n" in body(rules=Rules(After(("staging",)), promote=promote), verdicts=verdicts)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (Rules(After()), "When all pass, a person merges this, or asks promoter to."),
        (
            Rules(After(), live=LIVE, verify=Verify(on_failure=OnFailure.ROLLBACK)),
            "; else it goes back to 1.3.9 (r39), once.",
        ),
        (Rules(After(), live=LIVE, verify=Verify(on_failure=OnFailure.CONTINUE)), "live and healthy within 1 h."),
        (Rules(After(), newer=Newer.WAIT), "A newer release waits until this one is done."),
        (Rules(After(), newer=Newer.QUEUE), "Newer releases wait in line."),
    ],
)
def test_what_follows(rules: Rules, said: str) -> None:
    assert said in body(rules=rules)


def test_no_promise_of_health_where_health_is_not_looked_at() -> None:
    for rules in (Rules(After(), live=LIVE, verify=Verify(health=False)), Rules(After(), live=Live("none"))):
        assert "healthy" not in body(rules=rules).partition("promoter:waiting")[2]


def test_asked_for_by_a_person_promoter_merges() -> None:
    book = ledger()
    place = replace(book.place("prod-eu"), asked=Asked(41, "kim", at(20)))
    book = replace(book, places={**book.places, "prod-eu": place})
    assert "promoter merges this" in body(rules=Rules(After()), book=book, verdicts=VERDICTS[:1])


def test_the_journey_shows_what_changed_nothing_and_what_was_skipped() -> None:
    book = ledger()
    staging = replace(book.place("staging"), stay=replace(_stay(41), how=How.UNCHANGED))
    dev = replace(book.place("dev"), stay=_stay(40), skips={41: Skip("lin", at(19), "flaky")})
    text = body(book=replace(book, places={**book.places, "staging": staging, "dev": dev}))
    assert "| staging | unchanged | 18 Nov 13:30 | 19 Nov 19:13 · soaked 4 h, e2e passed |" in text
    assert '| dev | skipped by lin: "flaky" | | |' in text


def _stay(number: int) -> Stay:
    return Stay(number, content(number), oid(1), at(18, 12), How.MERGED, healthy_since=at(18, 12, 30))


@settings(max_examples=30, deadline=None)
@given(NASTY, st.integers(min_value=0, max_value=400), st.integers(min_value=0, max_value=3000))
def test_any_text_of_others_keeps_the_body_whole_and_short(text: str, many: int, lines: int) -> None:
    book = ledger()
    commits = tuple(SourceCommit(oid(number), text, text * 5) for number in range(many))
    images = tuple(ImageChange(f"{text}{number}", text, f"{number}") for number in range(many))
    crowded = replace(book.releases[41], commits=commits, images=images, version=text[:20])
    verdicts = tuple(Verdict(text or "gate", Answer.PENDING, text * 9) for _ in range(many))
    written = body(
        book=replace(book, releases={**book.releases, 41: crowded}), verdicts=verdicts, difference=text * lines
    )
    assert len(written) <= LIMIT
    assert re.findall(r"<!-- .*? -->", written) == [
        "<!-- promoter:what -->", "<!-- /promoter:what -->", "<!-- promoter:waiting -->", "<!-- /promoter:waiting -->",
    ]  # fmt: skip
    assert not re.search(r"@\w|::", written)
    assert with_people(written, written) == written


def test_a_difference_that_does_not_fit_is_cut_and_says_so() -> None:
    written = body(difference="+ a line of the difference\n" * 10_000)
    assert LIMIT - 400 < len(written) <= LIMIT
    assert "+10000 -0</summary>" in written
    assert "… cut here: the whole of it is in this pull request's changes\n```\n" in written


def test_nothing_relative_is_written() -> None:
    assert not re.search(r"\b(ago|in \d+ (h|min|s|days)|today|yesterday|tomorrow|now \()\b", body(verdicts=VERDICTS))


def test_what_people_wrote_stays() -> None:
    new, old = body(verdicts=VERDICTS), body()
    mine = f"Please look at the dashboards.\n\n{old}\nCc the team\n"
    both = with_people(mine, new)
    assert both == f"Please look at the dashboards.\n\n{new}\nCc the team\n"
    assert with_people(both.replace("\n", "\r\n"), new) == both


def test_a_part_that_somebody_removed_comes_back() -> None:
    wanted = body(verdicts=VERDICTS)
    assert with_people("", wanted) == wanted
    assert with_people("Only this.", wanted) == f"Only this.\n\n{wanted}"
    assert with_people(with_people("Only this.", wanted), wanted) == f"Only this.\n\n{wanted}"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (
            "https://github.example/acme/fleet/actions/runs/2",
            "[runs](https://github.example/acme/fleet/actions/runs/2)",
        ),
        ("", "runs"),
        ("javascript:alert(1)", "runs"),
        ("https://x.example/) [other](https://y.example", "runs"),
    ],
)
def test_a_verdict_links_to_where_more_is_seen(url: str, shown: str) -> None:
    text = body(verdicts=(Verdict("jobs/smoke", Answer.PENDING, "runs", url=url),))
    assert f"| **waits** | jobs/smoke | {shown} |" in text
