"""Matrices to export: one with everything in it, a wide one; and what it takes to write a PDF."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import uuid
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils import timezone
from pypdf import PdfReader

from responsibilities import matrix
from responsibilities.choices import Applicability, Letter, Meaning, Paper, Role
from responsibilities.exchange.details import Changes, Details, FilterWords
from responsibilities.exchange.pdf import document
from responsibilities.matrix import Matrix
from responsibilities.matrix.release_changes import compare_editions
from responsibilities.matrix.releases import AttestationInfo, WithdrawalInfo
from responsibilities.matrix.revisions import Revision
from responsibilities.models import (
    Assignment,
    Evidence,
    EvidenceLink,
    EvidenceRevision,
    Seat,
    Signoff,
    SignoffWithdrawal,
    Team,
    Workspace,
)
from tests.world import World, make_version, make_workspace

WHEN = dt.datetime(2026, 11, 22, 14, 5, tzinfo=dt.UTC)
HOSTILE = (
    '<img src="http://127.0.0.1:9/x.png"><link rel=attachment href="file:///etc/passwd">'
    "<style>* { display: none }</style><script>alert(1)</script>"
    '<a href="javascript:alert(1)">here</a> & "quotes"'
)
LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitaenskajuetenschluessel"
LONG_NAME = ("The Very Long Named Consortium for Distributed Processing and Assurance " * 2)[:119]


@dataclass
class Listener:
    """Waits for an export: keeps the progress and what it is told, never stops it."""

    steps: list[tuple[int, int]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def progress(self, done: int, total: int) -> None:
        """Keep the step."""
        self.steps.append((done, total))

    def stopped(self) -> bool:
        """Want it."""
        return False

    def notice(self, words: str) -> None:
        """Keep the words."""
        self.notices.append(words)


def details(
    *, edition: str = "DRAFT", paper: Paper = Paper.A4, filtered: tuple[FilterWords, ...] = ()
) -> Details:
    """Say who made the file and when."""
    return Details(
        edition=edition,
        created_at=WHEN,
        requested_by="Maria López",
        organization="Acme",
        filter=filtered,
        paper=paper,
    )


@dataclass(frozen=True)
class Written:
    """A PDF with what it was made of."""

    matrix: Matrix
    data: bytes
    steps: list[tuple[int, int]]
    notices: list[str]

    @property
    def reader(self) -> PdfReader:
        """The file, opened anew."""
        return PdfReader(io.BytesIO(self.data))

    def pages(self) -> list[str]:
        """Return the text of each page."""
        return [page.extract_text() for page in self.reader.pages]


def write(shown: Matrix, about: Details) -> Written:
    """Write the PDF of a matrix."""
    listener = Listener()
    data = document.write(shown, about, listener)
    return Written(shown, data, listener.steps, listener.notices)


def squeezed(text: str) -> str:
    """Return a text without white space: lines break where the page wants."""
    return "".join(text.split())


def rich_matrix(world: World) -> Matrix:
    """Return a matrix with notes, evidence, sign-offs and findings of many kinds."""
    workspace = world.workspace
    item = world.item("T-S0-01")
    item.note, item.chosen = HOSTILE, {"tool": "Hammer"}
    item.save()
    off = world.item("T-S1-02")
    off.applicability, off.applicability_reason = Applicability.NOT_APPLICABLE, "No cluster here."
    off.save()
    late = world.item("T-S1-01")
    late.review_on = dt.date(2020, 1, 1)
    late.save()
    Assignment.objects.filter(item=item, letter=Letter.ACCOUNTABLE).update(
        person=world.user("party0", Role.MANAGER)
    )
    add_evidence(world, "Report of <b>2026</b>", file_name="report.pdf", valid=dt.date(2020, 1, 1))
    soon = timezone.localdate() + dt.timedelta(days=10)
    add_evidence(world, "Runbook", url="https://wiki.example/runbook?a=1&b=2", valid=soon)
    add_evidence(world, "Trap", url="javascript:alert(1)")
    add_evidence(world, "Remark", text=f"Seen by hand. {LONG_WORD * 3}")
    add_signoff(workspace, world.provider, "T-S0-01", world.user("party0", Role.APPROVER).pk)
    add_signoff(
        workspace, world.customer, "T-S0-01", world.user("party1", Role.APPROVER).pk, digest="0"
    )
    withdrawn = add_signoff(
        workspace, world.customer, "T-S1-01", world.user("party1", Role.APPROVER).pk
    )
    SignoffWithdrawal.objects.create(
        signoff=withdrawn,
        withdrawn_by=world.user("party1", Role.APPROVER),
        reason="Signed for the wrong cluster.",
    )
    return matrix.load(workspace)


def add_evidence(
    world: World,
    title: str,
    *,
    file_name: str = "",
    url: str = "",
    text: str = "",
    valid: dt.date | None = None,
) -> None:
    """Put a piece of evidence on the first item of each side."""
    kind = "file" if file_name else "link" if url else "note"
    piece = Evidence.objects.create(
        workspace=world.workspace, seat=world.customer, title=title, kind=kind
    )
    piece.current = EvidenceRevision.objects.create(
        evidence=piece,
        number=1,
        file_name=file_name,
        url=url,
        text=text,
        sha256=hashlib.sha256(title.encode()).hexdigest(),
        size=4321,
        media_type="application/pdf",
        collected_on=dt.date(2026, 10, 1),
        valid_until=valid,
        created_by=world.user("party1", Role.CONTRIBUTOR),
    )
    piece.save()
    for key in ("T-S0-01", "T-S1-01"):
        EvidenceLink.objects.create(evidence=piece, item=world.item(key))


def add_signoff(
    workspace: Workspace, seat: Seat, key: str, signer: uuid.UUID, digest: str = ""
) -> Signoff:
    """Sign an item; with a digest of its own the sign-off is stale."""
    row = matrix.load(workspace).by_key[key]
    return Signoff.objects.create(
        item_id=row.id,
        seat=seat,
        number=1,
        signer_id=signer,
        printed_name="Vivian Approver" if row.holder.id == seat.pk else "Cleo Approver",
        role=Role.APPROVER,
        meaning=Meaning.CONFIRM if row.holder.id == seat.pk else Meaning.ACKNOWLEDGE,
        content="{}",
        item_digest=digest * 64 if digest else row.digest,
        statement="{}",
        statement_digest="1" * 64,
        signed_at=WHEN - dt.timedelta(days=3),
    )


def wide_matrix() -> Matrix:
    """Return a matrix of three parties and fourteen teams with very long names."""
    version = make_version(parties=3, slug="wide-model")
    workspace = make_workspace(version, "wide", LONG_NAME)
    seat = workspace.seats.get(party__key="party1")
    for number in range(14 - workspace.teams.count()):
        name = (LONG_WORD, "Data Protection & Privacy Engineering", "Group Functions " * 5)[
            number % 3
        ]
        Team.objects.create(
            workspace=workspace, seat=seat, name=f"{name[:76]}{number}", position=20 + number
        )
    return matrix.load(workspace)


def narrow_matrix() -> Matrix:
    """Return a matrix with one team on each of two sides, and no letters."""
    version = make_version(slug="narrow-model", per_section=1)
    workspace = make_workspace(version, "narrow", "Globex")
    Assignment.objects.filter(item__workspace=workspace).delete()
    workspace.teams.filter(name__endswith="team 1").delete()
    return matrix.load(workspace)


def attestation(side: str, name: str, organization: str, role: Role) -> AttestationInfo:
    """Return an attestation, as `matrix.releases` reads it."""
    return AttestationInfo(
        side=side,
        organization=organization,
        printed_name=name,
        role=role,
        attested_at=WHEN,
        sentence=f"I attest for {organization} that this is what we have agreed.",
        method="password+mfa",
        authenticated_at=WHEN - dt.timedelta(minutes=2),
        statement="{}",
        statement_digest=hashlib.sha256(side.encode()).hexdigest(),
    )


def revision(number: str, *, days_ago: int = 0, **values: Any) -> Revision:
    """Return a release that both sides attested so many days before `WHEN`."""
    day = WHEN - dt.timedelta(days=days_ago)
    given: dict[str, Any] = {
        "number": number,
        "summary": f"What is new in {number}",
        "digest": hashlib.sha256(number.encode()).hexdigest(),
        "previous": "",
        "organization": "Vendor Inc.",
        "proposer": "Vera Manager",
        "proposed_at": day - dt.timedelta(days=1),
        "attestations": (
            attestation("party0", "Vivian Approver", "Vendor Inc.", Role.APPROVER),
            attestation("party1", "Clara Manager", "Acme", Role.MANAGER),
        ),
        "since": day,
        "until": None,
        "successor": "",
        "withdrawal": None,
    }
    return Revision(**{**given, **values})


def history() -> tuple[Revision, ...]:
    """Return three releases: in force, withdrawn as a proposal, superseded."""
    taken_back = WithdrawalInfo("Acme", "Clara Manager", WHEN - dt.timedelta(days=5), HOSTILE)
    return (
        revision("1.2", previous="1.0"),
        revision(
            "1.1",
            days_ago=6,
            since=None,
            until=taken_back.withdrawn_at,
            attestations=(),
            withdrawal=taken_back,
        ),
        revision("1.0", days_ago=30, until=WHEN, successor="1.2"),
    )


def release_details(before: Matrix, after: Matrix) -> Details:
    """Say of a matrix that it is release 1.2, which comes after another as release 1.0."""
    known = history()
    return replace(
        details(edition="1.2", paper=Paper.LETTER),
        requested_by="",
        organization="",
        release=known[0],
        revisions=known,
        changes=Changes("1.0", compare_editions(before, after)),
    )
