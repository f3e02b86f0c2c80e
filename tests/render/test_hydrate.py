from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from promoter.errors import RenderFailed
from promoter.render.hydrate import changed, hydrate
from promoter.render.port import SETTINGS, NotRendered, Previous, Rendered, RenderRequest, Result, Unchanged
from promoter.render.program import Limits, Programs
from tests.render.commits import PROGRAMS, SEARCH, Commit, commit, fixture, recorded, request

ENVIRONMENTS = ("dev", "staging", "prod")
BASE = "resources: [config.yaml]\n"
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {a: '1'}\n"


def apps(folder: Path, count: int) -> tuple[Commit, list[RenderRequest]]:
    """Make a repository of `count` kustomize apps with an overlay for every environment."""
    files = {}
    wishes = []
    for number in range(count):
        app = f"app-{number}"
        files[f"{app}/base/kustomization.yaml"] = BASE
        files[f"{app}/base/config.yaml"] = CONFIG % app
        for environment in ENVIRONMENTS:
            path = f"{app}/{environment}"
            files[f"{path}/kustomization.yaml"] = f"resources: [../base]\nnamespace: {environment}\n"
            wishes.append(request(path, app=app, environment=environment))
    return commit(folder, files), wishes


def counting(folder: Path) -> tuple[Programs, Path]:
    """Give programs whose kustomize notes every build."""
    real = PROGRAMS.which("kustomize")
    log = folder / "builds"
    log.touch()
    (folder / "bin").mkdir()
    wrapper = folder / "bin" / "kustomize"
    wrapper.write_text(f'#!/bin/sh\n[ "$1" = build ] && echo build >> {log}\nexec {real} "$@"\n')
    wrapper.chmod(0o755)
    return Programs(f"{folder / 'bin'}:{SEARCH}"), log


def test_a_change_of_one_app_in_twenty_renders_that_app_alone(tmp_path: Path) -> None:
    source, wishes = apps(tmp_path, 20)
    programs, log = counting(tmp_path)
    previous = {key: recorded(result) for key, result in hydrate(source, wishes, {}, programs=programs).items()}
    assert log.read_text().count("build") == 60
    log.write_text("")
    touched = source.edited({"app-7/base/config.yaml": CONFIG % "new"})
    results = hydrate(touched, wishes, previous, programs=programs)
    assert {key for key, result in results.items() if isinstance(result, Rendered)} == {
        ("app-7", environment) for environment in ENVIRONMENTS
    }
    assert sum(isinstance(result, Unchanged) for result in results.values()) == 57
    assert log.read_text().count("build") == 3
    log.write_text("")
    one = source.edited({"app-7/prod/kustomization.yaml": "resources: [../base]\nnamespace: other\n"})
    hydrate(one, wishes, previous, programs=programs)
    assert log.read_text().count("build") == 1
    log.write_text("")
    hydrate(source, wishes, previous, programs=programs)
    assert log.read_text() == ""


def test_what_shapes_a_rendering_is_part_of_its_key(tmp_path: Path) -> None:
    source, (wish, *_) = apps(tmp_path, 1)
    key = (wish.app, wish.environment)
    first = hydrate(source, [wish], {}, programs=PROGRAMS)[key]
    previous = {key: recorded(first)}

    def again(wish_now: RenderRequest, before: Previous = previous[key]) -> Result:
        return hydrate(source, [wish_now], {key: before}, programs=PROGRAMS)[key]

    assert isinstance(first, Rendered)
    assert again(wish) == Unchanged(first.inputs, first.tools)
    assert isinstance(again(replace(wish, rule=replace(wish.rule, settings={"single": "true"}))), Rendered)
    assert isinstance(again(replace(wish, tools={"kustomize": "0.0.1"})), RenderFailed)
    assert isinstance(again(replace(wish, tools={})), RenderFailed)
    assert isinstance(again(wish, Previous(first.inputs, {"kustomize": "5.0.0"})), Rendered)
    assert isinstance(again(wish, Previous(first.inputs, {**first.tools, "helm": "3.0.0"})), Unchanged)
    assert isinstance(again(wish, Previous({**first.inputs, "more": "0"}, first.tools)), Rendered)
    assert isinstance(again(wish, Previous({**first.inputs, SETTINGS: "0"}, first.tools)), Rendered)


