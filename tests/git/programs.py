"""The real `git` program, for comparison: it knows nothing of our code, nor of the config of whoever runs the tests."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

CLEAN = {
    "PATH": os.environ["PATH"],
    "HOME": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Kim",
    "GIT_AUTHOR_EMAIL": "kim@example.com",
    "GIT_COMMITTER_NAME": "Kim",
    "GIT_COMMITTER_EMAIL": "kim@example.com",
    "LC_ALL": "C",
}
"""An environment without anybody's config."""


def git(folder: Path, *arguments: str, stdin: bytes = b"", env: Sequence[tuple[str, str]] = ()) -> str:
    """Run git in `folder` and give what it printed, without the last line break. Fails loudly."""
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        input=stdin,
        capture_output=True,
        env={**CLEAN, **dict(env)},
        check=False,
    )
    if done.returncode != 0:
        raise AssertionError(f"git {' '.join(arguments)}: {done.stderr.decode()}")
    return done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")


def git_says_yes(folder: Path, *arguments: str) -> bool:
    """Tell whether git exits with 0."""
    return (
        subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, env=CLEAN, check=False).returncode
        == 0
    )
