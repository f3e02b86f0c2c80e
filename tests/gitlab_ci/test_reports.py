"""What reaches GitLab, whatever the text: sections, variables, reports, the page."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promoter.errors import ConfigInvalid, EdgeFailed, Problem
from promoter.gitlab_ci.artifacts import Artifacts
from promoter.gitlab_ci.dotenv import MOST, dotenv
from promoter.gitlab_ci.junit import Case, cases, junit, trouble
from promoter.gitlab_ci.log import JobLog
from promoter.gitlab_ci.page import page
from promoter.model.plan import State
from promoter.policy.rules import Config
from promoter.run.act import Event
from promoter.run.run import Outcome
from tests.gitlab_ci.pipelines import SECTION, read_dotenv, read_junit
from tests.run.shops import NOW, RENDERED, make_shop

EVIL = st.text() | st.sampled_from(
    [
        "\x1b[0Ksection_end:1:promoter_run\r\x1b[0K",
        "a\nPROMOTER_FAILED=x",
        "]]></failure><testcase name='x'/>",
        "\x00\ufffe\ud800 &lt;",
        "<script>alert(1)</script>",
        "\x1b[31mred\x1b]8;;https://evil.example\x07",
    ]
)


@given(EVIL, EVIL)
def test_only_we_fold_the_log(title: str, line: str) -> None:
    out = io.StringIO(newline="")
    log = JobLog(out, lambda: NOW)
    with log.section("promoter_run", title):
        log.line(line)
    text = out.getvalue()
    found = [(match[1], match[3], match[4]) for match in SECTION.finditer(text)]
    assert found == [("start", "promoter_run", "[collapsed=true]"), ("end", "promoter_run", None)]
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", SECTION.sub("", text))
    assert text.startswith(f"\x1b[0Ksection_start:{int(NOW.timestamp())}:")


def test_a_section_ends_when_something_fails() -> None:
    out = io.StringIO(newline="")
    with pytest.raises(ZeroDivisionError), JobLog(out, lambda: NOW).section("x", "x"):
        _ = 1 // 0
    assert "section_end:" in out.getvalue()


def test_at_a_terminal_nothing_folds() -> None:
    out = io.StringIO()
    with JobLog(out, lambda: NOW, folds=False).section("x", "Title"):
        out.write("inside\n")
    assert out.getvalue() == "Title\ninside\n"


NAMES = ("released", "opened", "merged", "waiting", "failed")


@given(st.dictionaries(st.sampled_from(NAMES), st.lists(EVIL)), EVIL)
def test_variables_are_as_many_as_were_meant(lists: dict[str, list[str]], look: str) -> None:
    given = {name: json.dumps(entries) for name, entries in lists.items()} | {"next-look": f"x{look}"}
    found = read_dotenv(dotenv(given))
    assert list(found) == [f"PROMOTER_{name.upper()}" for name in lists] + ["PROMOTER_NEXT_LOOK"]


def test_plain_outputs_come_as_they_are() -> None:
    given = {"merged": '["shop/dev", "cart/dev"]', "failed": "[]", "next-look": "2026-11-20T14:05:00Z"}
    assert dotenv(given) == (
        "PROMOTER_MERGED=shop/dev,cart/dev\nPROMOTER_FAILED=\nPROMOTER_NEXT_LOOK=2026-11-20T14:05:00Z\n"
    )


def test_what_is_too_long_is_cut_and_says_so() -> None:
    many = [f"app-{number}/production" for number in range(2_000)]
    text = dotenv({"waiting": json.dumps(many), "merged": '["shop/dev"]', "next-look": "2026-11-20T14:05:00Z"})
    found = read_dotenv(text)
    assert MOST // 2 < len(text) < MOST
    *kept, last = found["PROMOTER_WAITING"].split(",")
    assert (kept, last) == (many[: len(kept)], "...")
    assert found["PROMOTER_MERGED"] == "shop/dev"
    assert found["PROMOTER_NEXT_LOOK"] == "2026-11-20T14:05:00Z"


@given(st.lists(st.tuples(EVIL, EVIL, st.sampled_from(["", "failure", "error", "skipped"]), EVIL, EVIL)))
def test_cases_are_as_many_as_were_meant(given: list[tuple[str, str, str, str, str]]) -> None:
    text = junit([Case(*one) for one in given], NOW)
    read_junit(text)
    assert text.count("<testcase ") == len(given)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text)


def test_each_fault_of_a_config_is_a_case_at_its_file() -> None:
    invalid = ConfigInvalid(
        [Problem("promoter.yaml", 3, "soak", "what is that"), Problem("promoter.yaml", 0, "", "no")]
    )
    assert read_junit(junit(trouble(invalid), NOW)) == {
        "promoter.yaml promoter.yaml": "failure: no",
        "promoter.yaml line 3: soak": "failure: what is that",
    }
    assert 'file="promoter.yaml"' in junit(trouble(invalid), NOW)
    assert read_junit(junit(trouble(EdgeFailed("no server", "Try again.")), NOW)) == {
        "promoter run": "error: no server Try again."
    }


class _Outline(HTMLParser):
    """Elements and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {tag, *(f"{tag}.{name}" for name, _ in attrs)}
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Config, Outcome]:
    """A run of a real shop, whose production waits for a person."""
    config = RENDERED.replace("{name: prod, promote: auto}", "{name: prod, promote: auto, gates: {approvals: 1}}")
    shop = make_shop(tmp_path_factory.mktemp("shop"), config)
    return shop.workspace().config, shop.run()


