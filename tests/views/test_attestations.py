"""Attesting in the browser: what is shown, who is refused with which reason, fresh proof."""

from __future__ import annotations

import json

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse

from responsibilities.choices import ReleaseStatus, Role
from responsibilities.models import Attestation, AuditEvent, Export, Membership
from responsibilities.services.releases import Step
from tests.evidence import AsUser
from tests.releasing import attest, make_release, propose, withdraw
from tests.signing import browser, edit, hidden
from tests.views.test_signoffs import at
from tests.views.test_signoffs_proof import after, grow_old
from tests.world import PASSWORD, World, join

KEY = "T-S0-01"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def vera(world: World) -> Client:
    """The browser of the provider's manager, signed in a moment ago."""
    return browser(world.user("party0", Role.MANAGER))


@pytest.fixture
def clara(world: World) -> Client:
    """The browser of the customer's manager, signed in a moment ago."""
    return browser(world.user("party1", Role.MANAGER))


def address(number: str = "1.0") -> str:
    """Return the address of attesting a release."""
    return at("release_attest", number=number)


def shown(client: Client, number: str = "1.0") -> dict[str, str]:
    """Open the page of attesting and return the form as it would be sent."""
    return {"shown": hidden(client.get(address(number)).content, "shown")}


def nothing_attested(before: int) -> bool:
    """Say whether neither an attestation nor an event was written."""
    return not Attestation.objects.exists() and AuditEvent.objects.count() == before


def test_the_page_shows_exactly_what_is_attested(world: World, vera: Client) -> None:
    make_release(world)
    edit(world, KEY, note="Changed since")
    release = propose(world, Step.MINOR, side="party1", summary="One note")
    page = vera.get(address("1.1")).content.decode()
    sentence = (
        "I attest for Vendor Inc. that release 1.1 of “Acme” with the SHA-256 "
        f'<code class="hash hash-whole">{release.digest}</code> '
        "divides the responsibilities as we have agreed."
    )
    for words in (
        sentence,
        "One note",
        "Clara Manager, Acme",
        f'href="{at("matrix")}?as_of=1.1"',
        f'href="{at("release_changes")}?from=1.0&amp;to=1.1"',
        "1 change since 1.0",
        "Evidence missing",
        "finding=evidence_missing&amp;as_of=1.1",
        "Attest as Vera Manager",
        "An electronic approval",
    ):
        assert words in page, words


def test_what_is_shown_is_the_edition_not_the_draft(world: World, vera: Client) -> None:
    propose(world)
    before = vera.get(address()).content.decode().count("ways-count")
    for key in ("T-S0-01", "T-S0-02"):
        world.item(key).assignments.all().delete()
    assert vera.get(address()).content.decode().count("ways-count") == before


def test_two_humans_of_two_sides_bring_it_into_force(
    world: World, vera: Client, clara: Client
) -> None:
    release = propose(world)
    response = vera.post(address(), shown(vera), follow=True)
    assert response.redirect_chain == [(at("release_detail", number="1.0"), 302)]
    assert "It waits for the other sides." in response.content.decode()
    assert not Export.objects.exists()
    response = clara.post(address(), shown(clara), follow=True)
    assert "It is in force; its PDF is being made." in response.content.decode()
    release.refresh_from_db()
    assert release.status == ReleaseStatus.CURRENT
    assert Export.objects.get().release == release
    names = list(release.attestations.values_list("printed_name", flat=True))
    assert names == ["Vera Manager", "Clara Manager"]
    said = json.loads(release.attestations.all()[0].statement)
    assert said["authentication"]["method"] == "password"
    assert said["authentication"]["at"] <= said["signed_at"]


def test_attesting_with_htmx_leads_to_the_release(world: World, vera: Client) -> None:
    propose(world)
    response = vera.post(address(), shown(vera), headers=HTMX)
    assert response["HX-Redirect"] == at("release_detail", number="1.0")
    assert Attestation.objects.count() == 1


# Refused, each with its reason


@pytest.mark.parametrize(
    ("side", "role"),
    [
        ("party0", Role.CONTRIBUTOR),
        ("party1", Role.CONTRIBUTOR),
        ("party1", Role.AUDITOR),
        ("party1", Role.READER),
    ],
)
def test_a_role_that_may_not_is_refused(world: World, side: str, role: Role) -> None:
    propose(world)
    before = AuditEvent.objects.count()
    client = browser(world.user(side, role))
    sent = shown(browser(world.user(side, Role.MANAGER)))
    for answer in (client.get(address()), client.post(address(), sent)):
        assert answer.status_code == 403
        assert f"Your role, {role.label}, does not allow this." in answer.content.decode()
    assert nothing_attested(before)


def test_outsiders_and_visitors(world: World, vera: Client) -> None:
    propose(world)
    sent, before = shown(vera), AuditEvent.objects.count()
    for method in ("get", "post"):
        assert getattr(browser(world.outsider), method)(address(), sent).status_code == 404
        visitor = getattr(Client(), method)(address(), sent)
        assert visitor.status_code == 302
        assert visitor["Location"].startswith(reverse("account_login"))
    assert nothing_attested(before)


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_one_side_does_not_attest_twice(
    world: World, vera: Client, headers: dict[str, str]
) -> None:
    propose(world)
    sent = shown(vera)
    vera.post(address(), sent)
    again = vera.post(address(), sent, headers=headers)
    assert again.status_code == (200 if headers else 409)
    page = again.content.decode()
    assert "Vera Manager has already attested this for Vendor Inc." in page
    assert 'name="shown"' not in page
    assert Attestation.objects.count() == 1


