"""What stands on the pages: links that are safe, ownership in words, findings in order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from responsibilities import matrix
from responsibilities.choices import Applicability, Letter, Severity
from responsibilities.exchange.pdf import contexts
from responsibilities.models import Assignment
from tests.exchange.pdf.samples import details, rich_matrix
from tests.world import World


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("https://example.com/a?b=c", True),
        ("http://example.com", True),
        ("mailto:team@example.com", True),
        ("HTTPS://EXAMPLE.COM", True),
        ("javascript:alert(1)", False),
        (" javascript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        ("file:///etc/passwd", False),
        ("data:text/html,x", False),
        ("rex:item-T-S0-01", False),
        ("app:IBMPlexSans-Regular.ttf", False),
        ("//example.com", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_only_addresses_of_the_web_become_links(address: str, safe: bool) -> None:
    assert contexts.safe_link(address) == (address if safe else "")


def test_ownership_in_words(world: World) -> None:
    def ownership() -> str:
        return contexts.ownership(matrix.load(world.workspace).by_key["T-S0-01"])

    assert ownership() == "Vendor Inc."
    item = world.item("T-S0-01")
    Assignment.objects.create(item=item, team=world.team("Party 1 team 0"), letter=Letter.CONSULTED)
    assert ownership() == "Vendor Inc."
    Assignment.objects.create(
        item=item, team=world.team("Party 1 team 0"), letter=Letter.RESPONSIBLE
    )
    assert ownership() == "Shared: Vendor Inc., Acme"
    item.assignments.all().delete()
    assert ownership() == "Nobody yet"
    item.applicability, item.applicability_reason = Applicability.NOT_APPLICABLE, "Why not."
    item.save()
    assert ownership() == "Not applicable"


def test_what_is_wrong_comes_first(world: World) -> None:
    groups = contexts.findings(rich_matrix(world))["groups"]
    severities = [group.severity for group in groups]
    assert severities == sorted(severities, key=lambda severity: severity is Severity.SOON)
    assert {Severity.WRONG, Severity.SOON} == set(severities)
    for group in groups:
        assert {line.finding.kind for line in group.lines} == {group.kind}


def test_a_group_of_sections_fills_pages(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sections = contexts.numbered(matrix.load(world.workspace), details())
    assert [len(group) for group in contexts.matrix_groups(sections)] == [2]
    monkeypatch.setattr(contexts, "GROUP_ROWS", 3)
    groups = list(contexts.matrix_groups(sections))
    assert [[section.number for section in group] for group in groups] == [[1], [2]]


def test_a_filter_leaves_the_numbers_of_sections(world: World) -> None:
    whole = matrix.load(world.workspace)
    shown = matrix.MatrixFilter(section=("S1",)).apply(whole)
    (section,) = contexts.numbered(shown, replace(details(), numbers={"S0": 1, "S1": 2}))
    assert (section.number, section.is_first) == (2, True)
    (section,) = contexts.numbered(shown, details())
    assert section.number == 1


def test_a_long_sheet_may_break(world: World) -> None:
    item = world.item("T-S0-01")
    item.note = "word " * 800
    item.save()
    section = contexts.numbered(matrix.load(world.workspace), details())[0]
    sheets = contexts.items_part(section)["sheets"]
    assert [sheet.may_break for sheet in sheets] == [True, False, False]


def test_evidence_is_registered_once_with_all_its_items(world: World) -> None:
    entries = contexts.evidence(rich_matrix(world))["evidence"]
    assert [entry.piece.title for entry in entries] == [
        "Remark",
        "Report of <b>2026</b>",
        "Runbook",
        "Trap",
    ]
    assert all(entry.keys == ("T-S0-01", "T-S1-01") for entry in entries)
    assert [bool(entry.link) for entry in entries] == [False, False, True, False]
