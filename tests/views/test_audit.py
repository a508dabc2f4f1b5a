"""The pages of the audit log: filters, words, and the record with its hashes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from responsibilities.choices import Role
from responsibilities.models import AuditEvent, AuditPayload
from responsibilities.services import assignments, teams, workspaces
from tests.signing import sign
from tests.views.test_teams import HTMX, page, url
from tests.world import World

LIST = url("audit_list")


@pytest.fixture
def busy(world: World) -> World:
    """A world in which something happened: a letter set, a team renamed, an item signed."""
    assignments.set_cells(
        actor=world.actor("party1", Role.CONTRIBUTOR),
        workspace=world.workspace,
        key="T-S1-02",
        cells={world.team("Party 1 team 1").pk: {"C": None, "I": None}},
        seen_version=1,
    )
    teams.edit(
        actor=world.actor("party0"),
        team=world.team("Party 0 team 1"),
        name="<b>Bold</b>",
        description="",
    )
    sign(world, "party0", "T-S0-01")
    workspaces.edit(
        actor=world.actor("party0"), workspace=world.workspace, name="Acme 2", target_date=None
    )
    return world


@pytest.fixture
def auditor(busy: World, as_user: Callable[..., Client]) -> Client:
    """The auditor in the browser."""
    return as_user(busy.user("party1", Role.AUDITOR))


def shown(client: Client, query: Mapping[str, str]) -> list[int]:
    """Return the numbers of the events that a filter leaves."""
    response = client.get(LIST, query)
    return [row.record.seq for row in response.context["table"].paginated_rows]


@pytest.mark.usefixtures("busy")
def test_newest_first_in_words(auditor: Client) -> None:
    text = page(auditor.get(LIST))
    assert shown(auditor, {}) == [4, 3, 2, 1, 0]
    assert "Assignment changed" in text
    assert "Carl Contributor" in text
    assert "Command line" in text
    assert "The system" in text
    assert " UTC</time>" in text
    assert f'href="{url("item_detail", key="T-S1-02")}"' in text
    assert f'href="{url("item_detail", key="T-S0-01")}"' in text
    assert "&lt;b&gt;Bold&lt;/b&gt;" in text
    assert "<b>Bold</b>" not in text


def test_oldest_first(auditor: Client) -> None:
    assert shown(auditor, {"sort": "seq"}) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({"group": "team"}, [2]),
        ({"group": "assignment"}, [1]),
        ({"group": "workspace"}, [4, 0]),
        ({"group": "evidence"}, []),
        ({"side": "party1"}, [1]),
        ({"person": "system"}, [0]),
        ({"item": "T-S1-02"}, [1]),
        ({"item": "t-s0"}, [3, 2]),
        ({"item": "T-S1-02", "side": "party0"}, []),
        ({"since": "2020-01-01"}, [4, 3, 2, 1, 0]),
        ({"until": "2020-01-01"}, []),
        ({"group": "nonsense", "person": "nobody", "since": "yesterday"}, [4, 3, 2, 1, 0]),
    ],
)
def test_filters(auditor: Client, query: dict[str, str], numbers: list[int]) -> None:
    assert shown(auditor, query) == numbers


def test_by_person_and_by_day(busy: World, auditor: Client) -> None:
    person = str(busy.user("party1", Role.CONTRIBUTOR).pk)
    assert shown(auditor, {"person": person}) == [1]
    today = AuditEvent.objects.filter(workspace=busy.workspace).latest("seq").ts.date().isoformat()
    assert shown(auditor, {"since": today, "until": today}) == [4, 3, 2, 1, 0]


def test_a_wrong_day_is_told_beside_the_field(auditor: Client) -> None:
    assert "Enter a valid date." in page(auditor.get(LIST, {"since": "yesterday"}))


def test_with_htmx_the_list_alone(auditor: Client) -> None:
    response = auditor.get(LIST, {"group": "team"}, headers=HTMX)
    text = page(response)
    assert text.lstrip().startswith('<div id="log">')
    assert "<strong>1</strong> of 5 events" in text
    assert "Clear filters" in text
    assert "HX-Request" in response["Vary"]


def test_pages_of_fifty(busy: World, auditor: Client) -> None:
    for number in range(60):
        workspaces.edit(
            actor=busy.actor("party0"),
            workspace=busy.workspace,
            name=f"Acme {number + 3}",
            target_date=None,
        )
    assert len(shown(auditor, {})) == 50
    assert shown(auditor, {"page": "2"})[-1] == 0
    assert shown(auditor, {"page": "99"})[-1] == 0


class TestEvent:
    def test_the_record_can_be_checked_from_the_page(self, busy: World, auditor: Client) -> None:
        event = AuditEvent.objects.get(workspace=busy.workspace, seq=1)
        text = unescape(page(auditor.get(url("audit_detail", seq=1))))
        assert f"<code>{event.leaf}</code>" in text
        assert f"<code>{event.payload.payload}</code>" in text
        assert hashlib.sha256(b"\0" + event.leaf.encode()).hexdigest() in text
        commitment = hashlib.sha256(
            bytes.fromhex(event.payload.salt) + event.payload.payload.encode()
        ).hexdigest()
        assert json.loads(event.leaf)["payload_commit"] == commitment
        assert f"<code>{commitment}</code>" in text
        assert f"<code>{event.payload.salt}</code>" in text
        assert "computed again for this page and fit" in text

    def test_a_record_that_does_not_fit_is_told(self, world: World, auditor: Client) -> None:
        event = AuditEvent.objects.get(workspace=world.workspace, seq=0)
        forged = AuditEvent.objects.create(
            workspace=world.workspace,
            seq=5,
            ts=event.ts,
            action=event.action,
            object_type=event.object_type,
            object_id=event.object_id,
            leaf=event.leaf,
            leaf_hash="0" * 64,
        )
        forged_payload = type(event.payload)(
            event=forged, salt=event.payload.salt, payload=event.payload.payload
        )
        forged_payload.save()
        text = page(auditor.get(url("audit_detail", seq=5)))
        assert "the record was changed outside the application" in text

    def test_erased_words_are_told_and_the_leaf_stays(self, busy: World, auditor: Client) -> None:
        event = AuditEvent.objects.get(workspace=busy.workspace, seq=1)
        AuditPayload.objects.filter(event=event).update(
            salt="", payload="", erased_at=timezone.now()
        )
        text = unescape(page(auditor.get(url("audit_detail", seq=1))))
        assert f"<code>{event.leaf}</code>" in text
        assert "The leaf hash was computed again for this page and fits" in text
        assert "Payload and salt were erased on" in text
        assert "Carl Contributor" not in text
        today = timezone.localdate().isoformat()
        assert f"erased on {today}" in page(auditor.get(LIST))

    def test_changes_items_and_neighbours(self, auditor: Client) -> None:
        text = page(auditor.get(url("audit_detail", seq=2)))
        assert "<del>Party 0 team 1</del>" in text
        assert "<ins>&lt;b&gt;Bold&lt;/b&gt;</ins>" in text
        assert "3 items touched" in text
        assert url("audit_detail", seq=1) in text
        assert url("audit_detail", seq=3) in text

    def test_the_ends_of_the_log(self, auditor: Client) -> None:
        assert 'rel="prev"' not in page(auditor.get(url("audit_detail", seq=0)))
        assert 'rel="next"' not in page(auditor.get(url("audit_detail", seq=4)))
        assert auditor.get(url("audit_detail", seq=5)).status_code == 404
