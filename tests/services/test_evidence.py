"""Evidence: whose it is, what it serves, and that nothing of it is ever overwritten."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from responsibilities.choices import AuditAction, Role, SignoffState
from responsibilities.matrix import EvidenceState
from responsibilities.models import AuditEvent, Evidence, EvidenceRevision, Item
from responsibilities.permissions import NotAllowedError, system_actor
from responsibilities.services import evidence, signoffs
from responsibilities.services.errors import InvalidError
from responsibilities.services.statements import Authentication, Shown, sentence
from tests.concurrency import CommittingDatabase
from tests.evidence import (
    KEY,
    TODAY,
    add,
    count_events,
    held,
    last_event,
    new_file,
    row,
    stored_files,
)
from tests.world import World, actor_in, make_world

type Change = Callable[[World, Evidence], object]

# --- Who ---------------------------------------------------------------------------------------

CHANGES: dict[str, Change] = {
    "revise": lambda world, piece: evidence.revise(
        actor=world.actor("party1"),
        workspace=world.workspace,
        evidence=piece.pk,
        content=new_file(b"new,er\n"),
        collected_on=TODAY(),
    ),
    "edit": lambda world, piece: evidence.edit(
        actor=world.actor("party1"),
        workspace=world.workspace,
        evidence=piece.pk,
        title="Another",
        collected_on=TODAY(),
        valid_until=None,
    ),
    "link": lambda world, piece: evidence.link(
        actor=world.actor("party1"),
        workspace=world.workspace,
        evidence=piece.pk,
        items=["T-S0-02"],
    ),
    "unlink": lambda world, piece: evidence.unlink(
        actor=world.actor("party1"), workspace=world.workspace, evidence=piece.pk, key=KEY
    ),
    "archive": lambda world, piece: evidence.archive(
        actor=world.actor("party1"), workspace=world.workspace, evidence=piece.pk
    ),
}
ACTIONS = {
    "revise": AuditAction.EVIDENCE_REVISED,
    "edit": AuditAction.EVIDENCE_CHANGED,
    "link": AuditAction.EVIDENCE_LINKED,
    "unlink": AuditAction.EVIDENCE_UNLINKED,
    "archive": AuditAction.EVIDENCE_ARCHIVED,
}


@pytest.mark.parametrize(
    ("side", "role", "allowed"),
    [
        ("party1", Role.MANAGER, True),
        ("party1", Role.CONTRIBUTOR, True),
        ("party1", Role.APPROVER, False),
        ("party1", Role.READER, False),
        ("party1", Role.AUDITOR, False),
        ("party0", Role.MANAGER, False),
        ("party0", Role.CONTRIBUTOR, False),
    ],
)
@pytest.mark.parametrize("change", CHANGES)
def test_only_managers_and_contributors_of_its_side_change_a_piece(
    world: World, change: str, side: str, role: Role, *, allowed: bool
) -> None:
    piece = add(world, items=[KEY])
    actor = world.actor(side, role)
    world.actor = lambda *_: actor  # type: ignore[method-assign]  # whoever is asked for
    before = count_events(world)
    if allowed:
        CHANGES[change](world, piece)
        assert count_events(world) == before + 1
        assert last_event(world).action == ACTIONS[change]
    else:
        with pytest.raises(NotAllowedError):
            CHANGES[change](world, piece)
        assert count_events(world) == before
        assert len(stored_files()) == 1


@pytest.mark.parametrize(
    ("side", "role", "allowed"),
    [
        ("party0", Role.MANAGER, True),
        ("party0", Role.CONTRIBUTOR, True),
        ("party1", Role.CONTRIBUTOR, True),
        ("party0", Role.APPROVER, False),
        ("party0", Role.READER, False),
        ("party1", Role.AUDITOR, False),
    ],
)
def test_evidence_of_ones_own_side_may_serve_any_item(
    world: World, side: str, role: Role, *, allowed: bool
) -> None:
    def change() -> Evidence:
        return evidence.add(
            actor=world.actor(side, role),
            workspace=world.workspace,
            content=new_file(),
            collected_on=TODAY(),
            items=["T-S0-01", "T-S1-01"],
        )

    if allowed:
        assert change().seat.party.key == side
    else:
        with pytest.raises(NotAllowedError):
            change()
        assert stored_files() == set()


def test_evidence_comes_from_a_member_of_the_workspace(world: World) -> None:
    strangers = (system_actor(), actor_in(world.elsewhere, world.outsider))
    for actor in strangers:
        with pytest.raises(NotAllowedError):
            evidence.add(
                actor=actor,
                workspace=world.workspace,
                content=new_file(),
                collected_on=TODAY(),
            )
    assert stored_files() == set()


def foreign_piece(world: World) -> Evidence:
    """Add a piece in the other workspace."""
    return evidence.add(
        actor=actor_in(world.elsewhere, world.outsider),
        workspace=world.elsewhere,
        content=new_file(),
        collected_on=TODAY(),
    )


@pytest.mark.parametrize("change", CHANGES)
def test_a_foreign_piece_is_not_found(world: World, change: str) -> None:
    piece = foreign_piece(world)
    with pytest.raises(Evidence.DoesNotExist):
        CHANGES[change](world, piece)


def test_an_item_that_only_another_workspace_has_is_not_found(world: World) -> None:
    piece = add(world)
    item = world.item("T-S0-02")
    item.assignments.all().delete()
    item.delete()
    with pytest.raises(Item.DoesNotExist):
        CHANGES["link"](world, piece)
    assert not piece.links.exists()


# --- Revisions ---------------------------------------------------------------------------------


def test_a_revision_comes_on_top_and_the_old_one_stays(world: World) -> None:
    piece = add(world, new_file(b"old,\n"), items=[KEY])
    old = piece.revisions.get()
    digest = row(world).digest
    new = evidence.revise(
        actor=world.actor("party1"),
        workspace=world.workspace,
        evidence=piece.pk,
        content=new_file(b"new,\n"),
        collected_on=TODAY(),
    )
    piece.refresh_from_db()
    assert (new.number, piece.current) == (2, new)
    old.refresh_from_db()
    assert held(old) == b"old,\n"
    assert held(new) == b"new,\n"
    assert row(world).digest != digest
    payload = json.loads(last_event(world).payload.payload)
    assert {"field": "SHA-256", "old": old.sha256, "new": new.sha256} in payload["changes"]


def test_a_revision_is_of_the_same_kind_and_not_the_same_content(world: World) -> None:
    piece = add(world, new_file(b"old,\n"))
    common: dict[str, Any] = {
        "actor": world.actor("party1"),
        "workspace": world.workspace,
        "evidence": piece.pk,
        "collected_on": TODAY(),
    }
    for content in (evidence.NewNote("x"), new_file(b"old,\n", "renamed.csv")):
        with pytest.raises(InvalidError):
            evidence.revise(content=content, **common)
    assert (piece.revisions.count(), len(stored_files())) == (1, 1)


def test_the_database_refuses_a_number_twice(world: World) -> None:
    first = add(world).revisions.get()
    twin = EvidenceRevision(
        evidence=first.evidence,
        number=first.number,
        sha256="0" * 64,
        size=1,
        collected_on=TODAY(),
        created_by=first.created_by,
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save()


def test_editing_moves_title_and_dates_and_leaves_the_digest(world: World) -> None:
    piece = add(world, items=[KEY])
    digest, events = row(world).digest, count_events(world)
    changed: dict[str, Any] = {
        "actor": world.actor("party1"),
        "workspace": world.workspace,
        "evidence": piece.pk,
        "title": " Access   list ",
        "collected_on": TODAY() - dt.timedelta(days=40),
        "valid_until": TODAY() - dt.timedelta(days=1),
    }
    evidence.edit(**changed)
    evidence.edit(**changed)
    assert count_events(world) == events + 1
    shown = row(world).evidence[0]
    assert (shown.title, shown.state) == ("Access list", EvidenceState.EXPIRED)
    assert (shown.number, row(world).digest) == (1, digest)


# --- Items and archive -------------------------------------------------------------------------


def test_linking_twice_and_unlinking_twice_write_once(world: World) -> None:
    piece = add(world, items=[KEY])
    actor = world.actor("party1")
    before = count_events(world)
    for _ in range(2):
        evidence.link(
            actor=actor, workspace=world.workspace, evidence=piece.pk, items=[KEY, "T-S0-01"]
        )
    assert count_events(world) == before + 1
    assert [s.item.responsibility.key for s in last_event(world).subjects.all()] == ["T-S0-01"]
    for _ in range(2):
        evidence.unlink(actor=actor, workspace=world.workspace, evidence=piece.pk, key=KEY)
    assert count_events(world) == before + 2
    assert [p.pk for p in Evidence.objects.filter(links__item=world.item("T-S0-01"))] == [piece.pk]
    assert row(world).evidence == ()


def sign(world: World) -> None:
    """Sign the item for the side that holds it."""
    actor, shown = world.actor("party1", Role.APPROVER), row(world)
    assert actor.membership is not None
    signoffs.sign(
        actor=actor,
        workspace=world.workspace,
        key=KEY,
        shown=Shown(shown.digest, sentence(shown, actor.membership)),
        authentication=Authentication("password", timezone.now()),
    )


def test_archiving_stales_the_sign_off_and_keeps_the_bytes(world: World) -> None:
    piece = add(world, items=[KEY])
    sign(world)
    revision = piece.revisions.get()
    actor = world.actor("party1")
    for _ in range(2):
        evidence.archive(actor=actor, workspace=world.workspace, evidence=piece.pk)
    assert row(world).evidence == ()
    assert row(world).side(world.customer.pk).state == SignoffState.STALE
    assert held(revision) == b"a,b\n"
    for refused in (CHANGES["link"], CHANGES["revise"], CHANGES["edit"]):
        with pytest.raises(InvalidError):
            refused(world, piece)
    events = count_events(world)
    for _ in range(2):
        evidence.restore(actor=actor, workspace=world.workspace, evidence=piece.pk)
    assert count_events(world) == events + 1
    assert row(world).side(world.customer.pk).state == SignoffState.CURRENT


def test_queries_do_not_grow_with_the_items_served(world: World) -> None:
    def queries(keys: list[str]) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            add(world, new_file(f"{keys}\n".encode()), items=keys)
        return len(captured)

    add(world, new_file(b"warm,up\n"))
    few = queries(["T-S0-01", "T-S0-02"])
    assert queries(["T-S0-01", "T-S0-02", "T-S0-03", "T-S1-01", "T-S1-02", "T-S1-03"]) == few


def test_of_revisions_at_the_same_moment_none_is_lost(committing: CommittingDatabase) -> None:
    world = make_world()
    piece = add(world, items=[KEY])
    actors = [world.actor("party1", role) for role in (Role.MANAGER, Role.CONTRIBUTOR)]

    def revise(number: int) -> EvidenceRevision:
        return evidence.revise(
            actor=actors[number % 2],
            workspace=world.workspace,
            evidence=piece.pk,
            content=new_file(f"{number},\n".encode()),
            collected_on=TODAY(),
        )

    outcomes = committing.together([partial(revise, number) for number in range(8)])
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    assert sorted(piece.revisions.values_list("number", flat=True)) == list(range(1, 10))
    piece.refresh_from_db()
    assert piece.current is not None
    assert piece.current.number == 9
    assert AuditEvent.objects.filter(action=AuditAction.EVIDENCE_REVISED).count() == 8
    assert len(stored_files()) == 9
