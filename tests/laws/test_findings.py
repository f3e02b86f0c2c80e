"""Histories that once broke a law, each with the sentence that it must keep true."""

from __future__ import annotations

from pathlib import Path

import pytest

from promoter.model.ledger import How, Place, Result
from promoter.run.adopt import adopt
from promoter.run.run import run
from tests.laws.history import DIAMOND, LINE, PEOPLE, Play, Shape
from tests.laws.test_laws import quiet
from tests.repos import commit_files

DEV, STAGING, PROD = 0, 1, 2


def place(play: Play, environment: str) -> Place:
    ledger = play.audit.ledger()
    assert ledger is not None
    return ledger.place(environment)


def active(play: Play, environment: str) -> int:
    stay = place(play, environment).stay
    assert stay is not None
    return stay.release


def through(play: Play, *indexes: int) -> None:
    """A change of these environments, and runs until nothing moves."""
    play.play([("change", indexes)])
    for _ in range(4):
        play.play([("sync_run",), ("later", 45), ("sync_run",)])


ASKED = Shape(
    "asked",
    "  - {name: dev, promote: commit}\n  - {name: prod, promote: auto, rollback: review}\n",
    {"dev": [], "prod": ["dev"]},
    {},
)


def test_a_pull_request_that_is_closed_reopened_and_closed_again_stays_closed(tmp_path: Path) -> None:
    play = Play(tmp_path, PEOPLE)
    play.play([("change", [0, 1, 2]), ("sync_run",), ("sync_run",), ("close", STAGING), ("run",)])
    play.play([("reopen", STAGING), ("run",), ("close", STAGING), ("run",), ("run",)])
    assert not play.world.pulls("staging")
    assert 1 in place(play, "staging").skips


def test_a_reopened_pull_request_that_is_merged_is_a_merge(tmp_path: Path) -> None:
    play = Play(tmp_path, PEOPLE)
    play.play([("change", [0, 1, 2]), ("sync_run",), ("sync_run",), ("close", STAGING), ("run",)])
    play.play([("reopen", STAGING), ("run",), ("merge", STAGING, "squash"), ("run",)])
    stay = place(play, "staging").stay
    assert stay is not None
    assert (stay.release, stay.how) == (1, How.MERGED)


def test_a_person_may_close_what_promoter_once_meant_to_close(tmp_path: Path) -> None:
    play = Play(tmp_path, PEOPLE)
    play.play([("change", [0, 1, 2]), ("sync_run",), ("sync_run",), ("shaky", DEV)])
    while not place(play, "staging").announced:  # dies between the word and the deed
        play.play([("crash", 1, True)])
    assert play.world.pulls("staging")
    play.play([("shaky", DEV), ("sync_run",), ("sync_run",)])
    assert play.world.pulls("staging")
    play.play([("close", STAGING), ("run",), ("run",)])
    assert not play.world.pulls("staging")
    assert 1 in place(play, "staging").skips


def test_a_rollback_that_a_person_reverts_is_not_made_again(tmp_path: Path) -> None:
    play = Play(tmp_path, ASKED)
    through(play, 0, 1)
    through(play, 0, 1)
    play.play([("say", "rollback", 1), ("run",)])
    before = play.world.slot("prod", play.world.active("prod"))
    assert before is not None
    assert len(play.world.pulls("prod")) == 1
    play.play([("merge", 1, "squash")])
    play.world.put("prod", before)
    play.play([("run",), ("run",)])
    assert not play.world.pulls("prod")
    assert active(play, "prod") == 2


def test_a_retry_of_what_changes_nothing_arrives_and_frees_the_place(tmp_path: Path) -> None:
    play = Play(tmp_path, LINE)
    through(play, 0, 1, 2)
    through(play, 0)
    assert active(play, "prod") == 2
    play.play([("say", "rollback", PROD), ("run",), ("say", "retry", PROD), ("say", "resume", PROD), ("run",)])
    assert active(play, "prod") == 2
    through(play, 0, 1, 2)
    assert active(play, "prod") == 3


