from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from promoter.model.verdict import Answer, Verdict
from promoter.policy.gates.window import Window
from promoter.policy.span_text import parse_span
from tests.policy.gates.subjects import subject
from tests.policy.trees import load_files, overlays, problems

BERLIN = "Europe/Berlin"
OFFICE = "Mon-Thu 09:00-16:00"


def window(allow: str | Sequence[str] = (), deny: str | Sequence[str] = (), timezone: str = BERLIN) -> Window:
    first, second = ([each] if isinstance(each, str) else each for each in (allow, deny))
    return Window(tuple(map(parse_span, first)), tuple(map(parse_span, second)), timezone)


def local(text: str, timezone: str = BERLIN, fold: int = 0) -> datetime:
    """Give the moment at which the clock shows `text`."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(timezone), fold=fold).astimezone(UTC)


def judged(gate: Window, at: datetime) -> Verdict:
    (verdict,) = gate.evaluate(subject(), at)
    return verdict


OPEN, CLOSED = "success", "pending"
# 2026-11-16 is a Monday; the clock is changed on 2026-03-29 and on 2026-10-25, at 02:00 and 03:00.
TABLE = [
    # (allow, deny, local time, answer, since, until)
    (OFFICE, (), "2026-11-16 08:59:59", CLOSED, "2026-11-12 16:00", "2026-11-16 09:00"),
    (OFFICE, (), "2026-11-16 09:00", OPEN, "2026-11-16 09:00", "2026-11-16 16:00"),
    (OFFICE, (), "2026-11-16 15:59:59", OPEN, "2026-11-16 09:00", "2026-11-16 16:00"),
    (OFFICE, (), "2026-11-16 16:00", CLOSED, "2026-11-16 16:00", "2026-11-17 09:00"),
    (OFFICE, (), "2026-11-19 16:00", CLOSED, "2026-11-19 16:00", "2026-11-23 09:00"),
    (OFFICE, (), "2026-11-21 12:00", CLOSED, "2026-11-19 16:00", "2026-11-23 09:00"),
    # a list; spans that touch are one
    (["Mon 09:00-12:00", "Mon 13:00-16:00"], (), "2026-11-16 12:30", CLOSED, "2026-11-16 12:00", "2026-11-16 13:00"),
    (["Mon 09:00-12:00", "Mon 12:00-16:00"], (), "2026-11-16 12:00", OPEN, "2026-11-16 09:00", "2026-11-16 16:00"),
    (["Mon 09:00-14:00", "Mon 12:00-16:00"], (), "2026-11-16 10:00", OPEN, "2026-11-16 09:00", "2026-11-16 16:00"),
    (["Mon 09:00-16:00", "Mon 12:00-13:00"], (), "2026-11-16 12:30", OPEN, "2026-11-16 09:00", "2026-11-16 16:00"),
    ("Mon-Wed", (), "2026-11-17 00:00", OPEN, "2026-11-16 00:00", "2026-11-19 00:00"),
    # over midnight: it belongs to the day on which it begins
    ("Fri 22:00-02:00", (), "2026-11-20 21:59", CLOSED, "2026-11-14 02:00", "2026-11-20 22:00"),
    ("Fri 22:00-02:00", (), "2026-11-21 00:00", OPEN, "2026-11-20 22:00", "2026-11-21 02:00"),
    ("Fri 22:00-02:00", (), "2026-11-21 02:00", CLOSED, "2026-11-21 02:00", "2026-11-27 22:00"),
    ("Fri 22:00-02:00", (), "2026-11-20 01:00", CLOSED, "2026-11-14 02:00", "2026-11-20 22:00"),
    # deny wins
    (OFFICE, "12:00-13:00", "2026-11-16 11:59", OPEN, "2026-11-16 09:00", "2026-11-16 12:00"),
    (OFFICE, "12:00-13:00", "2026-11-16 12:00", CLOSED, "2026-11-16 12:00", "2026-11-16 13:00"),
    (OFFICE, "12:00-13:00", "2026-11-16 13:00", OPEN, "2026-11-16 13:00", "2026-11-16 16:00"),
    (OFFICE, "Mon-Wed", "2026-11-16 12:00", CLOSED, "2026-11-12 16:00", "2026-11-19 09:00"),
    (OFFICE, ["08:00-10:00", "10:00-11:00"], "2026-11-16 09:30", CLOSED, "2026-11-12 16:00", "2026-11-16 11:00"),
    ((), "Fri 16:00-24:00", "2026-11-20 16:00", CLOSED, "2026-11-20 16:00", "2026-11-21 00:00"),
    ((), "Fri 16:00-24:00", "2026-11-21 00:00", OPEN, "2026-11-21 00:00", "2026-11-27 16:00"),
    ((), ["Fri 16:00-24:00", "Sat-Sun"], "2026-11-21 12:00", CLOSED, "2026-11-20 16:00", "2026-11-23 00:00"),
    # cron
    ("cron 0 9 * * 1-4 for 7h", (), "2026-11-16 08:59", CLOSED, "2026-11-12 16:00", "2026-11-16 09:00"),
    ("cron 0 9 * * 1-4 for 7h", (), "2026-11-16 09:00", OPEN, "2026-11-16 09:00", "2026-11-16 16:00"),
    ("cron 0 9 * * 1-4 for 7h", (), "2026-11-16 16:00", CLOSED, "2026-11-16 16:00", "2026-11-17 09:00"),
    ("cron 0 22 * * FRI for 4h", (), "2026-11-21 01:59", OPEN, "2026-11-20 22:00", "2026-11-21 02:00"),
    ("cron 0 0 1 1 * for 2d", (), "2026-11-16 09:00", CLOSED, "2026-01-03 00:00", "2027-01-01 00:00"),
    ("cron 0 9 LW * * for 8h", (), "2026-10-29 12:00", CLOSED, "2026-09-30 17:00", "2026-10-30 09:00"),
    ("cron 0 * * * * for 90m", "12:00-13:00", "2026-11-16 12:30", CLOSED, "2026-11-16 12:00", "2026-11-16 13:00"),
    # spring: 02:00 to 03:00 does not exist
    ("02:00-03:00", (), "2026-03-28 12:00", CLOSED, "2026-03-28 03:00", "2026-03-30 02:00"),
    ("02:30-05:00", (), "2026-03-29 01:59", CLOSED, "2026-03-28 05:00", "2026-03-29 03:00"),
    ("02:30-05:00", (), "2026-03-29 03:00", OPEN, "2026-03-29 03:00", "2026-03-29 05:00"),
    ("Sun 01:00-02:30", (), "2026-03-29 01:59", OPEN, "2026-03-29 01:00", "2026-03-29 03:00"),
    ("09:00-16:00", (), "2026-03-29 09:00", OPEN, "2026-03-29 09:00", "2026-03-29 16:00"),
    ("cron 30 2 * * * for 1h", (), "2026-03-29 01:59", CLOSED, "2026-03-28 03:30", "2026-03-29 03:00"),
    ("cron 30 2 * * * for 1h", (), "2026-03-29 03:59", OPEN, "2026-03-29 03:00", "2026-03-29 04:00"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("allow", "deny", "at", "answer", "since", "until"), TABLE, ids=[f"{row[0]} {row[1]} {row[2]}" for row in TABLE]
)
def test_one_moment(
    allow: str | list[str], deny: str | list[str], at: str, answer: str, since: str, until: str
) -> None:
    verdict = judged(window(allow, deny), local(at))
    assert (verdict.answer, verdict.since, verdict.until) == (Answer(answer), local(since), local(until))


TWICE = [
    # (allow, local time on the day on which 02:00 to 03:00 comes twice, which of the two, answer, since, until)
    ("02:30-03:30", "02:29", 0, CLOSED, ("2026-10-24 03:30", 0), ("2026-10-25 02:30", 0)),
    ("02:30-03:30", "02:30", 0, OPEN, ("2026-10-25 02:30", 0), ("2026-10-25 02:00", 1)),
    ("02:30-03:30", "02:00", 1, CLOSED, ("2026-10-25 02:00", 1), ("2026-10-25 02:30", 1)),
    ("02:30-03:30", "02:30", 1, OPEN, ("2026-10-25 02:30", 1), ("2026-10-25 03:30", 0)),
    ("01:00-02:30", "02:29", 0, OPEN, ("2026-10-25 01:00", 0), ("2026-10-25 02:30", 0)),
    ("01:00-02:30", "02:30", 0, CLOSED, ("2026-10-25 02:30", 0), ("2026-10-25 02:00", 1)),
    ("01:00-02:30", "02:29", 1, OPEN, ("2026-10-25 02:00", 1), ("2026-10-25 02:30", 1)),
    ("01:00-02:30", "02:30", 1, CLOSED, ("2026-10-25 02:30", 1), ("2026-10-26 01:00", 0)),
    ("01:00-05:00", "02:30", 1, OPEN, ("2026-10-25 01:00", 0), ("2026-10-25 05:00", 0)),
    ("cron 30 2 * * * for 30m", "02:59", 0, OPEN, ("2026-10-25 02:30", 0), ("2026-10-25 02:00", 1)),
    ("cron 30 2 * * * for 30m", "02:00", 1, CLOSED, ("2026-10-25 02:00", 1), ("2026-10-26 02:30", 0)),
    ("cron 30 2 * * * for 30m", "02:45", 1, CLOSED, ("2026-10-25 02:00", 1), ("2026-10-26 02:30", 0)),
    ("cron 30 2 * * * for 2h", "02:45", 1, OPEN, ("2026-10-25 02:30", 0), ("2026-10-25 03:30", 0)),
]


@pytest.mark.parametrize(("allow", "at", "fold", "answer", "since", "until"), TWICE)
def test_the_hour_that_comes_twice(
    allow: str, at: str, fold: int, answer: str, since: tuple[str, int], until: tuple[str, int]
) -> None:
    verdict = judged(window(allow), local(f"2026-10-25 {at}", fold=fold))
    expected = (Answer(answer), local(since[0], fold=since[1]), local(until[0], fold=until[1]))
    assert (verdict.answer, verdict.since, verdict.until) == expected


def test_half_an_hour_of_daylight_saving() -> None:
    zone = "Australia/Lord_Howe"  # the clock goes from 02:00 back to 01:30 on 2026-04-05
    verdict = judged(window("01:40-01:50", timezone=zone), local("2026-04-05 01:55", zone))
    assert (verdict.since, verdict.until) == (local("2026-04-05 01:50", zone), local("2026-04-05 01:40", zone, 1))


@pytest.mark.parametrize(
    ("gate", "at", "reason"),
    [
        (window(OFFICE), "2026-11-20 12:00", "Mon-Thu 09:00-16:00 Europe/Berlin; opens Mon 23 Nov 09:00"),
        (window(OFFICE), "2026-11-16 12:00", "Mon-Thu 09:00-16:00 Europe/Berlin; closes Mon 16 Nov 16:00"),
        (
            window(OFFICE, timezone=""),
            "2026-11-20 12:00",
            "Mon-Thu 09:00-16:00 UTC; opens Mon 23 Nov 09:00",
        ),
        (window("always"), "2026-11-20 12:00", "always Europe/Berlin"),
        (
            window((), ["Fri 16:00-24:00", "Sat-Sun"]),
            "2026-11-21 12:00",
            "always but not Fri 16:00-24:00 or Sat-Sun Europe/Berlin; opens Mon 23 Nov 00:00",
        ),
        (
            window([OFFICE, "cron 0 9 * * 5 for 3h"], "12:00-13:00"),
            "2026-11-20 12:30",
            "Mon-Thu 09:00-16:00 or cron 0 9 * * 5 for 3h but not 12:00-13:00 Europe/Berlin; opens Mon 23 Nov 09:00",
        ),
        (window("Mon", "Mon"), "2026-11-20 12:30", "Mon but not Mon Europe/Berlin; never opens"),
    ],
)
def test_in_words(gate: Window, at: str, reason: str) -> None:
    assert judged(gate, local(at)).reason == reason


def test_what_never_opens_or_closes_has_no_next_moment() -> None:
    at = local("2026-11-20 12:30")
    assert judged(window("Mon", "Mon"), at) == Verdict(
        "window", Answer.PENDING, "Mon but not Mon Europe/Berlin; never opens"
    )
    assert judged(window("always"), at) == Verdict("window", Answer.SUCCESS, "always Europe/Berlin")


def test_the_same_from_closing_to_opening() -> None:
    gate = window(OFFICE)
    moments = ("2026-11-19 16:00", "2026-11-21 03:00", "2026-11-23 08:59")
    assert len({judged(gate, local(at)) for at in moments}) == 1


def test_the_zone_of_the_config_is_the_default() -> None:
    at = local("2026-11-16 08:30", "UTC")
    assert judged(window(OFFICE, timezone=""), at).answer is Answer.PENDING
    assert judged(window(OFFICE, timezone="America/New_York"), at).answer is Answer.PENDING
    assert judged(window(OFFICE), at).answer is Answer.SUCCESS


def config(value: str) -> dict[str, str]:
    text = f"""\
