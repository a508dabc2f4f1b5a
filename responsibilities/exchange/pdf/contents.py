"""The table of contents and the bookmarks: the same order, once with page numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from responsibilities.exchange.details import Details
from responsibilities.exchange.pdf.contexts import Numbered
from responsibilities.exchange.pdf.jobs import OutlineEntry, Rendered

RELEASE: Final = "release"
FRONT: Final = ("guide", "teams", "summary", "findings")
BACK: Final = ("evidence", "signoffs", "file")


@dataclass(frozen=True, slots=True)
class ContentsLine:
    """A line of the table of contents: where it leads, and the pages as they are printed.

    A section has two: its part of the matrix and the sheets of its items. 0 stands for none.
    """

    level: int
    title: str
    anchor: str
    page: int
    sheets_anchor: str = ""
    sheets_page: int = 0


def chapter_titles() -> dict[str, str]:
    """Return the titles of the chapters by their anchors."""
    return {
        "guide": _("How to read this matrix"),
        "teams": _("Parties, teams and people"),
        "summary": _("Summary"),
        "findings": _("Gaps and findings"),
        "matrix": _("Matrix and sheets of the items"),
        "evidence": _("Register of evidence"),
        "signoffs": _("Register of sign-offs"),
        "file": _("About this file"),
    }


def edition_title(details: Details) -> str:
    """Return the title of the part about releases."""
    return _("Revision history") if details.release is None else details.words


def contents(
    sections: Sequence[Numbered],
    details: Details,
    parts: Sequence[tuple[str, Rendered]],
    before: int,
) -> list[ContentsLine]:
    """Return the table of contents, where the parts follow `before` pages."""
    pages: dict[str, int] = {}
    for _key, part in parts:
        for anchor, page in part.anchors.items():
            pages[anchor] = before + page + 1
        before += part.pages
    titles = chapter_titles()
    lines = []
    if details.revisions:
        lines.append(ContentsLine(1, edition_title(details), RELEASE, pages[RELEASE]))
    lines += [ContentsLine(1, titles[name], name, pages[name]) for name in FRONT]
    if sections:
        lines.append(ContentsLine(1, titles["matrix"], "matrix", pages["matrix"]))
    for section in sections:
        one, two = f"matrix-{section.number}", f"items-{section.number}"
        title = f"{section.number}\u2002{section.title}"
        lines.append(ContentsLine(2, title, one, pages[one], two, pages[two]))
    lines += [ContentsLine(1, titles[name], name, pages[name]) for name in BACK]
    return lines


def outline(sections: Sequence[Numbered], details: Details) -> Iterator[OutlineEntry]:
    """Yield the bookmarks: chapters, sections, and the items below their section."""
    titles = chapter_titles()
    yield OutlineEntry(1, _("Contents"), "contents")
    yield from _release_outline(details)
    for name in FRONT:
        yield OutlineEntry(1, titles[name], name)
    if sections:
        yield OutlineEntry(1, _("Matrix"), "matrix")
    for section in sections:
        title = f"{section.number} {section.title}"
        yield OutlineEntry(2, title, f"matrix-{section.number}")
    if sections:
        yield OutlineEntry(1, _("Items"), "items")
    for section in sections:
        title = f"{section.number} {section.title}"
        yield OutlineEntry(2, title, f"items-{section.number}")
        for row in section.group.rows:
            yield OutlineEntry(3, f"{row.key} {row.title}", f"item-{row.key}")
    for name in BACK:
        yield OutlineEntry(1, titles[name], name)


def _release_outline(details: Details) -> Iterator[OutlineEntry]:
    if not details.revisions:
        return
    yield OutlineEntry(1, edition_title(details), RELEASE)
    if details.release is not None:
        yield OutlineEntry(2, _("Attestations"), "attestations")
        yield OutlineEntry(2, _("Revision history"), "history")
    if details.changes is not None:
        yield OutlineEntry(2, _("Changes"), "changes")
