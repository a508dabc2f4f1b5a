"""Writers that race: one sign-off is left, and none covers what was not shown."""

from __future__ import annotations

import hashlib
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from django.utils import timezone

from responsibilities import canonical
from responsibilities.choices import Letter
from responsibilities.models import AuditEvent, Evidence, Item, Signoff
from responsibilities.services import (
    assignments,
    evidence,
    items,
    signoffs,
    statements,
    teams,
    verification,
)
from responsibilities.services.errors import ConflictError
from responsibilities.services.evidence_content import NewNote
from responsibilities.services.signoffs import ChangedError, RefusedError
from responsibilities.services.statements import Shown
from tests.concurrency import CommittingDatabase
from tests.signing import AUTHENTICATION, edit, row_of, shown_to
from tests.world import World, make_world

KEY = "T-S0-01"
KEYS = ("T-S0-01", "T-S0-02", "T-S0-03")
PARALLEL = 100
ROUNDS = 1000
SEED = 20261122
# How much later one of the two writers may start, in seconds: about as long as one write takes.
LATEST = 0.008


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


def test_a_hundred_sign_offs_by_one_signer_at_once_leave_one(
    committing: CommittingDatabase,
) -> None:
    world = make_world()
    events = AuditEvent.objects.filter(workspace=world.workspace).count()
    outcomes = committing.together([partial(sign_now, world)] * PARALLEL)
    assert len(outcomes) == PARALLEL
    assert sum(isinstance(outcome, Signoff) for outcome in outcomes) == 1
    others = [outcome for outcome in outcomes if not isinstance(outcome, (Signoff, RefusedError))]
    assert others == []
    assert Signoff.objects.count() == 1
    assert AuditEvent.objects.filter(workspace=world.workspace).count() == events + 1
    assert verification.verify(world.workspace).problems == []


def test_two_people_of_one_side_at_once_leave_one_sign_off(committing: CommittingDatabase) -> None:
    world = make_world()
    roles = ("manager", "approver")
    outcomes = committing.together([partial(sign_now, world, role) for role in roles * 4])
    assert sum(isinstance(outcome, Signoff) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, RefusedError) for outcome in outcomes) == 7
    assert Signoff.objects.count() == 1


def prove(world: World) -> Evidence:
    """Put one piece of evidence on all items of the race."""
    return evidence.add(
        actor=world.actor("party0"),
        workspace=world.workspace,
        title="Proof",
        content=NewNote("We looked."),
        collected_on=timezone.localdate(),
        items=KEYS,
    )


def change(world: World, piece: Evidence, key: str, number: int) -> None:
    """Change what a sign-off of the item covers: its note, a letter, its evidence, a team."""
    actor, team = world.actor("party0"), world.provider.teams.order_by("position")[1]
    edition, kind = divmod(number, 4)
    if kind == 0:
        edit(world, key, note=f"Edition {edition}")
    elif kind == 1:
        assignments.set_cells(
            actor=actor,
            workspace=world.workspace,
            key=key,
            cells={team.pk: {Letter.INFORMED if edition % 2 else Letter.CONSULTED: None}},
            seen_version=world.item(key).version,
        )
    elif kind == 2:
        evidence.revise(
            actor=actor,
            workspace=world.workspace,
            evidence=piece.pk,
            content=NewNote(f"We looked {edition + 2} times."),
            collected_on=timezone.localdate(),
        )
    else:
        teams.edit(actor=actor, team=team, name=f"Team of edition {edition}", description="")


@dataclass
class Race:
    """One signer and one editor who start each round together, on a connection each."""

    world: World
    start: threading.Barrier = field(default_factory=lambda: threading.Barrier(2, timeout=60))
    signed: dict[object, tuple[Shown, str]] = field(default_factory=dict)
    changed: int = 0

    def rounds(self) -> Iterator[tuple[str, float, float]]:
        """Yield for each round the item, and how much later signer and editor start."""
        dice = random.Random(SEED)
        for number in range(ROUNDS):
            yield KEYS[number % len(KEYS)], dice.uniform(0, LATEST), dice.uniform(0, LATEST)

    def edit(self) -> None:
        """Change the item of each round."""
        piece = prove(self.world)
        for number, (key, _delay, delay) in enumerate(self.rounds()):
            self.start.wait()
            time.sleep(delay)
            change(self.world, piece, key, number)
            self.start.wait()

    def sign(self) -> None:
        """Read the item of each round, and sign what was read once the race has begun."""
        actor = self.world.actor("party0")
        assert actor.membership is not None
        for key, delay, _delay in self.rounds():
            row = row_of(self.world.workspace, key)
            shown = statements.offer(row, actor.membership)
            self.start.wait()
            time.sleep(delay)
            try:
                signoff = signoffs.sign(
                    actor=actor,
                    workspace=self.world.workspace,
                    key=key,
                    shown=shown,
                    authentication=AUTHENTICATION,
                )
            except ChangedError:
                self.changed += 1
            else:
                self.signed[signoff.pk] = shown, canonical.dumps(row.content).decode()
            self.start.wait()


def test_signing_while_edited_covers_only_what_was_shown(committing: CommittingDatabase) -> None:
    """A refusal other than ChangedError ends the signer's thread, and so the test."""
    race = Race(make_world())
    assert committing.together([race.edit, race.sign]) == [None, None]
    assert len(race.signed) + race.changed == ROUNDS
    assert min(len(race.signed), race.changed) >= ROUNDS // 50, "this was no race"
    rows = Signoff.objects.in_bulk()
    assert rows.keys() == race.signed.keys()
    for pk, (shown, content) in race.signed.items():
        row = rows[pk]
        assert (row.item_digest, row.content) == (shown.digest, content)
        assert hashlib.sha256(content.encode()).hexdigest() == shown.digest
        assert shown.sentence in row.statement
    for key in KEYS:
        numbers = Signoff.objects.filter(item=race.world.item(key)).order_by("number")
        found = list(numbers.values_list("number", flat=True))
        assert found == list(range(1, len(found) + 1))
    assert verification.verify(race.world.workspace).problems == []


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
