"""Bad configs and the exact words about them."""

from __future__ import annotations

import pytest

from tests.policy.trees import overlays, problems

TREE = overlays("shop", "dev", "staging", "prod")
HEAD = "version: 1\nlive: none\n"
APPS = 'apps: {shop: "apps/shop/overlays/{environment}"}\n'
ENVIRONMENTS = "environments: [dev, staging, prod]\n"


def wrong(text: str, **more: str) -> list[str]:
    files = {name.replace("__", "/") + ".yaml": body for name, body in more.items()}
    return problems({**TREE, **files, "promoter.yaml": text})


def test_a_good_config_has_no_problems() -> None:
    assert wrong(HEAD + ENVIRONMENTS + APPS) == []


def test_no_config_at_all() -> None:
    assert problems(TREE) == ["promoter.yaml: does not exist; promoter init writes one"]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    text = """\
version: 2
environments:
  - {name: dev, promote: automatic}
  - {name: staging, dependsOn: [dev], verify: {soak: 90}}
  - {name: prod, after: stagin, gates: {soak: 24h, window: Mon-Fry}, policy: productoin}
apps:
  shop: {path: "apps/shop/overlays/{environment}", imags: [a]}
  cart: {path: "apps/cart/{env}"}
  staging: "apps/shop/overlays/{environment}/kustomization.yaml"
"""
    assert wrong(text, policies__production="promote: auto\n") == [
        "promoter.yaml:1:live: how does promoter learn what runs? kubernetes, commit_status, deployments, files, or "
        'none; for example live: {files: "status/{cluster}"}',
        "promoter.yaml:1:version: 2 is not a version that is known; this promoter reads version: 1",
        "promoter.yaml:3:environments[dev].promote: automatic is not one of commit, auto, review, request; did you "
        "mean auto?",
        "promoter.yaml:4:environments[staging].dependsOn: unknown key dependsOn; did you mean after?",
        "promoter.yaml:4:environments[staging].verify.soak: 90 has no unit; did you mean 90m?",
        "promoter.yaml:5:environments[prod].after: unknown environment stagin; did you mean staging?",
        'promoter.yaml:5:environments[prod].gates.soak: soak is a rule after the merge. For "24h in staging before '
        'prod" write verify: {soak: 24h} on staging',
        "promoter.yaml:5:environments[prod].gates.window: Fry is no day; there is Mon, Tue, Wed, Thu, Fri, Sat, Sun",
        "promoter.yaml:5:environments[prod].policy: policies/productoin.yaml does not exist; did you mean production?",
        "promoter.yaml:7:apps.shop.imags: unknown key imags; did you mean images?",
        "promoter.yaml:8:apps.cart.path: {env} is not known here; there is {app} and {environment}",
        "promoter.yaml:9:apps.staging: an app and an environment share the name staging; commands could not tell them "
        "apart",
    ]


