"""The lines that bind a commit, and so a pull request, to a release: git trailers.

Invariant: only a paragraph that is nothing but trailers, and holds all of ours in their order, counts; and `flatten`
makes text from elsewhere unable to form one. Format: `git help interpret-trailers`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from promoter.model.ledger import Kind
from promoter.model.names import is_name, parse_release, release_name

APP: Final = "Promoter-App"
ENVIRONMENT: Final = "Promoter-Environment"
RELEASE: Final = "Promoter-Release"
KIND: Final = "Promoter-Kind"
LABEL: Final = "Promoter-Label"
"""A label for the release that brings the commit along; anybody may write it."""

_KEYS = (APP, ENVIRONMENT, RELEASE, KIND)
_LINE = re.compile(r"(?P<key>[A-Za-z0-9-]+):[ \t]*(?P<value>.*?)[ \t]*")
_CONTINUED = re.compile(r"[ \t]+\S.*")
_PARAGRAPHS = re.compile(r"\n(?:[ \t]*\n)+")
_UNSEEN = re.compile(
    "[\\s\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]+"
)
_OURS = re.compile(r"promoter-(?=(?:app|environment|release|kind)\s*:)", re.IGNORECASE)
_HYPHEN = "\u2011"  # looks like a hyphen, and is none


@dataclass(frozen=True, slots=True)
class Trailers:
    """What a proposal's commit is for."""

    app: str
    environment: str
    release: int
    kind: Kind


def format_trailers(trailers: Trailers) -> str:
    """Give the lines, to stand as the last paragraph of a commit message."""
    values = (trailers.app, trailers.environment, release_name(trailers.release), str(trailers.kind))
    return "\n".join(f"{key}: {value}" for key, value in zip(_KEYS, values, strict=True))


def parse_trailers(message: str) -> list[Trailers]:
    """Give what the message's trailers say, in their order: one for each app and environment of a group.

    They count in any paragraph but the first, beside trailers of others such as `Signed-off-by`: a squash merge lists
    the messages of all its commits, the oldest first, and forges append paragraphs. A paragraph in which ours are
    incomplete, repeated, in another order or malformed gives nothing.
    """
    found: list[Trailers] = []
    for paragraph in _paragraphs(message):
        found += _parse_paragraph(paragraph)
    return found


def flatten(text: str) -> str:
    """Give foreign text as one line that is no trailer of ours, whatever it says.

    Line breaks of every kind, control characters, and characters that cannot be seen or turn the direction of text
    become one space.
    """
    return _OURS.sub(lambda match: match.group()[:-1] + _HYPHEN, _UNSEEN.sub(" ", text).strip())


def all_trailers(message: str) -> list[tuple[str, str]]:
    """Give every trailer of `message`, anybody's, as key and value: in any paragraph that is nothing but trailers."""
    return [pair for paragraph in _paragraphs(message) for pair in _pairs(paragraph)]


def _paragraphs(message: str) -> list[list[str]]:
    """Give the lines of each paragraph but the first."""
    return [part.split("\n") for part in _PARAGRAPHS.split(message.replace("\r\n", "\n").strip("\n"))[1:]]


def _pairs(lines: list[str]) -> list[tuple[str, str]]:
    """Give the trailers of a paragraph that is nothing else."""
    found: list[tuple[str, str]] = []
    for number, line in enumerate(lines):
        match = _LINE.fullmatch(line)
        if match is not None:
            found.append((match["key"], match["value"]))
        elif number == 0 or _CONTINUED.fullmatch(line) is None:
            return []
    return found


def _parse_paragraph(lines: list[str]) -> list[Trailers]:
    ours = [(key, value) for key, value in _pairs(lines) if key in _KEYS]
    size = len(_KEYS)
    groups = [ours[start : start + size] for start in range(0, len(ours), size)]
    found = [_parse_group(group) for group in groups]
    return [one for one in found if one is not None] if None not in found else []


def _parse_group(group: list[tuple[str, str]]) -> Trailers | None:
    if tuple(key for key, _ in group) != _KEYS:
        return None
    app, environment, release, kind = (value for _, value in group)
    number = parse_release(release)
    if not is_name(app) or not is_name(environment) or number is None or kind not in set(Kind):
        return None
    return Trailers(app, environment, number, Kind(kind))
