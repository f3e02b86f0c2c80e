"""Of all gates: what is not known never passes, whatever else is there and whatever is missing."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from promoter.model.ask import Ask, Reply
from promoter.model.job import JobNote, JobRun
from promoter.model.ledger import Drift, How, Outcome, Place, Result, Stay
from promoter.model.release import ImageChange, SourceCommit
from promoter.model.verdict import Answer, worst
from promoter.policy.gate import AskingGate, Gate, Subject
from promoter.policy.gates import GATES
from promoter.policy.gates.approvals import Approvals, Rule
from promoter.policy.gates.checks import Checks, Wanted
from promoter.policy.gates.commands import Commands, Program
from promoter.policy.gates.expression import Expression
from promoter.policy.gates.http import Http, Service
from promoter.policy.gates.image import Image
from promoter.policy.gates.image import Wanted as WantedImages
from promoter.policy.gates.jobs import JobRule, Jobs
from promoter.policy.gates.manifests import Manifests
from promoter.policy.gates.metrics import Metric, Metrics
from promoter.policy.gates.signature import Commit, Cosign, Signature
from promoter.policy.gates.window import Window
from promoter.policy.objects.engines import Conftest
from promoter.policy.objects.judge import Rules
from promoter.policy.span_text import parse_span
from tests.policy.gates.subjects import HEAD, NOON, OLD, check, review, subject

Known = Callable[[Subject, datetime], bool]


def staged(given: Subject) -> bool:
    place = given.places.get("staging")
    return place is not None and place.stay is not None and place.drift is None


def expression(text: str) -> Expression:
    return Expression((("", text),))


SETTINGS = (
    Program(("ci/smoke.sh",), timedelta(minutes=1)),
    Service("https://gate.example", "true"),
    Metric("https://prom.example", "up", least=1),
    Rules("1.34"),
    Commit(("ssh-ed25519 A kim",)),
    Cosign("keys/cosign.pub"),
)
SMOKE, SERVICE, METRIC, RULES, COMMIT, COSIGN = SETTINGS
JOB = JobRule("smoke.yaml")
JOBS = Jobs((("smoke", JOB),))
PASSED = JobRun("success", NOON, ended=NOON)
COMMANDS, HTTP, METRICS = Commands((("smoke", SMOKE),)), Http((("smoke", SERVICE),)), Metrics((("smoke", METRIC),))


def replied(*settings: Hashable) -> Known:
    """Tell whether somebody said success of exactly this, to every one of these rules."""

    def known(given: Subject, _: datetime) -> bool:
        well = {
            ask.settings
            for ask, reply in given.replies.items()
            if reply.answer is Answer.SUCCESS and (ask.head, ask.release, ask.environment) == (given.head, 41, "prod")
        }
        return given.head is not None and well.issuperset(settings)

    return known


def ran(given: Subject, _: datetime) -> bool:
    """The forge says now, or the ledger remembers, that the job passed on exactly this."""
    replied = any(
        reply.job is not None
        and reply.job.state == "success"
        and (ask.kind, ask.head, ask.environment) == ("jobs", given.head, "prod")
        for ask, reply in given.replies.items()
    )
    notes = given.places.get("prod", Place()).jobs
    return given.head is not None and (
        replied or any(note.head == given.head and note.run == PASSED for note in notes if not note.merged)
    )


IMAGE = Image(WantedImages(("linux/amd64",)))
REGO = Conftest(("policies/rego",))
MANIFESTS = Manifests(RULES, REGO)
SIGNATURE = Signature(COMMIT, COSIGN)
RECORDED = (("ui", "2", "sha256:1"),)


def told(given: Subject, _: datetime) -> bool:
    """Somebody said success of exactly this, knowing the digest that was recorded."""
    digests = RECORDED if any(one.digest for one in given.release.images) else ()
    return given.head is not None and any(
        (reply.answer, ask.kind, ask.head, ask.environment) == (Answer.SUCCESS, "image", given.head, "prod")
        and ask.settings == replace(IMAGE.wanted, recorded=digests)
        for ask, reply in given.replies.items()
    )


CASES: Mapping[str, list[tuple[Gate, Known]]] = {
    "approvals": [
        (Approvals((Rule(1),)), lambda given, _: given.pull is not None and given.head is not None and any(
            one.head == given.head and one.state == "approved" and "write" in one.groups for one in given.pull.reviews
        )),
    ],
    "checks": [
        (Checks((Wanted("lint", ("ci",)),)), lambda given, _: given.head is not None and any(
            (one.name, one.state, one.reporter) == ("lint", "success", "ci") for one in given.checks
        )),
    ],
    "commands": [(COMMANDS, replied(SMOKE))],
    "expression": [
        (expression("release.version != 'x'"), lambda given, _: bool(given.release.version)),
        (expression("!(release.version == 'x')"), lambda given, _: bool(given.release.version)),
        (expression("environments.staging.release != 7"), lambda given, _: staged(given)),
        (expression("!(environments['staging'].result == 'failed')"), lambda given, _: staged(given)),
        (expression("images['ui'].tag != 'x'"), lambda given, _: bool(given.release.images)),
        (expression("images['ui'].digest != 'x'"), lambda given, _: any(one.digest for one in given.release.images)),
        (expression("!('blocked' in labels)"), lambda given, _: given.pull is not None),
        (expression("commits[0].author != 'mallory'"), lambda given, _: bool(given.release.commits)),
    ],
    "http": [(HTTP, replied(SERVICE))],
    "image": [(IMAGE, told)],
    "jobs": [(JOBS, ran)],
    "manifests": [(MANIFESTS, replied(RULES, REGO))],
    "metrics": [(METRICS, replied(METRIC))],
    "signature": [(SIGNATURE, replied(COMMIT, COSIGN))],
    "window": [
        (Window((parse_span("Mon-Thu 09:00-16:00"),)), lambda _, now: now.weekday() < 4 and 9 <= now.hour < 16),
    ],
}  # fmt: skip
"""Kind -> gates, each with what must be known before it can pass."""

runs = st.none() | st.builds(
    JobRun, st.sampled_from(["success", "pending", "failure", "refused", "x"]), st.just(NOON), ended=st.just(NOON)
)
places = st.builds(
    Place,
    stay=st.none() | st.just(Stay(40, None, OLD, NOON, How.MERGED)),
    outcomes=st.just({}) | st.just({40: Outcome(Result.VERIFIED, NOON)}),
    drift=st.none() | st.just(Drift(None, OLD, NOON)),
    jobs=st.just(())
    | st.builds(
        JobNote,
        st.sampled_from(["smoke", "x"]),
        st.sampled_from([HEAD, OLD]),
        merged=st.booleans(),
        run=runs,
    ).map(lambda note: (note,)),
)
ASKING = (COMMANDS, HTTP, IMAGE, JOBS, MANIFESTS, METRICS, SIGNATURE)


def with_replies(made: Subject, own: list[tuple[AskingGate, Reply, str]]) -> Subject:
    """Give `made` with replies to what these gates ask of it, or of something that is a little different."""
    found = dict(made.replies)
    for gate, reply, other in own:
        of = replace(made, head=OLD) if other == "head" else made
        of = replace(of, release=replace(of.release, images=())) if other == "images" else of
        of = replace(of, environment="dev") if other == "environment" else of
        found |= dict.fromkeys(gate.asks(of), reply)
    return replace(made, replies=found)


releases = st.builds(
    lambda version, images, commits: replace(subject().release, version=version, images=images, commits=commits),
    st.sampled_from(["", "1.4.2"]),
    st.sampled_from([(), (ImageChange("ui", "1", "2"),), (ImageChange("ui", "1", "2", "sha256:1"),)]),
    st.sampled_from([(), (SourceCommit(OLD, "ada", "x"),)]),
)
asks = st.builds(
    Ask,
    st.sampled_from(["commands", "http", "jobs", "metrics"]),
    st.sampled_from(["smoke", "x"]),
    st.just("shop"),
    st.sampled_from(["prod", "dev"]),
    st.sampled_from([41, 40]),
    st.sampled_from(["", "1.4.2"]),
    st.just(OLD),
    st.sampled_from([HEAD, OLD]),
    st.sampled_from([*SETTINGS, JOB, replace(SMOKE, run=("x",))]),
)
replies = st.dictionaries(asks, st.builds(Reply, st.sampled_from(Answer), st.just("as it is"), job=runs), max_size=3)
own_replies = st.lists(
    st.tuples(
        st.sampled_from([gate for gate in ASKING if gate is not JOBS]),
        st.builds(Reply, st.sampled_from(Answer), st.just("as it is"), job=runs),
        st.sampled_from(["", "", "head", "images", "environment"]),
    ),
    max_size=3,
)
subjects = st.builds(
    lambda made, release, places, replies, own: with_replies(
        replace(made, release=release, places=places, replies=replies), own
    ),
    st.builds(
        subject,
        st.sampled_from([
            review("ada"), review("ada", head=OLD), review("ada", "dismissed"), review("ada", "approved", "read"),
        ]),
        checks=st.lists(
            st.builds(
                check, st.sampled_from(["lint", "e2e"]), st.sampled_from(["success", "failure", "x", ""]),
                st.sampled_from(["ci", "", "mallory"]),
            ),
            max_size=2,
        ).map(tuple),
        authors=st.sampled_from([(), ("kim",)]),
        head=st.sampled_from([HEAD, None]),
        pull=st.booleans(),
    ),
    releases,
    st.dictionaries(st.sampled_from(["dev", "staging", "prod"]), places),
    replies,
    own_replies,
)  # fmt: skip
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def test_every_kind_is_here() -> None:
    assert CASES.keys() == GATES.keys()


@settings(deadline=None)  # the first expression imports its library
@given(subjects, moments)
def test_nothing_passes_on_what_is_not_known(given_subject: Subject, now: datetime) -> None:
    for cases in CASES.values():
        for gate, known in cases:
            answer = worst(gate.evaluate(given_subject, now))
            assert answer is not Answer.SUCCESS or known(given_subject, now)


def test_each_can_pass() -> None:
    release = replace(
        subject().release,
        version="1.4.2",
        images=(ImageChange("ui", "1", "2", "sha256:1"),),
        commits=(SourceCommit(OLD, "ada", "x"),),
    )
    place = Place(stay=Stay(40, None, OLD, NOON, How.MERGED), outcomes={40: Outcome(Result.VERIFIED, NOON)})
    full = replace(
        subject(review("ada"), checks=(check("lint", "success"),)), release=release, places={"staging": place}
    )
    full = replace(
        full, replies={ask: Reply(Answer.SUCCESS, "well", job=PASSED) for gate in ASKING for ask in gate.asks(full)}
    )
    monday = datetime(2026, 11, 16, 12, tzinfo=UTC)
    found = [worst(gate.evaluate(full, monday)) for cases in CASES.values() for gate, _ in cases]
    assert set(found) == {Answer.SUCCESS}
