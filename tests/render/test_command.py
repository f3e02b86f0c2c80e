from __future__ import annotations

from pathlib import Path

import pytest

from promoter.errors import RenderFailed
from promoter.render.port import SETTINGS
from promoter.render.program import Limits
from tests.render.commits import Commit, commit, link, program, render, request

PRINT = """#!/bin/sh
printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: %s}\\ndata: {from: "%s"}\\n' "$1" "$(cat ../shared/text)"
"""


@pytest.fixture
def source(tmp_path: Path) -> Commit:
    plain = commit(tmp_path, {"app/x/deep/file": "1", "shared/text": "hello", "other/file": "2"})
    return plain.edited({"app/print.sh": program(plain, PRINT), "tools/print.sh": program(plain, PRINT)})


def test_what_it_prints_is_rendered(source: Commit) -> None:
    wish = request("app", "command", {"run": ("./print.sh", "{app}-{environment}"), "inputs": ("../shared",)})
    result = render(source, wish)
    assert b'from: "hello"' in result.files["configmap-shop-dev.yaml"]
    assert list(result.inputs) == ["app", "shared", SETTINGS]
    assert result.tools == {}


def test_a_program_of_the_repository_is_an_input(source: Commit) -> None:
    wish = request("app", "command", {"run": ("/tools/print.sh", "x"), "inputs": ("/shared/text",)})
    assert list(render(source, wish).inputs) == ["app", "shared/text", "tools/print.sh", SETTINGS]


def test_it_sees_nothing_but_its_inputs(source: Commit) -> None:
    with pytest.raises(RenderFailed, match=r"(?s)cat failed.*other/file: No such file"):
        render(source, request("app", "command", {"run": ("cat", "../other/file")}))


def test_a_folder_that_it_writes_is_rendered(source: Commit) -> None:
    script = """
        mkdir -p out/sub
        for n in b a; do echo "{apiVersion: v1, kind: Page, metadata: {name: $n}}" > out/sub/$n.yaml; done
        echo no > out/README
        echo talk
    """
    result = render(source, request("app", "command", {"run": ("sh", "-c", script), "output": "out"}))
    assert list(result.files) == ["page-a.yaml", "page-b.yaml"]


def test_the_version_of_a_listed_program_is_recorded(source: Commit) -> None:
    wish = request("app", "command", {"run": ("kustomize", "version"), "tools": ("helm",)})
    with pytest.raises(RenderFailed, match="what the command printed is not a Kubernetes object but the text 'v5"):
        render(source, wish)
    script = "echo '{apiVersion: v1, kind: Page, metadata: {name: a}}'"
    result = render(source, request("app", "command", {"run": ("sh", "-c", script), "tools": ("helm", "kustomize")}))
    assert result.tools.keys() == {"helm", "kustomize"}


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({}, "command names no command"),
        ({"run": ("nothing-like-it",)}, "nothing-like-it is not installed"),
        ({"run": ("./none.sh",)}, r"render names \./none.sh, which is not in this commit"),
        ({"run": ("x/deep/file",)}, "app/x/deep/file is not an executable file"),
        ({"run": ("../../print.sh",)}, "leaves the repository"),
        ({"run": ("true",), "inputs": ("../../x",)}, "leaves the repository"),
        ({"run": ("true",), "output": "../out"}, r"output \.\./out leaves the app's folder"),
        ({"run": ("true",), "output": "/out"}, "output /out leaves the app's folder"),
        ({"run": ("true",), "output": "out"}, "the command made no folder app/out"),
        ({"run": ("sh", "-c", "mkdir out"), "output": "out"}, "no object was rendered"),
        ({"run": ("sh", "-c", "mkdir out; ln -s /etc/hosts out/a.yaml"), "output": "out"},
         "app/out/a.yaml is a symlink"),
        ({"run": ("sh", "-c", "ln -s /etc out"), "output": "out"}, "the command made no folder app/out"),
        ({"run": ("sh", "-c", "echo why >&2; exit 7")}, r"(?s)sh failed \(exit 7\):.why"),
        ({"run": ("true",), "shell": "true"}, "command has no setting shell"),
        ({"run": ("true",), "tools": ("ytt",)}, "tools names no version of ytt"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_said(source: Commit, settings: dict[str, str | tuple[str, ...]], why: str) -> None:
    with pytest.raises(RenderFailed, match=why):
        render(source, request("app", "command", settings))


def test_it_may_take_neither_for_ever_nor_all_the_disk(source: Commit) -> None:
    with pytest.raises(RenderFailed, match=r"sleep did not end within 0\.5 seconds"):
        render(source, request("app", "command", {"run": ("sleep", "60")}), limits=Limits(seconds=0.5))
    write: dict[str, str | tuple[str, ...]] = {
        "run": ("sh", "-c", "mkdir out; yes | head -c 2000 > out/a.yaml"),
        "output": "out",
    }
    with pytest.raises(RenderFailed, match="the command wrote more than 1000 bytes"):
        render(source, request("app", "command", write), limits=Limits(output=1000))


def test_the_same_symlink_rules_hold(source: Commit) -> None:
    with pytest.raises(RenderFailed, match="the symlink app/x/away leaves the repository"):
        render(source.edited({"app/x/away": link(source, "../../../x")}), request("app", "command", {"run": ("true",)}))
