"""Erasing a person: what goes, what stays, and that every proof still holds."""

from __future__ import annotations

from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from responsibilities.choices import AuditAction, Role
from responsibilities.matrix import log
from responsibilities.models import (
    AuditEvent,
    AuditPayload,
    Checkpoint,
    Membership,
    Release,
    Signoff,
    User,
)
from responsibilities.permissions import NotAllowedError, system_actor
from responsibilities.services import checkpoints, erasure, members, verification
from responsibilities.services.errors import InvalidError
from tests.releasing import make_release, withdraw
from tests.signing import edit, sign
from tests.world import World

KEY = "T-S0-01"


@pytest.fixture
def person(world: World) -> User:
    """The provider's manager, who has edited and signed and is named by others."""
    user = world.user("party0", Role.MANAGER)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    for number in range(3):
        edit(world, KEY, note=f"Note {number}")
    edit(world, "T-S1-01", "party1", note=f"Ask {user.name} about it")
    edit(world, "T-S1-01", "party1", note="Ask nobody")
    sign(world, "party0", KEY)
    checkpoints.issue(actor=system_actor(), workspace=world.workspace)
    return user


def erase(user: User) -> erasure.Erased:
    """Erase as the operator."""
    return erasure.erase(actor=system_actor(), email=user.email)


def test_words_go_and_every_proof_holds(world: World, person: User) -> None:
    name, email = person.name, person.email
    before = dict(AuditEvent.objects.values_list("pk", "leaf_hash"))
    note = Checkpoint.objects.get().note
    report = erase(person)
    assert report.events == {
        world.workspace.slug: AuditPayload.objects.exclude(erased_at=None).count()
    }
    for payload in AuditPayload.objects.exclude(event__action=AuditAction.SIGNOFF_SIGNED):
        assert name not in payload.payload
        assert email not in payload.payload
    after = dict(AuditEvent.objects.values_list("pk", "leaf_hash"))
    assert {pk: after[pk] for pk in before} == before
    result = verification.verify(world.workspace, kept=[note])
    assert result.problems == []
    assert checkpoints.issue(actor=system_actor(), workspace=world.workspace).size > 0


def test_the_account_says_nothing_any_more(world: World, person: User) -> None:
    pk = person.pk
    erase(person)
    person = User.objects.get(pk=pk)
    assert person.name == "Erased person"
    assert person.email == f"{pk}@erased.invalid"
    assert not person.is_active
    assert not person.has_usable_password()
    assert not Membership.objects.filter(user=person).exists()
    assert not EmailAddress.objects.filter(user=person).exists()
    assert world.workspace.memberships.exists()


def test_events_of_others_that_name_the_person_go_too(world: World, person: User) -> None:
    erase(person)
    words = {
        event.seq: event.payload.is_erased
        for event in AuditEvent.objects.filter(
            workspace=world.workspace, side="party1"
        ).select_related("payload")
    }
    assert list(words.values()) == [True, True]  # the name stood in the new, then in the old note


def test_sign_offs_and_what_records_them_stay(person: User) -> None:
    name = person.name
    report = erase(person)
    assert (report.signoffs, report.signed_events) == (1, 1)
    assert Signoff.objects.get().printed_name == name
    assert not AuditPayload.objects.get(event__action=AuditAction.SIGNOFF_SIGNED).is_erased


def test_releases_and_attestations_and_what_records_them_stay(world: World) -> None:
    release = make_release(world)
    withdraw(world, release, "Names were wrong")
    user = world.user("party1", Role.MANAGER)
    name = user.name
    report = erase(user)
    assert (report.attestations, report.withdrawals, report.releases) == (1, 1, 1)
    assert report.signed_events == 2
    release = Release.objects.get()
    assert name in release.snapshot
    assert list(release.attestations.values_list("printed_name", flat=True))[1] == name
    about = AuditPayload.objects.filter(event__object_type="release")
    assert about.count() == 4
    assert not about.exclude(erased_at=None).exists()
    assert verification.verify(world.workspace).problems == []


def test_an_event_announces_it_by_number_and_opaque_id(world: World, person: User) -> None:
    name, email = person.name, person.email
    erase(person)
    event = AuditEvent.objects.get(workspace=world.workspace, action=AuditAction.PERSON_ERASED)
    assert event.object_id == str(person.pk)
    assert name not in event.payload.payload
    assert email not in event.payload.payload
    assert '"new":"1-5"' in event.payload.payload


def test_the_log_says_when_words_were_erased(world: World, person: User) -> None:
    erase(person)
    event = log.events(world.workspace, log.LogFilter()).get(seq=1)
    entry = log.read(event)
    assert entry.label.startswith("erased on 20")
    assert entry.changes == ()


def test_somebody_who_left_long_ago_is_found(world: World) -> None:
    user = world.user("party0", Role.READER)
    name = user.name
    membership = Membership.objects.get(user=user)
    members.remove(actor=world.actor("party0"), membership=membership)
    assert AuditPayload.objects.filter(payload__contains=name).exists()
    erase(user)
    assert not AuditPayload.objects.filter(payload__contains=name).exists()
    assert verification.verify(world.workspace).problems == []


def test_another_name_that_begins_alike_is_left_alone(world: World) -> None:
    user = world.user("party0", Role.READER)
    edit(world, KEY, note=f"Ask {user.name}son")
    report = erase(user)
    assert report.events == {}
    last = AuditEvent.objects.filter(workspace=world.workspace).order_by("-seq")[1]
    assert f"{user.name}son" in last.payload.payload


def test_only_the_operator_erases(world: World, person: User) -> None:
    with pytest.raises(NotAllowedError):
        erasure.erase(actor=world.actor("party1"), email=person.email)
    with pytest.raises(InvalidError, match="no account"):
        erasure.erase(actor=system_actor(), email="nobody@people.example")
    assert not AuditPayload.objects.exclude(erased_at=None).exists()


@pytest.mark.parametrize(
    ("numbers", "text"),
    [([], ""), ([3], "3"), ([1, 2, 3], "1-3"), ([9, 3, 4, 6], "3-4, 6, 9")],
)
def test_ranges(numbers: list[int], text: str) -> None:
    assert erasure.ranges(numbers) == text


def test_the_command_reports_and_erases_once(person: User) -> None:
    out = StringIO()
    name, email = person.name, person.email
    call_command("erase_person", email, stdout=out)
    said = out.getvalue()
    assert "Erased: the words of 5 events" in said
    assert "Kept: 1 sign-offs, 0 attestations and 0 withdrawals: signed statements" in said
    assert "Kept: 0 releases and proposals that name the person." in said
    assert "Kept: 1 texts of matrices, of now and before, that name the person." in said
    assert name not in said
    with pytest.raises(CommandError, match="no account"):
        call_command("erase_person", email)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT group_concat(name || email) FROM responsibilities_user")
            assert name not in cursor.fetchone()[0]
