"""Teams: one event per write, letters never lost by accident, A never twice."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from responsibilities import matrix
from responsibilities.choices import AuditAction, FindingKind, Letter, Role
from responsibilities.models import Assignment, AuditEvent, Item, Membership, Team, TeamMember
from responsibilities.permissions import Actor, NotAllowedError, system_actor
from responsibilities.services import assignments, teams
from responsibilities.services.errors import InvalidError
from tests.signing import sign
from tests.world import World, make_user


def newest(world: World) -> AuditEvent:
    """Return the newest event."""
    return AuditEvent.objects.filter(workspace=world.workspace).latest("seq")


def changes_of(event: AuditEvent) -> list[dict[str, str]]:
    """Return the changes that an event tells."""
    changes: list[dict[str, str]] = json.loads(event.payload.payload)["changes"]
    return changes


def count(world: World) -> int:
    """Return how long the log is."""
    return AuditEvent.objects.filter(workspace=world.workspace).count()


def member(world: World, side: str, role: str) -> Membership:
    """Return a membership."""
    return Membership.objects.get(workspace=world.workspace, user=world.user(side, role))


def letters(team: Team) -> dict[str, str]:
    """Return the letters of a team by item key, in alphabetical order."""
    found: dict[str, str] = {}
    for key, letter in Assignment.objects.filter(team=team).values_list(
        "item__responsibility__key", "letter"
    ):
        found[key] = "".join(sorted(found.get(key, "") + letter))
    return found


class TestAdd:
    def test_goes_to_the_end_of_its_side_and_is_audited(self, world: World) -> None:
        before = count(world)
        team = teams.add(
            actor=world.actor("party1"),
            workspace=world.workspace,
            seat=world.customer,
            name="  Data \n platform ",
            description="Runs  the agents",
        )
        assert (team.name, team.description) == ("Data platform", "Runs the agents")
        grid = matrix.load(world.workspace)
        assert [t.name for t in grid.teams_of(world.customer.pk)][-1] == "Data platform"
        assert count(world) == before + 1
        assert newest(world).action == AuditAction.TEAM_ADDED
        assert {c["new"] for c in changes_of(newest(world))} == {
            "Acme",
            "Data platform",
            "Runs the agents",
        }

    @pytest.mark.parametrize(
        ("name", "words"),
        [(" ", "Give the team a name"), ("PARTY 1 TEAM 0", "already has"), ("x" * 81, "at most")],
    )
    def test_refuses_a_bad_name_and_writes_nothing(
        self, world: World, name: str, words: str
    ) -> None:
        before = count(world)
        with pytest.raises(InvalidError, match=words) as refusal:
            teams.add(
                actor=world.actor("party1"),
                workspace=world.workspace,
                seat=world.customer,
                name=name,
            )
        assert refusal.value.field == "name"
        assert count(world) == before

    def test_the_other_side_may_have_the_name(self, world: World) -> None:
        teams.add(
            actor=world.actor("party1"),
            workspace=world.workspace,
            seat=world.customer,
            name="Party 0 team 0",
        )
        assert world.workspace.teams.filter(name="Party 0 team 0").count() == 2

    @pytest.mark.parametrize("role", [Role.CONTRIBUTOR, Role.APPROVER, Role.READER])
    def test_only_managers_may(self, world: World, role: str) -> None:
        with pytest.raises(NotAllowedError):
            teams.add(
                actor=world.actor("party1", role),
                workspace=world.workspace,
                seat=world.customer,
                name="New",
            )

    def test_no_manager_of_another_side_may(self, world: World) -> None:
        with pytest.raises(NotAllowedError):
            teams.add(
                actor=world.actor("party0"),
                workspace=world.workspace,
                seat=world.customer,
                name="New",
            )

    def test_the_provider_looks_after_a_vacant_side(self, world: World) -> None:
        member(world, "party1", Role.MANAGER).delete()
        teams.add(
            actor=world.actor("party0"), workspace=world.workspace, seat=world.customer, name="New"
        )
        assert world.workspace.teams.filter(seat=world.customer, name="New").exists()


class TestEdit:
    def test_a_new_name_makes_signoffs_stale_and_stands_in_the_items_history(
        self, world: World
    ) -> None:
        sign(world, "party0", "T-S0-01")
        teams.edit(
            actor=world.actor("party0"),
            team=world.team("Party 0 team 0"),
            name="Interns",
            description="",
        )
        row = matrix.load(world.workspace).by_key["T-S0-01"]
        assert FindingKind.SIGNOFF_STALE in {finding.kind for finding in row.findings}
        touched = newest(world).subjects.values_list("item__responsibility__key", flat=True)
        assert "T-S0-01" in touched
        assert changes_of(newest(world)) == [
            {"field": "name", "old": "Party 0 team 0", "new": "Interns"}
        ]

    def test_a_description_touches_no_item(self, world: World) -> None:
        sign(world, "party0", "T-S0-01")
        team = world.team("Party 0 team 0")
        teams.edit(actor=world.actor("party0"), team=team, name=team.name, description="Runs it")
        assert not newest(world).subjects.exists()
        row = matrix.load(world.workspace).by_key["T-S0-01"]
        assert row.is_signed_by(world.provider.pk)

    def test_nothing_changed_writes_nothing(self, world: World) -> None:
        before = count(world)
        team = world.team("Party 0 team 0")
        teams.edit(actor=world.actor("party0"), team=team, name=team.name, description="")
        assert count(world) == before

    def test_an_archived_team_stays_as_it_is(self, world: World) -> None:
        team = world.team("Party 0 team 0")
        teams.archive(actor=world.actor("party0"), team=team, to=None)
        with pytest.raises(InvalidError, match="archived"):
            teams.edit(actor=world.actor("party0"), team=team, name="New", description="")


class TestMove:
    def test_swaps_two_teams_and_keeps_signoffs(self, world: World) -> None:
        sign(world, "party0", "T-S0-01")
        assert teams.move(actor=world.actor("party0"), team=world.team("Party 0 team 1"), step=-1)
        grid = matrix.load(world.workspace)
        assert [team.name for team in grid.teams_of(world.provider.pk)] == [
            "Party 0 team 1",
            "Party 0 team 0",
        ]
        assert grid.by_key["T-S0-01"].is_signed_by(world.provider.pk)
        assert changes_of(newest(world)) == [{"field": "place on its side", "old": "2", "new": "1"}]

    def test_at_the_end_nothing_is_written(self, world: World) -> None:
        before = count(world)
        first, last = world.team("Party 0 team 0"), world.team("Party 0 team 1")
        assert not teams.move(actor=world.actor("party0"), team=first, step=-1)
        assert not teams.move(actor=world.actor("party0"), team=last, step=1)
        assert count(world) == before


class TestMembers:
    def test_joining_and_leaving_are_one_event(self, world: World) -> None:
        team = world.team("Party 0 team 0")
        assert teams.change_members(
            actor=world.actor("party0"),
            team=team,
            add=[member(world, "party0", Role.APPROVER).pk],
            remove=[member(world, "party0", Role.CONTRIBUTOR).pk],
        )
        names = team.team_members.values_list("membership__user__name", flat=True)
        assert set(names) == {"Vera Manager", "Vivian Approver"}
        assert changes_of(newest(world)) == [
            {"field": "joined", "old": "", "new": "Vivian Approver"},
            {"field": "left", "old": "Victor Contributor", "new": ""},
        ]

    def test_what_is_so_already_writes_nothing(self, world: World) -> None:
        before = count(world)
        assert not teams.change_members(
            actor=world.actor("party0"),
            team=world.team("Party 0 team 0"),
            add=[member(world, "party0", Role.MANAGER).pk],
            remove=[member(world, "party0", Role.READER).pk],
        )
        assert count(world) == before

    def test_nobody_of_another_side_gets_on_a_team(self, world: World) -> None:
        with pytest.raises(InvalidError, match="own side"):
            teams.change_members(
                actor=world.actor("party0"),
                team=world.team("Party 0 team 0"),
                add=[member(world, "party1", Role.MANAGER).pk],
            )
        assert not TeamMember.objects.filter(
            team__seat=world.provider, membership__seat=world.customer
        ).exists()


class TestArchive:
    def test_nowhere_takes_the_letters_away_and_counts_versions_up(self, world: World) -> None:
        before = count(world)
        touched = teams.archive(
            actor=world.actor("party0"), team=world.team("Party 0 team 0"), to=None
        )
        assert touched == 6
        assert set(Item.objects.filter(workspace=world.workspace).values_list("version")) == {(2,)}
        assert count(world) == before + 1
        event = newest(world)
        assert event.action == AuditAction.TEAM_ARCHIVED
        assert event.subjects.count() == 6
        grid = matrix.load(world.workspace)
        assert "Party 0 team 0" not in [team.name for team in grid.teams]
        assert FindingKind.ONLY_CONSULTED_INFORMED in {
            finding.kind for finding in grid.by_key["T-S0-01"].findings
        }

    def test_letters_move_and_merge_without_a_second_a(self, world: World) -> None:
        old, new = world.team("Party 0 team 0"), world.team("Party 0 team 1")
        assignments.set_cells(
            actor=world.actor("party0"),
            workspace=world.workspace,
            key="T-S0-02",
            cells={new.pk: {Letter.RESPONSIBLE: None, Letter.CONSULTED: None}},
            seen_version=1,
        )
        teams.archive(actor=world.actor("party0"), team=old, to=new)
        assert letters(new) == {
            "T-S0-01": "ACR",
            "T-S0-02": "ACR",
            "T-S0-03": "ACR",
            "T-S1-01": "I",
            "T-S1-02": "I",
            "T-S1-03": "I",
        }
        assert letters(old) == {}
        assert {"field": "letters moved to", "old": "", "new": "Party 0 team 1"} in changes_of(
            newest(world)
        )
        assert {
            "field": "T-S0-02",
            "old": "Party 0 team 0: R, A",
            "new": "Party 0 team 1: R, A, C",
        } in changes_of(newest(world))

    def test_a_named_person_goes_along_only_to_a_team_they_are_on(self, world: World) -> None:
        old, new = world.team("Party 0 team 0"), world.team("Party 0 team 1")
        manager = member(world, "party0", Role.MANAGER)
        teams.change_members(actor=world.actor("party0"), team=new, add=[manager.pk])
        people = {
            "T-S0-01": manager.user_id,
            "T-S0-02": world.user("party0", Role.CONTRIBUTOR).pk,
        }
        for key, person in people.items():
            assignments.set_cells(
                actor=world.actor("party0"),
                workspace=world.workspace,
                key=key,
                cells={old.pk: {Letter.ACCOUNTABLE: person}},
                seen_version=1,
            )
        teams.archive(actor=world.actor("party0"), team=old, to=new)
        named = dict(
            Assignment.objects.filter(team=new, letter="A").values_list(
                "item__responsibility__key", "person_id"
            )
        )
        assert named == {"T-S0-01": manager.user_id, "T-S0-02": None, "T-S0-03": None}

    @pytest.mark.parametrize("target", ["Party 1 team 0", "Party 0 team 0"])
    def test_letters_go_to_another_team_of_the_side_only(self, world: World, target: str) -> None:
        before = letters(world.team("Party 0 team 0"))
        with pytest.raises(InvalidError, match="same side"):
            teams.archive(
                actor=world.actor("party0"),
                team=world.team("Party 0 team 0"),
                to=world.team(target),
            )
        assert letters(world.team("Party 0 team 0")) == before

    def test_the_number_of_queries_does_not_depend_on_the_items(self, world: World) -> None:
        counts = []
        for side, items in (("party0", 6), ("party1", 1)):
            name = side.replace("party", "Party ")
            old, new = world.team(f"{name} team 0"), world.team(f"{name} team 1")
            if items == 1:
                Assignment.objects.filter(team=old).exclude(
                    item__responsibility__key="T-S1-01"
                ).delete()
            actor = world.actor(side)
            with CaptureQueriesContext(connection) as queries:
                assert teams.archive(actor=actor, team=old, to=new) == items
            counts.append(len(queries))
        assert counts[0] == counts[1]


class TestRestore:
    def archived(self, world: World) -> Team:
        team = world.team("Party 0 team 0")
        teams.archive(actor=world.actor("party0"), team=team, to=None)
        return team

    def test_comes_back_last_with_its_people_and_without_letters(self, world: World) -> None:
        team = self.archived(world)
        teams.restore(actor=world.actor("party0"), team=team, name=team.name)
        grid = matrix.load(world.workspace)
        back = grid.teams_of(world.provider.pk)[-1]
        assert back.name == "Party 0 team 0"
        assert {person.name for person in back.people} == {"Vera Manager", "Victor Contributor"}
        assert letters(team) == {}
        assert newest(world).action == AuditAction.TEAM_RESTORED

    def test_a_name_that_was_taken_meanwhile_needs_another(self, world: World) -> None:
        team = self.archived(world)
        actor = world.actor("party0")
        teams.add(actor=actor, workspace=world.workspace, seat=world.provider, name=team.name)
        with pytest.raises(InvalidError, match="already has"):
            teams.restore(actor=actor, team=team, name=team.name)
        back = teams.restore(actor=actor, team=team, name="Old team")
        assert back.archived_at is None
        assert changes_of(newest(world)) == [
            {"field": "name", "old": "Party 0 team 0", "new": "Old team"}
        ]

    def test_a_team_in_use_is_refused(self, world: World) -> None:
        with pytest.raises(InvalidError, match="in use"):
            teams.restore(
                actor=world.actor("party0"), team=world.team("Party 0 team 0"), name="Again"
            )


def test_the_system_may_and_an_outsider_may_not(world: World) -> None:
    teams.add(
        actor=system_actor(), workspace=world.workspace, seat=world.customer, name="By command"
    )
    stranger = Actor(user=make_user("Sam Stranger"), via=world.actor("party0").via)
    with pytest.raises(NotAllowedError):
        teams.add(actor=stranger, workspace=world.workspace, seat=world.customer, name="Mine")
