"""What is one forge's own stands behind the port: nothing else imports it, or knows what the forge is called."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "promoter"
LIBRARIES = {"github": "forge/github", "gitlab": "forge/gitlab"}
"""Library -> how the files begin that may import it."""
BEHIND = re.compile(r"forge/(gitlab\w*|chosen)\.py|gitlab_ci/\w+\.py|cli/gitlab_ci\.py")
"""GitLab's forge, its job, and the choice of a forge."""
WORDS = {
    "cli/init.py": "help that says what is written where",
    "cli/shell.py": "the variable that names who started a job",
    "forge/codeowners.py": "a place of CODEOWNERS",
    "git/credential.py": "the variable with a token, and the server that it is for",
    "plan/verbs.py": "the verb that a job calls, and help",
    "run/content.py": "files of a repository",
    "run/init.py": "files that `init` writes",
    "run/init_pipeline.py": "files that `init` writes",
    "run/probes/pipeline.py": "where the pipeline is described",
    "run/survey_writers.py": "files by which others write",
}
"""File -> what it names GitLab for: paths, variables and help; none of it decides how merge requests are handled."""


def sources() -> list[tuple[str, ast.Module]]:
    found = sorted(PACKAGE.rglob("*.py"))
    return [(file.relative_to(PACKAGE).as_posix(), ast.parse(file.read_text(encoding="utf-8"))) for file in found]


def imported(tree: ast.Module) -> set[str]:
    names = {one.name for node in ast.walk(tree) if isinstance(node, ast.Import) for one in node.names}
    return names | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def texts(tree: ast.Module) -> Iterator[str]:
    """Give every text but docstrings."""
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


@pytest.mark.parametrize(("library", "start"), LIBRARIES.items())
def test_a_forges_library_is_imported_by_its_forge_alone(library: str, start: str) -> None:
    strays = [
        file
        for file, tree in sources()
        if any(name.split(".")[0] == library for name in imported(tree))
        and not file.startswith(start)
        and file != "forge/chosen.py"
    ]
    assert strays == []


def test_nothing_imports_gitlabs_own_but_the_choice_of_a_forge_and_its_job() -> None:
    strays = [
        (file, name)
        for file, tree in sources()
        for name in imported(tree)
        if name.startswith(("promoter.forge.gitlab", "promoter.gitlab_ci")) and not BEHIND.fullmatch(file)
    ]
    assert strays == []


def test_nobody_else_speaks_of_gitlab() -> None:
    strays = {
        (file, text)
        for file, tree in sources()
        if not BEHIND.fullmatch(file) and file not in WORDS
        for text in texts(tree)
        if re.search(r"gitlab|merge request", text, re.IGNORECASE)
    }
    assert strays == set()


def test_no_reason_outlives_its_word() -> None:
    known = dict(sources())
    assert [file for file in WORDS if not any("gitlab" in text.lower() for text in texts(known[file]))] == []
