"""Broken YAML in words that say what to do: nearly always a value that should have been quoted."""

from __future__ import annotations

import re

from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.reader import ReaderError

_KEY = r"(?:(?P<key>[\w./*-]+):\s+|-\s+|[\[,]\s*)"
_TEMPLATE = re.compile(_KEY + r"(?P<value>\{\w+\}(?:[^\s,{}\[\]]|\{\w+\})+)")
_INSIDE = re.compile(_KEY + r"(?P<value>[^\s\"'{}\[\],&*!|>%@`#][^\s,{}\[\]\"']*(?:\{\w+\}[^\s,{}\[\]\"']*)+)")
_SIGN = re.compile(_KEY + r"(?P<value>[>|@`%&*!][^,}\]]*?)\s*(?:$|[,}\]]|\s#)")


def must_be_quoted(key: str, value: str) -> str:
    """Say that `value` needs quotes, and how it looks with them."""
    shown = f"{key}: " if key else ""
    sign = value[0] if value[0] in "{>|@`%&*!" else ""
    what = f"begins with {sign}" if sign else "holds {"
    return f'a value that {what} must be quoted: {shown}"{value}"'


def explain_syntax(error: Exception, text: str) -> tuple[int, str, str]:
    """Give line, key (empty when not known) and message for what the YAML parser said about `text`."""
    if isinstance(error, ReaderError):
        # The reader counts characters, not lines.
        position = error.position if isinstance(error.position, int) else 0
        line = text[:position].count("\n") + 1
        return line, "", "holds a character that YAML does not allow; remove it, or write it as an escape in quotes"
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        return 0, "", f"is not YAML: {' '.join(str(error).split()) or type(error).__name__}; check escapes and quotes"
    lines = [error.problem_mark.line, error.problem_mark.line - 1]
    if error.context_mark is not None:
        lines.append(error.context_mark.line)
    source = text.split("\n")
    for number in lines:
        content = source[number] if 0 <= number < len(source) else ""
        found = _quoting(content)
        if found:
            key, message = found
            return number + 1, key, message
        if content.lstrip(" ").startswith("\t"):
            return number + 1, "", "a tab is not indentation in YAML; use spaces"
        if "'\\t'" in str(error.problem):
            return number + 1, "", "a tab stands where YAML wants a space; use spaces"
    said = ", ".join(part for part in (error.context, error.problem) if part)
    return error.problem_mark.line + 1, "", f"is not YAML: {said}; check indentation, brackets and quotes up to here"


def _quoting(content: str) -> tuple[str, str] | None:
    for pattern in (_TEMPLATE, _INSIDE, _SIGN):
        match = pattern.search(content)
        if match:
            key = match["key"] or ""
            return key, must_be_quoted(key, match["value"].strip())
    return None