KEYS = [
    # (a line of prod's entry, key path below environments[prod], message)
    ("verify: {soak: 5x}", "verify.soak", "5x is not a duration; write for example 90m, 1h30m, 2d"),
    ("verify: {soak: -1h}", "verify.soak", "-1h is not a duration; write for example 90m, 1h30m, 2d"),
    ("verify: {soak: 9999d}", "verify.soak", "9999d is more than ten years"),
    ("verify: {within: 0}", "verify.within", "must be more than 0; write for example 1h"),
    ("verify: {health: yes}", "verify.health", "yes is neither true nor false"),
    ("verify: {onFailure: hold}", "verify.onFailure", "unknown key onFailure; did you mean on_failure?"),
    ("verify: {on_failure: stop}", "verify.on_failure", "stop is not one of continue, hold, rollback"),
    (
        "verify: {approvals: 1}",
        "verify.approvals",
        "approvals is a rule before the merge; write gates: {approvals: ...}",
    ),
    ("gates: {within: 1h}", "gates.within", "within is a rule after the merge; write verify: {within: ...}"),
    ("gates: {check: [a]}", "gates.check", "unknown key check; did you mean checks?"),
    ("gates: {checks: a}", "gates.checks", "must be a list: [a]"),
    ("gates: {checks: [a, a]}", "gates.checks", "names a twice"),
    (
        "gates: {checks: [promoter]}",
        "gates.checks",
        "promoter is promoter's own status, which waits for the gates; name the check that must pass",
    ),
    (
        "gates: {checks: {a: {from: []}}}",
        "gates.checks.a.from",
        "is empty; name at least one or remove the key",
    ),
    ("gates: {checks: {a: {form: [x]}}}", "gates.checks.a.form", "unknown key form; did you mean from?"),
    ("gates: {approvals: two}", "gates.approvals", "two is not a number from 0 to 100"),
    ("gates: {approvals: {from: [write]}}", "gates.approvals.count", "is missing"),
    ("gates: {approvals: {count: 1, from: []}}", "gates.approvals.from", "names nobody; then nobody could ever act"),
    (
        'gates: {approvals: {count: 1, from: ["@acme/sre"]}}',
        "gates.approvals.from",
        "@acme/sre is not known; write team:NAME or user:NAME without the organisation",
    ),
    (
        "gates: {approvals: {count: 1, authors: 1}}",
        "gates.approvals.authors",
        "1 is neither true nor false",
    ),
    (
        "promote: commit\n    gates: {approvals: 1}",
        "promote",
        "commit makes no pull request, so nobody could approve; write promote: auto, or approvals: 0",
    ),
    (
        "promote: commit\n    gates: {commands: {smoke: [ci/smoke.sh]}}",
        "promote",
        "commit proposes nothing that commands could be asked about; write promote: auto",
    ),
    ("rollback: request", "rollback", "request is not one of commit, auto, review"),
    ("newer: skip", "newer", "skip is not one of replace, wait, queue"),
    ("accept: {semver: about 1}", "accept.semver", "'about' is not a version bound; write for example >=1.0 <2"),
    (
        "accept: {tags: '('}",
        "accept.tags",
        "( is not a regular expression: missing ), unterminated subpattern at position 0",
    ),
    ("autoMerge: true", "autoMerge", "unknown key autoMerge; did you mean promote: auto?"),
    ("auto: true", "auto", "unknown key auto; did you mean promote: auto?"),
    (
        "requiredSoakTime: 1h",
        "requiredSoakTime",
        "unknown key requiredSoakTime; did you mean verify: {soak: 1h} on the environment before?",
    ),
    ("soak: 1h", "soak", "unknown key soak; did you mean verify: {soak: 1h}?"),
    ("pullRequest: {}", "pullRequest", "unknown key pullRequest; did you mean pull_request?"),
    (
        "pull_request: {group: wave}",
        "pull_request.group",
        "wave is not one of app, environment",
    ),
    ("layout: {branch: a, path: b}", "layout", "layout: this version cannot do it yet; remove it"),
    ("clusters: []", "clusters", "is empty; name at least one or remove the key"),
    ("clusters: eu", "clusters", "must be a list: [eu]"),
    ("after: prod", "after", "prod comes after itself"),
    ("after: {all: [dev]}", "after", "must be a name, a list of names (all of them), or {any: [a, b]}"),
    ("after: {any: []}", "after", "is empty; name at least one or remove the key"),
    (
        "allow: {promote: [owner]}",
        "allow.promote",
        "owner is not known; there is read, triage, write, maintain, admin, "
        "codeowners, team:NAME, user:NAME; did you mean codeowners?",
    ),
    (
        "allow: {merge: [write]}",
        "allow.merge",
        "unknown key merge; there is hold, hotfix, override, preview, promote, resume, retry, rollback, skip",
    ),
    ("policy: ../x", "policy", "policies/../x.yaml does not exist"),
    ("promote:", "promote", "has no value; write one or remove the key"),
    ("gates:", "gates", "has no value; write one or remove the key"),
    (
        "live: {files: a, commit_status: b, from: [c]}",
        "live",
        "say one of kubernetes, commit_status, deployments, files, or none",
    ),
    (
        "live: {commit_status: a}",
        "live",
        'commit_status and from go together: {commit_status: "{environment}/*", from: [flux-bot]}',
    ),
    (
        "live: cluster",
        "live",
        "says nothing that is known; it is one of kubernetes, commit_status, deployments, files, or none",
    ),
    (
        'live: {files: "{namespace}"}',
        "live.files",
        "{namespace} is not known here; there is {cluster} and {environment} and {app}",
    ),
]


@pytest.mark.parametrize(("line", "key", "message"), KEYS, ids=[line for line, _, _ in KEYS])
def test_one_wrong_key_of_an_environment(line: str, key: str, message: str) -> None:
    text = f"{HEAD}{APPS}environments:\n  - dev\n  - staging\n  - name: prod\n    {line}\n"
    assert wrong(text) == [f"promoter.yaml:8:environments[prod].{key}: {message}"]


