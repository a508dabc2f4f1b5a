"""What a sign-off covers, and how a difference reads."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responsibilities import canonical, matrix
from responsibilities.matrix.words import runs
from responsibilities.models import Assignment
from tests.signing import attach, edit, exclude, row_of, sign
from tests.world import World

KEY = "T-S0-01"


def content(world: World) -> dict[str, Any]:
    """Return the content of the item as it is now."""
    return cast("dict[str, Any]", row_of(world.workspace, KEY).content)


def test_the_content_holds_everything_that_is_signed(world: World) -> None:
    attach(world, world.provider, KEY)
    edit(world, KEY, chosen={"tool": "Saw"}, note="With care")
    found = content(world)
    assert (found["model"], found["version"], found["key"]) == ("test-model", "1", KEY)
    assert found["statement"] == "Do duty 0 of section 0."
    assert (found["holder"], found["obligation"]) == ("party0", "required")
    assert (found["chosen"], found["note"]) == ({"tool": "Saw"}, "With care")
    assert sorted((row["name"], row["letter"]) for row in found["assignments"]) == [
        ("Party 0 team 0", "A"),
        ("Party 0 team 0", "R"),
        ("Party 0 team 1", "C"),
        ("Party 1 team 0", "I"),
    ]
    assert [piece["rev"] for piece in found["evidence"]] == [1]
    assert "review_on" not in found


def test_people_stand_in_it_by_their_opaque_id(world: World) -> None:
    person = world.user("party0", "manager")
    Assignment.objects.filter(item=world.item(KEY), letter="A").update(person=person)
    text = canonical.dumps(content(world)).decode()
    assert str(person.pk) in text
    assert person.name not in text
    assert person.email not in text


def test_the_order_of_columns_is_outside(world: World) -> None:
    before = row_of(world.workspace, KEY).digest
    for team in world.workspace.teams.all():
        team.position = 100 - team.position
        team.save()
    assert row_of(world.workspace, KEY).digest == before


def test_a_difference_names_values_people_and_titles(world: World) -> None:
    attach(world, world.provider, KEY, title="Old proof")
    signoff = sign(world, "party0", KEY)
    person = world.user("party0", "contributor")
    item, team = world.item(KEY), world.team("Party 0 team 0")
    Assignment.objects.filter(item=item, letter="R").update(person=person)
    team.name = "Platform"
    team.save()
    edit(world, KEY, chosen={"tool": "Saw"}, note="With care")
    attach(world, world.provider, KEY, text="newer", title="Old proof")
    exclude(world, KEY)
    row = row_of(world.workspace, KEY)
    found = {
        str(change.field): (change.old, change.new)
        for change in matrix.since_signing([row])[signoff.pk]
    }
    assert found["Team name"] == ("Party 0 team 0", "Platform")
    assert found["Platform"] == (
        "Responsible, Accountable",
        f"Responsible ({person.name}), Accountable",
    )
    assert found["Tool"] == ("", "Saw")
    assert found["Implementation note"] == ("", "With care")
    assert found["Applicability"] == ("Applicable", "Not applicable")
    assert found["Reason"] == ("", "There is none here.")
    old, new = found["Evidence"]
    assert old.startswith("Old proof, r1, SHA-256 ")
    assert new.startswith("Old proof, r2, SHA-256 ")


def test_no_difference_to_itself(world: World) -> None:
    row = row_of(world.workspace, KEY)
    assert matrix.compare([(json.loads(canonical.dumps(row.content)), row)]) == [[]]


def test_words_that_changed_are_marked_in_their_sentence() -> None:
    found = runs("Vault 1.19 rotates every 90 days", "Vault 1.20 rotates every 90 days")
    assert [(run.kind, run.text) for run in found] == [
        ("same", "Vault "),
        ("old", "1.19"),
        ("new", "1.20"),
        ("same", " rotates every 90 days"),
    ]
    assert [run.kind for run in runs("Alpha", "Beta")] == ["old", "new"]
    assert [run.kind for run in runs("", "Beta")] == ["new"]
    assert runs("", "") == []


@given(st.text(alphabet="ab .\n", max_size=60), st.text(alphabet="ab .\n", max_size=60))
def test_runs_lose_nothing(old: str, new: str) -> None:
    found = runs(old, new)
    assert "".join(run.text for run in found if run.kind != "new") == old
    assert "".join(run.text for run in found if run.kind != "old") == new


@pytest.mark.parametrize("new", ["{old}\n{more}", "{more}\n{old}"])
def test_what_is_added_to_a_short_text_stands_beside_it(new: str) -> None:
    old = "Rotation every 90 days."
    more = "The team writes down who did it, when, and with which tool, for the auditor to read."
    found = runs(old, new.format(old=old, more=more))
    assert {run.kind for run in found} == {"same", "new"}
    assert "".join(run.text for run in found) == new.format(old=old, more=more)
