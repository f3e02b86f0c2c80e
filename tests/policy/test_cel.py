from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import pytest

from promoter.policy.cel import LONGEST, Misfit, Missing, NotEvaluated, evaluated, names

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
VALUES = {"release": {"number": 41, "version": "1.4.2", "at": AT}, "labels": ["a"], "images": {"x/y": {"tag": "1"}}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("release.number == 41", True),
        ('images["x/y"].tag in ["1", "2"]', True),
        ('labels.exists(one, one == "b")', False),
        ("has(release.digest)", False),
        ('release.version.matches("^1[.]")', True),
        ('release.at < timestamp("2026-11-20T12:00:01Z")', True),
        ('release.at - timestamp("2026-11-19T12:00:00Z") == duration("24h")', True),
        ("size(labels)", 1),
        ("labels.map(one, one + one)", ["aa"]),
        ("// nothing\ntrue", True),
    ],
)
def test_values(text: str, value: object) -> None:
    assert evaluated(text, VALUES) == value


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("release.numbr == 41", Missing, "there is no numbr"),
        ("!(release.numbr == 41)", Missing, "there is no numbr"),
        ('images["b"].tag == "1"', Missing, "there is no b"),
        ("relase.number == 41", Missing, "there is no relase"),
        ("later(3)", Missing, "there is no later"),
        ('release.number > "3"', Misfit, "compares or calls what does not go together; nothing is converted by itself"),
        ('labels[7] == "a"', NotEvaluated, "index out of bounds: 7"),
        ("1 / (release.number - 41) == 1", NotEvaluated, "division by zero in CEL expression"),
        ("9223372036854775807 + release.number > 0", NotEvaluated, "Arithmetic overflow in 'add' on"),
        ('release.version.matches("(")', NotEvaluated, "Function 'matches' error: '(' not a valid regex:"),
    ],
)
def test_what_cannot_be_evaluated_is_neither_true_nor_false(text: str, kind: type[ValueError], words: str) -> None:
    with pytest.raises(kind) as raised:
        evaluated(text, VALUES)
    assert str(raised.value).startswith(words)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("release.number >", "is no expression of CEL, at column 17: Syntax error: mismatched input '<EOF>'"),
        ("true &&\n  && false", "is no expression of CEL, at line 2, column 3: Syntax error: extraneous input '&&'"),
        ("let x = 1", "is no expression of CEL, at column 1: reserved identifier: let"),
        ("a" * (LONGEST + 1), "is longer than 4000 characters"),
    ],
)
def test_what_is_no_expression(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=r"^is ") as raised:
        names(text)
    assert str(raised.value) == words


@pytest.mark.parametrize("deep", ["(" * 900 + "true" + ")" * 900, "[" * 900 + "]" * 900, "!" * 3000 + "x."])
def test_what_is_too_deep_is_refused_and_nothing_falls(deep: str) -> None:
    with pytest.raises(ValueError, match="is no expression of CEL"):
        names(deep)


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("release.number > 3 && labels.all(one, one in images)", {"release", "labels", "images"}),
        ("commits.exists( c , c.author == authors[0])", {"commits", "authors"}),
        ("type(app) == string && int(app) == 1", {"app"}),
        ("true || nothing", {"nothing"}),
    ],
)
def test_the_names_that_it_takes(text: str, taken: set[str]) -> None:
    assert names(text) == taken


def test_the_library_is_not_imported_before_it_is_needed() -> None:
    code = "import sys, promoter.policy.load as load; print('cel' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
