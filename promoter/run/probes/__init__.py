"""The probes of the doctor, one file each: what it looks at is found by listing this folder.

A file `<name>.py` defines `PROBE`, which gives findings about the ground; a PromoterError from it is a finding too.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from typing import Final

from promoter.run.finding import Probe


def _list() -> Mapping[str, Probe]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return {name: import_module(f"{__name__}.{name}").PROBE for name in names}


PROBES: Final[Mapping[str, Probe]] = _list()
"""Name -> probe."""
