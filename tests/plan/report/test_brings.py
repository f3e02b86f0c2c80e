from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from promoter.model.ledger import Ledger
from promoter.model.release import ImageChange
from promoter.plan.report.brings import brings
from tests.plan.report.world import IMAGE, at, ledger, release


def moves(*tags: dict[str, str]) -> Ledger:
    """Give a ledger whose release n moves the given images to the given tags."""
    releases = {}
    state: dict[str, str] = {}
    for number, moved in enumerate(tags, 1):
        images = tuple(ImageChange(name, state.get(name, "0"), new) for name, new in moved.items())
        state |= moved
        releases[number] = replace(release(number, f"v{number}", "", at(number)), images=images)
    return Ledger("shop", releases=releases)


def states(book: Ledger, active: int | None, number: int) -> dict[str, tuple[str, str]]:
    return {image.name: (image.old, image.new) for image in brings(book, active, number).images}


def test_releases_between_come_along() -> None:
    found = brings(ledger(), 39, 41)
    assert [(image.name, image.old, image.new) for image in found.images] == [(IMAGE, "1.3.9", "1.4.2")]
    assert [commit.subject for commit in found.commits][-1] == "Count @carts"
    assert found.between == (40,)


def test_an_image_that_only_an_earlier_release_moved() -> None:
    book = moves({"a": "1", "b": "1"}, {"b": "2"}, {"a": "2"})
    assert states(book, 1, 3) == {"a": ("1", "2"), "b": ("1", "2")}
    assert states(book, 2, 3) == {"a": ("1", "2")}


def test_a_rollback_takes_away_what_came() -> None:
    book = moves({"a": "1", "b": "1"}, {"b": "2"}, {"a": "2"})
    assert states(book, 3, 1) == {"a": ("2", "1"), "b": ("2", "1")}


def test_an_image_that_came_and_went_back_is_no_change() -> None:
    assert states(moves({"a": "1"}, {"a": "2"}, {"a": "1"}), 1, 3) == {}


def test_where_nothing_runs_all_of_the_release_counts() -> None:
    assert states(moves({"a": "1"}, {"b": "1"}), None, 2) == {"b": ("0", "1")}


TAGS = st.lists(st.dictionaries(st.sampled_from("abc"), st.sampled_from("123"), max_size=2), min_size=2, max_size=6)


@given(TAGS, st.data())
def test_there_and_back_is_nothing(tags: list[dict[str, str]], data: st.DataObject) -> None:
    book = moves(*tags)
    numbers = st.integers(min_value=1, max_value=len(tags))
    one, two = data.draw(numbers), data.draw(numbers)
    there = {image.name: (image.old, image.new) for image in brings(book, one, two).images}
    back = {image.name: (image.new, image.old) for image in brings(book, two, one).images}
    assert there == back
