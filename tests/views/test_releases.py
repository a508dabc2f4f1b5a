"""The pages of releases: the list, one of them, the proposal, the withdrawal."""

from __future__ import annotations

import hashlib
import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from responsibilities.choices import ExportFormat, ExportStatus, Letter, ReleaseStatus, Role
from responsibilities.models import Assignment, Export, Release, ReleaseWithdrawal, Workspace
from responsibilities.services.releases import Step
from tests.attacks import drop_triggers
from tests.evidence import AsUser
from tests.releasing import attest, make_release, propose, withdraw
from tests.signing import edit, hidden, sign
from tests.views.test_signoffs import at
from tests.world import World

KEY = "T-S0-01"
HTMX = {"HX-Request": "true"}
READERS = (Role.CONTRIBUTOR, Role.READER, Role.AUDITOR)


@pytest.fixture
def vera(world: World, as_user: AsUser) -> Client:
    """The browser of the provider's manager."""
    return as_user(world.user("party0", Role.MANAGER))


def text(client: Client, address: str) -> str:
    """Return a page as text."""
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def fields(client: Client, **values: str) -> dict[str, str]:
    """Open the page of proposing, and return the form as it would be sent."""
    page = client.get(at("release_new")).content
    return {"shown": hidden(page, "shown"), "number": "1.0", "paper": "a4"} | values


# The list


@pytest.mark.parametrize("side", ["party0", "party1"])
def test_an_empty_list_says_what_a_release_is(world: World, as_user: AsUser, side: str) -> None:
    for role in (Role.MANAGER, Role.APPROVER):
        page = text(as_user(world.user(side, role)), at("release_list"))
        assert "No release yet" in page
        assert f'href="{at("release_new")}"' in page
    for role in (Role.CONTRIBUTOR, Role.READER):
        page = text(as_user(world.user(side, role)), at("release_list"))
        assert "No release yet" in page
        assert at("release_new") not in page


def test_the_list_says_who_attested_and_who_is_awaited(world: World, vera: Client) -> None:
    make_release(world, summary="The first agreement")
    second = propose(world, Step.MINOR, side="party1", summary="A tool has changed")
    attest(world, second, "party1", Role.APPROVER)
    page = text(vera, at("release_list"))
    for words in (
        "Release 1.1 waits for you",
        "Proposed by Clara Manager for Acme",
        f'href="{at("release_attest", number="1.1")}"',
        "Release 1.0</strong> is in force since",
        "The first agreement",
        "A tool has changed",
        "Vera Manager",
        "Cleo Approver",
        "Awaited",
        second.digest,
    ):
        assert words in page, words
    assert at("release_new") not in page, "one proposal waits at a time"


@pytest.mark.parametrize("role", READERS)
def test_who_only_reads_sees_the_list_without_actions(
    world: World, as_user: AsUser, role: Role
) -> None:
    propose(world)
    client = as_user(world.user("party1", role))
    page = text(client, at("release_list"))
    assert "Release 1.0 waits for Vendor Inc., Acme" in page
    detail = text(client, at("release_detail", number="1.0"))
    for name in ("release_attest", "release_withdraw"):
        assert at(name, number="1.0") not in page + detail
    assert at("release_new") not in page


def test_after_my_attestation_the_list_names_the_other_side(world: World, vera: Client) -> None:
    release = propose(world)
    attest(world, release, "party0")
    page = text(vera, at("release_list"))
    assert "Release 1.0 waits for Acme" in page
    assert at("release_attest", number="1.0") not in page


def test_withdrawn_and_superseded_are_told_in_words(world: World, vera: Client) -> None:
    make_release(world)
    second = make_release(world, Step.MINOR)
    page = text(vera, at("release_list"))
    assert "Superseded" in page
    assert "by 1.1" in page
    withdraw(world, second, "Two duties were left out")
    page = text(vera, at("release_list"))
    assert "Withdrawn" in page
    assert "No release is in force" in page


def test_the_list_takes_the_same_queries_for_many_releases(world: World, vera: Client) -> None:
    def queries() -> dict[str, int]:
        found = {}
        for name in ("release_list", "workspace_overview"):
            with CaptureQueriesContext(connection) as context:
                text(vera, at(name))
            found[name] = len(context)
        with CaptureQueriesContext(connection) as context:
            text(vera, at("release_detail", number="1.0"))
        return found | {"release_detail": len(context)}

    make_release(world)
    withdraw(world, propose(world, Step.MINOR))
    queries()
    before = queries()
    for _number in range(3):
        make_release(world, Step.MINOR)
        withdraw(world, propose(world, Step.MINOR))
    assert queries() == before


# One release