def test_a_retry_does_not_come_back_after_a_newer_release(tmp_path: Path) -> None:
    play = Play(tmp_path, LINE)
    through(play, 0, 1, 2)
    through(play, 0, 1, 2)
    play.play([("say", "rollback", PROD), ("run",), ("shaky", STAGING), ("run",), ("shaky", STAGING)])
    play.play([("say", "retry", PROD), ("say", "resume", PROD)])
    assert place(play, "prod").target is not None
    play.world.change(["dev", "staging", "prod"])
    for _ in range(4):
        play.play([("sync_run",), ("later", 45), ("sync_run",)])
    assert active(play, "prod") == 3
    assert place(play, "prod").target is None
    play.play([("say", "rollback", STAGING)])
    for _ in range(4):
        play.play([("sync_run",), ("later", 45), ("sync_run",)])
    assert active(play, "staging") == 2
    assert active(play, "prod") == 3


@pytest.mark.parametrize("how", ["commit", "auto"])
def test_a_rollback_by_policy_leaves_a_hand_edit_alone(tmp_path: Path, how: str) -> None:
    shape = Shape(
        "careful",
        f"  - {{name: dev, promote: {how}, verify: {{on_failure: rollback}}}}\n",
        {"dev": []},
        {},
        frozenset({"dev"}),
    )
    play = Play(tmp_path, shape)
    through(play, 0)
    play.play([("change", [0]), ("sync_run",), ("sick", DEV), ("later", 90)])
    play.do_between("hand", DEV)
    edited = play.world.slot("dev", play.world.active("dev"))
    play.play([("run",), ("sync_run",)])
    assert play.world.slot("dev", play.world.active("dev")) == edited
    assert place(play, "dev").drift is not None


def test_what_was_mixed_becomes_a_release_that_is_exactly_it(tmp_path: Path) -> None:
    play = Play(tmp_path, PEOPLE)
    world = play.world
    play.play([("change", [0, 1, 2]), ("sync_run",), ("sync_run",)])
    branch = world.lay.proposal("staging")
    head = world.repo.refs([f"refs/heads/{branch}"])[f"refs/heads/{branch}"]
    ((name, file),) = world.repo.store.files(world.repo.store.commit(head).tree, "shop")
    commit_files(
        world.repo, branch, {f"shop/{name}": world.repo.store.blob(file.id).replace(b"1.1.0", b"1.2.0")}, "Fix"
    )
    play.play([("merge", STAGING, "merge"), ("sync_run",), ("say", "resume", STAGING)])
    stay = place(play, "staging").stay
    assert stay is not None
    assert stay.how is How.MIXED
    play.play([("change", [0, 1, 2]), ("sync_run",), ("sync_run",)])
    stay = place(play, "staging").stay
    assert stay is not None
    assert (stay.release, stay.how) == (2, How.UNCHANGED)


def test_a_queue_keeps_its_order_through_a_hand_edit(tmp_path: Path) -> None:
    play = Play(tmp_path, DIAMOND)
    west = 2
    through(play, 0, 1, 2, 3)
    play.play([("hand", west), ("run",)])
    stood = place(play, "west").stay
    for _ in range(2):
        play.play([("change", [0, 1, 2, 3]), ("sync_run",), ("later", 45), ("sync_run",), ("sync_run",)])
    assert stood is not None
    assert stood.content is not None
    proposal = place(play, "west").proposal
    assert proposal is not None
    assert proposal.release == 2
    play.world.put("west", stood.content)
    play.play([("sync_run",)])
    assert active(play, "west") == 2


def test_a_rollback_needs_no_room_among_the_open_pull_requests(tmp_path: Path) -> None:
    shape = Shape(
        "full", PEOPLE.lines.replace("promote: request", "promote: auto"), PEOPLE.after, {}, frozenset({"dev"})
    )
    shape.config = shape.config.replace("version: 1\n", "version: 1\nlimits: {open_pull_requests: 1}\n")
    play = Play(tmp_path, shape)
    play.play([("change", [0, 1, 2])])
    for _ in range(2):
        for _ in range(2):
            play.play([("sync_run",), ("approve", STAGING), ("merge", STAGING, "merge"), ("sync_run",)])
            play.play([("check", PROD, "success"), ("sync_run",), ("sync_run",)])
        assert active(play, "prod") == active(play, "dev")
        play.play([("change", [0, 1, 2])])
    play.play([("sync_run",), ("sync_run",)])
    assert play.world.pulls("staging")
    play.play([("say", "rollback", PROD), ("run",)])
    assert active(play, "prod") == 1


