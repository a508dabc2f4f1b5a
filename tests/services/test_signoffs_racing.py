"""Writers that race: one sign-off is left, and none covers what was not shown."""

from __future__ import annotations

from functools import partial

from responsibilities.models import AuditEvent, Item, Signoff
from responsibilities.services import items, signoffs
from responsibilities.services.errors import ConflictError
from responsibilities.services.signoffs import ChangedError, RefusedError
from responsibilities.services.statements import Shown
from tests.concurrency import CommittingDatabase
from tests.signing import AUTHENTICATION, row_of, shown_to
from tests.world import World, make_world

KEY = "T-S0-01"
ROUNDS = 25


def sign_now(world: World, role: str = "manager") -> Signoff:
    """Sign what is there now."""
    actor = world.actor("party0", role)
    return signoffs.sign(
        actor=actor,
        workspace=world.workspace,
        key=KEY,
        shown=shown_to(actor, world.workspace, KEY),
        authentication=AUTHENTICATION,
    )


def test_signing_at_once_leaves_one_sign_off(committing: CommittingDatabase) -> None:
    world = make_world()
    events = AuditEvent.objects.filter(workspace=world.workspace).count()
    roles = ("manager", "approver")
    outcomes = committing.together([partial(sign_now, world, role) for role in roles * 4])
    assert sum(isinstance(outcome, Signoff) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, RefusedError) for outcome in outcomes) == 7
    assert Signoff.objects.count() == 1
    assert AuditEvent.objects.filter(workspace=world.workspace).count() == events + 1


def test_signing_while_edited_covers_only_what_was_shown(committing: CommittingDatabase) -> None:
    world = make_world()
    actor = world.actor("party0")
    signed = changed = 0
    for number in range(ROUNDS):
        version = Item.objects.get(pk=world.item(KEY).pk).version
        shown = shown_to(actor, world.workspace, KEY)

        def edit(note: str = f"Edition {number}", version: int = version) -> object:
            return items.edit(
                actor=actor,
                workspace=world.workspace,
                key=KEY,
                seen_version=version,
                applicability="applicable",
                applicability_reason="",
                chosen={},
                note=note,
                review_on=None,
            )

        def sign(shown: Shown = shown) -> object:
            return signoffs.sign(
                actor=actor,
                workspace=world.workspace,
                key=KEY,
                shown=shown,
                authentication=AUTHENTICATION,
            )

        edited, outcome = committing.together([edit, sign])
        assert not isinstance(edited, Exception)
        if isinstance(outcome, Signoff):
            signed += 1
            assert outcome.item_digest == shown.digest
        else:
            changed += 1
            assert isinstance(outcome, ChangedError)
    assert signed + changed == ROUNDS
    assert Signoff.objects.count() == signed
    assert set(Signoff.objects.values_list("number", flat=True)) == set(range(1, signed + 1))


def test_editing_at_once_loses_nothing(committing: CommittingDatabase) -> None:
    world = make_world()
    version = world.item(KEY).version

    def edit(note: str) -> object:
        return items.edit(
            actor=world.actor("party0"),
            workspace=world.workspace,
            key=KEY,
            seen_version=version,
            applicability="applicable",
            applicability_reason="",
            chosen={},
            note=note,
            review_on=None,
        )

    outcomes = committing.together([partial(edit, f"Note {n}") for n in range(6)])
    saved = [outcome for outcome in outcomes if isinstance(outcome, Item)]
    assert len(saved) == 1
    assert sum(isinstance(outcome, ConflictError) for outcome in outcomes) == 5
    assert row_of(world.workspace, KEY).note == saved[0].note
    assert row_of(world.workspace, KEY).version == version + 1
