"""A repository somewhere else, reached with the `git` program; its objects are kept in a bare cache of our own.

Invariants: the cache is never shallow, so ancestry is always known; file contents may be missing in it and are brought
in batches; a push compares every ref with its old value; only reads are tried again.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from promoter.errors import EdgeFailed, LostRace, PromoterError, Rejected
from promoter.git import credential
from promoter.git.answer import RefAnswer, explain, is_race, is_transient, last_lines, parse_push, server_words
from promoter.git.process import Done, Git, TimedOut
from promoter.git.ref import ABSENT, RefUpdate, check_ref, check_updates
from promoter.git.store import Store
from promoter.git.url import mask, split_secret
from promoter.model.names import Oid

LIST_SECONDS: Final = 60.0
FETCH_SECONDS: Final = 900.0
PACKS: Final = 50
"""With more packs than this the cache is repacked."""

_REMOTE = "promoter"  # the remote's name in the cache, which no config of a person is likely to mention
_SEEN = "refs/seen/"  # what the cache holds of the other side, so that a fetch brings only what is new


class Program:
    """The repository at `url`, by way of the cache `store`."""

    def __init__(
        self,
        store: Store,
        url: str,
        env: Mapping[str, str],
        pauses: Sequence[float] = (0.5, 2.0),
        push_seconds: float = 300.0,
    ) -> None:
        """Reach `url` in the environment `env`, which may hold a credential for it (see `promoter.git.credential`).

        Missing blobs of `store` are brought from here from now on. A read that fails for the connection's sake is tried
        again after each of `pauses` (seconds); a push is given up after `push_seconds`.
        """
        address = split_secret(url)
        if address.url.startswith("-"):
            raise EdgeFailed(f"{mask(url)!r} cannot be the address of a repository")
        self.store = store
        self.url = mask(address.url)
        environment = credential.environment(address, env)
        self._git = Git(store.path, environment, credential.options(address, environment))
        self._names: dict[Oid, str] = {}
        self._atomic = True
        self._pauses = tuple(pauses)
        self._push_seconds = push_seconds
        config = store.repo.config
        wanted = {"url": address.url, "promisor": "true", "partialclonefilter": "blob:none"}
        for key, value in wanted.items():
            if f"remote.{_REMOTE}.{key}" not in config or config[f"remote.{_REMOTE}.{key}"] != value:
                config[f"remote.{_REMOTE}.{key}"] = value
        store.supply = self.fetch_blobs

    def refs(self, prefixes: Sequence[str] = ("refs/",)) -> dict[str, Oid]:
        """Give full ref name -> id for refs whose name starts with one of `prefixes`. One round trip."""
        wanted = tuple(prefixes)
        if not wanted:
            return {}
        # Git's own patterns match at the end of names, too (dev, team/dev), and the server sends all refs anyway.
        heads = ["--heads"] if all(prefix.startswith("refs/heads/") for prefix in wanted) else []
        done = self._read(["ls-remote", "--refs", "--quiet", *heads, "--", _REMOTE], LIST_SECONDS, "list")
        found: dict[str, Oid] = {}
        for line in done.out.splitlines():
            oid, _, name = line.partition("\t")
            if len(oid) != len(ABSENT):
                raise explain(f"cannot list {self.url}", "mismatched algorithms")
            if name.startswith(wanted):
                found[name] = Oid(oid)
        self._names.update({oid: name for name, oid in found.items()})
        return found

    def default_branch(self) -> str | None:
        """Give the branch that HEAD names there, or None when the repository is empty. One round trip."""
        done = self._read(["ls-remote", "--symref", "--quiet", "--", _REMOTE, "HEAD"], LIST_SECONDS, "list")
        for line in done.out.splitlines():
            target, _, name = line.partition("\t")
            if name == "HEAD" and target.startswith("ref: refs/heads/"):
                return target.removeprefix("ref: refs/heads/")
        return None

    def fetch(self, wants: Sequence[str]) -> None:
        """Bring commits (ids or full ref names); ids that are here cost nothing. See `Remote.fetch`."""
        sources: dict[str, str] = {}
        for want in dict.fromkeys(wants):
            if want.startswith("refs/"):
                check_ref(want)
                sources[_seen(want)] = want
            elif not self.store.has(Oid(want)):
                sources.setdefault(_seen(self._names.get(Oid(want), want)), want)
        if sources:
            script = "".join(f"+{source}:{seen}\n" for seen, source in sources.items())
            self._fetch(script, [Oid(source) for source in sources.values() if not source.startswith("refs/")])
            self._tidy()

    def fetch_blobs(self, ids: Collection[Oid]) -> None:
        """Bring file contents that are not here, in one round trip."""
        absent = sorted({oid for oid in ids if not self.store.has(oid)})
        if absent:
            # As git fetches blobs itself: told which commits we have, a server may leave out what belongs to them.
            self._fetch("".join(f"{oid}\n" for oid in absent), absent, {"fetch.negotiationAlgorithm": "noop"})

    def update(self, updates: Sequence[RefUpdate]) -> None:
        """Change all refs, or none, with one push; see `Remote.update`.

        A server that cannot change several refs at once is given them one after the other, in their order, and the
        first that fails ends it. When a push breaks off, the refs are read again to learn whether it arrived.
        """
        check_updates(updates)
        for update in updates:
            if update.new is not None and not self.store.has(update.new):
                raise EdgeFailed(f"{update.ref} cannot become {update.new}: the object is not in {self.store.path}")
        if len(updates) > 1 and not self._atomic:
            self._push_in_turn(updates)
        elif updates:
            self._push(updates)

    def _push(self, updates: Sequence[RefUpdate]) -> None:
        command = ["push", "--porcelain", "--no-verify", *(["--atomic"] if len(updates) > 1 else [])]
        command += [f"--force-with-lease={update.ref}:{update.old or ''}" for update in updates]
        command += ["--", _REMOTE, *(f"{update.new or ''}:{update.ref}" for update in updates)]
        try:
            done = self._git.run(command, seconds=self._push_seconds)
        except TimedOut as error:
            if self._arrived(updates):
                return
            raise EdgeFailed(f"pushing to {self.url} broke off: {error.message}", _UNSURE) from error
        answers = {answer.ref: answer for answer in parse_push(done.out)}
        if done.code != 0 and "does not support --atomic" in done.err:
            self._atomic = False
            self.update(updates)
        elif done.code == 0 and all(update.ref in answers for update in updates):
            self._check_moved(updates, answers)
            self._remember(updates)
        elif not any(answer.rejected for answer in answers.values()):
            if not self._arrived(updates):
                failed = explain(f"cannot push to {self.url}", done.err)
                failed.hint = failed.hint or _UNSURE
                raise failed
        else:
            self._refused(updates, list(answers.values()), done)

    def _push_in_turn(self, updates: Sequence[RefUpdate]) -> None:
        for done, update in enumerate(updates):
            try:
                self._push([update])
            except PromoterError as error:
                if done:
                    before = ", ".join(earlier.ref for earlier in updates[:done])
                    error.hint = f"This server takes one branch at a time; changed before that: {before}. Run again."
                raise

    def _check_moved(self, updates: Sequence[RefUpdate], answers: Mapping[str, RefAnswer]) -> None:
        """Refuse to call a ref ours that stood at the new value already: git does not look at its lease then."""
        for update in updates:
            if answers[update.ref].flag == "=" and update.old != update.new:
                raise _lost(update.ref, update.new, update.old)

    def _refused(self, updates: Sequence[RefUpdate], answers: Sequence[RefAnswer], done: Done) -> None:
        """Raise LostRace when somebody else wrote one of the refs, else Rejected with the server's words."""
        found = self.refs([update.ref for update in updates])
        for update in updates:
            if found.get(update.ref) != update.old:
                raise _lost(update.ref, found.get(update.ref), update.old)
        if any(answer.is_stale for answer in answers) or is_race(done.err):
            raise LostRace(
                f"somebody else writes to the same branches of {self.url}", "Nothing was changed. Run again."
            )
        reasons = "; ".join(f"{answer.ref}: {answer.summary}" for answer in answers if answer.rejected)
        said = server_words(done.err)
        raise Rejected(
            f"{self.url} refused the push: {last_lines(reasons)}" + (f". It says: {said}" if said else ""),
            "Is the branch protected? promoter needs the right to push there.",
        )

    def _arrived(self, updates: Sequence[RefUpdate]) -> bool:
        """Tell, after a push broke off, whether all refs have their new values. Raises LostRace for a third value."""
        try:
            found = self.refs([update.ref for update in updates])
        except EdgeFailed as error:
            raise EdgeFailed(f"a push to {self.url} broke off, and then: {error.message}", _UNSURE) from error
        for update in updates:
            if found.get(update.ref) not in (update.old, update.new):
                raise _lost(update.ref, found.get(update.ref), update.old)
        return all(found.get(update.ref) == update.new for update in updates)

    def _remember(self, updates: Sequence[RefUpdate]) -> None:
        for update in updates:
            if update.new is not None:
                self._names[update.new] = update.ref
                self.store.repo.references.create(_seen(update.ref), update.new, force=True)

    def _fetch(self, script: str, expected: Sequence[Oid], options: Mapping[str, str] | None = None) -> None:
        """Fetch the refspecs or ids of `script`, one a line; the remote's filter leaves file contents away."""
        flags = ["--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--no-recurse-submodules"]
        command = ["fetch", "--quiet", *flags, "--stdin", "--", _REMOTE]
        self._read(command, FETCH_SECONDS, "fetch", script, options)
        for oid in expected:
            if not self.store.has(oid):
                raise EdgeFailed(f"{self.url} did not send the object {oid}")

    def _read(
        self,
        arguments: Sequence[str],
        seconds: float,
        doing: str,
        script: str = "",
        options: Mapping[str, str] | None = None,
    ) -> Done:
        """Run a command that changes nothing on the other side; try again when the connection failed."""
        what = f"cannot {doing} from {self.url}"
        for pause in (*self._pauses, None):
            try:
                done = self._git.run(arguments, script, seconds, options)
            except TimedOut as error:
                if pause is None:
                    raise EdgeFailed(f"{what}: {error.message}", "Is the server reachable from here?") from error
            else:
                if done.code == 0:
                    return done
                if pause is None or not is_transient(done.err):
                    raise explain(what, done.err)
            time.sleep(pause)
        raise AssertionError("unreachable")

    def _tidy(self) -> None:
        """Repack the cache when many fetches have left many packs."""
        if sum(1 for _ in (self.store.path / "objects" / "pack").glob("*.pack")) > PACKS:
            limits = {"gc.auto": "6700", "gc.autoPackLimit": str(PACKS), "gc.autoDetach": "false"}
            # A bitmap needs every object, and git wants one in every bare repository.
            options = {**limits, "repack.writeBitmaps": "false"}
            done = self._git.run(["gc", "--auto", "--quiet"], seconds=FETCH_SECONDS, options=options)
            if done.code != 0:
                raise EdgeFailed(
                    f"cannot repack {self.store.path}: {last_lines(done.err)}", "Delete the folder: it is a cache."
                )


_UNSURE = "It is not known whether it arrived. Run again: what arrived is found."


def _seen(name: str) -> str:
    # Hashed, because dev and dev/x may exist one after the other, but not as two refs here.
    return f"{_SEEN}r-{hashlib.sha256(name.encode()).hexdigest()[:24]}"


def _lost(ref: str, found: Oid | None, old: Oid | None) -> LostRace:
    return LostRace(
        f"{ref} is {found or 'absent'}, not {old or 'absent'}: somebody else wrote it",
        "Nothing was changed. Run again.",
    )
