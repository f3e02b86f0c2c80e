"""What reaches the runner, whatever the text."""

from __future__ import annotations

import io
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.action.runner import ANNOTATIONS_MOST, SUMMARY_MOST, Note, Runner

EVIL = st.text() | st.sampled_from(
    ["::error::x", "\n::set-output name=a::b", "a\r\n::add-mask::b", "%0A::x::", "##[error]x", "promoter-\nx", "EOF\n"]
)


def parsed(text: str) -> dict[str, str]:
    """Read an output file as the runner does."""
    found, lines = {}, iter(text.split("\n"))
    for line in lines:
        if not line:
            continue
        name, _, mark = line.partition("<<")
        value = []
        for inner in lines:
            if inner == mark:
                break
            value.append(inner)
        found[name] = "\n".join(value)
    return found


@given(st.dictionaries(st.sampled_from(["plan", "merged", "next-look"]), EVIL))
def test_outputs_come_back_as_they_went(values: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "output"
        Runner(io.StringIO(), file).output(values)
        read = file.read_bytes().decode() if file.exists() else ""
        assert parsed(read) == values


@given(EVIL, EVIL, EVIL)
def test_a_note_is_one_command(text: str, file: str, title: str) -> None:
    log = io.StringIO(newline="")
    Runner(log).annotate("error", [Note(text, file, 3, title)])
    written = log.getvalue()
    assert written.endswith("\n")
    assert "\n" not in written[:-1]
    assert "\r" not in written
    assert re.fullmatch(r"::error [^:]*::[^\n]*\n", written)


def test_what_is_too_much_is_counted() -> None:
    log = io.StringIO()
    Runner(log).annotate("warning", [Note(str(n)) for n in range(ANNOTATIONS_MOST + 3)])
    assert log.getvalue().count("::warning::") == ANNOTATIONS_MOST
    assert log.getvalue().endswith("and 3 more\n")


def test_inside_a_group_the_runner_takes_no_commands() -> None:
    log = io.StringIO()
    runner = Runner(log)
    with runner.group("a % of\nb"):
        log.write("::error::evil\n")
    lines = log.getvalue().splitlines()
    assert lines[0] == "::group::a %25 of%0Ab"
    token = lines[1].removeprefix("::stop-commands::")
    assert re.fullmatch(r"[0-9a-f]{32}", token)
    assert lines[2:] == ["::error::evil", f"::{token}::", "::endgroup::"]


def test_a_group_is_closed_when_something_fails() -> None:
    log = io.StringIO()
    with pytest.raises(ZeroDivisionError), Runner(log).group("x"):
        _ = 1 // 0
    assert log.getvalue().endswith("::endgroup::\n")


def test_secrets_of_several_lines_are_masked_line_by_line() -> None:
    log = io.StringIO()
    Runner(log).mask("one\n\ntwo%\n")
    assert log.getvalue() == "::add-mask::one\n::add-mask::two%25\n"


def test_a_long_summary_is_cut_at_a_line(tmp_path: Path) -> None:
    file = tmp_path / "summary"
    Runner(io.StringIO(), None, file).summary("ü" * 50 + "\n" + ("x" * 99 + "\n") * 12_000)
    text = file.read_bytes()
    assert len(text) <= SUMMARY_MOST
    assert text.decode().endswith("x\n\n\nThe rest is too long for a summary; it stands in the job's log.\n")


def test_without_its_files_nothing_is_written() -> None:
    log = io.StringIO()
    Runner(log).output({"a": "b"})
    Runner(log).summary("x")
    assert log.getvalue() == ""
