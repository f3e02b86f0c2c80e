"""Scripts played to their end: every event does what it says, and what is expected is judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from promoter.errors import ConfigInvalid, EdgeFailed
from promoter.simulation.open import simulate
from promoter.simulation.script import read_script
from tests.simulation.plays import nowhere, play, told, unmet

SCRIPTS = sorted((Path(__file__).parents[2] / "fixtures" / "simulations").glob("*.yaml"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_the_presets_do_what_their_scripts_expect(path: Path) -> None:
    played = simulate(read_script(path.name, path.read_bytes()), nowhere)
    assert unmet(played) == []
    assert len(played.expectations) >= 7


def test_what_is_not_as_expected_is_told_with_its_line_and_how_it_is() -> None:
    played = play("  - release: 1.4.2\n  - later: 1h\n    expect: {prod: r0}\n    waiting: {shop: {prod: window}}\n")
    assert not played.met
    assert unmet(played) == [
        (12, "shop prod: r0", "r1 (1.4.2), current"),
        (13, "shop prod: waiting for window", "r1 (1.4.2), current"),
    ]
    assert told(played, "unmet")[0] == ("", "line 12 expects shop prod: r0; it is r1 (1.4.2), current")


def test_what_must_never_be_is_seen_though_it_goes_by() -> None:
    steps = """\
  - cluster: {in: prod, is: degraded, running: 1.5.0}
  - release: 1.5.0
  - later: 3h
    expect: {prod: [r0, held]}
"""
    played = play(steps, "verify: {on_failure: rollback}", "never: {shop: {prod: 1.5.0, dev: failed}}\n")
    assert [(line, text) for line, text, _ in unmet(played)] == [(9, "shop prod: never 1.5.0")]
    assert [(one.text, one.met) for one in played.expectations][-1] == ("shop dev: never failed", True)


def test_nobody_answers_what_the_script_does_not_answer() -> None:
    gates = (
        'gates: {http: {qa: "https://qa.acme.example/x"}, commands: {smoke: {run: [smoke.sh]}}, jobs: {e2e: e2e.sh}}'
    )
    steps = """\
  - release: 1.4.2
  - later: 1h
    expect: {prod: r0}
    waiting: {prod: [http/qa, commands/smoke, jobs/e2e]}
  - answer: {gate: jobs, says: success}
  - answer: {gate: http/qa, says: success}
  - answer: {gate: commands/smoke, says: failure, in: prod}
  - later: 1h
    expect: {prod: [r0, blocked]}
    waiting: {prod: commands/smoke}
  - answer: {gate: commands, says: success}
  - later: 1m
    expect: {prod: 1.4.2}
"""
    assert unmet(play(steps, gates)) == []


CHECKS = """\
  - release: 1.4.2
  - later: 10m
    waiting: {prod: checks/ci}
  - check: {name: ci, in: prod, says: success, from: stranger}
    waiting: {prod: checks/ci}
  - check: {name: ci, in: prod, says: success, from: ci-bot}
    expect: {prod: 1.4.2}
  - later: 10m
    expect: {prod: soaking}
  - check: {name: e2e, in: prod, says: success, merged: true}
    expect: {prod: current}
  - check: {name: ci, in: prod, says: success, from: ci-bot, always: true}
  - release: 1.5.0
  - later: 10m
    expect: {prod: [1.5.0, soaking]}
  - check: {name: e2e, in: prod, says: failure, merged: true}
    expect: {prod: [failed, held]}
"""


def test_checks_count_from_their_reporter_before_and_after_the_merge() -> None:
    played = play(CHECKS, "gates: {checks: {ci: {from: [ci-bot]}}}, verify: {checks: [e2e]}")
    assert unmet(played) == []


PEOPLE = """\
  - release: 1.4.2
  - later: 10m
    waiting: {prod: approvals}
  - request_changes: shop prod
  - close: shop prod
  - later: 1h
    expect: {prod: r0}
  - reopen: shop prod
  - approve: shop prod
    expect: {prod: 1.4.2}
  - hold: shop prod "INC-412"
    by: lin
  - release: 1.5.0
  - later: 1h
    expect: {dev: 1.5.0, prod: [1.4.2, held]}
  - resume: shop prod
    by: lin
  - later: 1m
  - comment: {in: prod, text: /promoter skip "not this one"}
    by: lin
  - later: 1h
    expect: {dev: 1.5.0, prod: 1.4.2}
  - retry: shop prod r2
  - later: 1m
  - merge: shop prod
    by: lin
    expect: {prod: 1.5.0}
  - later: 1h
  - rollback: shop prod "INC-413"
    by: lin
    expect: {prod: [1.4.2, held]}