def test_what_is_unchanged_needs_no_program(tmp_path: Path) -> None:
    source, wishes = apps(tmp_path, 1)
    previous = {key: recorded(result) for key, result in hydrate(source, wishes, {}, programs=PROGRAMS).items()}
    results = hydrate(source, wishes, previous, programs=Programs("/nowhere"))
    assert all(isinstance(result, Unchanged) for result in results.values())


def test_a_failure_is_a_result_of_its_own_environment(tmp_path: Path) -> None:
    source, wishes = apps(tmp_path, 2)
    broken = source.edited({"app-0/prod/kustomization.yaml": "nonsense: 1\n", "app-1/dev/kustomization.yaml": None})
    results = hydrate(broken, wishes, {}, programs=PROGRAMS)
    failed = {key: str(result) for key, result in results.items() if isinstance(result, RenderFailed)}
    assert failed.keys() == {("app-0", "prod"), ("app-1", "dev")}
    assert failed["app-0", "prod"].startswith("app-0 in prod: kustomize failed (exit 1):")
    assert failed["app-1", "dev"].startswith("app-1 in dev: app-1/dev is not in this commit")
    assert sum(isinstance(result, Rendered) for result in results.values()) == 4


def test_results_and_progress_tell_of_every_request(tmp_path: Path) -> None:
    source, wishes = apps(tmp_path, 2)
    told: list[tuple[int, int, str, str]] = []
    results = hydrate(
        source,
        wishes,
        {},
        workers=3,
        programs=PROGRAMS,
        progress=lambda done, of, wish, result: told.append(
            (done, of, f"{wish.app} {wish.environment}", type(result).__name__)
        ),
    )
    assert list(results) == [(wish.app, wish.environment) for wish in wishes]
    assert [(done, of) for done, of, _, _ in told] == [(done + 1, 6) for done in range(6)]
    assert {name for _, _, name, _ in told} == {f"{wish.app} {wish.environment}" for wish in wishes}
    assert {kind for *_, kind in told} == {"Rendered"}
    assert hydrate(source, wishes, {}, workers=1, programs=PROGRAMS) == results


@pytest.mark.parametrize(
    ("broken", "repair", "elsewhere"),
    [
        ({"app-0/dev/kustomization.yaml": "resources: [../bas]\n"}, {"app-0/bas/kustomization.yaml": BASE}, "app-1/x"),
        ({"app-0/dev/kustomization.yaml": None}, {"app-0/dev/x.yaml": CONFIG % "x"}, "app-0/x"),
        ({"app-0/base/config.yaml": "a: ["}, {"app-0/base/config.yaml": CONFIG % "x"}, "app-0/prod/x"),
        ({"app-0/base/kustomization.yaml": None}, {"app-0/base/kustomization.yaml": BASE}, "app-0/prod/x"),
        ({"app-0/dev/kustomization.yaml": None, "app-0/dev/README": ""}, {"app-0/dev/x.yaml": ""}, "app-0/x"),
    ],
    ids=["base missing", "folder missing", "base broken", "base without kustomization", "nothing to render"],
)
def test_a_failure_remembers_what_it_looked_at(
    tmp_path: Path, broken: dict[str, str | None], repair: dict[str, str], elsewhere: str
) -> None:
    source, (wish, *_) = apps(tmp_path, 2)
    source = source.edited(broken)
    key = (wish.app, wish.environment)
    result = hydrate(source, [wish], {}, programs=PROGRAMS)[key]
    assert isinstance(result, NotRendered)
    assert result.lasting
    previous = {key: Previous(result.inputs, {})}
    assert changed(source, [wish], previous) == ()
    assert changed(source.edited({elsewhere: "x"}), [wish], previous) == ()
    assert changed(source.edited(dict(repair)), [wish], previous) == (key,)


