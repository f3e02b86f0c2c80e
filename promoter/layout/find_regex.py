"""Versions in files that are not YAML (Helm templates, Jsonnet, HCL), by a regular expression with one group.

Invariant: a file either matches exactly once or not at all; then exactly the group's characters change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from promoter.errors import EditRefused
from promoter.layout.place import Kind, Part, Place
from promoter.layout.yaml_splice import refused


def find(files: Mapping[str, bytes], regex: str, names: tuple[str, ...], kind: Kind) -> Iterator[Place]:
    """Find the one match of `regex` (`^` and `$` are ends of lines) in each file that has one; not UTF-8: passed by.

    Raises EditRefused for a regex that is none or has not one group, and for a file that it matches more than once.
    """
    pattern = compiled(regex)
    for name, data in files.items():
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            continue
        match = _only(pattern, name, text)
        if match:
            line = text.count("\n", 0, match.start(1)) + 1
            yield Place(name, 0, (), Part.TEXT, match.group(1), line, names, kind)


def replaced(name: str, data: bytes, regex: str, value: str) -> bytes:
    """Give the file `name` with the regex's group changed to `value`, proven by matching again.

    Raises EditRefused where the changed file would not match in the same place.
    """
    pattern = compiled(regex)
    text = data.decode("utf-8")
    match = _only(pattern, name, text)
    if match is None:
        raise refused(name, 0, f"{regex} does not match", "Correct the regex in the config.")
    new = text[: match.start(1)] + value + text[match.end(1) :]
    again = _only(pattern, name, new)
    if again is None or again.span(1) != (match.start(1), match.start(1) + len(value)):
        line = text.count("\n", 0, match.start(1)) + 1
        raise refused(name, line, f"{regex} would not find {value!r} again", "Let the group match every version.")
    return new.encode()


def compiled(regex: str) -> re.Pattern[str]:
    """Compile a config's regex. Raises EditRefused when it is none or has not exactly one group."""
    try:
        pattern = re.compile(regex, re.MULTILINE)
    except re.error as error:
        raise EditRefused(f"{regex!r} is not a regular expression: {error}", "Correct it in the config.") from error
    if pattern.groups != 1:
        message = f"{regex!r} has {pattern.groups} groups"
        raise EditRefused(message, "Put ( ) around the version and nothing else; (?: ) groups without catching.")
    return pattern


def _only(pattern: re.Pattern[str], name: str, text: str) -> re.Match[str] | None:
    matches = list(pattern.finditer(text))
    if len(matches) > 1:
        lines = ", ".join(str(text.count("\n", 0, match.start(1)) + 1) for match in matches[:5])
        message = f"{pattern.pattern} matches {len(matches)} times (lines {lines})"
        raise refused(name, 0, message, "Let the regex match one line of the file only.")
    if matches and matches[0].group(1) is None:
        return None
    return matches[0] if matches else None
