"""Next steps: for this person, in this role, and never another number than the page behind."""

from __future__ import annotations

import datetime as dt

import pytest
from django.http import QueryDict
from django.utils import timezone

from responsibilities import matrix
from responsibilities.choices import Letter, Role
from responsibilities.matrix.filters import MatrixFilter
from responsibilities.matrix.steps import Place, Step, next_steps
from responsibilities.models import Assignment, Evidence, EvidenceRevision, Membership
from responsibilities.permissions import system_actor
from tests.signing import attach, edit, exclude, sign
from tests.world import World, actor_in, join

KEY = "T-S0-01"


def steps(world: World, side: str, role: str, to_sign: int = 0) -> list[Step]:
    """Return what a person has to do next."""
    grid = matrix.load(world.workspace)
    return list(next_steps(grid, world.actor(side, role), to_sign=to_sign))


def texts(found: list[Step]) -> str:
    """Return the words of all steps."""
    return "\n".join(step.text for step in found)


def test_a_release_that_waits_is_the_first_step(world: World) -> None:
    grid = matrix.load(world.workspace)
    found = next_steps(grid, world.actor("party0"), to_sign=2, to_attest="1.1")
    assert found[0] == Step(
        count=1,
        text="Release 1.1 waits for your attestation. Read it and attest.",
        place=Place.RELEASE,
        release="1.1",
    )
    assert all(
        step.place != Place.RELEASE for step in next_steps(grid, world.actor("party0"), to_sign=2)
    )


def test_an_engineer_sees_what_lacks_evidence(world: World) -> None:
    found = steps(world, "party0", Role.CONTRIBUTOR)
    assert [(step.count, step.place) for step in found] == [(3, Place.MATRIX)]
    assert found[0].text == "3 items you own have no evidence. Add some."
    attach(world, world.provider, KEY)
    assert steps(world, "party0", Role.CONTRIBUTOR)[0].count == 2


def test_what_a_colleague_is_named_for_is_not_mine(world: World) -> None:
    Assignment.objects.filter(item=world.item(KEY), letter__in="RA").update(
        person=world.user("party0", Role.MANAGER)
    )
    assert steps(world, "party0", Role.CONTRIBUTOR)[0].count == 2


def test_numbers_are_those_of_the_filtered_matrix(world: World) -> None:
    Assignment.objects.filter(item=world.item("T-S1-01"), letter=Letter.ACCOUNTABLE).delete()
    attach(world, world.customer, "T-S1-02")
    sign(world, "party1", "T-S1-02")
    edit(world, "T-S1-02", "party1", note="Changed.", review_on=dt.date(2026, 1, 1))
    actor = world.actor("party1")
    grid = matrix.load(world.workspace)
    found = [step for step in next_steps(grid, actor) if step.place == Place.MATRIX]
    assert len(found) == 5
    for step in found:
        wanted = MatrixFilter.parse(
            QueryDict(step.query),
            seat_id=actor.seat_id,
            user_id=actor.user.pk if actor.user else None,
        )
        assert wanted.apply(grid).rows, step.text
        assert len(wanted.apply(grid).rows) == step.count, step.text
        assert str(step.count) in step.text


def test_evidence_that_expires_is_to_be_renewed(world: World) -> None:
    attach(world, world.provider, KEY)
    EvidenceRevision.objects.update(valid_until=timezone.localdate() + dt.timedelta(days=3))
    assert "expired or soon will" in texts(steps(world, "party0", Role.CONTRIBUTOR))
    Evidence.objects.update(archived_at=timezone.now())
    assert "expired or soon will" not in texts(steps(world, "party0", Role.CONTRIBUTOR))


@pytest.mark.parametrize("role", [Role.MANAGER, Role.APPROVER])
def test_signers_see_what_waits_for_their_signature(world: World, role: str) -> None:
    found = steps(world, "party0", role, to_sign=2)
    assert found[-1] == Step(2, "2 items wait for your sign-off. Read them and sign.", Place.SIGN)


def test_stale_sign_offs_come_before_what_is_new(world: World) -> None:
    attach(world, world.provider, KEY)
    sign(world, "party0", KEY)
    edit(world, KEY, note="Changed.")
    found = steps(world, "party0", Role.APPROVER, to_sign=1)
    assert [step.count for step in found] == [1, 1]
    assert found[0].text == "1 item has changed since it was signed. Look at it again."
    exclude(world, KEY)
    again = steps(world, "party0", Role.APPROVER, to_sign=1)
    assert again[0] == found[0], "also where it no longer applies"


@pytest.mark.parametrize("role", [Role.READER, Role.AUDITOR])
def test_readers_have_nothing_to_do(world: World, role: str) -> None:
    assert steps(world, "party1", role) == []


def test_the_system_has_nothing_to_do(world: World) -> None:
    assert next_steps(matrix.load(world.workspace), system_actor()) == ()


def test_provider_is_told_to_add_a_manager_to_a_vacant_side(world: World) -> None:
    text = "Acme has no manager yet. Add one."
    assert text not in texts(steps(world, "party0", Role.MANAGER))
    Membership.objects.filter(workspace=world.workspace, seat=world.customer).delete()
    found = steps(world, "party0", Role.MANAGER)
    assert (found[0].text, found[0].place) == (text, Place.MEMBERS)
    assert text not in texts(steps(world, "party0", Role.CONTRIBUTOR))


def test_managers_are_told_of_their_own_teams_without_members(world: World) -> None:
    world.team("Party 1 team 0").team_members.all().delete()
    found = steps(world, "party1", Role.MANAGER)
    assert (found[0].count, found[0].place) == (1, Place.TEAMS)
    assert "no members" not in texts(steps(world, "party0", Role.MANAGER))
    assert "no members" not in texts(steps(world, "party1", Role.CONTRIBUTOR))


def test_provider_looks_after_the_teams_of_a_vacant_side(world: World) -> None:
    join(world.elsewhere, world.user("party0", Role.MANAGER), "party0", Role.MANAGER)
    Membership.objects.filter(workspace=world.elsewhere, user=world.outsider).delete()
    actor = actor_in(world.elsewhere, world.user("party0", Role.MANAGER))
    found = next_steps(matrix.load(world.elsewhere), actor)
    assert (found[1].count, found[1].place) == (2, Place.TEAMS)