def test_what_is_the_machine_s_fault_says_nothing_about_the_commit(tmp_path: Path) -> None:
    source, (wish, *_) = apps(tmp_path, 1)
    slow = request("app-0/dev", "command", {"run": ("sleep", "60")})
    absent = request("app-0/dev", "command", {"run": ("no-such-program",)}, environment="prod")
    programs = Programs(SEARCH, Limits(seconds=0.3))
    results = [
        *hydrate(source, [wish], {}, programs=Programs("/nowhere")).values(),
        *hydrate(source, [slow, absent], {}, programs=programs).values(),
    ]
    assert [isinstance(result, NotRendered) and not result.lasting for result in results] == [True] * 3


def test_changed_agrees_with_what_would_be_rendered(tmp_path: Path) -> None:
    source, wishes = apps(tmp_path, 3)
    previous = {key: recorded(result) for key, result in hydrate(source, wishes, {}, programs=PROGRAMS).items()}
    assert changed(source, wishes, previous) == ()
    assert changed(source, wishes, {}) == tuple(previous)
    assert changed(source.edited({"app-1/base/config.yaml": CONFIG % "x"}), wishes, previous) == tuple(
        ("app-1", environment) for environment in ENVIRONMENTS
    )
    newer = [replace(wish, tools={**wish.tools, "kustomize": "9.9.9"}) for wish in wishes[:1]]
    assert changed(source, newer, previous) == (("app-0", "dev"),)
    other = [replace(wish, rule=replace(wish.rule, settings={"single": "true"})) for wish in wishes[:1]]
    assert changed(source, other, previous) == (("app-0", "dev"),)


HELM: dict[str, str | tuple[str, ...]] = {"chart": "/charts/web", "values": ("common.yaml", "env/{environment}.yaml")}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "path", "kind", "settings"),
    [
        ("rendered-kustomize", "apps/shop/overlays/{environment}", "auto", {}),
        ("rendered-plain", "apps/shop/{environment}", "auto", {}),
        ("rendered-helm", "apps/web", "helm", HELM),
    ],
    ids=["kustomize", "plain", "helm"],
)
def test_what_is_not_rendered_again_would_be_the_same(
    tmp_path: Path, name: str, path: str, kind: str, settings: dict[str, str | tuple[str, ...]]
) -> None:
    source = fixture(tmp_path, name)
    wishes = [
        request(path.replace("{environment}", environment), kind, settings, environment=environment)
        for environment in ("dev", "prod")
    ]
    before = hydrate(source, wishes, {}, programs=PROGRAMS)
    previous = {key: recorded(result) for key, result in before.items()}
    unchanged = 0
    files = [file for file, _ in source.store.files(source.tree)]
    edits: list[dict[str, str | None]] = [{file: None} for file in files]
    edits += [{f"{folder}zz.yaml": CONFIG % "zz"} for folder in sorted({file[: file.rfind("/") + 1] for file in files})]
    for edit in edits:
        other = source.edited(edit)
        fresh = hydrate(other, wishes, {}, programs=PROGRAMS)
        for key, result in hydrate(other, wishes, previous, programs=PROGRAMS).items():
            assert (key in changed(other, wishes, previous)) != isinstance(result, Unchanged)
            if isinstance(result, Unchanged):
                unchanged += 1
                assert fresh[key] == before[key], edit
            else:
                assert str(result) == str(fresh[key]), edit
    assert unchanged > 0


def test_nothing_to_render_is_nothing(tmp_path: Path) -> None:
    source, wishes = apps(tmp_path, 1)
    assert hydrate(source, [], {}) == {}
    with pytest.raises(ValueError, match="asked for twice"):
        hydrate(source, [wishes[0], wishes[0]], {})


def test_an_interruption_stops_what_runs(tmp_path: Path) -> None:
    source, wishes = apps(tmp_path, 2)
    slow = [request("app-0/dev", "command", {"run": ("sleep", "60")}, app="slow", environment="dev"), wishes[0]]

    def interrupt(done: int, of: int, wish: RenderRequest, result: Result) -> None:
        raise KeyboardInterrupt

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        hydrate(source, slow, {}, workers=2, programs=Programs(SEARCH), progress=interrupt)
    assert time.monotonic() - start < 40
