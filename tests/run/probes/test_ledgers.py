from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from promoter.model.forge import Protection
from promoter.model.names import Branch
from tests.github.records import Rules
from tests.run.probes.examined import found, said
from tests.run.probes.hosted import hosted
from tests.run.shops import APP, HEAD, LAYOUT, LEDGER, RENDERED, make_shop

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA0C5Vq4o1Kx0Wf0vJb0mQ0n7yGm1uTj3o2Qy6oW1lBf"


def test_without_a_forge_nobody_is_kept_away(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    assert said(shop, "ledgers") == [("note", LEDGER, "nothing protects the ledgers")]
    assert "sign the ledgers: ledger: {signers: [...]}" in found(shop, "ledgers")[0].fix


def test_a_protected_branch_is_no_finding(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    shop.forge.set_protection(Branch(LEDGER), Protection(required_approvals=2), shop.now)
    assert said(shop, "ledgers") == []


def test_promoter_itself_may_not_push(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    shop.forge.set_protection(Branch(LEDGER), Protection(may_push=False), shop.now)
    assert said(shop, "ledgers") == [("problem", LEDGER, "promoter may not push there")]


def test_signers_without_a_key_here(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, RENDERED + f'ledger: {{signers: ["{KEY}"]}}\n')
    assert said(shop, "ledgers") == [("warning", LEDGER, "ledgers are signed, and this machine has no key")]


def test_many_are_one_finding(tmp_path: Path) -> None:
    apps = ", ".join(f"a{number}: {{{APP.replace('shop', f'a{number}', 1)}}}" for number in range(5))
    files = {f"a{number}/{name}/app.yaml": "kind: A\n" for number in range(5) for name in ("dev", "prod")}
    shop = make_shop(tmp_path, f"{HEAD}{LAYOUT}apps: {{{apps}}}\n", files)
    named = "promoter-ledger/a0, promoter-ledger/a1, promoter-ledger/a2 and 2 more"
    assert said(shop, "ledgers") == [("note", named, "nothing protects the ledgers")]


ONLY_US = Rules(push=False, deletable=False, bypass="always", actors=(("User", 7, "always"),))


@pytest.mark.parametrize(
    ("rules", "severity", "text"),
    [
        (Rules(), "warning", "the forge tells of no protection"),
        (replace(ONLY_US, bypass="never"), "problem", "promoter-bot may not push there"),
        (replace(ONLY_US, deletable=True), "warning", "whoever may write may delete these branches"),
        (
            replace(ONLY_US, actors=(*ONLY_US.actors, ("RepositoryRole", 4, "always"))),
            "warning",
            "the role write may push there too",
        ),
    ],
)
def test_on_github_a_rule_must_keep_all_others_out(tmp_path: Path, rules: Rules, severity: str, text: str) -> None:
    with hosted(tmp_path) as shop:
        shop.server.hub.rules[LEDGER] = rules
        assert (severity, LEDGER, text) in said(shop.workspace(), "ledgers")
        shop.server.hub.rules[LEDGER] = ONLY_US
        assert said(shop.workspace(), "ledgers") == []
