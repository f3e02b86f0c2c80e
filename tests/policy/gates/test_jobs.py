from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from promoter.model.ask import Ask, Reply
from promoter.model.job import JobNote, JobRun, job_key, noted
from promoter.model.ledger import Place
from promoter.model.verdict import Answer, Verdict
from promoter.policy.gate import EarlyGate
from promoter.policy.gates.commands import Commands
from promoter.policy.gates.jobs import JobRule, Jobs
from tests.policy.gates.subjects import HEAD, NOON, OLD, at, subject
from tests.policy.gates.test_expression import config
from tests.policy.trees import load_files, problems

SMOKE = JobRule("smoke.yaml", timedelta(minutes=20))
GATE = Jobs((("smoke", SMOKE),))
ASK = Ask("jobs", "smoke", "shop", "prod", 41, "", OLD, HEAD, SMOKE)
URL = "https://github.example/acme/fleet/actions/runs/2"
RUNS = JobRun("pending", NOON, URL)
PASSED = JobRun("success", NOON, URL, at(10))
FAILED = JobRun("failure", NOON, URL, at(10))
CANCELLED = replace(FAILED, said="cancelled")
REFUSED = JobRun("refused", NOON, said="403.")
SLOW = JobRun("failure", NOON, URL, said="did not end within 20 min")


def verdict(answer: Answer, reason: str, **more: object) -> Verdict:
    return Verdict("jobs/smoke", answer, reason, **more)  # type: ignore[arg-type]


TABLE = [
    (None, None, verdict(Answer.PENDING, "is not started yet")),
    (None, Reply(Answer.PENDING, "is started now", start=True), verdict(Answer.PENDING, "is started now")),
    (None, Reply(Answer.PENDING, "is being started", at(5)), verdict(Answer.PENDING, "is being started", until=at(5))),
    (None, Reply(Answer.UNKNOWN, "no such file"), verdict(Answer.UNKNOWN, "no such file")),
    (None, RUNS, verdict(Answer.PENDING, "runs", since=NOON, until=at(20), url=URL)),
    (RUNS, None, verdict(Answer.PENDING, "runs", since=NOON, until=at(20), url=URL)),
    (RUNS, Reply(Answer.UNKNOWN, "GitHub is down"), verdict(Answer.UNKNOWN, "GitHub is down")),
    (RUNS, PASSED, verdict(Answer.SUCCESS, "passed", since=at(10), url=URL)),
    (PASSED, None, verdict(Answer.SUCCESS, "passed", since=at(10), url=URL)),
    (PASSED, FAILED, verdict(Answer.SUCCESS, "passed", since=at(10), url=URL)),
    (RUNS, FAILED, verdict(Answer.FAILURE, "failed", since=at(10), url=URL)),
    (FAILED, None, verdict(Answer.FAILURE, "failed", since=at(10), url=URL)),
    (FAILED, RUNS, verdict(Answer.PENDING, "runs", since=NOON, until=at(20), url=URL)),
    (FAILED, PASSED, verdict(Answer.SUCCESS, "passed", since=at(10), url=URL)),
    (RUNS, CANCELLED, verdict(Answer.FAILURE, "failed: cancelled", since=at(10), url=URL)),
    (RUNS, SLOW, verdict(Answer.FAILURE, "failed: did not end within 20 min", since=NOON, url=URL)),
    (REFUSED, None, verdict(Answer.UNKNOWN, "cannot be started: 403. Then say promoter retry.", since=NOON)),
]


@pytest.mark.parametrize(("remembered", "told", "wanted"), TABLE)
def test_the_verdict(remembered: JobRun | None, told: Reply | JobRun | None, wanted: Verdict) -> None:
    notes = (JobNote("smoke", HEAD, at=NOON, run=remembered),) if remembered is not None else ()
    reply = Reply(Answer.PENDING, "runs", job=told) if isinstance(told, JobRun) else told
    given = replace(subject(), places={"prod": Place(jobs=notes)}, replies={ASK: reply} if reply is not None else {})
    assert GATE.evaluate(given, NOON) == (wanted,)