def test_a_hold_said_before_a_straight_commit_is_kept(tmp_path: Path) -> None:
    play = Play(tmp_path, DIAMOND)
    play.play([("change", [0, 1, 2, 3])])
    while play.audit.ledger() is None or place(play, "dev").proposal is None:
        play.play([("crash", 1, True)])
    play.do_between("hold", DEV)
    assert place(play, "dev").stay is None


def test_what_is_refused_in_one_environment_stops_no_other(tmp_path: Path) -> None:
    """The forge takes no more proposals for staging; a rollback in prod goes on."""
    play = Play(tmp_path, LINE)
    through(play, 0, 1, 2)
    through(play, 0, 1, 2)
    play.world.refused.add("refs/heads/" + play.world.lay.proposal("staging"))
    play.play([("change", [0, 1, 2]), ("sync_run",), ("sync_run",)])
    play.play([("say", "rollback", PROD), ("run",)])
    assert active(play, "prod") == 1


def config_of(play: Play) -> str:
    store = play.world.repo.store
    text = store.read(store.commit(play.world.repo.refs(["refs/heads/main"])["refs/heads/main"]).tree, "promoter.yaml")
    assert text is not None
    return text.decode()


def test_a_dry_branch_that_cannot_be_rendered_here_stops_no_rollback(tmp_path: Path) -> None:
    play = Play(tmp_path, LINE)
    through(play, 0, 1, 2)
    through(play, 0, 1, 2)
    text = config_of(play).replace("render: plain", "render: {command: [no-such-tool]}")
    commit_files(play.world.repo, "main", {"promoter.yaml": text}, "Another tool", at=play.world.now)
    outcome = run(play.world.workspace())
    assert outcome.refused
    play.play([("say", "rollback", PROD), ("run",)])
    assert active(play, "prod") == 1


def test_a_machine_that_has_never_seen_the_repository_goes_on_where_others_stopped(tmp_path: Path) -> None:
    play = Play(tmp_path, PEOPLE, far=True)
    play.play([("change", [0, 1, 2]), ("sync_run",), ("sync_run",), ("run",), ("approve", STAGING)])
    assert place(play, "staging").proposal is not None
    play.play([("merge", STAGING, "squash"), ("delete", STAGING), ("sync_run",)])
    stay = place(play, "staging").stay
    assert stay is not None
    assert (stay.release, stay.how) == (1, How.MERGED)
    play.play([("sync_run",)])
    quiet(play)


def test_a_rollback_does_not_wait_for_the_label_that_held_the_pull_request_before(tmp_path: Path) -> None:
    play = Play(tmp_path, LINE)
    through(play, 0, 1, 2)
    through(play, 0, 1, 2)
    play.play([("change", [0, 1, 2])])
    while not play.world.pulls("prod"):
        play.play([("sync_all",), ("later", 31), ("crash", 1, True)])
    play.world.people.set_labels(play.world.pulls("prod")[0].number, ["promoter/hold"], "kim", play.world.now)
    play.play([("run",), ("say", "rollback", PROD), ("run",)])
    assert active(play, "prod") == 1


def test_a_ledger_that_cannot_be_read_stops_its_own_app_alone(tmp_path: Path) -> None:
    play = Play(tmp_path, LINE)
    world, names = play.world, play.world.environments
    text = config_of(play).replace("apps: {", "apps: {web: {path: 'web/{environment}', render: plain}, ")
    sources: dict[str, str | bytes | None] = {
        f"web/{env}/web.yaml": world.lay.text.format(env=env, v="1") for env in names
    }
    commit_files(world.repo, "main", {"promoter.yaml": text, **sources}, "Another app", at=world.now)
    commit_files(world.repo, "promoter-ledger/web", {"state.yaml": "schema: promoter.ledger/v9\n"}, "Oops")
    through(play, 0, 1, 2)
    assert active(play, "prod") == 1
    assert any(problem.startswith("web: ") for problem in run(world.workspace()).plan.problems)


