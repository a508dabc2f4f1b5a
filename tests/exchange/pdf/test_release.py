"""The PDF of a release: front, attestations, revision history, list of changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from django.test import override_settings
from pypdf.generic import Destination

from responsibilities.exchange.details import Changes
from responsibilities.exchange.pdf.releases import release_part
from responsibilities.matrix import Matrix, MatrixFilter
from responsibilities.matrix.release_changes import Comparison, compare_editions
from tests.exchange.pdf.samples import (
    HOSTILE,
    Written,
    details,
    history,
    release_details,
    revision,
    squeezed,
    write,
)

type Pair = tuple[Matrix, Matrix]


@pytest.fixture
def pages(released: Written) -> list[str]:
    """The text of the pages of a release, without white space."""
    return [squeezed(page) for page in released.pages()]


@pytest.fixture
def part(released: Written, pages: list[str]) -> str:
    """The part about the release, without white space and what stands on every page."""
    reader = released.reader
    first, after = (
        reader.get_destination_page_number(reader.named_destinations[name])
        for name in ("release", "guide")
    )
    return "".join(pages[first:after])


def test_the_cover_names_release_day_and_who_attested(pages: list[str], released: Written) -> None:
    cover = pages[0]
    assert "Release1.2AttestedbyVivianApproverforVendorInc.,2026-11-2214:05UTC" in cover
    assert "AttestedbyClaraManagerforAcme,2026-11-2214:05UTC" in cover
    assert "Inforcesince22November2026,14:05UTC" in cover
    assert "Made22" not in cover
    assert released.reader.metadata is not None
    assert released.reader.metadata.title == "Acme: responsibility matrix (Release 1.2)"
    assert released.reader.metadata.author == "Vendor Inc., Acme"


def test_every_page_says_which_release_it_is(pages: list[str]) -> None:
    assert not any("DRAFT" in page for page in pages)
    assert all("Release1.2" in page for page in pages)


def test_it_is_the_first_chapter(released: Written, pages: list[str]) -> None:
    reader = released.reader
    assert reader.get_destination_page_number(reader.named_destinations["release"]) == 2
    assert "Release1.23" in pages[1]
    outline = reader.outline
    assert [entry.title for entry in outline[:2] if isinstance(entry, Destination)] == [
        "Contents",
        "Release 1.2",
    ]
    assert isinstance(outline[2], list)
    assert [entry.title for entry in outline[2] if isinstance(entry, Destination)] == [
        "Attestations",
        "Revision history",
        "Changes",
    ]


def test_attestations_are_there_in_full(part: str) -> None:
    for given in history()[0].attestations:
        for words in (given.sentence, given.printed_name, given.statement_digest):
            assert squeezed(words) in part
        assert squeezed(f"Role {given.role.label}, {given.organization}") in part
    assert part.count("Attestedat2026-11-2214:05:00UTC") == 2
    assert part.count("Identityprovedwithpassword+mfa,2026-11-2214:03:00UTC") == 2
    assert history()[0].digest in part


def test_the_revision_history_tells_what_became_of_each(part: str) -> None:
    assert "1.2since2026-11-22" in part
    assert "1.1neverwithdrawn" in part
    assert squeezed(f"Withdrawn 2026-11-17 by Clara Manager, Acme: {HOSTILE}") in part
    assert "1.0since2026-10-23until2026-11-22supersededby1.2" in part
    assert all(squeezed(one.summary) in part for one in history())
    assert "theaddressonthelastpagetells" in part


def test_every_difference_is_listed(part: str, pair: Pair) -> None:
    comparison = compare_editions(*pair)
    assert len(comparison.items) == len(pair[1].rows) - comparison.same > 2
    assert f"{len(comparison.items)}itemshavechanged." in part
    assert "Changessincerelease1.0" in part
    for item in comparison.items:
        assert squeezed(f"{item.key} {item.title}") in part
        for found in item.differences:
            for run in found.difference.runs:
                assert squeezed(run.text) in part
    for framed in comparison.frame:
        assert squeezed(framed.new) in part


def test_a_first_release_has_no_list_of_changes(pair: Pair, parts: Path) -> None:
    first = revision("1.0")
    about = replace(release_details(*pair), release=first, revisions=(first,), changes=None)
    with override_settings(REXMATRIX_PDF_CACHE_DIR=parts):
        text = squeezed("".join(write(pair[1], about).pages()))
    assert "Changessince" not in text
    assert "Releasebeforenonewasinforce" in text


def test_a_filtered_draft_lists_only_what_it_shows(pair: Pair, parts: Path) -> None:
    shown = MatrixFilter(q="T-S0-01").apply(pair[1])
    about = replace(
        details(),
        revisions=history(),
        changes=Changes("1.2", compare_editions(*pair)),
    )
    with override_settings(REXMATRIX_PDF_CACHE_DIR=parts):
        written = write(shown, about)
    text = squeezed("".join(written.pages()))
    assert "DRAFTafterrelease1.2" in text
    assert "Thisdraftcomesafterrelease1.2,inforcesince22November2026." in text
    assert "1oftheitemsinthisexporthaschanged." in text
    assert "T-S1-01" not in text


def test_without_a_release_in_force_the_draft_says_so(pair: Pair) -> None:
    proposed = revision("1.0", since=None, attestations=())
    about = replace(details(), revisions=(proposed,))
    assert release_part(pair[1], about)["in_force"] is None
    assert about.words == "DRAFT"


def test_a_file_of_a_workspace_without_releases_has_no_such_part(rich: Written) -> None:
    assert "release" not in rich.reader.named_destinations


def test_nothing_changed_is_said(pair: Pair) -> None:
    same = compare_editions(pair[1], pair[1])
    assert same == Comparison((), (), len(pair[1].rows), 0)
    context = release_part(pair[1], replace(details(), changes=Changes("1.0", same)))
    assert (context["changed"], context["sections"], context["frame"]) == (0, [], [])


def test_lines_of_one_topic_name_it_once(pair: Pair) -> None:
    context = release_part(pair[1], release_details(*pair))
    shared = 0
    for _title, items in context["sections"]:
        for item in items:
            named = [line for line in item.lines if line.field]
            topics = [line.topic for line in named if line.topic]
            assert len(topics) == len(set(topics))
            shared += len(named) - len(topics)
            assert all(line.topic or line.field for line in item.lines)
    assert shared
