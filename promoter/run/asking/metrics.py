"""Asking Prometheus, by its HTTP API, version 1: instant and range queries."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from promoter.model.ask import Ask, Reply
from promoter.model.snapshot import Snapshot
from promoter.model.verdict import Answer
from promoter.policy.gates.metrics import Metric, bounds
from promoter.policy.web import in_address, in_query
from promoter.run.asking.http import NotAnswered, credentials
from promoter.run.fetch import Call, Received, fetch
from promoter.run.workspace import Workspace

_STEPS = 60
"""A time is looked at in so many steps."""
_SHORTEST = timedelta(seconds=5)


def prepare(ws: Workspace, seen: Snapshot, ask: Ask) -> Callable[[], Reply]:
    """Make the request. Raises NotAnswered."""
    metric = ask.settings
    assert isinstance(metric, Metric)  # noqa: S101 (the gate's own)
    fields = {"query": in_query(metric.query, ask)}
    path = "query"
    if metric.over:
        path, now = "query_range", ws.now().timestamp()
        step = max(metric.over / _STEPS, _SHORTEST).total_seconds()
        fields |= {"start": f"{now - metric.over.total_seconds():.0f}", "end": f"{now:.0f}", "step": f"{step:g}"}
    url = f"{in_address(metric.prometheus, ask).rstrip('/')}/api/v1/{path}?{urlencode(fields)}"
    call = Call(url, "GET", {"Accept": "application/json", **credentials(metric.token)})
    return lambda: judge(metric, fetch(call, metric.within.total_seconds()), ask.merged)


def judge(metric: Metric, answer: Received, merged: bool = False) -> Reply:
    """Give what `answer` means; a bad value before the merge can become a good one. Raises NotAnswered."""
    try:
        data = json.loads(answer.body)
        if data["status"] != "success":
            raise NotAnswered(f"the query fails: {str(data.get('error', ''))[:200]}")
        values = list(_values(data["data"])) if answer.status == HTTPStatus.OK else None
        warnings = list(data.get("warnings") or ())
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        raise NotAnswered(f"answers {answer.status} with something that is no answer of Prometheus") from None
    if values is None:
        raise NotAnswered(f"answers {answer.status}")
    if warnings:
        raise NotAnswered(f"the query warns, so values may be missing: {str(warnings[0])[:200]}")
    if not values:
        raise NotAnswered("the query has no data")
    if len(values) < metric.samples:
        raise NotAnswered(f"the query has {len(values)} of {metric.samples} samples")
    if not all(map(math.isfinite, values)):
        raise NotAnswered("the query has a value that is no number")
    for bad, words, bound in ((max(values), "above", metric.most), (min(values), "below", metric.least)):
        if bound is not None and (bad > bound if words == "above" else bad < bound):
            return Reply(Answer.FAILURE if merged else Answer.PENDING, f"{_apart(bad, bound)} is {words} {bound:g}")
    return Reply(Answer.SUCCESS, bounds(metric))


def _apart(value: float, bound: float) -> str:
    """Give `value` with as many digits as tell it from `bound`, at least two."""
    texts = (f"{value:.{digits}g}" for digits in range(2, 17))
    return next((text for text in texts if float(text) != bound), repr(value))


def _values(data: Any) -> Iterator[float]:
    kind, result = data["resultType"], data["result"]
    if kind == "scalar":
        yield float(result[1])
    elif kind == "vector":
        yield from (float(series["value"][1]) for series in result)
    elif kind == "matrix":
        if any("histograms" in series for series in result):
            raise ValueError(kind)
        yield from (float(value) for series in result for _, value in series["values"])
    else:
        raise ValueError(kind)
