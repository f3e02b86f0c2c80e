"""`promoter drift`: what it prints, and how it ends."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from promoter.cli.progress import counter
from tests.cli.fleet import CONFIG, Fleet, make_fleet
from tests.plan.report.schemas import check
from tests.repos import commit_files, head
from tests.run.stocked import stocked

FILE = "shop/deployment-shop.yaml"
MALLORY = ("Mallory \x1b[31m", "mallory@example.com")


def edit(fleet: Fleet, branch: str = "environment/dev") -> str:
    """Change the image by hand, in a commit whose text tries to be more than text; give the commit's short id."""
    text = fleet.repo.store.read(fleet.repo.store.commit(head(fleet.repo, branch)).tree, FILE)
    assert text is not None
    changed = text.replace(b"1.4.2", b"1.4.9") + b"# \x1b[2J ##[group]x\n"
    fleet.later(minutes=10)
    subject = "Quick \x1b]0;x\x07 ::add-mask::1 <!-- fix"
    return commit_files(fleet.repo, branch, {FILE: changed}, subject, author=MALLORY, at=fleet.now)[:7]


def test_nothing_drifted(running: Fleet) -> None:
    assert running.ok("drift", "--exit-code") == "no hand edits: 5 slots looked at\n"
    assert running.ok("drift", "shop", "dev") == "no hand edits: 1 slot looked at\n"


def test_a_hand_edit_is_shown_with_who_made_it_and_steers_nothing(running: Fleet) -> None:
    commit = edit(running)
    said = running("drift", "--exit-code")
    assert (said.code, said.err) == (12, "")
    lines = said.out.splitlines()
    assert lines[:2] == [
        "shop dev  1.4.2 (r1) was changed by hand, seen 20 Nov 15:15",
        f"  20 Nov 15:15  {commit}  Mallory [31m  Quick ]0;x :\u200b:add-mask:\u200b:1 <!-- fix",
    ]
    assert '  -        - {name: main, image: "ghcr.io/acme/shop:1.4.2"}' in lines
    assert '  +        - {name: main, image: "ghcr.io/acme/shop:1.4.9"}' in lines
    assert "  +# [2J ##\u200b[group]x" in lines
    assert lines[-1] == "  keep it: promoter adopt shop; or take it back with git revert"
    assert "\x1b" not in said.out
    assert running("drift", "shop", "staging", "--exit-code").code == 0


def test_where_the_policy_adopts_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fleet = make_fleet(tmp_path, capsys, CONFIG.replace("{name: dev,", "{name: dev, drift: adopt,"))
    fleet.ok("release", "shop", "1.4.2")
    fleet.ok("run")
    edit(fleet)
    assert "\n  drift: adopt; promoter run makes a release of it" in fleet.ok("drift", "shop", "dev")
    assert "drift              adopt" in fleet.ok("config", "shop", "dev")
    plan = fleet("plan", "shop", "--json").json
    assert plan["actions"][0]["do"] == "record"
    assert "released  shop  r2 adopted in dev" in fleet.ok("run")
    assert fleet.ok("drift", "shop", "--exit-code") == "no hand edits: 3 slots looked at\n"


def test_looking_writes_nothing(running: Fleet) -> None:
    edit(running)
    before = running.repo.refs()
    for options in ([], ["--render", "--live"], ["--between", "dev", "prod"]):
        running.ok("drift", *options)
    assert running.repo.refs() == before


def test_rendered_again(running: Fleet) -> None:
    assert running.ok("drift", "--render", "--exit-code").endswith("\n\nrendered again: 3 equal\n")
    edit(running)
    said = running("drift", "--render", "--exit-code")
    commit = head(running.repo)[:7]
    assert said.code == 12
    assert f"\nrendered again: 2 equal, 1 different\n  different  shop dev  1.4.2 (r1)  from {commit}\n" in said.out
    assert said.out.endswith("    the slot was changed since\n    the difference is the one above\n")


