"""`promoter doctor`: what it prints, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from promoter.cli.schemas import report_schema
from promoter.model.forge import Protection
from promoter.model.names import Branch
from tests.cli.fleet import CONFIG, Fleet, make_fleet
from tests.repos import commit_files, head

LEDGERS = """\
note  promoter-ledger/shop, promoter-ledger/cart
  nothing protects the ledgers.
  Why it matters: whoever can push there can write that a release was verified, and it goes on; without a forge nobody \
can be kept from it.
  What to do: sign the ledgers: ledger: {signers: [...]}.

"""
FLOATING = """\
problem  shop prod
  ghcr.io/acme/shop in shop/prod/app.yaml:8 has the tag latest, which looks like one that is moved.
  Why it matters: what runs there changes without a release, past every gate.
  What to do: write an exact version there (promoter init --pin moves all of them), or a digest behind the tag.

"""


def protect(fleet: Fleet) -> None:
    for app in ("shop", "cart"):
        fleet.forge.set_protection(Branch(f"promoter-ledger/{app}"), Protection(required_approvals=1), fleet.now)


def float_shop(fleet: Fleet) -> None:
    text = fleet.repo.store.read(fleet.repo.store.commit(head(fleet.repo)).tree, "shop/prod/app.yaml")
    assert text is not None
    commit_files(fleet.repo, "main", {"shop/prod/app.yaml": text.replace(b"1.0.0", b"latest")}, "Float")


def test_all_is_well_in_one_line(fleet: Fleet) -> None:
    protect(fleet)
    assert fleet.ok("doctor") == "All is well: 5 slots and 3 clusters were looked at.\n"
    assert fleet("doctor", "--exit-code").code == 0


def test_a_note_is_no_problem(fleet: Fleet) -> None:
    assert fleet.ok("doctor", "--exit-code") == f"{LEDGERS}1 note; 5 slots and 3 clusters were looked at.\n"


def test_a_problem_comes_first_and_exits_12_when_asked_to(fleet: Fleet) -> None:
    float_shop(fleet)
    found = fleet("doctor")
    assert (found.code, found.out) == (
        0,
        f"{FLOATING}{LEDGERS}1 problem, 1 note; 5 slots and 3 clusters were looked at.\n",
    )
    assert fleet("doctor", "--exit-code").code == 12


def test_json(fleet: Fleet) -> None:
    float_shop(fleet)
    report = fleet("doctor", "--json").json
    Draft202012Validator(report_schema("doctor")).validate(report)
    assert (report["slots"], report["clusters"]) == (5, 3)
    assert [(one["probe"], one["severity"], one["subject"]) for one in report["findings"]] == [
        ("floating", "problem", "shop prod"),
        ("ledgers", "note", "promoter-ledger/shop, promoter-ledger/cart"),
    ]
    assert json.loads(fleet("--json", "doctor").out) == report


def test_a_config_that_is_wrong_is_refused_as_everywhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fleet = make_fleet(tmp_path, capsys, CONFIG.replace("promote: auto", "promote: alone"))
    assert (fleet("doctor").code, fleet("doctor").out) == (3, "")


def test_it_writes_nothing(running: Fleet) -> None:
    before = running.repo.refs()
    running.ok("doctor")
    assert running.repo.refs() == before


def test_text_of_others_is_made_plain(fleet: Fleet) -> None:
    config = CONFIG.replace("live: none", 'live: {commit_status: "x/{app}", from: [bot]}')
    commit_files(fleet.repo, "main", {"promoter.yaml": config}, "Learn it from statuses")
    commit_files(fleet.repo, "environment/dev", {"shop/app.yaml": "kind: A\n"}, "Dev")
    fleet.forge.set_check(head(fleet.repo, "environment/dev"), "\x1b[31m::error::x", "success", "bot", fleet.now)
    found = fleet("doctor")
    assert "they post" in found.out
    assert "\x1b" not in found.out


def test_many_alike_are_named_and_not_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fleet = make_fleet(tmp_path, capsys)
    protect(fleet)
    stage = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {0}}}\nspec:\n  template:\n    spec:\n"
    stage += "      containers:\n        - {{name: {0}, image: 'ghcr.io/acme/{0}:latest'}}\n"
    names = ["a", "b", "c", "d", "e", "f", "g"]
    commit_files(fleet.repo, "main", {f"shop/prod/{name}.yaml": stage.format(name) for name in names}, "Float")
    out = fleet.ok("doctor")
    assert out.count("problem  shop prod\n") == 5
    more = (
        "2 more from floating, since what runs there changes without a release, past every gate: shop prod, shop prod\n"
    )
    assert more in out
    assert out.endswith("7 problems; 5 slots and 3 clusters were looked at.\n")
    assert len(fleet("doctor", "--json").json["findings"]) == 7
