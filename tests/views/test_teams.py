"""The teams' pages: with htmx and without, errors beside the field, words before a change."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from responsibilities.choices import AuditAction, Role
from responsibilities.models import Assignment, AuditEvent, Membership, Team
from responsibilities.services import assignments, teams
from tests.responses import Answer
from tests.signing import sign
from tests.world import World

HTMX = {"HX-Request": "true"}


@pytest.fixture
def manager(world: World, as_user: Callable[..., Client]) -> Client:
    """The provider's manager in the browser."""
    return as_user(world.user("party0", Role.MANAGER))


def url(name: str, **kwargs: object) -> str:
    """Return an address in the workspace."""
    return reverse(name, kwargs={"slug": "acme", **kwargs})


def of_team(name: str, team: Team) -> str:
    """Return the address of a team's page."""
    return url(name, team_id=team.pk)


def page(response: Answer) -> str:
    """Return the text of an answer that is a page."""
    assert response.status_code == 200
    return response.content.decode()


def test_the_list_shows_sides_people_counts_and_why_not(world: World, manager: Client) -> None:
    text = page(manager.get(url("team_list")))
    assert text.index("Party 0 team 0") < text.index("Party 1 team 0")
    assert "Victor Contributor" in text
    assert f"team={world.team('Party 0 team 0').pk}&amp;letter=A" in text
    assert text.count("Only managers of Acme change its teams.") == 1
    assert of_team("team_edit", world.team("Party 0 team 0")) in text
    assert of_team("team_edit", world.team("Party 1 team 0")) not in text


def test_a_reader_sees_why_nothing_can_be_changed(
    world: World, as_user: Callable[..., Client]
) -> None:
    text = page(as_user(world.user("party0", Role.READER)).get(url("team_list")))
    assert text.count("Your role, Reader, does not allow this.") == 2
    assert "Add team" not in text


def test_a_team_that_owns_duties_without_people_is_a_finding(world: World, manager: Client) -> None:
    world.team("Party 1 team 0").team_members.all().delete()
    text = page(manager.get(url("team_list")))
    assert text.count("Team without members") == 1


def test_add_without_htmx_goes_back_to_the_list(world: World, manager: Client) -> None:
    response = manager.post(
        url("team_add", party="party0"), {"name": "Network", "description": ""}, follow=True
    )
    assert "“Network” was added." in page(response)
    assert world.workspace.teams.filter(name="Network", seat=world.provider).exists()


def test_add_with_htmx_answers_the_list_and_the_status_line(manager: Client) -> None:
    text = page(
        manager.post(
            url("team_add", party="party0"), {"name": "Network", "description": ""}, headers=HTMX
        )
    )
    assert '<div id="teams" hx-swap-oob="true">' in text
    assert "“Network” was added." in text
    assert "<html" not in text


@pytest.mark.parametrize("headers", [HTMX, {}])
def test_a_name_that_is_taken_keeps_the_form(manager: Client, headers: dict[str, str]) -> None:
    text = page(
        manager.post(
            url("team_add", party="party0"),
            {"name": "party 0 TEAM 1", "description": "Kept words"},
            headers=headers,
        )
    )
    assert "This side already has a team with this name." in text
    assert "party 0 TEAM 1" in text
    assert "Kept words" in text
    assert 'aria-invalid="true"' in text


def test_renaming_says_before_what_gets_stale(world: World, manager: Client) -> None:
    team = world.team("Party 0 team 0")
    assert "makes none stale" in page(manager.get(of_team("team_edit", team)))
    sign(world, "party0", "T-S0-01")
    sign(world, "party0", "T-S0-02")
    text = page(manager.get(of_team("team_edit", team)))
    assert "makes 2 current sign-offs stale" in text
    manager.post(of_team("team_edit", team), {"name": "Renamed", "description": ""})
    assert world.workspace.teams.get(pk=team.pk).name == "Renamed"


def test_up_and_down(world: World, manager: Client) -> None:
    second = world.team("Party 0 team 1")
    text = page(manager.post(of_team("team_move", second), {"to": "up"}, headers=HTMX))
    assert text.index("Party 0 team 1") < text.index("Party 0 team 0")
    assert "“Party 0 team 1” was moved." in text
    text = page(manager.post(of_team("team_move", second), {"to": "up"}, headers=HTMX))
    assert "is at the end already" in text
    assert manager.post(of_team("team_move", second), {"to": "left"}).status_code == 404


