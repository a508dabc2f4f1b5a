"""Proposing, attesting, withdrawing: who may, what is frozen, what each refusal says."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from dataclasses import replace

import pytest

from responsibilities import matrix
from responsibilities.choices import (
    AuditAction,
    FindingKind,
    Letter,
    Paper,
    ReleaseStatus,
    Role,
    Via,
)
from responsibilities.models import (
    Assignment,
    Attestation,
    AuditEvent,
    Membership,
    Release,
    ReleaseWithdrawal,
    Workspace,
)
from responsibilities.permissions import NotAllowedError, system_actor
from responsibilities.services import attestations, releases
from responsibilities.services.errors import ConflictError, InvalidError
from responsibilities.services.releases import BlockedError, DraftChangedError, Step
from responsibilities.services.statements import Shown
from tests.releasing import attest, make_release, propose, withdraw
from tests.signing import ACCESS_CHANGES, AUTHENTICATION, edit, sign
from tests.world import World, join, make_user

KEY = "T-S0-01"
MAY = (Role.MANAGER, Role.APPROVER)
MAY_NOT = (Role.CONTRIBUTOR, Role.READER)
SIDES = ("party0", "party1")


def draft_digest(world: World) -> str:
    """Return the digest of the draft as a page shows it now."""
    workspace = Workspace.objects.with_catalog().get(pk=world.workspace.pk)
    return matrix.digest(matrix.load(workspace))


def proposed(world: World, **values: object) -> Release:
    """Propose the draft as the provider's manager, with other values where they are given."""
    given = {
        "actor": world.actor("party0"),
        "workspace": world.workspace,
        "shown_digest": draft_digest(world),
        "step": Step.MAJOR,
        "summary": "All of it",
    }
    return releases.propose(**(given | values))  # type: ignore[arg-type]


def events(world: World) -> int:
    """Count the events of the log."""
    return AuditEvent.objects.filter(workspace=world.workspace).count()


def last_event(world: World) -> AuditEvent:
    """Return the last event of the log."""
    return AuditEvent.objects.filter(workspace=world.workspace).latest("seq")


def changes_of(event: AuditEvent) -> dict[str, tuple[str, str]]:
    """Return what an event says has changed."""
    words = json.loads(event.payload.payload)["changes"]
    return {change["field"]: (change["old"], change["new"]) for change in words}


# Proposing


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("role", MAY)
def test_managers_and_approvers_of_any_side_propose(world: World, side: str, role: Role) -> None:
    release = proposed(world, actor=world.actor(side, role), paper=Paper.LETTER)
    release.refresh_from_db()
    assert (release.number, release.status) == ("1.0", ReleaseStatus.PROPOSED)
    assert release.proposer_name == world.user(side, role).name
    assert release.seat.party.key == side
    assert (release.paper, release.summary, release.previous) == ("letter", "All of it", None)
    assert release.effective_at is None


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("role", MAY_NOT)
def test_others_do_not_propose(world: World, side: str, role: Role) -> None:
    with pytest.raises(NotAllowedError, match="does not allow this"):
        proposed(world, actor=world.actor(side, role))
    assert not Release.objects.exists()


def test_neither_auditor_nor_outsider_nor_system_nor_token_proposes(world: World) -> None:
    manager = world.actor("party0")
    for actor, words in (
        (world.actor("party1", Role.AUDITOR), "Your role, Auditor, does not allow this"),
        (replace(manager, user=world.outsider, membership=None), "Only a member can do this"),
        (system_actor(), "Only a member can do this, in person"),
        *((replace(manager, via=via), "in the browser") for via in Via if via != Via.WEB),
    ):
        with pytest.raises(NotAllowedError, match=words):
            proposed(world, actor=actor)
    assert not Release.objects.exists()


