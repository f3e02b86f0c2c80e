from __future__ import annotations

from pathlib import Path

from promoter.model.forge import Protection
from promoter.model.names import Branch
from tests.run.probes.examined import found, said
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
