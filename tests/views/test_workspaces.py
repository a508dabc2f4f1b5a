"""List, new workspace, overview and edit: who may, what is shown, what a mistake keeps."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from responsibilities.choices import Role, VersionStatus
from responsibilities.models import (
    Assignment,
    AuditEvent,
    Membership,
    ModelVersion,
    Organization,
    User,
    Workspace,
)
from tests.releasing import attest, propose
from tests.signing import attach, edit, exclude, sign
from tests.world import World, join, make_user, make_version, make_workspace

type SignIn = Callable[[User | None], Client]

LIST = reverse("workspace_list")
NEW = reverse("workspace_new")
TOMORROW = timezone.localdate() + dt.timedelta(days=1)
YESTERDAY = timezone.localdate() - dt.timedelta(days=1)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def creator(db: None) -> User:  # noqa: ARG001 (the fixture opens the database)
    """A person who may create workspaces and is in none."""
    user = make_user("Nora New")
    user.user_permissions.add(Permission.objects.get(codename="add_workspace"))
    return user


def words(page: bytes) -> str:
    """Return what a person reads."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.decode()))


def overview(workspace: Workspace) -> str:
    """Return the address of the overview."""
    return reverse("workspace_overview", kwargs={"slug": workspace.slug})


def edit_page(workspace: Workspace) -> str:
    """Return the address of the form."""
    return reverse("workspace_edit", kwargs={"slug": workspace.slug})


def portfolio(user: User, version: ModelVersion, count: int) -> None:
    """Put the person into `count` more workspaces, as the provider's manager."""
    known = Workspace.objects.count()
    for number in range(known, known + count):
        workspace = make_workspace(version, f"w{number:02}", f"Customer {number:02}")
        join(workspace, user, "party0", Role.MANAGER)


def names(page: bytes) -> list[str]:
    """Return the workspaces that a list shows, in order."""
    return re.findall(r'title-cell"[^>]*>\s*<a href="/w/([^/]+)/"', page.decode())


# The list


def test_list_shows_my_workspaces_and_no_others(world: World, as_user: SignIn) -> None:
    page = as_user(world.user("party0", Role.READER)).get(LIST).content
    assert names(page) == ["acme"]
    assert b"Vendor Inc." in page
    assert b"Reader" in page
    assert b"Other" not in page


def test_list_shows_progress_findings_and_whose_turn_it_is(world: World, as_user: SignIn) -> None:
    Workspace.objects.filter(pk=world.workspace.pk).update(target_date=YESTERDAY)
    attach(world, world.provider, "T-S0-01")
    sign(world, "party0", "T-S0-01")
    sign(world, "party1", "T-S0-01")
    text = words(as_user(world.user("party0", Role.MANAGER)).get(LIST).content)
    assert "16 %" in text
    assert "1 of 6 items" in text
    assert "3 wrong" in text
    assert "2 You 3 Acme" in text
    assert "1 day over" in text


@pytest.mark.parametrize(
    ("side", "role", "is_told"),
    [
        ("party1", Role.MANAGER, True),
        ("party1", Role.READER, False),
        ("party0", Role.APPROVER, False),
    ],
)
def test_list_says_that_a_release_waits_for_you(
    world: World, as_user: SignIn, side: str, role: Role, is_told: bool
) -> None:
    release = propose(world)
    attest(world, release, "party0")
    page = as_user(world.user(side, role)).get(LIST).content.decode()
    way = reverse("release_attest", kwargs={"slug": world.workspace.slug, "number": "1.0"})
    assert (f'href="{way}"' in page) is is_told
    assert ("Release 1.0 waits for you" in page) is is_told


def test_a_release_that_waits_is_sorted_before_items_that_do(world: World, as_user: SignIn) -> None:
    user = world.user("party0", Role.MANAGER)
    busy = make_workspace(world.version, "busy", "Busy")
    join(busy, user, "party0", Role.MANAGER)
    attach(world, world.provider, "T-S0-01")
    sign(world, "party0", "T-S0-01")
    assert names(as_user(user).get(LIST, {"sort": "waiting"}).content) == ["busy", "acme"]
    propose(world)
    assert names(as_user(user).get(LIST, {"sort": "waiting"}).content) == ["acme", "busy"]


