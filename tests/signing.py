"""Signing in tests, through the real services and the real forms."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from html import unescape

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from responsibilities import matrix
from responsibilities.choices import Applicability, EvidenceKind, Role
from responsibilities.matrix import ItemRow
from responsibilities.models import (
    Evidence,
    EvidenceLink,
    EvidenceRevision,
    Membership,
    Seat,
    Signoff,
    User,
    Workspace,
)
from responsibilities.permissions import Actor
from responsibilities.services import items, signoffs, statements
from responsibilities.services.statements import Authentication, Shown
from tests.world import PASSWORD, World

AUTHENTICATION = Authentication("password", dt.datetime(2026, 11, 22, 9, 30, tzinfo=dt.UTC))


def row_of(workspace: Workspace, key: str) -> ItemRow:
    """Return an item as it is now."""
    item = workspace.items.get(responsibility__key=key)
    return matrix.load(workspace, item_ids=[item.pk]).rows[0]


def shown_to(actor: Actor, workspace: Workspace, key: str) -> Shown:
    """Return what the page would show this actor now."""
    assert actor.membership is not None
    return statements.offer(row_of(workspace, key), actor.membership)


def sign(world: World, side: str, key: str, role: str = Role.MANAGER) -> Signoff:
    """Sign an item as it is now."""
    actor = world.actor(side, role)
    return signoffs.sign(
        actor=actor,
        workspace=world.workspace,
        key=key,
        shown=shown_to(actor, world.workspace, key),
        authentication=AUTHENTICATION,
    )


def edit(world: World, key: str, side: str = "party0", **values: object) -> None:
    """Change some values of an item, as its holder's manager."""
    item = world.item(key)
    kept = {
        "applicability": item.applicability,
        "applicability_reason": item.applicability_reason,
        "chosen": item.chosen,
        "note": item.note,
        "review_on": item.review_on,
    }
    items.edit(
        actor=world.actor(side),
        workspace=world.workspace,
        key=key,
        seen_version=item.version,
        **(kept | values),
    )


def exclude(world: World, key: str, side: str = "party0") -> None:
    """Say that an item does not apply."""
    edit(
        world,
        key,
        side,
        applicability=Applicability.NOT_APPLICABLE,
        applicability_reason="There is none here.",
    )


def attach(world: World, seat: Seat, key: str, text: str = "proof", title: str = "Proof") -> None:
    """Put a note as evidence on an item; a second call with the same title revises it."""
    piece, _ = Evidence.objects.get_or_create(
        workspace=world.workspace, seat=seat, title=title, kind=EvidenceKind.NOTE
    )
    number = piece.revisions.count() + 1
    piece.current = EvidenceRevision.objects.create(
        evidence=piece,
        number=number,
        text=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        size=len(text),
        media_type="text/plain",
        collected_on=dt.date(2026, 11, 1),
        created_by=world.user("party0", Role.MANAGER),
    )
    piece.save()
    EvidenceLink.objects.get_or_create(evidence=piece, item=world.item(key))


def browser(user: User) -> Client:
    """Return a browser in which this person has really signed in, so that it says how."""
    client = Client()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert client.session.get("_auth_user_id")
    return client


def hidden(page: bytes, name: str) -> str:
    """Return the value of a hidden field of a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page.decode())
    assert found is not None, f"no field {name}"
    return unescape(found[1])


def lose_access(membership: Membership) -> None:
    membership.delete()


def expire(membership: Membership) -> None:
    membership.expires_at = timezone.now()
    membership.save()


def become_reader(membership: Membership) -> None:
    membership.role = Role.READER
    membership.save()


def change_sides(membership: Membership) -> None:
    membership.seat = membership.workspace.seats.exclude(pk=membership.seat_id)[0]
    membership.save()


ACCESS_CHANGES = [lose_access, expire, become_reader, change_sides]
"""What may become of a member between a request and the lock that it waits for."""
