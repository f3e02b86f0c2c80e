"""YAML streams as text: cut into documents, and looked into without giving their scalars types.

Every scalar is read as text (YAML's failsafe schema), so nothing is refused or changed for what another YAML version
makes of `on`, `012` or `=`.
"""

from __future__ import annotations

import io
import re
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from promoter.errors import RenderFailed

_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_BARE_MARKER = re.compile(r"---[ \t]*(?:#.*)?")
_MARKER = re.compile(r"---(?:[ \t].*)?")
_END = re.compile(r"\.\.\.[ \t]*(?:#.*)?")
_KEEPS = re.compile(r"[|>][1-9]?\+")
_WIDE = 1 << 20
_NOTHING = frozenset({"", "null", "Null", "NULL", "~"})


def load(data: bytes | str, where: str) -> list[object]:
    """Load all documents of a stream: mappings, lists and strings; empty documents are left out.

    Raises RenderFailed that names `where`, the line and what is wrong.
    """
    try:
        loaded: list[object] = list(yaml.load_all(data, Loader=_LOADER))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RenderFailed(f"{where} is not YAML: {_reason(error)}") from error
    return [document for document in loaded if not is_nothing(document)]


def is_nothing(value: object) -> bool:
    """Tell whether a loaded value is null, or an empty scalar."""
    return value is None or (isinstance(value, str) and value in _NOTHING)


def chunks(data: bytes, where: str) -> list[str]:
    """Cut a stream into the texts of its documents, each as it was written; only a bare `---` is left away.

    A line that starts with `---` is always a marker (YAML 1.2, 9.1.2), so this needs no parser. Raises RenderFailed
    when the bytes are not UTF-8.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RenderFailed(f"{where} is not UTF-8 (byte {error.start})") from error
    found: list[list[str]] = [[]]
    for line in text.removesuffix("\n").split("\n"):
        bare = line.rstrip("\r")
        if _BARE_MARKER.fullmatch(bare) or _END.fullmatch(bare):
            found.append([])
        elif _MARKER.fullmatch(bare):
            found.append([line])
        else:
            found[-1].append(line)
    return [chunk for lines in found if (chunk := _trimmed(lines))]


def load_styled(data: bytes | str, where: str) -> Any:
    """Load one document so that `dump_styled` writes quotes, comments and number styles as they were."""
    try:
        return _styled().load(data)
    except (YAMLError, UnicodeDecodeError, ValueError) as error:
        raise RenderFailed(f"{where} is not YAML: {' '.join(str(error).split())[:200]}") from error


def dump_styled(document: Any) -> str:
    """Write what `load_styled` gave, or a part of it; lines are never folded."""
    out = io.StringIO()
    _styled().dump(document, out)
    return out.getvalue()


def _styled() -> YAML:
    """Give a reader and writer of its own: it holds state."""
    styled = YAML(typ="rt")
    styled.preserve_quotes = True
    styled.width = _WIDE
    return styled


def _trimmed(lines: list[str]) -> str:
    """Drop blank lines around a document; a document of comments only is nothing."""
    if all(not line.strip() or line.lstrip().startswith("#") for line in lines):
        return ""
    full = [at for at, line in enumerate(lines) if line.strip()]
    # Blank lines at the end are part of a block scalar that keeps them (`|+`).
    end = len(lines) if _KEEPS.search("\n".join(lines)) else full[-1] + 1
    return "\n".join(lines[full[0] : end]) + "\n"


def _reason(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}: {error.problem or 'it cannot be read'}"
    return " ".join(str(error).split())[:200]
