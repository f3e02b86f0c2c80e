"""What git's words on failure mean (with LC_ALL=C), and what `git push --porcelain` says of every ref.

Words: transport.c, connect.c, http.c, send-pack.c, builtin/push.c of git. Unknown words are never taken for success.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from promoter.errors import EdgeFailed, Rejected

_REFUSED = re.compile(
    r"Authentication failed|could not read (Username|Password)|Permission denied|Permission to .* denied"
    r"|returned error: 40[13]|HTTP 40[13]|access denied|Access denied|Host key verification failed"
    r"|not allowed to|dubious ownership|not owned by"
)
_MISSING = re.compile(
    r"[Rr]epository .*not found|not appear to be a git repository|returned error: 404|not exported|project you were"
)
_UNKNOWN = re.compile(r"not our ref|unadvertised object|find remote ref|bad object")
_RACE = re.compile(r"\.lock': File exists|is at [0-9a-f]{40} but expected|reference already exists")
_TRANSIENT = re.compile(
    r"Could not resolve host|Failed to connect|Connection (refused|timed out|reset|closed)|Operation timed out"
    r"|timed out|early EOF|RPC failed|returned error: (429|5\d\d)|hung up unexpectedly|unexpected disconnect"
    r"|Temporary failure|SSL_ERROR_SYSCALL|gnutls|Empty reply|Unable to create '.*\.lock'|cannot lock ref"
)
_OTHER_HASH = re.compile(r"mismatched algorithms|unsupported object.?format|server lacks.*object-format|object-format")


@dataclass(frozen=True, slots=True)
class RefAnswer:
    """What a push says of one ref: `flag` as in `git help push`, "OUTPUT" (`!` rejected, `=` up to date)."""

    flag: str
    ref: str
    summary: str

    @property
    def rejected(self) -> bool:
        """Tell whether the ref was not changed."""
        return self.flag == "!"

    @property
    def is_stale(self) -> bool:
        """Tell whether the ref was not what the lease said."""
        return self.rejected and "stale info" in self.summary


def parse_push(output: str) -> list[RefAnswer]:
    """Read the lines of `git push --porcelain`: flag, tab, from:to, tab, summary."""
    answers: list[RefAnswer] = []
    for line in output.splitlines():
        parts = line.split("\t")
        if len(parts) == 3 and len(parts[0]) == 1:
            answers.append(RefAnswer(parts[0], parts[1].rpartition(":")[2], parts[2]))
    return answers


def is_transient(words: str) -> bool:
    """Tell whether a read may work when it is tried again."""
    return _TRANSIENT.search(words) is not None and _REFUSED.search(words) is None


def explain(doing: str, words: str) -> EdgeFailed:
    """Give the error for git's `words` (already without secrets) when `doing` failed."""
    said = last_lines(words) or "git gave no reason"
    if _OTHER_HASH.search(words):
        return EdgeFailed(
            f"{doing}: it uses SHA-256 object ids, which promoter cannot read ({said})",
            "Use a repository with SHA-1 object ids.",
        )
    if _REFUSED.search(words):
        return Rejected(
            f"{doing}: {said}",
            "Is there a credential with this right: a credential helper of git, an SSH key, PROMOTER_GIT_PASSWORD?",
        )
    if _MISSING.search(words):
        return EdgeFailed(f"{doing}: {said}", "Is the address right, and may this credential see the repository?")
    if _UNKNOWN.search(words):
        return EdgeFailed(f"{doing}: {said}", "The branch or commit is not there, or not any more.")
    return EdgeFailed(f"{doing}: {said}")


def is_race(words: str) -> bool:
    """Tell whether git refused a write because another one was under way, or came first."""
    return _RACE.search(words) is not None


def server_words(words: str) -> str:
    """Give what the server said to people: its `remote:` lines."""
    lines = [line.removeprefix("remote:").strip() for line in words.splitlines() if line.startswith("remote:")]
    return _shown(line for line in lines if line)


def last_lines(words: str) -> str:
    """Give the last lines of `words` on one line, at most 500 characters."""
    return _shown(line.strip() for line in words.splitlines()[-6:] if line.strip())


def _shown(lines: Iterable[str]) -> str:
    text = "; ".join(lines)
    return "".join(c if c.isprintable() else "?" for c in text)[-500:]
