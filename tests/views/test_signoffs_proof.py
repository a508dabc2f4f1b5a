"""Fresh authentication: the first signature of a series asks again when the last proof is old."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.conf import settings
from django.test import Client
from django.urls import reverse

from responsibilities.choices import Role
from responsibilities.models import Signoff
from tests.signing import browser, hidden
from tests.world import PASSWORD, World

KEY = "T-S0-01"
HTMX = {"HX-Request": "true", "HX-Target": "panel"}


@pytest.fixture
def vera(world: World) -> Client:
    """The browser of the holder's manager."""
    return browser(world.user("party0", Role.MANAGER))


def address(name: str = "signoff_sign", **kwargs: str) -> str:
    """Return an address in the workspace."""
    return reverse(name, kwargs={"slug": "acme", **kwargs})


def grow_old(client: Client) -> None:
    """Let the last proof be older than a series may be."""
    session = client.session
    for record in session[AUTHENTICATION_METHODS_SESSION_KEY]:
        record["at"] -= settings.ACCOUNT_REAUTHENTICATION_TIMEOUT + 1
    session.save()


def shown(client: Client) -> str:
    """Open the page of signing and return its sealed field."""
    return hidden(client.get(address(key=KEY)).content, "shown")


def after(location: str) -> str:
    """Return where the page that asks for the proof leads back to."""
    asked = urlsplit(location)
    assert asked.path == reverse("account_reauthenticate")
    return parse_qs(asked.query)["next"][0]


def test_a_fresh_proof_is_not_asked_for_again(vera: Client) -> None:
    assert vera.post(address(key=KEY), {"shown": shown(vera)}).status_code == 302
    assert Signoff.objects.count() == 1


def test_an_old_proof_is_asked_for_before_reading(vera: Client) -> None:
    grow_old(vera)
    answer = vera.get(address(key=KEY))
    assert answer.status_code == 302
    assert after(answer["Location"]) == address(key=KEY)


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_proof_grown_old_meanwhile_signs_nothing(vera: Client, headers: dict[str, str]) -> None:
    sealed = shown(vera)
    grow_old(vera)
    answer = vera.post(address(key=KEY), {"shown": sealed}, headers=headers)
    assert reverse("account_reauthenticate") in (answer.get("HX-Redirect") or answer["Location"])
    assert not Signoff.objects.exists()


def test_proving_it_again_leads_back_and_stands_in_the_statement(vera: Client) -> None:
    grow_old(vera)
    ask = vera.get(address(key=KEY))["Location"]
    assert "Prove first" in vera.get(ask).content.decode()
    wrong = vera.post(ask, {"password": "wrong", "next": address(key=KEY)})
    assert wrong.status_code == 200
    assert vera.get(address(key=KEY)).status_code == 302
    back = vera.post(ask, {"password": PASSWORD, "next": address(key=KEY)})
    assert back["Location"] == address(key=KEY)
    vera.post(address(key=KEY), {"shown": shown(vera)})
    statement = json.loads(Signoff.objects.get().statement)
    assert statement["authentication"]["method"] == "password"
    signed_at, proven_at = statement["signed_at"], statement["authentication"]["at"]
    assert proven_at[:16] <= signed_at[:16]


def test_many_items_keep_their_choice(vera: Client) -> None:
    page = vera.get(f"{address('signoff_bulk')}?key={KEY}&key=T-S0-02").content
    sealed = hidden(page, "shown")
    grow_old(vera)
    answer = vera.post(address("signoff_bulk"), {"shown": sealed, "key": [KEY]})
    assert not Signoff.objects.exists()
    assert after(answer["Location"]) == f"{address('signoff_bulk')}?key={KEY}"
