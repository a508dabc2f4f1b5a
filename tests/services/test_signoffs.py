"""Signing: every rule both ways, each write one event, nothing signed that was not shown."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction

from responsibilities import canonical, matrix
from responsibilities.choices import AuditAction, Meaning, Role, SignoffState, Via
from responsibilities.models import Assignment, AuditEvent, Item, Membership, Signoff, User
from responsibilities.permissions import Actor, NotAllowedError, system_actor
from responsibilities.services import signoffs, statements
from responsibilities.services.errors import InvalidError
from responsibilities.services.signoffs import ChangedError, RefusedError
from responsibilities.services.statements import Shown
from tests.signing import (
    ACCESS_CHANGES,
    AUTHENTICATION,
    attach,
    edit,
    exclude,
    row_of,
    shown_to,
    sign,
)
from tests.world import World, actor_in, join

KEY = "T-S0-01"  # held by party0
THEIRS = "T-S1-01"  # held by party1


def count(world: World) -> int:
    """Count the events of the workspace."""
    return AuditEvent.objects.filter(workspace=world.workspace).count()


def attempt(world: World, actor: Actor, key: str = KEY, shown: Shown | None = None) -> Signoff:
    """Sign as any actor, over what is there now unless told otherwise."""
    seen = shown or shown_to(world.actor("party0"), world.workspace, key)
    return signoffs.sign(
        actor=actor,
        workspace=world.workspace,
        key=key,
        shown=seen,
        authentication=AUTHENTICATION,
    )


def test_the_holder_confirms_in_one_event(world: World) -> None:
    events = count(world)
    signoff = sign(world, "party0", KEY)
    assert (signoff.number, signoff.meaning) == (1, Meaning.CONFIRM)
    assert signoff.printed_name == "Vera Manager"
    assert row_of(world.workspace, KEY).is_signed_by(world.provider.pk)
    event = AuditEvent.objects.filter(workspace=world.workspace).latest("seq")
    assert count(world) == events + 1
    assert event.action == AuditAction.SIGNOFF_SIGNED
    assert [subject.item_id for subject in event.subjects.all()] == [signoff.item_id]
    assert signoff.statement_digest in event.payload.payload


def test_the_statement_says_everything_and_hashes_to_its_digest(world: World) -> None:
    first = sign(world, "party0", KEY)
    edit(world, KEY, note="Changed")
    second = sign(world, "party0", KEY)
    said = json.loads(second.statement)
    membership = world.actor("party0").membership
    assert membership is not None
    assert said["workspace"] == {"id": str(world.workspace.pk), "slug": "acme"}
    assert said["item"] == {"key": KEY, "digest": second.item_digest}
    assert said["sentence"] == statements.sentence(row_of(world.workspace, KEY), membership)
    assert said["signer"] == {
        "id": str(second.signer_id),
        "name": "Vera Manager",
        "side": "party0",
        "organization": "Vendor Inc.",
        "role": "manager",
    }
    assert said["authentication"] == {
        "method": "password",
        "at": "2026-11-22T09:30:00.000000+00:00",
    }
    assert said["signed_at"] == statements.moment(second.signed_at)
    assert said["meaning"] == "confirm"
    assert said["language"] == "en"
    assert said["previous"] == {
        "id": str(first.pk),
        "statement_digest": first.statement_digest,
    }
    assert json.loads(first.statement)["previous"] is None
    assert said["nonce"] != json.loads(first.statement)["nonce"]
    assert canonical.dumps(said).decode() == second.statement
    assert hashlib.sha256(second.statement.encode()).hexdigest() == second.statement_digest
    assert hashlib.sha256(second.content.encode()).hexdigest() == second.item_digest


@pytest.mark.parametrize(
    ("side", "role", "allowed"),
    [
        ("party0", Role.MANAGER, True),
        ("party0", Role.APPROVER, True),
        ("party0", Role.CONTRIBUTOR, False),
        ("party0", Role.READER, False),
        ("party1", Role.MANAGER, True),
        ("party1", Role.APPROVER, True),
        ("party1", Role.CONTRIBUTOR, False),
        ("party1", Role.READER, False),
        ("party1", Role.AUDITOR, False),
    ],
)
def test_who_signs_and_always_for_their_own_side(
    world: World, side: str, role: Role, *, allowed: bool
) -> None:
    key = KEY if side == "party0" else THEIRS
    if not allowed:
        with pytest.raises(NotAllowedError):
            sign(world, side, key, role)
        assert not Signoff.objects.exists()
        return
    signoff = sign(world, side, key, role)
    assert signoff.signer == world.user(side, role)
    assert signoff.seat.party.key == side
    assert signoff.role == role


@pytest.mark.parametrize("via", [Via.API, Via.COMMAND, Via.TASK])
def test_no_other_channel_signs(world: World, via: Via) -> None:
    with pytest.raises(NotAllowedError):
        attempt(world, replace(world.actor("party0"), via=via))
    assert not Signoff.objects.exists()


def test_the_system_and_outsiders_do_not_sign(world: World) -> None:
    outsider = actor_in(world.elsewhere, world.outsider)
    for actor in (system_actor(), system_actor(Via.WEB), outsider):
        with pytest.raises((NotAllowedError, ChangedError)):
            attempt(world, actor)
    assert not Signoff.objects.exists()


def test_a_member_of_another_workspace_is_refused_even_with_the_right_words(world: World) -> None:
    outsider = actor_in(world.elsewhere, world.outsider)
    with pytest.raises(NotAllowedError, match="not a member"):
        attempt(world, outsider, shown=shown_to(outsider, world.workspace, KEY))


def test_a_foreign_item_is_not_found(world: World) -> None:
    with pytest.raises(Item.DoesNotExist):
        attempt(
            world,
            world.actor("party0"),
            "T-S9-99",
            shown_to(world.actor("party0"), world.workspace, KEY),
        )


def test_the_other_side_acknowledges_only_after_the_holder(world: World) -> None:
    with pytest.raises(RefusedError, match=r"Vendor Inc\. holds this duty and signs first"):
        sign(world, "party1", KEY)
    sign(world, "party0", KEY)
    assert sign(world, "party1", KEY).meaning == Meaning.ACKNOWLEDGE


def test_a_stale_or_withdrawn_sign_off_of_the_holder_is_not_enough(world: World) -> None:
    signoff = sign(world, "party0", KEY)
    edit(world, KEY, note="Changed")
    with pytest.raises(RefusedError):
        sign(world, "party1", KEY)
    signoff = sign(world, "party0", KEY)
    signoffs.withdraw(actor=world.actor("party0"), signoff=signoff, reason="Too early")
    with pytest.raises(RefusedError):
        sign(world, "party1", KEY)


def test_signed_twice_is_refused_kindly(world: World) -> None:
    sign(world, "party0", KEY)
    events = count(world)
    for role in (Role.MANAGER, Role.APPROVER):
        with pytest.raises(RefusedError, match=r"Vera Manager has already signed this for Vendor"):
            sign(world, "party0", KEY, role)
    assert Signoff.objects.count() == 1
    assert count(world) == events


def test_what_was_not_shown_is_not_signed(world: World) -> None:
    actor = world.actor("party0")
    shown = shown_to(actor, world.workspace, KEY)
    edit(world, KEY, note="Changed meanwhile")
    events = count(world)
    with pytest.raises(ChangedError) as refused:
        attempt(world, actor, shown=shown)
    assert [row.note for row in refused.value.rows] == ["Changed meanwhile"]
    assert not Signoff.objects.exists()
    assert count(world) == events


def test_another_sentence_than_the_one_shown_is_not_signed(world: World) -> None:
    actor = world.actor("party0")
    shown = shown_to(actor, world.workspace, KEY)
    with pytest.raises(ChangedError):
        attempt(world, actor, shown=replace(shown, sentence="I confirm nothing."))
    assert not Signoff.objects.exists()


def test_an_unassigned_item_cannot_be_signed_unless_it_does_not_apply(world: World) -> None:
    Assignment.objects.filter(item=world.item(KEY), letter="A").delete()
    with pytest.raises(RefusedError, match="Nobody is responsible or accountable"):
        sign(world, "party0", KEY)
    exclude(world, KEY)
    signoff = sign(world, "party0", KEY)
    assert "does not apply here" in json.loads(signoff.statement)["sentence"]
    acknowledged = sign(world, "party1", KEY)
    assert "does not apply here" in json.loads(acknowledged.statement)["sentence"]


def change_sides(world: World, user: User) -> Actor:
    """Move a person to the customer's side, as a manager would."""
    Membership.objects.filter(workspace=world.workspace, user=user).delete()
    join(world.workspace, user, "party1", Role.MANAGER)
    return actor_in(world.workspace, user)


