"""Evidence in a real browser: dropping and choosing files, refusals, undo, and no complaint."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Locator, Page, Response, expect

from tests import files
from tests.browser.conftest import OpenPage, Theme, assert_accessible, sign_in

ENGINEER = "carl.contributor@people.example"
KEY = "RE-K8S-03"
ITEM = f"/w/harbor/items/{KEY}/"
NEW = "/w/harbor/evidence/new/"


def payload(name: str, data: bytes) -> FilePayload:
    """Return a file for a file field."""
    return {"name": name, "mimeType": "application/octet-stream", "buffer": data}


def drop(zone: Locator, names: dict[str, str]) -> None:
    """Drop text files on a field, as a person does from a folder."""
    transfer = zone.page.evaluate_handle(
        """files => {
            const transfer = new DataTransfer();
            for (const [name, text] of Object.entries(files))
                transfer.items.add(new File([text], name));
            return transfer;
        }""",
        names,
    )
    for event in ("dragenter", "dragover", "drop"):
        zone.dispatch_event(event, {"dataTransfer": transfer})


def downloaded(page: Page, link: Locator) -> tuple[str, bytes]:
    """Download what a link leads to; return the name and the bytes."""
    with page.expect_download() as waiting:
        link.click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def test_a_file_is_added_with_its_form_and_comes_back(page: Page) -> None:
    sign_in(page, ENGINEER)
    page.goto(f"{NEW}?item={KEY}")
    data = files.archive({"policy.yaml": b"kind: NetworkPolicy\n" * 500})
    page.get_by_label("File", exact=True).set_input_files(payload("Prüfung 1.zip", data))
    expect(page.locator("[data-upload-rows]")).to_contain_text("Prüfung 1.zip")
    page.get_by_label("Title").fill("Export of the policies")
    expect(page.get_by_label(f"{KEY} ")).to_be_checked()
    page.get_by_role("button", name="Add evidence").click()
    expect(page).to_have_url(re.compile(f"{ITEM}$"))
    row = page.locator("#item-evidence li").filter(has_text="Export of the policies")
    expect(row).to_contain_text(hashlib.sha256(data).hexdigest()[:12])
    assert downloaded(page, row.get_by_role("link", name="Download")) == ("Prüfung 1.zip", data)


def test_files_dropped_on_an_item_are_pieces_at_once(page: Page) -> None:
    sign_in(page, ENGINEER)
    page.goto(ITEM)
    zone = page.locator("#item-evidence [data-dropzone]")
    drop(zone, {"one.txt": "1", "two.txt": "2", "page.html": "<html>"})
    section = page.locator("#item-evidence")
    expect(section.locator(".evidence-row")).to_have_count(2)
    refused = section.locator("[data-refused]")
    expect(refused).to_have_count(1)
    expect(refused).to_contain_text("page.html")
    expect(refused).to_contain_text("not taken")
    drop(zone, {"again.txt": "1"})
    expect(section.locator("[data-refused]")).to_contain_text("already here as “one.txt”")
    expect(section.locator(".evidence-row")).to_have_count(2)
    expect(page.locator("#item-history")).to_contain_text("Evidence added")


def test_an_upload_shows_how_far_it_is(page: Page) -> None:
    sign_in(page, ENGINEER)
    page.goto(NEW)
    seen: list[float] = []
    page.expose_function("seen", lambda value: seen.append(value))  # noqa: PLW0108
    page.evaluate(
        """() => document.addEventListener("htmx:xhr:progress", () => {
            const bar = document.querySelector("[data-upload-rows] progress");
            if (!bar.hidden) window.seen(bar.value);
        })"""
    )
    page.get_by_label("File", exact=True).set_input_files(
        payload("large.log", b"line of a log\n" * 400_000)
    )
    page.get_by_role("button", name="Add evidence").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("large.log")
    assert seen == sorted(seen)
    assert seen[-1] == 100


@pytest.mark.parametrize("several", [False, True])
def test_a_refused_file_keeps_the_form(page: Page, *, several: bool) -> None:
    sign_in(page, ENGINEER)
    page.goto(NEW)
    field = page.get_by_label("File", exact=True)
    bad = payload("report.pdf", files.HTML)
    field.set_input_files([bad, payload("good.txt", b"good")] if several else [bad])
    if not several:
        page.get_by_label("Title").fill("Kept title")
    page.get_by_label("Valid until").fill("2199-12-31")
    page.get_by_label(f"{KEY} ").check()
    page.get_by_role("button", name="Add evidence").click()
    if several:
        expect(page.locator("[data-done]")).to_contain_text("good.txt")
        expect(page.locator("[data-refused]")).to_contain_text("not what its name says")
    else:
        expect(page.get_by_role("alert")).to_contain_text("not what its name says")
        expect(page.get_by_label("Title")).to_have_value("Kept title")
        assert field.evaluate("field => field.files[0].name") == "report.pdf"
    expect(page.get_by_label("Valid until")).to_have_value("2199-12-31")
    expect(page.get_by_label(f"{KEY} ")).to_be_checked()
    assert_accessible(page)


def test_the_same_file_is_used_where_it_is(page: Page) -> None:
    sign_in(page, ENGINEER)
    page.goto("/w/harbor/items/RE-ORC-01/")
    drop(page.locator("#item-evidence [data-dropzone]"), {"first.txt": "the same"})
    expect(page.locator("#item-evidence .evidence-row")).to_have_count(1)
    page.goto(f"{NEW}?item={KEY}")
    page.get_by_label("File", exact=True).set_input_files(payload("second.txt", b"the same"))
    page.get_by_role("button", name="Add evidence").click()
    page.get_by_role("button", name=f"Use it for {KEY}").click()
    expect(page).to_have_url(re.compile(f"{ITEM}$"))
    expect(page.locator("#item-evidence .evidence-row")).to_contain_text("first.txt")


def test_a_file_that_is_too_large_is_not_even_sent(page: Page) -> None:
    sign_in(page, ENGINEER)
    page.goto(NEW)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.locator("[data-dropzone]").evaluate("zone => { zone.dataset.limit = 10; }")
    page.get_by_label("File", exact=True).set_input_files(payload("a.txt", b"x" * 11))
    expect(page.locator("[data-refused]")).to_contain_text("Too large")
    page.get_by_role("button", name="Add evidence").click()
    expect(page.get_by_label("File", exact=True)).to_be_focused()
    assert "POST" not in sent


def test_removing_from_an_item_can_be_undone(page: Page) -> None:
    sign_in(page, ENGINEER)
    page.goto(ITEM)
    drop(page.locator("#item-evidence [data-dropzone]"), {"one.txt": "1"})
    rows = page.locator("#item-evidence .evidence-row")
    expect(rows).to_have_count(1)
    page.get_by_label("More for “one.txt”").click()
    page.get_by_role("button", name="Remove from this item").click()
    expect(rows).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(rows).to_have_count(1)


def test_the_matrix_sees_what_happens_in_its_panel(page: Page) -> None:
    sign_in(page, ENGINEER)
    page.goto("/w/harbor/matrix/")
    row = page.locator(f"#item-{KEY}")
    row.get_by_role("link", name=KEY).click()
    drop(page.locator("#item-evidence [data-dropzone]"), {"one.txt": "1"})
    expect(row.get_by_label("1 piece of evidence")).to_be_visible()
    page.get_by_label("More for “one.txt”").click()
    page.get_by_role("button", name="Remove from this item").click()
    expect(row.get_by_label("No evidence")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(row.get_by_label("1 piece of evidence")).to_be_visible()
    expect(page.locator("#item-evidence .evidence-row")).to_have_count(1)


def test_archiving_can_be_undone(page: Page) -> None:
    sign_in(page, ENGINEER)
    page.goto(f"{NEW}?kind=note")
    page.get_by_label("Title").fill("A call")
    page.get_by_label("Note", exact=True).fill("First line\n<script>alert(1)</script>")
    page.get_by_role("button", name="Add evidence").click()
    expect(page.locator(".evidence-note")).to_have_text("First line\n<script>alert(1)</script>")
    page.get_by_role("button", name="Archive").click()
    expect(page.locator(".badge", has_text="Archived")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="New revision")).to_be_visible()


def test_the_list_of_items_narrows(page: Page) -> None:
    sign_in(page, ENGINEER)
    page.goto(NEW)
    rows = page.locator(".item-picker-row:visible")
    expect(rows).to_have_count(43)
    page.get_by_label("Narrow the list of items").fill("re-orc")
    expect(rows).to_have_count(6)


def test_everything_but_dropping_works_without_a_script(open_page: OpenPage) -> None:
    page = open_page(javascript=False)
    sign_in(page, ENGINEER)
    page.goto(ITEM)
    page.locator("#item-evidence input[type=file]").set_input_files(payload("a.txt", b"first"))
    page.get_by_role("button", name="Upload").click()
    expect(page.locator("#item-evidence .evidence-row")).to_have_count(1)
    page.get_by_role("link", name="a.txt", exact=True).click()
    page.get_by_role("link", name="New revision").click()
    page.get_by_label("File", exact=True).set_input_files(payload("b.txt", b"second"))
    page.get_by_role("button", name="Add revision").click()
    expect(page.locator("td .badge", has_text="current")).to_have_count(1)
    page.get_by_role("button", name="Archive").click()
    page.get_by_role("button", name="Restore").click()
    page.get_by_role("button", name=f"Remove from {KEY}").click()
    page.goto(f"{ITEM}evidence/")
    page.get_by_role("button", name="Use “a.txt”").click()
    expect(page.locator("#item-evidence .evidence-row")).to_have_count(1)


def test_a_picture_is_shown_and_nothing_in_it_runs(page: Page) -> None:
    sign_in(page, ENGINEER)
    page.goto(f"{NEW}?item={KEY}")
    page.get_by_label("File", exact=True).set_input_files(payload("nodes.png", files.png(640, 320)))
    page.get_by_role("button", name="Add evidence").click()
    page.get_by_role("link", name="nodes.png", exact=True).click()
    picture = page.get_by_role("img", name="nodes.png")
    expect(picture).to_be_visible()
    width = picture.evaluate("image => image.decode().then(() => image.naturalWidth)")
    assert width == 640
    with page.context.expect_page() as opened:
        picture.click()
    answers: list[Response] = []
    opened.value.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108
    opened.value.reload()
    assert answers[0].headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert opened.value.evaluate("document.images[0].naturalWidth") == 640
    opened.value.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_is_accessible(open_page: OpenPage, theme: Theme, width: int) -> None:
    page = open_page(theme=theme, width=width)
    sign_in(page, ENGINEER)
    page.goto(ITEM)
    drop(page.locator("#item-evidence [data-dropzone]"), {"one.txt": "1", "two.csv": "a,b"})
    expect(page.locator("#item-evidence .evidence-row")).to_have_count(2)
    assert_accessible(page, within="#item-evidence")
    page.get_by_role("link", name="one.txt", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("one.txt")
    detail = page.url
    for address in (
        "/w/harbor/evidence/",
        "/w/harbor/evidence/?q=nothing-has-this",
        detail,
        f"{detail}edit/",
        f"{detail}revise/",
        NEW,
        f"{NEW}?kind=link",
        f"{NEW}?kind=note&item={KEY}",
        "/w/harbor/items/RE-ORC-01/evidence/",
    ):
        page.goto(address)
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
