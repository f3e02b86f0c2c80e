"""The gates: each file here is one kind, found by listing this folder.

A file `<kind>.py` defines `FORM` (the value's file form, for pydantic), `build` (form -> gate, None when the form says
"no gate"), `AFTER_MERGE` (whether it may stand under `verify` too) and `GATE` (the class).
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from promoter.policy.gate import Gate, GateTable


@dataclass(frozen=True, slots=True)
class GateKind:
    """One kind of gate, as its file offers it."""

    gate: type[Gate]
    form: Any
    """An annotation for a field of a form."""
    build: Callable[[Any], Gate | None]
    after_merge: bool


def _list() -> Mapping[str, GateKind]:
    found = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        file = import_module(f"{__name__}.{module.name}")
        if file.GATE.kind != module.name:
            raise RuntimeError(f"{file.__name__} holds a gate of kind {file.GATE.kind}")
        found[module.name] = GateKind(file.GATE, file.FORM, file.build, file.AFTER_MERGE)
    return found


KINDS: Mapping[str, GateKind] = _list()
"""Kind -> what its file offers."""
GATES: GateTable = {kind: offered.gate for kind, offered in KINDS.items()}
"""Kind -> class."""
