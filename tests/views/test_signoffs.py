"""Signing in the browser, the conflict page, withdrawing, signing many, the register."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from responsibilities.choices import Role
from responsibilities.models import Signoff, User
from responsibilities.services import signoffs
from tests.signing import attach, browser, edit, hidden, row_of, sign
from tests.world import World, join, make_version, make_workspace

KEY = "T-S0-01"
KEYS = ("T-S0-01", "T-S0-02", "T-S0-03")
PANEL = {"HX-Request": "true", "HX-Target": "panel"}
type SignIn = Callable[[User | None], Client]


def at(name: str, slug: str = "acme", /, **kwargs: object) -> str:
    """Return an address."""
    return reverse(name, kwargs={"slug": slug, **kwargs})


@pytest.fixture
def vera(world: World) -> Client:
    """The browser of the holder's manager."""
    return browser(world.user("party0", Role.MANAGER))


def shown(client: Client, key: str = KEY) -> str:
    """Open the page of signing and return its sealed field."""
    return hidden(client.get(at("signoff_sign", key=key)).content, "shown")


def test_the_page_shows_exactly_what_is_covered(world: World, vera: Client) -> None:
    attach(world, world.provider, KEY)
    edit(world, KEY, note="With care", chosen={"tool": "Saw"})
    page = vera.get(at("signoff_sign", key=KEY)).content.decode()
    row = row_of(world.workspace, KEY)
    for words in (
        "Test model 1",
        "Do duty 0 of section 0.",
        "Saw",
        "With care",
        "Party 0 team 0",
        "Proof",
        row.evidence[0].sha256,
        row.digest,
        "I confirm for Vendor Inc. that “T-S0-01 Duty 0.0” is described correctly here",
        "Vera Manager",
        "Manager",
        "Confirmed by the holder",
        "Sign as Vera Manager",
        "An electronic approval",
    ):
        assert words in page, words


def test_signing_without_a_script_goes_back_to_the_item(world: World, vera: Client) -> None:
    response = vera.post(at("signoff_sign", key=KEY), {"shown": shown(vera)}, follow=True)
    assert response.redirect_chain == [(at("item_detail", key=KEY), 302)]
    assert "T-S0-01 signed." in response.content.decode()
    (signoff,) = Signoff.objects.all()
    said = json.loads(signoff.statement)
    assert said["authentication"]["method"] == "password"
    assert said["authentication"]["at"] <= said["signed_at"]
    assert row_of(world.workspace, KEY).is_signed_by(world.provider.pk)


def test_signing_in_the_panel_shows_the_record_and_what_is_next(vera: Client) -> None:
    response = vera.post(at("signoff_sign", key=KEY), {"shown": shown(vera)}, headers=PANEL)
    page = response.content.decode()
    assert "<html" not in page
    assert "Vera Manager" in page
    assert "Confirmed by the holder" in page
    assert "Review T-S0-02 next" in page
    assert "2 items wait for you" in page
    assert '"rex:item-changed": {"key": "T-S0-01"}' in response["HX-Trigger"]
    assert 'id="status"' in page


def test_the_next_item_is_the_one_after_it(vera: Client) -> None:
    for key, then in (("T-S0-02", "T-S0-03"), ("T-S0-03", "T-S0-01")):
        address = at("signoff_sign", key=key)
        page = vera.post(address, {"shown": shown(vera, key)}, headers=PANEL).content.decode()
        assert f"Review {then} next" in page


def test_the_filter_stays_on_the_way_through_signing(vera: Client) -> None:
    address = f"{at('signoff_sign', key=KEY)}?state=unsigned-us"
    back = f"{at('item_detail', key=KEY)}?state=unsigned-us"
    page = vera.get(address, headers=PANEL).content.decode()
    assert page.count(f'hx-get="{back}"') == 2
    assert f'hx-post="{address}"' in page
    assert vera.post(address, {"shown": shown(vera)})["Location"] == back


