"""One answer for many: only all successes are a success."""

from __future__ import annotations

from itertools import permutations

import pytest

from promoter.model.verdict import Answer, Verdict, worst

OK, WAIT, NO, WHAT = Answer.SUCCESS, Answer.PENDING, Answer.FAILURE, Answer.UNKNOWN


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ((), OK),
        ((OK, OK), OK),
        ((OK, WAIT), WAIT),
        ((OK, WAIT, WHAT), WHAT),
        ((OK, WAIT, WHAT, NO), NO),
        ((OK, WHAT), WHAT),
        ((WAIT, NO), NO),
    ],
)
def test_the_worst_speaks(answers: tuple[Answer, ...], expected: Answer) -> None:
    for order in permutations(answers):
        assert worst(Verdict("gate", answer, "") for answer in order) is expected


@pytest.mark.parametrize(("answer", "passed"), [(OK, True), (WAIT, False), (NO, False), (WHAT, False)])
def test_only_success_passes(answer: Answer, passed: bool) -> None:
    assert Verdict("gate", answer, "").passed is passed
