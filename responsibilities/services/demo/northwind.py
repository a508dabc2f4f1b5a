"""The Northwind workspace: 43 items in every state, and a finding of each kind."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping

from django.core.files.base import ContentFile
from django.utils import timezone

from responsibilities.choices import Letter, PartyKind
from responsibilities.models import Signoff, Workspace
from responsibilities.permissions import system_actor
from responsibilities.services import evidence, members, signoffs
from responsibilities.services.demo import northwind_evidence, northwind_notes, people, steps
from responsibilities.services.evidence_content import NewFile, NewLink, NewNote


def _file_evidence(workspace: Workspace) -> dict[str, uuid.UUID]:
    today = timezone.localdate()
    added = {}
    for piece in northwind_evidence.PIECES:
        content: NewFile | NewLink | NewNote
        if piece.make:
            content = NewFile(ContentFile(piece.make(), piece.name), piece.name)
        elif piece.text.startswith("https://"):
            content = NewLink(piece.text)
        else:
            content = NewNote(piece.text)
        collected = today - dt.timedelta(days=piece.age)
        added[piece.title] = evidence.add(
            actor=steps.actor_of(workspace, piece.by),
            workspace=workspace,
            content=content,
            collected_on=collected,
            title=piece.title,
            valid_until=collected + dt.timedelta(days=piece.valid_for) if piece.valid_for else None,
            items=piece.keys,
        ).pk
    return added


def fill(workspace: Workspace) -> None:
    """A matrix in every state, with a finding of each kind."""
    steps.join(workspace, people.NORTHWIND_MEMBERS)
    steps.put_on_teams(workspace, people.NORTHWIND_TEAMS)
    for key, note in northwind_notes.NOTES.items():
        vendor = steps.item_of(workspace, key).holder.party.kind == PartyKind.PROVIDER
        steps.describe(workspace, key, note, people.MARA if vendor else people.INGRID)
    for key in northwind_notes.NOT_APPLICABLE:
        steps.describe(workspace, key, "", people.INGRID)
    filed = _file_evidence(workspace)
    _name_people(workspace)
    _sign_northwind(workspace)
    _release_first(workspace)
    _leave_gaps(workspace)
    _change_after_signing(workspace, filed)


def _name_people(workspace: Workspace) -> None:
    r, a = Letter.RESPONSIBLE, Letter.ACCOUNTABLE
    named: tuple[tuple[str, str, steps.Letters], ...] = (
        ("RE-ORC-01", "Control Plane SRE", {r: people.JONAS, a: people.TOMAS}),
        ("RE-ORC-05", "Product Security", {r: people.ELENA, a: people.PRIYA}),
        ("RE-AGS-01", "Agent Engineering", {r: people.TOMAS, a: people.JONAS}),
        ("RE-K8S-01", "Kubernetes Platform", {r: people.DANIEL, a: people.AISHA}),
        ("RE-K8S-03", "Kubernetes Platform", {r: people.DANIEL, a: people.AISHA}),
        ("RE-AGD-02", "Data Platform", {r: people.DANIEL, a: people.INGRID}),
        ("RE-AGD-06", "Data Platform", {r: people.PETER, a: people.INGRID}),
        ("RE-SCR-02", "Security & IAM", {r: people.SOFIA, a: people.SOFIA}),
        ("RE-SEC-07", "Cloud Infrastructure & Network", {r: people.LUCA, a: people.LUCA}),
        ("RE-DAG-01", "Data Engineering", {r: people.NILS, a: people.NILS}),
    )
    for key, team, cell in named:
        by = people.MARA if key.startswith(("RE-ORC", "RE-AGS")) else people.INGRID
        steps.set_letters(workspace, key, team, by, cell)


# What each team is left with: no A, no R, A on the other side, only C. And what Sofia, alone
# responsible for RE-SCR-03, will sign herself.
_CELLS: tuple[tuple[str, str, people.DemoPerson, steps.Letters], ...] = (
    ("RE-SCR-03", "Kubernetes Platform", people.INGRID, {Letter.CONSULTED: None}),
    (
        "RE-SCR-03",
        "Security & IAM",
        people.INGRID,
        {Letter.RESPONSIBLE: people.SOFIA, Letter.ACCOUNTABLE: people.SOFIA},
    ),
    ("RE-LOG-02", "Data Platform", people.INGRID, {Letter.RESPONSIBLE: None}),
    (
        "RE-DAT-04",
        "Cloud Infrastructure & Network",
        people.INGRID,
        {Letter.ACCOUNTABLE: None},
    ),
    ("RE-DAT-04", "Security & IAM", people.INGRID, {Letter.CONSULTED: None}),
    ("RE-LOG-03", "Data Platform", people.INGRID, {Letter.CONSULTED: None}),
    (
        "RE-SEC-04",
        "Cloud Infrastructure & Network",
        people.INGRID,
        {Letter.RESPONSIBLE: None},
    ),
    ("RE-SEC-04", "Product Security", people.MARA, {Letter.ACCOUNTABLE: None}),
)


def _leave_gaps(workspace: Workspace) -> None:
    for key, name, person, cell in _CELLS:
        steps.set_letters(workspace, key, name, person, cell)
    for team in workspace.teams.all():
        kind = team.seat.party.kind
        person = people.MARA if kind == PartyKind.PROVIDER else people.INGRID
        steps.set_letters(workspace, "RE-LOG-04", team.name, person, {})
    members.remove(
        actor=system_actor(),
        membership=workspace.memberships.get(user__email=people.PETER.email),
    )


_VENDOR_SIGNED = (
    *(f"RE-ORC-0{n}" for n in range(1, 7)),
    "RE-AGS-01",
    "RE-AGS-02",
)
_INGRID_SIGNED = (
    *(f"RE-K8S-0{n}" for n in range(1, 6)),
    *(f"RE-AGD-0{n}" for n in range(1, 5)),
    "RE-SCR-01",
    "RE-DAT-01",
    "RE-DAT-02",
    "RE-DAG-01",
    "RE-DAG-02",
    "RE-DAG-03",
    "RE-DAG-04",
    "RE-LOG-01",
)
_SOFIA_SIGNED = ("RE-SCR-02", "RE-SEC-01", "RE-SEC-02", "RE-SEC-05", "RE-SEC-07")
_ACKNOWLEDGED_BY_CUSTOMER = (*(f"RE-ORC-0{n}" for n in range(1, 6)), "RE-AGS-01")
_ACKNOWLEDGED_BY_VENDOR = (
    *(f"RE-K8S-0{n}" for n in range(1, 5)),
    "RE-AGD-01",
    "RE-AGD-02",
    "RE-AGD-03",
    "RE-SCR-01",
    "RE-SCR-02",
    "RE-DAT-01",
    "RE-DAG-01",
    "RE-DAG-03",
    "RE-SEC-05",
)


def _sign_northwind(workspace: Workspace) -> None:
    steps.sign(workspace, people.PRIYA, _VENDOR_SIGNED)
    steps.sign(workspace, people.INGRID, _INGRID_SIGNED)
    steps.sign(workspace, people.SOFIA, _SOFIA_SIGNED)
    steps.sign(workspace, people.INGRID, _ACKNOWLEDGED_BY_CUSTOMER)
    steps.sign(workspace, people.MARA, _ACKNOWLEDGED_BY_VENDOR)


def _release_first(workspace: Workspace) -> None:
    """The edition that both sides agreed on, before the gaps that the draft has now."""
    release = steps.propose(
        workspace, people.MARA, "First edition, agreed in the workshop with both teams."
    )
    steps.attest(workspace, people.PRIYA, release)
    steps.attest(workspace, people.INGRID, release)


def _change_after_signing(workspace: Workspace, filed: Mapping[str, uuid.UUID]) -> None:
    """A new sign-off, one withdrawn, and three stale: a note, a letter, a piece of evidence."""
    steps.sign(workspace, people.SOFIA, ["RE-SCR-03"])
    signoffs.withdraw(
        actor=steps.signer_of(workspace, people.SOFIA),
        signoff=Signoff.objects.get(
            item__workspace=workspace,
            item__responsibility__key="RE-SEC-07",
            signer__email=people.SOFIA.email,
        ),
        reason="Two rules without an end date were found after signing. Will sign again.",
    )
    steps.describe(
        workspace,
        "RE-K8S-04",
        northwind_notes.NOTES["RE-K8S-04"] + " Since November also for the namespace astro-tests.",
        people.INGRID,
    )
    steps.set_letters(
        workspace, "RE-SCR-02", "Data Platform", people.INGRID, {Letter.RESPONSIBLE: None}
    )
    today = timezone.localdate()
    evidence.revise(
        actor=steps.actor_of(workspace, people.TOMAS),
        workspace=workspace,
        evidence=filed["Rerouting test with two agents stopped"],
        content=NewFile(
            ContentFile(
                b"2026-11-18T09:00:02Z agent nw-b-1 last heartbeat\n"
                b"2026-11-18T09:00:32Z agent nw-b-1 marked unavailable\n"
                b"2026-11-18T09:00:33Z 4 tasks rerouted to nw-a-1, nw-a-2\n"
            ),
            "rerouting-test-2026-11-18.log",
        ),
        collected_on=today - dt.timedelta(days=4),
        valid_until=today + dt.timedelta(days=180),
    )
