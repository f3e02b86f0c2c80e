"""The verbs: one table, from which the terminal's help and the reference are made."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Group(StrEnum):
    """Where a verb stands in the help."""

    START = "Start"
    LOOK = "Look"
    MOVE = "Move"
    SAY = "Say"


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb and how it is used."""

    name: str
    group: Group
    arguments: str
    """As the usage line shows them; words in any order unless the summary says otherwise."""
    summary: str
    """One line."""
    details: str = ""
    examples: tuple[str, ...] = ()
    """Command lines without the program's name."""
    comment: bool = False
    """It can also be said in a comment, as `/promoter NAME`."""


VERBS = (
    Verb(
        "init",
        Group.START,
        "",
        "Look at a repository, and write the smallest promoter.yaml for it.",
        "Says what it found and where, what it assumed and what it could not tell, and what to type next. In a working "
        "copy the file is written for you to commit, and when its repository is on GitHub or GitLab the workflow or "
        "the pipeline that runs promoter as well; any other repository is only written to with --commit. --pin "
        "moves versions from files that environments share into each environment's own, proven to render the same "
        "bytes; where a range stands, name the version that runs. No edit of yours is overwritten.",
        (
            "init",
            "init --layout branches --live kubernetes:{environment}",
            "init --pin --dry-run",
            "init --pin podinfo=6.9.1 --commit",
        ),
    ),
    Verb(
        "demo",
        Group.START,
        "",
        "See it work: a repository, four environments and a simulated cluster for each, on this machine.",
        examples=("demo", "demo --bad-day"),
    ),
    Verb(
        "config",
        Group.START,
        "[APP ENVIRONMENT]",
        "Check the config; show what holds for an app in an environment, and who says so.",
        "Without words the config of the default branch is checked, with --here the files of this folder, committed or "
        "not. All problems are shown at once, as file:line:key.",
        ("config", "config --here", "config shop prod-eu", "config --schema"),
    ),
    Verb(
        "doctor",
        Group.START,
        "",
        "Say what is wrong with access and wiring: what, where, why it matters, and what to do.",
        "Tries the clusters, looks for the controller of each slot, for what is posted, for who can write the ledgers, "
        "for versions that float, and approvals, checks and times that never come; on GitHub and GitLab also at the "
        "token, the branches' rules, and the workflow or the pipeline. It writes nothing.",
        ("doctor", "doctor --json", "doctor --exit-code"),
    ),
    Verb(
        "rbac",
        Group.START,
        "[APP...] [ENVIRONMENT...]",
        "Print the Kubernetes role that promoter needs to read what runs, as YAML to apply.",
        "A ClusterRole, or a Role in each of the namespaces that live names: get, list and watch, and nothing that "
        "writes. With --context only for the kinds that the cluster serves, and without a config repository.",
        ("rbac", "rbac --service-account ci/promoter", "rbac prod-eu --context eu-1"),
    ),
    Verb(
        "adopt",
        Group.START,
        "[APP]",
        "Take what runs as r0, or a hand edit as a release.",
        "The start on a living repository. What is adopted counts as verified where it stands, and goes nowhere else.",
        ("adopt shop", "adopt --all", "adopt shop --lost-ledger"),
    ),
    Verb(
        "status",
        Group.LOOK,
        "[APP...] [ENVIRONMENT...]",
        "Show what is where, what waits, and for whom.",
        "With more apps than fit, only what is not as it should be is shown, the most urgent first; --all shows all.",
        ("status", "status shop", "status prod-eu --json", "status --exit-code"),
        comment=True,
    ),
    Verb(
        "explain",
        Group.LOOK,
        "APP ENVIRONMENT",
        "Say why it is waiting, on what, since when, who can act, and when to look again.",
        "With --pull: what merging a person's pull request into the default branch would reach.",
        ("explain shop prod-eu", "explain shop prod-eu --markdown", "explain --pull 7"),
        comment=True,
    ),
    Verb(
        "history",
        Group.LOOK,
        "APP [RELEASE] [ENVIRONMENT...]",
        "Show an app's releases and where each has been.",
        examples=("history shop", "history shop r41", "history shop --limit 5 --json"),
    ),
    Verb(
        "diff",
        Group.LOOK,
        "APP ENVIRONMENT [ENVIRONMENT | RELEASE [RELEASE]]",
        "Show the difference between two environments, or two releases in one environment.",
        "The order counts here: from the first to the second. One environment alone: what is proposed there.",
        ("diff shop prod-eu", "diff shop staging prod-eu", "diff shop r39 r41 prod-eu"),
    ),
    Verb(
        "drift",
        Group.LOOK,
        "[APP...] [ENVIRONMENT...]",
        "Show what is not as a release left it: hand edits, renderings, clusters, environments.",
        "Slots that hold what no release explains are shown with the difference and who made it. --render renders what "
        "is active again, from the commit, settings and tool versions that were recorded. It writes nothing.",
        ("drift", "drift shop prod-eu", "drift --render --live --exit-code", "drift shop --between staging prod-eu"),
    ),
    Verb(
        "plan",
        Group.MOVE,
        "[APP...]",
        "Show what a run would do, without doing it.",
        examples=("plan", "plan shop --json", "plan --exit-code"),
    ),
    Verb(
        "run",
        Group.MOVE,
        "[APP...]",
        "Observe, decide, act: what CI calls. Safe to repeat, and to run twice at once.",
        examples=("run", "run --exit-code", "run shop --json"),
    ),
    Verb(
        "action",
        Group.MOVE,
        "",
        "Do what the event of a GitHub workflow asks for: what action.yml calls.",
        "Makes the release that the step's inputs or a dispatch name, attends to comments, and runs. Sets the step's "
        "outputs, writes the job's summary, and shows problems as annotations.",
        ("action",),
    ),
    Verb(
        "gitlab-ci",
        Group.MOVE,
        "",
        "Do what started a pipeline of GitLab asks for: what the job of templates/promoter calls.",
        "Makes the release and takes down the word that the job's variables name, attends to comments, and runs. "
        "Leaves a JUnit report, variables for later jobs, the plan and how things stand.",
        ("gitlab-ci",),
    ),
    Verb(
        "release",
        Group.MOVE,
        'APP [VERSION] [--hotfix ENVIRONMENT... "REASON"]',
        "Make a release: write the version into the files, render every environment, record it.",
        "Which image is meant is found where the app has one; else name it. Without a version, what the default branch "
        "holds now is released. A hotfix is made from what is active in the named environments, for these alone, and "
        "waits for none before them; their gates hold. It stays there until a release comes that contains it.",
        (
            "release shop 1.4.2",
            "release shop --image ghcr.io/acme/shop=1.4.2",
            'release shop 1.3.10 --hotfix prod-eu "INC-412 5xx"',
        ),
    ),
    Verb(
        "wait",
        Group.MOVE,
        "APP ENVIRONMENT [RELEASE]",
        "Wait until a release is live and verified, failed, or the time is over.",
        "Waits for the named release, or for what is on its way. It only looks: something else has to run promoter.",
        ("wait shop staging r41 --timeout 30m",),
    ),
    Verb(
        "promote",
        Group.SAY,
        "APP ENVIRONMENT... [RELEASE]",
        "Ask for a release here, as soon as its gates pass.",
        "The release that is proposed there, or the newest, unless one is named. The word counts for the head that is "
        "proposed now, and for no other.",
        ("promote shop prod-eu", "promote shop prod-eu r41"),
        comment=True,
    ),
    Verb(
        "rollback",
        Group.SAY,
        'APP... ENVIRONMENT... [RELEASE] ["REASON"]',
        "Go back to the release that was verified last, or to a named one.",
        "Brings back exactly what was there, skips what it leaves and everything between, and holds until somebody "
        "resumes. --and-after: also where it went from there. --to: what the slot held in a commit of its active "
        "branch, for a release that the ledger does not keep any more, or a ledger that is gone.",
        (
            'rollback shop prod-eu "INC-412 5xx"',
            "rollback shop prod-eu r39",
            'rollback shop cart prod-eu "INC-412"',
            'rollback shop staging --and-after "INC-412"',
            "rollback shop prod-eu --to 4f1c9d2",
        ),
        comment=True,
    ),
    Verb(
        "hold",
        Group.SAY,
        '[APP] [ENVIRONMENT...] ["REASON"]',
        "Let nothing move: an app, an environment, an app in an environment, or everything (--all).",
        examples=(
            'hold shop prod-eu "INC-412"',
            "hold prod-eu --until 2026-12-24T18:00",
            "hold shop --until 4h",
            'hold --all "INC-412 nobody knows yet"',
        ),
        comment=True,
    ),
    Verb(
        "resume",
        Group.SAY,
        "[APP] [ENVIRONMENT...]",
        "Let things move again.",
        examples=("resume shop prod-eu", "resume --all"),
        comment=True,
    ),
    Verb(
        "skip",
        Group.SAY,
        'APP ENVIRONMENT... [RELEASE] ["REASON"]',
        "Not this release, here.",
        examples=('skip shop prod-eu r41 "waits for the migration"',),
        comment=True,
    ),
    Verb(
        "retry",
        Group.SAY,
        "APP ENVIRONMENT... [RELEASE]",
        "Undo a skip or a failure.",
        examples=("retry shop prod-eu r41",),
        comment=True,
    ),
    Verb(
        "override",
        Group.SAY,
        'APP ENVIRONMENT GATE [RELEASE] "REASON"',
        "Let one gate pass by word, for what is proposed here.",
        "The word is recorded with your name and the reason, and shown wherever the gate is. It counts for that "
        "release over what the slot holds now; anything else makes it void.",
        ('override shop prod-eu window "INC-412: the fix for it"', 'override shop prod-eu checks/e2e r41 "flaky"'),
        comment=True,
    ),
    Verb(
        "help",
        Group.LOOK,
        "",
        "Say which verbs there are, and which of them you may say here.",
        comment=True,
    ),
    Verb(
        "pr",
        Group.SAY,
        "COMMAND",
        "Work with pull requests of a repository without a forge: list, show, approve, comment, check, merge, close.",
        examples=("pr list", "pr show 7", "pr approve 7 --as kim"),
    ),
    Verb(
        "preview",
        Group.SAY,
        "COMMAND [NAME] [APP...]",
        "Show an app under a name of its own, for a while: create, update, archive, restore, delete, list, keys.",
        "A preview is a copy of what an environment is made from, with other versions and values, in its own namespace "
        "and under its own hosts. It stands on a branch that a controller reads, and is never promoted. In a comment "
        "on a pull request /preview alone makes one of it.",
        (
            "preview create login shop --image ghcr.io/acme/shop=1.5.0-rc.1 --set Deployment/shop:spec.replicas=1",
            "preview create pr-12 shop --pull 12",
            "preview archive login",
            "preview list --json",
        ),
        comment=True,
    ),
    Verb(
        "ledger",
        Group.LOOK,
        "COMMAND",
        "Show what is remembered of an app, shorten its chain of commits, vouch for it: show, compact, accept.",
        "The ledger is a branch whose log is the audit log. A shortened chain is kept under refs/promoter/archive.",
        ("ledger show shop", "ledger show shop --at 3f2a91c", "ledger compact shop"),
    ),
    Verb(
        "inventory",
        Group.LOOK,
        "[APP...] [ENVIRONMENT...]",
        "Show what runs where, who is behind, where Git and clusters differ, and what nobody promotes.",
        "Without words also the Applications of all kinds that belong to no app. Outside a config repository name "
        "clusters or files: then it shows their objects alone.",
        (
            "inventory",
            "inventory prod-eu --csv",
            "inventory --context eu-1,eu-2 --workloads",
            "inventory --db today.db",
        ),
    ),
    Verb(
        "query",
        Group.LOOK,
        "QUESTION [VALUE...]",
        "Ask the inventory in SQL: one SELECT, which can write nothing.",
        "Values stand for question marks, in their order. --schema prints the tables.",
        (
            "query \"select app, environment, version from slots where state = 'failed'\"",
            'query "select distinct app, environment from images where name = ?" ghcr.io/acme/shop --json',
            "query \"select * from objects where app is null and verdict <> 'Healthy'\" --db today.db",
            "query --schema",
        ),
    ),
    Verb(
        "health",
        Group.LOOK,
        "",
        "Judge objects in files or on standard input as a run would judge them.",
        "Without --commit and --path an object should have the newest revision that is known where it stands: its "
        "source's, else what it reports. With them it should have the content of that commit at the path.",
        (
            "health -f status/eu-1",
            "health --commit 3f2a91c04d5e6f7a8b9c0d1e2f3a4b5c6d7e8f90 --path shop -f objects.json",
            "health -f - --exit-code",
        ),
    ),
    Verb(
        "simulate",
        Group.LOOK,
        "SCRIPT",
        "Play a script of events on a scratch copy, and check what comes of it: a test of a policy.",
        "Releases, checks, clusters that hang, people and the passing of time are played; the runs are real. "
        "The clock, the clusters and what the world answers to gates are the script's. The repository is only read, "
        "and nobody is asked. Exits 12 when something is not as the script expects.",
        ("simulate policies/tests/production.yaml", "simulate friday.yaml --json", "simulate friday.yaml --here"),
    ),
    Verb(
        "schema",
        Group.LOOK,
        "NAME",
        "Print the JSON Schema of a report or of the config.",
        examples=("schema status", "schema config"),
    ),
)


def verb(name: str) -> Verb:
    """Give the verb called `name`. Raises KeyError."""
    return _BY_NAME[name]


_BY_NAME = {entry.name: entry for entry in VERBS}
