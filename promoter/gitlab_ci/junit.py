"""How things stand as a JUnit report, which GitLab shows beside the pipeline: a slot is a test case.

Source: "Unit test reports", and the elements that GitLab reads: `testsuite`, `testcase` with `classname`, `name` and
`file`, in it `failure`, `error` or `skipped`. What failed or is blocked is a failure, what waits was skipped; what was
refused, and what kept the run from looking at all, is an error.

Invariant: whatever a text holds, the report is well-formed XML 1.0 with exactly the elements that were meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from promoter.errors import ConfigInvalid, PromoterError
from promoter.model.plan import State
from promoter.model.state import stamp
from promoter.plan.report.advice import people
from promoter.plan.report.fleet import waits
from promoter.plan.report.foreign import plain
from promoter.plan.report.moment import times
from promoter.plan.report.view import View, views
from promoter.policy.rules import Config
from promoter.run.run import Outcome

_BAD: Final = frozenset({State.FAILED, State.BLOCKED})
_NO_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write (section 2.2)."""


@dataclass(frozen=True, slots=True)
class Case:
    """One test case."""

    group: str
    name: str
    result: str = ""
    """`failure`, `error`, `skipped`; empty: it passed."""
    message: str = ""
    file: str = ""


def cases(config: Config, outcome: Outcome, now: datetime) -> Iterator[Case]:
    """Give a case for every slot, and one for everything that was refused."""
    at = times(config.timezone, now)
    for view in views(config, outcome.snapshot, outcome.plan):
        state = view.plan.state
        result = "failure" if state in _BAD else "" if state is State.CURRENT else "skipped"
        said = " · ".join(filter(None, (state.value, waits(view, at), people(view)))) if result else ""
        yield Case(view.app, _name(view), result, said)
    for event in outcome.refused:
        yield Case(event.app or "promoter", f"{event.environment} refused".strip(), "error", event.text)
    for problem in outcome.plan.problems:
        yield Case("promoter", "problem", "failure", problem)


def trouble(error: PromoterError) -> Iterator[Case]:
    """Give a case for each thing that kept a run from being one."""
    if isinstance(error, ConfigInvalid):
        for one in error.problems:
            where = f"line {one.line}: {one.key}" if one.line else one.key or one.file
            yield Case(one.file, where, "failure", one.message, one.file)
    else:
        yield Case("promoter", "run", "error", str(error))


def junit(found: Iterable[Case], now: datetime) -> str:
    """Give the report."""
    listed = list(found)
    count = {result: sum(case.result == result for case in listed) for result in ("failure", "error", "skipped")}
    numbers = {
        "tests": str(len(listed)),
        "failures": str(count["failure"]),
        "errors": str(count["error"]),
        "skipped": str(count["skipped"]),
    }
    suites = Element("testsuites", {"name": "promoter", **numbers})
    suite = SubElement(suites, "testsuite", {"name": "promoter", "timestamp": stamp(now), **numbers})
    for case in listed:
        given = {"classname": _safe(case.group), "name": _safe(case.name), "time": "0"}
        element = SubElement(suite, "testcase", {**given, **({"file": _safe(case.file)} if case.file else {})})
        if case.result:
            said = _safe(case.message)
            SubElement(element, case.result, {"message": said}).text = said
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(suites, encoding="unicode")}\n'


def _name(view: View) -> str:
    number = view.plan.target or (view.place.stay.release if view.place.stay is not None else None)
    return f"{view.environment} {view.label(number)}" if number is not None else view.environment


def _safe(text: str) -> str:
    return _NO_XML.sub("", plain(text, 1000))
