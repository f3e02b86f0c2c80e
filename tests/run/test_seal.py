"""Ledgers that only signers may write: `ledger: {signers: [...]}`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from promoter.errors import EdgeFailed, PromoterError, Rejected, UsageError
from promoter.git.ref import RefUpdate
from promoter.git.store import FILE, Entry
from promoter.model.names import Oid
from promoter.model.plan import MergePullRequest, State
from promoter.model.state import dump
from promoter.run.accept import accept
from promoter.run.act import act
from promoter.run.adopt import adopt
from promoter.run.command import command
from promoter.run.compact import compact
from promoter.run.ledgers import ledger_ref, read_ledger
from promoter.run.open import open_workspace
from promoter.run.release import Wish, release
from promoter.run.run import run, see
from promoter.run.workspace import Workspace
from tests.cli.fleet import CONFIG, make_fleet
from tests.git.test_signature import make_key
from tests.policy.trees import problems
from tests.repos import commit_files, head

LEDGER = "promoter-ledger/shop"
MALLORY = ("Mallory", "mallory@example.com")


class Sealed:
    """A fleet whose ledgers one key signs, and its runs."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.key, self.public = make_key(root, "bot")
        self.fleet = make_fleet(root, config=self.config(self.public))
        self.repo = self.fleet.repo

    def config(self, *keys: str) -> str:
        return CONFIG + "ledger: {signers: [" + ", ".join(f'"{key}"' for key in keys) + "]}\n"

    def ws(self, key: Path | None = None, signs: bool = True, cache: str = "cache", path: str = "") -> Workspace:
        env: dict[str, str] = {"PATH": os.environ["PATH"], "PROMOTER_CACHE": str(self.root / cache)}
        if signs:
            env["PROMOTER_SIGNING_KEY"] = str(key or self.key)
        env["PATH"] = path or env["PATH"]
        return open_workspace(self.repo.url, user="kim", now=lambda: self.fleet.now, env=env)

    def write(self, app: str = "shop", text: bytes | None = None) -> Oid:
        """Somebody with the right to push writes the ledger."""
        store, ref = self.repo.store, ledger_ref(self.ws().config, app)
        tip = self.repo.refs([ref])[ref]
        state = text or dump(read_ledger(self.repo, tip, app)).replace(b"result: verified", b"result: failed")
        tree = store.edit_tree(None, {"state.yaml": Entry(FILE, store.put_blob(state))})
        made = store.put_commit(tree, [tip], "Mine", MALLORY, self.fleet.now)
        self.repo.update([RefUpdate(ref, tip, made)])
        return made


@pytest.fixture
def sealed(tmp_path: Path) -> Sealed:
    made = Sealed(tmp_path)
    release(made.ws(), "shop", Wish("1.1.0"))
    run(made.ws())
    return made


def refs(sealed: Sealed) -> Mapping[str, Oid]:
    return sealed.repo.refs()


def test_every_commit_of_the_chain_is_signed_and_believed(sealed: Sealed) -> None:
    ws = sealed.ws(cache="fresh")
    for commit in sealed.repo.store.history(head(sealed.repo, LEDGER)):
        assert ws.seal.doubt(sealed.repo.store, "shop", commit.id) == "", commit.message
    assert see(ws)[1].problems == ()
    before = refs(sealed)
    assert run(ws).done == ()
    assert refs(sealed) == before


def test_a_commit_by_somebody_else_stops_its_app_and_no_other(sealed: Sealed) -> None:
    release(sealed.ws(), "cart", Wish("1.0.1"))
    run(sealed.ws())
    theirs = sealed.write()
    sealed.write()
    commit_files(sealed.repo, "main", {"shop/dev/more.yaml": "kind: List\n"}, "More")
    commit_files(sealed.repo, "main", {"cart/dev/more.yaml": "kind: List\n"}, "More")
    before = refs(sealed)
    outcome = run(sealed.ws())
    changed = {name for name, oid in refs(sealed).items() if before.get(name) != oid}
    assert changed
    assert {name for name in changed if "shop" in name} == set()
    (problem,) = outcome.plan.problems
    said = f"shop: its ledger is not believed: commit {theirs[:10]} by Mallory <mallory@example.com> is not signed"
    assert problem.startswith(said)
    assert {slot.state for slot in outcome.plan.slots if slot.app == "shop"} == {State.UNKNOWN}


def test_nothing_is_signed_on_top_of_it(sealed: Sealed) -> None:
    early = sealed.ws()
    sealed.write()
    before = refs(sealed)
    for deed in (
        lambda: command(sealed.ws(), "hold", "shop", ["dev"]),
        lambda: release(sealed.ws(), "shop", Wish("1.2.0")),
        lambda: compact(sealed.ws(), "shop"),
        lambda: adopt(sealed.ws(), "shop"),
    ):
        with pytest.raises(PromoterError):
            deed()
    assert refs(sealed) == before
    assert early.seal.signers == (sealed.public,)


