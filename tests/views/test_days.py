"""Days at the ends of the calendar are refused beside their field, in every time zone."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from responsibilities.choices import Role
from responsibilities.models import AuditEvent, Evidence, Membership
from responsibilities.permissions import system_actor
from responsibilities.services import accounts
from tests.evidence import AsUser, add, at, form
from tests.responses import Answer
from tests.views.test_items import address as item_address
from tests.views.test_items import form as item_form
from tests.views.test_teams import HTMX, page, url
from tests.views.test_workspaces import entries
from tests.world import World

WORDS = "Give a day between the years 1900 and 2200."
ZONES = ("UTC", "Asia/Tokyo", "America/New_York", "Pacific/Kiritimati")
EXTREMES = ("0001-01-01", "1899-12-31", "2201-01-01", "9999-12-31")
ENDS = ("1900-01-01", "2200-12-31")


@pytest.fixture(params=ZONES)
def _zone(settings: Settings, request: pytest.FixtureRequest) -> None:
    """Run the test once in every zone."""
    settings.TIME_ZONE = request.param


@pytest.fixture
def manager(world: World, as_user: AsUser) -> Client:
    """The provider's manager, who may create workspaces too."""
    user = world.user("party0", Role.MANAGER)
    accounts.allow_creating(actor=system_actor(), user=user)
    return as_user(user)


@pytest.mark.parametrize("day", EXTREMES)
def test_every_form_refuses_them(world: World, manager: Client, day: str) -> None:
    piece = add(world, side="party0")
    member = Membership.objects.get(user=world.user("party0", Role.READER))
    before = AuditEvent.objects.count()

    def send(address: str, data: dict[str, Any]) -> Answer:
        return manager.post(address, data)

    today = timezone.localdate().isoformat()
    dates = {"title": "Title", "collected_on": today, "valid_until": day}
    answers = {
        "target date of a new one": send(
            reverse("workspace_new"), entries(world.version, target_date=day)
        ),
        "target date": send(url("workspace_edit"), {"name": "Acme", "target_date": day}),
        "review": send(item_address("item_edit"), item_form(world, review_on=day)),
        "reviews": send(
            url("matrix_bulk"),
            {"item": "T-S0-01:1", "change": "review", "apply": "1", "review_on": day},
        ),
        "collected": send(at("evidence_new"), form(collected_on=day)),
        "valid": send(at("evidence_new"), form(valid_until=day)),
        "edited": send(at("evidence_edit", piece), dates),
        "revised": send(at("evidence_revise", piece), form(valid_until=day)),
        "access of a new member": send(
            url("member_add", party="party0"),
            {"email": "olga.outsider@people.example", "role": "reader", "expires_on": day},
        ),
        "access": send(
            url("member_edit", member_id=member.pk), {"role": "reader", "expires_on": day}
        ),
    }
    wrong = {
        name: answer.status_code
        for name, answer in answers.items()
        if answer.status_code != 200 or WORDS not in page(answer)
    }
    assert not wrong
    assert AuditEvent.objects.count() == before
    assert Evidence.objects.count() == 1


@pytest.mark.usefixtures("_zone")
@pytest.mark.parametrize("name", ["since", "until"])
def test_the_log_says_so_and_shows_all(world: World, manager: Client, name: str) -> None:
    everything = AuditEvent.objects.filter(workspace=world.workspace).count()
    for day in EXTREMES:
        for headers in ({}, HTMX):
            answer = manager.get(url("audit_list"), {name: day}, headers=headers)
            assert page(answer).count(WORDS) == 1
            assert answer.context["table"].paginator.count == everything
    for day in ENDS:
        text = page(manager.get(url("audit_list"), {name: day}))
        assert WORDS not in text


@pytest.mark.usefixtures("_zone")
def test_the_last_day_is_taken(world: World, manager: Client) -> None:
    member = Membership.objects.get(user=world.user("party0", Role.READER))
    data = {"role": "reader", "expires_on": ENDS[1]}
    assert manager.post(url("member_edit", member_id=member.pk), data).status_code == 302
    member.refresh_from_db()
    assert member.expires_at
    assert timezone.localdate(member.expires_at).isoformat() == ENDS[1]
    assert ENDS[1] in page(manager.get(url("member_list")))
