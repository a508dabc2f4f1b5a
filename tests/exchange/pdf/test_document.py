"""The PDF, opened for real: what people read on its pages."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from django.test import override_settings
from pypdf.generic import Destination

from responsibilities.choices import Letter
from responsibilities.exchange.pdf.contents import chapter_titles
from responsibilities.matrix import MatrixFilter
from tests.exchange.pdf.samples import (
    HOSTILE,
    LONG_NAME,
    LONG_WORD,
    Written,
    details,
    squeezed,
    write,
)

A4 = (595.276, 841.89)
LETTER = (612.0, 792.0)


@pytest.fixture
def text(rich: Written) -> str:
    """The whole text of the rich file without white space."""
    return squeezed("".join(rich.pages()))


def test_every_item_is_there_with_all_it_says(rich: Written, text: str) -> None:
    for row in rich.matrix.rows:
        for words in (row.key, row.title, row.statement, row.note, row.applicability_reason):
            assert squeezed(words) in text
        for piece in row.evidence:
            for words in (piece.title, piece.sha256, piece.url, piece.text, piece.file_name):
                assert squeezed(words) in text
        for finding in row.findings:
            assert squeezed(str(finding.detail)) in text
    for team in rich.matrix.teams:
        assert squeezed(team.name) in text
        assert all(squeezed(person.name) in text for person in team.people)


def test_signoffs_say_who_when_and_what(text: str) -> None:
    signed = "VivianApprover,Approver,2026-11-1914:05UTC.Confirmedbytheholder."
    assert f"✓VendorInc.Signed:{signed}" in text
    assert "≠AcmeStale:CleoApprover,Approver,2026-11-1914:05UTC.Acknowledged." in text
    assert "×AcmeWithdrawn:" in text
    assert "Signedforthewrongcluster." in text
    assert "0" * 64 in text


def test_cover_says_what_it_is(rich: Written) -> None:
    cover = squeezed(rich.pages()[0])
    version = rich.matrix.workspace.model_version
    for words in ("Vendor Inc.", "Acme", "DRAFT", "Test model", "Test publisher", version.digest):
        assert squeezed(words) in cover
    assert "22November2026,14:05UTCbyMariaLópez,Acme" in cover
    assert "Filtered" not in cover


def test_filter_stands_on_the_cover(wide: Written) -> None:
    cover = squeezed(wide.pages()[0])
    assert "FilteredState:Withfindings;Team:Party1team0" in cover
    assert f"Items{len(wide.matrix.rows)}of{wide.matrix.total}" in cover
    assert squeezed(LONG_NAME) in cover


def test_pages_are_numbered(rich: Written) -> None:
    pages = rich.pages()
    assert "Page" not in pages[0]
    for number, page in enumerate(pages[1:], start=2):
        assert f"Page {number} of {len(pages)}" in page


def test_draft_stands_on_each_page_and_on_no_page_of_an_edition(
    rich: Written, narrow: Written
) -> None:
    assert all("DRAFT" in page for page in rich.pages())
    assert not any("DRAFT" in page for page in narrow.pages())
    assert "Edition 1" in narrow.pages()[0]


def test_contents_give_the_right_pages(rich: Written) -> None:
    pages = rich.pages()
    lines = pages[1].splitlines()
    for anchor, title in chapter_titles().items():
        page = _page_of(rich, anchor)
        assert f"{title} {page}" in [" ".join(line.split()) for line in lines]
    for number, section in enumerate(rich.matrix.sections, start=1):
        matrix, sheets = _page_of(rich, f"matrix-{number}"), _page_of(rich, f"items-{number}")
        line = f"{number} {section.title} {matrix} {sheets}"
        assert line in [" ".join(line.split()) for line in lines]
        assert section.title in pages[matrix - 1]
        assert section.title in pages[sheets - 1]


def _page_of(written: Written, anchor: str) -> int:
    reader = written.reader
    number = reader.get_destination_page_number(reader.named_destinations[anchor])
    assert number is not None
    return number + 1


def test_bookmarks_lead_to_items_below_their_section(rich: Written) -> None:
    outline = rich.reader.outline
    top = [entry.title for entry in outline if isinstance(entry, Destination)]
    assert top[:3] == ["Contents", "How to read this matrix", "Parties, teams and people"]
    assert top[-1] == "About this file"
    sections = outline[top.index("Items") + 1 + _nested(outline, top.index("Items"))]
    assert isinstance(sections, list)
    assert [entry.title for entry in sections if isinstance(entry, Destination)] == [
        f"{number} {section.title}" for number, section in enumerate(rich.matrix.sections, start=1)
    ]
    pages = rich.pages()
    items = [entry for group in sections if isinstance(group, list) for entry in group]
    assert len(items) == len(rich.matrix.rows)
    for entry, row in zip(items, rich.matrix.rows, strict=True):
        assert isinstance(entry, Destination)
        assert entry.title == f"{row.key} {row.title}"
        number = rich.reader.get_destination_page_number(entry)
        assert number is not None
        assert row.key in pages[number]


def _nested(outline: Sequence[object], position: int) -> int:
    """Count the lists before the entry that is at `position` among the titles."""
    seen = lists = 0
    for entry in outline:
        if isinstance(entry, list):
            lists += 1
        else:
            seen += 1
            if seen == position + 1:
                break
    return lists


def test_paper_and_orientation(rich: Written, wide: Written) -> None:
    for written, (short, long) in ((rich, A4), (wide, LETTER)):
        sizes = {
            (round(float(page.mediabox.width), 1), round(float(page.mediabox.height), 1))
            for page in written.reader.pages
        }
        assert sizes == {
            (round(short, 1), round(long, 1)),
            (round(long, 1), round(short, 1)),
        }


def test_long_names_are_whole_with_fourteen_teams(wide: Written) -> None:
    assert len(wide.matrix.teams) == 14
    text = squeezed("".join(wide.pages())).replace("\xad", "").replace("-", "")
    for team in wide.matrix.teams:
        assert text.count(squeezed(team.name).replace("-", "")) >= 2  # among the teams, the matrix
    assert LONG_WORD in text


def test_matrix_without_letters_says_so(narrow: Written) -> None:
    assert "No team has a letter." in " ".join("".join(narrow.pages()).split())
    assert "Nobody yet" in " ".join("".join(narrow.pages()).split())


def test_a_filter_that_leaves_nothing_still_gives_a_file(rich: Written, parts: Path) -> None:
    with override_settings(REXMATRIX_PDF_CACHE_DIR=parts):
        empty = write(MatrixFilter(q="no such word").apply(rich.matrix), details())
    text = " ".join("".join(empty.pages()).split())
    assert "There is no evidence yet." in text
    assert "Nobody has signed yet." in text
    assert [entry.title for entry in empty.reader.outline if isinstance(entry, Destination)][
        -3:
    ] == ["Register of evidence", "Register of sign-offs", "About this file"]


def test_legend_names_every_letter(rich: Written) -> None:
    guide = rich.pages()[_page_of(rich, "guide") - 1]
    assert all(str(letter.label) in guide for letter in Letter)


def test_hostile_text_stays_text(rich: Written, text: str) -> None:
    assert squeezed(HOSTILE) in text
    for page in rich.reader.pages:
        assert not list(page.images)


def test_progress_is_told_to_the_end(rich: Written) -> None:
    done = [step for step, _total in rich.steps]
    assert done == list(range(1, len(done) + 1))
    assert rich.steps[-1][0] == rich.steps[-1][1]


def test_same_bytes_from_a_hot_and_a_cold_cache_and_with_one_process(
    rich: Written, parts: Path, tmp_path: Path
) -> None:
    assert list(parts.iterdir())
    with override_settings(REXMATRIX_PDF_CACHE_DIR=parts):
        assert write(rich.matrix, details()).data == rich.data
    with override_settings(REXMATRIX_PDF_CACHE_DIR=tmp_path / "cold", REXMATRIX_PDF_WORKERS=1):
        assert write(rich.matrix, details()).data == rich.data


def test_digest_on_the_cover_is_that_of_the_attachment(rich: Written) -> None:
    digests = re.findall(r"[0-9a-f]{64}", rich.pages()[0])
    (attached,) = rich.reader.attachments["matrix.json"]
    assert isinstance(attached, bytes)
    assert hashlib.sha256(attached).hexdigest() in digests