def test_a_release_in_full(world: World, vera: Client) -> None:
    release = make_release(world, summary="The first agreement\nwith all duties")
    page = text(vera, at("release_detail", number="1.0"))
    for words in (
        release.digest,
        f'data-copy="{release.digest}"',
        "The first agreement",
        "In force since",
        "Vera Manager",
        "Clara Manager",
        "Manager, Acme",
        "Proved who they are with: password, 2026-11-22 09:30 UTC",
        "divides the responsibilities as we have agreed.",
        "sha256sum acme-release-1.0.json",
        f'href="{at("matrix")}?as_of=1.0"',
        f'href="{at("release_snapshot", number="1.0")}"',
        f'href="{at("release_withdraw", number="1.0")}"',
    ):
        assert words in page, words
    for attestation in release.attestations.all():
        assert attestation.statement_digest in page
        assert f"{attestation.attested_at:%Y-%m-%d %H:%M} UTC" in page
    assert at("release_attest", number="1.0") not in page


def test_the_file_is_offered_when_there_is_one(world: World, vera: Client) -> None:
    release = make_release(world)
    address = at("release_detail", number="1.0")
    file, again = at("release_file", number="1.0"), at("release_export", number="1.0")
    page = text(vera, address)
    assert again in page
    assert file not in page
    export = Export.objects.create(
        workspace=world.workspace,
        release=release,
        edition="1.0",
        format=ExportFormat.PDF,
        status=ExportStatus.RUNNING,
    )
    assert "The PDF is being made." in text(vera, address)
    Export.objects.filter(pk=export.pk).update(status=ExportStatus.DONE)
    page = text(vera, address)
    assert file in page
    assert again not in page


def test_what_became_of_it_is_one_sentence(world: World, vera: Client) -> None:
    first = propose(world)
    address = at("release_detail", number="1.0")
    assert "waits for the attestation of Vendor Inc., Acme" in text(vera, address)
    for side in ("party0", "party1"):
        attest(world, first, side)
    assert "In force since" in text(vera, address)
    second = make_release(world, Step.MINOR)
    later = at("release_detail", number="1.1")
    assert f'<a href="{later}">release 1.1</a> has taken its place' in text(vera, address)
    withdraw(world, second, "Two duties were left out")
    page = text(vera, at("release_detail", number="1.1"))
    assert "no longer in force. It came into force on" in page
    assert "Withdrawn by Clara Manager for Acme" in page
    assert "Two duties were left out" in page
    withdraw(world, propose(world, Step.MINOR))
    page = text(vera, at("release_detail", number="1.2"))
    assert "It was never in force." in page
    assert "Never attested" in page


def test_changes_lead_to_the_release_before(world: World, vera: Client) -> None:
    make_release(world)
    make_release(world, Step.MINOR)
    changes = at("release_changes")
    assert f'href="{changes}?from=1.0&amp;to=1.1"' in text(vera, at("release_detail", number="1.1"))
    assert f'href="{changes}?from=1.0&amp;to=draft"' in text(
        vera, at("release_detail", number="1.0")
    )


def test_a_damaged_snapshot_is_told_and_cannot_be_attested(world: World, vera: Client) -> None:
    """Whoever owns the database may drop the triggers; the pages notice."""
    propose(world)
    address = at("release_detail", number="1.0")
    assert "What is stored is not what was proposed" not in text(vera, address)
    drop_triggers()
    Release.objects.update(snapshot='{"forged":true}')
    assert "What is stored is not what was proposed" in text(vera, address)
    page = text(vera, at("release_attest", number="1.0"))
    assert "its SHA-256 differs" in page
    assert 'name="shown"' not in page


def test_the_snapshot_is_handed_out_byte_for_byte(world: World, vera: Client) -> None:
    edit(world, KEY, note="Grüße & <Zeichen>")
    release = make_release(world)
    response = vera.get(at("release_snapshot", number="1.0"))
    assert hashlib.sha256(response.content).hexdigest() == release.digest
    assert response["Content-Type"] == "application/json"
    assert response["Content-Disposition"] == 'attachment; filename="acme-release-1.0.json"'
    assert json.loads(response.content)["workspace"]["slug"] == "acme"


def test_who_may_download_it(world: World, as_user: AsUser) -> None:
    make_release(world)
    address = at("release_snapshot", number="1.0")
    for role, status in ((Role.AUDITOR, 200), (Role.APPROVER, 200), (Role.READER, 403)):
        client = as_user(world.user("party1", role))
        assert client.get(address).status_code == status
        page = text(client, at("release_detail", number="1.0"))
        assert (address in page) == (status == 200)


