"""When a merge may happen: `Mon-Thu 09:00-16:00`, a list of such spans, or `{allow, deny, timezone}`; deny wins.

Days and times are those of the clock in the time zone, also while it is changed in spring and autumn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, ClassVar, Final, Self

from pydantic import BeforeValidator, model_validator

from promoter.model.moment import Times, zone_of
from promoter.model.verdict import Answer, Verdict
from promoter.policy.form import Form
from promoter.policy.gate import Gate, Subject
from promoter.policy.node import Node, node_of
from promoter.policy.scalars import Timezone
from promoter.policy.span_text import ALWAYS, SpanText, SpanTexts, parse_span
from promoter.policy.spans import Spans, closed, closing, open_at, opened, opening

_SOME_DAY: Final = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Window:
    """Times at which a merge may happen, by the clock of a time zone; what is denied wins over what is allowed."""

    kind: ClassVar[str] = "window"
    allow: tuple[Spans, ...] = ()
    """Empty: always."""
    deny: tuple[Spans, ...] = ()
    timezone: str = ""
    """Empty: that of the config."""

    def __str__(self) -> str:
        said = " or ".join(map(str, self.allow)) if self.allow else ALWAYS
        said += f" but not {' or '.join(map(str, self.deny))}" if self.deny else ""
        return f"{said} {self.timezone}".rstrip()

    def evaluate(self, subject: Subject, now: datetime) -> tuple[Verdict, ...]:
        """Give one verdict; it is the same from opening to closing, and from closing to opening."""
        timezone = self.timezone or subject.timezone
        return (_judge(self, timezone, now),)


@lru_cache(maxsize=1024)  # many apps have the same window
def _judge(window: Window, timezone: str, now: datetime) -> Verdict:
    zone = zone_of(timezone)
    said = str(window) if window.timezone else f"{window} {timezone}"
    spans = window.allow, window.deny, zone
    if open_at(*spans, now):
        end = closing(*spans, now)
        if end is not None:
            said += f"; closes {Times(zone, end.astimezone(zone).year).weekday(end)}"
        return Verdict(window.kind, Answer.SUCCESS, said, opened(*spans, now), end)
    begin = opening(*spans, now)
    if begin is None:
        return Verdict(window.kind, Answer.PENDING, f"{said}; never opens", closed(*spans, now))
    said += f"; opens {Times(zone, begin.astimezone(zone).year).weekday(begin)}"
    return Verdict(window.kind, Answer.PENDING, said, closed(*spans, now), begin)


class WindowForm(Form):
    """Times at which a merge may happen."""

    allow: SpanTexts = ()
    """Spans of time, one or a list: `Mon-Thu 09:00-16:00`, `Sat-Sun` (whole days), `22:00-02:00` (over midnight),
    `cron 0 9 * * 1-4 for 7h`, always. Default: always."""
    deny: SpanTexts = ()
    """Spans in which it may not, even where allow says so."""
    timezone: Timezone | None = None
    """Whose clock. Default: the timezone of the config."""

    @model_validator(mode="after")
    def _opens(self) -> Self:
        if not self.allow and not self.deny:
            raise ValueError("says neither allow nor deny; for no window write always")
        window = self.window()
        if opening(window.allow, window.deny, zone_of(self.timezone or "UTC"), _SOME_DAY) is None:
            raise ValueError("never opens: deny covers all that allow allows")
        return self

    def window(self) -> Window:
        """Give the gate."""
        allow, deny = (tuple(map(parse_span, texts)) for texts in (self.allow, self.deny))
        return Window(allow, deny, self.timezone or "")


def _short(value: object) -> Node:
    node = node_of(value)
    if isinstance(node.value, Mapping) or node.value is None:
        return node
    return Node(node.file, node.line, {"allow": node})


FORM: Final = Annotated[
    WindowForm, BeforeValidator(_short, json_schema_input_type=SpanText | list[SpanText] | WindowForm)
]
"""`Mon-Thu 09:00-16:00`, a list of spans, `{allow: ..., deny: ..., timezone: ...}`, or `always`: no window."""
AFTER_MERGE: Final = False
GATE: Final[type[Gate]] = Window


def build(form: WindowForm) -> Window | None:
    """Make the gate; None for `always`."""
    return None if form.allow == (ALWAYS,) and not form.deny else form.window()