def test_the_same_human_does_not_attest_for_the_other_side(world: World, vera: Client) -> None:
    propose(world)
    sent = shown(vera)
    vera.post(address(), sent)
    person = world.user("party0", Role.MANAGER)
    Membership.objects.filter(workspace=world.workspace, user=person).delete()
    join(world.workspace, person, "party1", Role.MANAGER)
    for answer in (vera.get(address()), vera.post(address(), sent)):
        assert "Each side needs another person." in answer.content.decode()
        assert 'name="shown"' not in answer.content.decode()
    assert Attestation.objects.count() == 1


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_seal_that_is_not_ours_is_refused(
    world: World, vera: Client, clara: Client, headers: dict[str, str]
) -> None:
    """Forged, of another person, of another purpose, or none at all."""
    propose(world)
    before = AuditEvent.objects.count()
    sealed = signing.loads(shown(vera)["shown"], salt="responsibilities.releases.attestation")
    elsewhere = signing.dumps(sealed, salt="another purpose")
    for seal in (shown(clara)["shown"], elsewhere, "forged", ""):
        answer = vera.post(address(), {"shown": seal}, headers=headers)
        assert answer.status_code == (200 if headers else 409)
        assert "Nothing was attested." in answer.content.decode()
        assert hidden(answer.content, "shown") != seal
    assert nothing_attested(before)


@pytest.mark.parametrize("field", ["digest", "sentence"])
def test_a_stale_digest_or_sentence_is_refused(world: World, vera: Client, field: str) -> None:
    """Even sealed with our own key: what is in force decides, not what was sent."""
    propose(world)
    before = AuditEvent.objects.count()
    salt = "responsibilities.releases.attestation"
    sealed = signing.loads(shown(vera)["shown"], salt=salt)
    stale = signing.dumps(sealed | {field: "0" * 64}, salt=salt)
    answer = vera.post(address(), {"shown": stale})
    assert answer.status_code == 409
    assert "Nothing was attested." in answer.content.decode()
    assert nothing_attested(before)


def test_the_seal_of_another_release_is_refused(world: World, vera: Client) -> None:
    first = propose(world)
    sent = shown(vera)
    withdraw(world, first)
    second = propose(world, Step.MINOR)
    assert second.digest == first.digest
    answer = vera.post(address("1.1"), sent)
    assert answer.status_code == 409
    assert "it was made for another release" in answer.content.decode()
    assert not Attestation.objects.exists()


def test_a_proposal_withdrawn_meanwhile_is_refused(world: World, vera: Client) -> None:
    release = propose(world)
    sent = shown(vera)
    withdraw(world, release)
    answer = vera.post(address(), sent)
    assert answer.status_code == 409
    assert "Release 1.0 is no proposal any more: it is withdrawn." in answer.content.decode()
    assert not Attestation.objects.exists()


def test_a_release_in_force_is_not_attested_again(world: World) -> None:
    make_release(world)
    answer = browser(world.user("party0", Role.APPROVER)).get(address())
    assert answer.status_code == 200
    assert "it is current." in answer.content.decode()
    assert 'name="shown"' not in answer.content.decode()
    assert Attestation.objects.count() == 2


# Fresh authentication


def test_an_old_proof_is_asked_for_before_reading(world: World, vera: Client) -> None:
    propose(world)
    grow_old(vera)
    answer = vera.get(address())
    assert answer.status_code == 302
    assert after(answer["Location"]) == address()
    assert "Nothing is attested yet." in vera.get(answer["Location"]).content.decode()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_proof_grown_old_meanwhile_attests_nothing(
    world: World, vera: Client, headers: dict[str, str]
) -> None:
    propose(world)
    sent, before = shown(vera), AuditEvent.objects.count()
    grow_old(vera)
    answer = vera.post(address(), sent, headers=headers)
    assert after(answer.get("HX-Redirect") or answer["Location"]) == address()
    assert nothing_attested(before)


def test_proving_it_again_leads_back_and_counts(world: World, vera: Client) -> None:
    propose(world)
    grow_old(vera)
    ask = vera.get(address())["Location"]
    assert vera.post(ask, {"password": "wrong", "next": address()}).status_code == 200
    assert vera.get(address()).status_code == 302
    assert vera.post(ask, {"password": PASSWORD, "next": address()})["Location"] == address()
    assert vera.post(address(), shown(vera)).status_code == 302
    assert Attestation.objects.count() == 1


def test_whoever_has_nothing_to_attest_is_not_asked_for_a_proof(world: World, vera: Client) -> None:
    attest(world, propose(world), "party0")
    grow_old(vera)
    assert vera.get(address()).status_code == 200


def test_a_session_that_does_not_say_how_it_began_is_refused(
    world: World, vera: Client, as_user: AsUser
) -> None:
    propose(world)
    sent = shown(vera)
    answer = as_user(world.user("party0", Role.MANAGER)).post(address(), sent)
    assert answer.status_code == 403
    assert "does not say how you signed in" in answer.content.decode()
    assert not Attestation.objects.exists()
