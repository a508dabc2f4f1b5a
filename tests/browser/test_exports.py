"""Exports in a real browser, with the task worker beside the server."""

from __future__ import annotations

import hashlib
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import RENDERING, OpenPage, Theme, assert_accessible, sign_in

CLARA = "clara.manager@people.example"  # the customer's manager
EXPORTS = "/w/harbor/exports/"


@pytest.mark.usefixtures("worker")
def test_from_the_filtered_matrix_to_the_file(page: Page) -> None:
    sign_in(page, CLARA)
    page.goto("/w/harbor/matrix/?section=security")
    page.get_by_role("link", name="Export", exact=True).click()
    expect(page.get_by_text("8 of 43")).to_be_visible()
    expect(page.locator(".export-filter")).to_have_text("Section: Security")
    page.get_by_role("button", name="Export", exact=True).click()
    expect(page.get_by_text("The export is under way.")).to_be_visible()
    row = page.get_by_role("row", name=re.compile("RACI PDF"))
    expect(row.get_by_role("button", name="Cancel")).to_be_visible()
    expect(row.get_by_role("progressbar")).to_be_visible(timeout=RENDERING)
    expect(row.get_by_text("Ready")).to_be_visible(timeout=RENDERING)
    expect(page.locator("#status")).to_contain_text("The export is ready.")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(2_500)
    assert asked == []  # nothing runs any more: the list has stopped asking
    with page.expect_download() as download:
        row.get_by_role("link", name="Download").click()
    assert re.fullmatch(r"harbor-\d{4}-\d\d-\d\d-draft\.pdf", download.value.suggested_filename)
    data = download.value.path().read_bytes()
    assert data.startswith(b"%PDF-1.7")
    expect(row.locator("code.hash")).to_have_attribute("title", hashlib.sha256(data).hexdigest())


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_ask_and_cancel(open_page: OpenPage, theme: Theme, width: int) -> None:
    page = open_page(theme=theme, width=width)
    sign_in(page, CLARA)
    page.goto(EXPORTS)
    expect(page.get_by_text("No exports yet.")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("US Letter").check()
    page.get_by_role("button", name="Export", exact=True).click()
    expect(page.get_by_text("Waiting")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#status")).to_contain_text("The export was cancelled.")
    expect(page.locator("#exports").get_by_text("Cancelled")).to_be_visible()
    expect(page.locator("html.is-loading")).to_have_count(0)
    assert_accessible(page)


def test_without_javascript(open_page: OpenPage) -> None:
    page = open_page(javascript=False)
    sign_in(page, CLARA)
    page.goto(EXPORTS)
    page.get_by_label("Canonical JSON").check()
    page.get_by_role("button", name="Export", exact=True).click()
    expect(page.get_by_text("The export is under way.")).to_be_visible()
    page.get_by_role("link", name="Load the list again").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("The export was cancelled.")).to_be_visible()
