"""The file of a release in a real browser: from the attestation to the download."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import RENDERING, OpenPage, assert_accessible, sign_in

VERA = "vera.manager@people.example"  # the provider's manager
CLARA = "clara.manager@people.example"  # the customer's manager
RELEASES = "/w/harbor/releases/"
EXPORTS = "/w/harbor/exports/"


def attest(page: Page) -> None:
    """Read the proposal and attest it."""
    page.goto(f"{RELEASES}1.0/attest/")
    page.get_by_role("button", name=re.compile("^Attest as ")).click()
    expect(page.get_by_text("You have attested release 1.0.")).to_be_visible()


@pytest.mark.usefixtures("worker")
def test_from_the_attestations_to_the_file(open_page: OpenPage) -> None:
    vera, clara = open_page(), open_page()
    sign_in(vera, VERA)
    vera.goto("/w/harbor/edit/")
    for choice in vera.locator('input[name="blocking_findings"]').all():
        choice.uncheck()
    vera.get_by_role("button", name="Save").click()
    expect(vera.get_by_text("Saved.")).to_be_visible()
    vera.goto(f"{RELEASES}new/")
    vera.get_by_label("What has changed").fill("The first edition")
    vera.get_by_role("button", name="Propose the release").click()
    expect(vera.get_by_text("Release 1.0 is proposed.")).to_be_visible()
    attest(vera)
    sign_in(clara, CLARA)
    attest(clara)
    expect(clara.get_by_role("link", name="Download the PDF")).to_be_visible(timeout=RENDERING)
    clara.goto(EXPORTS)
    row = clara.get_by_role("row", name=re.compile("Release 1.0"))
    expect(row.get_by_text("made with the release")).to_be_visible()
    expect(row.get_by_text("Ready")).to_be_visible(timeout=RENDERING)
    assert_accessible(clara)
    with clara.expect_download() as download:
        row.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "harbor-release-1.0.pdf"
    data = download.value.path().read_bytes()
    assert data.startswith(b"%PDF-1.7")
    vera.goto(f"{RELEASES}1.0/")
    with vera.expect_download() as again:
        vera.get_by_role("link", name="Download the PDF").click()
    assert again.value.path().read_bytes() == data
