"""Teams, members and the audit log in the browser: dialogs, focus, narrow screens, no script."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Theme, assert_accessible, sign_in

MANAGER = "vera.manager@people.example"
PAGES = ("teams", "members", "audit", "audit/0")


def dialog_is_gone(page: Page) -> None:
    """Wait until the dialog has been taken off the page."""
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1280, 390])
def test_pages_are_accessible_and_fit(open_page: OpenPage, theme: Theme, width: int) -> None:
    page = open_page(theme=theme, width=width)
    sign_in(page, MANAGER)
    for name in PAGES:
        page.goto(f"/w/harbor/{name}/")
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") == width, name


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_dialogs_are_accessible(open_page: OpenPage, theme: Theme) -> None:
    page = open_page(theme=theme)
    sign_in(page, MANAGER)
    for address, opener in (
        ("teams", "Add team"),
        ("teams", "Edit “Control Plane SRE”"),
        ("teams", "People on “Control Plane SRE”"),
        ("teams", "Archive “Control Plane SRE”"),
        ("members", "Add member"),
        ("members", "Edit Victor Contributor"),
        ("members", "Remove Victor Contributor"),
    ):
        page.goto(f"/w/harbor/{address}/")
        page.get_by_role("link", name=opener).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        assert_accessible(page)


def test_a_team_from_first_to_last(page: Page) -> None:
    sign_in(page, MANAGER)
    page.goto("/w/acme/teams/")
    page.get_by_role("link", name="Add team").click()
    page.get_by_label("Name").fill("Party 0 team 0")
    page.get_by_role("dialog").get_by_role("button", name="Add team").click()
    summary = page.locator("[data-error-summary]")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("This side already has a team with this name.")
    expect(page.get_by_label("Name")).to_have_value("Party 0 team 0")
    page.get_by_label("Name").fill("Network")
    page.get_by_role("dialog").get_by_role("button", name="Add team").click()
    dialog_is_gone(page)
    expect(page.get_by_role("link", name="Add team")).to_be_focused()
    expect(page.locator("#status")).to_contain_text("“Network” was added.")

    up = page.get_by_role("button", name="Move “Network” up")
    up.click()
    expect(page.locator("#status")).to_contain_text("“Network” was moved.")
    expect(up).to_be_focused()
    names = page.locator("#teams section").first.locator("th.title-cell a")
    expect(names).to_have_text(["Party 0 team 0", "Network", "Party 0 team 1"])

    page.get_by_role("link", name="People on “Network”").click()
    page.get_by_label("Vivian Approver (Approver)").check()
    page.get_by_role("button", name="Save").click()
    dialog_is_gone(page)
    expect(page.get_by_role("row", name="Network")).to_contain_text("Vivian Approver")

    page.get_by_role("link", name="Archive “Party 0 team 0”").click()
    expect(page.get_by_role("dialog")).to_contain_text("letters on 6 items")
    page.get_by_label("To “Network”").check()
    page.get_by_role("button", name="Archive team").click()
    dialog_is_gone(page)
    expect(page.get_by_role("row", name="Network").locator("td.num").first).to_have_text("3")
    page.get_by_text("1 archived team").click()
    page.get_by_role("link", name="Restore “Party 0 team 0”").click()
    page.get_by_role("button", name="Restore team").click()
    dialog_is_gone(page)
    expect(page.get_by_role("row", name="Party 0 team 0").locator("td.num").first).to_have_text("0")


def test_escape_closes_and_gives_focus_back(page: Page) -> None:
    sign_in(page, MANAGER)
    page.goto("/w/acme/teams/")
    opener = page.get_by_role("link", name="Edit “Party 0 team 1”")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(opener).to_be_focused()


def test_members_come_and_go(page: Page) -> None:
    sign_in(page, MANAGER)
    page.goto("/w/acme/members/")
    page.get_by_role("link", name="Add member").click()
    page.get_by_label("E-mail address").fill("nobody@people.example")
    page.get_by_label("Auditor:").check()
    expect(page.get_by_label("Access ends")).to_have_value(re.compile(r"^\d{4}-\d{2}-\d{2}$"))
    page.get_by_role("dialog").get_by_role("button", name="Add member").click()
    expect(page.get_by_role("dialog")).to_contain_text("ask the operator to make one.")
    page.get_by_label("E-mail address").fill("olga.outsider@people.example")
    page.get_by_role("dialog").get_by_role("button", name="Add member").click()
    dialog_is_gone(page)
    row = page.get_by_role("row", name="Olga Outsider")
    expect(row).to_contain_text("Auditor")
    page.get_by_role("link", name="Remove Vera Manager").click()
    expect(page.get_by_role("dialog")).to_contain_text("cannot be removed")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("link", name="Remove Olga Outsider").click()
    page.get_by_role("button", name="Remove Olga Outsider").click()
    dialog_is_gone(page)
    expect(row).to_have_count(0)


def test_the_log_filters_as_one_chooses(page: Page) -> None:
    sign_in(page, MANAGER)
    page.goto("/w/acme/teams/")
    page.get_by_role("button", name="Move “Party 0 team 0” down").click()
    expect(page.locator("#status")).to_contain_text("was moved")
    page.goto("/w/acme/audit/")
    expect(page.locator("#log")).to_contain_text("2 of 2 events")
    page.get_by_label("What", exact=True).select_option("team")
    expect(page.locator("#log")).to_contain_text("1 of 2 events")
    expect(page).to_have_url(re.compile(r"group=team"))
    page.get_by_role("link", name="Clear filters").click()
    expect(page.locator("#log")).to_contain_text("2 of 2 events")
    page.get_by_role("link", name="1", exact=True).click()
    expect(page.get_by_role("heading", name="Event 1: Team moved")).to_be_visible()
    expect(page.get_by_text("computed again for this page and fit")).to_be_visible()


def test_everything_works_without_a_script(open_page: OpenPage) -> None:
    page = open_page(javascript=False)
    sign_in(page, MANAGER)
    page.goto("/w/acme/teams/")
    page.get_by_role("button", name="Move “Party 0 team 1” up").click()
    expect(page.get_by_text("“Party 0 team 1” was moved.")).to_be_visible()
    page.get_by_role("link", name="Edit “Party 0 team 1”").click()
    page.get_by_label("Name").fill("Renamed")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("“Renamed” was saved.")).to_be_visible()
    page.get_by_role("link", name="Archive “Renamed”").click()
    page.get_by_label("Nowhere").check()
    page.get_by_role("button", name="Archive team").click()
    expect(page.get_by_text("“Renamed” is archived.")).to_be_visible()
    page.goto("/w/acme/members/")
    page.get_by_role("link", name="Edit Vincent Reader").click()
    page.get_by_label("Approver:").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row", name="Vincent Reader")).to_contain_text("Approver")
    page.goto("/w/acme/audit/")
    page.get_by_label("What", exact=True).select_option("member")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("1 of 5 events")).to_be_visible()
