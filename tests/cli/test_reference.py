from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from promoter.cli.exits import MEANINGS, Exit
from promoter.cli.main import program
from promoter.cli.reference import pages, write
from promoter.errors import ConfigInvalid, EdgeFailed, LostRace, PromoterError, UsageError
from promoter.plan.verbs import VERBS, verb

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", sorted(pages()))
def test_the_pages_are_what_the_code_says(name: str) -> None:
    stored = (DOCS / name).read_text(encoding="utf-8")
    assert stored == pages()[name], "python -m promoter.cli.reference makes them anew"


def test_pages_are_written_where_asked(tmp_path: Path) -> None:
    write(tmp_path)
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == pages()


def test_every_verb_that_is_there_is_described() -> None:
    with click.Context(program) as context:
        known = program.list_commands(context)
    headings = re.findall(r"^### `promoter (\S+)", pages()["commands.md"], re.MULTILINE)
    assert sorted(name.strip("`") for name in headings) == sorted(known)
    assert len({entry.name for entry in VERBS}) == len(VERBS)
    assert verb("status").summary in pages()["commands.md"]


def test_every_exit_code_has_a_meaning_and_errors_use_them() -> None:
    assert set(MEANINGS) == set(Exit)
    for kind, code in ((EdgeFailed, Exit.EDGE), (UsageError, Exit.USAGE), (LostRace, Exit.RACE)):
        assert kind.exit_code == code
    assert (PromoterError.exit_code, ConfigInvalid.exit_code) == (Exit.EDGE, Exit.CONFIG)