@pytest.mark.parametrize(
    ("said", "key", "message"),
    [
        ("labels: []", "labels", "is empty; name at least one or remove the key"),
        ("labels: [a/]", "labels[0]", "a/ is not a label: letters, digits, blanks and ._/:+- inside, at most 50"),
        ("trailer: Promote", "trailer", "Promote is not a trailer of a commit message; write for example"),
        ('trailer: "Promote: "', "trailer", "Promote:  is not a trailer of a commit message; write for example"),
        ("active_in: stagin", "active_in", "no environment is called stagin; did you mean staging?"),
        ("active_in: prod", "active_in", "prod does not come before prod"),
    ],
)
def test_what_is_accepted_can_be_told(said: str, key: str, message: str) -> None:
    here = f"environments: [dev, staging, {{name: prod, accept: {{{said}}}}}]\n"
    (found,) = wrong(f"{HEAD}{APPS}{here}")
    assert found.startswith(f"promoter.yaml:4:environments[prod].accept.{key}: {message}")


def test_an_app_that_leaves_out_what_is_to_run_its_releases_is_told_once() -> None:
    here = "environments: [dev, staging, {name: prod, accept: {active_in: staging}}]\n"
    apps = APPS.replace('{shop: "', '{shop: {path: "').replace('"}', '", environments: [dev, prod]}}')
    assert wrong(f"{HEAD}{apps}{here}") == [
        "promoter.yaml:4:environments[prod].accept.active_in: shop does not go to staging, so nothing of it would ever "
        "come to prod"
    ]


TOP = [
    ("notify: {slack: {}}\n", "promoter.yaml:5:notify: notify: this version cannot do it yet; remove it"),
    ("dashboard: branch\n", "promoter.yaml:5:dashboard: dashboard: this version cannot do it yet; remove it"),
    ("freez: []\n", "promoter.yaml:5:freez: unknown key freez; did you mean freeze?"),
    ("stages: [a]\n", "promoter.yaml:5:stages: unknown key stages; did you mean environments?"),
    (
        "timezone: Europe/Berlen\n",
        "promoter.yaml:5:timezone: Europe/Berlen is not a time zone; write for example Europe/Berlin or UTC",
    ),
    (
        "timezone: Europe\n",
        "promoter.yaml:5:timezone: Europe is not a time zone; write for example Europe/Berlin or UTC",
    ),
    (
        "freeze: [{from: 2026-12-20, until: 2026-12-20}]\n",
        "promoter.yaml:5:freeze[0]: until is the first free day, so it comes after 2026-12-20",
    ),
    (
        "freeze: [{from: 20 Dec, until: 2026-12-20}]\n",
        "promoter.yaml:5:freeze[0].from: 20 Dec is not a day; write for example 2026-12-20",
    ),
    (
        "freeze: [{from: 2026-02-30, until: 2026-12-20}]\n",
        "promoter.yaml:5:freeze[0].from: 2026-02-30 is not a day of the calendar",
    ),
    (
        "freeze: [{from: 2026-12-20}]\n",
        "promoter.yaml:5:freeze[0]: says when by from and until (days), or by when (spans of time that come again)",
    ),
    (
        "freeze: [{from: 2026-12-20, until: 2027-01-04, when: Sat-Sun}]\n",
        "promoter.yaml:5:freeze[0]: says when by from and until (days), or by when (spans of time that come again)",
    ),
    (
        "freeze: [{reason: Fair}]\n",
        "promoter.yaml:5:freeze[0]: says when by from and until (days), or by when (spans of time that come again)",
    ),
    (
        "freeze: [{when: [Mon-Thu, Fri-Sun]}]\n",
        "promoter.yaml:5:freeze[0]: never ends; to let nothing move until somebody says so: promoter hold",
    ),
    (
        "freeze: [{when: weekend}]\n",
        "promoter.yaml:5:freeze[0].when: weekend is no day; there is Mon, Tue, Wed, Thu, Fri, Sat, Sun",
    ),
    (
        "freeze: [{from: 2026-12-20, until: 2027-01-04, environments: [prod-*]}]\n",
        "promoter.yaml:5:freeze[0].environments: no environment is called prod-*; did you mean prod?",
    ),
    (
        "limits: {open_pull_requests: 0}\n",
        "promoter.yaml:5:limits.open_pull_requests: 0 is not a number from 1 to 10000",
    ),
    ("dry: {commit: direct}\n", "promoter.yaml:5:dry.commit: direct is not one of push, pull_request"),
    ("interchange: argo\n", "promoter.yaml:5:interchange: argo is not one of hydrator"),
    ("render: {all_or_nothing: maybe}\n", "promoter.yaml:5:render.all_or_nothing: maybe is neither true nor false"),
    (
        "tools: {kustomize: 5.8}\n",
        "promoter.yaml:5:tools.kustomize: 5.8 is not an exact version; every run must render the same bytes: write for "
        "example 5.8.1",
    ),
    (
        "tools: {kustomise: 5.8.1}\n",
        "promoter.yaml:5:tools.kustomise: unknown program kustomise; did you mean kustomize?",
    ),
    (
        'layout: {branch: "env/{environment}", path: "{app}"}\n',
        "promoter.yaml:1:tools: is required with a layout, so that every run renders the same bytes: tools: "
        "{kustomize: 5.8.1}",
    ),
    (
        'layout: {branch: deploy, path: "{app}"}\ntools: {kustomize: 5.8.1}\n',
        "promoter.yaml:5:layout: {environment} is missing: put it into branch or path, or environments overwrite each "
        "other",
    ),
    (
        'layout: {branch: main, path: "out/{environment}"}\ntools: {kustomize: 5.8.1}\n',
        "promoter.yaml:5:layout.branch: rendered manifests need a branch beside main, which holds what they are made "
        "from",
    ),
    (
        'layout: {branch: a, path: "../{app}"}\n',
        "promoter.yaml:5:layout.path: ../{app} is no path inside the repository",
    ),
    ("layout: rendered\n", "promoter.yaml:5:layout: must be a mapping with branch, path, not text"),
]