def test_an_expired_membership_is_not_listed(world: World, as_user: SignIn) -> None:
    Membership.objects.filter(workspace=world.workspace).update(
        expires_at=timezone.now() - dt.timedelta(seconds=1)
    )
    page = as_user(world.user("party0", Role.MANAGER)).get(LIST).content
    assert names(page) == []
    assert b"You are in no workspace yet" in page


def test_empty_list_says_what_to_do(creator: User, as_user: SignIn) -> None:
    page = as_user(creator).get(LIST).content.decode()
    assert f'href="{NEW}"' in page
    page = as_user(make_user("Ned Nobody")).get(LIST).content.decode()
    assert f'href="{NEW}"' not in page
    assert "ned.nobody@people.example" in page


def test_only_who_may_create_sees_the_button(world: World, as_user: SignIn) -> None:
    user = world.user("party0", Role.MANAGER)
    assert NEW not in as_user(user).get(LIST).content.decode()
    user.user_permissions.add(Permission.objects.get(codename="add_workspace"))
    assert NEW in as_user(user).get(LIST).content.decode()


@pytest.mark.parametrize("sort", ["", "name", "-progress", "findings", "waiting", "target", "last"])
def test_queries_of_the_list_do_not_grow(world: World, as_user: SignIn, sort: str) -> None:
    user = world.user("party0", Role.MANAGER)
    browser = as_user(user)
    browser.get(LIST)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(LIST, {"sort": sort}).status_code == 200
        return len(queries)

    one = count()
    portfolio(user, world.version, 19)
    assert count() == one


def test_sorted_by_what_is_computed_over_all_pages(world: World, as_user: SignIn) -> None:
    user = world.user("party0", Role.MANAGER)
    portfolio(user, world.version, 28)
    last = Workspace.objects.get(slug="w29")
    attach_to = Assignment.objects.filter(item__workspace=last)
    attach_to.delete()
    browser = as_user(user)
    assert "w29" not in names(browser.get(LIST).content), "the last one by name"
    assert names(browser.get(LIST, {"sort": "findings"}).content)[0] == "w29"
    assert len(names(browser.get(LIST).content)) == 25
    assert names(browser.get(LIST, {"page": 2}).content)[-1] == "w29"


def test_sorted_by_target_date_with_none_last(world: World, as_user: SignIn) -> None:
    user = world.user("party0", Role.MANAGER)
    portfolio(user, world.version, 2)
    Workspace.objects.filter(slug="w02").update(target_date=TOMORROW)
    Workspace.objects.filter(slug="w03").update(target_date=YESTERDAY)
    page = as_user(user).get(LIST, {"sort": "target"}).content
    assert names(page) == ["w03", "w02", "acme"]


@pytest.mark.parametrize(
    ("wanted", "slugs"),
    [
        ("customer 02", ["w02"]),
        ("CUSTOMER", ["w02", "w03"]),
        ("w03", ["w03"]),
        ("vendor acme", ["acme"]),
        ("test model", ["acme", "w02", "w03"]),
        ("nothing like it", []),
    ],
)
def test_search(world: World, as_user: SignIn, wanted: str, slugs: list[str]) -> None:
    user = world.user("party0", Role.MANAGER)
    portfolio(user, world.version, 2)
    page = as_user(user).get(LIST, {"q": wanted}).content
    assert names(page) == slugs
    assert f"<strong>{len(slugs)}</strong> of 3 workspaces" in page.decode()


def test_search_by_htmx_gets_the_table_alone(world: World, as_user: SignIn) -> None:
    response = as_user(world.user("party0", Role.MANAGER)).get(LIST, {"q": "acme"}, headers=HTMX)
    assert names(response.content) == ["acme"]
    assert b"<html" not in response.content
    assert "HX-Request" in response["Vary"]