def test_the_snapshot_is_the_matrix_that_was_shown(world: World) -> None:
    sign(world, "party0", KEY)
    shown = draft_digest(world)
    release = proposed(world, shown_digest=shown)
    assert release.digest == shown == hashlib.sha256(release.snapshot.encode()).hexdigest()
    document = json.loads(release.snapshot)
    assert document["workspace"]["blocking_findings"] == sorted(world.workspace.blocking_findings)
    edit(world, KEY, note="Later")
    release.refresh_from_db()
    assert release.digest == shown == hashlib.sha256(release.snapshot.encode()).hexdigest()
    assert draft_digest(world) != shown


def test_a_proposal_is_one_event(world: World) -> None:
    before = events(world)
    release = proposed(world, summary="  First of all\r\n")
    assert events(world) == before + 1
    event = last_event(world)
    assert event.action == AuditAction.RELEASE_PROPOSED
    assert (event.object_type, event.object_id) == ("release", str(release.pk))
    assert changes_of(event)["matrix SHA-256"] == ("", release.digest)
    assert json.loads(event.payload.payload)["reason"] == "First of all"


def test_a_draft_that_changed_is_not_proposed(world: World) -> None:
    shown = draft_digest(world)
    edit(world, KEY, note="Changed meanwhile")
    before = events(world)
    with pytest.raises(DraftChangedError, match="Nothing was proposed") as changed:
        proposed(world, shown_digest=shown)
    assert changed.value.grid.by_key[KEY].note == "Changed meanwhile"
    assert (Release.objects.count(), events(world)) == (0, before)


def test_what_blocks_is_part_of_what_is_shown(world: World) -> None:
    """Whoever loosens the rules meanwhile has changed the draft."""
    shown = draft_digest(world)
    Workspace.objects.filter(pk=world.workspace.pk).update(blocking_findings=[])
    with pytest.raises(DraftChangedError):
        proposed(world, shown_digest=shown)


def test_findings_of_the_chosen_kinds_block(world: World) -> None:
    Assignment.objects.filter(item=world.item(KEY), letter=Letter.ACCOUNTABLE).delete()
    with pytest.raises(BlockedError, match="1 finding blocks a release") as blocked:
        proposed(world)
    assert [(f.kind, f.key) for f in blocked.value.findings] == [(FindingKind.NO_ACCOUNTABLE, KEY)]
    assert not Release.objects.exists()
    kinds = [FindingKind.EVIDENCE_EXPIRED.value]
    Workspace.objects.filter(pk=world.workspace.pk).update(blocking_findings=kinds)
    assert proposed(world).number == "1.0"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"summary": " \n "}, "Say what has changed"),
        ({"summary": "x" * 2001}, "at most 2000 characters"),
        ({"step": Step.MINOR}, "Choose one of the numbers"),
        ({"paper": "parchment"}, "Choose one of the papers"),
    ],
)
def test_what_a_proposal_needs(world: World, values: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidError, match=words):
        proposed(world, **values)
    assert not Release.objects.exists()


def test_one_proposal_waits_at_a_time(world: World) -> None:
    first = proposed(world)
    with pytest.raises(InvalidError, match="Another proposal waits"):
        proposed(world, actor=world.actor("party1"))
    withdraw(world, first)
    assert proposed(world).number == "2.0"


def test_numbers_go_up_and_are_never_used_again(world: World) -> None:
    assert releases.numbers(world.workspace) == {Step.MAJOR: (1, 0)}
    assert make_release(world).number == "1.0"
    assert releases.numbers(world.workspace) == {Step.MINOR: (1, 1), Step.MAJOR: (2, 0)}
    gone = propose(world, Step.MINOR)
    assert gone.number == "1.1"
    withdraw(world, gone)
    assert releases.numbers(world.workspace) == {Step.MINOR: (1, 2), Step.MAJOR: (2, 0)}
    assert make_release(world, Step.MINOR).number == "1.2"
    assert make_release(world, Step.MAJOR).number == "2.0"
    assert releases.numbers(world.elsewhere) == {Step.MAJOR: (1, 0)}


# Attesting