def test_what_cannot_be_rendered_here_is_no_drift_and_no_success(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    files = {
        f"{app}/{name}/kustomization.yaml": "resources: [app.yaml]\n"
        for app, name in (("shop", "dev"), ("shop", "staging"), ("shop", "prod"))
    }
    commit_files(fleet.repo, "main", files, "Overlays")
    fleet.ok("run")
    assert "rendered again: 3 equal" in fleet.ok("drift", "--render", "--exit-code")
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    said = fleet("drift", "--render", "--exit-code")
    assert said.code == 11
    assert "rendered again: 1 equal, 2 cannot be rendered here\n" in said.out
    assert "\n    shop in dev: kustomize 5.8.1 is needed, and there is none\n" in said.out
    assert "Get it: https:" in said.out


def test_live_where_nobody_looks(running: Fleet) -> None:
    said = running("drift", "cart", "--live", "--exit-code")
    assert (said.code, said.out) == (
        11,
        "no hand edits: 2 slots looked at\n\nlive: 0 of 1 run what Git holds\n"
        "  unknown  cart dev  dev  Git has 1.0.0 (r1)    live: none, nobody looks\n",
    )


def test_live_of_a_whole_fleet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop = stocked(tmp_path)
    fleet = Fleet(shop.repo, capsys, shop.now)
    said = fleet("drift", "--live", "--exit-code")
    assert said.code == 11
    lines = said.out.splitlines()
    assert lines[2] == "live: 2 of 4 run what Git holds"
    assert lines[3].startswith("  different  shop prod  eu-2  Git has 1.2.0 (r2)  runs 1.1.0 (r1)  on its way: ")
    assert lines[4].startswith("  unknown    shop lab   lab   Git has 1.3.0 (r3)  ")
    check("drift", fleet("drift", "--live", "--json").json)
    fleet.later(hours=3)
    fleet.ok("run")
    assert fleet("drift", "prod", "--live", "--exit-code").code == 12


def test_two_environments(running: Fleet) -> None:
    assert running.ok("drift", "--between", "dev", "staging") == (
        "APP   dev         staging     DIFFERS\nshop  1.4.2 (r1)  1.4.2 (r1)  1 file, +1 -1\n"
    )
    said = running("drift", "shop", "--between", "dev", "prod", "--exit-code")
    assert said.code == 10
    assert said.out.startswith("APP   dev         prod  DIFFERS\nshop  1.4.2 (r1)  -     1 file, +0 -8\n")
    assert "\n  -kind: Deployment\n" in said.out
    assert running.ok("drift", "cart", "--between", "staging", "dev") == (
        "no app has something in staging or dev, and goes to both\n"
    )


def test_folders_that_nobody_claims_are_named_and_have_no_code(running: Fleet) -> None:
    commit_files(running.repo, "environment/dev", {"debug/pod.yaml": "kind: Pod\n"}, "Debug", at=running.now)
    out = running.ok("drift", "--exit-code")
    assert out.endswith("\nfolders that belong to no slot\n  environment/dev  debug\n")
    assert "debug" not in running.ok("drift", "shop")


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--between", "dev", "nowhere"], "there is no environment nowhere"),
        (["--between", "dev", "dev"], "two environments are compared"),
        (["--between", "dev", "prod", "--render"], "--between compares two environments with each other"),
        (["--between", "dev", "prod", "staging"], "--between names the environments already"),
        (["shop", "r1"], "only apps and environments can be named here"),
    ],
)
def test_words_that_make_no_sense(running: Fleet, argv: list[str], message: str) -> None:
    said = running("drift", *argv)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"promoter: {message}\n")


def test_json_is_what_its_schema_says(running: Fleet) -> None:
    edit(running)
    commit_files(running.repo, "environment/dev", {"debug/pod.yaml": "kind: Pod\n"}, "Debug", at=running.now)
    report = running("drift", "--render", "--live", "--json").json
    check("drift", report)
    (found,) = report["edits"]
    assert (found["app"], found["environment"], found["kind"], found["release"]) == ("shop", "dev", "edited", "r1")
    assert [(one["author"], one["at"]) for one in found["changes"]] == [("Mallory [31m", "2026-11-20T14:15:00Z")]
    assert [(one["environment"], one["verdict"]) for one in report["rendered"]] == [
        ("dev", "different"), ("staging", "equal"), ("dev", "equal"),
    ]  # fmt: skip
    assert [one["verdict"] for one in report["live"]] == ["unknown"] * 3
    assert [one["path"] for one in report["unclaimed"]] == ["debug"]
    plain = running("drift", "--json").json
    check("drift", plain)
    assert (plain["rendered"], plain["live"], plain["between"]) == (None, None, None)
    both = running("drift", "--between", "dev", "prod", "--json").json
    check("drift", both)
    assert [(one["app"], one["from"]["edited"], one["to"]["release"]) for one in both["between"]["apps"]] == [
        ("shop", True, None), ("cart", False, None),
    ]  # fmt: skip
    assert running("drift", "--json").out == running("drift", "--json").out


def test_an_app_that_cannot_be_judged_is_a_problem(fleet: Fleet) -> None:
    commit_files(fleet.repo, "environment/dev", {FILE: "kind: Theirs\n"}, "Before promoter", at=fleet.now)
    said = fleet("drift", "shop", "--exit-code")
    assert said.code == 11
    assert "problem  shop: something stands in its slots already" in said.out


def test_in_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layout = 'layout: {branch: "environment/{environment}", path: "{app}"}\ntools: {kustomize: 5.8.1}\n'
    fleet = make_fleet(tmp_path, capsys, CONFIG.replace(layout, ""))
    fleet.ok("adopt", "shop")
    text = fleet.repo.store.read(fleet.repo.store.commit(head(fleet.repo)).tree, "shop/prod/app.yaml")
    assert text is not None
    commit_files(fleet.repo, "main", {"shop/prod/app.yaml": text.replace(b"1.0.0", b"2")}, "Bump", at=fleet.now)
    said = fleet("drift", "shop", "--exit-code")
    assert said.code == 12
    assert "\n  -image:ghcr.io/acme/shop 1.0.0\n  +image:ghcr.io/acme/shop 2\n" in said.out
    assert fleet.ok("drift", "shop", "--between", "dev", "prod") == (
        "APP   dev  prod               DIFFERS\n"
        "shop  r0   r0 edited by hand  1 value\n"
        "  -image:ghcr.io/acme/shop 1.0.0\n"
        "  +image:ghcr.io/acme/shop 2\n"
    )
    assert fleet("drift", "--render").err.startswith("promoter: nothing is rendered here: values are edited in place\n")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_for_terminals() -> None:
    assert counter("rendered", io.StringIO()) is None
    stream = Terminal()
    show = counter("rendered", stream)
    assert show is not None
    show(1, 2)
    show(2, 2)
    assert stream.getvalue() == f"\r1 of 2 rendered\r{' ' * 15}\r"
