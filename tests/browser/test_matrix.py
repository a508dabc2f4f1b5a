"""The matrix in a real browser: what is seen, the keyboard, two people, many items."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage, Theme, assert_accessible, sign_in

MANAGER = "clara.manager@people.example"
COLLEAGUE = "carl.contributor@people.example"
READER = "cleo.reader@people.example"
MATRIX = "/w/harbor/matrix/"
CLUSTERS = "Kubernetes clusters for the agents, Harbor Logistics"
LEFT = "it => it.getBoundingClientRect().left"
TOP = "it => it.getBoundingClientRect().top"
# Widths hold once the fonts are there.
FONTS = "document.fonts.ready.then(() => true)"
IN_VIEW = """() => {
  const region = document.getElementById("grid-region").getBoundingClientRect();
  const head = document.querySelector("#grid thead").getBoundingClientRect();
  const bottom = Math.min(region.bottom, innerHeight);
  return [...document.querySelectorAll("tr[data-key]")].filter((row) => {
    const box = row.getBoundingClientRect();
    return box.top >= head.bottom - 1 && box.bottom <= bottom + 1;
  }).length;
}"""


def open_matrix(page: Page, query: str = "", email: str = MANAGER) -> None:
    """Sign in and open the matrix of the 43 items."""
    sign_in(page, email)
    page.goto(f"{MATRIX}{query}")
    expect(page.locator("#grid")).to_be_visible()


def cell(page: Page, team: str, item: str = CLUSTERS) -> Locator:
    """Return a cell by what it says."""
    return page.locator(f'#grid .cell > a[aria-label^="{item} {team}:"]')


def status(page: Page) -> Locator:
    """Return the live line."""
    return page.locator("#status")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_matrix_is_accessible(open_page: OpenPage, theme: Theme) -> None:
    page = open_page(theme=theme)
    open_matrix(page)
    page.get_by_label("RE-K8S-02", exact=True).check()
    page.get_by_role("button", name="Applicability").click()
    dialog = page.get_by_role("dialog", name="Set whether they apply: 1 item")
    dialog.get_by_label("Not applicable").check()
    dialog.get_by_label("Reason").fill("The cloud does this for us")
    dialog.get_by_role("button", name="Apply").click()
    expect(page.locator("#item-RE-K8S-02")).to_have_class(re.compile("not-applicable"))
    assert_accessible(page)
    cell(page, "Kubernetes Platform").click()
    expect(page.get_by_role("dialog", name="Kubernetes clusters for the agents")).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("Escape")
    page.get_by_label("Select all of Kubernetes infrastructure").check()
    page.get_by_role("button", name="Assign", exact=True).click()
    expect(page.get_by_role("dialog", name="Assign: 5 items")).to_be_visible()
    assert_accessible(page)


def test_twenty_items_are_in_view_and_nine_teams_fit(page: Page) -> None:
    open_matrix(page)
    page.evaluate(FONTS)
    assert page.evaluate(IN_VIEW) >= 20
    region = page.locator("#grid-region")
    assert region.evaluate("it => it.scrollWidth <= it.clientWidth")
    page.set_viewport_size({"width": 1280, "height": 800})
    assert region.evaluate("it => it.scrollWidth <= it.clientWidth")


def test_fourteen_teams_scroll_inside_and_the_first_columns_stay(page: Page) -> None:
    sign_in(page, "vera.manager@people.example")
    page.goto("/w/wide/matrix/")
    page.evaluate(FONTS)
    region = page.locator("#grid-region")
    assert region.evaluate("it => it.scrollWidth > it.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    title = page.locator("#item-RE-SEC-08 .pin-title")
    head = page.locator("#grid thead")
    left, top = title.evaluate(LEFT), head.evaluate(TOP)
    region.evaluate("it => it.scrollTo(it.scrollWidth, 0)")
    assert title.evaluate(LEFT) == left
    region.evaluate("it => it.scrollTo(0, it.scrollHeight)")
    assert head.evaluate(TOP) == top
    expect(title).to_be_in_viewport()
    names = page.locator("#grid thead .team > span")
    clipped = names.evaluate_all(
        "all => all.filter(it => it.scrollWidth > it.parentElement.clientWidth).length"
    )
    assert clipped == 0, "long names wrap"


def test_the_keyboard_alone(page: Page) -> None:
    open_matrix(page)
    start = cell(page, "Kubernetes Platform")
    start.focus()
    page.keyboard.press("ArrowRight")
    network = cell(page, "Cloud Infrastructure & Network")
    expect(network).to_be_focused()
    page.keyboard.press("a")
    expect(status(page)).to_contain_text("A moved from Kubernetes Platform.")
    expect(network).to_be_focused()
    expect(network).to_have_accessible_name(
        f"{CLUSTERS} Cloud Infrastructure & Network: Accountable, Consulted"
    )
    expect(start).to_have_accessible_name(f"{CLUSTERS} Kubernetes Platform: Responsible")
    page.keyboard.press("Control+z")
    expect(status(page)).to_contain_text("is as it was")
    expect(start).to_have_accessible_name(
        f"{CLUSTERS} Kubernetes Platform: Responsible, Accountable"
    )
    expect(network).to_be_focused()
    page.keyboard.press("Delete")
    expect(network).to_have_accessible_name(re.compile("no letter$"))
    page.keyboard.type("ric")
    expect(network).to_have_accessible_name(re.compile("Responsible, Consulted, Informed$"))


def test_keys_that_move(page: Page) -> None:
    open_matrix(page)
    cell(page, "Data Platform").focus()
    row = page.locator("tr:has(:focus)")
    page.keyboard.press("ArrowDown")
    expect(row).to_have_attribute("data-key", "RE-K8S-02")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(row).to_have_class("section")
    page.keyboard.press("ArrowUp")
    expect(row).to_have_attribute("data-key", "RE-AGS-03")
    expect(
        cell(
            page, "Data Platform", "Support for configuration and troubleshooting, Harbor Logistics"
        )
    ).to_be_focused()
    page.keyboard.press("Home")
    expect(page.get_by_label("RE-AGS-03", exact=True)).to_be_focused()
    page.keyboard.press("End")
    expect(page.locator("#item-RE-AGS-03 td").last).to_be_focused()
    page.keyboard.press("Control+End")
    expect(page.locator("#item-RE-SEC-08 td").last).to_be_focused()
    page.keyboard.press("Control+Home")
    expect(page.get_by_label("RE-ORC-01", exact=True)).to_be_focused()
    page.keyboard.press("PageDown")
    expect(row).not_to_have_attribute("data-key", "RE-ORC-01")
    page.keyboard.press("PageUp")
    expect(row).to_have_attribute("data-key", "RE-ORC-01")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_label("Search items")).to_be_focused()


def test_one_stop_for_tab(page: Page) -> None:
    open_matrix(page)
    cell(page, "Data Platform").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("!document.activeElement.closest('#grid')")
    page.keyboard.press("Shift+Tab")
    expect(cell(page, "Data Platform")).to_be_focused()


def test_the_picker_by_keyboard_and_the_way_back(page: Page) -> None:
    open_matrix(page)
    start = cell(page, "Security & IAM")
    start.focus()
    page.keyboard.press("Enter")
    picker = page.get_by_role("dialog", name="Kubernetes clusters for the agents")
    expect(picker.get_by_role("checkbox", name="Responsible")).to_be_focused()
    page.keyboard.press("Escape")
    expect(picker).to_be_hidden()
    expect(start).to_be_focused()
    page.keyboard.press("F2")
    picker.get_by_role("checkbox", name="Responsible").press("Space")
    picker.get_by_label("Responsible: person").select_option(label="Carl Contributor")
    picker.get_by_role("button", name="Save").press("Enter")
    expect(picker).to_be_hidden()
    expect(start).to_have_accessible_name(
        f"{CLUSTERS} Security & IAM: Responsible (Carl Contributor)"
    )
    expect(start).to_be_focused()


def test_who_may_not_edit_sees_why(page: Page) -> None:
    open_matrix(page)
    theirs = cell(page, "Agent Engineering", "Remote Execution API, Astronomer")
    theirs.focus()
    page.keyboard.press("r")
    picker = page.get_by_role("dialog", name="Remote Execution API")
    expect(picker).to_contain_text("is a team of Astronomer")
    expect(picker.get_by_role("checkbox")).to_have_count(0)


def test_two_people_on_one_item(open_page: OpenPage) -> None:
    first, second = open_page(), open_page()
    open_matrix(first)
    open_matrix(second, email=COLLEAGUE)
    cell(first, "Security & IAM").focus()
    first.keyboard.press("c")
    expect(cell(first, "Security & IAM")).to_have_accessible_name(re.compile("Consulted$"))
    mine = cell(second, "Security & IAM")
    mine.focus()
    second.keyboard.press("i")
    choice = second.get_by_role("dialog")
    expect(choice).to_contain_text("Clara Manager changed this item")
    expect(choice.locator(".clash")).to_have_text(re.compile(r"Yours\s*I\s+Now\s*C"))
    expect(mine).to_have_accessible_name(re.compile("Consulted$"))
    assert_accessible(second)
    choice.get_by_role("button", name="Apply mine").click()
    expect(mine).to_have_accessible_name(re.compile("Informed$"))
    expect(mine).to_be_focused()


def test_filters_live_in_the_address(page: Page) -> None:
    open_matrix(page)
    page.get_by_label("Search items").fill("secrets")
    expect(page.locator(".matrix-found")).to_contain_text("of 43 shown")
    expect(page).to_have_url(re.compile(r"\?q=secrets"))
    page.locator("summary", has_text="Section").click()
    page.get_by_label("Secrets and credentials", exact=True).check()
    expect(page.locator("tr[data-key]")).to_have_count(3)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Remove filter Text: secrets").click()
    expect(page.get_by_label("Search items")).to_have_value("")
    expect(page.get_by_role("link", name="Export", exact=True)).to_have_attribute(
        "href", "/w/harbor/exports/?section=secrets-and-credentials"
    )
    page.get_by_role("link", name="Clear filters").click()
    expect(page.locator("tr[data-key]")).to_have_count(43)
    expect(page).to_have_url(re.compile(r"/matrix/$"))
    page.go_back()
    expect(page.locator("tr[data-key]")).to_have_count(3)


def test_many_items_at_once(page: Page) -> None:
    open_matrix(page)
    page.get_by_label("RE-ORC-01", exact=True).check()
    page.get_by_label("RE-ORC-04", exact=True).click(modifiers=["Shift"])
    page.get_by_label("Select all of Data storage").check()
    expect(page.locator("[data-selected]")).to_have_text("8")
    expect(page.locator('tr[aria-selected="true"]')).to_have_count(8)
    page.get_by_role("button", name="Assign", exact=True).click()
    dialog = page.get_by_role("dialog", name="Assign: 8 items")
    dialog.get_by_label("Letter", exact=True).select_option("I")
    dialog.get_by_label("Team", exact=True).select_option(label="Data Engineering")
    dialog.get_by_role("button", name="Apply").click()
    expect(status(page)).to_contain_text("items changed.")
    expect(dialog).to_be_hidden()
    expect(page.locator('tr[aria-selected="true"]')).to_have_count(0)
    expect(
        cell(page, "Data Engineering", "Remote Execution API, Harbor Logistics")
    ).to_have_accessible_name(re.compile("Informed$"))


def test_a_space_selects_and_all_are_let_go(page: Page) -> None:
    open_matrix(page)
    cell(page, "Data Platform").focus()
    page.keyboard.press("Space")
    expect(page.locator("#item-RE-K8S-01")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Space")
    expect(page.locator('tr[aria-selected="true"]')).to_have_count(3)
    page.keyboard.press("r")
    expect(status(page)).to_contain_text("RE-K8S-03, Data Platform")
    expect(page.locator('tr[aria-selected="true"]')).to_have_count(3)
    page.get_by_role("button", name="Select nothing").click()
    expect(page.locator(".bulk-bar")).to_be_hidden()


def test_an_item_opens_beside_the_matrix_and_back_closes_it(page: Page) -> None:
    open_matrix(page, "?section=data-storage")
    page.get_by_role("rowheader", name="XCom backend").click()
    panel = page.locator("#panel")
    expect(panel.get_by_role("heading", name="XCom backend")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/items/RE-DAT-01/\?section=data-storage$"))
    expect(page.locator("#item-RE-DAT-01")).to_have_attribute("aria-current", "true")
    page.evaluate("window.stayed = true")
    page.go_back()
    expect(panel).to_be_empty()
    expect(page).to_have_url(re.compile(r"/matrix/\?section=data-storage$"))
    page.go_forward()
    expect(panel.get_by_role("heading", name="XCom backend")).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_be_empty()
    assert page.evaluate("window.stayed"), "no page was loaded anew"


def test_panel_and_grid_stay_in_step(page: Page) -> None:
    open_matrix(page)
    page.get_by_role("rowheader", name="Kubernetes clusters for the agents").click()
    panel = page.locator("#panel")
    expect(panel.get_by_role("heading", name="Kubernetes clusters")).to_be_visible()
    start = cell(page, "Security & IAM")
    start.focus()
    page.keyboard.press("r")
    expect(panel.get_by_role("link", name="Security & IAM")).to_be_visible()
    expect(start).to_be_focused()
    panel.get_by_role("link", name="Security & IAM").first.click()
    picker = page.get_by_role("dialog", name="Kubernetes clusters for the agents")
    picker.get_by_role("button", name="Clear").click()
    expect(start).to_have_accessible_name(re.compile("no letter$"))


def test_the_picker_closes_when_its_cell_moves_away_and_not_before(page: Page) -> None:
    open_matrix(page)
    cell(page, "Security & IAM").click()
    picker = page.get_by_role("dialog", name="Kubernetes clusters for the agents")
    expect(picker).to_be_visible()
    region = page.locator("#grid-region")
    region.evaluate("it => it.dispatchEvent(new Event('scroll'))")
    picker.get_by_role("button", name="Save").focus()
    expect(picker).to_be_visible()
    region.evaluate("it => it.scrollTo(0, it.scrollHeight)")
    expect(picker).to_be_hidden()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_phone_it_is_a_list_of_items_with_owners(open_page: OpenPage, theme: Theme) -> None:
    page = open_page(theme=theme, width=390, height=844)
    open_matrix(page)
    card = page.locator("#item-RE-K8S-01")
    expect(card.locator(".owner")).to_have_count(1)
    owner = card.locator(".owner")
    content = owner.evaluate("it => getComputedStyle(it, '::after').content")
    assert "Kubernetes Platform" in content
    expect(card.locator(".cell:not(.owner)").first).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert_accessible(page)
    card.get_by_label("RE-K8S-01", exact=True).check()
    expect(card).to_have_attribute("aria-selected", "true")
    card.get_by_label("RE-K8S-01", exact=True).uncheck()
    box = card.bounding_box()
    assert box
    card.scroll_into_view_if_needed()
    card.click(position={"x": box["width"] / 2, "y": box["height"] - 12})
    expect(
        page.locator("#panel").get_by_role("heading", name="Kubernetes clusters")
    ).to_be_visible()


def test_without_javascript(open_page: OpenPage) -> None:
    page = open_page(javascript=False)
    sign_in(page, MANAGER)
    page.goto(MATRIX)
    page.locator("summary", has_text="Section").click()
    page.get_by_label("Kubernetes infrastructure", exact=True).check()
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("tr[data-key]")).to_have_count(5)
    cell(page, "Security & IAM").click()
    page.get_by_role("checkbox", name="Responsible").check()
    page.get_by_role("button", name="Save").click()
    expect(cell(page, "Security & IAM")).to_have_accessible_name(re.compile("Responsible$"))
    page.get_by_label("RE-K8S-01", exact=True).check()
    page.get_by_role("button", name="Review date").click()
    page.get_by_label("Next review").fill("2027-03-01")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_label("Messages")).to_contain_text("1 item changed.")
    page.get_by_role("link", name="RE-K8S-01").click()
    expect(page.get_by_role("main")).to_contain_text("2027")
