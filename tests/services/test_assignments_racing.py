"""Two people on one item at once: one change is written, the other is told, none is lost."""

from __future__ import annotations

from functools import partial

from responsibilities.models import Assignment, AuditEvent
from responsibilities.services import assignments, bulk
from responsibilities.services.assignments import Outcome
from responsibilities.services.errors import ConflictError
from tests.concurrency import CommittingDatabase
from tests.world import World, make_world

KEY = "T-S0-01"
ROUNDS = 15


def give(world: World, team: str, letter: str, version: int) -> Outcome:
    """Give a letter to a team, as of a version."""
    return assignments.set_cells(
        actor=world.actor("party0"),
        workspace=world.workspace,
        key=KEY,
        cells={world.team(team).pk: {letter: None}},
        seen_version=version,
    )


def other(world: World, team: str) -> str:
    """Return a letter that is not what the team has now, so that giving it is a change."""
    letters = Assignment.objects.filter(item=world.item(KEY), team=world.team(team))
    return "I" if "C" in letters.values_list("letter", flat=True) else "C"


def test_of_two_changes_one_is_written_and_one_refused(committing: CommittingDatabase) -> None:
    world = make_world()
    events = AuditEvent.objects.filter(workspace=world.workspace).count()
    for number in range(ROUNDS):
        version = number + 1
        outcomes = committing.together(
            [
                partial(give, world, team, other(world, team), version)
                for team in ("Party 0 team 0", "Party 0 team 1")
            ]
        )
        written = [outcome for outcome in outcomes if isinstance(outcome, Outcome)]
        refused = [outcome for outcome in outcomes if isinstance(outcome, ConflictError)]
        assert (len(written), len(refused)) == (1, 1), outcomes
        assert world.item(KEY).version == version + 1
    assert AuditEvent.objects.filter(workspace=world.workspace).count() == events + ROUNDS


def test_a_bulk_change_and_a_cell_do_not_overwrite_each_other(
    committing: CommittingDatabase,
) -> None:
    world = make_world()
    seen = {"T-S0-01": 1, "T-S0-02": 1, "T-S0-03": 1}
    outcomes = committing.together(
        [
            partial(give, world, "Party 0 team 1", "R", 1),
            partial(
                bulk.give,
                actor=world.actor("party0"),
                workspace=world.workspace,
                seen=seen,
                team_id=world.team("Party 0 team 1").pk,
                letter="I",
            ),
        ]
    )
    assert sum(isinstance(outcome, ConflictError) for outcome in outcomes) == 1
    informed = Assignment.objects.filter(team=world.team("Party 0 team 1"), letter="I").count()
    if isinstance(outcomes[1], ConflictError):
        assert informed == 0, "none of the three was written"
    else:
        assert informed == 3
    assert world.item(KEY).version == 2
