"""Findings: each kind where it belongs, and nowhere else."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from responsibilities import matrix
from responsibilities.choices import FindingKind, Letter, Role, Severity
from responsibilities.matrix import Finding
from responsibilities.models import Assignment, EvidenceRevision, Membership, TeamMember
from responsibilities.services import teams
from tests.signing import attach, edit, exclude, sign
from tests.world import World, join

KEY = "T-S0-03"
"""An optional duty of the provider: nothing is wrong with it at first."""

TODAY = timezone.localdate()


def found(world: World, key: str = KEY) -> dict[FindingKind, Finding]:
    """Return the findings of an item by kind."""
    return {f.kind: f for f in matrix.load(world.workspace).by_key[key].findings}


def letters(world: World, key: str = KEY) -> None:
    """Take A and R away."""
    Assignment.objects.filter(item=world.item(key), letter__in="AR").delete()


def test_nothing_is_wrong_at_first(world: World) -> None:
    assert found(world) == {}
    assert list(matrix.load(world.workspace).team_findings) == []


@pytest.mark.parametrize(
    ("letter", "kind"),
    [
        (Letter.ACCOUNTABLE, FindingKind.NO_ACCOUNTABLE),
        (Letter.RESPONSIBLE, FindingKind.NO_RESPONSIBLE),
    ],
)
def test_missing_letter(world: World, letter: Letter, kind: FindingKind) -> None:
    Assignment.objects.filter(item=world.item(KEY), letter=letter).delete()
    assert set(found(world)) == {kind}
    assert found(world)[kind].key == KEY
    assert found(world)[kind].severity == Severity.WRONG


def test_only_consulted_or_informed_is_one_finding(world: World) -> None:
    letters(world)
    assert set(found(world)) == {FindingKind.ONLY_CONSULTED_INFORMED}


def test_nobody_at_all(world: World) -> None:
    Assignment.objects.filter(item=world.item(KEY)).delete()
    assert set(found(world)) == {FindingKind.NO_ACCOUNTABLE, FindingKind.NO_RESPONSIBLE}


def test_accountable_on_another_side(world: World) -> None:
    Assignment.objects.filter(item=world.item(KEY), letter=Letter.ACCOUNTABLE).update(
        team=world.team("Party 1 team 1")
    )
    finding = found(world)[FindingKind.ACCOUNTABLE_ELSEWHERE]
    assert str(finding.detail) == (
        "Party 1 team 1 of Acme is accountable, but Vendor Inc. holds this duty."
    )


def test_owner_has_left(world: World) -> None:
    person = world.user("party0", Role.CONTRIBUTOR)
    Assignment.objects.filter(item=world.item(KEY), letter__in="RA").update(person=person)
    assert FindingKind.OWNER_LEFT not in found(world)
    Membership.objects.filter(workspace=world.workspace, user=person).update(
        expires_at=timezone.now() - dt.timedelta(minutes=1)
    )
    assert str(found(world)[FindingKind.OWNER_LEFT].detail) == (
        "Victor Contributor is no longer a member on Vendor Inc.'s side."
    ), "said once for both letters"


def test_an_owner_who_changed_sides_has_left_this_one(world: World) -> None:
    person = world.user("party0", Role.CONTRIBUTOR)
    Assignment.objects.filter(item=world.item(KEY), letter="A").update(person=person)
    Membership.objects.get(workspace=world.workspace, user=person).delete()
    join(world.workspace, person, "party1", Role.CONTRIBUTOR)
    assert str(found(world)[FindingKind.OWNER_LEFT].detail) == (
        "Victor Contributor is no longer a member on Vendor Inc.'s side."
    )
    Assignment.objects.filter(item=world.item("T-S1-03"), letter="A").update(person=person)
    assert str(found(world, "T-S1-03")[FindingKind.OWNER_LEFT].detail) == (
        "Victor Contributor is no longer on Party 1 team 0."
    ), "the same person, seen from the other side"


def test_an_owner_who_was_taken_off_the_team(world: World) -> None:
    person = world.user("party0", Role.CONTRIBUTOR)
    Assignment.objects.filter(item=world.item(KEY), letter__in="RA").update(person=person)
    team = world.team("Party 0 team 0")
    on_team = TeamMember.objects.get(team=team, membership__user=person)
    teams.change_members(actor=world.actor("party0"), team=team, remove=[on_team.membership_id])
    assert str(found(world)[FindingKind.OWNER_LEFT].detail) == (
        "Victor Contributor is no longer on Party 0 team 0."
    ), "said once for both letters"
    teams.change_members(actor=world.actor("party0"), team=team, add=[on_team.membership_id])
    assert FindingKind.OWNER_LEFT not in found(world)


def test_only_members_of_its_side_count_on_a_team(world: World) -> None:
    person = world.user("party1", Role.CONTRIBUTOR)
    TeamMember.objects.create(
        team=world.team("Party 0 team 0"),
        membership=Membership.objects.get(workspace=world.workspace, user=person),
    )
    Assignment.objects.filter(item=world.item(KEY), letter="A").update(person=person)
    assert FindingKind.OWNER_LEFT in found(world)


def test_a_deactivated_account_has_left(world: World) -> None:
    person = world.user("party0", Role.CONTRIBUTOR)
    Assignment.objects.filter(item=world.item(KEY), letter="A").update(person=person)
    person.is_active = False
    person.save()
    assert FindingKind.OWNER_LEFT in found(world)


def test_evidence_is_asked_of_what_is_required(world: World) -> None:
    assert set(found(world, "T-S0-01")) == {FindingKind.EVIDENCE_MISSING}
    attach(world, world.provider, "T-S0-01")
    assert found(world, "T-S0-01") == {}


@pytest.mark.parametrize(
    ("days", "kind"),
    [
        (-1, FindingKind.EVIDENCE_EXPIRED),
        (0, FindingKind.EVIDENCE_EXPIRING),
        (30, FindingKind.EVIDENCE_EXPIRING),
        (31, None),
        (None, None),
    ],
)
def test_how_fresh_evidence_is(world: World, days: int | None, kind: FindingKind | None) -> None:
    attach(world, world.provider, KEY)
    until = None if days is None else TODAY + dt.timedelta(days=days)
    EvidenceRevision.objects.update(valid_until=until)
    assert set(found(world)) == ({kind} if kind else set())
    if kind == FindingKind.EVIDENCE_EXPIRING:
        assert found(world)[kind].severity == Severity.SOON


def test_a_changed_item_makes_sign_offs_stale(world: World) -> None:
    sign(world, "party0", KEY, Role.APPROVER)
    assert found(world) == {}
    edit(world, KEY, note="Changed.")
    assert str(found(world)[FindingKind.SIGNOFF_STALE].detail) == (
        "The item has changed since Vendor Inc. signed it."
    )


@pytest.mark.parametrize(("days", "overdue"), [(-1, True), (0, False), (1, False)])
def test_a_review_is_overdue_the_day_after(world: World, days: int, overdue: bool) -> None:
    edit(world, KEY, review_on=TODAY + dt.timedelta(days=days))
    assert (FindingKind.REVIEW_OVERDUE in found(world)) is overdue


def test_the_only_person_responsible_signed(world: World) -> None:
    manager = world.user("party0", Role.MANAGER)
    sign(world, "party0", KEY)
    assert found(world) == {}, "a colleague is on the team as well"
    TeamMember.objects.filter(team__name="Party 0 team 0").exclude(
        membership__user=manager
    ).delete()
    finding = found(world)[FindingKind.SIGNER_SOLE_RESPONSIBLE]
    assert finding.severity == Severity.SOON
    assert str(finding.detail) == "Vera Manager signed and is the only person responsible."


def test_who_acknowledges_is_not_meant(world: World) -> None:
    sign(world, "party0", KEY, Role.APPROVER)
    sign(world, "party1", KEY)
    TeamMember.objects.filter(team__name="Party 0 team 0").delete()
    assert FindingKind.SIGNER_SOLE_RESPONSIBLE not in found(world)


def test_what_does_not_apply_can_only_be_stale(world: World) -> None:
    letters(world, "T-S0-01")
    edit(world, "T-S0-01", review_on=TODAY - dt.timedelta(days=1))
    assert len(found(world, "T-S0-01")) == 3
    exclude(world, "T-S0-01")
    assert found(world, "T-S0-01") == {}
    sign(world, "party0", "T-S0-01")
    edit(world, "T-S0-01", note="Changed.")
    assert set(found(world, "T-S0-01")) == {FindingKind.SIGNOFF_STALE}


def test_a_team_that_owns_something_needs_members(world: World) -> None:
    world.team("Party 1 team 0").team_members.all().delete()
    (finding,) = matrix.load(world.workspace).team_findings
    assert finding.kind == FindingKind.TEAM_WITHOUT_MEMBERS
    assert finding.team is not None
    assert finding.team.name == "Party 1 team 0"
    assert str(finding.detail) == "Party 1 team 0 (Acme) owns duties but has no members."


def test_a_team_that_is_only_informed_may_be_empty(world: World) -> None:
    Assignment.objects.filter(team__name="Party 1 team 0", letter__in="RA").delete()
    world.team("Party 1 team 0").team_members.all().delete()
    assert list(matrix.load(world.workspace).team_findings) == []


def test_a_team_that_owns_only_what_does_not_apply_may_be_empty(world: World) -> None:
    world.team("Party 1 team 0").team_members.all().delete()
    for key in ("T-S1-01", "T-S1-02", "T-S1-03"):
        exclude(world, key, "party1")
    assert list(matrix.load(world.workspace).team_findings) == []