class TestPeople:
    def member(self, world: World, role: str, side: str = "party0") -> Membership:
        return Membership.objects.get(workspace=world.workspace, user=world.user(side, role))

    def test_ticks_put_on_and_take_off(self, world: World, manager: Client) -> None:
        team = world.team("Party 0 team 0")
        there = [str(self.member(world, role).pk) for role in (Role.MANAGER, Role.CONTRIBUTOR)]
        text = page(manager.get(of_team("team_people", team)))
        assert text.count("checked") == 2
        assert "Clara Manager" not in text
        manager.post(
            of_team("team_people", team),
            {
                "initial-members": there,
                "members": [there[0], str(self.member(world, Role.READER).pk)],
            },
        )
        names = team.team_members.values_list("membership__user__name", flat=True)
        assert set(names) == {"Vera Manager", "Vincent Reader"}

    def test_who_was_put_on_meanwhile_stays(self, world: World, manager: Client) -> None:
        team = world.team("Party 0 team 0")
        shown = [str(self.member(world, role).pk) for role in (Role.MANAGER, Role.CONTRIBUTOR)]
        teams.change_members(
            actor=world.actor("party0"), team=team, add=[self.member(world, Role.APPROVER).pk]
        )
        manager.post(of_team("team_people", team), {"initial-members": shown, "members": shown[:1]})
        names = team.team_members.values_list("membership__user__name", flat=True)
        assert set(names) == {"Vera Manager", "Vivian Approver"}

    def test_somebody_of_the_other_side_is_refused(self, world: World, manager: Client) -> None:
        team = world.team("Party 0 team 0")
        foreign = str(self.member(world, Role.MANAGER, "party1").pk)
        text = page(manager.post(of_team("team_people", team), {"members": [foreign]}))
        assert "Select a valid choice" in text
        assert team.team_members.count() == 2

    def test_a_name_that_stays_on_letters_is_told(self, world: World, manager: Client) -> None:
        team, leaver = world.team("Party 0 team 0"), self.member(world, Role.CONTRIBUTOR)
        assignments.set_cells(
            actor=world.actor("party0"),
            workspace=world.workspace,
            key="T-S0-01",
            cells={team.pk: {"R": leaver.user_id, "A": leaver.user_id}},
            seen_version=1,
        )
        shown = [str(pk) for pk in team.team_members.values_list("membership_id", flat=True)]
        kept = [pk for pk in shown if pk != str(leaver.pk)]
        text = page(
            manager.post(
                of_team("team_people", team),
                {"initial-members": shown, "members": kept},
                headers=HTMX,
            )
        )
        assert "A letter on 1 item still names somebody who left" in text


class TestArchive:
    def test_asks_where_the_letters_go_and_says_what_gets_stale(
        self, world: World, manager: Client
    ) -> None:
        sign(world, "party0", "T-S0-01")
        text = page(manager.get(of_team("team_archive", world.team("Party 0 team 0"))))
        assert "letters on 6 items" in text
        assert "accountable for 3 of them" in text
        assert "1 current sign-off becomes stale" in text
        assert "To “Party 0 team 1”" in text
        assert "Party 1 team" not in text

    def test_without_a_choice_nothing_happens(self, world: World, manager: Client) -> None:
        team = world.team("Party 0 team 0")
        text = page(manager.post(of_team("team_archive", team), {}, headers=HTMX))
        assert "Choose a team, or nowhere." in text
        assert Team.objects.in_use().filter(pk=team.pk).exists()

    def test_letters_go_to_the_chosen_team(self, world: World, manager: Client) -> None:
        old, new = world.team("Party 0 team 0"), world.team("Party 0 team 1")
        text = page(manager.post(of_team("team_archive", old), {"to": new.pk}, headers=HTMX))
        assert "Its letters on 6 items went to “Party 0 team 1”." in text
        assert "1 archived team" in text
        assert Assignment.objects.filter(team=new, letter="A").count() == 3

    def test_a_team_without_letters_is_only_confirmed(self, world: World, manager: Client) -> None:
        team = teams.add(
            actor=world.actor("party0"),
            workspace=world.workspace,
            seat=world.provider,
            name="Idle",
        )
        text = page(manager.get(of_team("team_archive", team)))
        assert "no item and no sign-off changes" in text
        assert "Where do its letters go?" not in text
        page(manager.post(of_team("team_archive", team), follow=True))
        assert not Team.objects.in_use().filter(pk=team.pk).exists()

    def test_back_under_another_name(self, world: World, manager: Client) -> None:
        team = world.team("Party 0 team 0")
        teams.archive(actor=world.actor("party0"), team=team, to=None)
        teams.edit(
            actor=world.actor("party0"),
            team=world.team("Party 0 team 1"),
            name="Party 0 team 0",
            description="",
        )
        address = of_team("team_restore", team)
        assert "without letters" in page(manager.get(address))
        assert "already has a team" in page(manager.post(address, {"name": "Party 0 team 0"}))
        text = page(manager.post(address, {"name": "Back again"}, headers=HTMX))
        assert "“Back again” is back, without letters." in text


def test_every_change_is_one_event(world: World, manager: Client) -> None:
    team = world.team("Party 0 team 0")
    before = AuditEvent.objects.count()
    manager.post(url("team_add", party="party0"), {"name": "Network", "description": ""})
    manager.post(of_team("team_edit", team), {"name": "Renamed", "description": ""})
    manager.post(of_team("team_move", team), {"to": "down"})
    manager.post(of_team("team_archive", team), {"to": "nowhere"})
    manager.post(of_team("team_restore", team), {"name": "Renamed"})
    recent = list(AuditEvent.objects.filter(workspace=world.workspace).order_by("-seq")[:5])
    assert [event.action for event in reversed(recent)] == [
        AuditAction.TEAM_ADDED,
        AuditAction.TEAM_CHANGED,
        AuditAction.TEAM_MOVED,
        AuditAction.TEAM_ARCHIVED,
        AuditAction.TEAM_RESTORED,
    ]
    assert AuditEvent.objects.count() == before + 5