@pytest.mark.parametrize("role", MAY)
def test_the_last_side_brings_it_into_force(world: World, role: Role) -> None:
    release = propose(world)
    first = attest(world, release, "party0", role)
    release.refresh_from_db()
    assert (release.status, release.effective_at) == (ReleaseStatus.PROPOSED, None)
    second = attest(world, release, "party1", role)
    release.refresh_from_db()
    assert (release.status, release.effective_at) == (
        ReleaseStatus.CURRENT,
        second.attested_at,
    )
    assert first.printed_name == world.user("party0", role).name
    assert (second.seat, second.role) == (world.customer, role)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("role", MAY_NOT)
def test_others_do_not_attest(world: World, side: str, role: Role) -> None:
    release = propose(world)
    words = f"Your role, {role.label}, does not allow this"
    with pytest.raises(NotAllowedError, match=words):
        attest(world, release, side, role)
    assert releases.obstacle(world.actor(side, role), release).startswith(words)
    assert not Attestation.objects.exists()


def test_neither_auditor_nor_outsider_nor_system_nor_token_attests(world: World) -> None:
    release = propose(world)
    manager = world.actor("party0")
    assert manager.membership
    shown = attestations.offer(release, manager.membership)
    for actor in (
        world.actor("party1", Role.AUDITOR),
        replace(manager, user=world.outsider, membership=None),
        system_actor(),
        *(replace(manager, via=via) for via in Via if via != Via.WEB),
    ):
        with pytest.raises(NotAllowedError):
            releases.attest(
                actor=actor,
                workspace=world.workspace,
                release_id=release.pk,
                shown=shown,
                authentication=AUTHENTICATION,
            )
        assert releases.obstacle(actor, release)
        assert releases.awaits(actor) == ""
    assert not Attestation.objects.exists()


def test_the_statement_says_who_what_and_how(world: World) -> None:
    release = propose(world)
    attestation = attest(world, release, "party1", Role.APPROVER)
    assert hashlib.sha256(attestation.statement.encode()).hexdigest() == (
        attestation.statement_digest
    )
    said = json.loads(attestation.statement)
    person = world.user("party1", Role.APPROVER)
    assert said["kind"] == "attestation"
    assert said["release"] == {
        "id": str(release.pk),
        "number": "1.0",
        "digest": release.digest,
    }
    assert said["sentence"] == (
        f"I attest for Acme that release 1.0 of “Acme” with the SHA-256 {release.digest} "
        "divides the responsibilities as we have agreed."
    )
    assert said["signer"] == {
        "id": str(person.pk),
        "name": person.name,
        "side": "party1",
        "organization": "Acme",
        "role": "approver",
    }
    assert said["authentication"]["method"] == "password"
    assert said["authentication"]["at"].startswith("2026-11-22T09:30")


def test_an_attestation_is_one_event_the_last_with_the_status(world: World) -> None:
    old = make_release(world)
    release = propose(world, Step.MINOR)
    before = events(world)
    first = attest(world, release, "party0")
    event = last_event(world)
    assert events(world) == before + 1
    assert event.action == AuditAction.RELEASE_ATTESTED
    assert changes_of(event) == {
        "matrix SHA-256": ("", release.digest),
        "statement SHA-256": ("", first.statement_digest),
    }
    attest(world, release, "party1")
    assert events(world) == before + 2
    assert changes_of(last_event(world))["status"] == ("proposed", "current")
    assert changes_of(last_event(world))["status of 1.0"] == ("current", "superseded")
    old.refresh_from_db()
    assert old.status == ReleaseStatus.SUPERSEDED


def test_one_side_attests_once(world: World) -> None:
    release = propose(world)
    attest(world, release, "party0")
    with pytest.raises(InvalidError, match=r"Vera Manager has already attested .* Vendor Inc\."):
        attest(world, release, "party0")
    with pytest.raises(InvalidError, match="Vera Manager has already attested"):
        attest(world, release, "party0", Role.APPROVER)
    assert Attestation.objects.count() == 1