def test_a_ledger_written_between_look_and_merge_stops_the_merge(sealed: Sealed) -> None:
    for pull in sealed.fleet.forge.all_pulls():
        if pull.state == "open":
            sealed.fleet.forge.approve(pull.number, "lin", sealed.fleet.now)
    command(sealed.ws(), "promote", "shop", ["prod"])
    early = sealed.ws()
    for _ in range(5):
        seen, plan = see(early, ["shop"])
        todo = [action for action in plan.actions if not isinstance(action, MergePullRequest)]
        if not todo:
            break
        act(early, seen, todo, lambda event: None)
    assert [type(action) for action in plan.actions] == [MergePullRequest]
    sealed.write()
    before = refs(sealed)
    told: list[tuple[str, bool]] = []
    act(early, seen, plan.actions, lambda event: told.append((event.what, "is not believed" in event.text)))
    assert told == [("refused", True)]
    assert refs(sealed) == before


def test_a_person_with_a_key_vouches(sealed: Sealed) -> None:
    theirs = sealed.write()
    made = accept(sealed.ws(), "shop")
    assert made == head(sealed.repo, LEDGER)
    assert sealed.repo.store.commit(made).parents == (theirs,)
    assert see(sealed.ws(cache="fresh"))[1].problems == ()
    assert accept(sealed.ws(), "shop") is None
    assert head(sealed.repo, LEDGER) == made


def test_signers_are_set_on_a_ledger_that_has_no_signatures(tmp_path: Path) -> None:
    fleet = make_fleet(tmp_path)
    release(open_workspace(fleet.repo.url, now=lambda: fleet.now), "shop", Wish("1.1.0"))
    with pytest.raises(UsageError, match="nobody signs"):
        accept(open_workspace(fleet.repo.url, now=lambda: fleet.now), "shop")
    (tmp_path / "more").mkdir()
    sealed = Sealed(tmp_path / "more")
    sealed.fleet, sealed.repo = fleet, fleet.repo
    commit_files(fleet.repo, "main", {"promoter.yaml": sealed.config(sealed.public)}, "Sign")
    assert len(run(sealed.ws()).plan.problems) == 1
    accept(sealed.ws(), "shop")
    assert run(sealed.ws()).plan.problems == ()


def test_without_a_key_or_with_another_one_nothing_is_written(sealed: Sealed) -> None:
    other, public = make_key(sealed.root, "other")
    before = refs(sealed)
    with pytest.raises(EdgeFailed, match="no key to sign with"):
        release(sealed.ws(signs=False), "shop", Wish("1.2.0"))
    with pytest.raises(Rejected, match=r"is not one of ledger\.signers"):
        command(sealed.ws(other), "hold", "shop", ["dev"])
    assert refs(sealed) == before
    commit_files(sealed.repo, "main", {"promoter.yaml": sealed.config(sealed.public, public)}, "Add a signer")
    command(sealed.ws(other), "hold", "shop", ["dev"])
    assert see(sealed.ws())[1].problems == ()


def test_a_key_that_is_taken_away_is_not_believed_any_more(sealed: Sealed) -> None:
    _, public = make_key(sealed.root, "other")
    commit_files(sealed.repo, "main", {"promoter.yaml": sealed.config(public)}, "Another signer")
    assert sorted(problem[:5] for problem in see(sealed.ws())[1].problems) == ["cart:", "shop:"]


def test_another_apps_ledger_is_not_taken_for_this_one(sealed: Sealed) -> None:
    release(sealed.ws(), "cart", Wish("1.0.1"))
    cart, shop = head(sealed.repo, "promoter-ledger/cart"), head(sealed.repo, LEDGER)
    sealed.repo.update([RefUpdate(f"refs/heads/{LEDGER}", shop, cart)])
    assert sealed.ws().seal.doubt(sealed.repo.store, "shop", cart) == ""
    (said,) = see(sealed.ws())[1].problems
    assert "the ledger of shop is that of cart" in said


def test_an_idle_run_starts_no_program_to_check_what_it_knows(sealed: Sealed, tmp_path: Path) -> None:
    nothing = tmp_path / "empty"
    nothing.mkdir()
    assert see(sealed.ws(path=str(nothing)))[1].problems == ()
    with pytest.raises(EdgeFailed, match="cannot run ssh-keygen"):
        see(sealed.ws(path=str(nothing), cache="fresh"))


@pytest.mark.parametrize(
    ("signer", "message"),
    [
        ("SHA256:abc", "is not a public SSH key; write the line of the .pub file: ssh-ed25519 AAAA... comment"),
        ("cert-authority ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKwHuq9dsAjpZ4dC5kG", "is not a public SSH key"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "is a private key, and public now"),
    ],
)
def test_what_is_no_signer(signer: str, message: str) -> None:
    text = f"version: 1\nlive: none\nenvironments: [dev]\napps: {{a: x}}\nledger: {{signers: ['{signer}']}}\n"
    (found,) = problems({"promoter.yaml": text, "x/a.yaml": ""})
    assert found.startswith(f"promoter.yaml:5:ledger.signers[0]: {message}")


def test_what_the_terminal_says(sealed: Sealed, capsys: pytest.CaptureFixture[str]) -> None:
    theirs = sealed.write()
    sealed.fleet.capsys = capsys
    said = sealed.fleet.ok("status", "shop")
    assert f"commit {theirs[:10]} by Mallory" in said
    assert "is not believed" in sealed.fleet.ok("explain", "shop", "prod")
    assert sealed.fleet("ledger", "accept", "shop").code == 1
    assert sealed.fleet("plan", "--json").json["actions"] == []
