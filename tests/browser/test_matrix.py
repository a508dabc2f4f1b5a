"""The matrix in a real browser."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import assert_accessible, sign_in


def test_sign_in_leads_to_the_matrix(page: Page) -> None:
    sign_in(page, "clara.manager@people.example")
    page.goto("/w/harbor/matrix/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Matrix")
    assert_accessible(page)