def test_one_person_does_not_attest_for_two_sides(world: World) -> None:
    """Not even after they have changed sides."""
    release = propose(world)
    attest(world, release, "party0", Role.APPROVER)
    person = world.user("party0", Role.APPROVER)
    Membership.objects.filter(workspace=world.workspace, user=person).delete()
    join(world.workspace, person, "party1", Role.MANAGER)
    actor = world.actor("party0", Role.APPROVER)
    assert actor.seat_id == world.customer.pk
    with pytest.raises(InvalidError, match="Each side needs another person"):
        attest(world, release, "party0", Role.APPROVER)
    assert releases.awaits(actor) == ""
    assert Attestation.objects.count() == 1


@pytest.mark.parametrize("field", ["digest", "sentence"])
def test_only_what_was_shown_is_attested(world: World, field: str) -> None:
    release = propose(world)
    actor = world.actor("party0")
    assert actor.membership
    shown = attestations.offer(release, actor.membership)
    other = {"digest": shown.digest, "sentence": shown.sentence, field: "something else"}
    before = events(world)
    with pytest.raises(ConflictError, match="Nothing was attested"):
        releases.attest(
            actor=actor,
            workspace=world.workspace,
            release_id=release.pk,
            shown=Shown(**other),
            authentication=AUTHENTICATION,
        )
    assert (Attestation.objects.count(), events(world)) == (0, before)


def test_a_sentence_for_another_side_is_not_attested(world: World) -> None:
    release = propose(world)
    other = world.actor("party1").membership
    assert other
    with pytest.raises(ConflictError):
        releases.attest(
            actor=world.actor("party0"),
            workspace=world.workspace,
            release_id=release.pk,
            shown=attestations.offer(release, other),
            authentication=AUTHENTICATION,
        )


def test_what_is_no_proposal_is_not_attested(world: World) -> None:
    release = make_release(world)
    newcomer = make_user("Nina New")
    join(world.workspace, newcomer, "party0", Role.MANAGER)
    world.people["party0", "newcomer"] = newcomer
    with pytest.raises(InvalidError, match=r"Release 1\.0 is no proposal any more: it is current"):
        attest(world, release, "party0", "newcomer")
    gone = propose(world, Step.MINOR)
    withdraw(world, gone)
    with pytest.raises(InvalidError, match=r"Release 1\.1 is no proposal .* withdrawn"):
        attest(world, gone, "party0")


def test_a_release_of_another_workspace_is_not_there(world: World) -> None:
    release = propose(world)
    actor = world.actor("party0")
    join(world.elsewhere, world.user("party0", Role.MANAGER), "party0", Role.MANAGER)
    there = replace(
        actor, membership=Membership.objects.get(workspace=world.elsewhere, user=actor.user)
    )
    for who, refusal in ((there, Release.DoesNotExist), (actor, NotAllowedError)):
        assert who.membership
        with pytest.raises(refusal):
            releases.attest(
                actor=who,
                workspace=world.elsewhere,
                release_id=release.pk,
                shown=attestations.offer(release, who.membership),
                authentication=AUTHENTICATION,
            )
        with pytest.raises(refusal):
            releases.withdraw(
                actor=who, workspace=world.elsewhere, release_id=release.pk, reason="Not ours"
            )
    with pytest.raises(Release.DoesNotExist):
        releases.withdraw(
            actor=actor, workspace=world.workspace, release_id=uuid.uuid4(), reason="Not there"
        )


def test_what_waits_for_whom(world: World) -> None:
    vera, clara = world.actor("party0"), world.actor("party1")
    assert releases.awaits(vera) == ""
    release = propose(world)
    assert releases.awaits(vera) == release.number
    assert releases.awaits(clara) == release.number
    attest(world, release, "party0")
    assert releases.awaits(vera) == ""
    assert releases.awaits(world.actor("party0", Role.APPROVER)) == ""
    assert releases.awaits(clara) == release.number
    assert releases.awaits(world.actor("party1", Role.READER)) == ""
    attest(world, release, "party1")
    assert releases.awaits(clara) == ""


