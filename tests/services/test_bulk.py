"""Many items at once: all or none, one event, nothing lost."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from responsibilities.choices import Applicability, AuditAction, Role, SignoffState
from responsibilities.models import Assignment, AuditEvent, AuditHead, Item, TeamMember
from responsibilities.permissions import NotAllowedError
from responsibilities.services import bulk
from responsibilities.services.errors import InvalidError
from tests.signing import edit, row_of, sign
from tests.world import World, actor_in, join, make_version, make_workspace

PROVIDERS = {"T-S0-01": 1, "T-S0-02": 1, "T-S0-03": 1}
BOTH = {"T-S0-01": 1, "T-S1-01": 1}
DAY = dt.date(2027, 3, 1)


def holders(world: World, letter: str) -> dict[str, list[str]]:
    """Return the teams that have a letter, by item."""
    found: dict[str, list[str]] = {}
    for key, team in Assignment.objects.filter(
        letter=letter, item__workspace=world.workspace
    ).values_list("item__responsibility__key", "team__name"):
        found.setdefault(key, []).append(team)
    return found


def versions(world: World) -> dict[str, int]:
    """Return the versions of all items by key."""
    return dict(world.workspace.items.values_list("responsibility__key", "version"))


def give(world: World, seen: dict[str, int], letter: str, **options: Any) -> list[Item]:
    """Give a letter to the second team of the provider, as its manager."""
    actor = options.pop("actor", None) or world.actor("party0")
    team = world.team(options.pop("team", "Party 0 team 1"))
    return bulk.give(
        actor=actor,
        workspace=world.workspace,
        seen=seen,
        team_id=team.pk,
        letter=letter,
        **options,
    )


def test_one_event_names_every_item(world: World) -> None:
    before = AuditHead.objects.get(workspace=world.workspace).size
    changed = give(world, PROVIDERS, "R")
    assert {str(item) for item in changed} == set(PROVIDERS)
    assert AuditHead.objects.get(workspace=world.workspace).size == before + 1
    event = AuditEvent.objects.select_related("payload").latest("seq")
    assert event.action == AuditAction.ITEMS_BULK_CHANGED
    assert event.subjects.count() == 3
    assert json.loads(event.payload.payload)["changes"] == [
        {"field": key, "old": "", "new": "Party 0 team 1 R"} for key in PROVIDERS
    ]
    assert versions(world) == {**dict.fromkeys(versions(world), 1), **dict.fromkeys(PROVIDERS, 2)}


def test_accountable_moves_on_every_item(world: World) -> None:
    give(world, PROVIDERS, "A")
    assert all(holders(world, "A")[key] == ["Party 0 team 1"] for key in PROVIDERS)
    assert holders(world, "R")["T-S0-01"] == ["Party 0 team 0"], "the other letters stay"


def test_what_is_so_already_is_left_alone(world: World) -> None:
    assert give(world, PROVIDERS, "C") == []
    assert set(versions(world).values()) == {1}
    give(world, {"T-S0-01": 1}, "I")
    assert [str(item) for item in give(world, {"T-S0-01": 2, "T-S0-02": 1}, "I")] == ["T-S0-02"]


def test_a_person_is_named_and_has_to_be_on_the_team(world: World) -> None:
    carol = world.user("party0", Role.CONTRIBUTOR)
    with pytest.raises(InvalidError):
        give(world, PROVIDERS, "R", person_id=carol.pk)
    changed = give(world, PROVIDERS, "R", team="Party 0 team 0", person_id=carol.pk)
    assert len(changed) == 3
    named = Assignment.objects.filter(letter="R", person=carol)
    assert named.count() == 3
    assert give(world, dict.fromkeys(PROVIDERS, 2), "R", team="Party 0 team 0") == [], (
        "nobody given, the name stays"
    )


def test_take(world: World) -> None:
    changed = bulk.take(
        actor=world.actor("party0"),
        workspace=world.workspace,
        seen={**PROVIDERS, "T-S1-01": 1},
        team_id=world.team("Party 0 team 1").pk,
        letter="C",
    )
    assert {str(item) for item in changed} == set(PROVIDERS)
    assert not set(PROVIDERS) & holders(world, "C").keys()


@pytest.mark.parametrize(
    "change",
    [
        lambda world, seen: give(world, seen, "R"),
        lambda world, seen: bulk.take(
            actor=world.actor("party0"),
            workspace=world.workspace,
            seen=seen,
            team_id=world.team("Party 0 team 1").pk,
            letter="C",
        ),
        lambda world, seen: bulk.set_review(
            actor=world.actor("party0"), workspace=world.workspace, seen=seen, review_on=DAY
        ),
        lambda world, seen: bulk.set_applicability(
            actor=world.actor("party0"),
            workspace=world.workspace,
            seen=seen,
            applicability=Applicability.NOT_APPLICABLE,
            reason="Not bought",
        ),
    ],
    ids=["give", "take", "review", "applicability"],
)
def test_one_changed_item_stops_all(
    world: World, change: Callable[[World, dict[str, int]], object]
) -> None:
    give(world, {"T-S0-02": 1}, "I")
    before = (versions(world), holders(world, "R"), holders(world, "C"), AuditEvent.objects.count())
    with pytest.raises(bulk.BulkConflictError) as conflict:
        change(world, PROVIDERS)
    assert conflict.value.keys == ("T-S0-02",)
    assert "T-S0-02" in str(conflict.value)
    after = (versions(world), holders(world, "R"), holders(world, "C"), AuditEvent.objects.count())
    assert after == before


def test_review_and_applicability(world: World) -> None:
    actor = world.actor("party0")
    bulk.set_review(actor=actor, workspace=world.workspace, seen=PROVIDERS, review_on=DAY)
    assert set(
        world.workspace.items.filter(review_on=DAY).values_list("responsibility__key", flat=True)
    ) == set(PROVIDERS)
    seen = dict.fromkeys(PROVIDERS, 2)
    with pytest.raises(InvalidError):
        bulk.set_applicability(
            actor=actor,
            workspace=world.workspace,
            seen=seen,
            applicability=Applicability.NOT_APPLICABLE,
            reason="  ",
        )
    bulk.set_applicability(
        actor=actor,
        workspace=world.workspace,
        seen=seen,
        applicability=Applicability.NOT_APPLICABLE,
        reason=" Not bought ",
    )
    assert world.item("T-S0-01").applicability_reason == "Not bought"
    assert set(versions(world).values()) == {1, 3}


def test_the_same_reason_sent_again_leaves_sign_offs_current(world: World) -> None:
    bulk.set_applicability(
        actor=world.actor("party0"),
        workspace=world.workspace,
        seen=PROVIDERS,
        applicability=Applicability.NOT_APPLICABLE,
        reason="Not bought:\r\nsee the contract of Mu\u0308nchen",
    )
    sign(world, "party0", "T-S0-01")
    sign(world, "party1", "T-S0-01")
    edit(
        world,
        "T-S0-01",
        applicability_reason="Not bought:\r\nsee the contract of München\r\n",
        review_on=DAY,
    )
    row = row_of(world.workspace, "T-S0-01")
    assert row.review_on == DAY
    assert [side.state for side in row.sides] == [SignoffState.CURRENT, SignoffState.CURRENT]
    again = bulk.set_applicability(
        actor=world.actor("party0"),
        workspace=world.workspace,
        seen={"T-S0-01": row.version},
        applicability=Applicability.NOT_APPLICABLE,
        reason="Not bought:\nsee the contract of München",
    )
    assert again == [], "it is so already"


@pytest.mark.parametrize(
    ("side", "role", "seen", "allowed"),
    [
        ("party0", Role.MANAGER, PROVIDERS, True),
        ("party0", Role.CONTRIBUTOR, PROVIDERS, True),
        ("party0", Role.APPROVER, PROVIDERS, False),
        ("party0", Role.READER, PROVIDERS, False),
        ("party0", Role.MANAGER, BOTH, False),
        ("party1", Role.MANAGER, PROVIDERS, False),
        ("party1", Role.AUDITOR, PROVIDERS, False),
    ],
)
def test_only_the_holding_side_sets_a_review(
    world: World, side: str, role: Role, seen: dict[str, int], *, allowed: bool
) -> None:
    def change() -> None:
        bulk.set_review(
            actor=world.actor(side, role), workspace=world.workspace, seen=seen, review_on=DAY
        )

    if allowed:
        change()
    else:
        with pytest.raises(NotAllowedError):
            change()
    assert world.workspace.items.filter(review_on=DAY).exists() is allowed


def test_teams_of_another_side_are_not_assigned(world: World) -> None:
    with pytest.raises(NotAllowedError):
        give(world, BOTH, "I", team="Party 1 team 1")


def test_a_is_not_taken_from_another_side_without_holding_the_item(world: World) -> None:
    with pytest.raises(InvalidError, match="T-S1-01") as refusal:
        give(world, BOTH, "A")
    assert "T-S0-01" not in refusal.value.message
    assert holders(world, "A")["T-S0-01"] == ["Party 0 team 0"]


@pytest.mark.parametrize("seen", [{}, {"T-S0-01": 1, "NO-SUCH": 1}])
def test_no_or_foreign_items_are_refused(world: World, seen: dict[str, int]) -> None:
    with pytest.raises(InvalidError):
        give(world, seen, "R")
    assert set(versions(world).values()) == {1}


def test_a_foreign_team_and_a_wrong_letter_are_refused(world: World) -> None:
    foreign = world.elsewhere.teams.first()
    assert foreign is not None
    with pytest.raises(InvalidError):
        bulk.give(
            actor=world.actor("party0"),
            workspace=world.workspace,
            seen=PROVIDERS,
            team_id=foreign.pk,
            letter="R",
        )
    with pytest.raises(InvalidError):
        give(world, PROVIDERS, "X")


def test_queries_do_not_grow(world: World) -> None:
    def count(slug: str, per_section: int) -> int:
        version = make_version(per_section=per_section, slug=slug)
        workspace = make_workspace(version, slug, slug)
        manager = world.user("party0", Role.MANAGER)
        membership = join(workspace, manager, "party0", Role.MANAGER)
        team = workspace.teams.get(name="Party 0 team 1")
        TeamMember.objects.create(team=team, membership=membership)
        actor = actor_in(workspace, manager)
        seen = dict(
            workspace.items.filter(holder=membership.seat).values_list(
                "responsibility__key", "version"
            )
        )
        with CaptureQueriesContext(connection) as queries:
            bulk.give(actor=actor, workspace=workspace, seen=seen, team_id=team.pk, letter="A")
        return len(queries)

    assert count("small", 2) == count("large", 20)
