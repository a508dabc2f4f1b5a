"""The page of an item: what it shows to whom, and how it is edited."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from responsibilities.choices import Role
from responsibilities.models import AuditEvent, User
from responsibilities.services import signoffs
from tests.signing import AUTHENTICATION, attach, edit, exclude, row_of, shown_to, sign
from tests.world import World, join, make_user, make_version, make_workspace

KEY = "T-S0-01"
type SignIn = Callable[[User | None], Client]
PANEL = {"HX-Request": "true", "HX-Target": "panel"}
HTMX = {"HX-Request": "true", "HX-Target": "item-record"}


def address(name: str = "item_detail", key: str = KEY, slug: str = "acme") -> str:
    """Return an address of an item."""
    return reverse(name, kwargs={"slug": slug, "key": key})


def form(world: World, **values: Any) -> dict[str, Any]:
    """Return the form of the item as the browser sends it, with some values changed."""
    row = row_of(world.workspace, KEY)
    shown = {
        "applicability": row.applicability.value,
        "applicability_reason": row.applicability_reason,
        "note": row.note,
        "review_on": row.review_on.isoformat() if row.review_on else "",
        "option_tool": row.chosen.get("tool", ""),
    }
    first = {f"initial-{name}": value for name, value in shown.items()}
    return {"version": row.version, **first, **shown, **values}


@pytest.fixture
def editor(world: World, as_user: SignIn) -> Client:
    """A browser of the holder's contributor."""
    return as_user(world.user("party0", Role.CONTRIBUTOR))


def test_it_shows_everything_in_the_order_of_reading(world: World, editor: Client) -> None:
    attach(world, world.provider, KEY, title="Export of the settings, signed")
    edit(world, KEY, note="We do it with care.", chosen={"tool": "Saw"})
    sign(world, "party0", KEY)
    sign(world, "party1", KEY)
    edit(world, KEY, note="We do it with great care.")
    page = editor.get(address()).content.decode()
    expected = [
        "T-S0-01",
        "Section 0",
        "Duty 0.0",
        "Sign-off stale",
        "Vendor Inc.",
        "Required",
        "Do duty 0 of section 0.",
        "Saw",
        "We do it with great care.",
        "Party 0 team 0",
        "Export of the settings, signed",
        "What an auditor accepts",
        "Export of the settings",
        "Vera Manager",
        "Confirmed by the holder",
        "Changed since this was signed",
        '<ins class="diff-new">great ',
        "Clara Manager",
        "Acknowledged",
        row_of(world.workspace, KEY).digest,
        "History",
        "Signed off",
        "Item changed",
    ]
    position = -1
    for words in expected:
        found = page.find(words, position + 1)
        assert found > position, f"{words!r} is missing, or comes too early"
        position = found