# Withdrawing


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("role", MAY)
def test_any_side_withdraws(world: World, side: str, role: Role) -> None:
    release = make_release(world)
    before = events(world)
    taken = releases.withdraw(
        actor=world.actor(side, role),
        workspace=world.workspace,
        release_id=release.pk,
        reason="  A duty was left out. ",
    )
    release.refresh_from_db()
    assert release.status == ReleaseStatus.WITHDRAWN
    assert release.effective_at is not None
    assert (taken.reason, taken.printed_name) == (
        "A duty was left out.",
        world.user(side, role).name,
    )
    assert release.attestations.count() == 2
    assert events(world) == before + 1
    event = last_event(world)
    assert event.action == AuditAction.RELEASE_WITHDRAWN
    assert changes_of(event) == {"status": ("current", "withdrawn")}
    assert json.loads(event.payload.payload)["reason"] == "A duty was left out."


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("role", MAY_NOT)
def test_others_do_not_withdraw(world: World, side: str, role: Role) -> None:
    release = propose(world)
    with pytest.raises(NotAllowedError):
        releases.withdraw(
            actor=world.actor(side, role),
            workspace=world.workspace,
            release_id=release.pk,
            reason="No",
        )
    assert not ReleaseWithdrawal.objects.exists()


def test_withdrawing_needs_a_reason_and_happens_once(world: World) -> None:
    release = propose(world)
    with pytest.raises(InvalidError, match="Say why"):
        withdraw(world, release, " ")
    withdraw(world, release)
    before = events(world)
    with pytest.raises(InvalidError, match="withdrawn before"):
        withdraw(world, release)
    assert (ReleaseWithdrawal.objects.count(), events(world)) == (1, before)


@pytest.mark.parametrize("change", ACCESS_CHANGES)
def test_who_is_no_such_member_any_more_does_nothing(
    world: World, change: Callable[[Membership], None]
) -> None:
    """The request began with the membership as it was; the lock is taken after that."""
    release = propose(world)
    actor = world.actor("party0")
    assert actor.membership is not None
    shown, before = attestations.offer(release, actor.membership), events(world)
    change(Membership.objects.get(pk=actor.membership.pk))
    with pytest.raises(NotAllowedError, match="Your access has changed meanwhile"):
        releases.attest(
            actor=actor,
            workspace=world.workspace,
            release_id=release.pk,
            shown=shown,
            authentication=AUTHENTICATION,
        )
    with pytest.raises(NotAllowedError, match="Your access has changed meanwhile"):
        releases.withdraw(
            actor=actor, workspace=world.workspace, release_id=release.pk, reason="No"
        )
    assert (Attestation.objects.count(), events(world)) == (0, before)


@pytest.mark.parametrize("char", ["\u202e", "\u2066", "\u200b", "\x07", "\x1b"])
def test_nothing_hidden_stands_in_the_history_of_releases(world: World, char: str) -> None:
    """Summary and reason stand in every edition: what is read is what was written, in order."""
    words = rf"Character 5 \(U\+{ord(char):04X}\) cannot be seen"
    with pytest.raises(InvalidError, match=words):
        propose(world, summary=f"One\n{char}two")
    assert not Release.objects.exists()
    release = propose(world, summary="One\n\ttwo")
    with pytest.raises(InvalidError, match=words):
        withdraw(world, release, f"One\n{char}two")
    release.refresh_from_db()
    assert (release.summary, release.status) == ("One\n\ttwo", ReleaseStatus.PROPOSED)


def test_the_release_before_does_not_come_back(world: World) -> None:
    first = make_release(world)
    second = make_release(world, Step.MINOR)
    assert second.previous == first
    withdraw(world, second)
    first.refresh_from_db()
    assert first.status == ReleaseStatus.SUPERSEDED
    assert not Release.objects.filter(status=ReleaseStatus.CURRENT).exists()
    third = make_release(world, Step.MINOR)
    assert (third.number, third.previous) == ("1.2", None)


def test_a_superseded_release_can_still_be_withdrawn(world: World) -> None:
    first = make_release(world)
    second = make_release(world, Step.MINOR)
    withdraw(world, first)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == (ReleaseStatus.WITHDRAWN, ReleaseStatus.CURRENT)
