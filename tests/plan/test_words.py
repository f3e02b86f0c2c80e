from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.errors import UsageError
from promoter.plan.words import Words, sort_words, split_line
from tests.plan.report.world import ledger

APPS = ("shop", "cart")
ENVIRONMENTS = ("dev", "staging", "prod-eu", "prod-us")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["shop", "prod-eu"], Words(("shop",), ("prod-eu",))),
        (["prod-eu", "shop", "r41"], Words(("shop",), ("prod-eu",), release=41)),
        (["R41"], Words(release=41)),
        (["1.4.2", "shop"], Words(("shop",), version="1.4.2")),
        (["v1.10", "prod-us", "prod-eu"], Words((), ("prod-us", "prod-eu"), version="v1.10")),
        (["dev", "dev"], Words((), ("dev",))),
        (["shop", "INC-412 5xx"], Words(("shop",), reason="INC-412 5xx")),
        (["shop", '"INC-412"'], Words(("shop",), reason="INC-412")),
        (["\u201cbad day\u201d"], Words(reason="bad day")),
        ([], Words()),
    ],
)
def test_words_are_known_by_what_they_are(words: list[str], found: Words) -> None:
    assert sort_words(words, APPS, ENVIRONMENTS) == found


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["shp"], "shp is not an app or environment here; did you mean shop?"),
        (["prod_eu"], "prod_eu is not an app or environment here; did you mean prod-eu?"),
        (["everywhere"], "everywhere is not an app, an environment, a release (r41) or a version"),
        (["1.2;rm"], "1.2;rm is not an app, an environment, a release (r41) or a version"),
        (["r41", "1.4.2"], "one release is meant, not r41, 1.4.2"),
        (["a b", "c d"], "two reasons were given"),
    ],
)
def test_what_is_refused(words: list[str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        sort_words(words, APPS, ENVIRONMENTS)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["window", "shop", "prod-eu", "a fix"], Words(("shop",), ("prod-eu",), reason="a fix", gate="window")),
        (["checks/e2e", "r41"], Words(release=41, gate="checks/e2e")),
        (["windows1"], Words(version="windows1")),
        (["shop"], Words(("shop",))),
    ],
)
def test_a_gate_where_one_may_be_named(words: list[str], found: Words) -> None:
    assert sort_words(words, APPS, ENVIRONMENTS, ["window", "checks", "shop"]) == found


def test_one_gate_at_a_time_and_none_where_none_is_meant() -> None:
    with pytest.raises(UsageError, match="one gate is meant, not window, checks"):
        sort_words(["window", "checks"], APPS, ENVIRONMENTS, ["window", "checks"])
    with pytest.raises(UsageError, match="window is not an app"):
        sort_words(["window"], APPS, ENVIRONMENTS)


@given(st.permutations(["shop", "prod-eu", "prod-us", "r41", '"a reason"']))
def test_the_order_does_not_matter(words: list[str]) -> None:
    found = sort_words(words, APPS, ENVIRONMENTS)
    assert (found.apps, set(found.environments), found.release) == (("shop",), {"prod-eu", "prod-us"}, 41)
    assert found.reason == "a reason"


@given(st.lists(st.text(max_size=12), max_size=5))
def test_any_words_are_understood_or_refused(words: list[str]) -> None:
    try:
        found = sort_words(words, APPS, ENVIRONMENTS)
    except UsageError:
        return
    assert set(found.apps) <= set(APPS)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("shop prod-eu r41", ("shop", "prod-eu", "r41")),
        ('hold shop "INC-412 5xx"', ("hold", "shop", '"INC-412 5xx"')),
        ("skip \u201call of it\u201d", ("skip", "\u201call of it\u201d")),
        ('"open', ('"open',)),
        ("  ", ()),
    ],
)
def test_lines_are_split(line: str, words: tuple[str, ...]) -> None:
    assert split_line(line) == words


def test_a_version_is_the_newest_release_that_carries_it() -> None:
    book = ledger()
    assert Words(version="1.4.1").number(book) == 40
    assert Words(release=39).number(book) == 39
    assert Words().number(book) is None


@pytest.mark.parametrize("words", [Words(release=7), Words(version="9.9.9")])
def test_an_unknown_release_names_the_newest(words: Words) -> None:
    with pytest.raises(UsageError) as caught:
        words.number(ledger())
    assert caught.value.hint == "the newest are r41 (1.4.2), r40 (1.4.1), r39 (1.3.9)"


def test_the_only_app_need_not_be_named() -> None:
    assert Words().one_app(["shop"]) == "shop"
    for words in (Words(), Words(apps=APPS)):
        with pytest.raises(UsageError):
            words.one_app(APPS)


def test_environments_keep_their_order() -> None:
    for order in itertools.permutations(("dev", "staging", "prod-eu")):
        assert sort_words(order, APPS, ENVIRONMENTS).environments == order
