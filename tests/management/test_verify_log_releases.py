"""verify_log finds what the owner of the database can do to releases and attestations."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from django.core.management.base import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from responsibilities.choices import AuditAction
from responsibilities.models import Attestation, AuditEvent, Release
from responsibilities.permissions import system_actor
from responsibilities.services import audit, checkpoints, verification
from responsibilities.services.releases import Step
from tests.attacks import drop_triggers, sql
from tests.management.test_verify_log import verify
from tests.releasing import attest, make_release, propose, withdraw
from tests.signing import edit, sign
from tests.world import World

KEY = "T-S0-01"
RELEASE = "responsibilities_release"
ATTESTATION = "responsibilities_attestation"
WITHDRAWAL = "responsibilities_releasewithdrawal"


@pytest.fixture
def released(world: World) -> World:
    """Release 1.0, superseded by 1.1; 2.0 withdrawn as a proposal; 3.0 attested by one side."""
    sign(world, "party0", KEY)
    make_release(world)
    edit(world, KEY, note="Since 1.0")
    make_release(world, Step.MINOR)
    withdraw(world, propose(world), "Not yet")
    attest(world, propose(world), "party0")
    checkpoints.issue(actor=system_actor(), workspace=world.workspace)
    return world


def problems(world: World) -> str:
    """Return what does not fit, one in a line."""
    return "\n".join(str(problem) for problem in verification.verify(world.workspace).problems)


def pk(major: int, minor: int = 0) -> str:
    """Return the key of a release, as the database stores it."""
    found = Release.objects.get(major=major, minor=minor).pk
    return found.hex if connection.vendor == "sqlite" else str(found)


def on(number: tuple[int, int], change: str, *values: str) -> None:
    """Change columns of a release."""
    assert sql(f"UPDATE {RELEASE} SET {change} WHERE id = %s", [*values, pk(*number)]) == 1  # noqa: S608


def test_honest_releases_hold(released: World) -> None:
    said = verify(slug=released.workspace.slug)
    assert "snapshots and statuses of 4 releases" in said
    assert "statements and digests of 5 attestations" in said
    assert "Everything that was checked fits." in said
    withdraw(released, Release.objects.get(major=1, minor=1), "All of it was wrong")
    attest(released, Release.objects.get(major=3), "party1")
    assert "Everything that was checked fits." in verify(slug=released.workspace.slug)


def forge_snapshot(*, digest: bool) -> None:
    """Change the matrix of release 1.0, and its digest along with it if wanted."""
    text = Release.objects.get(major=1, minor=0).snapshot.replace("Duty 0.0", "Duty 0.9")
    on((1, 0), "snapshot = %s", text)
    if digest:
        on((1, 0), "digest = %s", hashlib.sha256(text.encode()).hexdigest())


def forge_statement() -> None:
    """Change who attested, in statement, digest and column."""
    row = Attestation.objects.filter(release__major=1, release__minor=0)[0]
    text = row.statement.replace("Vera Manager", "Vito Manager")
    assert text != row.statement
    done = sql(
        f"UPDATE {ATTESTATION} SET statement = %s, statement_digest = %s, printed_name = %s"  # noqa: S608
        " WHERE statement_digest = %s",
        [text, hashlib.sha256(text.encode()).hexdigest(), "Vito Manager", row.statement_digest],
    )
    assert done == 1


def attestation(number: tuple[int, int], side: str) -> Attestation:
    """Return the attestation of a release for a side."""
    major, minor = number
    return Attestation.objects.get(
        release__major=major, release__minor=minor, seat__party__key=side
    )


def on_attestation(number: tuple[int, int], side: str, change: str, *values: str) -> None:
    """Change columns of an attestation."""
    digest = attestation(number, side).statement_digest
    statement = f"UPDATE {ATTESTATION} SET {change} WHERE statement_digest = %s"  # noqa: S608
    assert sql(statement, [*values, digest]) == 1


def move_to_another_person() -> None:
    """Let a colleague have attested."""
    row = attestation((1, 0), "party1")
    other = row.seat.memberships.exclude(user=row.attester).filter(role="approver").get().user
    value = other.pk.hex if connection.vendor == "sqlite" else str(other.pk)
    on_attestation((1, 0), "party1", "attester_id = %s", value)


def move_to_another_side() -> None:
    """Let the first side's attestation be the second's."""
    seat = attestation((1, 0), "party1").seat_id
    assert seat is not None
    sql(
        f"DELETE FROM {ATTESTATION} WHERE statement_digest = %s",  # noqa: S608
        [attestation((1, 0), "party1").statement_digest],
    )
    on_attestation((1, 0), "party0", "seat_id = %s", str(seat))


def delete_attestation() -> None:
    """Delete the attestation of one side."""
    digest = attestation((1, 1), "party1").statement_digest
    assert sql(f"DELETE FROM {ATTESTATION} WHERE statement_digest = %s", [digest]) == 1  # noqa: S608


def delete_release() -> None:
    """Delete the newest proposal with what hangs on it."""
    sql(f"DELETE FROM {ATTESTATION} WHERE release_id = %s", [pk(3)])  # noqa: S608
    assert sql(f"DELETE FROM {RELEASE} WHERE id = %s", [pk(3)]) == 1  # noqa: S608


def complete_proposal() -> None:
    """Bring the proposal into force with the attestation that another release had."""
    on_attestation((1, 0), "party1", "release_id = %s", pk(3))
    on((1, 1), "status = 'superseded'")
    on((3, 0), "status = 'current', effective_at = proposed_at")


def unwithdraw() -> None:
    """Let the proposal wait again."""
    on((3, 0), "status = 'withdrawn'")
    sql(f"DELETE FROM {WITHDRAWAL}")  # noqa: S608
    on((2, 0), "status = 'proposed'")


ATTACKS: dict[str, tuple[Callable[[], object], str]] = {
    "a snapshot": (
        lambda: forge_snapshot(digest=False),
        "the snapshot does not fit its digest",
    ),
    "a snapshot and its digest": (
        lambda: forge_snapshot(digest=True),
        "differs from what was logged or signed: digest",
    ),
    "an unreadable snapshot": (
        lambda: on((1, 0), "snapshot = '[]'"),
        "the snapshot cannot be read",
    ),
    "a number": (lambda: on((3, 0), "major = 4"), "signed: number"),
    "a summary": (lambda: on((1, 0), "summary = 'Nothing'"), "signed: summary"),
    "a proposer": (lambda: on((1, 0), "proposer_name = 'Nobody'"), "signed: printed name"),
    "a time": (lambda: on((1, 0), "proposed_at = '2020-01-01 00:00:00+00:00'"), "signed: time"),
    "the release before": (
        lambda: on((1, 1), "previous_id = NULL"),
        "the release before it is not the one that was in force",
    ),
    "in force": (
        lambda: on((1, 0), "effective_at = '2020-01-01 00:00:00+00:00'"),
        "release 1.0: it did not come into force with its last attestation",
    ),
    "a status": (
        lambda: on((3, 0), "status = 'superseded'"),
        "release 3.0: it is superseded, the log says proposed",
    ),
    "a withdrawn status": (
        lambda: on((1, 1), "status = 'withdrawn'"),
        "release 1.1: it is withdrawn, the log says current",
    ),
    "a status put back": (unwithdraw, "the withdrawal of release 2.0 that it names is gone"),
    "a statement": (
        lambda: on_attestation((1, 0), "party0", "statement = '{}'"),
        "an attestation does not fit its digest",
    ),
    "a statement and its digest": (forge_statement, "no event of the log names an attestation"),
    "a printed name": (
        lambda: on_attestation((1, 0), "party0", "printed_name = 'Vito'"),
        "signed: printed name",
    ),
    "a role": (
        lambda: on_attestation((1, 0), "party0", "role = 'reader'"),
        "signed: role",
    ),
    "another person": (move_to_another_person, "signed: signer, signer in the log"),
    "another side": (move_to_another_side, "signed: side, side in the log"),
    "no attestation": (delete_attestation, "the attestation of release 1.1 that it names is gone"),
    "no release": (delete_release, "the release that it names is gone"),
    "a proposal in force": (complete_proposal, "release 3.0: it is current, the log says proposed"),
    "no withdrawal": (
        lambda: sql(f"DELETE FROM {WITHDRAWAL}"),  # noqa: S608
        "the withdrawal of release 2.0 that it names is gone",
    ),
    "a reason": (
        lambda: sql(f"UPDATE {WITHDRAWAL} SET reason = 'None'"),  # noqa: S608
        "signed: reason of the withdrawal",
    ),
}


@pytest.mark.parametrize("attack", [*ATTACKS])
def test_an_attack_is_found(attack: str, released: World) -> None:
    change, words = ATTACKS[attack]
    drop_triggers()
    change()
    with pytest.raises(CommandError, match="The log does not hold"):
        verify(slug=released.workspace.slug)
    assert words in problems(released)


def test_a_release_that_nobody_proposed_is_found(released: World) -> None:
    made = Release.objects.get(major=3)
    made.pk, made.major, made.status = None, 9, "withdrawn"
    drop_triggers()
    made.save(force_insert=True)
    assert "release 9.0: the log does not hold its proposal" in problems(released)


def test_the_first_bad_event_is_named(released: World) -> None:
    drop_triggers()
    delete_attestation()
    row = Release.objects.get(major=1, minor=1)
    events = AuditEvent.objects.filter(object_id=str(row.pk), action="release.attested")
    last = events.order_by("-seq")[0]
    with pytest.raises(CommandError, match=f"first bad sequence number {last.seq}"):
        verify(slug=released.workspace.slug)


def test_a_forged_log_needs_another_person_for_each_side(world: World) -> None:
    """Rows and events fit one another, and still one person cannot have attested for two."""
    release = propose(world)
    attest(world, release, "party0")
    row = attestation((1, 0), "party0")
    audit.append(
        workspace=world.workspace,
        actor=world.actor("party0"),
        action=AuditAction.RELEASE_ATTESTED,
        subject=audit.Subject("release", str(release.pk)),
        label="Release 1.0",
        changes=[audit.Change("statement SHA-256", "", row.statement_digest)],
    )
    assert "needs an attestation by another person for each side" in problems(world)


def test_the_queries_do_not_grow_with_the_releases(released: World) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            verify(slug=released.workspace.slug)
        return len(captured)

    attest(released, Release.objects.get(major=3), "party1")
    before = queries()
    for number in range(5):
        edit(released, KEY, note=f"Again {number}")
        make_release(released, Step.MINOR)
    assert queries() == before
