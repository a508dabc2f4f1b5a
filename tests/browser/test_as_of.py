"""A release beside the draft in a real browser: what changed, and the matrix as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, assert_accessible, run, sign_in

VERA = "vera.manager@people.example"
MATRIX = "/w/acme/matrix/"
CHANGES = "/w/acme/releases/changes/"
BANNER = "Release 1.0, in force since"


@pytest.fixture(autouse=True)
def _released(server: str, prepared: Path) -> None:  # noqa: ARG001 (the database is fresh)
    """Release 1.0 of the small workspace, and a draft that went on."""
    run(
        prepared,
        "shell",
        "--no-imports",
        "-c",
        "from tests.browser.data import release_acme; release_acme()",
    )


def cell(letters: str) -> str:
    """Return the selector of the first item's second cell with these letters spoken."""
    return f'#item-T-S0-01 [aria-label="Duty 0.0, Vendor Inc. Party 0 team 1: {letters}"]'


def test_from_the_menu_to_the_edition_and_back(page: Page) -> None:
    sign_in(page, VERA)
    page.goto(f"{MATRIX}?section=S0")
    expect(page.locator(cell("Informed"))).to_be_visible()
    menu = page.locator(".as-of-menu")
    menu.locator("summary").press("Enter")
    menu.get_by_role("link", name="Release 1.0").press("Enter")
    expect(page).to_have_url(f"{page.url.split('/w/')[0]}{MATRIX}?as_of=1.0&section=S0")
    banner = page.get_by_role("note", name="Edition")
    expect(banner).to_contain_text(BANNER)
    expect(page.locator(cell("Consulted"))).to_be_visible()
    expect(page.locator("#item-T-S1-01")).to_have_count(0)
    expect(page.locator(".cell a, input[name=item], .bulk-bar")).to_have_count(0)
    assert_accessible(page)
    banner.get_by_role("link", name="Show the present draft").click()
    expect(page.locator(cell("Informed"))).to_be_visible()
    expect(page.locator("#item-T-S1-01")).to_have_count(0)


def test_filter_panel_and_keys_stay_in_the_edition(page: Page) -> None:
    sign_in(page, VERA)
    page.goto(f"{MATRIX}?as_of=1.0")
    page.get_by_role("searchbox", name="Search items").fill("Duty 0.")
    expect(page.locator("#item-T-S1-01")).to_have_count(0)
    expect(page).to_have_url(f"{page.url.split('?')[0]}?as_of=1.0&q=Duty+0.")
    page.get_by_role("link", name="T-S0-01", exact=True).click()
    panel = page.locator("#panel")
    expect(panel.get_by_text("Release 1.0", exact=True)).to_be_visible()
    expect(panel.get_by_text("1 of 3")).to_be_visible()
    expect(panel.get_by_text("Written after the release.")).to_have_count(0)
    expect(panel.get_by_role("link", name="Edit")).to_have_count(0)
    expect(panel.get_by_role("link", name="Review and sign")).to_have_count(0)
    assert_accessible(page)
    panel.locator("#item-next").click()
    expect(panel.get_by_text("2 of 3")).to_be_visible()
    expect(panel.get_by_text("Release 1.0", exact=True)).to_be_visible()
    panel.get_by_role("link", name="Close").click()
    expect(panel).to_be_empty()
    expect(page).to_have_url(f"{page.url.split('/w/')[0]}{MATRIX}?as_of=1.0&q=Duty+0.")
    page.locator(cell("Consulted")).click()
    page.keyboard.press("r")
    expect(page.locator("#picker")).not_to_be_visible()
    expect(page.locator(cell("Consulted"))).to_be_visible()


def test_a_wrong_day_is_told(page: Page, complaints: list[str]) -> None:
    sign_in(page, VERA)
    page.goto(MATRIX)
    page.locator(".as-of-menu summary").click()
    page.get_by_label("The end of a day").fill("2020-01-01")
    page.locator(".as-of-day").get_by_role("button", name="Show").click()
    expect(page.get_by_role("alert")).to_contain_text("This workspace is recorded since")
    assert_accessible(page)
    page.get_by_role("link", name="Show the present draft").click()
    expect(page.locator(cell("Informed"))).to_be_visible()
    assert all("404" in complaint for complaint in complaints)
    complaints.clear()


@pytest.mark.parametrize("address", ["/w/acme/?as_of=1.0", "/w/acme/items/T-S0-01/?as_of=1.0"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_other_pages_are_accessible(open_page: OpenPage, address: str, theme: str) -> None:
    page = open_page(theme="dark" if theme == "dark" else "light", width=390)
    sign_in(page, VERA)
    page.goto(address)
    expect(page.get_by_role("note", name="Edition")).to_contain_text(BANNER)
    assert_accessible(page)


@pytest.mark.parametrize("javascript", [True, False])
def test_what_has_changed(open_page: OpenPage, *, javascript: bool) -> None:
    page = open_page(javascript=javascript)
    sign_in(page, VERA)
    page.goto(CHANGES)
    expect(page.locator("#changes")).to_contain_text("1 item differs, 5 are unchanged")
    expect(page.locator("#changes ins").first).to_have_text("Informed")
    page.locator("#changes nav").get_by_role("link", name="Implementation note").click()
    expect(page.locator("#changes ins")).to_have_text("Written after the release.")
    page.get_by_label("From").select_option("draft")
    page.get_by_label("To", exact=True).select_option("1.0")
    if not javascript:
        page.get_by_role("button", name="Compare").click()
    expect(page.locator("#changes del").first).to_have_text("Informed")
    expect(page).to_have_url(f"{page.url.split('?')[0]}?from=draft&to=1.0")
    if javascript:
        assert_accessible(page)
