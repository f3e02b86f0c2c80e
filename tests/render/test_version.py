from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from promoter.errors import RenderFailed
from promoter.render.program import Programs
from promoter.render.version import installed, tool
from tests.render.commits import PROGRAMS, version


def place(folder: Path, programs: Mapping[str, str]) -> Programs:
    """Give a search path with programs that print a text."""
    folder.mkdir(exist_ok=True)
    for name, script in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return Programs(f"{folder}:/usr/bin:/bin" if "kubectl" in programs else f"{folder}:/nowhere")


KUBECTL = """echo '{"clientVersion": {"gitVersion": "v1.35.0"}, "kustomizeVersion": "v5.7.1"}'"""


def test_the_real_programs_say_their_versions() -> None:
    assert version("kustomize") == "5.8.1"
    found = tool("helm", {"helm": f"v{version('helm')}"}, PROGRAMS)
    assert (found.version, Path(found.argv[0]).name) == (version("helm"), "helm")
    assert Path(tool("kustomize", {"kustomize": "5.8.1"}, PROGRAMS).argv[0]).name == "kustomize"


@pytest.mark.parametrize(
    ("program", "said", "is_version"),
    [
        ("helm", "v4.2.3", "4.2.3"),
        ("helm", "v4.2.3+g1a2b3c4", "4.2.3"),
        ("kustomize", "{Version:kustomize/v4.5.7 GitCommit:56d82a8378dfc8dc3b3b1085e5a6e67b82966bd7}", "4.5.7"),
        ("jsonnet", "Jsonnet commandline interpreter (Go implementation) v0.21.0-rc2", "0.21.0-rc2"),
        ("ytt", "ytt version 0.52", "0.52"),
        ("kustomize", "(devel)", ""),
    ],
)
def test_a_version_is_found_in_what_is_said(tmp_path: Path, program: str, said: str, is_version: str) -> None:
    programs = place(tmp_path / "bin", {program: f"echo '{said}'"})
    assert next(installed(program, programs)).version == is_version


def test_kustomize_inside_kubectl_serves_when_it_is_the_right_one(tmp_path: Path) -> None:
    programs = place(tmp_path / "bin", {"kubectl": KUBECTL, "kustomize": "echo v5.8.1"})
    found = tool("kustomize", {"kustomize": "5.7.1"}, programs)
    assert (Path(found.argv[0]).name, found.argv[1:]) == ("kubectl", ("kustomize",))
    assert Path(tool("kustomize", {"kustomize": "5.8.1"}, programs).argv[0]).name == "kustomize"


@pytest.mark.parametrize(
    ("there", "name", "wanted", "why"),
    [
        ({}, "kustomize", {"kustomize": "5.8.1"}, "kustomize 5.8.1 is needed, and there is none\n.*kustomize%2Fv5.8.1"),
        ({}, "helm", {"helm": "4.2.3"}, "helm 4.2.3 is needed, and there is none\n.*helm/releases/tag/v4.2.3"),
        ({}, "ytt", {"ytt": "1.0.0"}, "ytt 1.0.0 is needed, and there is none\n  Install ytt 1.0.0"),
        ({"helm": "echo v3.19.0"}, "helm", {"helm": "4.2.3"}, "helm 4.2.3 is needed, found 3.19.0 .*/bin/helm"),
        ({"helm": "exit 1"}, "helm", {"helm": "4.2.3"}, "helm 4.2.3 is needed, found no version .*/bin/helm"),
        ({"helm": "echo v4.2.3"}, "helm", {}, "tools names no version of helm(.|\n)*tools: {helm: 4.2.3}"),
        ({}, "helm", {}, "tools names no version of helm(.|\n)*tools: {helm: VERSION}"),
        ({"kubectl": KUBECTL}, "kustomize", {"kustomize": "5.8.1"}, "found 5.7.1 .*/bin/kubectl"),
    ],
)
def test_another_version_never_renders(
    tmp_path: Path, there: Mapping[str, str], name: str, wanted: Mapping[str, str], why: str
) -> None:
    with pytest.raises(RenderFailed, match=why):
        tool(name, wanted, place(tmp_path / "bin", there))


def test_a_program_is_asked_once_until_it_is_another(tmp_path: Path) -> None:
    log = tmp_path / "log"
    programs = place(tmp_path / "bin", {"helm": f"echo asked >> {log}; echo v4.2.3"})
    for _ in range(3):
        assert tool("helm", {"helm": "4.2.3"}, programs).version == "4.2.3"
    assert log.read_text() == "asked\n"
    place(tmp_path / "bin", {"helm": "echo version v4.3.0"})
    assert next(installed("helm", programs)).version == "4.3.0"