def test_a_changed_item_is_not_signed_and_the_difference_is_shown(
    world: World, vera: Client
) -> None:
    edit(world, KEY, note="Rotate every 90 days, by hand")
    seal = shown(vera)
    edit(world, KEY, note="Rotate every 30 days, by hand")
    response = vera.post(at("signoff_sign", key=KEY), {"shown": seal})
    page = response.content.decode()
    assert response.status_code == 409
    assert "nothing was signed" in page
    assert "Rotate every 90 days" in page
    assert '<ins class="diff-new">30</ins>' in page
    assert f'href="{at("signoff_sign", key=KEY)}"' in page
    assert not Signoff.objects.exists()
    in_panel = vera.post(at("signoff_sign", key=KEY), {"shown": seal}, headers=PANEL)
    assert in_panel.status_code == 200
    assert "nothing was signed" in in_panel.content.decode()
    assert vera.post(at("signoff_sign", key=KEY), {"shown": shown(vera)}).status_code == 302


def test_a_renamed_organization_changes_the_sentence(world: World, vera: Client) -> None:
    seal = shown(vera)
    organization = world.provider.organization
    organization.name = "Vendor Ltd."
    organization.save()
    response = vera.post(at("signoff_sign", key=KEY), {"shown": seal})
    assert response.status_code == 409
    assert "worded differently" in response.content.decode()


def test_a_double_click_leaves_one(vera: Client) -> None:
    seal = shown(vera)
    assert vera.post(at("signoff_sign", key=KEY), {"shown": seal}).status_code == 302
    second = vera.post(at("signoff_sign", key=KEY), {"shown": seal})
    assert "Vera Manager has already signed this for Vendor Inc." in second.content.decode()
    assert Signoff.objects.count() == 1


@pytest.mark.parametrize("seal", ["", "x", signing.dumps({"items": {}}, salt="another")])
def test_a_form_of_our_making_is_needed(vera: Client, seal: str) -> None:
    page = vera.post(at("signoff_sign", key=KEY), {"shown": seal}).content.decode()
    assert "Nothing was" in page
    assert not Signoff.objects.exists()


def test_a_form_made_for_another_person_or_item_is_refused(world: World, vera: Client) -> None:
    colleague = browser(world.user("party0", Role.APPROVER))
    for seal in (shown(colleague), shown(vera, "T-S0-02")):
        vera.post(at("signoff_sign", key=KEY), {"shown": seal})
    assert not Signoff.objects.exists()


def test_a_session_that_does_not_say_how_it_began_cannot_sign(
    world: World, as_user: SignIn
) -> None:
    client = as_user(world.user("party0", Role.MANAGER))
    response = client.post(at("signoff_sign", key=KEY), {"shown": shown(client)})
    assert response.status_code == 403
    assert "how you signed in" in response.content.decode()
    assert not Signoff.objects.exists()


@pytest.mark.parametrize("name", ["signoff_sign", "signoff_bulk", "signoff_withdraw"])
def test_who_may_open_the_pages_of_signing(world: World, as_user: SignIn, name: str) -> None:
    signoff = sign(world, "party0", "T-S0-03")
    kwargs: dict[str, object] = {}
    if name == "signoff_sign":
        kwargs["key"] = KEY
    if name == "signoff_withdraw":
        kwargs["signoff_id"] = signoff.pk
    for (side, role), user in world.people.items():
        signs = role in {Role.MANAGER, Role.APPROVER}
        if name == "signoff_withdraw":
            signs = signs and side == "party0"
        for method in ("get", "post"):
            status = getattr(as_user(user), method)(at(name, **kwargs)).status_code
            assert status == (200 if signs else 403), (side, role, method)
    assert as_user(world.outsider).get(at(name, **kwargs)).status_code == 404
    assert as_user(world.outsider).post(at(name, **kwargs)).status_code == 404
    assert as_user(None).get(at(name, **kwargs)).status_code == 302
    assert as_user(world.user("party0", Role.MANAGER)).put(at(name, **kwargs)).status_code == 405
    assert Signoff.objects.count() == 1


def test_the_other_side_reads_why_it_has_to_wait(world: World) -> None:
    clara = browser(world.user("party1", Role.MANAGER))
    page = clara.get(at("signoff_sign", key=KEY)).content.decode()
    assert "Vendor Inc. holds this duty and signs first." in page
    assert "Sign as" not in page
    sign(world, "party0", KEY)
    page = clara.get(at("signoff_sign", key=KEY)).content.decode()
    assert "I acknowledge for Acme that" in page
    assert "Sign as Clara Manager" in page


