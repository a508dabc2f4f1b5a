"""The frame that every page shares: theme, menus, the live line, signing in, without a script."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import OpenPage, Theme, assert_accessible, sign_in

PERSON = "clara.manager@people.example"
HOME = "/accounts/password/change/"
WIDTHS = (1440, 1280, 390)


def background(page: Page) -> str:
    """Return the colour of the page's ground as the browser computes it."""
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_login_is_accessible_and_fits(open_page: OpenPage, theme: Theme, width: int) -> None:
    page = open_page(theme=theme, width=width)
    page.goto("/accounts/login/")
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_frame_with_open_menu_is_accessible_and_fits(
    open_page: OpenPage, theme: Theme, width: int
) -> None:
    page = open_page(theme=theme, width=width)
    sign_in(page, PERSON)
    page.goto("/w/acme/audit/")
    page.get_by_label("Account of").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    assert_accessible(page, within="header")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    current = page.get_by_role("navigation", name="Workspace").get_by_role("link", name="Audit log")
    expect(current).to_have_attribute("aria-current", "page")
    expect(current).to_be_in_viewport(ratio=1)


def test_title_names_page_workspace_and_product(page: Page) -> None:
    sign_in(page, PERSON)
    page.goto("/w/acme/matrix/")
    expect(page).to_have_title(re.compile(r"^Matrix · .+ · Rexmatrix$"))


def test_theme_follows_the_system_until_one_is_chosen(open_page: OpenPage) -> None:
    page = open_page(theme="light")
    sign_in(page, PERSON)
    page.goto(HOME)
    light = background(page)
    page.get_by_label("Account of").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    # The browser may draw the new colour a frame after the click is handled.
    expect(page.locator("body")).not_to_have_css("background-color", light)
    dark = background(page)
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("body")).to_have_css("background-color", dark)
    page.get_by_label("Account of").click()
    page.get_by_role("button", name="As the system").click()
    page.reload()
    expect(page.locator("body")).to_have_css("background-color", light)


def test_menu_closes_on_escape_and_gives_focus_back(page: Page) -> None:
    sign_in(page, PERSON)
    page.goto(HOME)
    summary = page.get_by_label("Account of")
    summary.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="As the system")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(summary).to_be_focused()


def test_skip_link_is_first_and_leads_to_the_content(page: Page) -> None:
    sign_in(page, PERSON)
    page.goto(HOME)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_refused_form_leads_to_its_errors(page: Page) -> None:
    sign_in(page, PERSON)
    page.goto(HOME)
    page.get_by_role("main").get_by_role("button", name="Change password").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    assert_accessible(page)
    first = page.get_by_label("Current password", exact=True)
    expect(first).to_have_attribute("aria-invalid", "true")
    summary.get_by_role("link").first.click()
    expect(first).to_be_focused()


def ask(page: Page, path: str) -> None:
    """Let htmx ask for a path, as a button with hx-get would."""
    page.evaluate(
        """path => {
            htmx.ajax("GET", path, { target: "#probe", swap: "innerHTML" })
                .catch(() => null);  // a lost connection is told by the live line
        }""",
        path,
    )


def with_probe(page: Page) -> None:
    """Put an element on the page into which htmx can swap."""
    page.evaluate(
        "document.querySelector('main').append(Object.assign("
        "document.createElement('div'), { id: 'probe' }))"
    )


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (403, "You may not do this here"),
        (404, "This is no longer here"),
        (413, "This is too large"),
        (500, "The server could not do this"),
    ],
)
def test_failed_request_is_told(page: Page, complaints: list[str], status: int, words: str) -> None:
    sign_in(page, PERSON)
    page.goto(HOME)
    with_probe(page)
    page.route("**/probe/", lambda route: route.fulfill(status=status, body="no"))
    ask(page, "/probe/")
    expect(page.get_by_role("status")).to_contain_text(words)
    expect(page.locator("#probe")).to_be_empty()
    assert_accessible(page, within="#status")
    complaints.clear()  # the console reports the failed request


def test_lost_connection_is_told(page: Page, complaints: list[str]) -> None:
    sign_in(page, PERSON)
    page.goto(HOME)
    with_probe(page)
    page.route("**/probe/", lambda route: route.abort())
    ask(page, "/probe/")
    expect(page.get_by_role("status")).to_contain_text("The server did not answer")
    complaints.clear()  # the console reports the failed request


def test_words_and_undo_go_after_their_time(page: Page) -> None:
    sign_in(page, PERSON)
    page.clock.install()
    page.goto(HOME)
    with_probe(page)

    def answer(route: Route) -> None:
        route.fulfill(
            content_type="text/html",
            body='done<div id="status" hx-swap-oob="innerHTML"><p>A moved.</p>'
            '<form data-undo><button class="btn btn-sm">Undo</button></form></div>',
        )

    page.route("**/probe/", answer)
    ask(page, "/probe/")
    line = page.get_by_role("status")
    expect(line).to_contain_text("A moved.")
    assert_accessible(page, within="#status")
    page.clock.run_for(9_000)
    expect(line.get_by_role("button", name="Undo")).to_be_visible()
    page.clock.run_for(2_000)
    expect(line).to_be_empty()


def test_session_that_ended_leads_to_the_login_page(page: Page) -> None:
    sign_in(page, PERSON)
    page.goto(HOME)
    with_probe(page)
    page.context.clear_cookies()
    ask(page, "/w/acme/matrix/")
    page.wait_for_url(re.compile(r"/accounts/login/\?next="))
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_everything_in_the_frame_works_without_a_script(open_page: OpenPage) -> None:
    page = open_page(javascript=False)
    sign_in(page, PERSON)
    page.goto(HOME)
    page.get_by_label("Account of").click()
    expect(page.get_by_role("button", name="Dark")).to_be_hidden()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
