"""What goes wrong with GitHub, in words for people.

Invariant: no message holds a header, a token or a URL; GitHub's own words are cut, and without control characters.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from promoter.errors import EdgeFailed, Rejected
from promoter.forge.retry import NotThere, plain, wait_said

RIGHTS = "Has the token the right to this? See `permissions:` of the workflow, or the rights of the App."
_PRIMARY = "api rate limit exceeded"
_SECONDARY = ("you have exceeded a secondary rate limit", "please retry your request again later", "abuse detection")


def from_status(where: str, doing: str, status: int, body: Any) -> EdgeFailed:
    """Give the error for an answer that is none of success, rate limit or a fault of the server."""
    said = words(body)
    what = f"{where}: {doing}: GitHub says {status}" + (f": {said}" if said else "")
    if status == 401:
        return Rejected(f"{where}: GitHub does not accept the token ({said or status})", "Renew it, or give another.")
    if status == 403:
        return Rejected(what, RIGHTS)
    if status in (404, 410):
        return NotThere(what, "Is the name right, and may this token see the repository?")
    if status in (405, 409, 422):
        return Rejected(what)
    return EdgeFailed(what)


def words(body: Any) -> str:
    """Give what an answer says, on one line of at most 300 characters."""
    if not isinstance(body, dict):
        return ""
    parts = [str(body.get("message") or ""), *map(_detail, body.get("errors") or ())]
    return plain("; ".join(part for part in parts if part))


def _detail(error: Any) -> str:
    if not isinstance(error, dict):
        return str(error)
    return str(error.get("message") or " ".join(str(value) for value in error.values()))


def limit_wait(status: int, headers: Mapping[str, str], body: Any, attempt: int) -> float | None:
    """Give how many seconds a rate limit asks to wait; None when this is no rate limit.

    `headers` in lower case. Source: "Rate limits for the REST API", "Handle rate limit
    errors appropriately": `retry-after`, else `x-ratelimit-reset`, else a minute, and longer each time.
    """
    if status not in (200, 403, 429):
        return None
    said = words(body).lower()
    is_limit = (
        status == 429
        or said.startswith(_PRIMARY)
        or any(one in said for one in _SECONDARY)
        or (status == 403 and (headers.get("x-ratelimit-remaining") == "0" or "retry-after" in headers))
    )
    if not is_limit:
        return None
    return wait_said(headers, "x-ratelimit-remaining", "x-ratelimit-reset", attempt)
