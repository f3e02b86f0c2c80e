"""The house rules, as far as a machine can judge them: sizes, names, tests beside the code, layers, honest tests."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

from promoter.plan.verbs import VERBS
from promoter.render.detect import RENDERERS

ROOT = Path(__file__).parents[1]
BANNED = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
HOSTS = {
    "127.0.0.1",
    "distribution.github.io",
    "docs.docker.com",
    "git-scm.com",
    "github.com",
    "gitlab.com",
    "host",
    "index.docker.io",
    "json-schema.org",
    "keepachangelog.com",
    "kubernetes.default.svc",
    "kubernetes.io",
    "semver.org",
    "source-controller",
    "token.actions.githubusercontent.com",
    "www.apache.org",
}
"""What the project may name outside its tests; hosts that end in `.example` or `.example.com` beside these."""
MACHINE = re.compile(r"(?<![\w.{}$-])/(?:work|root|home|Users|mnt|private)/\w")
LOCATION = re.compile(r"https?://(?:[^/\s\"'`@]*@)?([A-Za-z0-9][\w.-]*\w)")


def files(*folders: str, suffixes: tuple[str, ...] = (".py",)) -> list[Path]:
    """Give the files below `folders` that end so."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*"))
    return sorted(path for path in found if path.suffix in suffixes and path.is_file() and path.parent.name[:2] != "__")


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


SOURCES = files("promoter", "benchmarks")
TESTS = files("tests")
PYTHON = [*SOURCES, *TESTS]
SHOWN = [
    *SOURCES,
    *files("promoter", "docs", "fixtures", "policies", suffixes=(".md", ".yaml", ".json", ".jinja", ".tpl")),
    *(path for path in sorted(ROOT.iterdir()) if path.suffix in (".md", ".toml", ".lock") or path.name == "Makefile"),
]


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def test_files_are_short() -> None:
    limits = [(path, 400) for path in SOURCES] + [(path, 600) for path in TESTS]
    lengths = [(named(path), len(path.read_text(encoding="utf-8").splitlines()), limit) for path, limit in limits]
    assert len(lengths) > 200
    assert [entry for entry in lengths if entry[1] > entry[2]] == []


def test_functions_are_short() -> None:
    assert [(named(path), *each) for path in PYTHON for each in functions(path) if each[1] > 60] == []


def test_names_say_what_is_in_them() -> None:
    assert [named(path) for path in PYTHON if not BANNED.isdisjoint({path.stem, path.parent.name})] == []


def test_every_folder_of_code_is_a_package() -> None:
    folders = {path.parent for path in PYTHON}
    assert [named(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


@pytest.mark.parametrize("folder", ["policy/gates", "cluster/readers", "run/probes"])
def test_every_plug_in_has_its_test(folder: str) -> None:
    kinds = [path.stem for path in (ROOT / "promoter" / folder).glob("*.py") if path.stem != "__init__"]
    assert len(kinds) > 1
    assert [kind for kind in kinds if not (ROOT / "tests" / folder / f"test_{kind}.py").exists()] == []


def test_every_renderer_has_its_test() -> None:
    made_here = sorted(set(RENDERERS) - {"external"})  # external refuses; detect's test reads the message
    assert [kind for kind in made_here if not (ROOT / "tests" / "render" / f"test_{kind}.py").exists()] == []


@pytest.mark.parametrize("verb", [entry.name for entry in VERBS])
def test_every_verb_is_called_by_a_test(verb: str) -> None:
    called = re.compile(rf"[(\[]\s*\"{verb}\"[,)\]]")
    callers = [path for path in files("tests") if path != Path(__file__) and called.search(path.read_text("utf-8"))]
    assert callers != []


def test_imports_point_down_only(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True) == 0, capsys.readouterr().out


def forbidden(path: Path) -> Iterator[str]:
    """Give what no test may do: look away, or put something else in the place of our own code."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
            yield from (f"imports {name}" for name in names if "mock" in name.split("."))
        elif isinstance(node, ast.Attribute) and re.fullmatch(
            r"pytest\.(mark\.)?(skip|skipif|xfail|importorskip)", ast.unparse(node)
        ):
            yield f"{node.attr} in line {node.lineno}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "setattr":
            target = node.args[0]
            if not (isinstance(target, ast.Constant) and str(target.value).startswith("sys.")):
                yield f"replaces something in line {node.lineno}"
        elif isinstance(node, ast.Assert) and isinstance(node.test, ast.Constant):
            yield f"asserts a constant in line {node.lineno}"


def test_tests_are_honest() -> None:
    assert [(named(path), what) for path in TESTS for what in forbidden(path)] == []


def test_the_check_of_honesty_can_fail(tmp_path: Path) -> None:
    file = tmp_path / "test_x.py"
    file.write_text(
        "from unittest import mock\nimport unittest.mock\n"
        "@pytest.mark.skipif(True)\ndef test(monkeypatch):\n"
        "    monkeypatch.setattr('promoter.cli.main', 1)\n    pytest.skip('x')\n    assert True\n"
    )
    assert len(list(forbidden(file))) == 6


def test_nothing_names_a_machine_or_an_unknown_host() -> None:
    found = []
    for path in SHOWN:
        text = path.read_text(encoding="utf-8")
        found += [(named(path), match.group()) for match in MACHINE.finditer(text)]
        found += [(named(path), host) for host in LOCATION.findall(text) if not known(host)]
    assert found == []


def known(host: str) -> bool:
    return host in HOSTS or host.endswith((".example", ".example.com", ".svc.cluster.local"))


def test_the_check_of_places_can_fail() -> None:
    assert MACHINE.search("see /" + "home/kim/x")
    assert not MACHINE.search("apps/home/x and https://h/work/x")
    assert LOCATION.findall("index http://kim@mirror.corp:8080/simple") == ["mirror.corp"]
    assert not known("mirror.corp")


def test_the_lock_names_no_index() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "--hash=sha256:" in lock
    assert not re.search(r"https?://|--(?:extra-)?index-url|--find-links", lock)
