"""`rules:if`, as "Specify when jobs run with rules: CI/CD variable expressions" describes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

TOKEN = re.compile(
    r"\s*(?:(?P<variable>\$\w+)|(?P<text>\"[^\"]*\"|'[^']*')|(?P<pattern>/(?:\\.|[^/\\])+/)|(?P<sign>==|!=|=~|!~|&&|\|\||[()]))"
)


def chosen(rules: list[Mapping[str, Any]], variables: Mapping[str, str]) -> bool:
    """Tell whether a job with `rules` is in the pipeline: the first rule that holds decides."""
    for rule in rules:
        assert set(rule) <= {"if", "when"}, rule
        if "if" not in rule or holds(rule["if"], variables):
            return bool(rule.get("when", "on_success") != "never")
    return False


def holds(text: str, variables: Mapping[str, str]) -> bool:
    """Tell whether the expression `text` holds."""
    tokens, at = [], 0
    while at < len(text.rstrip()):
        match = TOKEN.match(text, at)
        assert match is not None, f"{text[at:]!r} is no expression"
        tokens.append(match[match.lastgroup or ""])
        at = match.end()
    value = _any(tokens, variables)
    assert tokens == [], f"{tokens} is left over"
    return bool(value)


def _any(tokens: list[str], variables: Mapping[str, str]) -> bool:
    value = _all(tokens, variables)
    while tokens[:1] == ["||"]:
        tokens.pop(0)
        value = _all(tokens, variables) or value
    return value


def _all(tokens: list[str], variables: Mapping[str, str]) -> bool:
    value = _one(tokens, variables)
    while tokens[:1] == ["&&"]:
        tokens.pop(0)
        value = _one(tokens, variables) and value
    return value


def _one(tokens: list[str], variables: Mapping[str, str]) -> bool:
    if tokens[0] == "(":
        tokens.pop(0)
        value = _any(tokens, variables)
        assert tokens.pop(0) == ")"
        return value
    left = _read(tokens.pop(0), variables)
    if tokens[:1] and tokens[0] in ("==", "!=", "=~", "!~"):
        sign, right = tokens.pop(0), tokens.pop(0)
        if sign in ("==", "!="):
            return (left == _read(right, variables)) is (sign == "==")
        assert right.startswith("/"), f"{right} is no pattern"
        found = left is not None and re.search(right[1:-1], left) is not None
        return found is (sign == "=~")
    return bool(left)


def _read(token: str, variables: Mapping[str, str]) -> str | None:
    return variables.get(token[1:]) if token.startswith("$") else token[1:-1]