def test_withdrawing_asks_for_the_reason(world: World, vera: Client) -> None:
    signoff = sign(world, "party0", KEY)
    address = at("signoff_withdraw", signoff_id=signoff.pk)
    page = vera.post(address, {"reason": " "}).content.decode()
    assert "Say why you withdraw the sign-off." in page
    assert row_of(world.workspace, KEY).is_signed_by(world.provider.pk)
    response = vera.post(address, {"reason": "Region undecided"}, follow=True)
    assert response.redirect_chain == [(at("item_detail", key=KEY), 302)]
    assert "Region undecided" in response.content.decode()
    again = vera.post(address, {"reason": "Again"}).content.decode()
    assert "withdrawn before" in again


def test_withdrawing_in_the_panel(world: World, vera: Client) -> None:
    signoff = sign(world, "party0", KEY)
    address = at("signoff_withdraw", signoff_id=signoff.pk)
    response = vera.post(address, {"reason": "Region undecided"}, headers=PANEL)
    assert "Region undecided" in response.content.decode()
    assert "rex:item-changed" in response["HX-Trigger"]


def test_a_sign_off_of_another_workspace_is_not_found(world: World, vera: Client) -> None:
    signoff = sign(world, "party0", KEY)
    stranger = browser(world.outsider)
    for name in ("signoff_detail", "signoff_withdraw"):
        assert stranger.get(at(name, "other", signoff_id=signoff.pk)).status_code == 404
    assert vera.get(at("signoff_detail", signoff_id=signoff.pk)).status_code == 200


def bulk(client: Client, *keys: str) -> str:
    """Open the page of signing many and return its sealed field."""
    query = "&".join(f"key={key}" for key in keys)
    return hidden(client.get(f"{at('signoff_bulk')}?{query}").content, "shown")


def test_many_are_listed_with_their_digests_and_can_be_unticked(world: World, vera: Client) -> None:
    page = vera.get(at("signoff_bulk")).content.decode()
    for key in KEYS:
        row = row_of(world.workspace, key)
        assert row.digest in page
        assert f"“{key} {row.title}” is described correctly" in page
    assert page.count("checked") == 3
    assert "T-S1-01" not in page
    response = vera.post(at("signoff_bulk"), {"shown": bulk(vera), "key": KEYS[:2]}, follow=True)
    assert "2 items signed." in response.content.decode()
    assert {s.item.responsibility.key for s in Signoff.objects.all()} == set(KEYS[:2])


def test_a_selection_says_what_cannot_be_signed(world: World, vera: Client) -> None:
    sign(world, "party0", "T-S0-02")
    query = "?key=T-S0-01&key=T-S0-02&key=T-S1-01"
    page = vera.get(at("signoff_bulk") + query).content.decode()
    assert "2 of the chosen items cannot be signed now" in page
    assert "Vera Manager has already signed this" in page
    assert "Acme holds this duty and signs first." in page
    assert page.count("checked") == 1


def test_many_are_all_or_nothing(world: World, vera: Client) -> None:
    seal = bulk(vera, *KEYS)
    edit(world, KEYS[1], note="Changed meanwhile")
    response = vera.post(at("signoff_bulk"), {"shown": seal, "key": KEYS})
    page = response.content.decode()
    assert response.status_code == 409
    assert "That holds for all items you had ticked." in page
    assert "Changed meanwhile" in page
    assert "?key=T-S0-01&amp;key=T-S0-02&amp;key=T-S0-03" in page
    assert not Signoff.objects.exists()
    seal = bulk(vera, *KEYS)
    sign(world, "party0", KEYS[2], Role.APPROVER)
    page = vera.post(at("signoff_bulk"), {"shown": seal, "key": KEYS}).content.decode()
    assert "Nothing was signed. These items cannot be signed by you" in page
    assert "Vivian Approver has already signed this" in page
    assert Signoff.objects.count() == 1


def test_many_need_a_tick_and_only_what_was_shown(vera: Client) -> None:
    seal = bulk(vera, KEYS[0])
    page = vera.post(at("signoff_bulk"), {"shown": seal}).content.decode()
    assert "Tick at least one item." in page
    page = vera.post(at("signoff_bulk"), {"shown": seal, "key": KEYS[1]}).content.decode()
    assert "was not on the page" in page
    page = vera.post(at("signoff_bulk"), {"shown": "x", "key": KEYS[0]}).content.decode()
    assert "not the one that was sent to you" in page
    assert not Signoff.objects.exists()


def test_nothing_to_sign_says_so(world: World, vera: Client) -> None:
    for key in KEYS:
        sign(world, "party0", key)
    assert "Nothing to sign here" in vera.get(at("signoff_bulk")).content.decode()


