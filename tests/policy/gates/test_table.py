from __future__ import annotations

from pathlib import Path

from promoter.policy.gates import GATES, KINDS

HERE = Path(__file__).parent
SOURCES = Path(__file__).parents[3] / "promoter" / "policy" / "gates"


def test_every_file_is_one_kind_with_its_test() -> None:
    files = {path.stem for path in SOURCES.glob("*.py")} - {"__init__"}
    assert set(KINDS) == set(GATES) == files
    for kind, gate in GATES.items():
        assert gate.kind == kind
        assert gate.__doc__
        assert (HERE / f"test_{kind}.py").exists()
