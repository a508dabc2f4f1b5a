"""Pages of evidence: who sees and changes what, and what the register shows."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from responsibilities.choices import Role
from responsibilities.models import Evidence
from responsibilities.services import evidence
from tests.evidence import (
    HTMX,
    KEY,
    AsUser,
    at,
    body,
    form,
    status,
)
from tests.evidence import add_again as add
from tests.world import World, actor_in, join, make_user

# --- Who ---------------------------------------------------------------------------------------

READS = ("evidence_list", "evidence_detail", "evidence_download", "item_evidence")
FORMS = ("evidence_new", "evidence_edit", "evidence_revise")
POSTS = ("evidence_link", "evidence_unlink", "evidence_archive", "evidence_restore")


def address_of(name: str, piece: Evidence) -> str:
    """Return the address of any view of evidence."""
    if name == "item_evidence":
        return at(name, key=KEY)
    if name in {"evidence_list", "evidence_new"}:
        return at(name)
    return at(name, piece, **({"number": 1} if name == "evidence_download" else {}))


@pytest.mark.parametrize("name", [*READS, *FORMS, *POSTS])
def test_outsiders_and_visitors_learn_nothing(world: World, as_user: AsUser, name: str) -> None:
    address = address_of(name, add(world))
    for method in ("get", "post"):
        assert getattr(as_user(world.outsider), method)(address).status_code in {404, 405}
        answer = getattr(as_user(None), method)(address)
        assert answer.status_code in {302, 405}
    allowed = "post" if name in POSTS else "get"
    assert getattr(as_user(world.outsider), allowed)(address).status_code == 404
    assert getattr(as_user(None), allowed)(address).status_code == 302


@pytest.mark.parametrize("role", [Role.APPROVER, Role.READER, Role.AUDITOR])
def test_roles_that_read_see_everything_and_change_nothing(
    world: World, as_user: AsUser, role: Role
) -> None:
    piece = add(world, items=[KEY])
    browser = as_user(world.user("party1", role))
    for name in READS[:3]:
        assert status(browser.get(address_of(name, piece))) == 200
    for name in FORMS:
        assert browser.get(address_of(name, piece)).status_code == 403
        assert browser.post(address_of(name, piece)).status_code == 403
    for name in POSTS:
        assert browser.post(address_of(name, piece), {"keys": KEY}).status_code == 403
    page = browser.get(at("evidence_detail", piece)).content.decode()
    assert '<form method="post" action="/w/acme' not in page


def test_the_other_side_sees_a_piece_and_cannot_change_it(world: World, as_user: AsUser) -> None:
    piece = add(world, items=[KEY])
    browser = as_user(world.user("party0", Role.MANAGER))
    assert browser.get(at("evidence_detail", piece)).status_code == 200
    assert status(browser.get(at("evidence_download", piece, number=1))) == 200
    for name in ("evidence_edit", "evidence_revise"):
        assert browser.get(at(name, piece)).status_code == 403
    for name in POSTS:
        assert browser.post(at(name, piece), {"keys": KEY}).status_code == 403
    assert Evidence.objects.get().archived_at is None


@pytest.mark.parametrize("name", ["evidence_detail", "evidence_download", *FORMS[1:], *POSTS])
def test_a_piece_of_another_workspace_is_not_found(
    world: World, engineer: Client, name: str
) -> None:
    foreign = evidence.add(
        actor=actor_in(world.elsewhere, world.outsider),
        workspace=world.elsewhere,
        content=evidence.NewFile(ContentFile(b"x"), "secret.txt"),
        collected_on=timezone.localdate(),
        items=[KEY],
    )
    send = engineer.post if name in POSTS else engineer.get
    for piece in (foreign.pk, uuid.uuid4()):
        numbers = {"number": 1} if name == "evidence_download" else {}
        assert send(at(name, piece, **numbers), {"keys": KEY}).status_code == 404
    assert foreign.links.count() == 1


@pytest.mark.parametrize("name", [*READS, *FORMS, *POSTS])
def test_wrong_methods(world: World, engineer: Client, name: str) -> None:
    address = address_of(name, add(world))
    wrong = engineer.get if name in POSTS else engineer.delete
    assert wrong(address).status_code == 405
    if name in READS:
        assert engineer.post(address).status_code == 405


def test_a_member_who_left_gets_nothing(world: World, engineer: Client) -> None:
    piece = add(world)
    world.workspace.memberships.filter(user=world.user("party1", Role.CONTRIBUTOR)).delete()
    assert engineer.get(at("evidence_download", piece, number=1)).status_code == 404


# --- Changing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("htmx", [False, True])
def test_a_revision_from_the_page(world: World, engineer: Client, *, htmx: bool) -> None:
    piece = add(world)
    answer = engineer.post(
        at("evidence_revise", piece),
        form(file=SimpleUploadedFile("new.csv", b"new,\n")),
        headers=HTMX if htmx else {},
    )
    assert answer.status_code == (204 if htmx else 302)
    assert [r.number for r in piece.revisions.all()] == [2, 1]
    for number, data in ((1, b"a,b\n"), (2, b"new,\n")):
        sent = engineer.get(at("evidence_download", piece, number=number))
        assert body(sent) == data
    assert engineer.get(at("evidence_download", piece, number=3)).status_code == 404


def test_editing_refuses_dates_in_words(world: World, engineer: Client) -> None:
    piece = add(world)
    values = {"title": "New", "collected_on": "2026-01-02", "valid_until": "2026-01-01"}
    page = engineer.post(at("evidence_edit", piece), values, headers=HTMX).content.decode()
    assert "after the day" in page
    values["valid_until"] = "2026-02-01"
    assert engineer.post(at("evidence_edit", piece), values).status_code == 302
    piece.refresh_from_db()
    assert piece.title == "New"


def test_archive_and_restore_answer_the_piece_with_undo(world: World, engineer: Client) -> None:
    piece = add(world, items=[KEY])
    page = engineer.post(at("evidence_archive", piece), headers=HTMX).content.decode()
    assert 'id="evidence-piece"' in page
    assert f'hx-post="{at("evidence_restore", piece)}"' in page
    assert 'name="oob"' in page
    assert Evidence.objects.in_use().count() == 0
    page = engineer.post(at("evidence_restore", piece), {"oob": "1"}, headers=HTMX).content.decode()
    assert 'id="evidence-piece" hx-swap-oob="true"' in page
    assert Evidence.objects.in_use().count() == 1
    assert engineer.post(at("evidence_archive", piece)).status_code == 302


def test_unlinking_on_the_item_answers_the_items_evidence(world: World, engineer: Client) -> None:
    piece = add(world, items=[KEY], title="Export of settings")
    answer = engineer.post(at("evidence_unlink", piece), {"keys": KEY, "back": KEY}, headers=HTMX)
    page = answer.content.decode()
    assert 'id="item-evidence"' in page
    assert answer["HX-Trigger"] == "rex:evidence-changed"
    assert not piece.links.exists()
    undo = {"keys": KEY, "back": KEY, "oob": "1"}
    page = engineer.post(at("evidence_link", piece), undo, headers=HTMX).content.decode()
    assert 'hx-swap-oob="true"' in page
    assert "Export of settings" in page
    plain = engineer.post(at("evidence_unlink", piece), {"keys": KEY, "back": KEY})
    assert plain["Location"] == at("item_detail", key=KEY)
    assert (
        engineer.post(at("evidence_unlink", piece), {"keys": KEY, "back": "NO"}).status_code == 404
    )


@pytest.mark.parametrize("htmx", [False, True])
def test_linking_needs_an_item_of_this_workspace(
    world: World, engineer: Client, *, htmx: bool
) -> None:
    piece = add(world)
    headers = HTMX if htmx else {}
    answer = engineer.post(at("evidence_link", piece), headers=headers)
    assert answer.status_code == (200 if htmx else 302)
    if htmx:
        assert "Tick at least one" in answer.content.decode()
    bad = engineer.post(at("evidence_link", piece), {"keys": ["NO-KEY"]}, headers=headers)
    assert bad.status_code == 404
    engineer.post(at("evidence_link", piece), {"keys": [KEY, "T-S0-01"]}, headers=headers)
    assert piece.links.count() == 2
    evidence.archive(actor=world.actor("party1"), workspace=world.workspace, evidence=piece.pk)
    answer = engineer.post(at("evidence_link", piece), {"keys": ["T-S0-02"]}, headers=headers)
    assert answer.status_code == (200 if htmx else 302)
    assert piece.links.count() == 2


def test_existing_evidence_of_ones_side_is_offered(world: World, engineer: Client) -> None:
    add(world, title="Ours, elsewhere", items=["T-S0-01"])
    add(world, title="Ours, here", items=[KEY])
    add(world, title="Theirs", side="party0")
    page = engineer.get(at("item_evidence", key=KEY)).content.decode()
    assert "Ours, elsewhere" in page
    assert "Ours, here" not in page
    assert "Theirs" not in page
    assert (
        "Nothing found" in engineer.get(at("item_evidence", key=KEY), {"q": "zzz"}).content.decode()
    )
    assert engineer.get(at("item_evidence", key="NO")).status_code == 404


# --- The register ------------------------------------------------------------------------------


@pytest.fixture
def register(world: World) -> World:
    """Pieces of every kind, side and freshness."""
    today = timezone.localdate()
    long_ago = today - dt.timedelta(days=100)
    add(world, title="Valid file", items=[KEY], valid_until=today + dt.timedelta(days=31))
    add(world, title="Soon file", items=["T-S0-01"], valid_until=today + dt.timedelta(days=30))
    add(world, title="Today file", collected_on=long_ago, valid_until=today, items=[KEY])
    add(
        world,
        title="Expired file",
        collected_on=long_ago,
        valid_until=today - dt.timedelta(days=1),
    )
    add(world, evidence.NewLink("https://wiki.example.com/runbook"), title="A link", items=[KEY])
    add(world, evidence.NewNote("remember the milk"), title="A note", side="party0", items=[KEY])
    gone = add(world, title="Gone")
    evidence.archive(actor=world.actor("party1"), workspace=world.workspace, evidence=gone.pk)
    return world


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ({}, "A link|A note|Expired file|Soon file|Today file|Valid file"),
        ({"q": "runbook"}, "A link"),
        ({"q": "MILK the"}, "A note"),
        ({"q": "table.csv valid"}, "Valid file"),
        ({"kind": "link"}, "A link"),
        ({"side": "party0"}, "A note"),
        ({"state": "fresh"}, "A link|A note|Valid file"),
        ({"state": "expiring"}, "Soon file|Today file"),
        ({"state": "expired"}, "Expired file"),
        ({"item": "T-S0-01"}, "Soon file"),
        ({"item": "none"}, "Expired file"),
        ({"archived": "only"}, "Gone"),
        ({"archived": "with", "kind": "file", "q": "o"}, "Gone|Soon file|Today file"),
        ({"sort": "-title"}, "Valid file|Today file|Soon file|Expired file|A note|A link"),
        ({"sort": "valid", "kind": "file"}, "Expired file|Today file|Soon file|Valid file"),
        ({"sort": "-valid", "kind": "file"}, "Valid file|Soon file|Today file|Expired file"),
        ({"sort": "nonsense; drop"}, "A link|A note|Expired file|Soon file|Today file|Valid file"),
        ({"kind": "nonsense"}, ""),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.usefixtures("register")
def test_filters_and_order(
    engineer: Client, query: dict[str, str], titles: str, headers: dict[str, str]
) -> None:
    answer = engineer.get(at("evidence_list"), query, headers=headers)
    shown = [row.record.title for row in answer.context["table"].rows]
    assert shown == [title for title in titles.split("|") if title]
    assert ("<html" in answer.content.decode()) == (not headers)
    assert "HX-Request" in answer["Vary"]


def test_the_register_says_what_to_do_when_it_is_empty(engineer: Client) -> None:
    page = engineer.get(at("evidence_list")).content.decode()
    assert "No evidence yet" in page
    assert at("evidence_new") in page


def test_markup_in_titles_is_text(world: World, engineer: Client) -> None:
    attack = '"><img src=x onerror=alert(1)>'
    piece = add(world, title=attack, items=[KEY])
    for address in (
        at("evidence_list"),
        at("evidence_detail", piece),
        at("evidence_revise", piece),
        at("evidence_edit", piece),
        at("item_detail", key=KEY),
        at("item_evidence", key="T-S0-01"),
    ):
        page = engineer.get(address).content.decode()
        assert "&lt;img src=x" in page
        assert "<img src=x" not in page


@pytest.mark.parametrize(
    "name", ["evidence_list", "evidence_detail", "item_evidence", "evidence_new"]
)
def test_queries_do_not_grow(world: World, engineer: Client, name: str) -> None:
    keys = [item.responsibility.key for item in world.workspace.items.all()]
    piece = add(world, title="First", items=keys[:1])
    address = address_of(name, piece).replace(KEY, "T-S0-03")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert engineer.get(address).status_code == 200
        return len(captured)

    queries()
    few = queries()
    for number in range(8):
        add(world, evidence.NewNote(str(number)), title=f"Note {number}", items=keys[:2])
        join(world.workspace, make_user(f"Person {number}"), "party1", Role.MANAGER)
    evidence.link(
        actor=world.actor("party1"), workspace=world.workspace, evidence=piece.pk, items=keys[:2]
    )
    assert queries() == few