def test_what_waits_for_us_comes_first(world: World, as_user: SignIn, vera: Client) -> None:
    page = vera.get(at("signoff_list")).content.decode()
    assert all(at("signoff_sign", key=key) in page for key in KEYS)
    assert "Review and sign 3 items" in page
    reader = as_user(world.user("party0", Role.READER)).get(at("signoff_list"))
    text = reader.content.decode()
    assert "T-S0-01" in text
    assert "An approver or a manager of your side signs these." in text
    assert at("signoff_bulk") not in text
    assert at("signoff_sign", key=KEY) not in text


def test_what_waits_comes_fifty_at_a_time(world: World, as_user: SignIn) -> None:
    version = make_version(sections=2, per_section=60, slug="long")
    workspace = make_workspace(version, "long", "Long")
    join(workspace, world.user("party0", Role.MANAGER), "party0", Role.MANAGER)
    client = as_user(world.user("party0", Role.MANAGER))
    page = client.get(at("signoff_list", "long")).content.decode()
    assert "Review and sign 60 items" in page
    assert "1–50 of 60" in page
    assert page.count("/sign/") == 51
    assert "51–60 of 60" in client.get(f"{at('signoff_list', 'long')}?page=2").content.decode()


def make_register(world: World) -> None:
    """Make sign-offs in every state."""
    for key in KEYS:
        sign(world, "party0", key)
    sign(world, "party1", KEYS[0], Role.APPROVER)
    edit(world, KEYS[0], note="Changed")
    sign(world, "party0", KEYS[0])
    signoffs.withdraw(
        actor=world.actor("party0"),
        signoff=Signoff.objects.get(item=world.item(KEYS[1])),
        reason="Wrong",
    )


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 5),
        ("side=party0", 4),
        ("side=party1", 1),
        ("state=current", 2),
        ("state=stale", 1),
        ("state=withdrawn", 1),
        ("state=replaced", 1),
        ("side=party1&state=current", 0),
        ("side=nobody", 5),
        ("page=99", 5),
        ("sort=key", 5),
        ("sort=-nonsense", 5),
    ],
)
def test_the_register_filters(world: World, vera: Client, query: str, count: int) -> None:
    make_register(world)
    page = vera.get(f"{at('signoff_list')}?tab=all&{query}").content.decode()
    assert page.count('class="hash"') == count
    part = vera.get(
        f"{at('signoff_list')}?tab=all&{query}",
        headers={"HX-Request": "true", "HX-Target": "register"},
    ).content.decode()
    assert "<html" not in part
    assert part.count('class="hash"') == count


def test_the_register_filters_by_person(world: World, vera: Client) -> None:
    make_register(world)
    person = world.user("party1", Role.APPROVER).pk
    page = vera.get(f"{at('signoff_list')}?tab=all&person={person}").content.decode()
    assert page.count('class="hash"') == 1
    assert "Cleo Approver" in page


def test_one_sign_off_shows_its_statement_and_what_changed(world: World, vera: Client) -> None:
    signoff = sign(world, "party0", KEY)
    edit(world, KEY, note="Changed")
    page = vera.get(at("signoff_detail", signoff_id=signoff.pk)).content.decode()
    said = json.loads(signoff.statement)
    for words in (
        said["sentence"],
        "Vera Manager",
        "Confirmed by the holder",
        signoff.signed_at.strftime("%Y-%m-%d %H:%M UTC"),
        signoff.item_digest,
        signoff.statement_digest,
        "Changed since",
        "Implementation note",
        said["nonce"],
        at("signoff_withdraw", signoff_id=signoff.pk),
    ):
        assert words in page, words
    auditor = browser(world.user("party1", Role.AUDITOR))
    page = auditor.get(at("signoff_detail", signoff_id=signoff.pk)).content.decode()
    assert "Vera Manager" in page
    assert at("signoff_withdraw", signoff_id=signoff.pk) not in page


@pytest.mark.parametrize("path", ["", "?tab=all", "sign/"])
def test_the_number_of_queries_does_not_grow(world: World, vera: Client, path: str) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert vera.get(at("signoff_list") + path).status_code == 200
        return len(queries)

    sign(world, "party0", KEYS[0])
    count()
    before = count()
    sign(world, "party0", KEYS[1])
    edit(world, KEYS[1], note="Changed")
    sign(world, "party1", "T-S1-01")
    sign(world, "party1", "T-S1-02")
    assert count() == before
