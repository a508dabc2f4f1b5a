"""Releases in a race: one proposal, one release in force, and never a draft that was not shown."""

from __future__ import annotations

import hashlib
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from responsibilities import matrix
from responsibilities.choices import AuditAction, ReleaseStatus, Role
from responsibilities.models import Attestation, AuditEvent, Release, Workspace
from responsibilities.services import releases, verification
from responsibilities.services.errors import InvalidError
from responsibilities.services.releases import DraftChangedError, Step
from tests.concurrency import CommittingDatabase
from tests.releasing import attest, make_release, propose, withdraw
from tests.signing import edit
from tests.world import World, make_world

KEY = "T-S0-01"
ROUNDS = 60
SEED = 20261122
# How much later each may start, in seconds: the proposer locks the log first thing, the editor at
# the end of its write, so it needs a start.
LATEST_EDIT, LATEST_PROPOSAL = 0.02, 0.04


def draft_digest(world: World) -> str:
    """Return the digest of the draft as a page shows it now."""
    workspace = Workspace.objects.with_catalog().get(pk=world.workspace.pk)
    return matrix.digest(matrix.load(workspace))


def propose_shown(world: World, side: str, shown: str, step: Step = Step.MAJOR) -> Release:
    """Propose the draft that somebody of this side was shown."""
    return releases.propose(
        actor=world.actor(side),
        workspace=world.workspace,
        shown_digest=shown,
        step=step,
        summary=f"By {side}",
    )


def test_both_sides_attest_at_once_and_it_is_in_force_once(
    committing: CommittingDatabase,
) -> None:
    world = make_world()
    before = make_release(world)
    for _round in range(5):
        release = propose(world, Step.MINOR)
        events = AuditEvent.objects.filter(workspace=world.workspace).count()
        sides = ("party0", "party1")
        outcomes = committing.together([partial(attest, world, release, side) for side in sides])
        assert [type(outcome) for outcome in outcomes] == [Attestation, Attestation]
        assert AuditEvent.objects.filter(workspace=world.workspace).count() == events + 2
        assert Release.objects.get(status=ReleaseStatus.CURRENT) == release
        before.refresh_from_db()
        assert before.status == ReleaseStatus.SUPERSEDED
        before = release
    assert verification.verify(world.workspace).problems == []


def test_two_people_of_one_side_at_once_leave_one_attestation(
    committing: CommittingDatabase,
) -> None:
    world = make_world()
    release = propose(world)
    roles = (Role.MANAGER, Role.APPROVER) * 4
    outcomes = committing.together(
        [partial(attest, world, release, "party0", role) for role in roles]
    )
    assert sum(isinstance(outcome, Attestation) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, InvalidError) for outcome in outcomes) == 7
    assert Attestation.objects.count() == 1
    release.refresh_from_db()
    assert release.status == ReleaseStatus.PROPOSED


def test_two_proposals_at_once_leave_one(committing: CommittingDatabase) -> None:
    world = make_world()
    shown = draft_digest(world)
    outcomes = committing.together(
        [partial(propose_shown, world, side, shown) for side in ("party0", "party1") * 3]
    )
    (release,) = [outcome for outcome in outcomes if isinstance(outcome, Release)]
    others = [outcome for outcome in outcomes if outcome is not release]
    assert [str(other) for other in others] == [
        "Another proposal waits. Attest it or withdraw it first."
    ] * 5
    assert Release.objects.get().digest == shown
    proposed = AuditEvent.objects.filter(action=AuditAction.RELEASE_PROPOSED)
    assert proposed.count() == 1


def test_withdrawn_while_attested_is_never_in_force(committing: CommittingDatabase) -> None:
    """Whoever comes second is told; nothing is both withdrawn and in force."""
    world = make_world()
    for number in range(8):
        release = propose(world, Step.MAJOR)
        attest(world, release, "party0")
        calls: list[Callable[[], object]] = [
            partial(attest, world, release, "party1"),
            partial(withdraw, world, release),
        ]
        outcomes = committing.together(calls if number % 2 else calls[::-1])
        assert sum(isinstance(outcome, InvalidError) for outcome in outcomes) <= 1
        assert all(
            outcome is None or isinstance(outcome, (Attestation, InvalidError))
            for outcome in outcomes
        )
        release.refresh_from_db()
        assert release.status == ReleaseStatus.WITHDRAWN
    assert not Release.objects.filter(status=ReleaseStatus.CURRENT).exists()
    assert verification.verify(world.workspace).problems == []


@dataclass
class Race:
    """One who proposes and one who edits, starting each round together on a connection each."""

    world: World
    start: threading.Barrier = field(default_factory=lambda: threading.Barrier(2, timeout=60))
    frozen: dict[object, str] = field(default_factory=dict)
    changed: int = 0

    def delays(self) -> list[tuple[float, float]]:
        """Return for each round how much later the two start."""
        dice = random.Random(SEED)
        return [
            (dice.uniform(0, LATEST_EDIT), dice.uniform(0, LATEST_PROPOSAL)) for _ in range(ROUNDS)
        ]

    def edit(self) -> None:
        """Change the draft in each round."""
        for number, (delay, _other) in enumerate(self.delays()):
            self.start.wait()
            time.sleep(delay)
            edit(self.world, KEY, note=f"Edition {number}")
            self.start.wait()

    def propose(self) -> None:
        """Read the draft in each round, and propose what was read once the race has begun."""
        for _other, delay in self.delays():
            shown = draft_digest(self.world)
            self.start.wait()
            time.sleep(delay)
            release = None
            try:
                release = propose_shown(self.world, "party0", shown)
            except DraftChangedError:
                self.changed += 1
            self.start.wait()
            if release is not None:
                self.frozen[release.pk] = shown
                withdraw(self.world, release)


def test_proposing_while_edited_freezes_only_what_was_shown(
    committing: CommittingDatabase,
) -> None:
    """An error other than DraftChangedError ends the thread, and so the test."""
    race = Race(make_world())
    assert committing.together([race.edit, race.propose]) == [None, None]
    assert len(race.frozen) + race.changed == ROUNDS
    assert race.frozen, "this was no race: every edit came first"
    assert race.changed, "this was no race: every proposal came first"
    rows = Release.objects.in_bulk()
    assert rows.keys() == race.frozen.keys()
    for pk, shown in race.frozen.items():
        row = rows[pk]
        assert row.digest == shown == hashlib.sha256(row.snapshot.encode()).hexdigest()
    numbers = sorted((row.major, row.minor) for row in rows.values())
    assert numbers == [(n, 0) for n in range(1, len(rows) + 1)]
    assert verification.verify(race.world.workspace).problems == []
