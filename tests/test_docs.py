"""What the documentation says is true: configs load, commands exist, links lead on, and the output was printed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from promoter.cli.main import main, program
from promoter.policy.load import Loaded
from tests.policy.trees import load_files

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted(
    (ROOT / "docs").glob("*.md")
)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PRINTED = re.compile(r"^<!-- from the demo -->\n```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEX = re.compile(r"\b[0-9a-f]{7,40}\b")


def blocks(language: str) -> list[tuple[str, str]]:
    """Give (page, text) of every block of `language`."""
    return [
        (page.name, text)
        for page in PAGES
        for found, text in BLOCK.findall(page.read_text("utf-8"))
        if found == language
    ]


CONFIGS = [block for block in blocks("yaml") if block[1].startswith("# promoter.yaml\n")]
COMMANDS = [
    (page, line.removeprefix("$ ").removeprefix("promoter "))
    for page, text in [*blocks("console"), *blocks("sh"), *blocks("text")]
    for line in (each.split("  #")[0].strip() for each in text.splitlines())
    if line.startswith("$ promoter ") or (page != "commands.md" and line.startswith("promoter "))
]


def sources() -> dict[str, str]:
    """The folders that the examples promote from, and the policies that they name."""
    apps = [
        f"services/{app}/overlays/{env}"
        for app in ("cart", "payments")
        for env in ("dev", "staging", "prod-eu", "prod-us")
    ]
    plain = [f"services/{app}" for app in ("cart", "payments")]
    shop = [f"{at}/{env}" for at in ("apps/shop/overlays", "apps/shop", "deploy") for env in ("dev", "staging", "prod")]
    policies = {f"policies/{file.name}": file.read_text("utf-8") for file in (ROOT / "policies").glob("*.yaml")}
    return {f"{folder}/app.yaml": "" for folder in (*apps, *plain, *shop)} | policies


@pytest.mark.parametrize(("page", "text"), CONFIGS, ids=[page for page, _ in CONFIGS])
def test_every_config_loads(page: str, text: str) -> None:
    loaded = load_files({**sources(), "promoter.yaml": text})
    assert isinstance(loaded, Loaded)
    assert loaded.config.apps
    assert not loaded.config.tools or loaded.config.layout is not None


def test_there_are_configs_and_commands() -> None:
    assert len(CONFIGS) >= 6
    assert {page for page, _ in CONFIGS} >= {"README.md", "config.md", "layouts.md", "live.md"}
    assert len(COMMANDS) > 40


@pytest.mark.parametrize(("page", "line"), sorted(set(COMMANDS)), ids=lambda each: each)
def test_every_command_exists(page: str, line: str) -> None:
    words = shlex.split(line)
    above = program.make_context("promoter", list(words))
    rest = [*above._protected_args, *above.args]
    name, command, arguments = program.resolve_command(above, rest)
    assert command is not None
    below = command.make_context(name, list(arguments), parent=above)
    if isinstance(command, click.Group):
        inner, sub, arguments = command.resolve_command(below, [*below._protected_args, *below.args])
        assert sub is not None
        sub.make_context(inner, list(arguments), parent=below)


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    text = BLOCK.sub("", page.read_text("utf-8"))
    for link in LINK.findall(text):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name) if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def anchors(page: Path) -> set[str]:
    """The anchors that forges give to headings."""
    headings = re.findall(r"^#+ (.+)$", BLOCK.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_demo_prints_what_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--plain", "--folder", str(tmp_path / "demo")]) == 0
    printed = [HEX.sub("X", line) for line in capsys.readouterr().out.splitlines()]
    shown = {page.name: PRINTED.findall(page.read_text("utf-8")) for page in PAGES}
    assert {name for name, texts in shown.items() if texts} == {"README.md", "rollback.md"}
    for texts in shown.values():
        rest = iter(printed)
        for line in (each for text in texts for each in text.splitlines() if each and each != "..."):
            assert HEX.sub("X", line) in rest, line
    assert printed[-1].startswith("32 commands, ")
    assert "32 commands" in (ROOT / "README.md").read_text("utf-8")
