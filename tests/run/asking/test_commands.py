"""Programs of a real repository that decide: what they see, what they may say, and what becomes of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from promoter.git.ref import RefUpdate
from promoter.git.store import Entry
from promoter.model.verdict import Answer
from promoter.run.asking.commands import NotAsked, read_reply
from promoter.run.run import see
from tests.repos import KIM, head
from tests.run.shops import RENDERED, Shop, make_shop

GATE = "{run: [ci/decide.sh, --all], within: 20s, env: [PROMOTER_TEST_TOKEN]}"
CONFIG = RENDERED.replace(
    "{name: prod, promote: auto}", "{name: prod, promote: auto, gates: {commands: {decide: " + GATE + "}}}"
)
WELL = 'echo \'{"answer": "success", "reason": "12 of 12"}\''
NO_MOMENT = "says until something that is no moment, such as 2026-11-20T14:05:00Z"
TOKEN = "s3cret-of-the-job"


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMOTER_TEST_TOKEN", TOKEN)
    monkeypatch.setenv("PROMOTER_TEST_OTHER", "not handed on")


def shop_with(tmp_path: Path, script: str, executable: bool = True, config: str = CONFIG) -> Shop:
    """Give a shop whose dry branch has `script`, and r1 proposed for prod."""
    shop = make_shop(tmp_path, config)
    decide(shop, script, executable)
    shop.run()
    return shop


def decide(shop: Shop, script: str, executable: bool = True) -> None:
    """Commit another program."""
    shop.later()
    store, old = shop.repo.store, head(shop.repo, "main")
    blob = store.put_blob(f"#!/bin/sh\n{script}\n".encode())
    mode = 0o100755 if executable else 0o100644
    tree = store.edit_tree(store.commit(old).tree, {"ci/decide.sh": Entry(mode, blob)})
    made = store.put_commit(tree, [old], "Decide", KIM, shop.now)
    shop.repo.update([RefUpdate("refs/heads/main", old, made)])


def verdict(shop: Shop) -> tuple[str, str]:
    """Give what is said of the gate now."""
    _, plan = see(shop.workspace("promoter"))
    (slot,) = [slot for slot in plan.slots if slot.environment == "prod"]
    (found,) = [each for each in slot.waiting_for if each.gate == "commands/decide"]
    return found.answer.value, found.reason


def test_success_merges(tmp_path: Path) -> None:
    assert shop_with(tmp_path, WELL).active("prod") == 1


@pytest.mark.parametrize(
    ("script", "answer", "reason"),
    [
        ('echo \'{"answer": "failure", "reason": "11 of 12"}\'', "failure", "11 of 12"),
        ('echo \'{"answer": "pending"}\'', "pending", "says pending"),
        ("echo yes", "unknown", 'printed no JSON; it should print {"answer": "success", "reason": "..."}'),
        ("true", "unknown", 'printed no JSON; it should print {"answer": "success", "reason": "..."}'),
        (f"{WELL}; exit 3", "unknown", "decide.sh failed (exit 3)"),
        ("echo no such host >&2; exit 1", "unknown", "decide.sh failed (exit 1): no such host"),
        ("yes | head -c 2000000", "unknown", "decide.sh printed more than 1048576 bytes"),
        ('echo "$PROMOTER_TEST_TOKEN" >&2; exit 1', "unknown", "decide.sh failed (exit 1): ***"),
        (
            'printf \'{"answer": "pending", "reason": "%s"}\' "$PROMOTER_TEST_TOKEN"',
            "pending",
            "***",
        ),
    ],
)
def test_what_it_says(tmp_path: Path, script: str, answer: str, reason: str) -> None:
    shop = shop_with(tmp_path, script)
    assert shop.active("prod") is None
    assert verdict(shop) == (answer, reason)
    if answer == "unknown":
        assert TOKEN not in shop.forge.pull(2).body


def test_what_takes_too_long_is_ended(tmp_path: Path) -> None:
    shop = shop_with(tmp_path, f"sleep 60; {WELL}", config=CONFIG.replace("within: 20s", "within: 1s"))
    assert verdict(shop) == ("unknown", "decide.sh did not end within 1 seconds")


FACTS = """\
python3 - "$@" <<'EOF'
import json, os, pathlib, sys
names = sorted(name for name in os.environ if name.startswith("PROMOTER_"))
content = pathlib.Path(os.environ["PROMOTER_CONTENT"])
files = sorted(str(path.relative_to(content)) for path in content.rglob("*") if path.is_file())
text = "".join((content / file).read_text() for file in files)
here = sorted(os.listdir())
facts = [sys.argv[1:], names, files, "1.0.0" in text, here] + [os.environ[n] for n in names if n != "PROMOTER_CONTENT"]
pathlib.Path("SAID").write_text(json.dumps(facts))
print(json.dumps({"answer": "pending"}))
EOF"""


def test_what_it_sees(tmp_path: Path) -> None:
    told = tmp_path / "facts.json"
    shop = shop_with(tmp_path, FACTS.replace("SAID", str(told)))
    pull, dry = shop.forge.pull(2), shop.ledger.releases[1].dry
    argv, names, files, content, here, *values = json.loads(told.read_text())
    assert (argv, files, content) == (["--all"], ["deployment-shop.yaml"], True)
    assert here == ["ci", "promoter.yaml", "shop"]
    assert dict(zip([name for name in names if name != "PROMOTER_CONTENT"], values, strict=True)) == {
        "PROMOTER_APP": "shop",
        "PROMOTER_DRY_COMMIT": dry,
        "PROMOTER_ENVIRONMENT": "prod",
        "PROMOTER_HEAD": pull.head,
        "PROMOTER_RELEASE": "r1",
        "PROMOTER_TEST_TOKEN": TOKEN,
        "PROMOTER_VERSION": "1.0.0",
    }


def test_nothing_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    shop_with(tmp_path, "touch left; echo {}")
    assert list(place.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"executable": False}, "ci/decide.sh is not an executable file git update-index --chmod=+x makes it one."),
        (
            {"config": CONFIG.replace("ci/decide.sh", "ci/gone.sh")},
            "ci/gone.sh does not exist on main",
        ),
        (
            {"config": CONFIG.replace("PROMOTER_TEST_TOKEN", "PROMOTER_TEST_GONE")},
            "the variable PROMOTER_TEST_GONE is not set Give it to the job that runs promoter.",
        ),
    ],
)
def test_what_cannot_be_run_is_unknown(tmp_path: Path, change: dict[str, object], reason: str) -> None:
    shop = shop_with(tmp_path, WELL, **change)  # type: ignore[arg-type]
    assert shop.active("prod") is None
    assert verdict(shop) == ("unknown", reason)


def test_the_branch_that_people_edit_judges_not_the_change(tmp_path: Path) -> None:
    shop = shop_with(tmp_path, 'echo \'{"answer": "failure"}\'')
    assert verdict(shop) == ("failure", "says failure")
    decide(shop, WELL)
    assert verdict(shop) == ("success", "12 of 12")


def test_it_is_asked_last_and_once_a_run(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    config = CONFIG.replace("commands:", "window: cron 0 0 1 1 * for 1h, commands:")
    shop = shop_with(tmp_path, f'echo x >> {calls}; echo \'{{"answer": "pending"}}\'', config=config)
    assert verdict(shop) == ("pending", "asked when nothing else is missing")
    assert not calls.exists()
    shop.commit({"promoter.yaml": CONFIG})
    shop.run()
    assert calls.read_text() == "x\n"
    shop.run()
    assert calls.read_text() == "x\nx\n"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("[]", "printed something else than an object of answer, reason and until"),
        ('{"answer": "success", "ok": true}', "printed something else than an object of answer, reason and until"),
        ('{"reason": "x"}', "printed something else than an object of answer, reason and until"),
        ('{"answer": "unknown"}', "answers something else than success, pending or failure with a reason"),
        ('{"answer": true}', "answers something else than success, pending or failure with a reason"),
        ('{"answer": ["success"]}', "answers something else than success, pending or failure with a reason"),
        ('{"answer": "success", "reason": 3}', "answers something else than success, pending or failure with a reason"),
        ('{"answer": "pending", "until": "soon"}', NO_MOMENT),
        ('{"answer": "pending", "until": 3}', NO_MOMENT),
        ('{"answer": "pending", "until": "2026-11-20T14:05:00"}', "says until a moment without a time zone"),
        ("[" * 100_000, 'printed no JSON; it should print {"answer": "success", "reason": "..."}'),
        ("\\xff", 'printed no JSON; it should print {"answer": "success", "reason": "..."}'),
    ],
)  # fmt: skip
def test_what_is_no_reply(said: str, words: str) -> None:
    with pytest.raises(NotAsked) as raised:
        read_reply(said.encode("latin-1"), {})
    assert raised.value.message == words


def test_a_reply() -> None:
    said = b'{"answer": "pending", "reason": "two\\n  lines of s3", "until": "2026-11-20T15:05:00+01:00"}'
    reply = read_reply(said, {"TOKEN": "s3", "EMPTY": ""})
    assert (reply.answer, reply.reason) == (Answer.PENDING, "two lines of ***")
    assert reply.until == datetime(2026, 11, 20, 14, 5, tzinfo=UTC)


def test_after_the_merge(tmp_path: Path) -> None:
    """Prod takes r1 once a program agrees with what dev runs."""
    told = tmp_path / "facts.json"
    agrees = FACTS.replace("SAID", str(told)).replace('"pending"', '"success"')
    dev = "{name: dev, promote: auto, verify: {commands: {decide: [ci/decide.sh]}}}"
    shop = shop_with(tmp_path, "echo no", config=RENDERED.replace("{name: dev, promote: auto}", dev))
    assert (shop.active("dev"), shop.active("prod")) == (1, None)
    decide(shop, agrees)
    shop.run()
    assert shop.active("prod") == 1
    _, _, files, content, _, *values = json.loads(told.read_text())
    stay = shop.ledger.place("dev").stay
    assert stay is not None
    assert (files, content) == (["deployment-shop.yaml"], True)
    assert stay.commit in values