def test_list_is_for_people_who_are_signed_in(client: Client, db: None) -> None:  # noqa: ARG001
    assert client.get(LIST)["Location"].startswith(reverse("account_login"))
    assert client.get(NEW)["Location"].startswith(reverse("account_login"))


def test_list_is_only_read(world: World, as_user: SignIn) -> None:
    assert as_user(world.outsider).post(LIST).status_code == 405


# A new workspace


def entries(version: ModelVersion, **values: Any) -> dict[str, Any]:
    """Return what the form sends."""
    wanted = {
        "version": version.pk,
        "manager_party": "party0",
        "organization_party0": "Vendor Inc.",
        "organization_party1": "Northwind",
        "name": "Northwind platform",
        "slug": "",
        "target_date": TOMORROW.isoformat(),
        "use_template": "on",
    }
    return wanted | values


@pytest.mark.parametrize("method", ["get", "post"])
def test_new_is_refused_without_the_right(world: World, as_user: SignIn, method: str) -> None:
    browser = as_user(world.user("party0", Role.MANAGER))
    response = getattr(browser, method)(NEW, entries(world.version))
    assert response.status_code == 403
    assert not Workspace.objects.filter(name="Northwind platform").exists()


def test_new_workspace(creator: User, as_user: SignIn) -> None:
    version = make_version()
    response = as_user(creator).post(NEW, entries(version))
    workspace = Workspace.objects.get()
    assert response["Location"] == overview(workspace)
    assert (workspace.slug, workspace.name) == ("northwind-platform", "Northwind platform")
    assert workspace.target_date == TOMORROW
    assert workspace.teams.count() == 4
    membership = Membership.objects.get()
    assert (membership.user, membership.seat.party.key) == (creator, "party0")


def test_only_the_customer_has_to_be_typed(creator: User, as_user: SignIn) -> None:
    version = make_version()
    browser = as_user(creator)
    page = browser.get(NEW).content.decode()
    assert 'value="Test publisher"' in page
    sent = entries(
        version, organization_party0="Test publisher", name="", target_date="", use_template=""
    )
    browser.post(NEW, sent)
    workspace = Workspace.objects.get()
    assert (workspace.name, workspace.slug, workspace.target_date) == (
        "Northwind",
        "northwind",
        None,
    )
    assert workspace.teams.count() == 0


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"slug": "new"}, "is reserved"),
        ({"slug": "acme"}, "already a workspace at this address"),
        ({"slug": "No Good!"}, "small letters, digits and hyphens"),
        ({"target_date": YESTERDAY.isoformat()}, "cannot be in the past"),
        ({"target_date": "soon"}, "Enter a valid date"),
        ({"organization_party1": " "}, "Say which organization takes this seat"),
        ({"manager_party": "party7"}, "Select a valid choice"),
        ({"name": "n" * 121}, "at most 120 characters"),
    ],
)
def test_a_mistake_keeps_everything_typed(
    world: World, creator: User, as_user: SignIn, values: dict[str, str], message: str
) -> None:
    before = Workspace.objects.count()
    sent = entries(world.version, manager_party="party1", use_template="", slug="my-slug") | values
    response = as_user(creator).post(NEW, sent)
    page = response.content.decode()
    assert response.status_code == 200
    assert message in page
    assert 'aria-invalid="true"' in page
    for field in ("organization_party0", "name", "slug", "target_date"):
        assert f'value="{sent[field]}"' in page
    if values.get("manager_party") is None:
        assert re.search(r'value="party1"[^>]*checked', page)
    assert not re.search(r'name="use_template"[^>]*checked', page)
    assert Workspace.objects.count() == before


def test_all_mistakes_are_said_at_once(world: World, creator: User, as_user: SignIn) -> None:
    sent = entries(
        world.version, slug="acme", target_date=YESTERDAY.isoformat(), organization_party1=""
    )
    page = as_user(creator).post(NEW, sent).content.decode()
    assert page.count('aria-invalid="true"') == 3


