"""Filters: read from an address, put back into one, and what they leave."""

from __future__ import annotations

import datetime as dt

import pytest
from django.http import QueryDict

from responsibilities import matrix
from responsibilities.choices import Applicability, EvidenceKind, Letter
from responsibilities.matrix import MatrixFilter
from responsibilities.models import (
    Assignment,
    Evidence,
    EvidenceLink,
    EvidenceRevision,
    Item,
)
from tests.signing import sign
from tests.world import World


def keys(world: World, query: str, *, side: str = "party0", role: str = "manager") -> list[str]:
    """Return the keys that a filter leaves for a member."""
    actor = world.actor(side, role)
    assert actor.user is not None
    wanted = MatrixFilter.parse(QueryDict(query), seat_id=actor.seat_id, user_id=actor.user.pk)
    return [row.key for row in wanted.apply(matrix.load(world.workspace)).rows]


S0 = ["T-S0-01", "T-S0-02", "T-S0-03"]
S1 = ["T-S1-01", "T-S1-02", "T-S1-03"]


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("", [*S0, *S1]),
        ("q=t-s0-02", ["T-S0-02"]),
        ("q=duty+1.1", ["T-S1-02"]),
        ("q=nothing+like+it", []),
        ("section=S1", S1),
        ("section=S0&section=S1", [*S0, *S1]),
        ("side=party1", S1),
        ("letter=I", [*S0, *S1]),
        ("obligation=optional", ["T-S0-03", "T-S1-03"]),
        ("state=unassigned", []),
        ("state=no-evidence", [*S0, *S1]),
        ("state=findings", ["T-S0-01", "T-S0-02", "T-S1-01", "T-S1-02"]),
        ("state=findings&section=S1", ["T-S1-01", "T-S1-02"]),
        ("finding=evidence_missing&q=S1", ["T-S1-01", "T-S1-02"]),
        ("state=not-applicable", []),
        ("state=unsigned-us&side=party0", S0),
        ("state=unsigned-them&side=party0", S0),
        ("state=stale", []),
    ],
)
def test_what_is_left(world: World, query: str, left: list[str]) -> None:
    assert keys(world, query) == left


def test_team_and_letter_have_to_fit_together(world: World) -> None:
    team = world.team("Party 0 team 0").pk
    assert keys(world, f"team={team}&letter=A") == S0
    assert keys(world, f"team={team}&letter=I") == S1
    assert keys(world, f"team={team}&letter=C") == []


def test_mine_is_what_names_me_and_what_my_teams_have_without_a_name(world: World) -> None:
    assert keys(world, "person=me&letter=R") == S0
    assert keys(world, "person=me", role="reader") == []
    colleague = world.user("party0", "contributor")
    Assignment.objects.filter(
        item=world.item("T-S0-01"), letter__in=[Letter.RESPONSIBLE, Letter.ACCOUNTABLE]
    ).update(person=colleague)
    assert keys(world, "person=me&letter=R") == S0[1:]
    assert keys(world, f"person={colleague.pk}") == ["T-S0-01"]


def test_unassigned_and_not_applicable(world: World) -> None:
    Assignment.objects.filter(item=world.item("T-S0-01"), letter=Letter.RESPONSIBLE).delete()
    assert keys(world, "state=unassigned") == ["T-S0-01"]
    Item.objects.filter(pk=world.item("T-S0-01").pk).update(
        applicability=Applicability.NOT_APPLICABLE, applicability_reason="Not used here"
    )
    assert keys(world, "state=unassigned") == []
    assert keys(world, "state=not-applicable") == ["T-S0-01"]
    assert keys(world, "state=unsigned-us") == [*S0, *S1], "an exclusion is signed too"
    assert keys(world, "state=unsigned-them&state=not-applicable") == ["T-S0-01"]
    for side in ("party0", "party1"):
        sign(world, side, "T-S0-01")
    assert keys(world, "state=unsigned-us") == [*S0[1:], *S1]
    assert keys(world, "state=unsigned-them&state=not-applicable") == []


def test_evidence_that_ends_soon(world: World) -> None:
    piece = Evidence.objects.create(
        workspace=world.workspace, seat=world.provider, kind=EvidenceKind.NOTE, title="Policy"
    )
    piece.current = EvidenceRevision.objects.create(
        evidence=piece,
        number=1,
        text="Text",
        sha256="0" * 64,
        size=4,
        media_type="text/plain",
        collected_on=dt.date(2020, 1, 1),
        valid_until=dt.date(2020, 2, 1),
        created_by=world.user("party0", "manager"),
    )
    piece.save()
    EvidenceLink.objects.create(evidence=piece, item=world.item("T-S0-01"))
    assert keys(world, "state=expiring") == ["T-S0-01"]
    assert "T-S0-01" not in keys(world, "state=no-evidence")


def test_what_is_unknown_is_left_out() -> None:
    query = QueryDict("letter=X&state=nonsense&obligation=&nobody=1&q=+")
    wanted = MatrixFilter.parse(query)
    assert not wanted.is_active
    assert wanted.query_string() == ""


def test_there_and_back() -> None:
    text = "q=secrets&section=S0&section=S1&letter=A&state=findings"
    wanted = MatrixFilter.parse(QueryDict(text))
    assert wanted.query_string() == text
    assert wanted.without("section", "S0").query_string() == (
        "q=secrets&section=S1&letter=A&state=findings"
    )
    assert wanted.without("q").query_string() == ("section=S0&section=S1&letter=A&state=findings")
    assert wanted.without("section").query_string() == "q=secrets&letter=A&state=findings"


def test_another_workspace_never_shows(world: World) -> None:
    foreign = world.elsewhere.teams.first()
    assert foreign is not None
    assert keys(world, f"team={foreign.pk}") == []
    assert keys(world, f"person={world.outsider.pk}") == []
