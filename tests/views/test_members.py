"""The members' pages: letting in, changing, removing, and the reasons where it is refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from responsibilities.choices import Role
from responsibilities.models import AuditEvent, Membership
from responsibilities.services import assignments
from tests.signing import sign
from tests.views.test_teams import HTMX, page, url
from tests.world import World, make_user


@pytest.fixture
def manager(world: World, as_user: Callable[..., Client]) -> Client:
    """The provider's manager in the browser."""
    return as_user(world.user("party0", Role.MANAGER))


def of_member(name: str, world: World, role: str, side: str = "party0") -> str:
    """Return the address of a member's page."""
    membership = Membership.objects.get(workspace=world.workspace, user=world.user(side, role))
    return url(name, member_id=membership.pk)


def test_the_list_shows_both_sides(world: World, manager: Client) -> None:
    text = page(manager.get(url("member_list")))
    assert "ada.auditor@people.example" in text
    assert "Party 0 team 0" in text
    assert of_member("member_edit", world, Role.READER) in text
    assert of_member("member_edit", world, Role.READER, "party1") not in text
    assert text.count("Only managers of Acme let people in or out.") == 1


def test_expired_access_is_told(world: World, manager: Client) -> None:
    Membership.objects.filter(user=world.user("party1", Role.AUDITOR)).update(
        expires_at=timezone.now() - dt.timedelta(days=1)
    )
    text = page(manager.get(url("member_list")))
    assert text.count(">ended<") == 1


def test_sorting_answers_the_lists_alone_with_htmx(manager: Client) -> None:
    text = page(manager.get(url("member_list"), {"party0-sort": "role"}, headers=HTMX))
    assert "<html" not in text
    order = [text.index(name) for name in ("Vera Manager", "Victor Contributor", "Vivian Approver")]
    assert order == sorted(order)
    text = page(manager.get(url("member_list"), {"party0-sort": "-role"}, headers=HTMX))
    assert text.index("Vivian Approver") < text.index("Vera Manager")


class TestAdd:
    address = url("member_add", party="party0")

    def test_an_existing_person_by_address(self, world: World, manager: Client) -> None:
        make_user("Nina New")
        text = page(
            manager.post(
                self.address,
                {"email": "nina.new@people.example", "role": "auditor", "expires_on": "2031-01-31"},
                headers=HTMX,
            )
        )
        assert '<div id="members" hx-swap-oob="true">' in text
        assert "Nina New was added." in text
        assert "2031-01-31" in text
        assert world.provider.memberships.filter(user__name="Nina New", role="auditor").exists()

    @pytest.mark.parametrize(
        ("email", "words"),
        [
            ("nobody@people.example", "ask the operator to make one."),
            ("clara.manager@people.example", "Clara Manager is already a member, for Acme."),
            ("not an address", "valid email address"),
        ],
    )
    def test_a_refused_address_keeps_the_form(
        self, manager: Client, email: str, words: str
    ) -> None:
        text = page(manager.post(self.address, {"email": email, "role": "reader"}))
        assert words in text
        assert f'value="{email}"' in text
        assert 'aria-invalid="true"' in text

    def test_an_auditor_is_offered_a_week(self, manager: Client) -> None:
        week = (timezone.localdate() + dt.timedelta(days=7)).isoformat()
        text = page(manager.get(self.address))
        assert f'data-auditor-until="{week}"' in text
        assert f"Auditors usually get a week: {week}." in text


def test_a_vacant_side_asks_for_its_manager_first(world: World, manager: Client) -> None:
    Membership.objects.filter(seat=world.customer, role=Role.MANAGER).delete()
    assert "Add its manager first." in page(manager.get(url("member_list")))
    address = url("member_add", party="party1")
    text = page(manager.get(address))
    assert "The first member should be one" in text
    assert 'value="manager" required id="id_role_0" checked' in text
    make_user("Fay First")
    manager.post(address, {"email": "fay.first@people.example", "role": "manager"})
    assert manager.get(address).status_code == 403
    assert "Only managers of Acme let people in or out." in page(manager.get(url("member_list")))


class TestEdit:
    def test_role_and_end(self, world: World, manager: Client) -> None:
        address = of_member("member_edit", world, Role.READER)
        text = page(
            manager.post(address, {"role": "approver", "expires_on": "2031-01-31"}, headers=HTMX)
        )
        assert "Vincent Reader was saved." in text
        text = page(manager.get(address))
        assert 'value="2031-01-31"' in text

    def test_the_last_manager_gets_the_reason_beside_the_role(
        self, world: World, manager: Client
    ) -> None:
        address = of_member("member_edit", world, Role.MANAGER)
        assert "is the last manager of Vendor Inc." in page(manager.get(address))
        text = page(manager.post(address, {"role": "reader"}))
        assert "Make somebody else a manager first." in text
        assert world.provider.memberships.filter(role=Role.MANAGER).count() == 1

    def test_after_ones_own_change_the_page_is_loaded_anew(
        self, world: World, manager: Client
    ) -> None:
        Membership.objects.filter(user=world.user("party0", Role.APPROVER)).update(role="manager")
        address = of_member("member_edit", world, Role.MANAGER)
        assert "This is you." in page(manager.get(address))
        response = manager.post(address, {"role": "reader"}, headers=HTMX)
        assert response["HX-Redirect"] == url("member_list")


class TestRemove:
    def test_says_what_stays_and_removes(self, world: World, manager: Client) -> None:
        leaver = world.user("party0", Role.CONTRIBUTOR)
        assignments.set_cells(
            actor=world.actor("party0"),
            workspace=world.workspace,
            key="T-S0-01",
            cells={world.team("Party 0 team 0").pk: {"R": leaver.pk, "A": None}},
            seen_version=1,
        )
        address = of_member("member_remove", world, Role.CONTRIBUTOR)
        text = page(manager.get(address))
        assert "Remove Victor Contributor?" in text
        assert "Letters on 1 item keep the name" in text
        assert "Leaves: Party 0 team 0." in text
        before = AuditEvent.objects.count()
        assert "Victor Contributor was removed." in page(manager.post(address, headers=HTMX))
        assert AuditEvent.objects.count() == before + 1
        assert not world.workspace.memberships.filter(user=leaver).exists()

    def test_signoffs_are_counted(self, world: World, manager: Client) -> None:
        sign(world, "party0", "T-S0-01", role=Role.APPROVER)
        text = page(manager.get(of_member("member_remove", world, Role.APPROVER)))
        assert "1 sign-off stays as it is." in text

    def test_the_last_manager_has_no_button(self, world: World, manager: Client) -> None:
        address = of_member("member_remove", world, Role.MANAGER)
        text = page(manager.get(address))
        assert "cannot be removed" in text
        assert 'type="submit">Remove' not in text
        assert "cannot be removed" in page(manager.post(address))
        assert world.provider.memberships.filter(role=Role.MANAGER).exists()

    def test_who_removes_themselves_goes_to_their_workspaces(
        self, world: World, manager: Client
    ) -> None:
        Membership.objects.filter(user=world.user("party0", Role.APPROVER)).update(role="manager")
        response = manager.post(of_member("member_remove", world, Role.MANAGER))
        assert response.status_code == 302
        assert response["Location"] == "/"
        assert manager.get(url("member_list")).status_code == 404