def test_version_that_is_not_published_is_not_offered(creator: User, as_user: SignIn) -> None:
    draft = make_version()
    draft.status = VersionStatus.DRAFT
    draft.save()
    browser = as_user(creator)
    assert "No model is published yet" in browser.get(NEW).content.decode()
    assert browser.post(NEW, entries(draft)).status_code == 200
    assert not Workspace.objects.exists()


def test_choosing_another_model_changes_the_parties(creator: User, as_user: SignIn) -> None:
    make_version()
    three = make_version(parties=3, slug="three")
    browser = as_user(creator)
    assert "organization_party2" not in browser.get(NEW).content.decode()
    sent = entries(three, choose="1", name="Kept", organization_party1="Kept too")
    page = browser.post(NEW, sent).content.decode()
    assert 'name="organization_party2"' in page
    assert 'value="Kept"' in page
    assert 'value="Kept too"' in page
    assert "Show the 6 starter teams" in page
    assert "aria-invalid" not in page
    fragment = browser.post(NEW, sent, headers=HTMX).content.decode()
    assert 'id="model-parties"' in fragment
    assert 'name="organization_party2"' in fragment
    assert "<html" not in fragment
    assert not Workspace.objects.exists()


def test_a_side_that_the_chosen_model_lacks_falls_back(creator: User, as_user: SignIn) -> None:
    make_version(parties=3, slug="three")
    two = make_version()
    browser = as_user(creator)
    for chosen, checked in (("party2", "party0"), ("party1", "party1")):
        page = browser.post(NEW, entries(two, choose="1", manager_party=chosen)).content.decode()
        assert re.findall(r'value="(party\d)"[^>]*checked', page) == [checked]


def test_three_parties(creator: User, as_user: SignIn) -> None:
    three = make_version(parties=3, sections=3, slug="three")
    browser = as_user(creator)
    sent = entries(three, organization_party2="Cloud Ltd.", manager_party="party2")
    response = browser.post(NEW, sent)
    page = browser.get(response["Location"]).content.decode()
    for organization in ("Vendor Inc.", "Northwind", "Cloud Ltd."):
        assert organization in page
    assert Membership.objects.get().seat.party.key == "party2"


def test_organizations_are_suggested_from_my_workspaces_only(world: World, as_user: SignIn) -> None:
    user = world.user("party0", Role.MANAGER)
    user.user_permissions.add(Permission.objects.get(codename="add_workspace"))
    page = as_user(user).get(NEW).content.decode()
    assert 'value="Vendor Inc."' in page
    assert '<option value="Acme">' in page
    assert '<option value="Other">' not in page
    assert Organization.objects.filter(name="Other").exists()


# The overview


@pytest.mark.parametrize("role", Role)
def test_every_member_sees_the_overview(world: World, as_user: SignIn, role: Role) -> None:
    for side in ("party0", "party1"):
        if (side, role) in world.people:
            response = as_user(world.user(side, role)).get(overview(world.workspace))
            assert response.status_code == 200
            assert ("Edit" in response.content.decode()) is (role == Role.MANAGER)


def test_overview_is_not_there_for_others(world: World, as_user: SignIn, client: Client) -> None:
    assert as_user(world.outsider).get(overview(world.workspace)).status_code == 404
    response = client.get(overview(world.workspace))
    assert response["Location"].startswith(reverse("account_login"))
    member = as_user(world.user("party0", Role.MANAGER))
    assert member.post(overview(world.workspace)).status_code == 405


def test_overview_leads_to_what_is_to_do(world: World, as_user: SignIn) -> None:
    attach(world, world.provider, "T-S0-01")
    sign(world, "party0", "T-S0-01", Role.APPROVER)
    edit(world, "T-S0-01", note="Changed.")
    page = as_user(world.user("party0", Role.MANAGER)).get(overview(world.workspace))
    text = page.content.decode()
    for address in (
        "/w/acme/matrix/?finding=evidence_missing",
        "/w/acme/matrix/?finding=signoff_stale",
        "/w/acme/matrix/?state=stale&amp;state=unsigned-us",
        "/w/acme/matrix/?section=S0",
        "/w/acme/items/T-S0-01/",
        "/w/acme/sign-offs/sign/",
        f"/w/acme/matrix/?team={world.team('Party 0 team 0').pk}",
    ):
        assert f'href="{address}"' in text, address