def test_one_person_does_not_sign_for_two_sides(world: World) -> None:
    user = world.user("party0", Role.APPROVER)
    sign(world, "party0", KEY, Role.APPROVER)
    actor = change_sides(world, user)
    with pytest.raises(RefusedError, match="needs a different person"):
        attempt(world, actor, shown=shown_to(actor, world.workspace, KEY))
    assert sign(world, "party1", KEY).seat == world.customer


def test_the_database_itself_refuses_one_person_for_two_sides(world: World) -> None:
    signoff = sign(world, "party0", KEY)
    values = {
        field.name: getattr(signoff, field.name)
        for field in Signoff._meta.fields
        if field.name not in {"id", "seat"}
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        Signoff.objects.create(seat=world.customer, **values)
    assert Signoff.objects.count() == 1


@pytest.mark.parametrize(
    "change", ["letter", "note", "option", "evidence", "revision", "team name", "applicability"]
)
def test_what_makes_a_sign_off_stale(world: World, change: str) -> None:
    attach(world, world.provider, KEY)
    sign(world, "party0", KEY)
    team = world.team("Party 0 team 1")
    if change == "letter":
        Assignment.objects.create(item=world.item(KEY), team=team, letter="I")
    elif change == "note":
        edit(world, KEY, note="Done with care")
    elif change == "option":
        edit(world, KEY, chosen={"tool": "Saw"})
    elif change == "evidence":
        attach(world, world.provider, KEY, title="More proof")
    elif change == "revision":
        attach(world, world.provider, KEY, text="newer proof")
    elif change == "team name":
        team.name = "Platform"
        team.save()
    else:
        exclude(world, KEY)
    row = row_of(world.workspace, KEY)
    side = row.side(world.provider.pk)
    assert side is not None
    assert side.signoff is not None
    assert side.state == SignoffState.STALE
    assert matrix.since_signing([row])[side.signoff.id]


def test_what_does_not_make_it_stale(world: World) -> None:
    sign(world, "party0", KEY)
    edit(world, KEY, review_on=None)
    edit(world, "T-S0-02", note="Another item")
    first, last = world.team("Party 0 team 0"), world.team("Party 0 team 1")
    first.position, last.position = last.position, first.position
    first.save()
    last.save()
    assert row_of(world.workspace, KEY).is_signed_by(world.provider.pk)


def test_signing_again_keeps_the_old_sign_off(world: World) -> None:
    first = sign(world, "party0", KEY)
    edit(world, KEY, note="Changed")
    second = sign(world, "party0", KEY, Role.APPROVER)
    side = row_of(world.workspace, KEY).side(world.provider.pk)
    assert side is not None
    assert side.signoff is not None
    assert (side.signoff.id, side.signoff.number) == (second.pk, 2)
    assert [before.id for before in side.earlier] == [first.pk]


def test_withdrawing_is_a_new_row_with_a_reason_in_one_event(world: World) -> None:
    signoff = sign(world, "party0", KEY)
    events = count(world)
    signoffs.withdraw(
        actor=world.actor("party0", Role.APPROVER), signoff=signoff, reason=" Too\r\nearly. "
    )
    side = row_of(world.workspace, KEY).side(world.provider.pk)
    assert side is not None
    assert side.signoff is not None
    assert side.state == SignoffState.WITHDRAWN
    assert side.signoff.withdrawal_reason == "Too\nearly."
    event = AuditEvent.objects.filter(workspace=world.workspace).latest("seq")
    assert count(world) == events + 1
    assert event.action == AuditAction.SIGNOFF_WITHDRAWN
    assert json.loads(event.payload.payload)["reason"] == "Too\nearly."
    assert sign(world, "party0", KEY).number == 2


@pytest.mark.parametrize(
    ("side", "role"),
    [
        ("party1", Role.MANAGER),
        ("party1", Role.APPROVER),
        ("party0", Role.CONTRIBUTOR),
        ("party0", Role.READER),
    ],
)
def test_who_may_not_withdraw(world: World, side: str, role: Role) -> None:
    signoff = sign(world, "party0", KEY)
    with pytest.raises(NotAllowedError):
        signoffs.withdraw(actor=world.actor(side, role), signoff=signoff, reason="No")
    assert row_of(world.workspace, KEY).is_signed_by(world.provider.pk)


def test_withdrawing_needs_a_reason_and_the_newest_sign_off(world: World) -> None:
    actor = world.actor("party0")
    first = sign(world, "party0", KEY)
    with pytest.raises(InvalidError, match="Say why"):
        signoffs.withdraw(actor=actor, signoff=first, reason="  ")
    edit(world, KEY, note="Changed")
    second = sign(world, "party0", KEY)
    with pytest.raises(InvalidError, match="newer sign-off"):
        signoffs.withdraw(actor=actor, signoff=first, reason="Wrong one")
    signoffs.withdraw(actor=actor, signoff=second, reason="Right one")
    with pytest.raises(InvalidError, match="withdrawn before"):
        signoffs.withdraw(actor=actor, signoff=second, reason="Again")


KEYS = ("T-S0-01", "T-S0-02", "T-S0-03")


def all_shown(world: World, actor: Actor) -> dict[str, Shown]:
    """Return what the page would show of several items."""
    return {key: shown_to(actor, world.workspace, key) for key in KEYS}


def test_many_are_signed_in_one_event(world: World) -> None:
    actor = world.actor("party0")
    events = count(world)
    signed = signoffs.sign_many(
        actor=actor,
        workspace=world.workspace,
        shown=all_shown(world, actor),
        authentication=AUTHENTICATION,
    )
    assert [signoff.item.responsibility.key for signoff in signed] == list(KEYS)
    assert count(world) == events + 1
    event = AuditEvent.objects.filter(workspace=world.workspace).latest("seq")
    assert event.action == AuditAction.SIGNOFF_BULK_SIGNED
    assert {subject.item_id for subject in event.subjects.all()} == {s.item_id for s in signed}
    assert all(signoff.statement_digest in event.payload.payload for signoff in signed)


def test_many_are_all_or_nothing(world: World) -> None:
    actor = world.actor("party0")
    shown = all_shown(world, actor)
    edit(world, KEYS[1], note="Changed meanwhile")
    events = count(world)
    with pytest.raises(ChangedError) as changed:
        signoffs.sign_many(
            actor=actor, workspace=world.workspace, shown=shown, authentication=AUTHENTICATION
        )
    assert [row.key for row in changed.value.rows] == [KEYS[1]]
    sign(world, "party0", KEYS[2])
    with pytest.raises(RefusedError) as refused:
        signoffs.sign_many(
            actor=actor,
            workspace=world.workspace,
            shown=all_shown(world, actor),
            authentication=AUTHENTICATION,
        )
    assert list(refused.value.reasons) == [KEYS[2]]
    assert Signoff.objects.count() == 1
    assert count(world) == events + 1
    with pytest.raises(InvalidError):
        signoffs.sign_many(
            actor=actor, workspace=world.workspace, shown={}, authentication=AUTHENTICATION
        )


def test_signing_many_costs_the_same_number_of_queries(
    world: World, django_assert_max_num_queries: object
) -> None:
    actor = world.actor("party0")
    shown = all_shown(world, actor)
    with django_assert_max_num_queries(24):  # type: ignore[operator]
        signoffs.sign_many(
            actor=actor, workspace=world.workspace, shown=shown, authentication=AUTHENTICATION
        )


def test_what_waits_for_each_side(world: World) -> None:
    def waits(side: str, role: str = Role.MANAGER) -> list[str]:
        rows = signoffs.waiting(world.actor(side, role), matrix.load(world.workspace))
        return [row.key for row in rows]

    assert waits("party0") == list(KEYS)
    assert waits("party0", Role.READER) == list(KEYS)
    assert waits("party1") == ["T-S1-01", "T-S1-02", "T-S1-03"]
    sign(world, "party0", KEY)
    assert waits("party0") == list(KEYS[1:])
    assert waits("party1") == [KEY, "T-S1-01", "T-S1-02", "T-S1-03"]


@pytest.mark.parametrize("change", ACCESS_CHANGES)
def test_who_is_no_such_member_any_more_signs_and_withdraws_nothing(
    world: World, change: Callable[[Membership], None]
) -> None:
    """The request began with the membership as it was; the lock is taken after that."""
    given = sign(world, "party0", "T-S0-01")
    actor = world.actor("party0")
    assert actor.membership is not None
    shown, before = shown_to(actor, world.workspace, "T-S0-02"), AuditEvent.objects.count()
    change(Membership.objects.get(pk=actor.membership.pk))
    with pytest.raises(NotAllowedError, match="Your access has changed meanwhile"):
        signoffs.sign(
            actor=actor,
            workspace=world.workspace,
            key="T-S0-02",
            shown=shown,
            authentication=AUTHENTICATION,
        )
    with pytest.raises(NotAllowedError, match="Your access has changed meanwhile"):
        signoffs.withdraw(actor=actor, signoff=given, reason="No")
    assert (Signoff.objects.count(), AuditEvent.objects.count()) == (1, before)
