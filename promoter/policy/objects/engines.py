"""Programs that judge objects by policies in languages of their own, and what their reports mean.

Invariant: a report counts only when it is about all that was handed over and at least one rule was tried; anything else
is an error, never a success.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from promoter.model.ask import Reply
from promoter.model.verdict import Answer
from promoter.policy.objects.judge import first_of

_LONGEST = 200
"""Signs of one message."""


@dataclass(frozen=True, slots=True)
class Conftest:
    """Policies in Rego for conftest."""

    program: ClassVar[str] = "conftest"
    policy: tuple[str, ...]
    """Files or folders."""
    data: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ("main",)
    """The packages whose rules count."""


@dataclass(frozen=True, slots=True)
class _Said:
    wrong: bool
    words: str


def conftest_report(report: bytes, names: Mapping[str, str], wanted: Conftest) -> Reply:
    """Give what the JSON that conftest printed means; `names`: file -> the object in it.

    The form is that of conftest's `--output json`. Raises ValueError when it is another one, or not about every file.
    """
    try:
        results = json.loads(report)
        tried = {(one["filename"], one["namespace"]): _tried(one) for one in results}
        # conftest tells of the files in any order.
        ordered = sorted(results, key=lambda one: (one["filename"], one["namespace"]))
        said = [one for result in ordered for one in _conftest_said(result, names[result["filename"]])]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise ValueError("printed something that is no report") from None
    missing = {(file, space) for file in names for space in wanted.namespaces} - tried.keys()
    if missing:
        raise ValueError(f"says nothing of {sorted({names[file] for file, _ in missing})[0]}")
    for space in wanted.namespaces:
        if not any(tried[file, space] for file in names):
            raise ValueError(f"tried no rule of the package {space}; name the packages of the policies in namespaces")
    return _reply(said, sum(tried.values()))


def _tried(result: Mapping[str, Any]) -> int:
    """How many rules were tried."""
    return int(result.get("successes", 0)) + sum(
        len(result.get(key) or ()) for key in ("failures", "warnings", "exceptions")
    )


def _conftest_said(result: Mapping[str, Any], name: str) -> Iterator[_Said]:
    for key in ("failures", "warnings"):
        for one in result.get(key) or ():
            yield _Said(key == "failures", f"{name}: {_line(one['msg'])}")


def _reply(said: Sequence[_Said], tried: int) -> Reply:
    wrong = [one.words for one in said if one.wrong]
    if wrong:
        return Reply(Answer.FAILURE, first_of(wrong))
    warnings = [one.words for one in said]
    count = "1 rule tried" if tried == 1 else f"{tried} rules tried"
    return Reply(Answer.SUCCESS, f"{count}; warning: {first_of(warnings)}" if warnings else count)


def _line(message: object) -> str:
    line = " ".join(str(message).split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."
