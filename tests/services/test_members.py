"""Members: let in by address, never the last manager out, one event each."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.utils import timezone

from responsibilities import matrix
from responsibilities.choices import AuditAction, FindingKind, Letter, Role
from responsibilities.models import AuditEvent, Membership, Signoff, TeamMember, User
from responsibilities.permissions import NotAllowedError, system_actor
from responsibilities.services import assignments, members
from responsibilities.services.errors import InvalidError
from tests.services.test_teams import changes_of, count, member, newest
from tests.signing import sign
from tests.world import World, make_user


def add(world: World, email: str, *, role: str = Role.READER, side: str = "party1") -> Membership:
    """Add somebody to a side by that side's manager."""
    seat = world.customer if side == "party1" else world.provider
    return members.add(
        actor=world.actor(side), workspace=world.workspace, seat=seat, email=email, role=role
    )


class TestAdd:
    def test_by_address_in_any_case_and_audited(self, world: World) -> None:
        user = make_user("Nina New")
        before = count(world)
        membership = members.add(
            actor=world.actor("party1"),
            workspace=world.workspace,
            seat=world.customer,
            email=" NINA.New@people.example ",
            role=Role.AUDITOR,
            expires_on=timezone.localdate() + dt.timedelta(days=7),
        )
        assert membership.user == user
        assert count(world) == before + 1
        event = newest(world)
        assert (event.action, event.object_type) == (AuditAction.MEMBER_ADDED, "member")
        assert json.loads(event.payload.payload)["label"] == "Nina New"
        assert [change["new"] for change in changes_of(event)] == [
            "Acme",
            "Auditor",
            (timezone.localdate() + dt.timedelta(days=7)).isoformat(),
        ]
        assert "Nina" not in event.leaf

    def test_access_lasts_to_the_end_of_the_day(self, world: World) -> None:
        make_user("Nina New")
        today = timezone.localdate()
        membership = members.add(
            actor=world.actor("party1"),
            workspace=world.workspace,
            seat=world.customer,
            email="nina.new@people.example",
            role=Role.READER,
            expires_on=today,
        )
        assert Membership.objects.in_force().filter(pk=membership.pk).exists()
        assert membership.expires_at
        assert timezone.localtime(membership.expires_at).date() == today

    def test_an_unknown_address_and_a_closed_account_read_the_same(self, world: World) -> None:
        closed = make_user("Cora Closed")
        User.objects.filter(pk=closed.pk).update(is_active=False)
        said = set()
        for email in ("nobody@people.example", closed.email):
            with pytest.raises(InvalidError) as refusal:
                add(world, email)
            assert refusal.value.field == "email"
            said.add(refusal.value.message)
        assert said == {"There is no account with this address; ask the operator to make one."}

    def test_nobody_sits_on_two_sides(self, world: World) -> None:
        with pytest.raises(InvalidError, match=r"already a member, for Vendor Inc\.") as refusal:
            add(world, world.user("party0", Role.READER).email)
        assert refusal.value.field == "email"

    def test_only_the_manager_of_the_side_may(self, world: World) -> None:
        user = make_user("Nina New")
        for actor in (world.actor("party0"), world.actor("party1", Role.CONTRIBUTOR)):
            with pytest.raises(NotAllowedError):
                members.add(
                    actor=actor,
                    workspace=world.workspace,
                    seat=world.customer,
                    email=user.email,
                    role=Role.READER,
                )
        assert not Membership.objects.filter(user=user).exists()

    def test_a_caretaker_lets_the_first_manager_in_and_then_no_more(self, world: World) -> None:
        member(world, "party1", Role.MANAGER).delete()
        first, second = make_user("Fay First"), make_user("Sol Second")
        for user, role in ((first, Role.MANAGER), (second, Role.READER)):
            call = {
                "actor": world.actor("party0"),
                "workspace": world.workspace,
                "seat": world.customer,
                "email": user.email,
                "role": role,
            }
            if user == second:
                with pytest.raises(NotAllowedError):
                    members.add(**call)  # type: ignore[arg-type]
            else:
                members.add(**call)  # type: ignore[arg-type]
        assert not Membership.objects.filter(user=second).exists()

    def test_the_first_manager_has_no_end(self, world: World) -> None:
        member(world, "party1", Role.MANAGER).delete()
        make_user("Fay First")
        with pytest.raises(InvalidError, match="without an end"):
            members.add(
                actor=world.actor("party0"),
                workspace=world.workspace,
                seat=world.customer,
                email="fay.first@people.example",
                role=Role.MANAGER,
                expires_on=timezone.localdate() + dt.timedelta(days=30),
            )

    def test_a_past_day_and_a_wrong_role_are_refused(self, world: World) -> None:
        make_user("Nina New")
        with pytest.raises(InvalidError, match="role"):
            add(world, "nina.new@people.example", role="owner")
        with pytest.raises(InvalidError, match="later day"):
            members.add(
                actor=world.actor("party1"),
                workspace=world.workspace,
                seat=world.customer,
                email="nina.new@people.example",
                role=Role.READER,
                expires_on=timezone.localdate() - dt.timedelta(days=1),
            )