@pytest.mark.parametrize("name", ["item_detail", "item_history"])
def test_who_sees_it(world: World, as_user: SignIn, name: str) -> None:
    for (side, role), user in world.people.items():
        assert as_user(user).get(address(name)).status_code == 200, (side, role)
    assert as_user(world.outsider).get(address(name)).status_code == 404
    anonymous = as_user(None).get(address(name))
    assert anonymous.status_code == 302
    assert anonymous["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("name", ["item_detail", "item_history", "item_edit"])
def test_an_item_that_is_not_here(world: World, editor: Client, name: str) -> None:
    assert editor.get(address(name, key="T-S9-99")).status_code == 404
    assert editor.get(address(name, slug=world.elsewhere.slug)).status_code == 404


def test_it_only_reads(editor: Client) -> None:
    assert editor.post(address()).status_code == 405
    assert editor.post(address("item_history")).status_code == 405
    assert editor.put(address("item_edit")).status_code == 405


def test_the_panel_is_the_same_item_without_the_page(editor: Client) -> None:
    response = editor.get(address(), headers=PANEL)
    page = response.content.decode()
    assert "<html" not in page
    assert 'id="item"' in page
    assert "HX-Request" in response["Vary"]
    assert 'id="item"' in editor.get(address()).content.decode()


@pytest.mark.parametrize(
    ("side", "role", "reason"),
    [
        ("party0", Role.MANAGER, ""),
        ("party0", Role.CONTRIBUTOR, ""),
        ("party0", Role.READER, "Your role, Reader, does not allow this."),
        ("party1", Role.MANAGER, "Vendor Inc. holds this duty and edits it."),
        ("party1", Role.AUDITOR, "Your role, Auditor, does not allow this."),
    ],
)
def test_who_may_not_edit_sees_why(
    world: World, as_user: SignIn, side: str, role: Role, reason: str
) -> None:
    client = as_user(world.user(side, role))
    page = client.get(address()).content.decode()
    assert (address("item_edit") in page) is not bool(reason)
    assert reason in page
    expected = 403 if reason else 200
    assert client.get(address("item_edit")).status_code == expected
    sent = client.post(address("item_edit"), form(world, note="Mine"))
    assert sent.status_code == (403 if reason else 302)
    assert (row_of(world.workspace, KEY).note == "Mine") is not bool(reason)


def test_outsiders_and_strangers_do_not_edit(world: World, as_user: SignIn) -> None:
    assert as_user(world.outsider).post(address("item_edit"), {}).status_code == 404
    assert as_user(None).post(address("item_edit"), {}).status_code == 302
    assert row_of(world.workspace, KEY).version == 1


def test_saving_without_a_script_goes_back_to_the_item(world: World, editor: Client) -> None:
    response = editor.post(
        address("item_edit"), form(world, note="One\r\nTwo", option_tool="Saw"), follow=True
    )
    assert response.redirect_chain == [(address(), 302)]
    assert "T-S0-01 saved." in response.content.decode()
    row = row_of(world.workspace, KEY)
    assert (row.note, row.chosen) == ("One\nTwo", {"tool": "Saw"})


def test_saving_with_htmx_renews_the_item_and_tells_the_matrix(
    world: World, editor: Client
) -> None:
    response = editor.post(address("item_edit"), form(world, note="New"), headers=HTMX)
    page = response.content.decode()
    assert response["HX-Retarget"] == "#item"
    assert '"rex:item-changed": {"key": "T-S0-01"}' in response["HX-Trigger"]
    assert "<html" not in page
    assert 'id="status"' in page
    assert "T-S0-01 saved." in page


def test_errors_stand_at_their_field_and_keep_what_was_typed(world: World, editor: Client) -> None:
    sent = form(world, applicability="not_applicable", note="Typed")
    page = editor.post(address("item_edit"), sent, headers=HTMX).content.decode()
    assert "Say why the item does not apply." in page
    assert "Typed" in page
    assert row_of(world.workspace, KEY).is_applicable
    page = editor.post(address("item_edit"), form(world, review_on="soon")).content.decode()
    assert "Enter a valid date" in page


def test_two_edits_of_different_fields_are_put_together(world: World, editor: Client) -> None:
    sent = form(world, note="My note")
    edit(world, KEY, chosen={"tool": "Hammer"})
    assert editor.post(address("item_edit"), sent).status_code == 302
    row = row_of(world.workspace, KEY)
    assert (row.note, row.chosen) == ("My note", {"tool": "Hammer"})


def test_two_edits_of_one_field_show_both_and_overwrite_nothing(
    world: World, editor: Client
) -> None:
    sent = form(world, note="My note")
    edit(world, KEY, note="Their note", chosen={"tool": "Hammer"})
    page = editor.post(address("item_edit"), sent, headers=HTMX).content.decode()
    assert "Somebody else changed the same thing" in page
    assert page.index("<td>Their note</td>") < page.index("<td>My note</td>")
    assert row_of(world.workspace, KEY).note == "Their note"
    assert 'name="version" value="2"' in page.replace('type="hidden" ', "")
    again = form(world, note="My note")
    assert editor.post(address("item_edit"), again).status_code == 302
    row = row_of(world.workspace, KEY)
    assert (row.note, row.chosen) == ("My note", {"tool": "Hammer"})


def test_the_same_edit_twice_is_no_conflict(world: World, editor: Client) -> None:
    sent = form(world, note="Same note")
    assert editor.post(address("item_edit"), sent).status_code == 302
    assert editor.post(address("item_edit"), sent).status_code == 302
    assert row_of(world.workspace, KEY).version == 2


def test_what_people_type_is_text(world: World, editor: Client) -> None:
    edit(world, KEY, note="<script>alert(1)</script>")
    sign(world, "party0", KEY)
    edit(world, KEY, note="<img src=x onerror=alert(1)>")
    page = editor.get(address()).content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_next_and_previous_follow_the_filter(world: World, editor: Client) -> None:
    page = editor.get(address(key="T-S0-02")).content.decode()
    assert f'rel="prev" href="{address()}"' in page
    assert f'rel="next" href="{address(key="T-S0-03")}"' in page
    assert "2 of 6" in page
    exclude(world, "T-S0-01")
    exclude(world, "T-S1-02", "party1")
    page = editor.get(f"{address()}?state=not-applicable").content.decode()
    assert 'rel="prev"' not in page
    assert f'rel="next" href="{address(key="T-S1-02")}?state=not-applicable"' in page
    assert "1 of 2" in page
    left_out = editor.get(f"{address(key='T-S0-02')}?state=not-applicable").content.decode()
    assert 'rel="next"' not in left_out


def test_history_comes_twenty_at_a_time(world: World, editor: Client) -> None:
    for number in range(23):
        edit(world, KEY, note=f"Edition {number}")
    page = editor.get(address()).content.decode()
    assert "1–20 of 23" in page
    assert "Edition 22" in page
    older = editor.get(f"{address('item_history')}?page=2", headers={"HX-Request": "true"})
    text = older.content.decode()
    assert "<html" not in text
    assert "21–23 of 23" in text
    assert "Edition 0" in text
    whole = editor.get(f"{address('item_history')}?page=2").content.decode()
    assert "<html" in whole
    assert "Edition 0" in whole


def test_a_withdrawn_sign_off_shows_its_reason(world: World, editor: Client) -> None:
    signoff = sign(world, "party0", KEY)
    signoffs.withdraw(actor=world.actor("party0"), signoff=signoff, reason="Region undecided")
    page = editor.get(address()).content.decode()
    assert "Withdrawn" in page
    assert "Region undecided" in page


def test_the_number_of_queries_does_not_grow(
    django_user_model: object,  # noqa: ARG001 (opens the database)
    db: None,  # noqa: ARG001
    as_user: SignIn,
) -> None:
    def count(slug: str, sections: int, events: int, query: str = "") -> int:
        version = make_version(sections=sections, slug=slug)
        workspace = make_workspace(version, slug, slug.title())
        users = {}
        for side in ("party0", "party1"):
            users[side] = make_user(f"Mia {slug} {side}")
            join(workspace, users[side], side, Role.MANAGER)
        world = World(version, workspace, workspace, users["party0"])
        world.people = {(side, Role.MANAGER): user for side, user in users.items()}
        for number in range(events):
            attach(world, world.provider, KEY, title=f"Proof {number}")
            sign(world, "party0", KEY)
            sign(world, "party1", KEY)
            edit(world, KEY, note=f"Edition {number}")
        client = as_user(users["party0"])
        client.get(address(slug=slug))  # the first request of a process fills caches
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address(slug=slug) + query).status_code == 200
        return len(queries)

    assert count("small", 2, 1) == count("large", 8, 4)
    assert count("filtered-small", 2, 1, "?q=duty") == count("filtered-large", 8, 4, "?q=duty")


def test_reading_writes_nothing(editor: Client) -> None:
    before = AuditEvent.objects.count()
    for name in ("item_detail", "item_history", "item_edit"):
        editor.get(address(name))
    assert AuditEvent.objects.count() == before


def test_an_event_about_many_items_says_only_what_is_said_of_this_one(
    world: World, editor: Client
) -> None:
    actor = world.actor("party0")
    assert actor.membership is not None
    signed = signoffs.sign_many(
        actor=actor,
        workspace=world.workspace,
        shown={key: shown_to(actor, world.workspace, key) for key in (KEY, "T-S0-02")},
        authentication=AUTHENTICATION,
    )
    mine, other = (signoff.statement_digest[:12] for signoff in signed)
    page = editor.get(address("item_history")).content.decode()
    assert "Signed off in bulk" in page
    assert mine in page
    assert other not in page