"""


def test_people_do_what_people_do() -> None:
    played = play(PEOPLE, "gates: {approvals: 1}")
    assert unmet(played) == []
    assert [text for _, text in told(played, "heard")] == ['/promoter skip "not this one"']
    assert {one.by for one in played.happenings if one.what == "rollback"} == {"lin"}


def test_what_is_refused_is_not_as_expected_unless_it_is_said() -> None:
    people = "people: {kim: write, lin: read}\n"
    played = play("  - {release: 1.4.2, by: lin}\n  - {approve: shop prod, by: kim}\n", more=people)
    assert [text for _, text, _ in unmet(played)] == ["release is done", "approve is done"]
    played = play("  - {release: 1.4.2, by: lin, refused: true}\n  - {release: 1.5.0, refused: true}\n", more=people)
    assert [(text, found) for _, text, found in unmet(played)] == [("release is refused", "done")]


def test_steps_come_again_with_their_number() -> None:
    steps = '  - repeat: {times: 3, every: 10m, steps: [{release: "shop 1.{n}.0"}]}\n  - expect: {prod: 1.3.0}\n'
    played = play(steps)
    assert unmet(played) == []
    assert [text for _, text in told(played, "release")] == ["r1 1.1.0", "r2 1.2.0", "r3 1.3.0"]
    assert (played.ended - played.began).total_seconds() == 1800


def test_a_commit_of_a_person_moves_on_like_a_release() -> None:
    manifest = "kind: ConfigMap\napiVersion: v1\nmetadata: {name: shop}\n"
    text = f"""\
config: |
  version: 1
  live: none
  layout: {{branch: "environment/{{environment}}", path: "{{app}}"}}
  environments: [{{name: dev, promote: auto}}, {{name: prod, promote: auto}}]
  apps:
    shop: {{path: "shop/{{environment}}", render: plain}}
    cart: {{path: "cart/{{environment}}", render: plain}}
apps: [shop]
steps:
  - commit: {{message: Add a map, files: {{shop/prod/map.yaml: "{manifest.replace(chr(10), chr(92) + "n")}"}}}}
    by: ada
    expect: {{shop: {{prod: r1}}}}
"""
    assert unmet(simulate(read_script("x.yaml", text.encode()), nowhere)) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("never: {prd: r1}\nsteps: [{later: 1h}]\n", "x.yaml:7:never.prd: there is no environment prd; did you mean"),
        ("steps: [{release: shp 1.2}]\n", "x.yaml:7:steps[0].release: shp is not an app or environment here; did you"),
        ("steps: [{until: Mob 09:00}]\n", "x.yaml:7:steps[0].until: Mob 09:00 is not a moment"),
        (
            "answers: [{gate: window, says: success}]\nsteps: [{later: 1h}]\n",
            "x.yaml:7:answers[0].gate: window asks no",
        ),
        ("answers: [{gate: htp, says: success}]\nsteps: [{later: 1h}]\n", "x.yaml:7:answers[0].gate: htp is no gate; "),
        ("steps: [{check: {name: ci, in: prd, says: success}}]\n", "x.yaml:7:steps[0].check.in: there is no environ"),
        ("steps: [{expect: {cart: {prod: r1}}}]\n", "x.yaml:7:steps[0].expect.cart.prod: there is no app cart; "),
        ("apps: [cart]\nsteps: [{later: 1h}]\n", "x.yaml:7:apps[0]: there is no app cart; there is shop"),
        ("start: Mon\nsteps: [{later: 1h}]\n", "x.yaml:7:start: Mon is not a moment"),
    ],
)
def test_what_the_config_does_not_have_is_a_fault_of_the_script(text: str, said: str) -> None:
    config = (
        'config: |\n  version: 1\n  live: none\n  environments: [dev, prod]\n  apps:\n    shop: "shop/{environment}"\n'
    )
    with pytest.raises(ConfigInvalid) as caught:
        simulate(read_script("x.yaml", (config + text).encode()), nowhere)
    assert str(caught.value).startswith(said)


def test_a_fault_of_the_config_in_a_script_is_told_where_it_stands() -> None:
    text = "config: |\n  version: 1\n  live: none\n  environments: [{name: dev, promot: auto}]\n  apps: {}\n"
    text += "steps: [{later: 1h}]\n"
    with pytest.raises(ConfigInvalid) as caught:
        simulate(read_script("x.yaml", text.encode()), nowhere)
    assert "x.yaml:4:config.environments[dev].promot: unknown key promot; did you mean promote?" in str(caught.value)


def test_clusters_that_nobody_looks_at_cannot_do_anything() -> None:
    text = 'config: |\n  version: 1\n  live: none\n  environments: [dev]\n  apps: {shop: "shop/{environment}"}\n'
    script = read_script("x.yaml", (text + "steps: [{cluster: {in: dev, is: hangs}}]\n").encode())
    ((_, what, found),) = unmet(simulate(script, nowhere))
    assert (what, found.partition(" of dev")[0]) == ("cluster is done", "refused: nobody looks at the clusters")


def test_what_cannot_be_rendered_cannot_be_played() -> None:
    text = """\
config: |
  version: 1
  live: none
  tools: {kustomize: 5.8.1}
  layout: {branch: "environment/{environment}", path: "{app}"}
  environments: [dev]
  apps: {shop: {path: "shop/{environment}", render: helm}}
steps: [{later: 1h}]
"""
    with pytest.raises(EdgeFailed, match="shop in dev"):
        simulate(read_script("x.yaml", text.encode()), nowhere)
