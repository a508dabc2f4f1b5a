"""A world in which every address can be opened: evidence, sign-offs, exports, archived teams."""

from __future__ import annotations

import datetime as dt
import io
import uuid
from dataclasses import dataclass, field

from django.core.files.base import ContentFile, File

from responsibilities.choices import ExportFormat, ExportStatus, Role
from responsibilities.models import (
    Checkpoint,
    Evidence,
    Export,
    Membership,
    Release,
    Signoff,
    Team,
)
from responsibilities.permissions import system_actor
from responsibilities.services import checkpoints, evidence, teams
from responsibilities.services.releases import Step
from tests.files import png
from tests.releasing import make_release, propose
from tests.signing import sign
from tests.world import World, join, make_user

SIDES = ("party0", "party1")
HELD_BY = {"party0": "T-S0-01", "party1": "T-S1-01"}
"""The item that each side holds, has evidence for, and has signed."""


@dataclass
class Stage:
    """A world, and one thing of each kind on each side."""

    world: World
    pieces: dict[str, Evidence] = field(default_factory=dict)
    signoffs: dict[str, Signoff] = field(default_factory=dict)
    archived: dict[str, Team] = field(default_factory=dict)
    newcomers: dict[str, Membership] = field(default_factory=dict)
    done: Export | None = None
    waiting: Export | None = None
    checkpoint: Checkpoint | None = None
    release: Release | None = None
    proposal: Release | None = None

    def team(self, side: str) -> uuid.UUID:
        """Return the id of a team in use of this side."""
        return self.world.team(f"{side.replace('party', 'Party ')} team 0").pk


def make_stage(world: World) -> Stage:
    """Put one thing of each kind on each side of the world's workspace."""
    stage = Stage(world)
    _auditor(world)
    for side in SIDES:
        actor = world.actor(side)
        stage.pieces[side] = evidence.add(
            actor=actor,
            workspace=world.workspace,
            content=evidence.NewFile(File(io.BytesIO(png()), name="proof.png"), "proof.png"),
            collected_on=dt.date(2026, 11, 1),
            items=[HELD_BY[side]],
            even_if_there=True,
        )
        stage.signoffs[side] = sign(world, side, HELD_BY[side])
        seat = actor.membership.seat if actor.membership else world.provider
        team = teams.add(actor=actor, workspace=world.workspace, seat=seat, name="Old team")
        teams.archive(actor=actor, team=team, to=None)
        stage.archived[side] = team
        stage.newcomers[side] = join(
            world.workspace, make_user(f"Nina New {side}"), side, Role.READER
        )
    stage.waiting = _export(world, ExportStatus.QUEUED)
    stage.done = _export(world, ExportStatus.DONE)
    stage.release = make_release(world)
    _export(world, ExportStatus.DONE, release=stage.release, edition=stage.release.number)
    stage.proposal = propose(world, Step.MINOR)
    stage.checkpoint = checkpoints.issue(actor=system_actor(), workspace=world.workspace)
    return stage


def _auditor(world: World) -> None:
    """The world has an auditor on the customer's side alone; put one on the provider's."""
    user = make_user("Abe Auditor")
    join(world.workspace, user, "party0", Role.AUDITOR)
    world.people["party0", Role.AUDITOR] = user


def _export(world: World, status: ExportStatus, **fields: object) -> Export:
    export = Export.objects.create(
        workspace=world.workspace,
        format=ExportFormat.PDF,
        status=status,
        requested_by=world.user("party0", Role.MANAGER),
        **fields,
    )
    if status == ExportStatus.DONE:
        export.file.save("export.pdf", ContentFile(b"%PDF-1.7"))
    return export
