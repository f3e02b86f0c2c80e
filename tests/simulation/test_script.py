"""What a script may say, and what is said of one that makes no sense."""

from __future__ import annotations

from datetime import timedelta

import pytest

from promoter.errors import ConfigInvalid
from promoter.simulation.script import counted, read_script, script_schema

CONFIG = """\
config: |
  version: 1
  live: none
  environments: [dev, prod]
  apps: {shop: "shop/{environment}"}
"""


def faults(text: str) -> list[str]:
    with pytest.raises(ConfigInvalid) as caught:
        read_script("x.yaml", text.encode())
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("steps:\n  - relase: shop 1\n", "x.yaml:2:steps[0].relase: unknown key relase; did you mean release?"),
        ("steps:\n  - later: 5\n", "x.yaml:2:steps[0].later: 5 has no unit; did you mean 5m?"),
        (
            "steps:\n  - {hold: shop, resume: shop}\n",
            "x.yaml:2:steps[0]: hold and resume are two things; write a step for each",
        ),
        (
            "steps:\n  - check: {name: ci, in: prod, says: sucess}\n",
            "x.yaml:2:steps[0].check.says: sucess is not one of success, pending, failure; did you mean success?",
        ),
        (
            "steps:\n  - wait: 3h\n",
            "x.yaml:2:steps[0].wait: unknown key wait; time passes with later: 2h, or until: Mon 09:00",
        ),
        (
            "steps:\n  - cluster: {in: prod, is: hang}\n",
            "x.yaml:2:steps[0].cluster.is: hang is not one of healthy, degraded, hangs, unreachable; "
            "did you mean hangs?",
        ),
        (
            "steps:\n  - repeat: {times: 2, every: 10m, steps: [{later: 3}]}\n",
            "x.yaml:2:steps[0].repeat.steps[0].later: 3 has no unit; did you mean 3m?",
        ),
        ("people: {kim: wite}\nsteps: [{later: 1h}]\n", "x.yaml:1:people.kim: wite is not one of"),
        ("steps: [{by: kim}]\n", "x.yaml:1:steps[0]: nothing happens in it; there is release, commit"),
        ("start: 2026-01-05\n", "x.yaml:1:steps: is missing; write what happens"),
        ("steps: [{expect: {shop: {prod: {a: b}}}}]\n", "x.yaml:1:steps[0].expect: must be a list, not a mapping"),
    ],
)
def test_a_fault_is_told_with_its_place(text: str, said: str) -> None:
    (found,) = faults(text)
    assert found.startswith(said)


def test_all_faults_are_told_at_once() -> None:
    assert len(faults("stepz: 1\npeople: {a: b}\nsteps: [{later: 1}, {release: a, by: }]\n")) == 4


def test_what_a_script_says_is_read() -> None:
    form = read_script(
        "x.yaml",
        b"""
never: {shop: {prod: [1.5.0, failed]}}
steps:
  - {later: 2h, expect: {shop: {prod: r1}}, waiting: {dev: window}}
  - repeat: {times: 3, every: 10m, steps: [{release: "shop 1.{n}.0", by: ada}]}
""",
    ).form
    first, again = form.steps
    assert (first.event, first.later) == ("later", timedelta(hours=2))
    assert [(it.app, it.environment, it.words) for it in (*first.expect, *first.waiting)] == [
        ("shop", "prod", ("r1",)),
        ("", "dev", ("window",)),
    ]
    assert [claim.words for claim in form.never] == [("1.5.0", "failed")]
    assert again.repeat is not None
    assert counted(again.repeat.steps[0], 7).release == "shop 1.7.0"
    assert again.repeat.steps[0].release == "shop 1.{n}.0"


def test_the_schema_has_every_key_of_a_step() -> None:
    schema = script_schema()
    assert schema["required"] == ["steps"]
    assert {"release", "later", "cluster", "repeat", "expect"} <= set(schema["$defs"]["StepForm"]["properties"])
    assert schema["additionalProperties"] is False
