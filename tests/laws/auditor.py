"""Holds every write of promoter's against the laws, from the world's own truth and never from promoter's reasoning.

The truth: what each slot held when, for how long its cluster was healthy with it, and what people did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from promoter.git.ref import RefUpdate
from promoter.git.trailers import Trailers, parse_trailers
from promoter.model.forge import PullState
from promoter.model.ledger import How, Kind, Ledger
from promoter.model.names import Oid
from promoter.run.ledgers import read_ledger
from tests.laws.world import World

LEDGERS = "refs/heads/promoter-ledger"


class Broken(AssertionError):
    """A law was broken."""


@dataclass
class Auditor:
    """Watches one world."""

    world: World
    after: dict[str, Sequence[str]]
    soak: dict[str, timedelta]
    automatic: frozenset[str] = frozenset()
    """Environments whose policy is to roll back what failed."""
    overwrites: bool = False
    """Whether the policy is to overwrite hand edits."""
    rejected: dict[tuple[str, str], bool] = field(default_factory=dict)
    """(environment, content) that a person took back -> whether it is gone since."""
    kept: dict[str, str | None] = field(default_factory=dict)
    """Environment -> the hand edit that a person said stays."""
    proved: dict[str, set[str]] = field(default_factory=dict)
    """Environment -> slot trees that were active and healthy there for at least the soak."""
    healthy: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    allowed_back: set[tuple[str, int]] = field(default_factory=set)
    """(environment, release) that a person asked back by rollback or retry."""
    closed: dict[tuple[str, int], int] = field(default_factory=dict)
    """(environment, release) that a person closed -> the pull request."""
    fixes: set[tuple[str, int]] = field(default_factory=set)
    """(environment, release) that somebody with the right made as a hotfix for it."""
    vouched: set[tuple[str, int]] = field(default_factory=set)
    """(environment, release) that a person asked for by promote."""
    heads: set[str] = field(default_factory=set)
    """Every commit that promoter ever put on a proposal branch."""
    opened: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def attach(self) -> None:
        self.world.judge_refs = self.refs
        self.world.judge_forge = self.forge
        self.world.well_since = self.well_since

    def fail(self, law: int, text: str) -> None:
        self.broken.append(f"law {law}: {text}")
        raise Broken(f"law {law}: {text}")

    # --- the truth ---

    def well_since(self, app: str, cluster: str) -> datetime | None:
        kept = self.healthy.get(self.world.slot_of(app, cluster))
        return kept[1] if kept is not None else None

    def tick(self) -> None:
        """Take note of what is healthy now, and of what is there; called after every step of the history."""
        self.note_rejected()
        for env in self.world.environments:
            cluster = self.world.clusters[env]
            active = self.world.slot(env, self.world.active(env))
            runs = self.world.slot(env, cluster.deployed)
            well = active is not None and runs == active and not cluster.shaky and active not in self.world.sick
            if not well:
                if not cluster.unreachable:
                    self.healthy.pop(env, None)
                continue
            kept = self.healthy.get(env)
            if kept is None or kept[0] != active:
                kept = self.healthy[env] = (active or "", self.world.now)
            if self.world.now - kept[1] >= self.soak.get(env, timedelta(0)):
                self.proved.setdefault(env, set()).add(active or "")

    def note_rejected(self) -> None:
        """What was taken back and is there again was brought by a person: our own writes are judged before."""
        for env, content in list(self.rejected):
            here = self.world.slot(env, self.world.active(env)) == content
            if here and self.rejected[env, content]:
                del self.rejected[env, content]
            elif not here:
                self.rejected[env, content] = True

    def rejects(self, env: str, number: int) -> None:
        """A person takes back what is active, for release `number`."""
        ledger, here = self.ledger(env), self.world.slot(env, self.world.active(env))
        if ledger is not None and here is not None and self._contents(ledger, env).get(number) != here:
            self.rejected[env, here] = False

    def wants_again(self, env: str, number: int) -> None:
        """A person gives release `number` another try."""
        ledger = self.ledger(env)
        if ledger is not None:
            self.rejected.pop((env, self._contents(ledger, env).get(number, "")), None)

    def closes(self, words: dict[str, Trailers], pull: int) -> None:
        """A person closes a pull request of ours."""
        for env, word in words.items():
            if word.kind is Kind.RESTORE:
                self.kept[env] = self.world.slot(env, self.world.active(env))
            else:
                self.closed[env, word.release] = pull

    def ledger(self, env: str = "") -> Ledger | None:
        app = self.world.app(env)
        found = self.world.eyes.refs([f"{LEDGERS}/{app}"]).get(f"{LEDGERS}/{app}")
        return read_ledger(self.world.eyes, found, app) if found is not None else None

    # --- judging writes ---

    def refs(self, updates: Sequence[RefUpdate]) -> dict[str, Any]:
        lay, envs = self.world.lay, self.world.environments
        for update in updates:
            name = update.ref.removeprefix("refs/heads/")
            proposals = self.world.proposed_on(name)
            if proposals:
                self._proposal(name, proposals, update)
                continue
            self._append_only(update)
            actives = [env for env in envs if lay.active(env) == name]
            if actives and update.new is not None:
                if parse_trailers(self.world.eyes.store.commit(update.new).message):
                    self._active(update)
                elif update.old is not None and name != "main":
                    self.fail(2, f"{name} gets a commit that brings no release")
        return {}

    def forge(self, name: str, args: tuple[Any, ...]) -> dict[str, Any]:
        if name == "open_pull":
            head, base, _text, _now = args
            for env, word in self.words(self._tip(str(head))).items():
                if env not in self.world.proposed_on(str(head)) or str(base) != self.world.lay.active(env):
                    self.fail(2, f"a pull request from {head} into {base} carries {word}")
                self._may_come(env, word, "a pull request")
                if word.kind is Kind.RESTORE:
                    continue
                closed = self.closed.get((env, word.release))
                if closed is not None and (env, word.release) not in self.allowed_back:
                    self.fail(7, f"r{word.release} is proposed to {env} again after #{closed} was closed")
        if name == "merge_pull":
            number, expect, *_ = args
            if self.world.people.pull(number).head == expect:  # else the forge refuses
                self._merge(expect, self.world.active(next(iter(self.words(expect)))))
        return {}

    def _tip(self, branch: str) -> Oid:
        return self.world.eyes.refs([f"refs/heads/{branch}"])[f"refs/heads/{branch}"]

    def words(self, commit: Oid) -> dict[str, Trailers]:
        """Give what a commit of promoter's is for: slot -> trailers."""
        found = parse_trailers(self.world.eyes.store.commit(commit).message)
        if not found:
            self.fail(2, f"{commit[:8]} has no trailers")
        return {self.world.slot_of(word.app, word.environment): word for word in found}

    def _append_only(self, update: RefUpdate) -> None:
        current = self.world.eyes.refs([update.ref]).get(update.ref)
        if current != update.old or update.old is None:
            return  # refused by compare-and-swap
        if update.new is None or not self.world.eyes.store.is_ancestor(update.old, update.new):
            self.fail(8, f"{update.ref} would lose commits")

    def _proposal(self, name: str, envs: Sequence[str], update: RefUpdate) -> None:
        current = self.world.eyes.refs([update.ref]).get(update.ref)
        if current != update.old:
            return
        active = self.world.active(envs[0])
        mine = current is None or current in self.heads
        merged = current is not None and active is not None and self.world.eyes.store.is_ancestor(current, active)
        if not mine and not merged:
            self.fail(7, f"a person's commits on {name} are rewritten")
        if update.new is None:
            return
        self.heads.add(update.new)
        commit = self.world.eyes.store.commit(update.new)
        words = self.words(update.new)
        for env, word in words.items():
            if env not in envs:
                self.fail(2, f"{name} proposes something for {env}")
            self._may_come(env, word, "a proposal")
        self._inside(list(words), commit.parents[0], update.new)

    def _active(self, update: RefUpdate) -> None:
        assert update.new is not None
        current = self.world.active(next(iter(self.words(update.new))))
        if current != update.old or update.old is None:
            return
        self._merge(update.new, current)

    def _merge(self, head: Oid, base: Oid | None) -> None:
        """A merge or direct push of promoter's: order, exact subject, nobody's edit overwritten."""
        words, commit = self.words(head), self.world.eyes.store.commit(head)
        self._inside(list(words), commit.parents[0], head)
        for env, word in words.items():
            self._may_come(env, word, "a merge")
            before, here = self.world.slot(env, commit.parents[0]), self.world.slot(env, base)
            if before != here:
                self.fail(2, f"merge into {env} of something judged on another slot content")
            self._brought(env, word, head, here)

    def _brought(self, env: str, word: Trailers, head: Oid, here: str | None) -> None:
        ledger = self.ledger(env)
        if ledger is None:
            self.fail(6, "a merge without a ledger")
            return
        place = ledger.place(self.world.environment(env))
        contents = self._contents(ledger, env)
        if contents.get(word.release) != self.world.slot(env, head):
            self.fail(2, f"{head[:8]} is not the content of r{word.release} in {env}")
        asked = (env, word.release) in self.allowed_back
        if place.hold is not None and (word.kind is not Kind.ROLLBACK or (not asked and place.hold.by != "promoter")):
            self.fail(7, f"a merge into {env} while it is held")
        if word.kind is Kind.PROMOTION and not asked and (env, word.release) in self.closed:
            self.fail(7, f"a merge into {env} of r{word.release}, which a person closed")
        brought = self.world.slot(env, head) or ""
        back = word.kind is not Kind.ROLLBACK and here != brought and (env, brought) in self.rejected
        if back and (env, word.release) not in self.vouched | self.allowed_back:
            self.fail(7, f"r{word.release} brings back to {env} what a person took back")
        if word.kind is Kind.PROMOTION and word.release in place.skips:
            self.fail(7, f"a merge into {env} of r{word.release}, which is skipped")
        if word.kind is Kind.PROMOTION:
            self._keeps_fixes(env, word, head, here, contents)
        known: set[str | None] = set(contents.values())
        stay = place.stay
        if stay is not None and stay.how is How.MIXED:
            known.add(stay.content)  # it was held, and a person resumed
        if here is not None and here not in known and word.kind is Kind.PROMOTION:
            self.fail(7, f"a hand edit in {env} is overwritten")

    def _keeps_fixes(self, env: str, word: Trailers, head: Oid, here: str | None, contents: dict[int, str]) -> None:
        """A hotfix raises a version, and only a release that is not older, or a person's word, comes after it."""
        before, after = self.world.image(env, self.world.active(env)), self.world.image(env, head)
        if before is None or after is None:
            return
        if (env, word.release) in self.fixes and after <= before and (env, word.release) not in self.allowed_back:
            self.fail(1, f"hotfix r{word.release} takes {env} from {before} back to {after}")
        mended = {contents.get(number) for slot, number in self.fixes if slot == env}
        if here in mended and after < before and (env, word.release) not in self.vouched:
            self.fail(1, f"r{word.release} brings {env} from the hotfix {before} back to {after}")

    def _contents(self, ledger: Ledger, env: str) -> dict[int, str]:
        """Give release -> content of a slot."""
        name = self.world.environment(env)
        return {number: one.content[name] for number, one in ledger.releases.items() if name in one.content}

    def _rolls_back_itself(self, env: str) -> bool:
        """By policy, and only when what it goes back from is not well."""
        return env in self.automatic and env not in self.healthy

    def _inside(self, envs: Sequence[str], parent: Oid, head: Oid) -> None:
        if self.world.outside(envs, parent) != self.world.outside(envs, head):
            self.fail(9, f"{head[:8]} changes something outside its slots")

    def _restores(self, env: str, word: Trailers, what: str) -> None:
        ledger = self.ledger(env)
        stay = ledger.place(self.world.environment(env)).stay if ledger is not None else None
        here = self.world.slot(env, self.world.active(env))
        if not self.overwrites or stay is None or stay.release != word.release:
            self.fail(7, f"{what} puts back r{word.release} in {env}, which is not what was recorded there")
        if env in self.kept and self.kept[env] == here:
            self.fail(7, f"{what} overwrites in {env} what a person said stays")

    def _may_come(self, env: str, word: Trailers, what: str) -> None:
        if word.kind is Kind.RESTORE:
            self._restores(env, word, what)
            return
        if word.kind is Kind.ROLLBACK:
            if (env, word.release) not in self.allowed_back and not self._rolls_back_itself(env):
                self.fail(1, f"{what} back to r{word.release} in {env} that nobody asked for")
            return
        ledger = self.ledger(env)
        if ledger is None or word.release not in ledger.releases:
            self.fail(1, f"{what} into {env} of unknown r{word.release}")
            return
        if (env, word.release) in self.fixes:
            return
        for name in self.after[env]:
            if self._contents(ledger, name).get(word.release) not in self.proved.get(name, set()):
                self.fail(1, f"{what} into {env} of r{word.release}, which was never verified in {name}")

    # --- after the run ---

    def nothing_lost(self) -> None:
        """Every commit that a person made on an active branch is still in its history; no proposal is there twice."""
        for branch, commits in self.world.people_commits.items():
            head = self.world.eyes.refs([f"refs/heads/{branch}"]).get(f"refs/heads/{branch}")
            for commit in commits:
                if head is None or not self.world.eyes.store.is_ancestor(commit, head):
                    self.fail(5, f"a person's commit on {branch} is gone")
        for env in self.world.environments:
            if len(self.world.pulls(env, PullState.OPEN)) > 1:
                self.fail(6, f"two open pull requests into {env}")
