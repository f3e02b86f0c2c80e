"""Histories: what people, controllers, clusters and runs do, in any order; a step is a plain tuple, so it shrinks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from promoter.errors import PromoterError, Rejected
from promoter.git.ref import RefUpdate
from promoter.git.store import FILE, Entry
from promoter.model.forge import PullState
from promoter.plan.back import Reach
from promoter.plan.decide import decide
from promoter.plan.words import Words
from promoter.run.act import act
from promoter.run.command import command
from promoter.run.hotfix import hotfix
from promoter.run.look import look
from promoter.run.release import Wish
from promoter.run.run import run
from promoter.run.said import take_down
from tests.laws.auditor import Auditor
from tests.laws.layouts import BRANCHES, FOLDERS, GATHERED, HYDRATED, IN_PLACE, Lay
from tests.laws.world import Crash, World
from tests.repos import commit_files, tip

Step = tuple[Any, ...]

HEAD = 'version: 1\nlive: {files: "status/{cluster}"}\n'
DEPLOYED = frozenset({"line", "people", "in-place"})
"""The shapes whose deployments the forge shows."""


class Shape:
    """A pipeline: its config and its order."""

    def __init__(
        self,
        name: str,
        environments: str,
        after: dict[str, Sequence[str]],
        soak: dict[str, int],
        automatic: frozenset[str] = frozenset(),
        lay: Lay = BRANCHES,
    ) -> None:
        self.name, self.after = name, after
        self.lay, self.lines = lay, environments
        shown = "deployments: true\n" if name in DEPLOYED else ""
        self.config = f"{HEAD}{shown}{lay.config}environments:\n{environments}apps: {{shop: {{{lay.render}}}}}\n"
        self.environments = list(after)

        self.automatic = automatic
        self.overwrites = "drift: overwrite" in environments
        self.soak = {env: timedelta(minutes=minutes) for env, minutes in soak.items()}

    def __repr__(self) -> str:
        return self.name


LINE = Shape(
    "line",
    "  - {name: dev, promote: auto}\n"
    "  - {name: staging, promote: auto, verify: {soak: 30m, within: 1h}}\n"
    "  - {name: prod, promote: auto}\n",
    {"dev": [], "staging": ["dev"], "prod": ["staging"]},
    {"staging": 30},
)
DIAMOND = Shape(
    "diamond",
    "  - {name: dev, promote: commit}\n"
    "  - {name: east, after: dev, promote: auto, verify: {soak: 20m, within: 1h, on_failure: continue}}\n"
    "  - {name: west, after: dev, promote: auto, newer: queue}\n"
    "  - {name: prod, after: [east, west], promote: auto, newer: wait}\n",
    {"dev": [], "east": ["dev"], "west": ["dev"], "prod": ["east", "west"]},
    {"east": 20},
)
PEOPLE = Shape(
    "people",
    "  - {name: dev, promote: commit, verify: {on_failure: rollback}}\n"
    "  - {name: staging, promote: review, newer: queue, gates: {approvals: 1}}\n"
    "  - {name: prod, promote: request, gates: {checks: [ci]}}\n",
    {"dev": [], "staging": ["dev"], "prod": ["staging"]},
    {},
    frozenset({"dev"}),
)
FOLDED = Shape("folders", DIAMOND.lines, DIAMOND.after, {"east": 20}, lay=FOLDERS)
PLACED = Shape("in-place", LINE.lines, LINE.after, {"staging": 30}, lay=IN_PLACE)
PLACED_PEOPLE = Shape("in-place-people", PEOPLE.lines, PEOPLE.after, {}, frozenset({"dev"}), IN_PLACE)
NAMED = Shape("hydrator", DIAMOND.lines, DIAMOND.after, {"east": 20}, lay=HYDRATED)
SETTLING = Shape("settling", LINE.lines, LINE.after, {"staging": 30}, lay=GATHERED)
ADOPTING = Shape(
    "adopting", DIAMOND.lines.replace("{name: ", "{drift: adopt, name: "), DIAMOND.after, {"east": 20}, lay=FOLDERS
)
OVERWRITING = Shape(
    "overwriting", LINE.lines.replace("{name: ", "{drift: overwrite, name: "), LINE.after, {"staging": 30}, lay=FOLDERS
)
OVERWRITING_PEOPLE = Shape(
    "overwriting-people",
    PEOPLE.lines.replace("{name: ", "{drift: overwrite, name: "),
    PEOPLE.after,
    {},
    frozenset({"dev"}),
    IN_PLACE,
)
OVERWRITERS = [OVERWRITING, OVERWRITING_PEOPLE]
SHAPES = [LINE, DIAMOND, PEOPLE, FOLDED, PLACED, PLACED_PEOPLE, NAMED, SETTLING, ADOPTING, *OVERWRITERS]


def steps(slots: int = 4) -> st.SearchStrategy[list[Step]]:
    """Give histories of 4 to 40 steps in a world of so many slots."""
    env = st.integers(0, slots - 1)
    step = st.one_of(
        st.tuples(st.just("change"), st.lists(env, min_size=1, max_size=4)),
        st.tuples(st.just("sync"), env),
        st.tuples(st.just("sync_all")),
        st.tuples(st.just("later"), st.sampled_from([1, 10, 25, 45, 90, 400])),
        st.tuples(st.just("run")),
        st.tuples(st.just("run")),
        st.tuples(st.just("sync_run")),
        st.tuples(st.just("sync_run")),
        st.tuples(st.just("two_runs")),
        st.tuples(st.just("crash"), st.integers(1, 12), st.booleans()),
        st.tuples(st.just("merge"), env, st.sampled_from(["merge", "squash", "rebase"])),
        st.tuples(
            st.just("between"),
            st.sampled_from(["merge", "close", "hand", "push", "delete", "hold", "resume", "skip", "rollback"]),
            env,
        ),
        st.tuples(st.just("close"), env),
        st.tuples(st.just("reopen"), env),
        st.tuples(st.just("approve"), env),
        st.tuples(st.just("check"), env, st.sampled_from(["success", "failure"])),
        st.tuples(st.just("hand"), env),
        st.tuples(st.just("unrelated"), env),
        st.tuples(st.just("revert"), env, st.integers(1, 3)),
        st.tuples(st.just("push"), env),
        st.tuples(st.just("force"), env),
        st.tuples(st.just("amend"), env),
        st.tuples(st.just("delete"), env),
        st.tuples(st.just("fast_forward"), env),
        st.tuples(st.just("say"), st.sampled_from(["hold", "resume", "rollback", "skip", "retry", "promote"]), env),
        st.tuples(st.just("hotfix"), env),
        st.tuples(st.just("back"), env, st.sampled_from(["and after", "to"]), st.integers(1, 4)),
        st.tuples(st.just("sick"), env),
        st.tuples(st.just("heal")),
        st.tuples(st.just("shaky"), env),
        st.tuples(st.just("unreachable"), env),
    )
    return st.lists(step, min_size=4, max_size=40)


class Play:
    """Plays a history on a world, every write audited."""

    def __init__(self, root: Path, shape: Shape, far: bool = False) -> None:
        self.world = World(root, shape.config, shape.environments, shape.lay, far)
        self.audit = Auditor(self.world, shape.after, shape.soak, shape.automatic, shape.overwrites)
        self.audit.attach()

    def play(self, steps: Sequence[Step]) -> None:
        for name, *args in steps:
            getattr(self, f"do_{name}")(*args)
            self.audit.tick()
            self.audit.nothing_lost()

    def env(self, index: int) -> str:
        return self.world.environments[index % len(self.world.environments)]

    # --- runs ---

    def do_run(self) -> None:
        run(self.world.workspace())

    def do_sync_run(self) -> None:
        self.do_sync_all()
        self.audit.tick()
        self.do_run()

    def do_two_runs(self) -> None:
        """One run looks, another runs to its end, the first acts on what it saw."""
        first = self.world.workspace()
        seen = look(first)
        plan = decide(first.config, seen, first.now())
        self.do_run()
        act(first, seen, plan.actions, lambda _event: None)
        self.do_run()

    def do_between(self, what: str, index: int) -> None:
        """A person acts between a run's reads and its writes."""
        first = self.world.workspace()
        seen = look(first)
        plan = decide(first.config, seen, first.now())
        if what in ("hold", "resume", "skip", "rollback"):
            self.do_say(what, index)
        elif what == "merge":
            self.do_merge(index, "squash")
        elif what == "delete":
            self.do_delete(index, race=True)
        else:
            getattr(self, f"do_{what}")(index)
        act(first, seen, plan.actions, lambda _event: None)
        self.do_run()

    def do_crash(self, at: int, after: bool) -> None:
        writes = self.world.writes
        writes.dies_at, writes.after = writes.count + at, after
        try:
            self.do_run()
        except Crash:
            pass
        finally:
            writes.dies_at = None

    # --- people ---

    def do_change(self, indexes: Sequence[int]) -> None:
        self.world.change([self.env(index) for index in indexes])

    def do_merge(self, index: int, method: str) -> None:
        for pull in self.world.pulls(self.env(index)):
            try:
                self.world.people.merge_as(pull.number, "kim", method, self.world.now)
            except PromoterError:
                continue

    def do_close(self, index: int) -> None:
        env = self.env(index)
        for pull in self.world.pulls(env):
            words = self.audit.words(pull.head) if pull.head in self.audit.heads else {}
            self.world.people.close_as(pull.number, "kim", self.world.now)
            self.audit.closes(words, pull.number)

    def do_reopen(self, index: int) -> None:
        env = self.env(index)
        if self.world.pulls(env):
            return
        for pull in self.world.pulls(env, PullState.CLOSED)[-1:]:
            if tip(self.world.repo, pull.head_branch) is None:
                return
            try:
                self.world.people.reopen_as(pull.number, "kim", self.world.now)
            except Rejected:  # its branch was merged, or has gone back, since
                return
            head = tip(self.world.repo, pull.head_branch)
            words = self.audit.words(head) if head in self.audit.heads and head is not None else {}
            for slot, word in words.items():
                self.audit.closed.pop((slot, word.release), None)
                self.audit.kept.pop(slot, None)

    def do_approve(self, index: int) -> None:
        for pull in self.world.pulls(self.env(index)):
            self.world.people.approve(pull.number, "lin", self.world.now)

    def do_check(self, index: int, state: str) -> None:
        for pull in self.world.pulls(self.env(index)):
            self.world.people.set_check(pull.head, "ci", state, "ci", self.world.now)

    def do_hand(self, index: int) -> None:
        self.world.hand_edit(self.env(index), f"# {self.world.now}\n")

    def do_unrelated(self, index: int) -> None:
        self.world.unrelated(self.env(index))

    def do_revert(self, index: int, back: int) -> None:
        self.world.revert(self.env(index), back)

    def do_push(self, index: int) -> None:
        """A person adds a commit to a proposal."""
        branch = self.world.proposal(self.env(index))
        if tip(self.world.repo, branch) is not None:
            commit_files(
                self.world.repo,
                branch,
                {f"{self.world.app(self.env(index))}/more.yaml": "# more\n"},
                "More",
                at=self.world.now,
            )

    def do_amend(self, index: int) -> None:
        """A person changes what a proposal's commit holds and leaves its message as it was."""
        branch = self.world.proposal(self.env(index))
        old, store = tip(self.world.repo, branch), self.world.repo.store
        if old is None or not store.commit(old).parents:
            return
        commit = store.commit(old)
        more = self.world.lay.drifted(self.world.repo, self.env(index), old, f"# {self.world.now}\n")
        files = {path: Entry(FILE, store.put_blob(text.encode())) for path, text in more.items()}
        kim = ("Kim", "kim@example.com")
        new = store.put_commit(
            store.edit_tree(commit.tree, files), list(commit.parents), commit.message, kim, self.world.now
        )
        self.world.repo.update([RefUpdate(f"refs/heads/{branch}", old, new)])

    def do_force(self, index: int) -> None:
        """A person replaces a proposal."""
        branch, active = self.world.proposal(self.env(index)), self.world.active(self.env(index))
        old = tip(self.world.repo, branch)
        if old is None or active is None:
            return
        store = self.world.repo.store
        new = store.put_commit(store.commit(active).tree, [active], "Mine", ("Kim", "kim@example.com"), self.world.now)
        self.world.repo.update([RefUpdate(f"refs/heads/{branch}", old, new)])

    def do_delete(self, index: int, race: bool = False) -> None:
        """A person deletes a proposal branch; in a race with our own close nobody can tell whose it was."""
        env = self.env(index)
        branch = self.world.proposal(env)
        for pull in self.world.pulls(env):
            if pull.head in self.audit.heads and pull.head_branch == branch and not race:
                self.audit.closes(self.audit.words(pull.head), pull.number)
        self.world.delete_branch(branch)

    def do_fast_forward(self, index: int) -> None:
        """A person pushes the proposal to the active branch."""
        env = self.env(index)
        head, active = tip(self.world.repo, self.world.proposal(env)), self.world.active(env)
        if head is None or active is None or not self.world.repo.store.is_ancestor(active, head) or head == active:
            return
        self.world.repo.update([RefUpdate(f"refs/heads/{self.world.lay.active(env)}", active, head)])

    def do_say(self, verb: str, index: int) -> None:
        env = self.env(index)
        before, name = self.audit.ledger(env), self.world.environment(env)
        try:
            command(self.world.workspace("kim"), verb, self.world.app(env), [name])
        except PromoterError:
            return
        after = self.audit.ledger(env)
        if before is None or after is None:
            return
        asked, target = after.place(name).asked, after.place(name).target
        if verb == "promote" and asked is not None:
            self.audit.vouched.add((env, asked.release))
        if verb == "retry":
            self.audit.kept.pop(env, None)
        if verb in ("rollback", "retry"):
            again = set(before.place(name).skips) - set(after.place(name).skips)
            if verb == "retry" and target is not None:
                again.add(target.release)
            if target is not None:
                self.audit.allowed_back.add((env, target.release))
            for number in again:
                self.audit.allowed_back.add((env, number))
                self.audit.wants_again(env, number)
            if verb == "rollback" and target is not None:
                self.audit.rejects(env, target.release)

    def do_back(self, index: int, how: str, commits: int) -> None:
        """A person goes back with everything after it, or to an earlier commit of the active branch."""
        env = self.env(index)
        app, name = self.world.app(env), self.world.environment(env)
        reach = Reach(and_after=True)
        if how == "to":
            head = self.world.active(env)
            chain = list(self.world.repo.store.history(head, limit=commits + 1, first_parent=True)) if head else []
            if not chain:
                return
            reach = Reach(to=chain[-1].id)
        try:
            said = take_down(self.world.workspace("kim"), "rollback", Words((app,), (name,)), reach=reach)
        except PromoterError:
            return
        for one in said:
            slot = self.world.slot_of(app, one.environment)
            ledger = self.audit.ledger(slot)
            target = ledger.place(one.environment).target if ledger is not None else None
            if target is not None:
                self.audit.allowed_back.add((slot, target.release))
                self.audit.rejects(slot, target.release)

    def do_hotfix(self, index: int) -> None:
        """Somebody with the right mends what is active in one environment."""
        env = self.env(index)
        runs = self.world.image(env, self.world.active(env))
        if runs is None or runs[0] == 9:  # a version by hand, above all that will ever be released
            return
        wish = Wish(".".join(str(part) for part in (*runs[:2], runs[2] + 1)))
        try:
            made = hotfix(
                self.world.workspace("kim"), self.world.app(env), [self.world.environment(env)], wish, "INC-412"
            )
        except PromoterError:
            return
        self.audit.fixes.add((env, made.number))
        self.audit.vouched = {word for word in self.audit.vouched if word[0] != env}

    # --- clusters and time ---

    def do_later(self, minutes: int) -> None:
        self.world.later(minutes)

    def do_sync(self, index: int) -> None:
        self.world.sync(self.env(index))

    def do_sync_all(self) -> None:
        for env in self.world.environments:
            self.world.sync(env)

    def do_sick(self, index: int) -> None:
        env = self.env(index)
        content = self.world.slot(env, self.world.active(env))
        if content is not None:
            self.world.sick.add(content)

    def do_heal(self) -> None:
        self.world.sick.clear()
        for cluster in self.world.clusters.values():
            cluster.shaky = cluster.unreachable = False

    def do_shaky(self, index: int) -> None:
        cluster = self.world.clusters[self.env(index)]
        cluster.shaky = not cluster.shaky

    def do_unreachable(self, index: int) -> None:
        cluster = self.world.clusters[self.env(index)]
        cluster.unreachable = not cluster.unreachable