def told(ran: tuple[Config, Outcome], reason: str, url: str = "") -> tuple[Config, Outcome]:
    """Let all that others can write in it say `reason`."""
    config, outcome = ran
    slots = tuple(
        replace(slot, waiting_for=tuple(replace(one, reason=reason, who=(reason,)) for one in slot.waiting_for))
        for slot in outcome.plan.slots
    )
    plan = replace(outcome.plan, slots=slots, problems=(reason,))
    app = outcome.snapshot.apps["shop"]
    seen = {
        name: replace(slot, pulls=tuple(replace(pull, url=url) for pull in slot.pulls))
        for name, slot in app.slots.items()
    }
    snapshot = replace(outcome.snapshot, apps={"shop": replace(app, slots=seen)})
    refused = (Event("shop", "prod", "refused", reason),)
    return config, replace(outcome, plan=plan, refused=refused, snapshot=snapshot)


def outline_of(config: Config, outcome: Outcome) -> _Outline:
    outline = _Outline()
    outline.feed(page(config, outcome.snapshot, outcome.plan, NOW))
    assert outline.open == []
    return outline


def test_the_page_needs_nothing_else(ran: tuple[Config, Outcome]) -> None:
    config, outcome = ran
    text = page(config, outcome.snapshot, outcome.plan, NOW)
    assert '<td class="waiting">waiting</td><td>shop</td><td>prod</td>' in text
    assert "http" not in text
    known = {"html", "html.lang", "head", "meta", "meta.charset", "meta.name", "meta.content", "title", "style", "body"}
    known |= {"h1", "h2", "p", "table", "tr", "th", "td", "td.class", "footer", "small"}
    assert outline_of(config, outcome).found <= known


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(EVIL)
def test_no_reason_becomes_markup(ran: tuple[Config, Outcome], reason: str) -> None:
    whole = outline_of(*told(ran, "x", "https://gitlab.example/7"))
    assert "a.href" in whole.found
    assert outline_of(*told(ran, reason, "https://gitlab.example/7")).found == whole.found
    read_junit(junit(cases(*told(ran, reason), NOW), NOW))


@pytest.mark.parametrize("url", ["javascript:alert(1)", 'https://x" onclick="alert(1)', "data:text/html,x"])
def test_a_link_leads_to_a_web_page_or_nowhere(ran: tuple[Config, Outcome], url: str) -> None:
    found = outline_of(*told(ran, "x", url)).found
    assert ("a.href" in found) is url.startswith("https:")
    assert "a.onclick" not in found


def test_a_slot_is_a_case(ran: tuple[Config, Outcome]) -> None:
    found = read_junit(junit(cases(*told(ran, "why"), NOW), NOW))
    assert found["shop dev 1.0.0"] == "passed"
    assert found["shop prod 1.0.0"].startswith("skipped: waiting · ")
    assert found["shop prod refused"] == "error: why"
    assert found["promoter problem"] == "failure: why"
    config, outcome = ran
    blocked = tuple(replace(slot, state=State.BLOCKED) for slot in outcome.plan.slots)
    broken = replace(outcome, plan=replace(outcome.plan, slots=blocked))
    assert {said[:16] for said in read_junit(junit(cases(config, broken, NOW), NOW)).values()} == {"failure: blocked"}


def test_what_stood_there_before_is_replaced(tmp_path: Path) -> None:
    outside = tmp_path / "secret"
    outside.write_text("theirs")
    folder = tmp_path / "job"
    (folder / "promoter-report").mkdir(parents=True)
    (folder / "promoter-report" / "junit.xml").symlink_to(outside)
    Artifacts(folder).write({"promoter-report/junit.xml": "ours\n"})
    assert outside.read_text() == "theirs"
    assert (folder / "promoter-report" / "junit.xml").read_text() == "ours\n"
    with pytest.raises(EdgeFailed, match="cannot write below"):
        Artifacts(outside).write({"x": ""})
    Artifacts(None).write({"x": ""})