@pytest.mark.parametrize(
    "other",
    [
        JobNote("smoke", OLD, run=PASSED),
        JobNote("smoke", HEAD, merged=True, run=PASSED),
        JobNote("load", HEAD, run=PASSED),
    ],
)
def test_what_passed_elsewhere_does_not_count(other: JobNote) -> None:
    given = replace(subject(), places={"prod": Place(jobs=(other,)), "dev": Place(jobs=(replace(other, head=HEAD),))})
    (found,) = GATE.evaluate(given, NOON)
    assert (found.answer, GATE.asks(given)) == (Answer.PENDING, (ASK,))


def test_what_is_asked() -> None:
    def asks(run: JobRun | None) -> tuple[Ask, ...]:
        return GATE.asks(replace(subject(), places={"prod": Place(jobs=(JobNote("smoke", HEAD, run=run),))}))

    assert asks(None) == asks(RUNS) == asks(FAILED) == (ASK,)
    assert asks(PASSED) == asks(REFUSED) == ()
    assert GATE.asks(subject(head=None, pull=False)) == ()


def test_nothing_is_started_before_something_is_proposed() -> None:
    assert GATE.evaluate(subject(head=None, pull=False), NOON) == (verdict(Answer.PENDING, "nothing is proposed yet"),)


def test_it_is_early() -> None:
    assert isinstance(GATE, EarlyGate)
    assert not isinstance(Commands(()), EarlyGate)


def test_keys_differ_where_jobs_do() -> None:
    note = JobNote("smoke", HEAD)
    others = [replace(note, attempt=2), replace(note, merged=True), replace(note, head=OLD), replace(note, name="x")]
    keys = [job_key("shop", "prod", one) for one in (note, *others)] + [job_key("shop", "dev", note)]
    assert len(set(keys)) == 6
    assert keys[0] == job_key("shop", "prod", replace(note, at=NOON, run=PASSED))
    assert keys[0].startswith("shop-prod-smoke-")
    assert not set(job_key("a/b c$(id)", "prod", note)) & set("/ $()")


def test_one_note_a_job() -> None:
    note = JobNote("smoke", OLD)
    after = noted(noted((note,), JobNote("smoke", HEAD, merged=True)), JobNote("smoke", HEAD))
    assert after == (JobNote("smoke", HEAD), JobNote("smoke", HEAD, merged=True))


def jobs(value: str) -> dict[str, str]:
    files = config("x")
    return {**files, "promoter.yaml": files["promoter.yaml"].replace("expression: x", f"jobs: {value}")}


def test_loaded_and_shown() -> None:
    value = "{smoke: {workflow: smoke.yaml, within: 20m}, load: ci/load.sh}"
    (gate,) = load_files(jobs(value)).config.apps["shop"].environments["prod"].gates
    assert gate == Jobs((("smoke", SMOKE), ("load", JobRule("ci/load.sh"))))
    assert str(gate) == "smoke (smoke.yaml) and load (ci/load.sh)"
    assert load_files(jobs("{}")).config.apps["shop"].environments["prod"].gates == ()


REFUSED_FORMS = [
    ("{a: {within: 1m}}", ".a.workflow", "is missing"),
    ("{a: ../x.yaml}", ".a", "../x.yaml is not the file of a job in this repository, such as smoke.yaml"),
    ("{a: {workflow: x.yaml, within: 0}}", ".a.within", "must be more than 0; write for example 1h"),
    ("{a: {workflow: x.yaml, ref: x}}", ".a.ref", "unknown key ref; there is within, workflow"),
    ("{'a b': x.yaml}", "", "a b needs a name of letters, digits, `.`, `_` and `-`, at most 50"),
    ("[x.yaml]", "", "must be a mapping, not a list"),
]


@pytest.mark.parametrize(("value", "key", "message"), REFUSED_FORMS, ids=[row[0] for row in REFUSED_FORMS])
def test_refused(value: str, key: str, message: str) -> None:
    assert problems(jobs(value)) == [f"promoter.yaml:7:environments[prod].gates.jobs{key}: {message}"]
