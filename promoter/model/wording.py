"""What a forge's people call things, in the sentences that they read there.

Inside, and in the ledger, a pull request is a pull request on every forge.
"""

from __future__ import annotations

import re
from typing import Final

PULL: Final = "pull request"
"""As GitHub and the local forge have it, and all of promoter."""
_OURS: Final = re.compile(r"(?<!Merge )\b(P|p)ull (R|r)equest")
"""Not what a commit says of itself: `Merge pull request #7`."""


def spoken(text: str, called: str) -> str:
    """Give `text` for people who say `called` for a pull request."""
    if called == PULL:
        return text
    first, second = called.split(" ")

    def say(found: re.Match[str]) -> str:
        return " ".join(
            word.capitalize() if letter.isupper() else word for word, letter in ((first, found[1]), (second, found[2]))
        )

    return _OURS.sub(say, text)