@pytest.mark.parametrize(("line", "problem"), TOP, ids=[line for line, _ in TOP])
def test_one_wrong_key_at_the_top(line: str, problem: str) -> None:
    assert wrong(f"version: 1\nlive: none\n{ENVIRONMENTS}{APPS}{line}") == [problem]


MISSING = [
    ("environments: []\n" + APPS, "promoter.yaml:3:environments: is empty; name at least one or remove the key"),
    (APPS, "promoter.yaml:1:environments: is missing; write them in order: environments: [dev, staging, prod]"),
    (
        ENVIRONMENTS,
        'promoter.yaml:1:apps: is missing; write what is promoted: apps: {shop: "apps/shop/overlays/{environment}"}',
    ),
    (ENVIRONMENTS + "apps: [shop]\n", "promoter.yaml:4:apps: must be a mapping, not a list"),
    ("environments: dev\n" + APPS, "promoter.yaml:3:environments: must be a list: [dev]"),
    (
        "environments: [dev, Prod]\n" + APPS,
        "promoter.yaml:3:environments[Prod]: Prod cannot be a name: "
        "lower-case letters, digits, -, . and _, at most 63, beginning and ending with a letter or digit, not "
        "r1 or r41",
    ),
    (
        "environments: [dev, dev]\n" + APPS,
        "promoter.yaml:3:environments[dev]: dev stands here a second time, first in line 3",
    ),
    (
        "environments: [dev, status]\napps: {shop: apps/shop/overlays}\n",
        "promoter.yaml:3:environments[status]: status is a command; commands could not tell them apart",
    ),
    (
        "environments: [{name: dev, after: prod}, staging, prod]\n" + APPS,
        "promoter.yaml:3:environments[dev].after: dev after prod after staging after dev: environments cannot come "
        "after each other",
    ),
]


@pytest.mark.parametrize(("text", "problem"), MISSING, ids=[text[:40] for text, _ in MISSING])
def test_the_frame(text: str, problem: str) -> None:
    assert problem in wrong(HEAD + text)


def test_policy_files() -> None:
    text = HEAD + APPS + "environments: [dev, staging, {name: prod, policy: production}]\n"
    assert wrong(text) == ["promoter.yaml:4:environments[prod].policy: policies/production.yaml does not exist"]
    assert wrong(
        text, policies__production="name: x\nafter: dev\nclusters: [a]\ngates: {soak: 1h}\nverify: {soak: 1}\n"
    ) == [
        "policies/production.yaml:1:name: name belongs to an environment; a policy is one without name, order "
        "and place",
        "policies/production.yaml:2:after: after belongs to an environment; a policy is one without name, order and "
        "place",
        "policies/production.yaml:3:clusters: clusters belongs to an environment; a policy is one without name, order "
        "and place",
        "policies/production.yaml:4:gates.soak: soak is a rule after the merge; write verify: {soak: ...}",
        "policies/production.yaml:5:verify.soak: 1 has no unit; did you mean 1m?",
    ]
    assert wrong(text, policies__production="") == ["policies/production.yaml: is empty"]
    assert wrong(text, policies__production="a: {app}/x\n") == [
        'policies/production.yaml:1:a: a value that begins with { must be quoted: a: "{app}/x"'
    ]
