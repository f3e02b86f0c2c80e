"""The text of a span of time in the config, by the clock or by cron."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from promoter.policy.clock_spans import DAY, ClockSpans, parse_clock
from promoter.policy.cron_spans import WORD, parse_cron
from promoter.policy.node import Node, node_of
from promoter.policy.scalars import positive, said, some_items
from promoter.policy.spans import Spans

ALWAYS = "always"
_DAYS = "[A-Za-z]{3}(-[A-Za-z]{3})?(,[A-Za-z]{3}(-[A-Za-z]{3})?)*"
_TIMES = "[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}"
_PATTERN = rf"^(always|cron .+ for .+|{_DAYS}|({_DAYS} )?{_TIMES})$"
"""For editors; the loader says more."""


def parse_span(text: str) -> Spans:
    """Read `Mon-Thu 09:00-16:00`, `cron 0 9 * * 1-4 for 7h` or `always`. Raises ValueError with words for people."""
    words = text.split()
    if words == [ALWAYS]:
        return ClockSpans(frozenset(range(7)), 0, DAY, ALWAYS)
    return parse_cron(" ".join(words), _length) if words[:1] == [WORD] else parse_clock(" ".join(words))


def _length(text: str) -> timedelta:
    return positive(Node("", 0, text))


def span_text(node: object) -> str:
    """Give the text of a span that can be read."""
    text = said(node)
    parse_span(text)
    return text


def _texts(value: object) -> tuple[Node, ...]:
    node = node_of(value)
    return some_items(node) if node.text is None else (node,)


SpanText = Annotated[str, BeforeValidator(span_text), WithJsonSchema({"type": "string", "pattern": _PATTERN})]
SpanTexts = Annotated[tuple[SpanText, ...], BeforeValidator(_texts, json_schema_input_type=SpanText | list[SpanText])]
