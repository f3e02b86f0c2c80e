"""Values marked for Flux's image automation: `# {"$imagepolicy": "NAMESPACE:NAME"}` at the end of the value's line.

Format: Flux's setter comments; the marker may end in `:tag`, `:name` or `:digest`, without one the value is a whole
reference. `:name` is not moved: an image keeps its name.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace

from promoter.layout.place import Part, Place, place_of, reference_place
from promoter.layout.yaml_tree import Scalar, YamlFile

_MARKER = re.compile(r"""#[ \t]*\{[ \t]*"\$imagepolicy"[ \t]*:[ \t]*"([^"\n]+)"[^}\n]*\}""")


def find(file: YamlFile, marker: str, name: str) -> Iterator[Place]:
    """Find the values that carry `marker` (`NAMESPACE:NAME`): they are the version of `name`."""
    for scalar, word in _marked(file):
        if word == marker:
            place = reference_place(file.name, scalar)
            if place:
                yield replace(place, names=(name,))
        elif word in (f"{marker}:tag", f"{marker}:digest"):
            part = Part.TAG if word.endswith(":tag") else Part.DIGEST
            yield place_of(file.name, scalar, part, (name,))


def markers(file: YamlFile) -> frozenset[str]:
    """Give every marker in `file`, without `:tag`, `:name` and `:digest`."""
    return frozenset(re.sub(r":(tag|name|digest)$", "", word) for _, word in _marked(file))


def _marked(file: YamlFile) -> Iterator[tuple[Scalar, str]]:
    """Give the last value before each marker on its line; text inside a value is no marker."""
    starts = [scalar.start for scalar in file.scalars]
    for match in _MARKER.finditer(file.text):
        index = bisect_right(starts, match.start()) - 1
        if index < 0:
            continue
        scalar = file.scalars[index]
        between = file.text[scalar.end : match.start()]
        if scalar.end <= match.start() and "\n" not in between:
            yield scalar, match.group(1)