@pytest.mark.parametrize("number", ["9.9", "01.0", "1.00", "0001.0"])
@pytest.mark.parametrize(
    "name", ["release_detail", "release_snapshot", "release_attest", "release_withdraw"]
)
def test_a_number_that_is_none_is_not_there(
    world: World, vera: Client, name: str, number: str
) -> None:
    make_release(world)
    assert vera.get(at(name, number=number)).status_code == 404


def test_a_release_of_another_workspace_is_not_there(world: World, as_user: AsUser) -> None:
    make_release(world)
    client = as_user(world.outsider)
    for slug in ("acme", "other"):
        for name in ("release_detail", "release_snapshot", "release_attest", "release_withdraw"):
            assert client.get(at(name, slug, number="1.0")).status_code == 404


# Proposing


def test_the_page_says_what_would_be_frozen(world: World, vera: Client) -> None:
    sign(world, "party0", KEY)
    page = text(vera, at("release_new"))
    for words in (
        "Test model 1",
        "6 · ",
        "Signed 1 of 6 items",
        "Signed 0 of 6 items",
        "5 not signed",
        f'href="{at("matrix")}?state=unsigned-us"',
        f'href="{at("matrix")}?finding=evidence_missing"',
        "They do not block; they are frozen with the matrix",
        "1.0: the first release",
        "Proposed by Vera Manager for Vendor Inc.",
    ):
        assert words in page, words
    assert "Blocks a release" not in page


def test_what_blocks_comes_first(world: World, vera: Client) -> None:
    Assignment.objects.filter(item=world.item(KEY), letter=Letter.ACCOUNTABLE).delete()
    page = text(vera, at("release_new"))
    blocks, others = page.split("Blocks a release")[1].split("Other findings")
    assert f'href="{at("matrix")}?finding=no_accountable"' in blocks
    assert "evidence_missing" not in blocks
    assert "evidence_missing" in others
    assert 'aria-disabled="true"' in page
    assert at("workspace_edit") in page


def test_what_has_changed_since_the_release_in_force(world: World, vera: Client) -> None:
    make_release(world)
    assert "nothing has changed since" in text(vera, at("release_new"))
    edit(world, KEY, note="Changed")
    edit(world, "T-S0-02", note="Changed as well")
    page = text(vera, at("release_new"))
    assert "2 changes since" in page
    assert f'href="{at("release_changes")}?from=1.0&amp;to=draft"' in page
    assert "1.1: a revision of what was agreed" in page
    assert "2.0: a new agreement" in page


def test_proposing_leads_to_the_proposal(world: World, vera: Client) -> None:
    sent = fields(vera, summary="All of it", paper="letter")
    response = vera.post(at("release_new"), sent, follow=True)
    assert response.redirect_chain == [(at("release_detail", number="1.0"), 302)]
    assert "Release 1.0 is proposed." in response.content.decode()
    release = Release.objects.get()
    assert (release.summary, release.paper) == ("All of it", "letter")
    assert release.proposer_name == world.user("party0", Role.MANAGER).name


def test_proposing_with_htmx_goes_there_too(vera: Client) -> None:
    response = vera.post(at("release_new"), fields(vera, summary="All of it"), headers=HTMX)
    assert response["HX-Redirect"] == at("release_detail", number="1.0")


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_draft_that_changed_is_shown_again_and_nothing_is_lost(
    world: World, vera: Client, headers: dict[str, str]
) -> None:
    sent = fields(vera, summary="What I have typed", paper="letter")
    edit(world, KEY, note="Changed meanwhile")
    response = vera.post(at("release_new"), sent, headers=headers)
    assert response.status_code == (200 if headers else 409)
    page = response.content.decode()
    assert ("<html" in page) == (not headers)
    for words in (
        "The draft changed while you were looking at it.",
        "What happened meanwhile:",
        "Item changed",
        "Changed meanwhile",
        "What I have typed",
    ):
        assert words in page, words
    assert not Release.objects.exists()
    again = sent | {"shown": hidden(response.content, "shown")}
    assert vera.post(at("release_new"), again).status_code == 302
    assert Release.objects.get().paper == "letter"


def test_findings_that_came_meanwhile_keep_what_was_typed(world: World, vera: Client) -> None:
    Assignment.objects.filter(item=world.item(KEY), letter=Letter.ACCOUNTABLE).delete()
    sent = fields(vera, summary="What I have typed")
    response = vera.post(at("release_new"), sent)
    page = response.content.decode()
    assert response.status_code == 409
    assert "1 finding blocks a release. Nothing was proposed." in page
    assert "What I have typed" in page
    assert not Release.objects.exists()


