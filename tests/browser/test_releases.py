"""Releases in a real browser: proposed by one side, attested by both, withdrawn."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Theme, assert_accessible, sign_in

CLARA = "clara.manager@people.example"  # the customer's manager
VERA = "vera.manager@people.example"  # the provider's manager
CY = "cy.reader@people.example"  # a reader of the customer's side
RELEASES = "/w/harbor/releases/"
DIGEST = re.compile("[0-9a-f]{64}")


def propose(page: Page, summary: str) -> None:
    """Go through the page of proposing from the list."""
    page.goto(RELEASES)
    page.get_by_role("link", name=re.compile("^Propose ")).click()
    page.get_by_label("What has changed").fill(summary)
    page.get_by_role("button", name="Propose the release").click()


def attest(page: Page, name: str) -> None:
    """Go through the page of attesting from the list."""
    page.goto(RELEASES)
    page.get_by_role("link", name="Read and attest").click()
    page.get_by_role("button", name=f"Attest as {name}").click()


def test_from_the_proposal_to_the_release_in_force(open_page: OpenPage) -> None:
    clara, vera, cy = open_page(), open_page(), open_page()
    for page, email in ((clara, CLARA), (vera, VERA), (cy, CY)):
        sign_in(page, email)
    clara.goto(RELEASES)
    expect(clara.get_by_role("heading", name="No release yet")).to_be_visible()
    propose(clara, "The first agreement.")
    expect(clara.get_by_role("heading", level=1)).to_contain_text("Release 1.0")
    expect(clara.get_by_text("Release 1.0 is proposed.")).to_be_visible()
    cy.goto(RELEASES)
    expect(cy.get_by_role("heading", name=re.compile("Release 1.0 waits for"))).to_be_visible()
    expect(cy.get_by_role("link", name="Read and attest")).to_have_count(0)

    vera.goto("/w/harbor/")
    vera.get_by_role("link", name="Release 1.0 waits for your attestation").click()
    sentence = vera.locator(".ceremony-sentence")
    expect(sentence).to_contain_text("I attest for Astronomer that release 1.0")
    expect(sentence.locator("code")).to_have_text(DIGEST)
    vera.get_by_role("button", name="Attest as Vera Manager").click()
    expect(vera.get_by_text("It waits for the other sides.")).to_be_visible()
    expect(vera.locator(".approval-name")).to_have_text(["Vera Manager"])

    attest(clara, "Clara Manager")
    expect(clara.get_by_text("It is in force; its PDF is being made.")).to_be_visible()
    expect(clara.locator(".approval-name")).to_have_text(["Vera Manager", "Clara Manager"])
    expect(clara.get_by_role("heading", level=1)).to_contain_text("Current")
    cy.goto("/w/harbor/")
    expect(cy.get_by_text(re.compile("is in force since"))).to_be_visible()

    clara.get_by_role("link", name="Withdraw…").click()
    clara.get_by_role("button", name="Withdraw release 1.0").click()
    expect(clara.get_by_role("alert")).to_contain_text("Say why you withdraw the release.")
    clara.get_by_label("Reason").fill("Two duties were left out.")
    clara.get_by_role("button", name="Withdraw release 1.0").click()
    expect(clara.get_by_text("Release 1.0 is withdrawn.")).to_be_visible()
    expect(clara.get_by_text("Two duties were left out.")).to_be_visible()
    clara.goto(RELEASES)
    expect(clara.get_by_text("No release is in force.")).to_be_visible()


def test_a_draft_that_changed_keeps_what_was_typed(open_page: OpenPage) -> None:
    clara, vera = open_page(), open_page()
    sign_in(clara, CLARA)
    sign_in(vera, VERA)
    clara.goto(f"{RELEASES}new/")
    clara.get_by_label("What has changed").fill("Typed with care.")
    vera.goto("/w/harbor/edit/")
    vera.get_by_label("Team without members").check()
    vera.get_by_role("button", name="Save").click()
    expect(vera.get_by_text("Saved.")).to_be_visible()
    clara.get_by_role("button", name="Propose the release").click()
    told = clara.get_by_role("alert")
    expect(told).to_contain_text("The draft changed while you were looking at it.")
    expect(told).to_contain_text("Workspace changed")
    expect(told).to_contain_text("Vera Manager")
    expect(clara.get_by_label("What has changed")).to_have_value("Typed with care.")
    assert_accessible(clara)
    clara.get_by_role("button", name="Propose the release").click()
    expect(clara.get_by_role("heading", level=1)).to_contain_text("Release 1.0")


def test_what_blocks_is_named_and_leads_to_the_items(page: Page) -> None:
    sign_in(page, CLARA)
    page.goto("/w/harbor/edit/")
    page.get_by_label("Evidence missing").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.goto(f"{RELEASES}new/")
    expect(page.get_by_role("heading", name="Blocks a release")).to_be_visible()
    page.get_by_label("What has changed").fill("Too early.")
    button = page.get_by_role("button", name="Propose the release")
    expect(button).to_have_attribute("aria-disabled", "true")
    button.click(force=True)
    expect(page.get_by_role("alert")).to_contain_text("block a release. Nothing was proposed.")
    expect(page.get_by_label("What has changed")).to_have_value("Too early.")
    assert_accessible(page)
    page.locator("#blocking a").click()
    expect(page).to_have_url(re.compile("finding=evidence_missing"))


def test_everything_works_without_a_script(open_page: OpenPage) -> None:
    clara, vera = open_page(javascript=False), open_page(javascript=False)
    sign_in(clara, CLARA)
    sign_in(vera, VERA)
    propose(clara, "The first agreement.")
    expect(clara.get_by_role("heading", level=1)).to_contain_text("Release 1.0")
    attest(clara, "Clara Manager")
    attest(vera, "Vera Manager")
    expect(vera.get_by_role("heading", level=1)).to_contain_text("Current")
    with vera.expect_download() as download:
        vera.get_by_role("link", name="Download the JSON").click()
    assert download.value.suggested_filename == "harbor-release-1.0.json"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_is_accessible_and_fits(open_page: OpenPage, theme: Theme, width: int) -> None:
    page, vera = open_page(theme=theme, width=width), open_page()
    sign_in(page, CLARA)
    sign_in(vera, VERA)

    def check(*addresses: str) -> None:
        for address in addresses:
            page.goto(address)
            assert_accessible(page)
            overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert overflow <= 0, f"{address} is {overflow} px too wide at {width}"

    check(RELEASES, f"{RELEASES}new/", "/w/harbor/edit/")
    propose(vera, "The first agreement.")
    expect(vera.get_by_role("heading", level=1)).to_contain_text("Release 1.0")
    attest(vera, "Vera Manager")
    expect(vera.get_by_text("It waits for the other sides.")).to_be_visible()
    check(
        "/w/harbor/",
        RELEASES,
        f"{RELEASES}new/",
        f"{RELEASES}1.0/",
        f"{RELEASES}1.0/attest/",
        f"{RELEASES}1.0/withdraw/",
    )
    attest(page, "Clara Manager")
    expect(page.get_by_text("It is in force; its PDF is being made.")).to_be_visible()
    check(RELEASES, f"{RELEASES}1.0/", f"{RELEASES}1.0/attest/")