def test_every_link_of_the_overview_can_be_followed(world: World, as_user: SignIn) -> None:
    world.team("Party 0 team 0").team_members.all().delete()
    browser = as_user(world.user("party0", Role.MANAGER))
    page = browser.get(overview(world.workspace)).content.decode()
    links = {link.replace("&amp;", "&") for link in re.findall(r'href="(/w/acme/[^"]*)"', page)}
    assert len(links) > 15
    for link in links:
        assert browser.get(link).status_code == 200, link


def test_reader_has_nothing_to_do(world: World, as_user: SignIn) -> None:
    page = as_user(world.user("party1", Role.READER)).get(overview(world.workspace))
    assert "Nothing waits for you." in page.content.decode()


def test_complete_workspace_says_so(world: World, as_user: SignIn) -> None:
    for item in world.workspace.items.select_related("responsibility", "holder__party"):
        key = item.responsibility.key
        attach(world, item.holder, key, title=key)
        holder = item.holder.party.key
        other = "party1" if holder == "party0" else "party0"
        sign(world, holder, key, Role.APPROVER)
        sign(world, other, key, Role.APPROVER)
    page = as_user(world.user("party1", Role.READER)).get(overview(world.workspace))
    text = page.content.decode()
    assert "100 %" in text
    assert "Every item is complete" in text
    assert "No findings." in text


def test_numbers_of_findings_are_those_of_the_pages_behind(world: World, as_user: SignIn) -> None:
    for side in ("party0", "party1"):
        sign(world, side, "T-S0-01")
    edit(world, "T-S0-01", note="Changed.")
    Assignment.objects.filter(item=world.item("T-S0-03")).update(
        person=world.user("party1", Role.READER)
    )
    world.team("Party 0 team 0").team_members.all().delete()
    browser = as_user(world.user("party0", Role.MANAGER))
    page = browser.get(overview(world.workspace)).content.decode()
    found = re.findall(
        r'href="/w/acme/matrix/\?finding=(\w+)"><span class="ways-count">(\d+)<', page
    )
    assert dict(found) == {"evidence_missing": "4", "signoff_stale": "1", "owner_left": "1"}
    at_matrix = reverse("matrix", kwargs={"slug": "acme"})
    for kind, count in found:
        assert f"{count} of 6 shown" in words(browser.get(at_matrix, {"finding": kind}).content)
    assert 'href="/w/acme/teams/"><span class="ways-count">1<' in page
    assert "5 wrong 1 team" in words(browser.get(LIST).content)
    assert "5 of 6 shown" in words(browser.get(at_matrix, {"state": "findings"}).content)


def test_an_exclusion_is_to_be_signed_on_every_page(world: World, as_user: SignIn) -> None:
    for number in (1, 2, 3):
        exclude(world, f"T-S0-0{number}")
        exclude(world, f"T-S1-0{number}", "party1")
    browser = as_user(world.user("party0", Role.APPROVER))
    page = words(browser.get(overview(world.workspace)).content)
    assert "0 % 0 of 6 items complete" in page
    assert "6 items do not apply." in page
    assert "3 items wait for your sign-off." in page
    assert "3 You 3 Acme" in words(browser.get(LIST).content)
    register = browser.get(reverse("signoff_list", kwargs={"slug": "acme"}))
    assert "Waiting for us 3" in words(register.content)
    grid = browser.get(reverse("matrix", kwargs={"slug": "acme"}), {"state": "unsigned-us"})
    assert "6 of 6 shown" in words(grid.content)