def test_a_form_of_somebody_else_proposes_nothing(
    world: World, as_user: AsUser, vera: Client
) -> None:
    clara = as_user(world.user("party1", Role.MANAGER))
    for shown in (fields(clara)["shown"], "forged", ""):
        sent = fields(vera, summary="What I have typed") | {"shown": shown}
        response = vera.post(at("release_new"), sent)
        assert response.status_code == 409
        assert "not the one that was sent to you" in response.content.decode()
        assert "What I have typed" in response.content.decode()
    assert not Release.objects.exists()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"summary": "  "}, "Say what has changed."),
        ({"summary": "x", "number": "3.7"}, "This number is gone meanwhile."),
        ({"summary": "x", "paper": "papyrus"}, "papyrus"),
    ],
)
def test_what_is_missing_is_told(vera: Client, values: dict[str, str], words: str) -> None:
    response = vera.post(at("release_new"), fields(vera, **values))
    assert response.status_code == 200
    assert words in response.content.decode()
    assert "Nothing was proposed yet. What you typed is kept." in response.content.decode()
    assert not Release.objects.exists()


def test_a_second_proposal_waits_for_the_first(world: World, vera: Client) -> None:
    sent = fields(vera, summary="What I have typed")
    propose(world, side="party1")
    page = text(vera, at("release_new"))
    assert "Release 1.0 is proposed already." in page
    assert 'name="shown"' not in page
    response = vera.post(at("release_new"), sent)
    assert "What I have typed" in response.content.decode()
    assert Release.objects.count() == 1


# Withdrawing


def test_withdrawing_names_the_release_and_what_follows(world: World, vera: Client) -> None:
    propose(world)
    address = at("release_withdraw", number="1.0")
    assert "can then no longer be attested" in text(vera, address)
    release = Release.objects.get()
    for side in ("party0", "party1"):
        attest(world, release, side)
    page = text(vera, address)
    assert "Withdraw release 1.0?" in page
    assert "the one before does not come back" in page
    make_release(world, Step.MINOR)
    assert "what is in force stays so" in text(vera, address)


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_withdrawing_needs_a_reason(world: World, vera: Client, headers: dict[str, str]) -> None:
    propose(world)
    response = vera.post(at("release_withdraw", number="1.0"), {"reason": " "}, headers=headers)
    assert response.status_code == 200
    assert "Say why you withdraw the release." in response.content.decode()
    assert not ReleaseWithdrawal.objects.exists()


def test_withdrawing(world: World, vera: Client) -> None:
    make_release(world)
    address = at("release_withdraw", number="1.0")
    response = vera.post(address, {"reason": "Two duties were left out"}, follow=True)
    assert response.redirect_chain == [(at("release_detail", number="1.0"), 302)]
    page = response.content.decode()
    assert "Release 1.0 is withdrawn." in page
    assert "Two duties were left out" in page
    assert Release.objects.get().status == ReleaseStatus.WITHDRAWN
    again = vera.post(address, {"reason": "Once more"})
    assert "This release was withdrawn before." in again.content.decode()
    assert ReleaseWithdrawal.objects.count() == 1


# What blocks, and the overview


def test_managers_choose_what_blocks(vera: Client) -> None:
    page = text(vera, at("workspace_edit"))
    assert 'value="no_accountable"' in page
    sent = {
        "name": "Acme",
        "target_date": "",
        "blocking_findings": ["evidence_missing", "no_accountable"],
    }
    assert vera.post(at("workspace_edit"), sent).status_code == 302
    found = Workspace.objects.get(slug="acme").blocking_findings
    assert found == ["no_accountable", "evidence_missing"]
    assert "Blocks a release" in text(vera, at("release_new"))
    refused = vera.post(at("workspace_edit"), sent | {"blocking_findings": ["bad_mood"]})
    assert "bad_mood" in refused.content.decode()
    assert Workspace.objects.get(slug="acme").blocking_findings == found


def test_the_overview_says_what_is_in_force_and_what_waits(world: World, as_user: AsUser) -> None:
    address = reverse("workspace_overview", kwargs={"slug": "acme"})
    vera, cy = (as_user(world.user(*who)) for who in (("party0", "manager"), ("party1", "reader")))
    assert "No release</a> is in force." in text(cy, address)
    propose(world)
    step = "Release 1.0 waits for your attestation."
    page = text(vera, address)
    assert step in page
    assert f'href="{at("release_attest", number="1.0")}"' in page
    assert "waits for the attestation of Vendor Inc., Acme." in page
    assert step not in text(cy, address)
    for side in ("party0", "party1"):
        attest(world, Release.objects.get(), side)
    page = text(vera, address)
    assert "is in force since" in page
    assert step not in page
