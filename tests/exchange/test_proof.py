"""What a PDF carries: of a release always the same bytes at the same checkpoint."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from responsibilities.choices import AuditAction
from responsibilities.exchange import proof
from responsibilities.matrix.releases import edition
from responsibilities.models import AuditEvent, Checkpoint, LogKey, Release
from responsibilities.permissions import system_actor
from responsibilities.services import checkpoints, log_keys, signoffs
from responsibilities.services.releases import Step
from tests.releasing import attest, make_release, propose, withdraw
from tests.signing import edit, sign
from tests.world import World

KEY = "T-S0-01"


def checkpoint_now(world: World) -> Checkpoint:
    """Sign the log as it is."""
    return checkpoints.issue(actor=system_actor(), workspace=world.workspace)


def proof_of(world: World, release: Release, checkpoint: Checkpoint) -> bytes:
    """Return the proof that the PDF of a release carries."""
    release = Release.objects.get(pk=release.pk)
    return proof.proof(edition(world.workspace, release), checkpoint, release=release)


def test_a_release_brings_its_attestations_and_their_events(world: World) -> None:
    sign(world, "party0", KEY)
    release = make_release(world)
    document = json.loads(proof_of(world, release, checkpoint_now(world)))
    assert document["v"] == 2
    said = document["release"]
    assert (said["id"], said["number"], said["digest"]) == (str(release.pk), "1.0", release.digest)
    rows = list(release.attestations.order_by("attested_at"))
    assert said["attestations"] == [{"statement": row.statement} for row in rows]
    actions = [json.loads(event["leaf"])["action"] for event in document["events"]]
    assert actions == [
        AuditAction.SIGNOFF_SIGNED,
        AuditAction.RELEASE_PROPOSED,
        AuditAction.RELEASE_ATTESTED,
        AuditAction.RELEASE_ATTESTED,
    ]
    proposed = AuditEvent.objects.get(action=AuditAction.RELEASE_PROPOSED)
    assert document["prepared"] == proposed.seq
    assert release.digest in proposed.payload.payload


def test_the_same_checkpoint_gives_the_same_bytes_whatever_happens_later(
    world: World, tmp_path: Path, settings: Settings
) -> None:
    secret = tmp_path / "log_key"
    secret.write_text(base64.b64encode(b"k" * 32).decode(), encoding="ascii")
    settings.REXMATRIX_LOG_KEY, settings.REXMATRIX_LOG_KEY_FILE = "", str(secret)
    checkpoint_now(world)
    signoff = sign(world, "party0", KEY)
    release = make_release(world)
    checkpoint = checkpoint_now(world)
    before = proof_of(world, release, checkpoint)
    signoffs.withdraw(actor=world.actor("party0"), signoff=signoff, reason="Too early")
    edit(world, KEY, note="Later")
    log_keys.rotate(actor=system_actor(), path=secret)
    checkpoint_now(world)
    make_release(world, Step.MINOR)
    withdraw(world, release)
    later = checkpoint_now(world)
    assert LogKey.objects.count() == 2
    assert proof_of(world, release, checkpoint) == before
    document = json.loads(proof_of(world, release, later))
    actions = {json.loads(event["leaf"])["action"] for event in document["events"]}
    assert AuditAction.RELEASE_WITHDRAWN in actions
    assert AuditAction.SIGNOFF_WITHDRAWN not in actions  # it came after the release was frozen
    assert len(document["consistency"]) == 3


def test_a_proposal_has_no_proof_of_a_release(world: World) -> None:
    release = propose(world)
    with pytest.raises(proof.UnattestedError):
        proof_of(world, release, checkpoint_now(world))
    attest(world, release, "party0")
    checkpoint = checkpoint_now(world)
    attest(world, release, "party1")
    with pytest.raises(proof.UnattestedError):  # the second attestation came after the checkpoint
        proof_of(world, release, checkpoint)
    assert proof_of(world, release, checkpoint_now(world))


def test_a_draft_needs_the_event_that_names_it(world: World) -> None:
    made = checkpoints.prepare(actor=system_actor(), workspace=world.workspace)
    with pytest.raises(ValueError, match="needs the event"):
        proof.proof(made.matrix, made.checkpoint)
    document = json.loads(proof.proof(made.matrix, made.checkpoint, made.seq))
    assert document["v"] == 1
    assert "release" not in document