def test_adopting_a_hand_edit_lifts_no_hold_of_a_person_and_ends_the_rollback_that_it_replaces(tmp_path: Path) -> None:
    play = Play(tmp_path, LINE)
    through(play, 0, 1, 2)
    through(play, 0, 1, 2)
    play.play([("say", "rollback", PROD)])
    play.play([("hand", PROD), ("run",)])
    assert place(play, "prod").drift is not None
    adopt(play.world.workspace("kim"), "shop")
    edited = play.world.slot("prod", play.world.active("prod"))
    play.play([("run",), ("sync_run",)])
    assert play.world.slot("prod", play.world.active("prod")) == edited
    hold = place(play, "prod").hold
    assert hold is not None
    assert hold.by == "kim"


def test_a_merge_onto_a_branch_that_moved_looks_at_the_slot_once_more(tmp_path: Path) -> None:
    play = Play(tmp_path, LINE)
    through(play, 0, 1, 2)
    play.play([("change", [0, 1, 2])])
    while not play.world.pulls("prod"):
        play.play([("sync_all",), ("later", 31), ("crash", 1, True)])
    play.play([("unrelated", PROD)])
    for _ in range(3):  # the decision is written, and the merge is not made
        if place(play, "prod").merging is None:
            play.play([("crash", 1, True)])
    assert place(play, "prod").merging is not None
    play.do_between("hand", PROD)
    assert active(play, "prod") == 1
    assert place(play, "prod").drift is not None


def test_a_proposal_that_a_person_amended_is_theirs_whatever_its_message_says(tmp_path: Path) -> None:
    play = Play(tmp_path, PEOPLE)
    play.play([("change", [0, 1, 2]), ("sync_run",), ("sync_run",), ("amend", STAGING)])
    head = play.world.pulls("staging")[0].head
    play.play([("approve", STAGING), ("say", "promote", STAGING), ("run",), ("run",)])
    assert play.world.pulls("staging")[0].head == head
    assert place(play, "staging").stay is None


def test_a_dip_between_two_looks_that_the_cluster_remembers_starts_the_soak_again(tmp_path: Path) -> None:
    play = Play(tmp_path, DIAMOND)
    east = play.world.environments.index("east")
    play.play([("change", [0, 1, 2, 3]), ("sync_run",), ("sync_run",), ("sync_run",)])
    stay = place(play, "east").stay
    assert stay is not None
    assert stay.healthy_since is not None
    play.play([("shaky", east), ("later", 10), ("shaky", east), ("later", 15), ("run",)])
    assert 1 not in place(play, "east").outcomes
    play.play([("later", 25), ("run",)])
    assert place(play, "east").outcomes[1].result is Result.VERIFIED


def test_a_hotfix_is_undone_by_its_rollback_and_by_no_release_that_lacks_it(tmp_path: Path) -> None:
    play = Play(tmp_path, LINE)
    through(play, DEV, STAGING, PROD)
    through(play, DEV, STAGING)  # r2 changes nothing in prod, and joins there
    play.play([("hotfix", PROD), ("sync_run",), ("sync_run",)])
    assert (active(play, "staging"), active(play, "prod")) == (2, 3)
    through(play, DEV)  # r4 has the old version in prod
    assert (active(play, "staging"), active(play, "prod")) == (4, 3)
    play.play([("say", "rollback", PROD), ("sync_run",)])
    assert active(play, "prod") == 2
    play.play([("say", "resume", PROD), ("sync_run",), ("sync_run",)])
    assert active(play, "prod") == 4
    through(play, DEV, STAGING, PROD)
    assert (active(play, "staging"), active(play, "prod")) == (5, 5)
