from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from promoter.policy.gates.window import Window
from promoter.policy.rules import Config, Freeze
from promoter.policy.span_text import parse_span
from promoter.run.probes.calendar import never
from tests.run.probes.examined import said
from tests.run.shops import NOW, RENDERED, make_shop

ALL_YEAR = Freeze(date(2026, 1, 1), date(2028, 1, 1), (), "Year end")
MARCH = Freeze(date(2026, 3, 1), date(2026, 4, 1), ("prod",), "")
FRIDAYS = Freeze(None, None, (), "", (parse_span("Fri"),))
WORK = parse_span("Mon-Thu 09:00-16:00")


@pytest.mark.parametrize(
    ("window", "freezes", "why"),
    [
        (None, (), ""),
        (Window((WORK,)), (), ""),
        (None, (MARCH,), ""),
        (Window((WORK,)), (MARCH, FRIDAYS), ""),
        (None, (ALL_YEAR,), 'frozen 2026-01-01 to 2028-01-01 "Year end"'),
        (
            Window((WORK,)),
            (ALL_YEAR,),
            'its window is Mon-Thu 09:00-16:00 UTC and frozen 2026-01-01 to 2028-01-01 "Year end"',
        ),
        (
            Window((parse_span("Fri 12:00-14:00"),), (), "Europe/Berlin"),
            (FRIDAYS,),
            "its window is Fri 12:00-14:00 Europe/Berlin and frozen Fri",
        ),
        (Window((parse_span("cron 0 0 29 2 * for 1h"),)), (), "its window is cron 0 0 29 2 * for 1h UTC"),
    ],
)
def test_when_something_may_be_merged(window: Window | None, freezes: tuple[Freeze, ...], why: str) -> None:
    assert never(Config(("prod",), {}, freeze=freezes), "prod", window, NOW) == why


def test_what_is_frozen_elsewhere_is_no_matter() -> None:
    far = Freeze(date(2026, 1, 1), date(2028, 1, 1), ("far",), "")
    assert never(Config(("prod",), {}, freeze=(far,)), "prod", None, NOW) == ""


def test_it_is_a_problem_of_that_environment(tmp_path: Path) -> None:
    config = RENDERED.replace("{name: prod, promote: auto}", "{name: prod, gates: {window: Fri 12:00-14:00}}")
    shop = make_shop(tmp_path, f"{config}freeze: [{{when: Fri, environments: [prod]}}]\n")
    text = "nothing may be merged in the next 400 days: its window is Fri 12:00-14:00 UTC and frozen Fri"
    assert said(shop, "calendar") == [("problem", "shop prod", text)]
