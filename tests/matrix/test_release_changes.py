"""Two editions of a matrix, compared: everything that differs is said, once, and nothing else."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from responsibilities import canonical, matrix
from responsibilities.choices import Role
from responsibilities.matrix.release_changes import Aspect, compare_editions, comparison_document
from responsibilities.models import Assignment, Evidence, Workspace
from responsibilities.services import evidence, signoffs
from tests.editions import after, framed, now, restored, said, set_letters
from tests.signing import attach, edit, exclude, sign
from tests.world import World

KEY = "T-S0-01"
OTHER_KEY = "T-S0-02"


def test_letters(world: World) -> None:
    found = after(world, lambda: set_letters(world, "Party 0 team 1", KEY, {"R": None, "C": None}))
    assert said(found) == [
        (KEY, "letters", "Party 0 team 1", "Consulted", "Responsible, Consulted")
    ]
    assert found.frame == ()
    assert found.same == 5
    assert found.items[0].section == "Section 0"
    assert found.items[0].old_digest != found.items[0].new_digest


def test_a_letter_that_moves_is_told_for_both_teams_in_the_order_of_the_columns(
    world: World,
) -> None:
    def move() -> None:
        set_letters(world, "Party 0 team 0", KEY, {})
        set_letters(world, "Party 0 team 1", KEY, {"R": None, "A": None})

    assert said(after(world, move)) == [
        (KEY, "letters", "Party 0 team 0", "Responsible, Accountable", ""),
        (KEY, "letters", "Party 0 team 1", "Consulted", "Responsible, Accountable"),
    ]


def test_people(world: World) -> None:
    name = {"R": Role.MANAGER.value, "A": Role.MANAGER.value}
    found = after(world, lambda: set_letters(world, "Party 0 team 0", KEY, name))
    assert said(found) == [(KEY, "people", "Party 0 team 0", "", "Vera Manager")]
    name["A"] = Role.CONTRIBUTOR.value
    found = after(world, lambda: set_letters(world, "Party 0 team 0", KEY, name))
    words = "Responsible: Vera Manager, Accountable: Victor Contributor"
    assert said(found) == [(KEY, "people", "Party 0 team 0", "Vera Manager", words)]


def test_another_person_of_the_same_name(world: World) -> None:
    first, second = (world.user("party0", role) for role in (Role.MANAGER, Role.CONTRIBUTOR))
    first.name = second.name = "Sam Same"
    first.save()
    second.save()
    set_letters(world, "Party 0 team 0", KEY, {"R": Role.MANAGER})
    old = now(world)
    set_letters(world, "Party 0 team 0", KEY, {"R": Role.CONTRIBUTOR})
    [(_key, aspect, _field, was, is_now)] = said(compare_editions(old, now(world)))
    assert (aspect, was) == ("people", "Sam Same")
    assert is_now == "Sam Same (another person of this name)"


def test_a_new_name_of_a_person_is_told_once(world: World) -> None:
    for key in (KEY, OTHER_KEY):
        set_letters(world, "Party 0 team 0", key, {"R": Role.MANAGER, "A": None})
    old, person = now(world), world.user("party0", Role.MANAGER)
    person.name = "Vera Changed"
    person.save()
    found = compare_editions(old, now(world))
    assert found.items == ()
    assert framed(found) == [("Name of a person", "Vera Manager", "Vera Changed")]


def test_options(world: World) -> None:
    found = after(world, lambda: edit(world, KEY, chosen={"tool": "Hammer"}))
    assert said(found) == [(KEY, "options", "Tool", "", "Hammer")]
    found = after(world, lambda: edit(world, KEY, chosen={"tool": "Saw"}))
    assert said(found) == [(KEY, "options", "Tool", "Hammer", "Saw")]


def test_note(world: World) -> None:
    found = after(world, lambda: edit(world, KEY, note="By hand."))
    assert said(found) == [(KEY, "note", "Implementation note", "", "By hand.")]


def test_applicability(world: World) -> None:
    found = after(world, lambda: exclude(world, KEY))
    assert said(found) == [
        (KEY, "applicability", "Applicability", "Applicable", "Not applicable"),
        (KEY, "applicability", "Reason", "", "There is none here."),
    ]
    assert compare_editions(now(world), now(world)).counts == {}
    assert found.counts == {Aspect.APPLICABILITY: 1}


def test_evidence_that_comes_is_revised_and_goes(world: World) -> None:
    found = after(world, lambda: attach(world, world.provider, KEY, "one"))
    [(key, aspect, field, was, is_now)] = said(found)
    assert (key, aspect, field, was) == (KEY, "evidence", "Evidence", "")
    assert is_now.startswith("Proof, r1, SHA-256 7692c3ad3540…, collected on 2026-11-01")
    found = after(world, lambda: attach(world, world.provider, KEY, "two"))
    [(_key, _aspect, _field, was, is_now)] = said(found)
    assert was.startswith("Proof, r1, SHA-256 7692c3ad3540…")
    assert is_now.startswith("Proof, r2, SHA-256 3fc4ccfe7458…")
    piece = Evidence.objects.get(workspace=world.workspace)
    found = after(
        world,
        lambda: evidence.archive(
            actor=world.actor("party0"), workspace=world.workspace, evidence=piece.pk
        ),
    )
    assert said(found)[0][3:] == (is_now, "")


def test_evidence_whose_title_or_dates_are_corrected(world: World) -> None:
    attach(world, world.provider, KEY)
    piece = Evidence.objects.get(workspace=world.workspace)
    found = after(
        world,
        lambda: evidence.edit(
            actor=world.actor("party0"),
            workspace=world.workspace,
            evidence=piece.pk,
            title="Better proof",
            collected_on=dt.date(2026, 11, 2),
            valid_until=dt.date(2027, 11, 2),
        ),
    )
    [(_key, aspect, _field, was, is_now)] = said(found)
    assert aspect == "evidence"
    assert was.startswith("Proof, r1, ")
    assert is_now.startswith("Better proof, r1, ")
    assert is_now.endswith("collected on 2026-11-02, valid until 2027-11-02")


def test_signoffs_are_told_per_side(world: World) -> None:
    found = after(world, lambda: sign(world, "party0", KEY))
    [(key, aspect, field, was, is_now)] = said(found)
    assert (key, aspect, field, was) == (KEY, "signoffs", "Vendor Inc.", "")
    assert is_now.startswith("Signed by Vera Manager, Manager, 20")
    found = after(world, lambda: sign(world, "party1", KEY))
    assert [line[2] for line in said(found)] == ["Acme"]


def test_signoffs_that_go_stale_are_withdrawn_and_given_again(world: World) -> None:
    signoff = sign(world, "party0", KEY)
    found = after(world, lambda: edit(world, KEY, note="Changed since."))
    assert [line[1] for line in said(found)] == ["note", "signoffs"]
    assert said(found)[1][3].startswith("Signed by Vera Manager")
    assert said(found)[1][4].startswith("Stale: signed by Vera Manager")
    assert found.counts == {Aspect.NOTE: 1, Aspect.SIGNOFFS: 1}
    actor = world.actor("party0")
    found = after(
        world, lambda: signoffs.withdraw(actor=actor, signoff=signoff, reason="Too early")
    )
    assert said(found)[0][4].startswith("Withdrawn (Too early): signed by Vera Manager")
    found = after(world, lambda: sign(world, "party0", KEY, Role.APPROVER))
    assert said(found)[0][3].startswith("Withdrawn (Too early)")
    assert said(found)[0][4].startswith("Signed by Vivian Approver, Approver")


def test_review_date(world: World) -> None:
    found = after(world, lambda: edit(world, KEY, review_on=dt.date(2027, 5, 1)))
    assert [line[1] for line in said(found)] == ["other"]
    assert said(found)[0][2] == "Next review"
    assert said(found)[0][4] == "2027-05-01"


@pytest.mark.parametrize("name", ["title", "statement", "condition", "guidance"])
def test_texts_of_the_model(world: World, name: str) -> None:
    duty = world.item(KEY).responsibility

    def change() -> None:
        setattr(duty, name, "Another text")
        duty.save()

    found = after(world, change)
    assert [(line[1], line[4]) for line in said(found)] == [("other", "Another text")]


def test_items_of_one_edition_alone(world: World) -> None:
    """The items of a workspace are those of its model, so the database is changed by hand."""
    old = now(world)
    item = world.item(OTHER_KEY)
    Assignment.objects.filter(item=item).delete()
    item.delete()
    gone = compare_editions(old, now(world))
    [change] = gone.items
    assert (change.key, change.kind, change.new_digest) == (OTHER_KEY, "removed", "")
    assert {d.difference.new for d in change.differences} == {""}
    [change] = compare_editions(now(world), old).items
    assert (change.key, change.kind, change.old_digest) == (OTHER_KEY, "added", "")
    assert {d.difference.old for d in change.differences} == {""}
    assert Aspect.LETTERS in {d.aspect for d in change.differences}


@pytest.mark.django_db
@pytest.mark.parametrize("slug", ["northwind", "contoso"])
def test_a_frozen_demo_does_not_differ_from_the_live_one(settings: Settings, slug: str) -> None:
    settings.REXMATRIX_DEMO = True
    call_command("load_models", verbosity=0)
    call_command("seed_demo", verbosity=0)
    live = matrix.load(Workspace.objects.with_catalog().get(slug=slug))
    for old, new in ((live, restored(live)), (restored(live), live)):
        found = compare_editions(old, new)
        assert (said(found), framed(found)) == ([], [])
        assert found.is_empty
        assert (found.same, found.renamed) == (live.total, 0)


def test_comparing_takes_no_query(world: World) -> None:
    old = now(world)
    edit(world, KEY, note="By hand.")
    new = now(world)
    with CaptureQueriesContext(connection) as queries:
        compare_editions(old, new)
    assert len(queries) == 0


def test_only_some_aspects(world: World) -> None:
    def change() -> None:
        edit(world, KEY, note="By hand.", chosen={"tool": "Saw"})
        edit(world, OTHER_KEY, review_on=dt.date(2027, 5, 1))

    found = after(world, change)
    assert [line[:2] for line in said(found)] == [
        (KEY, "options"),
        (KEY, "note"),
        (OTHER_KEY, "other"),
    ]
    assert [line[:2] for line in said(found.only({Aspect.NOTE}))] == [(KEY, "note")]
    assert said(found.only(())) == said(found)
    assert said(found.only({Aspect.PEOPLE})) == []
    assert found.only({Aspect.NOTE}).same == found.same == 4


def test_document(world: World) -> None:
    found = after(world, lambda: edit(world, KEY, note="By hand."))
    value = comparison_document(
        found, old={"edition": "1.0", "digest": "a" * 64}, new={"edition": "draft"}
    )
    assert canonical.loads(canonical.dumps(value)) == {
        "kind": "rexmatrix-changes",
        "v": 1,
        "old": {"edition": "1.0", "digest": "a" * 64},
        "new": {"edition": "draft"},
        "counts": {"note": 1},
        "unchanged": 5,
        "unchanged_but_team_renamed": 0,
        "frame": [],
        "items": [
            {
                "key": KEY,
                "title": "Duty 0.0",
                "section": "Section 0",
                "kind": "changed",
                "old_digest": found.items[0].old_digest,
                "new_digest": found.items[0].new_digest,
                "differences": [
                    {
                        "aspect": "note",
                        "field": "Implementation note",
                        "old": "",
                        "new": "By hand.",
                    }
                ],
            }
        ],
    }