class TestEdit:
    def test_role_and_end_are_one_event(self, world: World) -> None:
        day = timezone.localdate() + dt.timedelta(days=3)
        members.edit(
            actor=world.actor("party1"),
            membership=member(world, "party1", Role.READER),
            role=Role.AUDITOR,
            expires_on=day,
        )
        assert changes_of(newest(world)) == [
            {"field": "role", "old": "Reader", "new": "Auditor"},
            {"field": "access ends", "old": "", "new": day.isoformat()},
        ]

    def test_nothing_changed_writes_nothing(self, world: World) -> None:
        before = count(world)
        reader = member(world, "party1", Role.READER)
        members.edit(
            actor=world.actor("party1"), membership=reader, role=Role.READER, expires_on=None
        )
        assert count(world) == before

    @pytest.mark.parametrize(
        ("role", "days", "field"), [(Role.READER, None, "role"), (Role.MANAGER, 5, "expires_on")]
    )
    def test_the_last_manager_stays_one(
        self, world: World, role: str, days: int | None, field: str
    ) -> None:
        before = count(world)
        for actor in (world.actor("party1"), system_actor()):
            with pytest.raises(InvalidError, match="last manager of Acme") as refusal:
                members.edit(
                    actor=actor,
                    membership=member(world, "party1", Role.MANAGER),
                    role=role,
                    expires_on=timezone.localdate() + dt.timedelta(days=days) if days else None,
                )
            assert refusal.value.field == field
        assert count(world) == before

    def test_with_a_second_manager_the_first_may_step_down(self, world: World) -> None:
        make_user("Nina New")
        add(world, "nina.new@people.example", role=Role.MANAGER)
        members.edit(
            actor=world.actor("party1"),
            membership=member(world, "party1", Role.MANAGER),
            role=Role.CONTRIBUTOR,
            expires_on=None,
        )
        assert member(world, "party1", Role.MANAGER).role == Role.CONTRIBUTOR

    def test_a_manager_whose_access_ends_does_not_count(self, world: World) -> None:
        make_user("Nina New")
        second = add(world, "nina.new@people.example", role=Role.MANAGER)
        members.edit(
            actor=world.actor("party1"),
            membership=second,
            role=Role.MANAGER,
            expires_on=timezone.localdate() + dt.timedelta(days=5),
        )
        with pytest.raises(InvalidError, match="last manager"):
            members.remove(
                actor=world.actor("party1"), membership=member(world, "party1", Role.MANAGER)
            )

    def test_the_other_side_may_not(self, world: World) -> None:
        with pytest.raises(NotAllowedError):
            members.edit(
                actor=world.actor("party0"),
                membership=member(world, "party1", Role.READER),
                role=Role.MANAGER,
                expires_on=None,
            )


class TestRemove:
    def test_signoffs_and_names_stay_and_the_letter_is_a_finding(self, world: World) -> None:
        make_user("Nina New")
        add(world, "nina.new@people.example", role=Role.MANAGER, side="party0")
        sign(world, "party0", "T-S0-02")
        assignments.set_cells(
            actor=world.actor("party0"),
            workspace=world.workspace,
            key="T-S0-01",
            cells={
                world.team("Party 0 team 0").pk: {
                    Letter.RESPONSIBLE: None,
                    Letter.ACCOUNTABLE: world.user("party0", Role.MANAGER).pk,
                }
            },
            seen_version=1,
        )
        before = count(world)
        leaver = member(world, "party0", Role.MANAGER)
        members.remove(actor=world.actor("party0"), membership=leaver)
        assert count(world) == before + 1
        assert newest(world).action == AuditAction.MEMBER_REMOVED
        assert {"field": "team", "old": "Party 0 team 0", "new": ""} in changes_of(newest(world))
        assert not TeamMember.objects.filter(membership_id=leaver.pk).exists()
        assert Signoff.objects.get().printed_name == "Vera Manager"
        rows = matrix.load(world.workspace).by_key
        assert FindingKind.OWNER_LEFT in {finding.kind for finding in rows["T-S0-01"].findings}
        assert rows["T-S0-02"].is_signed_by(world.provider.pk)

    def test_never_the_last_manager(self, world: World) -> None:
        for actor in (world.actor("party1"), system_actor()):
            with pytest.raises(InvalidError, match="Make somebody else a manager first"):
                members.remove(actor=actor, membership=member(world, "party1", Role.MANAGER))
        assert member(world, "party1", Role.MANAGER).role == Role.MANAGER

    def test_a_manager_whose_account_is_closed_can_be_taken_out(self, world: World) -> None:
        User.objects.filter(pk=world.user("party1", Role.MANAGER).pk).update(is_active=False)
        members.remove(
            actor=world.actor("party0"), membership=member(world, "party1", Role.MANAGER)
        )
        assert not Membership.objects.filter(seat=world.customer, role=Role.MANAGER).exists()

    def test_the_log_stays(self, world: World) -> None:
        make_user("Nina New")
        newcomer = add(world, "nina.new@people.example")
        members.remove(actor=world.actor("party1"), membership=newcomer)
        actions = AuditEvent.objects.filter(object_id=str(newcomer.pk)).values_list(
            "action", flat=True
        )
        assert list(actions) == [AuditAction.MEMBER_REMOVED, AuditAction.MEMBER_ADDED]
