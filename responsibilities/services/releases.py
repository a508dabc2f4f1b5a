"""Releases: proposed by one side, attested by every side, withdrawn with a reason.

The draft is the matrix as it is now. A proposal freezes it under a number; once every side has
attested it, by different people, it is current and the one before is superseded.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from enum import StrEnum

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from responsibilities import canonical, matrix
from responsibilities.choices import AuditAction, FindingKind, Paper, ReleaseStatus, Via
from responsibilities.matrix import Finding, Matrix
from responsibilities.matrix.releases import awaited, current, is_intact
from responsibilities.models import (
    Attestation,
    AuditEvent,
    Membership,
    Release,
    ReleaseWithdrawal,
    Seat,
    User,
    Workspace,
)
from responsibilities.permissions import (
    Action,
    Actor,
    NotAllowedError,
    may_anywhere,
    require_unchanged,
    why_not,
)
from responsibilities.services import attestations, audit
from responsibilities.services.errors import ConflictError, InvalidError, refusing
from responsibilities.services.items import clean_text
from responsibilities.services.statements import Authentication, Shown
from responsibilities.validators import refuse_hidden

TEXT_LENGTH = 2_000
"""The most characters of a summary or a reason."""

_WHITE = str.maketrans("\n\t", "  ")


class Step(StrEnum):
    """Which part of the number goes up."""

    MINOR = "minor"
    MAJOR = "major"


class DraftChangedError(ConflictError):
    """The draft is no longer what the proposer was shown. Nothing was proposed.

    `grid` is the draft as it is now.
    """

    def __init__(self, grid: Matrix) -> None:
        """Take the draft as it is now."""
        super().__init__(_("The draft has changed since you saw it. Nothing was proposed."))
        self.grid = grid


class BlockedError(InvalidError):
    """Findings block the release. Nothing was proposed. `findings` are those that do."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        """Take the findings that block."""
        self.findings = tuple(findings)
        words = ngettext(
            "%(count)s finding blocks a release. Nothing was proposed.",
            "%(count)s findings block a release. Nothing was proposed.",
            len(self.findings),
        )
        super().__init__(words % {"count": len(self.findings)})


def blocking(grid: Matrix) -> list[Finding]:
    """Return the findings of a draft with which its workspace allows no release."""
    kinds = {FindingKind(kind) for kind in grid.workspace.blocking_findings}
    return [finding for finding in grid.findings() if finding.kind in kinds]


def numbers(workspace: Workspace) -> dict[Step, tuple[int, int]]:
    """Return the numbers that the next release can have. One query. The first is 1.0."""
    last = (
        Release.objects.filter(workspace=workspace)
        .order_by("-major", "-minor")
        .values_list("major", "minor")
        .first()
    )
    if last is None:
        return {Step.MAJOR: (1, 0)}
    major, minor = last
    return {Step.MINOR: (major, minor + 1), Step.MAJOR: (major + 1, 0)}


def why_not_release(actor: Actor) -> str:
    """Return why the actor may not propose, attest or withdraw at all, or "". No query."""
    if actor.user is None or actor.membership is None or actor.via != Via.WEB:
        return _("Only a member can do this, in person and in the browser.")
    if not may_anywhere(actor, Action.RELEASE):
        return why_not(actor, Action.RELEASE, actor.membership.seat_id)
    return ""


def obstacle(actor: Actor, release: Release) -> str:
    """Return why the actor cannot attest this release now, or "". One query."""
    refusal = why_not_release(actor)
    if refusal or actor.user is None:
        return refusal
    if release.status != ReleaseStatus.PROPOSED:
        return _("Release %(number)s is no proposal any more: it is %(status)s.") % {
            "number": release.number,
            "status": release.get_status_display().lower(),
        }
    for attestation in release.attestations.select_related("seat__organization"):
        if attestation.seat_id == actor.seat_id:
            return _("%(name)s has already attested this for %(organization)s.") % {
                "name": attestation.printed_name,
                "organization": attestation.seat.organization.name,
            }
        if attestation.attester_id == actor.user.pk:
            return _("You have attested this for another side. Each side needs another person.")
    return ""


def awaits(actor: Actor) -> str:
    """Return the number of the proposal that waits for this actor, or "". One query."""
    if why_not_release(actor) or actor.membership is None:
        return ""
    return awaited([actor.membership]).get(actor.membership.pk, "")


@transaction.atomic
def propose(
    *,
    actor: Actor,
    workspace: Workspace,
    shown_digest: str,
    step: Step,
    summary: str,
    paper: str = Paper.A4,
) -> Release:
    """Freeze the draft as the next release, and return it. It waits for every side.

    `shown_digest` is the digest of the draft that the proposer saw. Raises NotAllowedError unless
    the actor is a person in the browser whose role releases, DraftChangedError if the draft is
    not what was shown, BlockedError, and InvalidError without a summary or while another proposal
    waits.
    """
    user, membership = _person(actor, workspace)
    summary = _checked_text(summary, "summary", _("Say what has changed."))
    major, minor = _next_number(workspace, step)
    if paper not in Paper.values:
        raise InvalidError(_("Choose one of the papers that are offered."), field="paper")
    locked = Workspace.objects.with_catalog().get(pk=workspace.pk)
    snapshot, digest = _frozen(locked, shown_digest)
    release = Release.objects.create(
        workspace=locked,
        major=major,
        minor=minor,
        summary=summary,
        paper=paper,
        snapshot=snapshot,
        digest=digest,
        previous=current(workspace),
        seat=membership.seat,
        proposed_by=user,
        proposer_name=user.name,
    )
    changes = [
        audit.Change("matrix SHA-256", "", digest),
        audit.Change("number", "", release.number),
        audit.Change("status", "", "proposed"),
    ]
    _record(actor, release, AuditAction.RELEASE_PROPOSED, changes, reason=summary)
    return release


@transaction.atomic
def attest(
    *,
    actor: Actor,
    workspace: Workspace,
    release_id: uuid.UUID,
    shown: Shown,
    authentication: Authentication,
) -> Attestation:
    """Attest a proposed release for the actor's side, and return the attestation.

    The last side's makes the release current and supersedes the one before. Raises
    Release.DoesNotExist for a foreign one, NotAllowedError unless the actor is a person in the
    browser whose role releases, ConflictError if digest or sentence are not those in `shown`,
    InvalidError with the reason if this person cannot attest it now.
    """
    user, membership = _person(actor, workspace)
    release = _locked(workspace, release_id)
    _check_attestable(actor, release, shown, attestations.offer(release, membership))
    now = timezone.now()
    said = canonical.dumps(
        attestations.statement(
            release=release,
            membership=membership,
            shown=shown,
            authentication=authentication,
            attested_at=now,
        )
    )
    attestation = Attestation.objects.create(
        release=release,
        seat=membership.seat,
        attester=user,
        printed_name=user.name,
        role=membership.role,
        statement=said.decode(),
        statement_digest=hashlib.sha256(said).hexdigest(),
        attested_at=now,
    )
    changes = [
        audit.Change("matrix SHA-256", "", release.digest),
        audit.Change("statement SHA-256", "", attestation.statement_digest),
        *_completed(release),
    ]
    _record(actor, release, AuditAction.RELEASE_ATTESTED, changes)
    return attestation


@transaction.atomic
def withdraw(
    *, actor: Actor, workspace: Workspace, release_id: uuid.UUID, reason: str
) -> ReleaseWithdrawal:
    """Take a release or a proposal back, and return the withdrawal. Any side may.

    What was attested stays as it was; the release before does not become current again. Raises
    Release.DoesNotExist, NotAllowedError as `attest`, InvalidError without a reason or if it was
    withdrawn before.
    """
    user, membership = _person(actor, workspace)
    release = _locked(workspace, release_id)
    reason = _checked_text(reason, "reason", _("Say why you withdraw the release."))
    if release.status == ReleaseStatus.WITHDRAWN:
        raise InvalidError(_("This release was withdrawn before."))
    before = release.status
    withdrawal = ReleaseWithdrawal.objects.create(
        release=release,
        seat=membership.seat,
        withdrawn_by=user,
        printed_name=user.name,
        reason=reason,
    )
    release.status = ReleaseStatus.WITHDRAWN
    release.save(update_fields=["status"])
    changes = [audit.Change("status", before, ReleaseStatus.WITHDRAWN.value)]
    _record(actor, release, AuditAction.RELEASE_WITHDRAWN, changes, reason=reason)
    return withdrawal


def _check_attestable(actor: Actor, release: Release, shown: Shown, offer: Shown) -> None:
    """Raise InvalidError or ConflictError unless this can be attested, and was shown like this."""
    refusal = obstacle(actor, release)
    if refusal:
        raise InvalidError(refusal)
    if offer != shown or not is_intact(release):
        raise ConflictError(_("This is not what you were shown. Nothing was attested."))


def _next_number(workspace: Workspace, step: Step) -> tuple[int, int]:
    """Return the number of the next release. Raises InvalidError while a proposal waits."""
    choices = numbers(workspace)
    if step not in choices:
        raise InvalidError(_("Choose one of the numbers that are offered."))
    if Release.objects.filter(workspace=workspace, status=ReleaseStatus.PROPOSED).exists():
        raise InvalidError(_("Another proposal waits. Attest it or withdraw it first."))
    return choices[step]


def _frozen(workspace: Workspace, shown_digest: str) -> tuple[str, str]:
    """Return the draft as canonical JSON with its digest. Raises as `propose` does."""
    grid = matrix.load(workspace)
    snapshot = canonical.dumps(matrix.document(grid))
    digest = hashlib.sha256(snapshot).hexdigest()
    if digest != shown_digest:
        raise DraftChangedError(grid)
    found = blocking(grid)
    if found:
        raise BlockedError(found)
    return snapshot.decode(), digest


def _completed(release: Release) -> list[audit.Change]:
    """Make the release current once every side has attested it; return what that changed."""
    sides = Seat.objects.filter(workspace=release.workspace_id).count()
    if release.attestations.count() < sides:
        return []
    changes = [audit.Change("status", "proposed", "current")]
    before = current(release.workspace)
    if before is not None:
        before.status = ReleaseStatus.SUPERSEDED
        before.save(update_fields=["status"])
        changes.append(audit.Change(f"status of {before.number}", "current", "superseded"))
    last = release.attestations.latest("attested_at")
    release.status, release.effective_at = ReleaseStatus.CURRENT, last.attested_at
    release.save(update_fields=["status", "effective_at"])
    return changes


def _person(actor: Actor, workspace: Workspace) -> tuple[User, Membership]:
    """Lock the log, and return who acts, if they still are what they were when they asked."""
    refusal = why_not_release(actor)
    if refusal or actor.user is None or actor.membership is None:
        raise NotAllowedError(refusal)
    audit.hold(workspace=workspace)
    require_unchanged(actor, workspace.pk)
    return actor.user, actor.membership


def _locked(workspace: Workspace, release_id: uuid.UUID) -> Release:
    return (
        Release.objects.select_for_update(of=("self",), no_key=True)
        .select_related("workspace")
        .get(pk=release_id, workspace=workspace)
    )


def _checked_text(text: str, field: str, missing: str) -> str:
    text = clean_text(text)
    if not text:
        raise InvalidError(missing, field=field)
    if len(text) > TEXT_LENGTH:
        message = _("Use at most %(length)s characters.") % {"length": TEXT_LENGTH}
        raise InvalidError(message, field=field)
    with refusing(field):
        refuse_hidden(text.translate(_WHITE))
    return text


def _record(
    actor: Actor,
    release: Release,
    action: AuditAction,
    changes: list[audit.Change],
    reason: str = "",
) -> AuditEvent:
    return audit.append(
        workspace=release.workspace,
        actor=actor,
        action=action,
        subject=audit.Subject("release", str(release.pk)),
        label=_("Release %(number)s") % {"number": release.number},
        changes=changes,
        reason=reason,
    )
