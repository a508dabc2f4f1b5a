"""Item and sign-offs in a real browser, by people of both sides."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Theme, assert_accessible, sign_in

CLARA = "clara.manager@people.example"  # the customer's manager
VERA = "vera.manager@people.example"  # the provider's manager
ITEM = "/w/harbor/items/RE-K8S-01/"


def write_note(page: Page, text: str) -> None:
    """Edit the note of the item on the page, in place."""
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Implementation note").fill(text)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("RE-K8S-01 saved.")).to_be_visible()


def sign(page: Page, name: str) -> None:
    """Go through the page of signing from the item."""
    page.goto(ITEM)
    page.get_by_role("link", name=re.compile("Review and sign")).click()
    page.get_by_role("button", name=f"Sign as {name}").click()
    expect(page.get_by_text("RE-K8S-01 signed.")).to_be_visible()


def test_both_sides_sign_and_a_change_makes_it_stale(open_page: OpenPage) -> None:
    clara, vera = open_page(), open_page()
    sign_in(clara, CLARA)
    sign_in(vera, VERA)
    vera.goto(ITEM)
    expect(vera.get_by_text("Harbor Logistics holds this duty and signs first.")).to_be_visible()
    clara.goto(ITEM)
    write_note(clara, "Three clusters, one per stage, patched every month.")
    sign(clara, "Clara Manager")
    sign(vera, "Vera Manager")
    expect(vera.locator("#item-aside .state-good")).to_have_count(2)
    write_note(clara, "Three clusters, one per stage, patched every week.")
    expect(clara.locator("#item-aside .state-soon")).to_have_count(2)
    vera.goto(ITEM)
    changed = vera.locator(".approval-changes").first
    expect(changed.locator("del")).to_have_text("month")
    expect(changed.locator("ins")).to_have_text("week")
    expect(vera.get_by_text("Sign-off stale").first).to_be_visible()
    assert_accessible(vera)
    sign(clara, "Clara Manager")
    expect(clara.get_by_text("1 earlier sign-off")).to_be_visible()


def test_signing_beside_the_matrix(page: Page) -> None:
    sign_in(page, CLARA)
    page.goto("/w/harbor/matrix/")
    page.get_by_role("link", name="RE-K8S-01", exact=True).click()
    panel = page.locator("#panel")
    panel.get_by_role("link", name="Review and sign").click()
    expect(panel.get_by_text("I confirm for Harbor Logistics that")).to_be_visible()
    assert_accessible(page, within="#panel")
    panel.get_by_role("button", name="Sign as Clara Manager").click()
    expect(panel.get_by_text("Confirmed by the holder")).to_be_visible()
    expect(page.locator("#status")).to_contain_text("RE-K8S-01 signed.")
    expect(page.locator("#item-RE-K8S-01 [aria-label*='Harbor Logistics: Signed']")).to_be_visible()
    assert_accessible(page, within="#panel")
    panel.get_by_role("link", name="Review RE-K8S-02 next").click()
    expect(panel.get_by_role("button", name="Sign as Clara Manager")).to_be_visible()
    panel.get_by_role("link", name="RE-K8S-02").click()
    expect(panel.get_by_role("heading", name="Sign-offs")).to_be_visible()


def test_editing_beside_the_matrix(page: Page) -> None:
    sign_in(page, CLARA)
    page.goto("/w/harbor/matrix/")
    page.get_by_role("link", name="RE-K8S-01", exact=True).click()
    panel = page.locator("#panel")
    panel.get_by_role("link", name="Edit", exact=True).click()
    expect(panel.get_by_label("Implementation note")).to_be_focused()
    expect(panel.get_by_label("Why it does not apply")).to_be_hidden()
    panel.get_by_label("Not applicable").check()
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_role("alert")).to_contain_text("Say why the item does not apply.")
    assert_accessible(page, within="#panel")
    panel.get_by_label("Why it does not apply").fill("We rent clusters by the hour.")
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_text("We rent clusters by the hour.").first).to_be_visible()
    expect(page.locator("#panel #record-action")).to_be_focused()
    expect(page.locator("#item-RE-K8S-01")).to_contain_text("not applicable")


def test_an_item_that_changed_meanwhile_is_not_signed(
    open_page: OpenPage, complaints: list[str]
) -> None:
    reader, writer = open_page(), open_page()
    sign_in(reader, CLARA)
    sign_in(writer, CLARA)
    reader.goto(f"{ITEM}sign/")
    writer.goto(ITEM)
    write_note(writer, "Changed while it was read.")
    reader.get_by_role("button", name="Sign as Clara Manager").click()
    expect(reader.get_by_role("heading", level=1)).to_have_text("Nothing was signed")
    assert all("409 (Conflict)" in complaint for complaint in complaints)
    complaints.clear()
    expect(reader.get_by_role("row", name="Implementation note")).to_contain_text(
        "Changed while it was read."
    )
    assert_accessible(reader)
    reader.get_by_role("link", name="Review it as it is now").click()
    reader.get_by_role("button", name="Sign as Clara Manager").click()
    expect(reader.get_by_text("RE-K8S-01 signed.")).to_be_visible()


def test_two_edits_of_one_note_show_both(open_page: OpenPage) -> None:
    first, second = open_page(), open_page()
    for browser in (first, second):
        sign_in(browser, CLARA)
        browser.goto(ITEM)
        browser.get_by_role("link", name="Edit", exact=True).click()
        expect(browser.get_by_label("Implementation note")).to_be_visible()
    first.get_by_label("Implementation note").fill("The first was faster.")
    first.get_by_role("button", name="Save").click()
    expect(first.get_by_text("RE-K8S-01 saved.")).to_be_visible()
    second.get_by_label("Implementation note").fill("The second was slower.")
    second.get_by_role("button", name="Save").click()
    clash = second.get_by_role("row", name="Implementation note")
    expect(clash).to_contain_text("The first was faster.")
    expect(clash).to_contain_text("The second was slower.")
    expect(second.get_by_label("Implementation note")).to_have_value("The second was slower.")
    assert_accessible(second)
    second.get_by_role("link", name="Keep what is there").click()
    expect(second.locator("#item-record")).to_contain_text("The first was faster.")


def test_everything_works_without_a_script(open_page: OpenPage) -> None:
    page = open_page(javascript=False)
    sign_in(page, CLARA)
    page.goto(ITEM)
    write_note(page, "Written without a script.")
    sign(page, "Clara Manager")
    page.get_by_role("link", name="Withdraw…").click()
    page.get_by_label("Reason").fill("Signed too early.")
    page.get_by_role("button", name="Withdraw the sign-off of RE-K8S-01").click()
    expect(page.get_by_text("Signed too early.").first).to_be_visible()
    page.goto("/w/harbor/sign-offs/")
    page.get_by_role("link", name=re.compile("Review and sign .* items")).click()
    page.get_by_label(re.compile("RE-K8S-02")).uncheck()
    page.get_by_role("button", name=re.compile("Sign the ticked items")).click()
    expect(page.get_by_text(re.compile(r"\d+ items signed."))).to_be_visible()
    page.get_by_label("State").select_option("withdrawn")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("table.register tbody tr")).to_have_count(1)


def test_the_register_filters_in_place(page: Page) -> None:
    sign_in(page, CLARA)
    sign(page, "Clara Manager")
    page.goto("/w/harbor/sign-offs/?tab=all")
    page.get_by_label("State").select_option("stale")
    expect(page.get_by_text("No sign-off fits these filters.")).to_be_visible()
    expect(page).to_have_url(re.compile("state=stale"))
    page.get_by_role("link", name="Clear filters").click()
    expect(page.locator("table.register tbody tr")).to_have_count(1)
    page.locator("table.register tbody a").click()
    expect(page.locator("blockquote")).to_contain_text("I confirm for Harbor Logistics that")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_is_accessible_and_fits(open_page: OpenPage, theme: Theme, width: int) -> None:
    page = open_page(theme=theme, width=width)
    sign_in(page, CLARA)
    sign(page, "Clara Manager")
    detail = page.locator("#item-aside a[href*='/sign-offs/']").first.get_attribute("href")
    assert detail is not None
    for address in (
        ITEM,
        f"{ITEM}edit/",
        f"{ITEM}history/",
        "/w/harbor/items/RE-K8S-02/sign/",
        "/w/harbor/sign-offs/",
        "/w/harbor/sign-offs/?tab=all",
        "/w/harbor/sign-offs/sign/?key=RE-K8S-02&key=RE-K8S-01",
        detail,
        f"{detail}withdraw/",
    ):
        page.goto(address)
        assert_accessible(page)
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0, f"{address} is {overflow} px too wide at {width}"
