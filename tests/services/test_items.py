"""Editing items: compared and set, audited once, refused with a reason."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.db import IntegrityError, transaction

from responsibilities.choices import Applicability, AuditAction, Role
from responsibilities.models import AuditEvent, Item, Membership
from responsibilities.permissions import NotAllowedError, system_actor
from responsibilities.services import items
from responsibilities.services.errors import ConflictError, InvalidError
from tests.signing import edit, exclude
from tests.world import World, actor_in

KEY = "T-S0-01"


def events(world: World) -> list[AuditEvent]:
    """Return the events of the item, the latest first."""
    return list(AuditEvent.objects.for_item(world.item(KEY).pk))


def test_an_edit_is_one_event_with_old_and_new(world: World) -> None:
    edit(world, KEY, note="With care", chosen={"tool": "Saw"}, review_on=dt.date(2027, 3, 1))
    item = world.item(KEY)
    assert (item.note, item.chosen, item.version) == ("With care", {"tool": "Saw"}, 2)
    (event,) = events(world)
    assert event.action == AuditAction.ITEM_CHANGED
    changes = {
        change["field"]: change["new"] for change in json.loads(event.payload.payload)["changes"]
    }
    assert changes == {
        "options": "Tool: Saw",
        "implementation note": "With care",
        "next review": "2027-03-01",
    }


def test_nothing_changed_is_nothing_written(world: World) -> None:
    edit(world, KEY, note="One\nTwo")
    edit(world, KEY, note="  One\r\nTwo\r\n")
    assert world.item(KEY).version == 2
    assert len(events(world)) == 1


def test_an_older_version_is_refused(world: World) -> None:
    edit(world, KEY, note="First")
    with pytest.raises(ConflictError):
        items.edit(
            actor=world.actor("party0"),
            workspace=world.workspace,
            key=KEY,
            seen_version=1,
            applicability=Applicability.APPLICABLE,
            applicability_reason="",
            chosen={},
            note="Second",
            review_on=None,
        )
    assert world.item(KEY).note == "First"
    assert len(events(world)) == 1


@pytest.mark.parametrize(
    ("side", "role", "allowed"),
    [
        ("party0", Role.MANAGER, True),
        ("party0", Role.CONTRIBUTOR, True),
        ("party0", Role.APPROVER, False),
        ("party0", Role.READER, False),
        ("party1", Role.MANAGER, False),
        ("party1", Role.CONTRIBUTOR, False),
        ("party1", Role.AUDITOR, False),
    ],
)
def test_who_may_edit(world: World, side: str, role: Role, *, allowed: bool) -> None:
    def change() -> None:
        items.edit(
            actor=world.actor(side, role),
            workspace=world.workspace,
            key=KEY,
            seen_version=1,
            applicability=Applicability.APPLICABLE,
            applicability_reason="",
            chosen={},
            note="Mine",
            review_on=None,
        )

    if allowed:
        change()
    else:
        with pytest.raises(NotAllowedError):
            change()
    assert (world.item(KEY).note == "Mine") is allowed


def test_the_provider_looks_after_a_vacant_side(world: World) -> None:
    Membership.objects.filter(workspace=world.workspace, seat=world.customer).delete()
    edit(world, "T-S1-01", "party0", note="For now")
    assert world.item("T-S1-01").note == "For now"


def test_an_exclusion_needs_a_reason(world: World) -> None:
    with pytest.raises(InvalidError) as refused:
        edit(world, KEY, applicability=Applicability.NOT_APPLICABLE)
    assert refused.value.field == "applicability_reason"
    exclude(world, KEY)
    assert world.item(KEY).applicability == Applicability.NOT_APPLICABLE
    edit(world, KEY, applicability=Applicability.APPLICABLE)
    assert world.item(KEY).applicability_reason == ""


def test_an_unknown_applicability_is_refused(world: World) -> None:
    with pytest.raises(InvalidError) as refused:
        edit(world, KEY, applicability="perhaps")
    assert refused.value.field == "applicability"


def test_the_database_holds_the_rule_of_the_reason(world: World) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Item.objects.filter(pk=world.item(KEY).pk).update(
            applicability=Applicability.NOT_APPLICABLE
        )


@pytest.mark.parametrize("chosen", [{"tool": "Drill"}, {"size": "Large"}])
def test_only_offered_choices_are_taken(world: World, chosen: dict[str, str]) -> None:
    with pytest.raises(InvalidError) as refused:
        edit(world, KEY, chosen=chosen)
    assert refused.value.field == f"option_{next(iter(chosen))}"
    assert world.item(KEY).chosen == {}


def test_an_item_of_another_workspace_is_not_found(world: World) -> None:
    foreign = world.elsewhere.items.first()
    assert foreign is not None
    with pytest.raises(Item.DoesNotExist):
        items.lock(world.workspace, "T-S9-99", 1)
    outsider = actor_in(world.elsewhere, world.outsider)
    with pytest.raises(NotAllowedError):
        items.edit(
            actor=outsider,
            workspace=world.workspace,
            key="T-S1-01",
            seen_version=1,
            applicability=Applicability.APPLICABLE,
            applicability_reason="",
            chosen={},
            note="From outside",
            review_on=None,
        )


def test_the_system_may_edit(world: World) -> None:
    items.edit(
        actor=system_actor(),
        workspace=world.workspace,
        key=KEY,
        seen_version=1,
        applicability=Applicability.APPLICABLE,
        applicability_reason="",
        chosen={},
        note="By the operator",
        review_on=None,
    )
    (event,) = events(world)
    assert event.actor_id is None
