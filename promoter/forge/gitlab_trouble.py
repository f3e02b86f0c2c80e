"""What goes wrong with GitLab, in words for people.

Invariant: no message holds a header, a token or a URL; GitLab's own words are cut, and without control characters.
"""

from __future__ import annotations

from typing import Any

from promoter.errors import EdgeFailed, Rejected
from promoter.forge.retry import NotThere, Reply, moved, plain, wait_said

RIGHTS = "Has the token the scope `api`, and its user the role Developer or Maintainer in the project?"


class Words:
    """How GitLab answers; satisfies `promoter.forge.retry.Manners`."""

    name = "GitLab"
    later = "Run it again later."

    def __init__(self, place: object) -> None:
        self._place = place

    def limit(self, reply: Reply, waits: int) -> float | None:
        """Give how many seconds a rate limit asks to wait.

        Source: "Rate limits", "Response headers": 429 with `Retry-After`, `RateLimit-Remaining` and `RateLimit-Reset`.
        """
        if reply.status != 429:
            return None
        return wait_said(reply.headers, "ratelimit-remaining", "ratelimit-reset", waits)

    def gave_up(self, reply: Reply) -> bool:
        """Tell whether GraphQL answers that it took too long."""
        return any("timeout" in str(one.get("message", "")).lower() for one in errors_of(reply.body))

    def refused(self, doing: str, reply: Reply) -> EdgeFailed:
        """Give the error for an answer that is none of success, rate limit or a fault of the server."""
        status, said = reply.status, self.words(reply.body)
        what = f"{self._place}: {doing}: GitLab says {status}" + (f": {said}" if said else "")
        if 300 <= status < 400:
            return moved(self._place)
        if status == 401 and ("invalid_token" in str(reply.body) or said == "401 Unauthorized"):
            return Rejected(
                f"{self._place}: GitLab does not accept the token ({said or status})", "Renew it, or give another."
            )
        if status in (401, 403):
            return Rejected(what, RIGHTS)
        if status in (404, 410):
            return NotThere(what, "Is the name right, and may this token see the project?")
        if status in (400, 405, 406, 409, 412, 422):
            return Rejected(what)
        return EdgeFailed(what)

    def words(self, body: Any) -> str:
        """Give what an answer says, on one line of at most 300 characters."""
        if not isinstance(body, dict):
            return ""
        parts = [body.get(key) for key in ("message", "error_description", "error")]
        parts += [one.get("message") for one in errors_of(body)]
        return plain("; ".join(dict.fromkeys(_flat(part) for part in parts if part)))


def errors_of(body: Any) -> list[dict[str, Any]]:
    """Give the errors in an answer of GraphQL."""
    found = body.get("errors") if isinstance(body, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _flat(value: Any) -> str:
    """Write GitLab's messages, which may be texts, lists, or lists by the name of a field."""
    if isinstance(value, dict):
        return "; ".join(f"{key} {_flat(one)}" if key != "base" else _flat(one) for key, one in value.items())
    if isinstance(value, list):
        return ", ".join(map(_flat, value))
    return str(value)
