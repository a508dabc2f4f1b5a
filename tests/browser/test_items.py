"""The item's page in a real browser: what depends on each other is renewed together."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in

CLARA = "clara.manager@people.example"
ITEM = "/w/harbor/items/RE-K8S-02/"


@pytest.fixture
def proof(tmp_path: Path) -> Path:
    """A small file to upload."""
    file = tmp_path / "node-pools.csv"
    file.write_text("pool,min,max\nagents,4,24\n")
    return file


def test_new_evidence_makes_the_sign_off_beside_it_stale(page: Page, proof: Path) -> None:
    sign_in(page, CLARA)
    page.goto(f"{ITEM}sign/")
    page.get_by_role("button", name="Sign as Clara Manager").click()
    aside = page.locator("#item-aside")
    expect(aside.locator(".state-good")).to_have_count(1)
    expect(page.locator("#item-findings")).to_contain_text("Evidence missing")
    page.locator("#item-evidence input[type=file]").set_input_files(proof)
    expect(page.locator("#item-evidence")).to_contain_text("node-pools")
    expect(aside.locator(".state-soon")).to_have_text("Stale")
    expect(aside.locator(".approval-changes")).to_contain_text("node-pools")
    expect(page.locator("#item-findings")).to_contain_text("Sign-off stale")
    expect(page.locator("#item-findings")).not_to_contain_text("Evidence missing")
    expect(page.locator("#item-history")).to_contain_text("Evidence added")


def test_the_keyboard_walks_from_item_to_item_and_keeps_its_place(page: Page) -> None:
    sign_in(page, CLARA)
    page.goto("/w/harbor/matrix/")
    page.get_by_role("link", name="RE-K8S-01", exact=True).click()
    panel = page.locator("#panel")
    expect(panel.get_by_text("10 of 43")).to_be_visible()
    panel.locator("#item-next").focus()
    page.keyboard.press("Enter")
    expect(panel.get_by_text("11 of 43")).to_be_visible()
    expect(panel.locator("#item-next")).to_be_focused()
    page.keyboard.press("Enter")
    expect(panel.get_by_text("12 of 43")).to_be_visible()
    page.go_back()
    expect(panel.get_by_text("11 of 43")).to_be_visible()
