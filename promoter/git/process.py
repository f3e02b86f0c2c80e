"""Running the `git` program: never interactive, never without a time limit, deaf to what is set up for people.

The user's config is read (credential helpers, proxies, `insteadOf`), but hooks, file watchers, background upkeep and
options that change what a fetch or push does are switched off. Output is English, and shows no password of a URL.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from promoter.errors import EdgeFailed
from promoter.git.url import mask

_OPTIONS = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.logAllRefUpdates": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "fetch.recurseSubmodules": "false",
    "fetch.writeCommitGraph": "false",
    "push.followTags": "false",
    "push.gpgSign": "false",
    "push.negotiate": "false",
    "push.pushOption": "",
    "push.recurseSubmodules": "no",
    "push.useForceIfIncludes": "false",
    "protocol.version": "2",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "60",
}
_ABOUT_ANOTHER_REPOSITORY = (  # git rev-parse --local-env-vars; set while we run below a hook or an alias
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)
_NOT_INTERACTIVE = {
    "GIT_TERMINAL_PROMPT": "0",
    "SSH_ASKPASS_REQUIRE": "never",
    "GIT_MERGE_AUTOEDIT": "no",
    "LC_ALL": "C",
    "LANGUAGE": "C",
}


@dataclass(frozen=True, slots=True)
class Done:
    """What a program said before it ended."""

    code: int
    out: str
    err: str
    """Without passwords of URLs."""


class TimedOut(EdgeFailed):
    """The program was stopped because it took too long; what it did on the other side is not known."""


class Git:
    """The `git` program, working on the Git folder `folder`."""

    def __init__(self, folder: Path, env: Mapping[str, str], options: Iterable[tuple[str, str]] = ()) -> None:
        """Run in the environment `env`, with more config `options` (they show in process lists: no secrets)."""
        self._env = {name: value for name, value in env.items() if name not in _ABOUT_ANOTHER_REPOSITORY}
        self._env.update(_NOT_INTERACTIVE)
        self._command = ["git", f"--git-dir={folder}"]
        for name, value in (*_OPTIONS.items(), *options):
            self._command += ["-c", f"{name}={value}"]

    def run(
        self,
        arguments: Sequence[str],
        stdin: str = "",
        seconds: float = 60.0,
        options: Mapping[str, str] | None = None,
    ) -> Done:
        """Run `git` with `arguments` and config `options`; give what it said, whatever its exit code.

        Raises TimedOut after `seconds`, EdgeFailed when there is no `git`.
        """
        config = [part for name, value in (options or {}).items() for part in ("-c", f"{name}={value}")]
        try:
            # A session of its own has no terminal to ask on, and can be ended with all that it started.
            process = subprocess.Popen(
                [*self._command, *config, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._env,
                start_new_session=True,
            )
        except OSError as error:
            raise EdgeFailed(f"cannot run git: {error}", "Install git 2.31 or newer.") from error
        try:
            out, err = process.communicate(stdin.encode("utf-8", "surrogateescape"), timeout=seconds)
        except subprocess.TimeoutExpired as error:
            raise TimedOut(f"git {arguments[0]} was stopped after {seconds:g} seconds") from error
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
        return Done(process.returncode, _text(out), mask(_text(err)).strip())


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