version: 1
live: none
timezone: Europe/Berlin
apps: {{shop: "apps/shop/overlays/{{environment}}"}}
environments:
  - name: prod
    policy: hours
    gates: {{window: {value}}}
"""
    return {"promoter.yaml": text, "policies/hours.yaml": f"gates: {{window: {OFFICE}}}\n", **overlays("shop", "prod")}


def problems_of(value: str) -> list[str]:
    """Give what is wrong with a window of `value`, in words."""
    found = problems(config(value))
    assert all(problem.startswith("promoter.yaml:8:environments[prod].gates.window") for problem in found)
    return [problem.partition(": ")[2] for problem in found]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (OFFICE, OFFICE),
        ("[Mon, Tue 09:00-16:00]", "Mon or Tue 09:00-16:00"),
        ("cron 0 9 * * 1-4 for 7h", "cron 0 9 * * 1-4 for 7h"),
        ("{allow: Mon, deny: [12:00-13:00]}", "Mon but not 12:00-13:00"),
        ("{deny: 12:00-13:00}", "always but not 12:00-13:00"),
        ("{allow: [Mon], timezone: America/New_York}", "Mon America/New_York"),
        ("{allow: always, deny: Sat-Sun}", "always but not Sat-Sun"),
        ("always", "none"),
    ],
)
def test_loaded_and_shown(value: str, shown: str) -> None:
    loaded = load_files(config(value))
    gates = loaded.config.apps["shop"].environments["prod"].gates
    assert [str(gate) for gate in gates] == ([] if shown == "none" else [shown])
    origins = {origin.key: origin for origin in loaded.origins.of("shop", "prod")}
    assert (origins["gates.window"].value, origins["gates.window"].where) == (shown, "promoter.yaml:8")
    assert (origins["timezone"].value, origins["timezone"].where) == ("Europe/Berlin", "promoter.yaml:3")


@pytest.mark.parametrize(
    ("value", "messages"),
    [
        ("[]", ["is empty; name at least one or remove the key"]),
        ("{}", ["says neither allow nor deny; for no window write always"]),
        ("", ["has no value; write one or remove the key"]),
        ("{timezone: UTC}", ["says neither allow nor deny; for no window write always"]),
        ("{allow: Mon, timezone: Mars}", ["Mars is not a time zone; write for example Europe/Berlin or UTC"]),
        ("{allow: Mon, denied: Tue}", ["unknown key denied; did you mean deny?"]),
        ("{deny: always}", ["never opens: deny covers all that allow allows"]),
        ("{allow: Mon 09:00-16:00, deny: Mon 08:00-17:00}", ["never opens: deny covers all that allow allows"]),
        ("{allow: cron 0 9 29 2 * for 1h, deny: '09:00-10:00'}", ["never opens: deny covers all that allow allows"]),
    ],
)  # fmt: skip
def test_refused(value: str, messages: list[str]) -> None:
    assert problems_of(value) == messages


def test_not_after_the_merge() -> None:
    text = config(OFFICE)["promoter.yaml"].replace("gates:", "verify:")
    where = "promoter.yaml:8:environments[prod].verify.window"
    message = f"{where}: window is a rule before the merge; write gates: {{window: ...}}"
    assert problems({**config(OFFICE), "promoter.yaml": text}) == [message]
