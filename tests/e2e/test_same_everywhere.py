"""One story on every forge, typed and said the same way: what `status --json` says of it in the end is the same."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.e2e.grounds import FORGES, Ground, stand
from tests.run.shops import IMAGE

ID = re.compile(r"\b[0-9a-f]{7,40}\b")


def play(ground: Ground) -> str:
    """A release to production, one that is taken back, a hotfix that waits, and what is on its way behind a hold."""
    ground.everywhere("1.4.2")
    number = ground.everywhere("1.5.0")
    ground.later()
    ground.people.comment(number, "kim", '/promoter rollback "INC-412 5xx"')
    ground("run")
    ground("release", "shop", "1.4.3", "--hotfix", "prod", "INC-412 the leak")
    ground("resume", "shop", "prod")
    ground("run")
    ground.approved()
    ground("release", "shop", "1.6.0")
    ground("run")
    (pull,) = ground.pulls
    ground.later()
    ground.people.comment(pull.number, "lin", "/promoter hold until we are back")
    ground.people.comment(pull.number, "kim", '/promoter hold "INC-413" --until 2026-03-09')
    ground("run")
    ground.people.approve(pull.number, "lin")
    ground("run")
    assert "Nothing to do" in ground("run")
    return ground("status", "--json")


def without_hosts_and_ids(text: str) -> str:
    """Give the status without what must differ: addresses, numbers of pull requests and the ids of commits."""
    status = json.loads(text)
    assert status["schema"] == "promoter.status/v1"

    def plain(value: object, key: str = "") -> object:
        if isinstance(value, dict):
            return {name: plain(one, name) for name, one in value.items()}
        if isinstance(value, list):
            return [plain(one, key) for one in value]
        if key in ("url", "repository", "number"):
            return type(value).__name__
        return ID.sub("ID", value) if isinstance(value, str) else value

    return json.dumps(plain(status), indent=1, sort_keys=True)


def test_a_story_ends_the_same_on_every_forge(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = {}
    for name in FORGES:
        with monkeypatch.context() as patch, stand(name, tmp_path / name, capsys, patch) as ground:
            ends[name] = without_hosts_and_ids(play(ground))
            assert f"{IMAGE}:1.4.3" in ground.prod
    slots = json.loads(ends["local"])["slots"]
    assert [(one["environment"], one["state"]) for one in slots] == [("dev", "current"), ("prod", "held")]
    assert ends["local"] == ends["github"] == ends["gitlab"]