@pytest.mark.django_db
def test_queries_of_the_overview_do_not_grow(as_user: SignIn) -> None:
    def count(slug: str, per_section: int) -> int:
        version = make_version(per_section=per_section, slug=slug)
        workspace = make_workspace(version, slug, slug)
        user = make_user(f"Manager {slug}")
        join(workspace, user, "party0", Role.MANAGER)
        browser = as_user(user)
        browser.get(overview(workspace))
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(overview(workspace)).status_code == 200
        return len(queries)

    assert count("small", 3) == count("large", 30)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (1, "1 day left"),
        (40, "40 days left"),
        (0, "today"),
        (-1, "1 day over"),
        (-9, "9 days over"),
    ],
)
def test_days_to_the_target(world: World, as_user: SignIn, days: int, words: str) -> None:
    day = timezone.localdate() + dt.timedelta(days=days)
    Workspace.objects.filter(pk=world.workspace.pk).update(target_date=day)
    page = as_user(world.user("party1", Role.READER)).get(overview(world.workspace))
    assert words in page.content.decode()


def test_pictures_have_no_inline_style(world: World, as_user: SignIn) -> None:
    page = as_user(world.user("party0", Role.MANAGER)).get(overview(world.workspace))
    assert b" style=" not in page.content
    assert page.content.count(b'class="heat-cell"') == 3 * 4
    assert page.content.count(b'class="load-bar"') == 4


# Name and target date


def test_managers_of_both_sides_edit(world: World, as_user: SignIn) -> None:
    for side in ("party0", "party1"):
        browser = as_user(world.user(side, Role.MANAGER))
        assert 'value="' in browser.get(edit_page(world.workspace)).content.decode()
        sent = {"name": f"Name of {side}", "target_date": TOMORROW.isoformat()}
        response = browser.post(edit_page(world.workspace), sent)
        assert response["Location"] == overview(world.workspace)
        world.workspace.refresh_from_db()
        assert world.workspace.name == f"Name of {side}"
        assert world.workspace.target_date == TOMORROW


@pytest.mark.parametrize("role", [Role.CONTRIBUTOR, Role.APPROVER, Role.READER])
def test_others_do_not_edit(world: World, as_user: SignIn, role: Role) -> None:
    browser = as_user(world.user("party0", role))
    assert browser.get(edit_page(world.workspace)).status_code == 403
    assert browser.post(edit_page(world.workspace), {"name": "Other"}).status_code == 403
    assert as_user(world.outsider).get(edit_page(world.workspace)).status_code == 404
    world.workspace.refresh_from_db()
    assert world.workspace.name == "Acme"


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"name": "", "target_date": TOMORROW.isoformat()}, "This field is required"),
        ({"name": "Kept", "target_date": YESTERDAY.isoformat()}, "cannot be in the past"),
    ],
)
def test_edit_keeps_what_was_typed(
    world: World, as_user: SignIn, sent: dict[str, str], message: str
) -> None:
    events = AuditEvent.objects.count()
    response = as_user(world.user("party0", Role.MANAGER)).post(edit_page(world.workspace), sent)
    page = response.content.decode()
    assert response.status_code == 200
    assert message in page
    assert f'value="{sent["target_date"]}"' in page
    assert AuditEvent.objects.count() == events


@pytest.mark.parametrize(
    ("query", "target"),
    [
        ("", "workspace_overview"),
        ("?back=release", "release_new"),
        ("?back=https://elsewhere.example/", "workspace_overview"),
    ],
)
def test_edit_leads_back_to_where_one_came_from(
    world: World, as_user: SignIn, query: str, target: str
) -> None:
    browser = as_user(world.user("party0", Role.MANAGER))
    back = reverse(target, kwargs={"slug": world.workspace.slug})
    address = edit_page(world.workspace) + query
    assert f'href="{back}">Cancel' in browser.get(address).content.decode()
    done = browser.post(address, {"name": "Acme", "blocking_findings": []})
    assert (done.status_code, done.url) == (302, back)  # type: ignore[attr-defined]
