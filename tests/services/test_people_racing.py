"""Writers that race over teams and members: a manager stays, and no letter is left behind."""

from __future__ import annotations

from functools import partial

from responsibilities.choices import Letter, Role
from responsibilities.models import Assignment, AuditEvent, Membership, Team, TeamMember
from responsibilities.permissions import Actor
from responsibilities.services import assignments, members, teams
from responsibilities.services.errors import ConflictError, InvalidError
from tests.concurrency import CommittingDatabase
from tests.world import World, join, make_user, make_world

ROUNDS = 8


def test_the_last_two_managers_cannot_take_each_other_out(committing: CommittingDatabase) -> None:
    world = make_world()
    Membership.objects.filter(user=world.user("party1", Role.APPROVER)).update(role=Role.MANAGER)
    first, second = Membership.objects.filter(seat=world.customer, role=Role.MANAGER)
    actors = [world.actor("party1", role) for role in (Role.MANAGER, Role.APPROVER)]
    events = AuditEvent.objects.filter(workspace=world.workspace).count()
    outcomes = committing.together(
        [
            partial(members.remove, actor=actors[0], membership=first),
            partial(members.remove, actor=actors[1], membership=second),
        ]
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["InvalidError", "NoneType"]
    assert Membership.objects.filter(seat=world.customer, role=Role.MANAGER).count() == 1
    assert AuditEvent.objects.filter(workspace=world.workspace).count() == events + 1


def test_no_letter_is_put_on_a_team_while_it_is_archived(committing: CommittingDatabase) -> None:
    world = make_world()
    actor = world.actor("party0")
    kept = world.team("Party 0 team 1")
    refused = 0
    for number in range(ROUNDS):
        team = teams.add(
            actor=actor, workspace=world.workspace, seat=world.provider, name=f"Team {number}"
        )
        outcomes = committing.together(
            [
                partial(put_letter, world, actor, team),
                partial(teams.archive, actor=actor, team=team, to=kept),
            ]
        )
        assert isinstance(outcomes[1], int), outcomes[1]
        refused += isinstance(outcomes[0], InvalidError | ConflictError)
        assert isinstance(outcomes[0], assignments.Outcome | InvalidError | ConflictError)
        assert not Assignment.objects.filter(team=team).exists()
    moved = Assignment.objects.filter(team=kept, letter=Letter.INFORMED).exists()
    assert moved or refused == ROUNDS


def put_letter(world: World, actor: Actor, team: Team) -> assignments.Outcome:
    """Inform a team of an item, from the version that is there now."""
    return assignments.set_cells(
        actor=actor,
        workspace=world.workspace,
        key="T-S0-01",
        cells={team.pk: {Letter.INFORMED: None}},
        seen_version=world.item("T-S0-01").version,
    )


def test_one_name_for_two_teams_at_once(committing: CommittingDatabase) -> None:
    world = make_world()
    actor = world.actor("party0")
    outcomes = committing.together(
        [
            partial(
                teams.add,
                actor=actor,
                workspace=world.workspace,
                seat=world.provider,
                name="Network",
            )
            for _number in range(4)
        ]
    )
    assert sum(isinstance(outcome, Team) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, InvalidError) for outcome in outcomes) == 3


def test_nobody_is_put_on_a_team_while_they_leave(committing: CommittingDatabase) -> None:
    """Whoever is removed is on no team then, and neither writer waits for the other in a ring."""
    world = make_world()
    actor, team = world.actor("party0"), world.team("Party 0 team 1")
    for number in range(ROUNDS * 2):
        membership = join(
            world.workspace, make_user(f"Passing {number}"), "party0", Role.CONTRIBUTOR
        )
        outcomes = committing.together(
            [
                partial(teams.change_members, actor=actor, team=team, add=[membership.pk]),
                partial(members.remove, actor=actor, membership=membership),
            ]
        )
        assert outcomes[1] is None, outcomes[1]
        assert outcomes[0] is True or isinstance(outcomes[0], InvalidError), outcomes[0]
        assert not TeamMember.objects.filter(team=team).exists()
