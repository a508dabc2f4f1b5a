"""Checking a file in a real browser: dropping it, what is said, both themes, no script."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage, Theme, assert_accessible, sign_in
from tests.verifier.bundles import members, packed

PERSON = "clara.manager@people.example"
OURS = "Intact, and made by this server"
WIDTHS = (1440, 390)


@pytest.fixture
def bundle(open_page: OpenPage) -> bytes:
    """A bundle as a manager downloads it."""
    page = open_page()
    sign_in(page, PERSON)
    page.goto("/w/harbor/audit/checkpoints/")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download a bundle").click()
    return Path(waiting.value.path()).read_bytes()


def drop(place: Locator, name: str, data: bytes) -> None:
    """Drop a file on a place, as a person does from a folder."""
    transfer = place.page.evaluate_handle(
        """([name, data]) => {
            const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
            const transfer = new DataTransfer();
            transfer.items.add(new File([bytes], name));
            return transfer;
        }""",
        [name, base64.b64encode(data).decode()],
    )
    for event in ("dragenter", "dragover", "drop"):
        place.dispatch_event(event, {"dataTransfer": transfer})


def fits(page: Page, width: int) -> bool:
    """Say whether nothing is wider than the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth") == width)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_is_accessible_and_fits(open_page: OpenPage, theme: Theme, width: int) -> None:
    page = open_page(theme=theme, width=width)
    page.goto("/verify/")
    page.get_by_text("Check against what you kept").click()
    expect(page.get_by_label("Verifier key")).to_be_visible()
    assert_accessible(page)
    assert fits(page, width)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_dropped_bundle_is_told_to_be_ours(
    open_page: OpenPage, bundle: bytes, theme: Theme
) -> None:
    page = open_page(theme=theme)
    page.goto("/verify/")
    drop(page.locator("h1"), "harbor.zip", bundle)  # anywhere on the page will do
    expect(page.locator("[data-verify-chosen]")).to_contain_text("harbor.zip")
    check = page.get_by_role("button", name="Check the file")
    expect(check).to_be_focused()
    check.click()
    expect(page.get_by_role("heading", name=OURS)).to_be_in_viewport()
    result = page.get_by_role("region", name=OURS)
    expect(result).to_be_focused()
    expect(result).to_contain_text("All are as they are in the file")
    assert_accessible(page)
    assert fits(page, 1440)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_changed_bundle_on_a_phone(open_page: OpenPage, bundle: bytes, theme: Theme) -> None:
    found = members(bundle)
    found["matrix.json"] = found["matrix.json"].replace(b"Harbor", b"Harbour")
    page = open_page(theme=theme, width=390, height=844)
    page.goto("/verify/")
    page.get_by_label("The file").set_input_files(
        {"name": "harbor.zip", "mimeType": "application/zip", "buffer": packed(found)}
    )
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_role("heading", name="Something does not fit")).to_be_in_viewport()
    expect(page.locator("#result")).to_contain_text("no event of the log names this matrix")
    assert_accessible(page)
    assert fits(page, 390)


def test_without_a_script(open_page: OpenPage, bundle: bytes) -> None:
    page = open_page(javascript=False)
    page.goto("/verify/")
    page.get_by_label("The file").set_input_files(
        {"name": "harbor.zip", "mimeType": "application/zip", "buffer": bundle}
    )
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_role("heading", name=OURS)).to_be_in_viewport()


def test_what_is_missing_is_said_and_led_to(page: Page) -> None:
    page.goto("/verify/")
    page.get_by_role("button", name="Check the file").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("Choose a PDF or a bundle.")
    assert_accessible(page)
    summary.get_by_role("link").click()
    expect(page.get_by_label("The file")).to_be_focused()
    expect(page.get_by_role("button", name="Check the file")).to_be_enabled()


def test_a_file_that_is_too_large_is_not_sent(page: Page) -> None:
    page.goto("/verify/")
    zone = page.locator("[data-verify-drop]")
    zone.evaluate("zone => { zone.dataset.limit = 10; }")
    drop(zone, "large.pdf", b"%PDF-1.7 and more")
    expect(zone).to_contain_text("Too large: at most 64.0\xa0MB can be checked here.")
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_label("The file")).to_be_focused()
    expect(page).to_have_url("/verify/")


def test_the_way_back_leaves_a_form_that_can_be_used(page: Page) -> None:
    page.goto("/verify/")
    drop(page.locator("[data-verify-drop]"), "notes.pdf", b"hello")
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_role("heading", name="This cannot be verified")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("button", name="Check the file")).to_be_enabled()
