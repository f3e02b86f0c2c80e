"""Options in comments, spelled as at a terminal."""

from __future__ import annotations

import pytest

from promoter.comments.options import Options, take_options
from promoter.errors import UsageError
from promoter.plan.back import Reach


@pytest.mark.parametrize(
    ("line", "rest", "options"),
    [
        ("prod r39", ("prod", "r39"), Options()),
        ("--until 4h prod", ("prod",), Options("4h")),
        ("staging --and-after", ("staging",), Options(None, Reach(and_after=True))),
        ("prod --to 4f1c9d2", ("prod",), Options(None, Reach(to="4f1c9d2"))),
        ("--all --until 2h", (), Options("2h", Reach(everything=True))),
    ],
)
def test_options_are_taken_out_of_the_words(line: str, rest: tuple[str, ...], options: Options) -> None:
    assert take_options(line.split()) == (rest, options)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("prod --until", "--until what?"),
        ("prod --to", "--to what?"),
        ("--all --all", "--all was said twice"),
        ("--to 4f1c9d2 --to 4f1c9d3", "--to was said twice"),
    ],
)
def test_what_means_nothing(line: str, sentence: str) -> None:
    with pytest.raises(UsageError) as refusal:
        take_options(line.split())
    assert refusal.value.message == sentence
