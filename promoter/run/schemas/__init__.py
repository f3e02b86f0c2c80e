"""What is known of Kubernetes' own kinds: one file for each version, made by `make schemas`, and how long kinds live.

The files are made from Kubernetes' descriptions of its API (https://github.com/kubernetes/kubernetes, Apache License
2.0), without the texts for people.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from promoter.policy.objects.kinds import Kinds
from promoter.policy.objects.structure import Schema


def kinds(version: str, custom: Mapping[str, Schema | None]) -> Kinds:
    """Give the kinds of Kubernetes `version` (`1.34`), with `custom` beside them."""
    found = _read(version)
    return Kinds(version, found["kinds"], found["definitions"], _read("lifecycle"), custom)


def _read(name: str) -> Any:
    return json.loads(gzip.decompress((files(__name__) / f"{name}.json.gz").read_bytes()))
