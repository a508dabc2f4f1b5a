"""A customer comes on board: from an empty list to an overview that says what is next."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Theme, assert_accessible, sign_in

CREATOR = "nora.creator@people.example"
MANAGER = "vera.manager@people.example"
ASTRO = "Astro Remote Execution shared responsibility model 2026-11 (Astronomer)"
KUBERNETES = "Kubernetes managed service shared responsibility model 2026-11 (Rexmatrix)"


def choose(page: Page, model: str) -> None:
    """Choose a model in the form."""
    page.get_by_label("Model").select_option(label=model)


def test_from_an_empty_list_to_the_overview_by_keyboard(page: Page) -> None:
    sign_in(page, CREATOR)
    expect(page.get_by_role("heading", name="You are in no workspace yet")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="New workspace").last.press("Enter")
    expect(page.get_by_role("heading", name="New workspace")).to_be_visible()
    expect(page.get_by_label("Model").locator("option:checked")).to_have_text(ASTRO)
    expect(page.get_by_label("Astronomer", exact=True).first).to_have_value("Astronomer")
    page.get_by_label("Customer", exact=True).first.fill("Blue Heron & Sons")
    expect(page.get_by_label("Workspace name")).to_have_attribute(
        "placeholder", "Blue Heron & Sons"
    )
    expect(page.get_by_label("Address")).to_have_attribute("placeholder", "blue-heron-sons")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/w/blue-heron-sons/$"))
    expect(page.get_by_text("“Blue Heron & Sons” is ready.")).to_be_visible()
    expect(page.get_by_text("0 of 43 items complete")).to_be_visible()
    expect(page.get_by_role("link", name="Blue Heron & Sons has no manager yet.")).to_be_visible()
    page.get_by_role("banner").get_by_role("link", name="Workspaces").click()
    expect(page.get_by_role("link", name="Blue Heron & Sons")).to_be_visible()


def test_another_model_brings_its_own_sides(page: Page) -> None:
    sign_in(page, CREATOR)
    page.goto("/w/new/")
    page.get_by_label("Workspace name").fill("Kept")
    page.get_by_label("Model").focus()
    choose(page, KUBERNETES)
    expect(page.get_by_label("Cloud provider", exact=True).first).to_be_visible()
    expect(page.get_by_label("Workspace name")).to_have_value("Kept")
    expect(page.get_by_label("Model")).to_be_focused()
    expect(page.get_by_label("Managed service provider", exact=True).last).to_be_checked()


def test_a_mistake_is_shown_and_nothing_typed_is_lost(page: Page) -> None:
    sign_in(page, CREATOR)
    page.goto("/w/new/")
    page.get_by_label("Address").fill("new")
    page.get_by_label("Customer", exact=True).first.fill("Heron")
    page.get_by_role("button", name="Create workspace").click()
    expect(page.get_by_role("link", name="Address: “new” is reserved")).to_be_visible()
    expect(page.get_by_label("Customer", exact=True).first).to_have_value("Heron")
    assert_accessible(page)


def test_without_javascript(open_page: OpenPage) -> None:
    page = open_page(javascript=False)
    sign_in(page, CREATOR)
    page.goto("/w/new/")
    choose(page, KUBERNETES)
    page.get_by_role("button", name="Choose model").click()
    page.get_by_label("Cloud provider", exact=True).first.fill("Cloud Ltd.")
    page.get_by_label("Customer", exact=True).first.fill("Heron")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/w/heron/$"))
    expect(page.get_by_text("0 of 31 items complete")).to_be_visible()


def test_search_and_sort_swap_the_table_alone(page: Page) -> None:
    sign_in(page, MANAGER)
    search = page.get_by_role("searchbox")
    search.press_sequentially("harbor")
    expect(page.get_by_role("link", name="Harbor Logistics")).to_be_visible()
    expect(page.get_by_role("link", name="Acme")).to_have_count(0)
    expect(search).to_be_focused()
    expect(page).to_have_url(re.compile("q=harbor"))
    search.fill("")
    expect(page.get_by_role("link", name="Acme")).to_be_visible()
    page.get_by_role("link", name="Progress").click()
    expect(page.get_by_role("columnheader", name="Progress")).to_have_attribute(
        "aria-sort", "ascending"
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_pages_are_accessible_and_fit(open_page: OpenPage, theme: Theme, width: int) -> None:
    page = open_page(theme=theme, width=width)
    sign_in(page, MANAGER)
    for address in ("/", "/w/harbor/", "/w/harbor/edit/"):
        page.goto(address)
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address


def test_a_finding_leads_to_the_items(page: Page) -> None:
    sign_in(page, MANAGER)
    page.goto("/w/harbor/")
    page.get_by_role("link", name="Evidence missing").click()
    expect(page).to_have_url(re.compile("finding=evidence_missing"))
